// SPDX-License-Identifier: MIT
// Making a hart, its reset and its part of the state hash.
#include "isa/riscv64/cpu.h"

#include "fp/env.h"
#include "isa/riscv64/csr.h"
#include "isa/riscv64/insn.h"
#include "isa/riscv64/paging.h"
#include "isa/riscv64/room.h"
#include "isa/riscv64/uop.h"

#include <string.h>

// Where a block began, and what was written to x0, are ours and not the guest's.
static void hash_cpu(void *ctx, struct hash *h) {
    const struct rv_cpu *c = ctx;
    struct rv_state s = c->s;
    s.x[RV_SINK] = s.x[RV_BASE] = 0;
    hash_bytes(h, &s, sizeof s);
}

static void stimer_fired(void *ctx, u64 now) { rv_stimer_update(ctx); }

// What no guest can bring about: privileges and modes that there are not, interrupts that nobody knows.
static bool enter(void *cpu) {
    const struct rv_cpu *c = cpu;
    const struct rv_state *s = &c->s;
    const u64 interrupts = RV_S_INTERRUPTS | RV_M_INTERRUPTS;
    u64 mode = s->satp >> RV_SATP_MODE_SHIFT, mpp = (s->mstatus & MSTATUS_MPP) >> MSTATUS_MPP_SHIFT;
    if (s->x[0] || s->pc & 1 || s->priv > RV_M || s->priv == 2 || mpp == 2 || s->fcsr & ~0xffu) return false;
    if (mode && (mode < RV_MODE_SV39 || mode > c->model->satp_mode_max)) return false;
    return !((s->mie | s->lines) & ~interrupts) && !((s->mip | s->mideleg) & ~RV_S_INTERRUPTS) && !(s->medeleg & ~RV_DELEGABLE) &&
           (!s->reserved_bytes || s->reserved_bytes == 4 || s->reserved_bytes == 8);
}

struct rv_cpu *rv_create(struct env *env, struct bus *bus, const struct rv_model *model) {
    struct rv_cpu *c = env_alloc(env, sizeof *c);
    vcpu_init(&c->v, &rv_isa, env, bus);
    c->model = model;
    c->fuses = fp_host_fuses();
    c->index = rv_index_create(env, model);
    c->csr_row = rv_csr_index_create(env, model);
    c->decoded = env_alloc(env, BLOCK_INSNS * sizeof *c->decoded);
    event_init(env->clock, &c->stimer, stimer_fired, c);
    rv_reset(c);
    state_add_fn(env->state, "cpu", hash_cpu, c);
    state_add_silent(env->state, "cpu", &c->s, sizeof c->s);
    state_add_silent(env->state, "cpu", &c->retired, sizeof c->retired);
    state_add_silent(env->state, "cpu", &c->unretired, sizeof c->unretired);
    state_add_hooks(env->state, "cpu", NULL, enter, c);
    return c;
}

void rv_reset(struct rv_cpu *c) {
    u64 lines = c->s.lines;
    c->s = (struct rv_state){.priv = RV_M, .stimecmp = ~(u64)0, .lines = lines};
    c->pmp_fine = false;
    rv_stimer_update(c);
    tlb_flush_all(&c->v);
    rv_space_changed(c);
}

void rv_start_supervisor(struct rv_cpu *c, u64 pc, u64 a1) {
    struct rv_state *s = &c->s;
    const struct rv_model *m = c->model;
    s->priv = RV_S;
    s->pc = pc;
    s->x[10] = 0;
    s->x[11] = a1;
    s->medeleg = RV_DELEGABLE & ~BIT(RV_ECALL_S);
    s->mideleg = RV_S_INTERRUPTS;
    // Linux reads the time in user mode without ever allowing it: it takes for granted that firmware has.
    s->mcounteren = s->scounteren = mask(31, 0);
    // All that there is, but fences stay fences of memory alone, and CBO.INVAL is a flush, which loses nothing.
    s->menvcfg = rv_menvcfg_bits(m) & ~(ENVCFG_FIOM | BIT(5));
    s->pmp.cfg[0] = 0x1f; // NAPOT, all rights, over all addresses
    s->pmp.addr[0] = mask(53, 0);
    rv_stimer_update(c);
    tlb_flush_all(&c->v);
    rv_space_changed(c);
}
