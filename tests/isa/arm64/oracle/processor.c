// SPDX-License-Identifier: MIT
// The emulator's Arm processor: EL0 with the MMU on, whose exceptions lead to EL1.
#include "base/bits.h"
#include "isa/arm64/paging.h"
#include "rig.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum { PTE_PAGE = 3, PTE_EL0 = 1 << 6, PTE_RO = 1 << 7, PTE_AF = 1 << 10 };
#define PTE_PXN BIT(53)
#define PTE_UXN BIT(54)

u64 table_entry(u64 physical) { return physical | PTE_PAGE; }

u64 page_entry(u64 physical, enum use use) {
    static const u64 flags[] = {[USER_CODE] = PTE_EL0 | PTE_RO | PTE_PXN,
                                [USER_DATA] = PTE_EL0 | PTE_PXN | PTE_UXN,
                                [USER_CONSTANT] = PTE_EL0 | PTE_RO | PTE_PXN | PTE_UXN,
                                [HANDLER_CODE] = PTE_RO | PTE_UXN};
    return physical | flags[use] | PTE_AF | PTE_PAGE;
}

const char *qemu_cpu(enum source source) {
    const char *cpu = getenv("QEMU_AARCH64_CPU");
    return cpu ? cpu : source == ADDED ? "max" : "cortex-a76";
}

struct vcpu *processor_create(struct env *env, struct bus *bus, enum source source) {
    return &arm64_create(env, bus, arm64_model_find(source == ADDED ? "max" : ""))->v;
}

const struct arm64_index *processor_index(struct vcpu *v) { return arm64_of(v)->index; }

void processor_start(struct vcpu *v, u64 root, u64 handler) {
    struct arm64_cpu *c = arm64_of(v);
    struct arm64_state *s = &c->s;
    s->vbar = handler;
    s->cpacr = 3 << CPACR_FPEN_SHIFT;
    s->ttbr0 = root;
    s->tcr = 16 | TCR_EPD1 | TCR_TBI0 | (u64)5 << TCR_IPS;
    s->sctlr |= SCTLR_M | SCTLR_DZE | SCTLR_UCT | SCTLR_UCI | SCTLR_NTWE | SCTLR_NTWI;
    arm64_tables_make(c->tables, s->tcr, c->model);
    tlb_flush_all(v);
    arm64_space_changed(c);
    arm64_mode_changed(c);
}

void processor_enter(struct vcpu *v, const struct registers *r, u64 pc) {
    struct arm64_cpu *c = arm64_of(v);
    struct arm64_state *s = &c->s;
    arm64_select_sp(s, 0, 0);
    memcpy(s->x, r->x, sizeof r->x);
    s->x[ARM64_SP] = r->sp;
    memcpy(s->v, r->v, sizeof r->v);
    arm64_set_nzcv(s, (unsigned)(r->nzcv >> PSR_V_SHIFT));
    s->fpsr = (u32)r->fpsr;
    s->fpcr = (u32)r->fpcr;
    s->pc = pc;
    s->exclusive_bytes = 0;
    s->daif = 0;
    arm64_mode_changed(c);
}

// As Linux tells user programs.
static unsigned long signal_of(u64 esr) {
    switch (esr >> ESR_EC_SHIFT) {
    case EC_FETCH_LOWER:
    case EC_DATA_LOWER: return (esr & 63) == FSC_ALIGNMENT ? SIGBUS : SIGSEGV;
    case EC_PC_ALIGNMENT:
    case EC_SP_ALIGNMENT: return SIGBUS;
    case EC_BRK: return SIGTRAP;
    default: return SIGILL;
    }
}

// Signals tell of addresses without tags (TCR_EL1.TBI0), FAR_EL1 keeps them.
static u64 untagged(u64 address) { return address & BIT(55) ? address : address & ~((u64)0xff << 56); }

void processor_leave(struct vcpu *v, struct result *out) {
    struct arm64_state *s = &arm64_of(v)->s;
    memcpy(out->r.x, s->x, sizeof out->r.x);
    out->r.sp = *arm64_sp(s, 0);
    memcpy(out->r.v, s->v, sizeof out->r.v);
    out->r.nzcv = (u64)arm64_nzcv(s) << PSR_V_SHIFT;
    out->r.fpsr = s->fpsr;
    out->r.fpcr = s->fpcr;
    if (!s->el) return;
    out->how = BY_SIGNAL + signal_of(s->esr);
    out->r.pc = s->elr;
    out->address = untagged(s->far);
}

u64 processor_pc(struct vcpu *v) { return arm64_of(v)->s.pc; }

u64 processor_traps(struct vcpu *v) { return arm64_of(v)->s.el; } // the handler takes no exception
