// SPDX-License-Identifier: MIT
// `model`: caches, TLBs and a branch predictor that a measured region (measure.h) is shown to: what it would miss there. All of it is integers
// that follow from addresses and from which way branches go, so it is the same on every host, in every build and engine. Nothing of it
// reaches the guest: its time stays a count of instructions.
//
//   caches      I1 and D1, and behind both LL. By virtual address; the least recently used of a set's lines goes. What is written is fetched first.
//               An access that lies in several lines misses once if it misses any of them
//   TLBs        ITLB and DTLB, and behind both STLB, if there is one. A page is as large as the page tables have it. A miss of the last
//               of them is a walk, which reads one entry a level. Where addresses are not translated, nothing is asked
//   branches    conditional ones by two-bit counters; a counter's number is address and history, side by side (S. McFarling's "gselect",
//               WRL TN-36, 1993). Jumps and calls to where a register or memory says by their last target; returns by a stack of calls
//
// Everything is empty at first, and again when another program runs (struct measure_place's root): addresses mean something else there.
#ifndef CPU_MODEL_H
#define CPU_MODEL_H

#include "core/env.h"
#include "emu/config.h"

enum model_event {
    MODEL_I1_MISS,
    MODEL_LL_I_MISS,
    MODEL_D1_READ_MISS,
    MODEL_LL_READ_MISS,
    MODEL_D1_WRITE_MISS,
    MODEL_LL_WRITE_MISS,
    MODEL_ITLB_MISS,
    MODEL_DTLB_MISS,
    MODEL_WALK,
    MODEL_WALK_READ,
    MODEL_CONDITIONAL,
    MODEL_CONDITIONAL_MISS,
    MODEL_INDIRECT,
    MODEL_INDIRECT_MISS,
    MODEL_RETURN,
    MODEL_RETURN_MISS,
    MODEL_EVENTS
};

// Where a branch gets its target from. A call keeps the address behind it for its return.
struct model_branch {
    bool conditional, indirect, call, back; // `back`: a return, which is not `indirect`
    bool taken;                             // of a conditional one
    u8 shift;                               // instructions start at multiples of 1 << shift
    gva_t at, behind, to;                   // to: what ran next
};

// What the page tables say of a's page: its size, 1 << *shift bytes, and how many entries a walk reads. False: addresses are not translated.
typedef bool model_look(void *ctx, gva_t a, unsigned *shift, unsigned *entries);

struct model;

// NULL: there is no memory. It belongs to e.
struct model *model_create(struct env *e, const struct config_model *c, model_look *look, void *ctx);
void model_empty(struct model *m);
// The program whose page tables these are runs, or the kernel (0), which is in all of them.
void model_runs(struct model *m, u64 root);

// Each adds to n[] what it has met.
void model_fetch(struct model *m, gva_t a, unsigned bytes, u64 n[MODEL_EVENTS]);
void model_access(struct model *m, gva_t a, unsigned bytes, bool write, u64 n[MODEL_EVENTS]);
void model_branches(struct model *m, const struct model_branch *b, u64 n[MODEL_EVENTS]);

#endif
