// SPDX-License-Identifier: MIT
// One driver of random page tables for every format of every architecture. What an entry may look like, what is asked, and what
// the manual says of it are one file of rules per architecture (walk_rules_*.c).
#ifndef TESTS_WALK_DRIVER_H
#define TESTS_WALK_DRIVER_H

#include "walk_rig.h"

struct walk_question {
    gva_t va;
    gpa_t root;
    enum mmu_access access;
    bool user, look;
    u64 control; // random bits, whose meaning is the rules'
};

struct walk_expectation {
    int fault; // 0: none; else in the rules' own words
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
    unsigned va_bits;                 // addresses are mostly sign extensions of so many bits; 32: just 32 bits
    u64 (*entry)(struct walk_rig *r); // mostly right, so that walks get somewhere
    struct walk_expectation (*expect)(const struct walk_rules *rules, struct walk_rig *r, const struct walk_question *q);
    // Sets up *w for the question and walks: 0, or the fault in the rules' own words.
    int (*walk)(const struct walk_rules *rules, struct walk_rig *r, const struct walk_question *q, struct walk *w);
    int faults[12]; // must come often, and so must pages of these sizes
    u8 shifts[6];
    unsigned number; // the rules' own
};

extern const struct walk_rules walk_rules_x86[4];   // 32-bit, PAE, 4-level, 5-level
extern const struct walk_rules walk_rules_riscv[3]; // Sv39, Sv48, Sv57
extern const struct walk_rules walk_rules_arm64[8]; // granules of 4K, 16K, 64K, each with several sizes of addresses

// Fails the test (cmocka) at the first difference, or when the questions were no good ones.
void walk_drive(const struct walk_rules *rules, unsigned table_sets, unsigned questions);

#endif
