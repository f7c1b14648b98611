// SPDX-License-Identifier: MIT
#include "riscv_rig.h"

#include "base/le.h"
#include "cpu/block.h"

#include <string.h>

void riscv_rig_open(struct riscv_rig *r, const char *model) {
    memset(r, 0, sizeof *r);
    bare_machine_open(&r->bare, RIG_RAM, RIG_RAM_SIZE);
    r->c = rv_create(&r->env, &r->bus, rv_model_find(model));
    riscv_rig_reset(r);
}

void riscv_rig_reset(struct riscv_rig *r) {
    memset(r->ram, 0, RIG_RAM_SIZE);
    block_cache_flush(&r->c->v);
    rv_reset(r->c);
    rv_space_changed(r->c);
    r->clock.now = 0;
    st32(r->ram + RIG_HANDLER, 0x0000006f); // jal x0, 0
    struct rv_state *s = &r->c->s;
    s->mtvec = RIG_RAM + RIG_HANDLER;
    s->mstatus |= MSTATUS_FS;
    s->pmp.cfg[0] = 0x1f; // NAPOT, all rights, over all addresses
    s->pmp.addr[0] = ~(u64)0 >> 10;
    tlb_flush_all(&r->c->v);
    rv_mode_changed(r->c);
}

void riscv_rig_close(struct riscv_rig *r) { bare_machine_close(&r->bare); }

i64 riscv_rig_run(struct riscv_rig *r, unsigned priv, unsigned n, const u32 *words, unsigned count) {
    struct rv_cpu *c = r->c;
    memcpy(r->ram + RIG_CODE, words, 4 * count);
    block_cache_flush(&c->v);
    c->s.pc = RIG_RAM + RIG_CODE;
    c->s.priv = (u8)priv;
    c->s.mcause = ~(u64)0;
    rv_mode_changed(c);
    rv_run(c, n);
    return (i64)c->s.mcause;
}

u64 riscv_rig_csr(struct riscv_rig *r, unsigned csr) {
    u8 priv = r->c->s.priv;
    u64 v = 0;
    r->c->s.priv = RV_M;
    rv_csr(r->c, csr, RV_CSR_READ, 0, &v);
    r->c->s.priv = priv;
    return v;
}
