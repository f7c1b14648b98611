// SPDX-License-Identifier: MIT
// One driver of random page tables for every format of every architecture. What an entry may look like, what is asked, and what
// the manual says of it are one file of rules per architecture (walk_rules_*.c).
//
//   0x00000000 RAM, 8 MiB    0x00200000 tables    0x40000000 ROM, 64 KiB    0x50000000 a device, 64 KiB    all else: nothing
#ifndef TESTS_WALK_DRIVER_H
#define TESTS_WALK_DRIVER_H

#include "scripted_plat.h"

#include "mmu/walk.h"

enum { AT_TABLES = 0x200000, AT_RAM_END = 0x800000, AT_ROM = 0x40000000, AT_DEVICE = 0x50000000, AT_NOTHING = 0x60000000 };
enum { TABLE_PAGES = 8, TABLE_BYTES = TABLE_PAGES * 4096, ROM_BYTES = 0x10000 };

struct walk_rig {
    struct scripted_plat plat;
    struct bus bus;
    u8 *ram, *rom;
    u64 seed;
    u64 world; // random, anew for each set of tables: what the rules keep the same for all questions about it
};

struct walk_rig *walk_rig_new(void);
void walk_rig_free(struct walk_rig *r);
u64 walk_rnd(struct walk_rig *r);
unsigned walk_below(struct walk_rig *r, unsigned n);
static inline bool walk_one_in(struct walk_rig *r, unsigned n) { return walk_below(r, n) == 0; }
// Physical memory without the bus: what is neither RAM nor ROM reads as all ones. Writes are to RAM or ROM.
u64 walk_peek(const struct walk_rig *r, gpa_t at, unsigned bytes);
void walk_poke(struct walk_rig *r, gpa_t at, u64 value, unsigned bytes);

struct walk_question {
    gva_t va;
    gpa_t root;
    enum mmu_access access;
    bool user, look;
    u64 control; // random bits, whose meaning is the rules'
};

struct walk_expectation {
    int fault;      // 0: none; else in the rules' own words
    // When there is none:
    gpa_t address;  // of the byte
    unsigned shift; // page size
    u8 perm;        // folded, PERM_*
    bool may[3];    // the same asker, each kind of access, accessed and dirty aside
    bool global, dirty;
    // Always: the entries that were read, the deciding one last, and what they are afterwards.
    unsigned entries;
    gpa_t at[5];
    u64 before[5], after[5];
};

struct walk_rules {
    const char *name;
    unsigned entry_bytes;
    unsigned va_bits;    // addresses are mostly sign extensions of so many bits; 32: just 32 bits
    u64 (*entry)(struct walk_rig *r); // mostly right, so that walks get somewhere
    struct walk_expectation (*expect)(const struct walk_rules *rules, struct walk_rig *r, const struct walk_question *q);
    // Sets up *w for the question and walks: 0, or the fault in the rules' own words.
    int (*walk)(const struct walk_rules *rules, struct walk_rig *r, const struct walk_question *q, struct walk *w);
    int faults[12];      // must come often, and so must pages of these sizes
    u8 shifts[6];
    unsigned number;     // the rules' own
};

extern const struct walk_rules walk_rules_x86[4];   // 32-bit, PAE, 4-level, 5-level
extern const struct walk_rules walk_rules_riscv[3]; // Sv39, Sv48, Sv57

// Fails the test (cmocka) at the first difference, or when the questions were no good ones.
void walk_drive(const struct walk_rules *rules, unsigned table_sets, unsigned questions);

#endif
