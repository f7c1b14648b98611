// SPDX-License-Identifier: MIT
// Code memory of a translator, and the edges by which translated blocks lead to one another. Nothing here knows whose instructions are
// translated; struct code says where in the processor's state the few words are that edges read.
//
//   mem.write                                                                     mem.write + mem.size
//   | routines | code of blocks -> at                 free            data <- | edges, uops of called handlers |
//
// Everything is bounded by mem.size. When it is full, all of it is thrown away and translation starts over.
//
// A block is assembled in memory of its own (`stage`) and copied to its place in one go, and what is there is never written again: an edge
// is linked by its data, not by its code. Both are for a host that is itself translated (QEMU's TCG): there every store to a page with code
// is a slow one, and makes the host translate what it has overwritten once more.
//
// An edge is the way out of a block to one target that is known when it is translated:
//
//   [compare jump key and PC's page with edge.key, edge.pc_page]      of edges to another page alone: else to `out`
//   sub left, edge.cost                                               not enough: short_slice, which gives it back and goes out
//   [PC's page = edge.to_page]
//   jmp [edge.code]
//
// While it is not linked its cost is one that no slice can pay: so it goes to `out`, to the interpreter, which finds the target and may link
// it. Where the target's code is known when the edge is emitted, no jump is needed: such an edge is `fixed` to its block, whose code follows
// (a copy of its own) or is jumped to. A translation with what follows in this way is a trace.
//
// The blocks of a trace are paid for in stretches: whoever enters the first of them pays for all, and the edges inside are no code at all. Whoever
// leaves in a block gets back what those behind it cost, `rest`: so outside a trace each account is as if every block had been paid for
// when it was entered. A stretch ends behind a block that calls a handler, which may shorten the slice.
//
//   enterer or edge pays a + b + c      edge pays d + e
//   | a       | b       | c: handler    | d       | e       |
//     rest b + c, rest c, none            rest e, none
//
// If what a stretch takes for granted is no longer so, an edge inside is unlinked: then the edge that pays for it cannot be paid for ever, and
// the owner must be dropped, which the caller sees to (code_edge_breaks).
#ifndef TRANSLATE_CODE_H
#define TRANSLATE_CODE_H

#include "cpu/uop.h"
#include "plat/plat.h"
#include "translate/asm.h"

struct code_edge {
    // What its code reads. Executable addresses:
    const u8 *code;        // where it leads: target or keep_flags
    const u8 *target_code; // the block, where keep_flags leads
    u64 key;               // the jump key,
    u64 pc_page;           // and the page of the running block's PC, under which the link is good; NOWHERE while unlinked
    u64 to_page;           // the page of the target's PC
    u64 cost;              // what the slice loses; BLOCK_UNPAYABLE while unlinked

    struct block *from, *to;    // to: NULL while unlinked
    struct block *owner;        // the block of whose translation it is a part: `from`, or one whose trace goes through that
    struct block *fixed;        // the only block that it can lead to; NULL: any
    struct code_edge *next;     // of the edges that lead to the same block
    struct code_edge *way_next; // of those that follow the same link of `from`
    const u8 *keep_flags;       // the way to a target that may look at flags (executable); NULL: nothing to keep
    i32 target;                 // bytes from the block's start to its target
    i64 page;                   // bytes from the block's page to the target's: 0 for the same page
    u32 flags;                  // how the guest's flags stand on it, for whoever translates the target; the translator's own word
    struct code_edge *payer;    // of an edge inside a stretch: the one that pays for that; NULL: who enters the owner does
    u32 total;                  // fixed: what the stretch that it leads to costs
    u32 rest;                   // what is got back here
    bool inside, broken;        // inside a stretch; what it pays for is no longer so
    u8 which;                   // the block's link of the interpreter
    bool gated;                 // what would be compared at the edge is compared at its gate
};

// Jumps of an edge that is being made, by the places of their distances; NULL: none.
struct code_jumps {
    u8 *to_out[2], *to_short, *to_gate_out[2];
};

struct code {
    struct plat_code mem;
    struct asm_out out;  // of the block that is being made: to the stage
    u8 *stage;           // CODE_STAGE bytes, the owner's
    u8 *first;           // behind the routines: where a reset starts over
    u8 *at;              // the next block's place
    u8 *data, *old_data; // below `data` is free; what it was at code_begin
    // Host registers and places in the processor's state, from the register that holds its address.
    u8 cpu, scratch, left; // left: what the slice still allows (vcpu.left)
    i32 jump_key, page;    // page: the PC's page of the running block
    u64 flushes, translated, dropped, bytes;
};

struct block;

// The most code that one block may have.
enum { CODE_STAGE = 64 * KiB };

// k->mem and k->stage are set: everything is free.
void code_init(struct code *k);
// Begins to make code, at k->out; code_end puts it in its place. The address that it is executed at, or NULL: it did not fit, and nothing
// of it is kept.
void code_begin(struct code *k);
u8 *code_end(struct code *k);
// Memory for an edge or for data that lives as long as the code; NULL: full.
void *code_data(struct code *k, u64 bytes);
// Forgets all code but what was made before k->first was set. The caller makes sure that no block leads there any more.
void code_reset(struct code *k);
// Emits an edge; of one that is fixed, without the jump. Its ways out are emitted later: the jumps are led to what comes next by
// code_edge_short (gives back what the edge has taken, and falls into) code_edge_out.
void code_edge_emit(struct code *k, struct code_edge *e, struct code_jumps *j);
void code_edge_short(struct code *k, struct code_edge *e, const struct code_jumps *j);
void code_edge_out(struct code *k, const struct code_jumps *j);
// A gate stands in front of an instruction that must not begin unless the edge is linked and good; else it leads to code_gate_out.
void code_gate_emit(struct code *k, struct code_edge *e, struct code_jumps *j);
void code_gate_out(struct code *k, const struct code_jumps *j);
// The way by edge.keep_flags ends here.
void code_edge_kept(struct code *k, const struct code_edge *e);
// A new edge is one of from->way, and unlinked.
void code_edge_enter(struct code_edge *e);
void code_edge_unlink(struct code_edge *e);
// The edge leads to `to` from now on: the block that it is fixed to, or one whose code exists. `key`, `page`: jump key and page of the PC under
// which that was found to be so.
void code_edge_link(struct code_edge *e, struct block *to, u64 key, u64 page);
// The edge must not be relied on any more, and b's translation goes with it: its owner, NULL if it need not.
static inline struct block *code_edge_breaks(const struct code_edge *e) { return e->inside && e->owner->code ? e->owner : NULL; }
// b's translation is not entered any more: no edge leads to it, but for those that are fixed to the block, which stays.
void code_forget(struct code *k, struct block *b);
// The same of a block that goes: all edges to b are unlinked.
void code_drop(struct code *k, struct block *b);

#endif
