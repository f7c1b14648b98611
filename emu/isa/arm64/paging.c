// SPDX-License-Identifier: MIT
#include "isa/arm64/paging.h"

#include "isa/arm64/regs.h"

// A descriptor (D8.3):
//
//   63  62..61  60       59       58..55 54  53  52   51  50  47..12  11 10 9..8 7..6 5  4..2     1..0
//   NS  APTable UXNTable PXNTable -      UXN PXN Cont DBM GP  address nG AF SH   AP   NS AttrIndx 0: invalid; 1: block; 3: table, page
//
// The bits 63..59 count in tables, 54..50 and 11..2 in blocks and pages. Where a processor has addresses of 52 bits, bits 51..48 of those
// that entries of 64K pages have are in 15..12.
#define D_VALID BIT(0)
#define D_TABLE BIT(1)
#define D_EL0 BIT(6) // AP[1]: EL0 may, too
#define D_RO BIT(7)  // AP[2]
#define D_AF BIT(10)
#define D_NG BIT(11)
#define D_GP BIT(50)
#define D_PXN BIT(53)
#define D_UXN BIT(54)
#define D_PXN_TABLE BIT(59)
#define D_UXN_TABLE BIT(60)
#define D_NO_EL0_TABLE BIT(61)
#define D_RO_TABLE BIT(62)

// walk.control: the page's bits, the output's bits, and what changes rights.
enum { CTL_PAGE = 0, CTL_OUT = 8, CTL_HPD = 16, CTL_PAN = 17, CTL_WXN = 18, CTL_BTI = 19, CTL_LPA = 20 };

// low: the address's lowest bit.
static struct pte_view address_of(u64 d, unsigned low, u64 control) {
    gpa_t address = (d & mask(47, low)) | (control >> CTL_LPA & 1 ? bits(d, 15, 12) << 48 : 0);
    bool wide = address >> (control >> CTL_OUT & 63);
    return (struct pte_view){.fault = wide ? WALK_ADDRESS_SIZE : WALK_OK, .address = address};
}

static struct pte_view decode_table(u64 d, u64 control) {
    unsigned page = control & 63;
    struct pte_view v = address_of(d, page, control);
    v.perm = PERM_ALL;
    if (control >> CTL_HPD & 1) return v;
    if (d & D_RO_TABLE) v.perm &= (u8)~PERM_W;
    if (d & D_NO_EL0_TABLE) v.perm &= (u8)~PERM_U;
    if (d & D_PXN_TABLE) v.perm &= (u8)~PERM_X;
    if (d & D_UXN_TABLE) v.perm &= (u8)~PERM_UX;
    return v;
}

static struct pte_view decode_leaf(u64 d, unsigned shift, u64 control) {
    struct pte_view v = address_of(d, shift, control);
    v.leaf = true;
    v.global = !(d & D_NG);
    v.perm =
        (u8)(PERM_R | (d & D_RO ? 0 : PERM_W) | (d & D_EL0 ? PERM_U : 0) | (d & D_PXN ? 0 : PERM_X) | (d & D_UXN ? 0 : PERM_UX));
    v.attr = (u8)(bits(d, 4, 2) | bits(d, 9, 8) << 3); // AttrIndx, SH
    if (d & D_GP && control >> CTL_BTI & 1) v.attr |= ATTR_GUARDED;
    return v;
}

// Blocks are at level 2; of 4K, and of 64K with addresses of 52 bits, also at level 1.
static bool is_block_level(unsigned shift, u64 control) {
    unsigned page = control & 63, per_level = page - 3, level2 = page + per_level;
    return shift == level2 || (shift == level2 + per_level && (page == 12 || control >> CTL_LPA & 1));
}

static struct pte_view decode(u64 d, unsigned shift, u64 control) {
    unsigned page = control & 63;
    if (!(d & D_VALID)) return (struct pte_view){.fault = WALK_NOT_PRESENT};
    if (d & D_TABLE) return shift == page ? decode_leaf(d, shift, control) : decode_table(d, control);
    if (!is_block_level(shift, control)) return (struct pte_view){.fault = WALK_NOT_PRESENT};
    return decode_leaf(d, shift, control);
}

// D8.4: what EL0 can write EL1 does not execute; with WXN nobody executes what they can write; PAN closes EL0's pages to EL1's data.
static bool permit(const struct walk *w, enum mmu_access access) {
    bool el0_can = w->perm & PERM_U, can_write = w->perm & PERM_W;
    bool wxn = w->control >> CTL_WXN & 1, pan = w->control >> CTL_PAN & 1;
    if (w->user) {
        if (access == MMU_EXEC) return w->perm & PERM_UX && !(wxn && can_write && el0_can);
        return el0_can && (access == MMU_READ || can_write);
    }
    if (access == MMU_EXEC) return w->perm & PERM_X && !(can_write && (el0_can || wxn));
    return !(pan && el0_can) && (access == MMU_READ || can_write);
}

// ---- TCR_EL1

static unsigned page_bits(unsigned tg, bool half1) {
    static const u8 of_tg0[4] = {12, 16, 14, 12}, of_tg1[4] = {12, 14, 12, 16};
    return half1 ? of_tg1[tg] : of_tg0[tg];
}

// The lookups of a walk from the highest bit down to the page: each but the first of page - 3 bits.
static void make_levels(struct arm64_half *h) {
    unsigned per_level = h->page_bits - 3u, top = h->va_bits;
    unsigned levels = (top - h->page_bits + per_level - 1) / per_level;
    h->start = (u8)(4 - levels);
    h->format.levels = levels;
    for (unsigned i = 0; i < levels; i++) {
        unsigned shift = h->page_bits + (levels - 1 - i) * per_level;
        h->format.level[i].shift = (u8)shift;
        h->format.level[i].bits = (u8)((i ? h->format.level[i - 1].shift : top) - shift);
    }
}

static unsigned clamp(unsigned v, unsigned low, unsigned high) { return v < low ? low : v > high ? high : v; }

// TCR_EL1.IPS. 7 is reserved, and taken for 6.
static unsigned out_bits(u64 tcr, unsigned page, const struct arm64_model *m) {
    static const u8 of_ips[8] = {32, 36, 40, 42, 44, 48, 52, 52};
    unsigned out = of_ips[tcr >> TCR_IPS & 7], most = page == 16 || m->pa_bits < 48 ? m->pa_bits : 48;
    return out < most ? out : most;
}

static void make_half(struct arm64_half *h, u64 tcr, bool half1, const struct arm64_model *m) {
    unsigned size = (unsigned)(tcr >> (half1 ? TCR_T1SZ : TCR_T0SZ) & 63);
    *h = (struct arm64_half){
        .format =
            {.name = "VMSAv8-64", .entry_bytes = 8, .accessed = D_AF, .table_faults = true, .decode = decode, .permit = permit},
        .page_bits = (u8)page_bits(tcr >> (half1 ? TCR_TG1 : TCR_TG0) & 3, half1),
        .disabled = tcr & (half1 ? TCR_EPD1 : TCR_EPD0),
        .tbi = tcr & (half1 ? TCR_TBI1 : TCR_TBI0),
    };
    bool is_64k = h->page_bits == 16;
    h->out_bits = (u8)out_bits(tcr, h->page_bits, m);
    h->va_bits = (u8)(64 - clamp(size, is_64k && arm64_has(m, FEAT_LVA) ? 12 : 16, 39));
    h->disabled_el0 = arm64_has(m, FEAT_E0PD) && tcr & (half1 ? TCR_E0PD1 : TCR_E0PD0);
    h->code_tbi = h->tbi && !(arm64_has(m, FEAT_PAUTH) && tcr & (half1 ? TCR_TBID1 : TCR_TBID0));
    bool hpd = arm64_has(m, FEAT_HPDS) && tcr & (half1 ? TCR_HPD1 : TCR_HPD0);
    h->control = h->page_bits | (u64)h->out_bits << CTL_OUT | (u64)hpd << CTL_HPD | (u64)arm64_has(m, FEAT_BTI) << CTL_BTI |
                 (u64)(is_64k && arm64_has(m, FEAT_LPA)) << CTL_LPA;
    make_levels(h);
}

void arm64_tables_make(struct arm64_tables *t, u64 tcr, const struct arm64_model *model) {
    for (unsigned i = 0; i < 2; i++) make_half(&t->half[i], tcr, i, model);
}

// ---- walks

static const struct arm64_half *half_of(const struct arm64_tables *t, gva_t a) { return &t->half[a >> 55 & 1]; }

gva_t arm64_top_byte(const struct arm64_tables *t, gva_t a) { return half_of(t, a)->tbi ? (gva_t)sext(a, 56) : a; }

gva_t arm64_code_address(const struct arm64_tables *t, gva_t a) { return half_of(t, a)->code_tbi ? (gva_t)sext(a, 56) : a; }

static int no_walk(struct walk *w, enum walk_fault fault) {
    w->fault = fault;
    w->level = 0;
    return -1;
}

// The table is aligned to its size, or to 64 bytes if that is more. Where outputs have 52 bits, bits 51..48 are in 5..2.
static gpa_t root_of(const struct arm64_half *h, u64 ttbr) {
    unsigned size = h->format.level[0].bits + 3u;
    return (ttbr & mask(47, size < 6 ? 6 : size)) | (h->out_bits == 52 ? bits(ttbr, 5, 2) << 48 : 0);
}

// It is in neither half, or in one that is not walked.
static bool is_nowhere(const struct arm64_half *h, gva_t a, bool el0) {
    return (gva_t)(a >> 55 & 1 ? ~a : a) >> h->va_bits || h->disabled || (h->disabled_el0 && el0);
}

int arm64_walk_init(const struct arm64_translation *t, struct walk *w, gva_t a) {
    const struct arm64_half *h = half_of(t->tables, a);
    unsigned which = a >> 55 & 1;
    *w = (struct walk){
        .format = &h->format,
        .root = root_of(h, t->ttbr[which]),
        .control = h->control | (u64)t->pan << CTL_PAN | (u64)t->wxn << CTL_WXN,
        .user = t->el0,
        .flags_by_software = true,
    };
    if (is_nowhere(h, a, t->el0)) return no_walk(w, WALK_NON_CANONICAL);
    if (w->root >> h->out_bits) return no_walk(w, WALK_ADDRESS_SIZE);
    return 0;
}

int arm64_walk_off(struct walk *w, gva_t a, const struct arm64_model *model) {
    *w = (struct walk){.perm = PERM_ALL};
    return a >> model->pa_bits ? no_walk(w, WALK_ADDRESS_SIZE) : 1;
}

// Where no walk was begun the level is 0 (AArch64.S1Walk).
unsigned arm64_walk_status(const struct arm64_tables *t, const struct walk *w, gva_t a) {
    const struct arm64_half *h = half_of(t, a);
    bool begun = w->format && !is_nowhere(h, a, w->user) && !(w->root >> h->out_bits);
    unsigned level = begun ? h->start + w->level : 0u;
    switch (w->fault) {
    case WALK_ADDRESS_SIZE: return FSC_ADDRESS_SIZE + level;
    case WALK_FLAG_CLEAR: return FSC_ACCESS_FLAG + level;
    case WALK_DENIED: return FSC_PERMISSION + level;
    case WALK_TABLE: return FSC_EXTERNAL_WALK + level;
    default: return FSC_TRANSLATION + level;
    }
}
