// SPDX-License-Identifier: MIT
// Physical memory for page tables, of no architecture and without a processor.
//
//   0x00000000 RAM, 8 MiB    0x00200000 tables    0x40000000 ROM, 64 KiB    0x50000000 a device, 64 KiB    all else: nothing
#ifndef TESTS_WALK_RIG_H
#define TESTS_WALK_RIG_H

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
// RAM or ROM by pointer, or NULL.
u8 *walk_host(const struct walk_rig *r, gpa_t at, unsigned bytes);
// Physical memory without the bus: what is neither RAM nor ROM reads as all ones. Writes are to RAM or ROM.
u64 walk_peek(const struct walk_rig *r, gpa_t at, unsigned bytes);
void walk_poke(struct walk_rig *r, gpa_t at, u64 value, unsigned bytes);

#endif
