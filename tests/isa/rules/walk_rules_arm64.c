// SPDX-License-Identifier: MIT
// VMSAv8-64 for the driver: what the Arm ARM says is in arm64_oracle.c. Faults are fault status codes, but for 0, which is NO_LEVEL_0.
#include "arm64_oracle.h"
#include "base/bits.h"
#include "isa/arm64/paging.h"
#include "walk_driver.h"

enum { NO_LEVEL_0 = 31 };
static int word(int status) { return status < 0 ? 0 : status == 0 ? NO_LEVEL_0 : status; }

enum { PAN = 1, WXN = 2 };

// What the world says beside: output sizes, halves without walks, hierarchical rights.
static u64 tcr_of(const struct walk_rules *rules, const struct walk_rig *r) {
    static const u8 tg0[] = {[12] = 0, [14] = 2, [16] = 1}, tg1[] = {[12] = 2, [14] = 1, [16] = 3};
    u64 w = r->world, tsz = 64 - rules->va_bits;
    u64 tcr = tsz | tsz << 16 | (u64)tg0[rules->number] << 14 | (u64)tg1[rules->number] << 30;
    tcr |= (w & 3 ? 5 + (w & 1) : w >> 2 & 7) << 32;
    if ((w >> 5 & 15) == 0) tcr |= BIT(7);
    if ((w >> 9 & 15) == 0) tcr |= BIT(23);
    return tcr | (w >> 13 & 3) << 41;
}

static u64 load(void *ctx, u64 at) { return walk_peek(ctx, at, 8); }
static bool reaches(void *ctx, u64 at) { return walk_host(ctx, at, 8); }

static struct walk_expectation expect(const struct walk_rules *rules, struct walk_rig *r, const struct walk_question *q) {
    struct a64_oracle o = {.ttbr0 = q->root,
                           .ttbr1 = q->root | (u64)0x1234 << 48,
                           .tcr = tcr_of(rules, r),
                           .el = !q->user,
                           .pan = q->control & PAN,
                           .wxn = q->control & WXN,
                           .hpds = true,
                           .e0pd = true,
                           .af_ignored = q->look,
                           .pa_bits = 52,
                           .lva = true,
                           .load = load,
                           .reaches = reaches,
                           .ctx = r};
    struct a64_verdict v = a64_access(&o, q->va, (enum a64_kind)q->access);
    struct walk_expectation x = {.fault = word(v.status), .address = v.pa, .shift = v.size, .global = v.global, .dirty = true};
    x.entries = v.entries;
    for (unsigned i = 0; i < v.entries; i++) {
        x.at[i] = v.at[i];
        x.before[i] = x.after[i] = walk_peek(r, v.at[i], 8);
    }
    x.perm = (u8)(PERM_R | (v.w1 ? PERM_W : 0) | (v.r0 ? PERM_U : 0) | (v.x1 ? PERM_X : 0) | (v.x0 ? PERM_UX : 0));
    for (unsigned a = 0; a < 3; a++) x.may[a] = v.may[a];
    return x;
}

static u64 entry(struct walk_rig *r) {
    static const u64 elsewhere[] = {AT_ROM, AT_ROM + 0x4000, AT_DEVICE, AT_NOTHING, 0x0000fffffffff000, AT_RAM_END - 0x4000};
    u64 e = walk_rnd(r) & (BIT(53) | BIT(54) | 0xbfc);
    if (walk_one_in(r, 3)) {
        e |= (walk_rnd(r) & mask(walk_one_in(r, 3) ? 47 : 31, 12)) | 0x400 | (walk_one_in(r, 2) ? 1 : 3);
        if (walk_one_in(r, 8)) e ^= 0x400;
    } else {
        e |= 3 | 0x400 | (AT_TABLES + (u64)walk_below(r, TABLE_PAGES) * PAGE_SIZE);
        if (walk_one_in(r, 20)) e = (e & 0xfff) | elsewhere[walk_below(r, 6)];
        if (walk_one_in(r, 4)) e |= walk_rnd(r) & mask(62, 59);
    }
    if (walk_one_in(r, 20)) e ^= BIT(walk_below(r, 12));
    if (walk_one_in(r, 20)) e ^= BIT(walk_below(r, 64));
    if (walk_one_in(r, 50)) e = walk_rnd(r);
    return e;
}

// Bits 15..12 are those of an address above all memory there is.
static u64 entry_64k(struct walk_rig *r) {
    u64 e = entry(r);
    return walk_one_in(r, 20) ? e : e & ~mask(15, 12);
}

static int walk(const struct walk_rules *rules, struct walk_rig *r, const struct walk_question *q, struct walk *w) {
    static struct arm64_tables tables; // outlives *w
    arm64_tables_make(&tables, tcr_of(rules, r), arm64_model_find("max"));
    struct arm64_translation t = {.tables = &tables,
                                  .ttbr = {q->root, q->root | (u64)0x1234 << 48},
                                  .el0 = q->user,
                                  .pan = q->control & PAN,
                                  .wxn = q->control & WXN};
    if (!arm64_walk_init(&t, w, q->va)) {
        w->look = q->look;
        mmu_walk(w, &r->bus, q->va, q->access);
    }
    return w->fault ? word((int)arm64_walk_status(&tables, w, q->va)) : 0;
}

#define ARM64(label, granule, bits, ...)                                                                                         \
    {.name = label,                                                                                                              \
     .entry_bytes = 8,                                                                                                           \
     .va_bits = bits,                                                                                                            \
     .entry = granule == 16 ? entry_64k : entry,                                                                                 \
     .expect = expect,                                                                                                           \
     .walk = walk,                                                                                                               \
     .number = granule,                                                                                                          \
     __VA_ARGS__}

const struct walk_rules walk_rules_arm64[8] = {
    ARM64("4K, 48 bits", 12, 48, .shifts = {12, 21, 30}, .faults = {4, 5, 6, 7, 1, 2, 3, 9, 10, 11, 13, 15}),
    ARM64("4K, 39 bits", 12, 39, .shifts = {12, 21, 30}, .faults = {4, 5, 6, 7, 9, 10, 11, 13, 14, 15, 22, 23}),
    ARM64("4K, 33 bits", 12, 33, .shifts = {12, 21, 30}, .faults = {4, 5, 6, 7, 9, 10, 11, 13, 14, 15}),
    ARM64("16K, 48 bits", 14, 48, .shifts = {14, 25}, .faults = {4, 5, 6, 7, 10, 11, 14, 15, 2, 3}),
    ARM64("16K, 36 bits", 14, 36, .shifts = {14, 25}, .faults = {4, 6, 7, 10, 11, 14, 15, 2, 3, 23}),
    ARM64("64K, 48 bits", 16, 48, .shifts = {16, 29}, .faults = {4, 5, 6, 7, 10, 11, 14, 15, 2, 3}),
    ARM64("64K, 52 bits", 16, 52, .shifts = {16, 29, 42}, .faults = {4, 5, 6, 7, 9, 10, 11, 13, 14, 15, 1, 2}),
    ARM64("64K, 42 bits", 16, 42, .shifts = {16, 29}, .faults = {4, 6, 7, 10, 11, 14, 15, 2, 3, 23}),
};
