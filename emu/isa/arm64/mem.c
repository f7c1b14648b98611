// SPDX-License-Identifier: MIT
// Translation and what becomes of its faults: what cpu/access.c asks of a processor.
#include "cpu/access.h"
#include "isa/arm64/memop.h"
#include "isa/arm64/paging.h"
#include "isa/arm64/room.h"

// With the MMU off addresses are physical, and have no top byte that does not count but with TBI (D8.2.9). One that is wider than the
// processor's physical addresses is an address size fault (AArch64.S1DisabledOutput).
int arm64_mem_walk_init(struct vcpu *v, struct walk *w, gva_t a, u64 key) {
    const struct arm64_cpu *c = arm64_of(v);
    const struct arm64_state *s = &c->s;
    if (!(s->sctlr & SCTLR_M)) return arm64_walk_off(w, a, c->model);
    struct arm64_translation t = {
        .tables = c->tables,
        .ttbr = {s->ttbr0, s->ttbr1},
        .el0 = (key & 3) == KEY_EL0,
        .pan = (key & 3) == KEY_EL1_PAN,
        .wxn = s->sctlr & SCTLR_WXN,
    };
    return arm64_walk_init(&t, w, a);
}

gva_t arm64_wrap(const struct vcpu *v, gva_t a, bool code) {
    struct arm64_cpu *c = arm64_of((struct vcpu *)(hva_t)v);
    if (code) return arm64_code_address(c->tables, a);
    c->tag = a >> 56;
    return arm64_top_byte(c->tables, a);
}

u64 arm64_branch_address(const struct arm64_cpu *c, u64 a) { return arm64_code_address(c->tables, a); }

static _Noreturn void abort_at(struct arm64_cpu *c, unsigned status, unsigned rules, gva_t a, enum mmu_access access) {
    if (access == MMU_EXEC) arm64_raise_at(c, c->s.el ? EC_FETCH : EC_FETCH_LOWER, status, a);
    a = (a & mask(55, 0)) | (u64)c->tag << 56;
    bool write = rules & ARM64_MAINTAINS || access == MMU_WRITE;
    u64 iss = status | (write ? ISS_WNR : 0) | (rules & ARM64_MAINTAINS ? ISS_CM : 0);
    arm64_raise_at(c, c->s.el ? EC_DATA : EC_DATA_LOWER, iss, a);
}

void arm64_mem_walk_fault(struct vcpu *v, const struct walk *w, unsigned rules, gva_t a, enum mmu_access access) {
    struct arm64_cpu *c = arm64_of(v);
    // An entry that faults is never cached (D8.13): what made the fault may be gone at the next access.
    tlb_flush_page(v, a);
    abort_at(c, arm64_walk_status(c->tables, w, a), rules, a, access);
}

void arm64_physical(struct vcpu *v, unsigned rules, gva_t a, gpa_t at, unsigned size, enum mmu_access access, u64 key,
                    bool present) {
    if (likely(present)) return;
    abort_at(arm64_of(v), FSC_EXTERNAL, rules, a, access);
}

void arm64_misaligned(struct arm64_cpu *c, gva_t a, bool write) {
    arm64_raise_at(c, c->s.el ? EC_DATA : EC_DATA_LOWER, FSC_ALIGNMENT | (write ? ISS_WNR : 0), a);
}

void arm64_check_sp(struct arm64_cpu *c) {
    if (c->s.sctlr & (c->s.el ? SCTLR_SA : SCTLR_SA0) && c->s.x[ARM64_SP] & 15) arm64_raise(c, EC_SP_ALIGNMENT, 0);
}
