// SPDX-License-Identifier: MIT
// The hart's TLB beside a model that has none (riscv_oracle.h): random changes of entries, each followed by an SFENCE.VMA that the
// privileged specification takes for enough; accesses; and whatever takes effect without a fence: satp, SUM, MXR, MPRV, modes, PMP. Then every
// access goes as the tables say now.
//   TLB_MODEL_STEPS=N TLB_MODEL_SEED=S test_riscv_tlb_model     a longer run by hand
#include "flavour.h"
#include "base/bits.h"
#include "base/le.h"
#include "cpu/access.h"
#include "isa/riscv64/paging.h"
#include "isa/riscv64/sys.h"
#include "riscv_oracle.h"
#include "walk_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SLOWER BY_FLAVOUR(1, 10, 5)

enum { V = 1, R = 2, W = 4, X = 8, U = 16, G = 32, A = 64, D = 128 };
#define N BIT(63)

// ---- what is mapped: in each of three spaces 4 KiB pages of its own (the first 16 may be 64 KiB ones), a 2 MiB and a 1 GiB page, and
// 4 KiB pages that all spaces share, global by the pointer to their table
enum { SPACES = 3, PAGES = 32, NEAR = 6, MAGIC = 0x5a5a };
enum part { SMALL, LARGE, HUGE_, SHARED, PARTS };
static const u16 asids[SPACES] = {1, 2, 0x8001};
static const gva_t part_at[PARTS] = {[SMALL] = 0x70000000, [LARGE] = 0x70200000, [SHARED] = 0x70400000, [HUGE_] = 0x80400000};

// Sv57's and Sv48's upper tables lead to the Sv39 one through their first entry, so that all three modes say the same.
enum place { TOP57, TOP48, TOP39, MIDDLE, LAST, OTHER, PLACES };
static gpa_t table(unsigned space, unsigned place) { return AT_TABLES + space * 0x10000 + place * 0x1000; }
enum { SHARED_TABLE = AT_TABLES + SPACES * 0x10000, DATA = 0x400000 };

struct model {
    struct walk_rig *r;
    struct vclock clock;
    struct state_set state;
    struct env env;
    struct rv_cpu *c;
    struct {
        u64 cause, tval;
    } trap;
    bool large;     // pages of more than 4 KiB, too
    unsigned space; // that satp is about
    struct {
        enum part part;
        unsigned page;
    } near[NEAR]; // what accesses and changes are about for a while
    unsigned long long accesses, faults, hits, others;
};

static unsigned below(struct model *m, unsigned n) { return walk_below(m->r, n); }
static bool one_in(struct model *m, unsigned n) { return walk_one_in(m->r, n); }

#define TRAPS(m, call)                                                                                                           \
    ({                                                                                                                           \
        void *trap_[5];                                                                                                          \
        jmp_buf unused_;                                                                                                         \
        bool trapped_;                                                                                                           \
        (void)setjmp(unused_);                                                                                                   \
        (m)->c->jump_out = trap_;                                                                                                \
        (m)->c->cur = NULL;                                                                                                      \
        if (__builtin_setjmp(trap_)) {                                                                                           \
            (m)->trap.cause = (m)->c->exc.cause, (m)->trap.tval = (m)->c->exc.tval;                                              \
            trapped_ = true;                                                                                                     \
        } else {                                                                                                                 \
            call;                                                                                                                \
            trapped_ = false;                                                                                                    \
        }                                                                                                                        \
        trapped_;                                                                                                                \
    })

// ---- registers, by the instructions' own functions

static void mode(struct model *m, u8 priv) {
    m->c->s.priv = priv;
    rv_mode_changed(m->c);
}

static void csr(struct model *m, unsigned number, u64 value) {
    u8 priv = m->c->s.priv;
    u64 old;
    mode(m, RV_M);
    assert_int_not_equal(rv_csr(m->c, number, RV_CSR_WRITE, value, &old), RV_CSR_ILLEGAL);
    mode(m, priv);
}

static void satp(struct model *m) {
    static const u8 top[] = {TOP39, TOP48, TOP57};
    unsigned mode = one_in(m, 6) ? 0 : 8 + below(m, 3);
    m->space = below(m, SPACES);
    csr(m, 0x180, (u64)mode << 60 | (u64)asids[m->space] << 44 | (mode ? table(m->space, top[mode - 8]) >> 12 : 0));
}

// SUM, MXR, MPRV and MPP.
static void status(struct model *m) {
    u64 mpp = "\0\1\3"[below(m, 3)], old = m->c->s.mstatus;
    u64 v = (old & ~(MSTATUS_SUM | MSTATUS_MXR | MSTATUS_MPRV | MSTATUS_MPP)) | mpp << MSTATUS_MPP_SHIFT;
    v |= (walk_rnd(m->r) & (MSTATUS_SUM | MSTATUS_MXR | MSTATUS_MPRV));
    csr(m, 0x300, v);
}

static void environment(struct model *m) { csr(m, 0x30a, walk_rnd(m->r) & (MENVCFG_ADUE | MENVCFG_PBMTE)); }

// ---- SFENCE.VMA

enum { FENCE_ALL, FENCE_SPACE, FENCE_ADDRESS, FENCE_BOTH };

static void fence(struct model *m, unsigned form, gva_t at, u64 asid) {
    u8 priv = m->c->s.priv;
    if (priv == RV_U) mode(m, one_in(m, 2) ? RV_S : RV_M);
    assert_true(rv_fence_vma(m->c, form & FENCE_ADDRESS ? &at : NULL, form & FENCE_SPACE ? &asid : NULL));
    mode(m, priv);
}

// ---- entries

static u64 random_leaf(struct model *m, enum part part) {
    static const u8 rwx[] = {R, R | W, X, R | X};
    u64 e = V | (one_in(m, 3) ? rwx[below(m, 4)] : R | W | X) | (one_in(m, 3) ? U : 0) | (one_in(m, 8) ? 0 : A) |
            (one_in(m, 6) ? 0 : D);
    if (one_in(m, 12)) e ^= BIT(below(m, 5) & ~3u); // not valid, or another U
    if (one_in(m, 6)) e |= (u64)below(m, 4) << 61;
    switch (part) {
    case HUGE_: return e | (one_in(m, 8) ? (u64)1 << 28 : 0); // the second GiB is not there
    case LARGE: return e | (u64)(one_in(m, 2) ? DATA : DATA + 0x200000) >> 2 | (one_in(m, 10) ? 1 << 10 : 0);
    default: break;
    }
    if (one_in(m, 20)) return e | AT_NOTHING >> 2;
    if (part == SMALL && m->large && one_in(m, 4)) return e | N | (u64)(DATA + below(m, 64) * 0x10000) >> 2 | 8 << 10;
    return e | (u64)(DATA + below(m, 1024) * 0x1000) >> 2;
}

static gpa_t leaf_at(unsigned space, enum part part, unsigned page) {
    switch (part) {
    case SMALL: return table(space, LAST) + 8 * page;
    case LARGE: return table(space, MIDDLE) + 8 * 0x181;
    case SHARED: return SHARED_TABLE + 8 * page;
    default: return table(space, TOP39) + 8 * 2;
    }
}

// One of the pages that are looked at just now; of a large page always the same few pieces.
static void look_at(struct model *m, enum part *part, unsigned *page) {
    unsigned i = below(m, NEAR);
    if (one_in(m, 60)) {
        m->near[i].part = (enum part)below(m, PARTS);
        if (!m->large) m->near[i].part = one_in(m, 2) ? SMALL : SHARED;
        m->near[i].page = below(m, PAGES);
    }
    *part = m->near[i].part;
    *page = m->near[i].page;
}

static gva_t address(struct model *m, enum part part, unsigned page) {
    if (part == LARGE || part == HUGE_) page = below(m, 3) * 0x40 + 7;
    return part_at[part] + (u64)page * 0x1000 + 8 * below(m, 512);
}

static gva_t some_address(struct model *m) {
    enum part part;
    unsigned page;
    look_at(m, &part, &page);
    return address(m, part, page);
}

// Entry 15 opens everything; those before it cut pieces out of pages that are looked at, or of tables.
static void protection(struct model *m) {
    enum part part;
    unsigned page, i = below(m, 4);
    look_at(m, &part, &page);
    gpa_t at = bits(walk_peek(m->r, leaf_at(m->space, part, page), 8), 53, 10) << 12;
    if (one_in(m, 6)) at = AT_TABLES + (u64)below(m, 0x31000);
    at += 8 * below(m, 512);
    u64 cfg = one_in(m, 3) ? 0 : 0x18 | below(m, 8);
    if (one_in(m, 4)) cfg ^= 8; // NA4
    csr(m, 0x3b0 + i, at >> 2 | mask(below(m, 12), 0));
    csr(m, 0x3a0, cfg << 8 * i);
}

static void change_leaf(struct model *m) {
    unsigned space = one_in(m, 3) ? below(m, SPACES) : m->space, page;
    enum part part;
    look_at(m, &part, &page);
    gpa_t at = leaf_at(space, part, page);
    static const u8 flips[] = {V, U, A, D, A | D, X};
    walk_poke(m->r, at, one_in(m, 3) ? walk_peek(m->r, at, 8) ^ flips[below(m, countof(flips))] : random_leaf(m, part), 8);
    unsigned form = one_in(m, 20) ? FENCE_ALL : 1 + below(m, 3);
    if (part == SHARED) form &= FENCE_ADDRESS; // a global mapping: rs2 is x0
    gva_t va = address(m, part, page);
    fence(m, form, va, asids[space] | (walk_rnd(m->r) & ~mask(15, 0))); // ASID's upper bits are ignored
}

// The pointer to the 4 KiB pages' table goes to another one, or nowhere.
static void change_pointer(struct model *m) {
    unsigned space = below(m, SPACES);
    u64 e = table(space, one_in(m, 2) ? LAST : OTHER) >> 2 | (one_in(m, 6) ? 0 : V);
    walk_poke(m->r, table(space, MIDDLE) + 8 * 0x180, e, 8);
    fence(m, one_in(m, 8) ? FENCE_ALL : FENCE_SPACE, 0, asids[space]);
}

static void fill_tables(struct model *m) {
    for (unsigned s = 0; s < SPACES; s++) {
        walk_poke(m->r, table(s, TOP57), table(s, TOP48) >> 2 | V, 8);
        walk_poke(m->r, table(s, TOP48), table(s, TOP39) >> 2 | V, 8);
        walk_poke(m->r, table(s, TOP39) + 8, table(s, MIDDLE) >> 2 | V, 8);
        walk_poke(m->r, table(s, MIDDLE) + 8 * 0x180, table(s, LAST) >> 2 | V, 8);
        walk_poke(m->r, table(s, MIDDLE) + 8 * 0x182, SHARED_TABLE >> 2 | V | G, 8);
        for (unsigned part = 0; part < PARTS; part++)
            for (unsigned page = 0; page < PAGES; page++)
                walk_poke(m->r, leaf_at(s, (enum part)part, page), random_leaf(m, (enum part)part), 8);
        for (unsigned page = 0; page < PAGES; page++) walk_poke(m->r, table(s, OTHER) + 8 * page, random_leaf(m, SMALL), 8);
    }
}

// ---- accesses

static u64 load(void *ctx, u64 at) { return walk_peek(((struct model *)ctx)->r, at, 8); }

static bool pmp_allows(const struct model *m, u64 at, unsigned size, enum rv_kind kind, unsigned priv) {
    int entry;
    return rv_oracle_pmp(m->c->s.pmp.cfg, m->c->s.pmp.addr, at, size, kind, priv, &entry);
}

static bool allowed(void *ctx, u64 at, bool write) {
    const struct model *m = ctx;
    return (write ? at < AT_RAM_END : walk_host(m->r, at, 8) != NULL) && pmp_allows(m, at, 8, write ? RV_STORE : RV_LOAD, 1);
}

static bool do_access(struct model *m, gva_t va, enum rv_kind kind, gpa_t *pa, gpa_t expected) {
    struct vcpu *v = &m->c->v;
    const u8 *volatile host = NULL;
    u64 value = MAGIC;
    bool trapped;
    if (kind == RV_FETCH) {
        trapped = TRAPS(m, host = vcpu_fetch(v, va));
        *pa = host ? (gpa_t)(host - m->r->ram) : AT_NOTHING;
        return trapped;
    }
    u8 *hit = kind == RV_LOAD ? vcpu_tlb_read(v, va, 8) : vcpu_tlb_write(v, va, 8);
    m->hits += hit != NULL;
    if (kind == RV_LOAD) {
        if (hit) value = ld64(hit);
        trapped = !hit && TRAPS(m, vcpu_read(v, 0, va, &value, 8, m->c->tlb_key));
        *pa = value;
        return trapped;
    }
    if (hit) st64(hit, value);
    trapped = !hit && TRAPS(m, vcpu_write(v, 0, va, &value, 8, m->c->tlb_key));
    *pa = AT_NOTHING;
    if (expected < AT_RAM_END && walk_peek(m->r, expected, 8) == MAGIC) {
        *pa = expected;
        walk_poke(m->r, expected, expected, 8);
    }
    return trapped;
}

// What the access must do, by the tables of one space.
static struct rv_verdict verdict(const struct model *m, struct rv_oracle o, unsigned space, gva_t va, enum rv_kind kind) {
    static const int reach[] = {[RV_LOAD] = 5, [RV_STORE] = 7, [RV_FETCH] = 1};
    o.satp = o.satp - (table(m->space, 0) >> 12) + (table(space, 0) >> 12);
    struct rv_verdict v = rv_oracle_access(&o, va, kind);
    if (v.cause < 0 && (v.pa >= AT_RAM_END || !pmp_allows(m, v.pa, kind == RV_FETCH ? 2 : 8, kind, o.priv)))
        v.cause = reach[kind];
    return v;
}

// A global mapping exists in all spaces (4.3.1). So where PMP hides a table of this space, the access may still pass, by what another
// space's tables have led to.
static struct rv_verdict by_another(const struct model *m, struct rv_oracle o, gva_t va, enum rv_kind kind) {
    struct rv_verdict v = {.cause = 0};
    bool shared = o.priv < 3 && o.satp >> 60 && va - part_at[SHARED] < PAGES * 0x1000;
    for (unsigned i = 1; shared && i < SPACES; i++) {
        v = verdict(m, o, (m->space + i) % SPACES, va, kind);
        if (v.cause < 0 && v.global) return v;
    }
    v.cause = 0;
    return v;
}

static void access(struct model *m) {
    const struct rv_state *s = &m->c->s;
    enum rv_kind kind = (enum rv_kind)below(m, 3);
    unsigned priv = s->priv == RV_M && s->mstatus & MSTATUS_MPRV && kind != RV_FETCH
                        ? (s->mstatus & MSTATUS_MPP) >> MSTATUS_MPP_SHIFT
                        : s->priv;
    struct rv_oracle o = {.satp = s->satp,
                          .priv = priv,
                          .sum = s->mstatus & MSTATUS_SUM,
                          .mxr = s->mstatus & MSTATUS_MXR,
                          .adue = s->menvcfg & MENVCFG_ADUE,
                          .pbmte = s->menvcfg & MENVCFG_PBMTE,
                          .svnapot = true,
                          .load = load,
                          .allowed = allowed,
                          .ctx = m};
    gva_t va = some_address(m);
    if (priv == 3 || s->satp >> 60 == 0) va = one_in(m, 20) ? AT_NOTHING : DATA + 8 * (u64)below(m, 0x80000);
    else if (one_in(m, 50)) va ^= BIT(below(m, 24) + 40);

    struct rv_verdict v = verdict(m, o, m->space, va, kind), other = {.cause = 0};
    if (v.cause >= 0) other = by_another(m, o, va, kind);
    gpa_t pa;
    bool trapped = do_access(m, va, kind, &pa, other.cause < 0 ? other.pa : v.pa);
    if (!trapped && v.cause >= 0 && other.cause < 0) {
        v = other;
        m->others++;
    }
    bool right = trapped == (v.cause >= 0);
    if (right && trapped) right = m->trap.cause == (u64)v.cause && m->trap.tval == va;
    else if (right) right = pa == v.pa;
    for (unsigned i = 0; i < v.entries && right; i++)
        if (v.entry[i].at < AT_RAM_END)
            right = walk_peek(m->r, v.entry[i].at, 8) == v.entry[i].after || v.entry[i].value == v.entry[i].after;
    m->accesses++;
    m->faults += v.cause >= 0;
    if (right) return;
    for (unsigned i = 0; i < v.entries; i++)
        print_message("entry at %llx: was %016llx, should be %016llx, is %016llx\n", (unsigned long long)v.entry[i].at,
                      (unsigned long long)v.entry[i].value, (unsigned long long)v.entry[i].after,
                      (unsigned long long)walk_peek(m->r, v.entry[i].at, 8));
    fail_msg(
        "access %llu, kind %u, %llx in mode %u (%u), satp %llx mstatus %llx menvcfg %llx: should be cause %d pa %llx, is cause %d tval %llx pa %llx",
        m->accesses, kind, (unsigned long long)va, priv, s->priv, (unsigned long long)s->satp, (unsigned long long)s->mstatus,
        (unsigned long long)s->menvcfg, v.cause, (unsigned long long)v.pa, trapped ? (int)m->trap.cause : -1,
        (unsigned long long)m->trap.tval, (unsigned long long)pa);
}

static void step(struct model *m) {
    unsigned n = below(m, 200);
    if (n < 12) change_leaf(m);
    else if (n < 14) change_pointer(m);
    else if (n < 18) satp(m);
    else if (n < 30) mode(m, "\0\1\1\1\1\3"[below(m, 6)]);
    else if (n < 36) status(m);
    else if (n == 40 && one_in(m, 4)) protection(m);
    else if (n == 41 && one_in(m, 6)) environment(m);
    else if (n == 42) fence(m, one_in(m, 20) ? FENCE_ALL : 1 + below(m, 3), some_address(m), asids[below(m, SPACES)]);
    else access(m);
}

static u64 number(const char *name, u64 otherwise) { return getenv(name) ? strtoull(getenv(name), NULL, 0) : otherwise; }

static void run(bool large) {
    struct model m = {.r = walk_rig_new(), .large = large};
    m.r->seed = number("TLB_MODEL_SEED", 1);
    m.env = (struct env){.plat = &m.r->plat.plat, .clock = &m.clock, .state = &m.state};
    bus_track_pages(&m.r->bus, &m.env);
    m.c = rv_create(&m.env, &m.r->bus, rv_model_find("max"));
    for (gpa_t at = DATA; at < AT_RAM_END; at += 8) walk_poke(m.r, at, at, 8);
    fill_tables(&m);
    csr(&m, 0x3b0 + 15, mask(53, 0));
    csr(&m, 0x3a2, (u64)0x1f << 56);
    satp(&m);
    mode(&m, RV_S);
    for (u64 left = number("TLB_MODEL_STEPS", 1000000 / SLOWER); left; left--) step(&m);
    print_message(
        "%llu accesses, %llu faults, %llu loads and stores by a TLB hit, %llu by a mapping that another space's tables led to\n",
        m.accesses, m.faults, m.hits, m.others);
    assert_true(m.faults > m.accesses / 10 && m.faults < m.accesses * 2 / 3 && (SLOWER > 1 || m.hits > m.accesses / 50));
    env_free_all(&m.env);
    walk_rig_free(m.r);
}

// A fence, or a fault, forgets all that is near where large pages are, and all of it where they are larger still.
static void small_pages(void **state) { run(false); }
static void all_pages(void **state) { run(true); }

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(small_pages), cmocka_unit_test(all_pages)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
