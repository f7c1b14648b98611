// SPDX-License-Identifier: MIT
// What an instruction shows to the model of a machine. It is shown once it has retired, since one that faults or must run alone starts over; so
// what it accesses is kept until then.
#include "cpu/debug.h"
#include "cpu/measure_parts.h"

#define ACCESSES 4096 // of one instruction: a chunk of a repeated string instruction has two of each of its 1024 elements

struct measure_model {
    struct model *model;
    gva_t at;    // of the instruction, as code is fetched
    bool inside; // a chunk of it has been shown, and it goes on
    unsigned n;
    struct {
        gva_t a;
        u8 bytes;
        bool write;
    } access[ACCESSES];
};

static bool look(void *ctx, gva_t a, unsigned *shift, unsigned *entries) {
    struct vcpu *v = *(struct vcpu **)ctx;
    struct walk w;
    int how = vcpu_look_at(v, a, &w);
    if (how > 0) return false;
    *shift = w.shift;
    *entries = how < 0 ? 0 : w.level + 1u;
    return true;
}

int measure_model(struct measure *m, struct env *e, struct vcpu *const *v, const struct config_model *c) {
    struct measure_model *k = env_try_alloc(e, sizeof *k);
    if (!k) return ERR_NO_MEMORY;
    k->model = model_create(e, c, look, (void *)(hva_t)v);
    m->model = k;
    return k->model ? 0 : ERR_NO_MEMORY;
}

void measure_model_forget(struct measure *m) {
    if (m->model) model_empty(m->model->model);
}

void measure_model_enters(struct vcpu *v) {
    struct measure_model *k = v->measure->model;
    u64 pc = *isa_pc(v);
    gva_t at = v->isa->linear ? v->isa->linear(v, pc) : pc;
    if (k->at != at) k->inside = false;
    k->at = at;
    k->n = 0;
    model_runs(k->model, measure_place_of(v).root);
}

void measure_model_note(struct measure_model *k, gva_t a, unsigned bytes, bool write) {
    if (k->n == ACCESSES) return;
    k->access[k->n].a = a, k->access[k->n].bytes = (u8)bytes, k->access[k->n].write = write;
    k->n++;
}

static void show_branch(struct vcpu *v, const struct measure_insn *in, struct measure_counts *c) {
    struct measure *m = v->measure;
    struct model_branch b = {.conditional = in->conditional,
                             .indirect = in->indirect,
                             .call = in->call,
                             .back = in->back,
                             .taken = c->taken,
                             .shift = in->shift,
                             .at = m->model->at,
                             .behind = m->step.pc + in->length,
                             .to = *isa_pc(v)};
    model_branches(m->model->model, &b, c->model);
}

void measure_model_retired(struct vcpu *v, bool retired_one, struct measure_counts *c) {
    struct measure *m = v->measure;
    struct measure_model *k = m->model;
    if (!k->inside) model_fetch(k->model, k->at, m->step.insn.length, c->model);
    k->inside = !retired_one;
    for (unsigned i = 0; i < k->n; i++) model_access(k->model, k->access[i].a, k->access[i].bytes, k->access[i].write, c->model);
    if (retired_one && m->step.insn.class == INSN_BRANCH) show_branch(v, &m->step.insn, c);
    if (m->each) m->each(m->each_ctx, m->step.pc, c);
}
