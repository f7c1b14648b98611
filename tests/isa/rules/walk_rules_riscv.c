// SPDX-License-Identifier: MIT
// Sv39, Sv48 and Sv57 for the driver: what the privileged specification says is in riscv_oracle.c. Faults are exception causes.
#include "base/bits.h"
#include "base/splitmix.h"
#include "isa/riscv64/paging.h"
#include "riscv_oracle.h"
#include "walk_driver.h"

// Physical memory protection is a matter of the world: none, everything, or entries that cut the tables into pieces above one that
// grants everything.
static const struct rv_pmp *pmp_of(const struct walk_rig *r, struct rv_pmp *pmp) {
    u64 seed = r->world;
    if (seed % 3 == 0) return NULL;
    *pmp = (struct rv_pmp){.cfg[15] = 0x1f, .addr[15] = mask(53, 0)};
    for (unsigned i = 0; i < 15 && seed % 3 == 1; i++) {
        u64 v = splitmix64(&seed);
        pmp->cfg[i] = (u8)(v & 0x1f);
        if (v & 0x100) pmp->cfg[i] |= 3; // most grant reading, and writing
        if ((pmp->cfg[i] & 3) == 2) pmp->cfg[i] &= 0x1c;
        if (v & 0x600 && (pmp->cfg[i] & 0x18) == 8) pmp->cfg[i] &= 0x17; // few are TOR: those cover much
        pmp->addr[i] = (AT_TABLES + (v >> 16) % TABLE_BYTES) >> 2;
        if (v & 0x800) pmp->addr[i] |= v >> 40 & 0x3f; // larger NAPOT regions
    }
    return pmp;
}

struct world {
    const struct walk_rig *r;
    const struct rv_pmp *pmp;
    bool look;
};

static u64 load(void *ctx, u64 at) { return walk_peek(((struct world *)ctx)->r, at, 8); }

static bool allowed(void *ctx, u64 at, bool write) {
    const struct world *w = ctx;
    int entry;
    if (write && w->look) return true; // nothing is written
    if (w->pmp && !rv_oracle_pmp(w->pmp->cfg, w->pmp->addr, at, 8, write ? RV_STORE : RV_LOAD, 1, &entry)) return false;
    if (at < AT_RAM_END) return true;
    return !write && at >= AT_ROM && at < AT_ROM + ROM_BYTES;
}

enum { SUM = 1, MXR = 2, ADUE = 4, PBMTE = 8, NAPOT = 0x30 };

static u64 satp_of(const struct walk_rules *rules, const struct walk_question *q) {
    return (u64)rules->number << 60 | (q->control >> 32 & 0xffff) << 44 | q->root >> 12;
}

static const enum rv_kind kinds[] = {[MMU_READ] = RV_LOAD, [MMU_WRITE] = RV_STORE, [MMU_EXEC] = RV_FETCH};

static struct walk_expectation expect(const struct walk_rules *rules, struct walk_rig *r, const struct walk_question *q) {
    struct rv_pmp pmp;
    struct world world = {r, pmp_of(r, &pmp), q->look};
    struct rv_oracle o = {.satp = satp_of(rules, q),
                          .priv = !q->user,
                          .sum = q->control & SUM,
                          .mxr = q->control & MXR,
                          .adue = q->look || q->control & ADUE,
                          .pbmte = q->control & PBMTE,
                          .svnapot = q->control & NAPOT,
                          .load = load,
                          .allowed = allowed,
                          .ctx = &world};
    struct rv_verdict v = rv_oracle_access(&o, q->va, kinds[q->access]);
    struct walk_expectation x = {
        .fault = v.cause < 0 ? 0 : v.cause, .address = v.pa, .shift = v.size, .global = v.global, .entries = v.entries};
    for (unsigned i = 0; i < v.entries; i++) {
        x.at[i] = v.entry[i].at;
        x.before[i] = x.after[i] = walk_peek(r, v.entry[i].at, 8); // also of one that may not be read
        if (!q->look && v.entry[i].after != v.entry[i].value) x.after[i] = v.entry[i].after;
    }
    if (!v.entries) return x;
    u64 leaf = x.after[v.entries - 1];
    x.perm = (u8)((leaf & 2 ? PERM_R : 0) | (leaf & 4 ? PERM_W : 0) | (leaf & 8 ? PERM_X : 0) | (leaf & 16 ? PERM_U : 0));
    x.dirty = leaf & 0x80;
    for (enum mmu_access a = MMU_READ; a <= MMU_EXEC; a++) x.may[a] = v.may[kinds[a]];
    return x;
}

static u64 random_leaf(struct walk_rig *r) {
    static const u8 rwx[] = {2, 6, 8, 10, 14, 14, 6, 10};
    u64 e = 1 | rwx[walk_below(r, 8)] | (walk_rnd(r) & 0x330);
    if (!walk_one_in(r, 4)) e |= 0x40 | (walk_one_in(r, 3) ? 0 : 0x80);
    u64 page = walk_rnd(r) & mask(43, 0);
    page &= ~mask(9 * (1 + walk_below(r, 4)), 0) | (walk_one_in(r, 3) ? mask(43, 0) : 0); // aligned for one of the sizes
    if (walk_one_in(r, 4)) {
        e |= BIT(63);
        page = (page & ~(u64)15) | (walk_one_in(r, 6) ? walk_below(r, 16) : 8);
    }
    if (walk_one_in(r, 4)) e |= (u64)walk_below(r, 4) << 61;
    return e | page << 10;
}

static u64 entry(struct walk_rig *r) {
    u64 e;
    if (walk_one_in(r, 3)) {
        e = random_leaf(r);
    } else {
        static const u64 elsewhere[] = {AT_ROM, AT_ROM + 0x1000, AT_DEVICE, AT_NOTHING, 0x00ffffffffffe000, AT_RAM_END - 0x1000};
        gpa_t at = AT_TABLES + (u64)walk_below(r, TABLE_PAGES) * PAGE_SIZE;
        if (walk_one_in(r, 20)) at = elsewhere[walk_below(r, 6)];
        e = 1 | at >> 2 | (walk_rnd(r) & (walk_one_in(r, 4) ? 0x320 : 0x300));
    }
    if (walk_one_in(r, 20)) e ^= BIT(walk_below(r, 10));
    if (walk_one_in(r, 20)) e ^= BIT(walk_below(r, 64));
    if (walk_one_in(r, 50)) e = walk_rnd(r);
    return e;
}

static int walk(const struct walk_rules *rules, struct walk_rig *r, const struct walk_question *q, struct walk *w) {
    struct rv_pmp pmp;
    struct rv_translation t = {.satp = satp_of(rules, q),
                               .priv = q->user ? RV_U : RV_S,
                               .sum = q->control & SUM,
                               .mxr = q->control & MXR,
                               .adue = q->control & ADUE,
                               .pbmte = q->control & PBMTE,
                               .napot = q->control & NAPOT,
                               .pmp = pmp_of(r, &pmp)};
    if (rv_walk_init(&t, w)) return -1;
    w->look = q->look;
    enum walk_fault fault = mmu_walk(w, &r->bus, q->va, q->access);
    if (fault != w->fault) return -1;
    return fault ? (int)rv_walk_cause(w, q->access) : 0;
}

#define RISCV(label, bits, mode, ...)                                                                                            \
    {                                                                                                                            \
        .name = label, .entry_bytes = 8, .va_bits = bits, .entry = entry, .expect = expect, .walk = walk, .number = mode,        \
        .faults = {1, 5, 7, 12, 13, 15}, .shifts = {                                                                             \
            __VA_ARGS__                                                                                                          \
        }                                                                                                                        \
    }

const struct walk_rules walk_rules_riscv[3] = {
    RISCV("Sv39", 39, 8, 12, 16, 21, 30),
    RISCV("Sv48", 48, 9, 12, 16, 21, 30, 39),
    RISCV("Sv57", 57, 10, 12, 16, 21, 30, 39),
};
