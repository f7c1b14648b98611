// SPDX-License-Identifier: MIT
// Translation and protection: what cpu/access.c asks of a hart.
#include "cpu/access.h"
#include "isa/riscv64/paging.h"
#include "isa/riscv64/room.h"
#include "isa/riscv64/memop.h"

// Everything but the privilege that asks: the context has resolved MPRV and SUM already.
int rv_mem_walk_init(struct vcpu *v, struct walk *w, gva_t a, u64 key) {
    const struct rv_cpu *c = rv_of(v);
    const struct rv_state *s = &c->s;
    struct rv_translation t = {
        .satp = s->satp,
        .priv = rv_key_priv(key),
        .sum = (key & 3) == KEY_S_SUM,
        .mxr = s->mstatus & MSTATUS_MXR,
        .adue = s->menvcfg & MENVCFG_ADUE,
        .pbmte = s->menvcfg & MENVCFG_PBMTE,
        .napot = rv_has(c->model, EXT_SVNAPOT),
        .pmp = &c->s.pmp,
    };
    return rv_walk_init(&t, w);
}

static enum mmu_access as_told(unsigned rules, enum mmu_access access) { return rules & RV_AS_STORE ? MMU_WRITE : access; }

void rv_mem_walk_fault(struct vcpu *v, const struct walk *w, unsigned rules, gva_t a, enum mmu_access access) {
    // What made the fault may be gone at the next access, without a fence: the manual allows a hart to keep invalid entries, and asks
    // software to fence, but handlers that only retry are common, and to walk again costs nothing here.
    tlb_flush_page_here(v, a);
    rv_raise(rv_of(v), rv_walk_cause(w, as_told(rules, access)), a);
}

u8 rv_page_rights(const struct vcpu *v, gpa_t page, u64 key) {
    const struct rv_cpu *c = rv_of((struct vcpu *)(hva_t)v);
    u8 rights = rv_pmp_page(&c->s.pmp, page, rv_key_priv(key));
    return rights == RV_PMP_MIXED ? 0 : rights;
}

void rv_physical(struct vcpu *v, unsigned rules, gva_t a, gpa_t at, unsigned size, enum mmu_access access, u64 key,
                 bool present) {
    struct rv_cpu *c = rv_of(v);
    if (likely(present && rv_pmp_check(&c->s.pmp, at, size, access, rv_key_priv(key)))) return;
    rv_raise(c, rv_access_fault(as_told(rules, access)), a);
}
