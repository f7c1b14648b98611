// SPDX-License-Identifier: MIT
// Making a processor, its reset and its part of the state hash.
#include "isa/arm64/cpu.h"

#include "isa/arm64/insn.h"
#include "isa/arm64/paging.h"
#include "isa/arm64/room.h"
#include "isa/arm64/sysreg.h"
#include "isa/arm64/uop.h"

// Where a block began, and what was written to ZR, are ours and not the guest's; the flags count, and not how they were made.
static void hash_cpu(void *ctx, struct hash *h) {
    const struct arm64_cpu *c = ctx;
    struct arm64_state s = c->s;
    s.x[ARM64_SINK] = s.x[ARM64_BASE] = 0;
    s.n = arm64_nzcv(&c->s);
    s.z = s.c = s.o = 0;
    hash_bytes(h, &s, sizeof s);
}

static bool enter(void *cpu) {
    const struct arm64_state *s = &((const struct arm64_cpu *)cpu)->s;
    return !s->x[ARM64_ZR] && s->el <= 1 && s->sp_sel <= 1 && s->daif < 16 && s->exclusive_bytes <= 16 && s->irq <= 1 &&
           s->fiq <= 1 && s->c <= 1;
}

struct arm64_cpu *arm64_create(struct env *env, struct bus *bus, const struct arm64_model *model) {
    struct arm64_cpu *c = env_alloc(env, sizeof *c);
    vcpu_init(&c->v, &arm64_isa, env, bus);
    c->model = model;
    c->sysreg_row = arm64_sysreg_index_create(env, model);
    c->index = arm64_index_create(env, model, c->sysreg_row);
    c->decoded = env_alloc(env, BLOCK_INSNS * sizeof *c->decoded);
    c->tables = env_alloc(env, sizeof *c->tables);
    arm64_timer_init(c);
    arm64_reset(c);
    state_add_fn(env->state, "cpu", hash_cpu, c);
    state_add_silent(env->state, "cpu", &c->s, sizeof c->s);
    state_add_silent(env->state, "cpu", &c->tag, sizeof c->tag);
    state_add_hooks(env->state, "cpu", NULL, enter, c);
    return c;
}

void arm64_seed(struct arm64_cpu *c, u64 seed) {
    c->s.rng[0] = seed;
    c->s.rng[1] = seed ^ 0x9e3779b97f4a7c15u;
}

// AArch64.TakeReset (D1.2). What the manual leaves UNKNOWN is 0.
void arm64_reset(struct arm64_cpu *c) {
    u8 irq = c->s.irq, fiq = c->s.fiq, out = c->s.timer_out;
    u64 rng[] = {c->s.rng[0], c->s.rng[1]};
    c->s = (struct arm64_state){.el = 1, .sp_sel = 1, .daif = 15, .sctlr = ARM64_SCTLR_RES1(c->model) | SCTLR_SPAN, .oslk = 1};
    c->s.z = 1;
    c->s.irq = irq;
    c->s.fiq = fiq;
    c->s.timer_out = out;
    memcpy(c->s.rng, rng, sizeof rng);
    arm64_timer_update(c);
    arm64_stream_update(c);
    arm64_tables_make(c->tables, c->s.tcr, c->model);
    tlb_flush_all(&c->v);
    c->guards = 0;
    arm64_space_changed(c);
}

void arm64_start(struct arm64_cpu *c, u64 pc, u64 x0) {
    arm64_reset(c);
    c->s.pc = pc;
    c->s.x[0] = x0;
}
