// SPDX-License-Identifier: MIT
// Guests of chance, whose code pages are mapped at several addresses, that change their own page tables without a flush, look at their own
// accessed bits, and write over their code.
#ifndef TESTS_X86_GUEST_H
#define TESTS_X86_GUEST_H

#include "x86_rig.h"

// Code pages are seen in a window of 4 KiB pages, several of them twice. A second window, for data, uses the same slots of the
// TLB, so that data drives code out of it. The page tables and the code can be written through the identity map.
enum {
    PAGES = 32,     // of each window; addresses 16 pages apart share places in the jump cache
    CODE = 0x30000, // the code pages, physical
    CODE_PAGES = 6,
    DATA = 0x50000,
    HOME = 0x51000, // a page that leads back into the window, all around it
    CODE_WINDOW = 0x400000,
    DATA_WINDOW = 0x800000,
    CODE_TABLE = 0x140000,
    DATA_TABLE = 0x141000,
    HOME_TABLE = 0x142000,
    START = CODE_WINDOW + 0x8000,
    SLOT = 16,           // a branch may lead to any multiple of this
    COMPARED = 0x200000, // of RAM: all that the guests use
};

extern u64 guest_seed;
u64 guest_random(void);
unsigned guest_below(unsigned n);

// Runs n instructions. Code that a guest has changed may halt it or end its run: false.
bool guest_run(struct x86_rig *r, u64 n);
// The windows' page tables, all of CODE_PAGES in their order. No other RAM than what is compared can be reached.
void guest_windows(struct x86_rig *r);
unsigned guest_put(struct x86_rig *r, gpa_t at, const u8 *code, unsigned n);
#define PUT(r, at, ...) guest_put(r, at, (const u8[]){__VA_ARGS__}, sizeof(u8[]){__VA_ARGS__})

struct guest_page {
    u8 code[4096];
    unsigned n;
};
struct guest {
    struct guest_page page[CODE_PAGES];
    u64 entry[PAGES];
};
void guest_make(struct guest *p);
// The processor is at its first instruction. `fresh` is the state before any guest: a reset leaves some of it as it was.
void guest_load(struct x86_rig *r, const struct guest *p, const struct x86_state *fresh);

enum { KINDS = 6 }; // of slices; the last is all of the run
u64 guest_slice(unsigned how, u64 left);

struct guest_snapshot {
    u64 hash;
    u8 low[COMPARED];
};
void guest_snapshot(struct x86_rig *r, struct guest_snapshot *s);

#endif
