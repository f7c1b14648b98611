// SPDX-License-Identifier: MIT
// The TLB beside a model that has none (arm64_oracle.h): random changes of entries, each followed by a TLBI that the Arm ARM takes for enough
// (D8.14), in all forms there are at EL1; accesses and AT; and whatever takes effect without a TLBI: TTBRn_EL1, ASIDs, PAN, UAO, EL,
// SCTLR_EL1.M. Then every access goes as the tables say now. TLBI, AT and MSR are instructions, in a page that all spaces have.
//   TLB_MODEL_STEPS=N TLB_MODEL_SEED=S test_arm64_tlb_model     a longer run by hand
#include "flavour.h"
#include "arm64_oracle.h"
#include "base/bits.h"
#include "base/le.h"
#include "cpu/access.h"
#include "isa/arm64/cpu.h"
#include "isa/arm64/paging.h"
#include "walk_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SLOWER BY_FLAVOUR(1, 10, 5)

// ---- what is mapped: in the lower half each of three spaces has pages, a block at level 2, and with 4K and 64K one at level 1; in the upper half,
// which all spaces share, there are pages and a block, global or not, and the page with the code
enum part { SMALL, LARGE, HUGE_, SHARED, SHARED_LARGE, PARTS };
enum { SPACES = 3, UPPER = SPACES, PAGES = 32, NEAR = 6, MAGIC = 0x5a5a, OTHER = 4, TABLES_OF_A_SPACE };
enum { CODE = 0x3a0000, DATA = 0x400000 };
static const u16 asids[SPACES] = {1, 2, 0x8103}; // different in 8 bits, too

struct granule {
    unsigned page, tg0, tg1;
    u8 t0sz[3]; // sizes of the lower half: all begin at levels whose first entries lead to the next
};
static const struct granule granules[] = {{12, 0, 2, {25, 16, 16}}, {14, 2, 1, {28, 17, 16}}, {16, 1, 3, {22, 16, 12}}};

struct model {
    struct walk_rig *r;
    struct vclock clock;
    struct state_set state;
    struct env env;
    struct arm64_cpu *c;
    const struct granule *g;
    u64 esr, far;
    bool large;     // blocks, too
    unsigned space; // that TTBR0_EL1 is about
    struct {
        enum part part;
        unsigned page;
    } near[NEAR]; // what accesses and changes are about for a while
    unsigned long long accesses, faults, hits, guarded;
};

static unsigned below(struct model *m, unsigned n) { return walk_below(m->r, n); }
static bool one_in(struct model *m, unsigned n) { return walk_one_in(m->r, n); }

static unsigned low_bit(const struct model *m, unsigned level) { return m->g->page + (3 - level) * (m->g->page - 3); }
static unsigned start_level(const struct model *m, unsigned tsz) {
    unsigned level = 0;
    while (low_bit(m, level) >= 64 - tsz) level++;
    return level;
}
// Index 0 at the levels above 2; at level 2 what `part` says.
static gva_t part_at(const struct model *m, enum part part) {
    static const u8 at[PARTS] = {[SMALL] = 8, [LARGE] = 9, [SHARED] = 8, [SHARED_LARGE] = 9};
    if (part == HUGE_) return (gva_t)2 << low_bit(m, 1);
    return (part >= SHARED ? (gva_t)0xffff << 48 : 0) + ((gva_t)at[part] << low_bit(m, 2));
}
static gva_t code_at(const struct model *m) { return ((gva_t)0xffff << 48) + ((gva_t)10 << low_bit(m, 2)); }

static gpa_t table(unsigned space, unsigned level) { return AT_TABLES + (space * TABLES_OF_A_SPACE + level) * (gpa_t)0x10000; }
static gpa_t leaf_at(const struct model *m, unsigned space, enum part part, unsigned page) {
    if (part >= SHARED) space = UPPER;
    switch (part) {
    case SMALL:
    case SHARED: return table(space, 3) + 8 * page;
    case HUGE_: return table(space, 1) + 8 * 2;
    default: return table(space, 2) + 8 * 9;
    }
}

// ---- instructions

static u32 sys(unsigned op1, unsigned crm, unsigned op2, unsigned crn) {
    return 0xd5080000 | op1 << 16 | crn << 12 | crm << 8 | op2 << 5 | 1;
}
static u32 msr(unsigned reg) { return 0xd5000000 | reg << 5 | 1; }
enum {
    TTBR0 = ARM64_SYSREG(3, 0, 2, 0, 0),
    TTBR1 = ARM64_SYSREG(3, 0, 2, 0, 1),
    TCR = ARM64_SYSREG(3, 0, 2, 0, 2),
    SCTLR = ARM64_SYSREG(3, 0, 1, 0, 0),
    PAN_REG = ARM64_SYSREG(3, 0, 4, 2, 3),
    UAO_REG = ARM64_SYSREG(3, 0, 4, 2, 4),
};

// Executes one instruction at EL1 with X1 = x1; it must not fault.
static void execute(struct model *m, u32 word, u64 x1) {
    struct arm64_cpu *c = m->c;
    u8 el = c->s.el;
    unsigned slot = (word >> 5) % 1021; // a word has a place of its own, mostly, so that its block can stay
    u8 *at = m->r->ram + CODE + 4 * (gpa_t)slot;
    if (ld32(at) != word) {
        bus_will_write(&m->r->bus, CODE + 4 * (gpa_t)slot, 4);
        st32(at, word);
    }
    arm64_select_sp(&c->s, 1, 1);
    arm64_mode_changed(c);
    c->s.x[1] = x1;
    c->s.esr = MAGIC;
    u64 pc = (c->s.sctlr & SCTLR_M ? code_at(m) : CODE) + 4 * slot;
    c->s.pc = pc;
    arm64_run(c, 1);
    if (c->s.esr != MAGIC || (c->s.pc != pc + 4 && c->s.pc != code_at(m) + 4 * slot + 4))
        fail_msg("%08x of %llx has ended at %llx, ESR %llx", word, (unsigned long long)x1, (unsigned long long)c->s.pc,
                 (unsigned long long)c->s.esr);
    arm64_select_sp(&c->s, 1, el);
    arm64_mode_changed(c);
}

static void set_el(struct model *m, unsigned el) {
    arm64_select_sp(&m->c->s, 1, el);
    arm64_mode_changed(m->c);
}

// ---- TLBI

enum form { VMALL, VA, ASID, VAA, VAL = 5, VAAL = 7 }; // op2

static u64 operand_asid(struct model *m, unsigned asid) {
    if (!(m->c->s.tcr & TCR_AS)) asid = (asid & 0xff) | (below(m, 256) << 8);
    return (u64)asid << 48;
}

// `pages` from va's on, or more.
static u64 range_operand(struct model *m, gva_t va, unsigned pages) {
    u64 tg = m->g->page == 12 ? 1 : m->g->page == 14 ? 2 : 3, first = va >> m->g->page, scale = below(m, pages > 32 ? 3 : 2);
    unsigned unit = 2u << 5 * scale, num = below(m, scale > 1 ? 3 : 31), before;
    while ((num + 1) * unit < pages) num++;
    before = below(m, (num + 1) * unit - pages + 1);
    return tg << 46 | scale << 44 | (u64)num << 39 | ((first - before) & mask(36, 0));
}

static void tlbi(struct model *m, enum form form, gva_t va, unsigned pages, unsigned asid) {
    static const u8 domain[3] = {7, 3, 1}, range_domain[3] = {6, 2, 5};
    unsigned to = below(m, 3);
    u64 x = form == VAA || form == VAAL ? (u64)below(m, 0x10000) << 48 : operand_asid(m, asid);
    if (pages > 1 || (form & 1 && one_in(m, 3))) {
        x |= range_operand(m, va, pages);
        execute(m, sys(0, range_domain[to], form, 8), x);
        return;
    }
    if (form & 1) x |= va >> 12 & mask(43, 0);
    execute(m, sys(0, domain[to], form, 8), x);
}

// ---- entries

static bool may_be_kept(u64 e) { return (e & 1) && (e & BIT(10)); }

static u64 random_leaf(struct model *m, enum part part) {
    u64 e = 1 | (part == SMALL || part == SHARED ? 2 : 0) | (one_in(m, 8) ? 0 : BIT(10)) | (part < SHARED ? BIT(11) : 0);
    e |= (u64)below(m, 4) << 8 | (u64)below(m, 4) << 2 | (u64)(one_in(m, 2) ? 1 : below(m, 4)) << 6;
    if (part >= SHARED && one_in(m, 2)) e |= BIT(11);
    if (one_in(m, 3)) e |= (u64)below(m, 4) << 53;
    if (one_in(m, 2)) e |= BIT(50);
    if (one_in(m, 12)) e ^= 1 + below(m, 2);
    if (one_in(m, 20))
        e |= m->g->page == 16 && one_in(m, 2) ? BIT(12) : BIT(36); // nothing there, or too much for the output's size
    if (part == SMALL || part == SHARED) return e | (DATA + ((u64)below(m, 0x400000 >> m->g->page) << m->g->page));
    if (part == HUGE_ || m->g->page > 12) return e | (one_in(m, 10) ? BIT(30) : 0);
    return e | (one_in(m, 2) ? DATA : DATA + 0x200000);
}

// One of the pages that are looked at just now; of a block always the same few pieces, and of a page its ends.
static void look_at(struct model *m, enum part *part, unsigned *page) {
    unsigned i = below(m, NEAR);
    if (one_in(m, 60)) {
        do m->near[i].part = (enum part)below(m, PARTS);
        while (m->near[i].part == HUGE_ && m->g->page == 14);
        if (!m->large) m->near[i].part = one_in(m, 2) ? SMALL : SHARED;
        m->near[i].page = below(m, PAGES);
    }
    *part = m->near[i].part;
    *page = m->near[i].page;
}

static gva_t address(struct model *m, enum part part, unsigned page) {
    gva_t last = one_in(m, 2) ? ((gva_t)1 << m->g->page) - 0x1000 : 0;
    if (part == SMALL || part == SHARED) return part_at(m, part) + ((gva_t)page << m->g->page) + last + 8 * below(m, 512);
    return part_at(m, part) + (part == HUGE_ || m->g->page > 12 ? DATA : 0) + below(m, 3) * 0x40000 + 0x7000 + 8 * below(m, 512);
}

static gva_t some_address(struct model *m) {
    enum part part;
    unsigned page;
    look_at(m, &part, &page);
    return address(m, part, page);
}

// A TLBI that makes one leaf's old entry be forgotten: one by ASID alone, or by address in one space, where it is not everyone's.
static void forget(struct model *m, enum part part, unsigned page, unsigned space, bool was_global) {
    static const u8 of_a_space[] = {VA, VAL, VAA, VAAL, ASID}, of_all[] = {VAA, VAAL}, global[] = {VA, VAL, VAA, VAAL};
    gva_t va = address(m, part, page);
    enum form form = one_in(m, 20)   ? VMALL
                     : part < SHARED ? (enum form)of_a_space[below(m, 5)]
                     : was_global    ? (enum form)global[below(m, 4)]
                                     : (enum form)of_all[below(m, 2)];
    tlbi(m, form, va, 1, asids[space]);
}

static void change_leaf(struct model *m) {
    static const u64 flips[] = {BIT(0), BIT(1), BIT(6), BIT(7), BIT(10), BIT(50), BIT(53), BIT(54)};
    unsigned space = one_in(m, 3) ? below(m, SPACES) : m->space, page;
    enum part part;
    look_at(m, &part, &page);
    gpa_t at = leaf_at(m, space, part, page);
    u64 old = walk_peek(m->r, at, 8);
    walk_poke(m->r, at, one_in(m, 3) ? old ^ flips[below(m, countof(flips))] : random_leaf(m, part), 8);
    if (!may_be_kept(old) && one_in(m, 2)) return; // what faults is not kept (D8.14.1)
    forget(m, part, page, space, !(old & BIT(11)));
}

// The pointer to a space's table of pages goes to another one, or nowhere.
static void change_pointer(struct model *m) {
    unsigned space = below(m, SPACES);
    gpa_t at = table(space, 2) + 8 * 8;
    bool was = walk_peek(m->r, at, 8) & 1;
    walk_poke(m->r, at,
              table(space, one_in(m, 2) ? 3 : OTHER) | (one_in(m, 6) ? 2 : 3) | (one_in(m, 3) ? (u64)below(m, 16) << 59 : 0), 8);
    if (!was && one_in(m, 2)) return;
    switch (below(m, 4)) {
    case 0: tlbi(m, VMALL, 0, 0, 0); break;
    case 1: tlbi(m, ASID, 0, 0, asids[space]); break;
    default: tlbi(m, one_in(m, 2) ? VA : VAA, part_at(m, SMALL), PAGES, asids[space]); break;
    }
}

static void fill_tables(struct model *m) {
    for (unsigned s = 0; s <= SPACES; s++) {
        for (unsigned level = 0; level < 2; level++) walk_poke(m->r, table(s, level), table(s, level + 1) | 3, 8);
        walk_poke(m->r, table(s, 2) + 8 * 8, table(s, 3) | 3, 8);
        for (enum part part = s == UPPER ? SHARED : SMALL; part <= (s == UPPER ? SHARED_LARGE : HUGE_); part++)
            for (unsigned page = 0; page < PAGES; page++) walk_poke(m->r, leaf_at(m, s, part, page), random_leaf(m, part), 8);
        for (unsigned page = 0; page < PAGES; page++) walk_poke(m->r, table(s, OTHER) + 8 * page, random_leaf(m, SMALL), 8);
    }
    walk_poke(m->r, table(UPPER, 2) + 8 * 10, table(UPPER, OTHER) | 3, 8);
    walk_poke(m->r, table(UPPER, OTHER), CODE | BIT(10) | BIT(7) | BIT(54) | 3, 8); // for EL1 alone, not to be written
}

// ---- registers

// The ASID is that of the TTBR that TCR_EL1.A1 chooses; the other's does not count.
static void ttbrs(struct model *m) {
    u64 junk = (u64)below(m, 0x10000) << 48, asid = operand_asid(m, asids[m->space]);
    bool a1 = m->c->s.tcr & TCR_A1;
    execute(m, msr(TTBR0), table(m->space, start_level(m, (unsigned)m->c->s.tcr & 63)) | (a1 ? junk : asid));
    execute(m, msr(TTBR1), table(UPPER, start_level(m, 16)) | (a1 ? asid : junk));
}

static void another_space(struct model *m) {
    m->space = below(m, SPACES);
    ttbrs(m);
}

// Which TTBR has the ASID is no matter of translations.
static void another_ttbr_has_it(struct model *m) {
    execute(m, msr(TCR), m->c->s.tcr ^ TCR_A1);
    ttbrs(m);
}

// All else in TCR_EL1 may be kept with them.
static void tcr(struct model *m) {
    u64 now = m->g->t0sz[below(m, 3)] | 16 << 16 | m->g->tg0 << 14 | (u64)m->g->tg1 << 30 |
              (u64)(one_in(m, 3) ? 0 : 5 + below(m, 2)) << 32;
    if (one_in(m, 8)) now |= TCR_EPD0;
    if (one_in(m, 4)) now |= one_in(m, 2) ? TCR_E0PD0 : TCR_E0PD1;
    now |= walk_rnd(m->r) & (TCR_A1 | TCR_AS | TCR_TBI0 | TCR_TBI1 | TCR_HPD0 | TCR_HPD1);
    execute(m, msr(TCR), now);
    ttbrs(m);
    tlbi(m, VMALL, 0, 0, 0);
}

static void sctlr(struct model *m) {
    u64 v = m->c->s.sctlr ^ (one_in(m, 2) ? SCTLR_M : SCTLR_WXN);
    bool wxn = (m->c->s.sctlr ^ v) & SCTLR_WXN;
    if (v & SCTLR_WXN && !wxn && one_in(m, 2)) v &= ~SCTLR_WXN, wxn = true;
    execute(m, msr(SCTLR), v);
    if (wxn) tlbi(m, VMALL, 0, 0, 0);
}

static void pan_or_uao(struct model *m) { execute(m, msr(one_in(m, 3) ? UAO_REG : PAN_REG), walk_rnd(m->r)); }

// ---- accesses

static u64 load(void *ctx, u64 at) { return walk_peek(((struct model *)ctx)->r, at, 8); }
static bool reaches(void *ctx, u64 at) { return walk_host(((struct model *)ctx)->r, at, 8); }

static struct a64_oracle oracle(struct model *m, unsigned el, bool pan) {
    const struct arm64_state *s = &m->c->s;
    return (struct a64_oracle){.ttbr0 = s->ttbr0,
                               .ttbr1 = s->ttbr1,
                               .tcr = s->tcr,
                               .el = el,
                               .pan = pan,
                               .wxn = s->sctlr & SCTLR_WXN,
                               .hpds = true,
                               .e0pd = true,
                               .bti = true,
                               .pa_bits = 52,
                               .lva = true,
                               .load = load,
                               .reaches = reaches,
                               .ctx = m};
}

static gva_t without_tag(const struct model *m, gva_t va) {
    bool upper = va >> 55 & 1;
    if (!(m->c->s.tcr & (upper ? TCR_TBI1 : TCR_TBI0))) return va;
    return upper ? va | mask(63, 56) : va & mask(55, 0);
}

// An unprivileged load or store (LDTR, STTR) goes by another key than plain ones do.
static bool do_access(struct model *m, gva_t va, enum a64_kind kind, bool unprivileged, gpa_t *pa, gpa_t expected,
                      bool *guarded) {
    struct arm64_cpu *c = m->c;
    struct vcpu *v = &c->v;
    u64 key = unprivileged ? c->user_key : c->tlb_key, value = MAGIC;
    void *trap[5];
    jmp_buf unused;
    (void)setjmp(unused);
    c->jump_out = trap;
    c->cur = NULL;
    if (__builtin_setjmp(trap)) {
        m->esr = c->exc.esr, m->far = c->exc.far;
        return true;
    }
    if (kind == A64_FETCH) {
        const u8 *host = vcpu_fetch(v, va);
        *pa = host ? (gpa_t)(host - m->r->ram) : AT_NOTHING;
        *guarded = vcpu_guarded(v, without_tag(m, va), c->fetch_key);
        return false;
    }
    u8 *hit = unprivileged ? NULL : kind == A64_READ ? vcpu_tlb_read(v, va, 8) : vcpu_tlb_write(v, va, 8);
    m->hits += hit != NULL;
    if (kind == A64_READ) {
        if (hit) value = ld64(hit);
        else vcpu_read(v, 0, va, &value, 8, key);
        *pa = value;
        return false;
    }
    if (hit) st64(hit, value);
    else vcpu_write(v, 0, va, &value, 8, key);
    *pa = AT_NOTHING;
    if (expected < AT_RAM_END && walk_peek(m->r, expected, 8) == MAGIC) {
        *pa = expected;
        walk_poke(m->r, expected, expected, 8);
    }
    return false;
}

static u64 syndrome(unsigned el, enum a64_kind kind, int status) {
    u64 ec = kind == A64_FETCH ? EC_FETCH_LOWER : EC_DATA_LOWER;
    return (ec + el) << 26 | ESR_IL | (u64)status | (kind == A64_WRITE ? ISS_WNR : 0);
}

static void access(struct model *m) {
    const struct arm64_state *s = &m->c->s;
    enum a64_kind kind = (enum a64_kind)below(m, 3);
    bool unprivileged = kind != A64_FETCH && one_in(m, 6);
    struct a64_oracle o = oracle(m, unprivileged && !s->uao ? 0 : s->el, s->pan);
    gva_t va = some_address(m);
    struct a64_verdict v = {.status = -1};
    if (!(s->sctlr & SCTLR_M)) {
        v.pa = va = one_in(m, 20) ? AT_NOTHING : DATA + 8 * (u64)below(m, 0x80000);
    } else {
        if (one_in(m, 50)) va ^= BIT(below(m, 24) + 40);
        if (one_in(m, 4)) va ^= (u64)below(m, 256) << 56;
        v = a64_access(&o, without_tag(m, va), kind);
    }
    if (v.status < 0 && v.pa >= AT_RAM_END) v.status = FSC_EXTERNAL;
    gpa_t pa = 0;
    bool guarded = v.guarded, trapped = do_access(m, va, kind, unprivileged, &pa, v.pa, &guarded);
    bool right = trapped == (v.status >= 0);
    // The PC has no tag; for data it is told (D8.9).
    if (right && trapped)
        right = m->esr == syndrome(s->el, kind, v.status) && m->far == (kind == A64_FETCH ? without_tag(m, va) : va);
    else if (right) right = pa == v.pa && guarded == v.guarded;
    m->guarded += kind == A64_FETCH && guarded && !trapped;
    // nothing_at is asked by who builds blocks
    if (kind == A64_FETCH && v.status == FSC_EXTERNAL && !trapped) right = pa == AT_NOTHING;
    m->accesses++;
    m->faults += v.status >= 0;
    if (right) return;
    fail_msg(
        "access %llu, kind %u, %llx at EL%u%s, TTBR0 %llx TTBR1 %llx TCR %llx: should be status %x pa %llx, is ESR %llx FAR %llx pa %llx",
        m->accesses, kind, (unsigned long long)va, s->el, unprivileged ? " unprivileged" : "", (unsigned long long)s->ttbr0,
        (unsigned long long)s->ttbr1, (unsigned long long)s->tcr, (unsigned)v.status, (unsigned long long)v.pa,
        trapped ? (unsigned long long)m->esr : 0, (unsigned long long)m->far, (unsigned long long)pa);
}

// AT S1E1R, S1E1W, S1E0R, S1E0W, S1E1RP, S1E1WP: PAR_EL1 as D24 has it.
static void at(struct model *m) {
    static const u8 mair[4] = {0x00, 0x44, 0xff, 0xbb};
    unsigned which = below(m, 6);
    bool el0 = which == 2 || which == 3, write = which & 1;
    gva_t va = some_address(m);
    if (!(m->c->s.sctlr & SCTLR_M)) return;
    m->c->s.mair = ld32(mair);
    struct a64_oracle o = oracle(m, !el0, which > 3 && m->c->s.pan);
    struct a64_verdict v = a64_access(&o, va, write ? A64_WRITE : A64_READ);
    execute(m, sys(0, which > 3 ? 9 : 8, which & 3, 7), va);
    u64 want = BIT(11) | 1 | (u64)(u32)v.status << 1;
    if (v.status < 0) {
        u64 d = load(m, v.at[v.entries - 1]);
        unsigned attr = mair[d >> 2 & 3], sh = (unsigned)(d >> 8 & 3);
        want = BIT(11) | (u64)attr << 56 | (v.pa & mask(51, 12)) | (u64)(attr < 0x10 || attr == 0x44 ? 2 : sh) << 7;
    }
    m->accesses++;
    m->faults += v.status >= 0;
    if (m->c->s.par != want)
        fail_msg("AT %u of %llx: PAR_EL1 is %llx, should be %llx", which, (unsigned long long)va, (unsigned long long)m->c->s.par,
                 (unsigned long long)want);
}

static void step(struct model *m) {
    static const u8 any[] = {VA, ASID, VAA, VAL, VAAL, VMALL};
    unsigned n = below(m, 200);
    if (n < 12) change_leaf(m);
    else if (n < 14) change_pointer(m);
    else if (n < 18) another_space(m);
    else if (n < 30) set_el(m, below(m, 2));
    else if (n < 36) pan_or_uao(m);
    else if (n == 39) another_ttbr_has_it(m);
    else if (n == 40 && one_in(m, 4)) tcr(m);
    else if (n == 41 && one_in(m, 4)) sctlr(m);
    else if (n == 42) tlbi(m, (enum form)any[below(m, 5 + one_in(m, 10))], some_address(m), 1, asids[below(m, SPACES)]);
    else if (n < 50) at(m);
    else access(m);
}

static u64 number(const char *name, u64 otherwise) { return getenv(name) ? strtoull(getenv(name), NULL, 0) : otherwise; }

static void run(const struct granule *g, bool large) {
    struct model m = {.r = walk_rig_new(), .g = g, .large = large};
    m.r->seed = number("TLB_MODEL_SEED", 1);
    m.env = (struct env){.plat = &m.r->plat.plat, .clock = &m.clock, .state = &m.state};
    bus_track_pages(&m.r->bus, &m.env);
    m.c = arm64_create(&m.env, &m.r->bus, arm64_model_find("max"));
    for (gpa_t at = DATA; at < AT_RAM_END; at += 8) walk_poke(m.r, at, at, 8);
    fill_tables(&m);
    tcr(&m);
    tlbi(&m, VMALL, 0, 0, 0);
    execute(&m, msr(SCTLR), m.c->s.sctlr | SCTLR_M);
    for (u64 left = number("TLB_MODEL_STEPS", 300000 / SLOWER); left; left--) step(&m);
    print_message("%u KiB: %llu accesses, %llu faults, %llu loads and stores by a TLB hit\n", 1u << (g->page - 10), m.accesses,
                  m.faults, m.hits);
    assert_true(m.guarded > m.accesses / 200);
    assert_true(m.faults > m.accesses / 10 && m.faults < m.accesses * 2 / 3 && (SLOWER > 1 || m.hits > m.accesses / 100));
    env_free_all(&m.env);
    walk_rig_free(m.r);
}

// A TLBI of an address forgets all that is near where large pages are, and all of it where they are larger still.
static void pages_of_4k(void **state) { run(&granules[0], false); }
static void pages_of_16k(void **state) { run(&granules[1], false); }
static void pages_of_64k(void **state) { run(&granules[2], false); }
static void blocks_too(void **state) {
    for (unsigned i = 0; i < countof(granules); i++) run(&granules[i], true);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pages_of_4k),
        cmocka_unit_test(pages_of_16k),
        cmocka_unit_test(pages_of_64k),
        cmocka_unit_test(blocks_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
