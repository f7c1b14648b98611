// SPDX-License-Identifier: MIT
// Breakpoints and watchpoints of a debugger. A processor that has none of this (vcpu.debug is NULL) pays nothing, and one that has runs as
// fast elsewhere than in the blocks and pages that these are of:
//
//   breakpoint   a block that it may be in is interpreted, and entered through isa->point, which goes back to the loop; there it runs in
//                parts, up to the breakpoint. A block has no virtual address: it may be in all code as far from its page's start, on
//                the physical pages that its own page has led to. These are known, since who comes to a page of code is looked up, or
//                goes by a link or a jump entry that once was. Blocks are what they would be without it, and no other is looked up: so
//                the run is the same
//   watchpoint   its pages have no read and write tags in the first level of the TLB (tlb_fill), so each access to them takes the slow path,
//                which compares. The access that hits is started again as a part of one instruction: the stop is right behind it
//
// Where slices end leaves no trace in the guest (run.c), and so neither does a stop.
#ifndef CPU_DEBUG_H
#define CPU_DEBUG_H

#include "cpu/vcpu.h"
#include "mmu/walk.h"

struct block;

#define DEBUG_BREAKS 128
#define DEBUG_WATCHES 16
#define DEBUG_WATCH_MOST 4096 // bytes of one

enum debug_hit { DEBUG_NOTHING, DEBUG_BREAK, DEBUG_WATCH };

struct debug_watch {
    gva_t at;
    u64 size;
    bool reads, writes; // which accesses hit
};

// A register as a debugger sees it, or several of a kind, whose name has a %u (`first`, `first` + 1, ...). Rows stand in the order of the
// target description, those of one feature together.
struct debug_reg {
    const char *feature; // of the row that opens it: "org.gnu.gdb.i386.core"; else NULL
    const char *types;   // XML that defines types, of the same row; NULL: none
    const char *name;
    const char *type, *group; // of the description: "int64", "general"; NULL: an integer of that size, the default group
    u16 bits;                 // a multiple of 8
    u8 first, n;              // n: 0 is one, without a number in its name
    bool read_only;
    ptrdiff_t at; // bytes from the struct vcpu; the next of the row lies `stride` bytes behind it
    u16 stride;
    // In place of `at`: to or from its bytes, little-endian; `i` is `first` + which. write: false when it cannot have that value.
    void (*read)(struct vcpu *v, const struct debug_reg *r, unsigned i, u8 *bytes);
    bool (*write)(struct vcpu *v, const struct debug_reg *r, unsigned i, const u8 *bytes);
    u16 arg; // the row's own word
};

// What a debugger knows of an architecture.
struct debug_isa {
    const char *architecture; // of the description: "i386:x86-64"
    const struct debug_reg *reg;
    unsigned regs;    // rows
    unsigned packed;  // the first so many rows are what a debugger is told of at each stop; the others it asks for one by one
    unsigned pc;      // the number of the register
    bool watch_first; // gdb takes it that watchpoints stop in front of the access, and steps over it by itself
};

struct vcpu_debug {
    u64 at[DEBUG_BREAKS]; // linear addresses, each once
    unsigned breaks;
    struct debug_watch watch[DEBUG_WATCHES];
    unsigned watches;
    bool changed;       // `at` is another than when the processor ran last: pages are to be looked at anew
    bool pass;          // the next instruction runs though it has a breakpoint
    bool entered;       // the block that is entered next is come to by the loop, which has looked already
    bool again;         // an access has hit: its instruction is to start again, alone
    bool one;           // the next block is run for one instruction,
    bool noting;        // which is this one,
    bool blind;         // and its accesses do not count
    enum debug_hit hit; // the processor has stopped; whoever ran it clears it
    const struct debug_watch *hit_watch;
};

// ---- for whoever debugs, between slices
// 0, ERR_NO_MEMORY when there is no room for more. Twice the same is once.
int debug_break(struct vcpu *v, gva_t at, bool set);
int debug_watch(struct vcpu *v, const struct debug_watch *w, bool set);
void debug_clear(struct vcpu *v); // all of both
// A new processor, or one that has forgotten its blocks, needs to be told nothing.

#define DEBUG_REG_MOST 64 // bytes of one
// Register n, counted over all rows; its size in bytes, 0: there is none. debug_put: false when it cannot be written, or not this. Whoever
// writes lets the processor forget (vcpu_forget).
unsigned debug_get(struct vcpu *v, unsigned n, u8 bytes[DEBUG_REG_MOST]);
bool debug_put(struct vcpu *v, unsigned n, const u8 bytes[DEBUG_REG_MOST]);
// The row that register n is of, and which of the row's; NULL: none.
const struct debug_reg *debug_row(const struct debug_isa *d, unsigned n, unsigned *which);
static inline unsigned debug_count(const struct debug_reg *r) { return r->n ? r->n : 1; }

// Where a virtual address leads, whatever rights say and without side effects; false: nowhere.
bool vcpu_look(struct vcpu *v, gva_t a, gpa_t *gpa);
// The walk for it. 0: done; > 0: addresses are not translated; < 0: none is possible. Of a hole w->shift is its size.
int vcpu_look_at(struct vcpu *v, gva_t a, struct walk *w);

// ---- for the processor, where v->debug is not NULL
// The loop is at an instruction, and about to run it unless an interrupt was taken. True: it must stop there.
bool debug_stops(struct vcpu *v, bool took);
// b was looked up at the virtual address `at`, and made if it is new.
void debug_found(struct vcpu *v, struct block *b, gva_t at, bool is_new);
// How many instructions of b from `at` on may run without coming to a breakpoint, n at the most.
unsigned debug_most(struct vcpu *v, const struct block *b, unsigned at, unsigned n);
// b is entered from another block, at pc: true: it must be left for the loop, and is paid back.
bool debug_point(struct vcpu *v, u64 pc);
void debug_access(struct vcpu *v, gva_t a, unsigned size, bool write);
bool debug_watches_page(const struct vcpu *v, gva_t page);
// vcpu_leap was called. True: for us; where to go on is set.
bool debug_leapt(struct vcpu *v);

#endif
