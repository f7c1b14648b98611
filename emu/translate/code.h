// SPDX-License-Identifier: MIT
// Code memory of a translator, and the edges by which translated blocks lead to one another. Nothing here knows whose instructions are
// translated; struct code says where in the processor's state the few words are that edges read.
//
//   mem.write                                                                     mem.write + mem.size
//   | routines | code of blocks -> out.at             free            data <- | edges, uops of called handlers |
//
// Everything is bounded by mem.size. When it is full, all of it is thrown away and translation starts over.
//
// An edge is the way out of a block to one target that is known when it is translated. It has EDGE_BYTES of code in its block:
//
//   unlinked   jmp out                            `out` goes to the interpreter, which finds the target and may link the edge
//   linked     [compare jump key and PC's page]   of edges to another page alone: else out
//              sub left, cost of the target       not enough: short_slice, which gives it back and goes out
//              [add page of PC]
//              jmp target's code
#ifndef TRANSLATE_CODE_H
#define TRANSLATE_CODE_H

#include "cpu/uop.h"
#include "plat/plat.h"
#include "translate/asm.h"

enum { EDGE_BYTES = 80, GATE_BYTES = 52 };

struct code_edge {
    struct block *from, *to; // to: NULL while unlinked
    struct code_edge *next;  // of the edges that lead to the same block
    u8 *at;                  // EDGE_BYTES in the writable mapping
    u8 *out;                 // where it goes unlinked (executable)
    u8 *short_slice;         // where `left` is too small: the cost has to be given back there (executable)
    u8 *keep_flags;          // the way to a target that may look at flags; NULL: nothing to keep (executable)
    u8 *keep_flags_jump;     // the distance of its jump (writable mapping)
    u8 *gate;                // GATE_BYTES in front of an instruction that must not begin unless the edge is linked; NULL: none
    u8 *gate_out;            // where they go then (executable)
    i32 target;              // bytes from the block's start to its target
    i64 page;                // bytes from the block's page to the target's: 0 for the same page
    u32 flags;               // how the guest's flags stand on it, for whoever translates the target; the translator's own word
    u8 which;                // the block's link of the interpreter
};

struct code {
    struct plat_code mem;
    struct asm_out out;
    u8 *first; // behind the routines: where a reset starts over
    u8 *data;  // below it is free
    // Host registers and places in the processor's state, from the register that holds its address.
    u8 cpu, scratch, left; // left: what the slice still allows (vcpu.left)
    i32 jump_key, page;    // page: the PC's page of the running block
    u64 flushes, translated, dropped, bytes;
};

struct block;

// Memory for an edge or for data that lives as long as the code; NULL: full.
void *code_data(struct code *k, u64 bytes);
// Forgets all code but the routines. The caller makes sure that no block leads there any more.
void code_reset(struct code *k);
// Reserves the code of an edge at out.at, unlinked. e->out must be set later with code_edge_out, before the block may run.
void code_edge_place(struct code *k, struct code_edge *e);
// Reserves the code of a gate: what the edge would compare is compared there.
u8 *code_gate_place(struct code *k);
void code_edge_unlink(struct code *k, struct code_edge *e);
// The edge leads to `to`, whose code exists, from now on. `key`, `page`: jump key and page of the PC under which that was found to be so.
void code_edge_link(struct code *k, struct code_edge *e, struct block *to, u64 key, u64 page);
// All edges to b are unlinked, and it has no code any more.
void code_drop(struct code *k, struct block *b);

#endif
