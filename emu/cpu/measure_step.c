// SPDX-License-Identifier: MIT
// Instructions one by one: a slice for each, what it is, and what it accesses.
#include "cpu/block.h"
#include "cpu/measure_parts.h"

#include <string.h>

// Instructions of a visit that is not away are its own.
static bool wanted(const struct measure *m) {
    if (!m->one_by_one) return false;
    for (unsigned i = 0; i < m->visits; i++)
        if (!m->visit[i].away) return true;
    return false;
}

void measure_look_again(struct vcpu *v) {
    struct measure *m = v->measure;
    if ((wanted(m) == v->counting && !measure_repeat_stops(m)) || v->left < 0) return;
    m->other = true;
    v->slice_end -= (u64)v->left;
    v->left = 0;
}

static void change(struct vcpu *v) {
    v->counting = !v->counting;
    v->isa->mode_changed(v);
}

// A block that is paid for is left, or it is one instruction, which is counted then and there: what runs alone must not start over.
bool measure_begins_here(struct vcpu *v) {
    struct measure *m = v->measure;
    if (measure_repeat_leaves(v)) return true;
    if (m->fresh || (wanted(m) && !v->counting && v->block->n > 1)) return true;
    if (wanted(m) == v->counting || !wanted(m)) return false;
    change(v);
    measure_enters(v, v->block, 0);
    m->step.retired = measure_retired(v) - 1; // before this one, which is paid for
    v->slice_end -= (u64)v->left;
    v->left = 0;
    return false;
}

void measure_slice_begins(struct vcpu *v, u64 at) {
    struct measure *m = v->measure;
    m->start = at;
    m->other = false;
    m->step.runs = false;
    m->step.retired = m->ticks - m->barren;
    if (wanted(m) == v->counting) return;
    change(v);
}

void measure_enters(struct vcpu *v, const struct block *b, unsigned at) {
    struct measure *m = v->measure;
    u8 code[15] = {0};
    unsigned from = b->skip + b->u[at].off, have = b->bytes - from;
    unsigned here = (unsigned)(PAGE_SIZE - ((hva_t)(b->host + from) & (PAGE_SIZE - 1)));
    if (have > sizeof code) have = sizeof code;
    if (here > have) here = have;
    memcpy(code, b->host + from, here);
    if (here < have) memcpy(code + here, b->host_next, have - here);
    v->isa->classify(v, code, have, &m->step.insn);
    m->step.runs = true;
    m->step.counts = (struct measure_counts){0};
    m->step.pc = *isa_pc(v);
    for (unsigned i = 0; i < m->visits; i++) m->visit[i].counts = !m->visit[i].away;
    if (m->model) measure_model_enters(v);
}

void measure_access(struct measure *m, gva_t a, unsigned bytes, bool write) {
    struct measure_counts *k = &m->step.counts;
    if (!m->step.runs) return;
    if (m->model) measure_model_note(m->model, a, bytes, write);
    (*(write ? &k->writes : &k->reads))++;
    *(write ? &k->bytes_written : &k->bytes_read) += bytes;
}

// What has run belongs to the visits that were not away when it began. A chunk of a repeated string instruction that is not the last has
// accessed memory, and is no instruction.
static void note_step(struct vcpu *v, bool retired_one) {
    struct measure *m = v->measure;
    struct measure_counts *k = &m->step.counts;
    const struct measure_insn *in = &m->step.insn;
    if (retired_one) {
        k->class[in->class] = 1;
        k->taken = in->class == INSN_BRANCH && !(in->conditional && *isa_pc(v) == m->step.pc + in->length);
        k->loads = k->reads != 0;
        k->stores = k->writes != 0;
    }
    if (m->model) measure_model_retired(v, retired_one, k);
    for (unsigned i = 0; i < m->visits; i++)
        if (m->visit[i].counts) measure_add(&m->visit[i].own, k);
}

bool measure_slice_ended(struct vcpu *v, u64 ticks) {
    struct measure *m = v->measure;
    if (v->counting && m->step.runs) note_step(v, measure_retired(v) != m->step.retired);
    if (m->returns) measure_close_returned(v, *isa_pc(v), 0);
    m->ticks += ticks;
    bool other = m->other || wanted(m) != v->counting;
    if (!m->fresh) return other;
    // A place that functions return to is new: blocks are to be made anew, and what the slice would have gone on with is gone.
    m->fresh = false;
    v->resume.block = NULL;
    block_cache_flush(v);
    return true;
}
