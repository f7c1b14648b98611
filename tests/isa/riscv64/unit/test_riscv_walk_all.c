// SPDX-License-Identifier: MIT
// Every access against every translation of Sv39, Sv48 and Sv57, exhaustively where the manual's rules are a product of bits: the walk
// beside the privileged specification (riscv_oracle.h). Exception, physical address, page size, rights, global, accessed and dirty bits.
// The number of combinations is printed per format.
#include "base/bits.h"
#include "base/le.h"
#include "isa/riscv64/paging.h"
#include "riscv_oracle.h"
#include "walk_rig.h"
#include "stride.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { V = 1, R = 2, W = 4, X = 8, U = 16, G = 32, A = 64, D = 128 };
#define N BIT(63)
#define PBMT(n) ((u64)(n) << 61)
#define OFFSET 0x128

// ---- the formats, and one address in each: vpn[0] ends in 0xb, which a 64 KiB page takes over

struct format {
    const char *name;
    unsigned mode, levels;
};
static const struct format formats[] = {{"Sv39", 8, 3}, {"Sv48", 9, 4}, {"Sv57", 10, 5}};
static const unsigned indices[] = {0x2b, 1, 7, 5, 3}; // vpn[0] first

static unsigned shift_of(const struct format *f, unsigned level) { return 12 + 9 * (f->levels - 1 - level); }
static unsigned index_of(const struct format *f, unsigned level) { return indices[f->levels - 1 - level]; }

static gva_t address_of(const struct format *f) {
    gva_t va = OFFSET;
    for (unsigned i = 0; i < f->levels; i++) va |= (u64)index_of(f, i) << shift_of(f, i);
    return va;
}

struct tables {
    const struct format *f;
    unsigned leaf;
    gpa_t table[5]; // where each level's table is, root first
    u64 entry[5];
};

// Tables that reach a page at `leaf`; the caller adds rights. Below a large page's leaf there are tables, too: what it would lead to if
// it were taken for a pointer.
static struct tables tables_to(const struct format *f, unsigned leaf) {
    struct tables t = {.f = f, .leaf = leaf};
    for (unsigned i = 0; i < f->levels; i++) t.table[i] = AT_TABLES + i * 0x1000;
    for (unsigned i = 0; i < f->levels; i++)
        t.entry[i] = i + 1 < f->levels ? t.table[i + 1] >> 2 | V : 0x50000 >> 2 | V | R | W | X | U | A | D;
    t.entry[leaf] = V | (leaf + 1 == f->levels ? 0x50000 >> 2 : (u64)5 << (shift_of(f, leaf) - 2));
    return t;
}

static gpa_t entry_at(const struct tables *t, unsigned level) { return t->table[level] + 8 * index_of(t->f, level); }

// ---- who asks for what, under which settings

struct asker {
    u8 priv;
    enum rv_kind kind;
    enum mmu_access access;
};
static const struct asker askers[] = {
    {RV_S, RV_LOAD, MMU_READ}, {RV_S, RV_STORE, MMU_WRITE}, {RV_S, RV_FETCH, MMU_EXEC},
    {RV_U, RV_LOAD, MMU_READ}, {RV_U, RV_STORE, MMU_WRITE}, {RV_U, RV_FETCH, MMU_EXEC},
};

enum { CONTROLS = 32 }; // SUM, MXR, ADUE, PBMTE, Svnapot

struct rig {
    struct walk_rig *r;
    const struct rv_pmp *pmp;
    unsigned control;
    unsigned long long checked, passed, causes[16];
};

static u64 load(void *ctx, u64 at) { return walk_peek(((struct rig *)ctx)->r, at, 8); }

static bool allowed(void *ctx, u64 at, bool write) {
    const struct rig *g = ctx;
    int entry;
    if (g->pmp && !rv_oracle_pmp(g->pmp->cfg, g->pmp->addr, at, 8, write ? RV_STORE : RV_LOAD, 1, &entry)) return false;
    if (at < AT_RAM_END) return true;
    return !write && at >= AT_ROM && at < AT_ROM + ROM_BYTES;
}

static _Noreturn void differs(const struct rig *g, const struct tables *t, gva_t va, const struct asker *who,
                              const struct rv_verdict *v, int cause, const struct walk *w) {
    for (unsigned i = 0; i < t->f->levels; i++)
        print_message("level %u at %llx: was %016llx, is %016llx\n", i, (unsigned long long)entry_at(t, i),
                      (unsigned long long)t->entry[i], (unsigned long long)walk_peek(g->r, entry_at(t, i), 8));
    fail_msg(
        "%s, %llx, mode %u, access %u, control %x: the manual: cause %d pa %llx size %u; the walk: cause %d page %llx size %u",
        t->f->name, (unsigned long long)va, who->priv, who->access, g->control, v->cause, (unsigned long long)v->pa, v->size,
        cause, (unsigned long long)w->page, w->shift);
    __builtin_unreachable();
}

// What a TLB would keep is right for every access of the same asker.
static bool answers_right(const struct walk *w, const struct rv_verdict *v, gva_t va) {
    if (w->shift != v->size || w->global != v->global || w->page & (BIT(w->shift) - 1)) return false;
    if ((w->page | (va & (BIT(w->shift) - 1))) != v->pa) return false;
    if (w->dirty != !!(v->entry[v->entries - 1].after & D)) return false;
    if (w->attr != (v->entry[v->entries - 1].value >> 61 & 3)) return false;
    for (unsigned i = 0; i < 6; i++)
        if ((askers[i].priv == RV_U) == w->user && w->format->permit(w, askers[i].access) != v->may[askers[i].kind]) return false;
    return true;
}

// One access on tables as they are in memory, which are so again afterwards.
static void check(struct rig *g, const struct tables *t, gva_t va, const struct asker *who) {
    u64 satp = (u64)t->f->mode << 60 | (u64)0xa5a5 << 44 | t->table[0] >> 12;
    bool sum = g->control & 1, mxr = g->control & 2, adue = g->control & 4, pbmte = g->control & 8, napot = g->control & 16;
    struct rv_oracle o = {.satp = satp,
                          .priv = who->priv,
                          .sum = sum,
                          .mxr = mxr,
                          .adue = adue,
                          .pbmte = pbmte,
                          .svnapot = napot,
                          .load = load,
                          .allowed = allowed,
                          .ctx = g};
    struct rv_verdict v = rv_oracle_access(&o, va, who->kind);
    struct rv_translation tr = {
        .satp = satp, .priv = who->priv, .sum = sum, .mxr = mxr, .adue = adue, .pbmte = pbmte, .napot = napot, .pmp = g->pmp};
    struct walk w;
    if (rv_walk_init(&tr, &w)) fail();
    int cause = mmu_walk(&w, &g->r->bus, va, who->access) ? (int)rv_walk_cause(&w, who->access) : -1;
    bool right = cause == v.cause && w.level == (v.entries ? v.entries - 1 : 0) && (cause >= 0 || answers_right(&w, &v, va));
    for (unsigned i = 0; i < t->f->levels && right; i++) {
        u64 expected = walk_peek(g->r, entry_at(t, i), 8), now = expected;
        if (entry_at(t, i) < AT_ROM + ROM_BYTES) expected = t->entry[i];
        if (i < v.entries && v.entry[i].at == entry_at(t, i) && v.entry[i].after != v.entry[i].value) {
            expected = v.entry[i].after;
            walk_poke(g->r, entry_at(t, i), t->entry[i], 8);
        }
        right = now == expected;
    }
    g->checked++;
    if (cause >= 0) g->causes[cause]++;
    else g->passed++;
    if (!right) differs(g, t, va, who, &v, cause, &w);
}

static void put(struct rig *g, const struct tables *t) {
    for (unsigned i = 0; i < t->f->levels; i++)
        if (entry_at(t, i) < AT_DEVICE) walk_poke(g->r, entry_at(t, i), t->entry[i], 8);
}

static void all_askers(struct rig *g, const struct tables *t) {
    put(g, t);
    for (unsigned i = 0; i < countof(askers); i++) check(g, t, address_of(t->f), &askers[i]);
}

// ---- a leaf: V R W X U G A D, N, PBMT and an address that fits, or not, in every combination, under all settings

static u64 ppn_variant(unsigned n, unsigned shift) {
    switch (n) {
    case 0: return 0;
    case 1: return (u64)8 << 10; // the 64 KiB page's encoding; a misaligned superpage
    case 2: return (u64)(shift > 12 ? 1 << 8 : 12) << 10;
    default: return BIT(53) | (u64)24 << 10; // high in the 56 bits
    }
}

static void leaves(struct rig *g, const struct format *f) {
    unsigned n = 0;
    for (unsigned leaf = 0; leaf < f->levels; leaf++)
        for (unsigned low = 0; low < 256; low++)
            for (unsigned high = 0; high < 8 * 4; high++, n++) {
                if (n % STRIDE) continue;
                struct tables t = tables_to(f, leaf);
                t.entry[leaf] = (t.entry[leaf] & ~(u64)V) | low | (u64)(high & 7) << 61;
                t.entry[leaf] |= ppn_variant(high >> 3, shift_of(f, leaf));
                for (g->control = 0; g->control < CONTROLS; g->control++) all_askers(g, &t);
            }
}

// ---- a table's entry: the same bits at every level above the leaf

static void pointers(struct rig *g, const struct format *f) {
    unsigned n = 0;
    for (unsigned leaf = 1; leaf < f->levels; leaf++)
        for (unsigned level = 0; level < leaf; level++)
            for (unsigned bits = 0; bits < 256 * 8 * 4; bits++) {
                struct tables t = tables_to(f, leaf);
                t.entry[level] = (t.entry[level] & ~(u64)V) | (bits & 255) | (u64)(bits >> 8 & 7) << 61;
                t.entry[leaf] |= R | W | X | (bits >> 11 & 1 ? U : 0) | (bits >> 11 & 2 ? A | D : 0);
                for (unsigned c = 0; c < CONTROLS; c += 3) {
                    if (n++ % STRIDE) continue;
                    g->control = c;
                    all_askers(g, &t);
                }
            }
}

// ---- every bit and every pair of bits of all entries, flipped

static u64 base_bits(unsigned base, bool leaf, bool last) {
    if (!leaf) return base == 1 ? G : 0;
    if (base == 0) return R | W | X | U | A | D;
    if (base == 1) return R | X | A | G | PBMT(1);
    return R | W | X | (last ? N | (u64)8 << 10 : 0);
}

static void bit_pairs(struct rig *g, const struct format *f) {
    static const u8 controls[] = {31, 4 | 8 | 16, 1, 4 | 1};
    unsigned bits = f->levels * 64, n = 0;
    for (unsigned c = 0; c < countof(controls); c++)
        for (unsigned leaf = 0; leaf < f->levels; leaf++)
            for (unsigned base = 0; base < 3; base++)
                for (unsigned i = 0; i < bits; i++)
                    for (unsigned k = i; k < bits; k++, n++) {
                        if (n % (STRIDE * STRIDE)) continue;
                        struct tables t = tables_to(f, leaf);
                        for (unsigned l = 0; l <= leaf; l++) t.entry[l] |= base_bits(base, l == leaf, l + 1 == f->levels);
                        t.entry[i / 64] ^= BIT(i % 64);
                        if (k != i) t.entry[k / 64] ^= BIT(k % 64);
                        g->control = controls[c];
                        all_askers(g, &t);
                    }
}

// ---- where tables are: each level's in RAM, at its end, in ROM, in a device, or nowhere

static void places(struct rig *g, const struct format *f) {
    static const gpa_t at[] = {0, AT_ROM, AT_DEVICE, AT_NOTHING, BIT(56) - 0x10000};
    unsigned all = 1;
    for (unsigned i = 0; i < f->levels; i++) all *= countof(at);
    for (unsigned leaf = 0; leaf < f->levels; leaf++)
        for (unsigned v = 0; v < all; v++)
            for (unsigned m = 0; m < 4; m++) {
                struct tables t = tables_to(f, leaf);
                unsigned rest = v;
                for (unsigned i = 0; i < f->levels; i++, rest /= countof(at))
                    if (rest % countof(at)) t.table[i] = at[rest % countof(at)] + i * 0x1000;
                for (unsigned i = 0; i + 1 < f->levels; i++)
                    if (i != leaf) t.entry[i] = t.table[i + 1] >> 2 | V;
                t.entry[leaf] |= R | W | X | U | (m & 1 ? A : 0) | (m & 2 ? D : 0);
                for (unsigned c = 0; c < 8; c += 3 * STRIDE) {
                    g->control = c;
                    all_askers(g, &t);
                }
            }
}

// ---- physical memory protection of each level's entry: none, R, RW, X, or an entry that matches half of it

static void protect(struct rv_pmp *p, unsigned i, gpa_t at, unsigned what) {
    static const u8 cfg[] = {0, 0x18, 0x19, 0x1b, 0x1c, 0x17, 0x17};
    p->cfg[i] = cfg[what];
    p->addr[i] = at >> 2; // 8-aligned: 8 bytes by NAPOT, the lower 4 by NA4
    if (what == 6) p->addr[i]++;
}

static void protection(struct rig *g, const struct format *f) {
    enum { WHATS = 7 };
    unsigned n = 0;
    for (unsigned leaf = 0, all = WHATS; leaf < f->levels; leaf++, all *= WHATS)
        for (unsigned v = 0; v < all; v++)
            for (unsigned m = 0; m < 8; m++, n++) {
                if (n % STRIDE) continue;
                struct tables t = tables_to(f, leaf);
                struct rv_pmp pmp = {.cfg[7] = 0x1f, .addr[7] = mask(53, 0)};
                unsigned rest = v;
                for (unsigned i = 0; i <= leaf; i++, rest /= WHATS) protect(&pmp, i, entry_at(&t, i), rest % WHATS);
                t.entry[leaf] |= R | W | X | (m & 1 ? A : 0) | (m & 2 ? D : 0);
                g->pmp = &pmp;
                g->control = m & 4;
                put(g, &t);
                for (unsigned i = 0; i < 3; i++) check(g, &t, address_of(f), &askers[i]);
            }
    g->pmp = NULL;
}

// ---- addresses that no table has; the ends of the space

static void addresses(struct rig *g, const struct format *f) {
    static const u64 low[] = {0, 0xff8};
    for (unsigned bit = 12; bit < 64; bit++)
        for (unsigned shape = 0; shape < 8; shape++)
            for (unsigned l = 0; l < countof(low); l++) {
                // One bit, all from it up, all below it; those inverted; and with the sign's bits.
                u64 va = shape & 1 ? mask(63, bit) : BIT(bit);
                if (shape & 2) va = ~va;
                if (shape & 4) va ^= mask(63, 12 + 9 * f->levels);
                va = (va & ~(u64)0xfff) | low[l];
                struct tables t = tables_to(f, f->levels - 1);
                t.entry[t.leaf] |= R | W | X | U | A | D;
                for (unsigned i = 0; i < f->levels; i++)
                    for (unsigned k = 0; k < 512; k++)
                        walk_poke(g->r, t.table[i] + 8 * k, t.entry[i] | (i + 1 == f->levels && k & 1 ? (u64)k << 20 : 0), 8);
                for (unsigned i = 0; i < f->levels; i++) t.entry[i] = walk_peek(g->r, entry_at(&t, i), 8);
                g->control = 5;
                for (unsigned i = 0; i < countof(askers); i++) check(g, &t, va, &askers[i]);
            }
}

static void each_format(void (*product)(struct rig *, const struct format *), const char *what) {
    unsigned long long passed = 0, checked = 0;
    for (unsigned i = 0; i < countof(formats); i++) {
        struct rig g = {.r = walk_rig_new()};
        // A page that a superpage's leaf, taken for a pointer, may lead to maps something.
        for (unsigned k = 0; k < 512; k++) walk_poke(g.r, 8 * k, 0x60000 >> 2 | V | R | W | X | U | A | D, 8);
        product(&g, &formats[i]);
        print_message("%s, %s: %llu combinations, %llu pass, %llu page faults, %llu access faults\n", formats[i].name, what,
                      g.checked, g.passed, g.causes[12] + g.causes[13] + g.causes[15], g.causes[1] + g.causes[5] + g.causes[7]);
        passed += g.passed, checked += g.checked;
        walk_rig_free(g.r);
    }
    assert_true(passed && passed < checked);
}

static void test_leaves(void **state) { each_format(leaves, "leaves"); }
static void test_pointers(void **state) { each_format(pointers, "entries above the leaf"); }
static void test_bit_pairs(void **state) { each_format(bit_pairs, "pairs of flipped bits"); }
static void test_places(void **state) { each_format(places, "tables anywhere"); }
static void test_protection(void **state) { each_format(protection, "protected tables"); }
static void test_addresses(void **state) { each_format(addresses, "addresses"); }

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses), cmocka_unit_test(test_leaves),     cmocka_unit_test(test_pointers),
        cmocka_unit_test(test_places),    cmocka_unit_test(test_protection), cmocka_unit_test(test_bit_pairs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
