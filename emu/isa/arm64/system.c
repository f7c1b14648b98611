// SPDX-License-Identifier: MIT
// ERET, TLB maintenance and address translation instructions; which address space runs.
#include "isa/arm64/paging.h"
#include "isa/arm64/room.h"
#include "isa/arm64/sys.h"

#include "cpu/access.h"

// IllegalExceptionReturn, for a processor that has EL0 and EL1 in AArch64 state alone.
static bool illegal(u64 spsr) {
    unsigned el = (unsigned)(spsr >> 2 & 3);
    return spsr & (PSR_AARCH32 | BIT(1)) || el > 1 || (!el && spsr & PSR_SP);
}

void arm64_return(struct arm64_cpu *c) {
    struct arm64_state *s = &c->s;
    u64 spsr = s->spsr;
    bool wrong = illegal(spsr);
    arm64_set_nzcv(s, (unsigned)(spsr >> PSR_V_SHIFT) & 15);
    s->daif = spsr >> PSR_DAIF_SHIFT & 15;
    s->il = wrong || spsr & PSR_IL;
    s->ss = 0;
    if (arm64_has(c->model, FEAT_PAN)) s->pan = (spsr & PSR_PAN) != 0;
    if (arm64_has(c->model, FEAT_UAO)) s->uao = (spsr & PSR_UAO) != 0;
    if (arm64_has(c->model, FEAT_SSBS2)) s->ssbs = (spsr & PSR_SSBS) != 0;
    if (arm64_has(c->model, FEAT_BTI)) s->btype = wrong ? 0 : spsr >> PSR_BTYPE_SHIFT & 3;
    if (!wrong) arm64_select_sp(s, spsr & PSR_SP, (unsigned)(spsr >> 2 & 3));
    s->exclusive = s->exclusive_bytes = 0;
    s->event_clear = 0;
    s->pc = wrong ? s->elr : arm64_code_address(c->tables, s->elr);
    arm64_mode_changed(c);
}

// ---- address spaces

static u32 asid_of(const struct arm64_cpu *c, u64 v) { return (u32)(v >> TTBR_ASID_SHIFT) & (c->s.tcr & TCR_AS ? 0xffff : 0xff); }

void arm64_space_changed(struct arm64_cpu *c) {
    const struct arm64_state *s = &c->s;
    tlb_space_enter(&c->v, asid_of(c, s->tcr & TCR_A1 ? s->ttbr1 : s->ttbr0), true);
}

void arm64_tlbi_all(struct arm64_cpu *c) {
    tlb_flush_all(&c->v);
    arm64_space_changed(c);
}
void arm64_tlbi_asid(struct arm64_cpu *c, u64 xt) { tlb_space_flush(&c->v, asid_of(c, xt)); }

// Bits 43..0 are VA[55:12], whatever the granule; bit 55 says which half.
void arm64_tlbi_va(struct arm64_cpu *c, u64 xt) { tlb_flush_page(&c->v, (gva_t)sext(xt << PAGE_BITS, 56)); }

//   63..48 47..46 45..44 43..39 38..37 36..0
//   ASID   TG     SCALE  NUM    TTL    BaseADDR      (NUM + 1) << (5 * SCALE + 1) granules, from BaseADDR in granules
void arm64_tlbi_range(struct arm64_cpu *c, u64 xt) {
    static const u8 granule[4] = {12, 12, 14, 16};
    unsigned shift = granule[xt >> 46 & 3];
    u64 count = (bits(xt, 43, 39) + 1) << (5 * bits(xt, 45, 44) + 1);
    u64 pages = count << (shift - PAGE_BITS);
    if (pages > TLB_SIZE) {
        arm64_tlbi_all(c);
        return;
    }
    gva_t at = (u64)sext(bits(xt, 36, 0), 37) << shift;
    for (u64 i = 0; i < pages; i++) tlb_flush_page(&c->v, at + i * PAGE_SIZE);
}

// ---- AT

// PAR_EL1 of a translation: F 0, SH 8..7, NS 9, PA 51..12, ATTR 63..56; or of an abort: F 1, FST 6..1. Bit 11 is RES1.
void arm64_translate_to_par(struct arm64_cpu *c, gva_t a, bool write, bool el0, bool pan) {
    struct arm64_state *s = &c->s;
    struct walk w = {0};
    u64 key = el0 ? KEY_EL0 : pan ? KEY_EL1_PAN : KEY_EL1;
    a = arm64_wrap(&c->v, a, false);
    int how = arm64_mem_walk_init(&c->v, &w, a, key);
    if (how > 0) { // Device-nGnRnE, as all memory without the MMU is
        s->par = BIT(11) | (a & mask(c->model->pa_bits - 1u, 12)) | 2 << 7;
        return;
    }
    if (!how) mmu_walk(&w, c->bus, a, write ? MMU_WRITE : MMU_READ);
    if (w.fault) {
        s->par = BIT(11) | (u64)arm64_walk_status(c->tables, &w, a) << 1 | 1;
        return;
    }
    u64 attr = s->mair >> 8 * (w.attr & 7) & 0xff;
    u64 shareable = attr & 0xf0 && attr != 0x44 ? bits(w.attr, 4, 3) : 2; // what is Device or not cacheable is Outer Shareable
    gpa_t pa = w.page + (a & (((u64)1 << w.shift) - 1) & ~(PAGE_SIZE - 1));
    s->par = BIT(11) | (pa & mask(51, 12)) | attr << 56 | shareable << 7;
}
