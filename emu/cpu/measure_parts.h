// SPDX-License-Identifier: MIT
// What the files of measure.h ask of each other:
//
//   measure.c         visits: marks, exceptions and interrupts      measure_name.c     regions by name
//   measure_step.c    instructions one by one                        measure_cycles.c   host cycles
//   measure_point.c   addresses at which visits begin and end       measure_repeat.c   one visit again and again
//   measure_model.c   what instructions show to a model
#ifndef CPU_MEASURE_PARTS_H
#define CPU_MEASURE_PARTS_H

#include "base/le.h"
#include "cpu/isa.h"
#include "cpu/measure.h"

// Instructions that have retired so far, those that the slice has paid for included; and the time.
static inline u64 measure_retired(const struct vcpu *v) {
    const struct measure *m = v->measure;
    u64 in_slice = v->slice_end - (u64)v->left - m->start - v->stalled;
    return m->ticks + in_slice - m->barren;
}
static inline u64 measure_now(const struct vcpu *v) { return v->slice_end - (u64)v->left; }
static inline u64 measure_host_cycles(const struct measure *m) { return m->clocked ? m->plat->cycles(m->plat) : 0; }
static inline struct measure_place measure_place_of(struct vcpu *v) {
    struct measure_place p = {0};
    v->isa->place(v, &p);
    return p;
}
// A mark is in the place of its begin whatever the stack is: begin and end need not be in the same function.
static inline bool measure_same_program(const struct measure_place *a, const struct measure_place *b) {
    return a->root == b->root && a->privilege == b->privilege;
}

// ---- measure.c
// A visit of r begins here, `paid` instructions ago; NULL: there is no room. If one is open here, this is a part of it.
struct measure_visit *measure_open_visit(struct vcpu *v, struct measure_region *r, enum measure_kind kind, u64 paid);
void measure_drop_visit(struct measure *m, struct measure_visit *w);
void measure_close_visit(struct vcpu *v, struct measure_visit *w, u64 paid);
// The innermost visit of this kind that is open where the processor is; NULL: none.
struct measure_visit *measure_innermost(struct vcpu *v, enum measure_kind kind);

// ---- measure_name.c
// Bytes as page tables show them now, without side effects. False: not all of them are RAM.
bool measure_peek(struct vcpu *v, u64 at, u8 *to, unsigned n);
// The name in front of a MARK_BEGIN; "" when there is none.
void measure_read_name(struct vcpu *v, u64 mark, char name[MARK_NAME]);
struct measure_region *measure_region_of(struct measure *m, const char *name);

// ---- measure_step.c
// If the next slice is of the other kind, the running one is over now.
void measure_look_again(struct vcpu *v);
// The same in front of a block's first instruction, which is paid for. True: the block must be left.
bool measure_begins_here(struct vcpu *v);

// ---- measure_model.c, where m->model is not NULL
// An instruction may run, for the first time or anew; it accesses memory; it has retired, or a chunk of it has: c->model is counted.
void measure_model_enters(struct vcpu *v);
void measure_model_note(struct measure_model *k, gva_t a, unsigned bytes, bool write);
void measure_model_retired(struct vcpu *v, bool retired_one, struct measure_counts *c);

// ---- measure_repeat.c
// Whether a visit of r that begins now would be repeated; whether nobody wants to know of one.
bool measure_repeat_wants(const struct measure *m, const struct measure_region *r);
static inline bool measure_repeat_ignores(const struct measure *m, const struct measure_region *r) {
    return m->repeat.again && r != m->repeat.region;
}
// A visit was opened, has come to its end after so much time, or is forgotten.
void measure_repeat_opened(struct measure *m, const struct measure_visit *w);
void measure_repeat_closed(struct measure *m, const struct measure_visit *w, u64 virtual_ns);
void measure_repeat_dropped(struct measure *m, const struct measure_visit *w);
// In front of a block's first instruction. True: the machine has to be asked, the block must be left.
bool measure_repeat_leaves(struct vcpu *v);

// ---- measure_point.c
// Visits of functions that have come back to their caller, and are not closed yet, are closed; `paid` as above.
void measure_close_returned(struct vcpu *v, u64 pc, u64 paid);

#endif
