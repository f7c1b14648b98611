// SPDX-License-Identifier: MIT
// Every access against every translation of VMSAv8-64, exhaustively where the manual's rules are a product of bits: the walk beside the
// Arm ARM stated a second time (arm64_oracle.h). Fault status, physical address, page size, rights, global. The number of combinations is
// printed per format.
#include "arm64_oracle.h"
#include "base/bits.h"
#include "isa/arm64/paging.h"
#include "walk_rig.h"
#include "stride.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct format {
    const char *name;
    unsigned granule, va_bits, tg0, tg1;
};
static const struct format formats[] = {
    {"4K, 48 bits", 12, 48, 0, 2},  {"4K, 39 bits", 12, 39, 0, 2},  {"4K, 25 bits", 12, 25, 0, 2},
    {"16K, 48 bits", 14, 48, 2, 1}, {"16K, 36 bits", 14, 36, 2, 1}, {"64K, 48 bits", 16, 48, 1, 3},
    {"64K, 42 bits", 16, 42, 1, 3}, {"64K, 52 bits", 16, 52, 1, 3},
};

enum { PAN = 1, WXN = 2, HPD = 4, UPPER = 8, CONTROLS = 16 };
enum { TABLE_SPACE = 0x80000 }; // bytes from one level's table to the next: the largest is 64 KiB and aligned so

struct rig {
    struct walk_rig *r;
    const struct format *f;
    unsigned start; // level
    unsigned leaf;
    unsigned control;
    unsigned ips;
    u64 entry[4];
    u64 ttbr; // bits that are flipped in TTBRn
    struct arm64_tables tables;
    unsigned long long checked, passed;
};

static unsigned low_bit(const struct format *f, unsigned level) { return f->granule + (3 - level) * (f->granule - 3); }
static unsigned first_level(const struct format *f) {
    unsigned level = 0;
    while (low_bit(f, level) >= f->va_bits) level++;
    return level;
}
static gpa_t table_at(unsigned level) { return AT_TABLES + (u64)level * TABLE_SPACE; }

// Index 1 everywhere: bit low_bit(level) of the address.
static gva_t address_of(const struct rig *g) {
    u64 va = 0x128;
    for (unsigned l = g->start; l < 4; l++) va |= BIT(low_bit(g->f, l));
    return g->control & UPPER ? va | mask(63, g->f->va_bits) : va;
}
static gpa_t entry_at(const struct rig *g, unsigned level) {
    unsigned top = level == g->start ? g->f->va_bits - 1 : low_bit(g->f, level - 1) - 1;
    return table_at(level) + 8 * bits(address_of(g), top, low_bit(g->f, level));
}

static u64 load(void *ctx, u64 at) { return walk_peek(((struct rig *)ctx)->r, at, 8); }
static bool reaches(void *ctx, u64 at) { return walk_host(((struct rig *)ctx)->r, at, 8); }

static u64 tcr_of(const struct rig *g) {
    u64 tsz = 64 - g->f->va_bits, hpd = g->control & HPD ? 3 : 0;
    return tsz | tsz << 16 | (u64)g->f->tg0 << 14 | (u64)g->f->tg1 << 30 | (u64)g->ips << 32 | hpd << 41;
}

static void check(struct rig *g, gva_t va, bool el0, enum mmu_access access) {
    struct a64_oracle o = {.ttbr0 = table_at(g->start) ^ g->ttbr,
                           .ttbr1 = table_at(g->start) ^ g->ttbr,
                           .tcr = tcr_of(g),
                           .el = !el0,
                           .pan = g->control & PAN,
                           .wxn = g->control & WXN,
                           .hpds = true,
                           .e0pd = true,
                           .bti = true,
                           .pa_bits = 52,
                           .lva = true,
                           .load = load,
                           .reaches = reaches,
                           .ctx = g};
    struct a64_verdict v = a64_access(&o, va, (enum a64_kind)access);
    struct arm64_translation t = {
        .tables = &g->tables, .ttbr = {o.ttbr0, o.ttbr1}, .el0 = el0, .pan = g->control & PAN, .wxn = g->control & WXN};
    struct walk w;
    if (!arm64_walk_init(&t, &w, va)) mmu_walk(&w, &g->r->bus, va, access);
    int status = w.fault ? (int)arm64_walk_status(&g->tables, &w, va) : -1;
    bool right = status == v.status;
    if (right && status < 0) {
        right = w.shift == v.size && w.global == v.global && (w.page | (va & (BIT(w.shift) - 1))) == v.pa;
        right &= (bool)(w.attr & ATTR_GUARDED) == v.guarded;
        for (unsigned a = 0; a < 3; a++) right &= w.format->permit(&w, (enum mmu_access)a) == v.may[a];
    }
    g->checked++;
    g->passed += status < 0;
    if (right) return;
    for (unsigned l = g->start; l < 4; l++)
        print_message("level %u at %llx: %016llx\n", l, (unsigned long long)entry_at(g, l), (unsigned long long)g->entry[l]);
    fail_msg(
        "%s, %llx, EL%u, access %u, control %x: the manual: status %d pa %llx size %u; the walk: status %d page %llx size %u",
        g->f->name, (unsigned long long)va, !el0, access, g->control, v.status, (unsigned long long)v.pa, v.size, status,
        (unsigned long long)w.page, w.shift);
}

static void all_askers(struct rig *g) {
    arm64_tables_make(&g->tables, tcr_of(g), arm64_model_find("max"));
    for (unsigned l = g->start; l < 4; l++) walk_poke(g->r, entry_at(g, l), g->entry[l], 8);
    for (unsigned a = 0; a < 3; a++)
        for (unsigned el = 0; el < 2; el++) check(g, address_of(g), !el, (enum mmu_access)a);
}

// Tables that lead to a leaf at g->leaf; below a block's there are tables, too: what it would lead to if it were taken for one.
static void tables_to(struct rig *g, unsigned leaf) {
    g->leaf = leaf;
    for (unsigned l = g->start; l < 4; l++) g->entry[l] = l < 3 ? table_at(l + 1) | 3 : 0x400003 | BIT(10);
    g->entry[leaf] = BIT(10) | (leaf == 3 ? 3 : 1) | BIT(low_bit(g->f, leaf) < 23 ? 23 : low_bit(g->f, leaf));
}

// ---- type, AP, AF, nG, PXN, UXN of a leaf, and the rights of the table above it, in every combination, under all settings

static void leaves(struct rig *g) {
    unsigned n = 0;
    for (unsigned leaf = g->start; leaf < 4; leaf++)
        for (unsigned low = 0; low < 64; low++)
            for (unsigned high = 0; high < 64; high++)
                for (g->control = 0; g->control < CONTROLS; g->control++) {
                    if (n++ % STRIDE) continue;
                    tables_to(g, leaf);
                    u64 *e = &g->entry[leaf];
                    *e = (*e & ~(u64)(BIT(10) | 3)) | (low & 3) | (u64)(low >> 2 & 3) << 6 | (u64)(low >> 4 & 1) << 10 |
                         (u64)(low >> 5) << 11 | (u64)(high & 3) << 53;
                    if (leaf > g->start) g->entry[leaf - 1] |= (u64)(high >> 2) << 59;
                    else if (high >> 2) continue;
                    all_askers(g);
                }
}

// ---- every bit and every pair of bits of all entries, flipped

static void bit_pairs(struct rig *g) {
    unsigned n = 0;
    for (unsigned leaf = g->start; leaf < 4; leaf++)
        for (unsigned i = g->start * 64; i < 256; i++)
            for (unsigned k = i; k < 256; k++) {
                if (n++ % STRIDE) continue;
                g->control = n & (CONTROLS - 1);
                tables_to(g, leaf);
                g->entry[i / 64] ^= BIT(i % 64);
                if (k != i) g->entry[k / 64] ^= BIT(k % 64);
                all_askers(g);
            }
}

// ---- output sizes: each size against each bit of each entry's address, and of what TTBRn holds

static void sizes(struct rig *g) {
    for (g->ips = 0; g->ips < 8; g->ips++)
        for (unsigned leaf = g->start; leaf < 4; leaf++)
            for (unsigned level = g->start; level <= leaf; level++)
                for (unsigned bit = 12; bit < 50; bit++) {
                    if (bit > 15 && bit < 30) continue;
                    g->control = 0;
                    tables_to(g, leaf);
                    g->entry[level] |= BIT(bit);
                    all_askers(g);
                }
    for (g->ips = 0; g->ips < 8; g->ips++)
        for (unsigned bit = 0; bit < 64; bit++) {
            tables_to(g, 3);
            g->ttbr = BIT(bit);
            all_askers(g);
        }
    g->ttbr = 0;
    g->ips = 5;
}

// ---- addresses that no table has; the ends of both halves

static void addresses(struct rig *g) {
    tables_to(g, 3);
    g->control = 0;
    all_askers(g);
    for (unsigned bit = 0; bit < 64; bit++)
        for (unsigned shape = 0; shape < 8; shape++) {
            u64 va = shape & 1 ? mask(63, bit) : BIT(bit);
            if (shape & 2) va = ~va;
            if (shape & 4) va ^= mask(63, g->f->va_bits);
            for (unsigned el = 0; el < 2; el++) check(g, va, !el, MMU_READ);
        }
}

static void each_format(void (*product)(struct rig *), const char *what) {
    for (unsigned i = 0; i < countof(formats); i++) {
        struct rig g = {.r = walk_rig_new(), .f = &formats[i], .start = first_level(&formats[i]), .ips = 5};
        product(&g);
        print_message("%s, %s: %llu combinations, %llu pass\n", formats[i].name, what, g.checked, g.passed);
        assert_true(g.passed && g.passed < g.checked);
        walk_rig_free(g.r);
    }
}

static void test_leaves(void **state) { each_format(leaves, "leaves"); }
static void test_bit_pairs(void **state) { each_format(bit_pairs, "pairs of flipped bits"); }
static void test_sizes(void **state) { each_format(sizes, "output sizes"); }
static void test_addresses(void **state) { each_format(addresses, "addresses"); }

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_leaves),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_bit_pairs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
