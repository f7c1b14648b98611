// SPDX-License-Identifier: MIT
// RISC-V page tables of any bytes, which may map themselves, under any satp, settings and physical memory protection: walks do not crash,
// and go as the oracle of the unit tests says: cause, address, page size, accessed and dirty bits, and no other byte changed. The
// protection of what they reach, too, for the access and for its page.
// CI: 29000 runs.
#include "base/bits.h"
#include "base/le.h"
#include "input.h"
#include "isa/riscv64/paging.h"
#include "riscv_oracle.h"
#include "walk_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

enum { STEPS = 64 };

struct machine {
    struct walk_rig *r;
    struct rv_pmp pmp;
    struct rv_translation t;
};

static u64 load(void *ctx, u64 at) { return walk_peek(((struct machine *)ctx)->r, at, 8); }

static bool allowed(void *ctx, u64 at, bool write) {
    const struct machine *m = ctx;
    int entry;
    if (m->t.pmp && !rv_oracle_pmp(m->pmp.cfg, m->pmp.addr, at, 8, write ? RV_STORE : RV_LOAD, 1, &entry)) return false;
    return write ? at < AT_RAM_END : walk_host(m->r, at, 8) != NULL;
}

static _Noreturn void wrong(const char *what, u64 va, unsigned access, const struct machine *m) {
    fprintf(stderr, "%s: access %u at %llx, satp %llx, mode %u\n", what, access, (unsigned long long)va,
            (unsigned long long)m->t.satp, m->t.priv);
    abort();
}

// Flags of any kind and an address that leads somewhere, or any bytes.
static void poke(struct machine *m, struct input *in) {
    gpa_t at = (take16(in) & (TABLE_BYTES / 8 - 1)) * 8;
    u8 target = take8(in);
    u64 flags = take16(in), e = (flags & 0x3ff) | (flags >> 10) << 58;
    if (target < 0x80) e = (flags & 0x3f1) | ((AT_TABLES >> 12) + (target & 7)) << 10;
    else if (target < 0xa0) e |= (u64)(target & 31) << (10 + 9 * (flags >> 14));
    else if (target < 0xb0) e |= BIT(63) | (u64)((target & 15) << 4 | 8) << 10;
    else if (target < 0xb8) e |= (target & 1 ? (u64)AT_ROM : AT_DEVICE) >> 2;
    else e = take64(in);
    if (target & 8) e |= 1;
    walk_poke(m->r, AT_TABLES + at, e, 8);
}

static void settings(struct machine *m, struct input *in) {
    u8 how = take8(in);
    u64 satp = how & 0x80 ? take64(in) : (u64)(8 + how % 3) << 60 | ((AT_TABLES >> 12) + (how >> 2 & 7));
    m->t.satp = rv_satp_write(m->t.satp, satp, 7 << 8);
    u8 bits = take8(in);
    m->t.sum = bits & 1, m->t.mxr = bits & 2, m->t.adue = bits & 4, m->t.pbmte = bits & 8, m->t.napot = bits & 16;
    m->t.pmp = bits & 32 ? &m->pmp : NULL;
    m->t.priv = "\0\1\1\3"[bits >> 6];
}

static void protect(struct machine *m, struct input *in) {
    u8 which = take8(in);
    u64 value = which & 0x40 ? take64(in) : (AT_TABLES >> 2) + take16(in);
    rv_pmp_write(&m->pmp, which & 0x80 ? 0x3a0 + 2 * (which & 1) : 0x3b0 + (which & 15), value);
}

static void access(struct machine *m, struct input *in) {
    static u8 before[TABLE_BYTES];
    static const enum rv_kind kinds[] = {[MMU_READ] = RV_LOAD, [MMU_WRITE] = RV_STORE, [MMU_EXEC] = RV_FETCH};
    u8 how = take8(in);
    u64 index = take64(in), va = take16(in) & 0xfff;
    enum mmu_access access = (enum mmu_access)(how % 3);
    for (unsigned i = 0; i < 5; i++) va |= (index >> 8 * i & (how & 0x80 ? 0xff : 7)) << (12 + 9 * i);
    if (how & 0x40) va = (u64)sext(va, 30 + 9 * (unsigned)(how >> 4 & 3)) ^ (index >> 40 & 1) << 63;

    const struct rv_translation *t = &m->t;
    struct rv_oracle o = {.satp = t->satp,
                          .priv = t->priv,
                          .sum = t->sum,
                          .mxr = t->mxr,
                          .adue = t->adue,
                          .pbmte = t->pbmte,
                          .svnapot = t->napot,
                          .load = load,
                          .allowed = allowed,
                          .ctx = m};
    struct rv_verdict v = rv_oracle_access(&o, va, kinds[access]);
    memcpy(before, m->r->ram + AT_TABLES, TABLE_BYTES);
    for (unsigned i = 0; i < v.entries; i++)
        if (v.entry[i].after != v.entry[i].value && v.entry[i].at - AT_TABLES < TABLE_BYTES)
            st64(before + (v.entry[i].at - AT_TABLES), v.entry[i].after);

    struct walk w;
    gpa_t pa = va;
    if (rv_walk_init(t, &w) != v.bare) wrong("translated or not", va, access, m);
    if (!v.bare) {
        int cause = mmu_walk(&w, &m->r->bus, va, access) ? (int)rv_walk_cause(&w, access) : -1;
        if (cause != v.cause) wrong("cause", va, access, m);
        if (memcmp(before, m->r->ram + AT_TABLES, TABLE_BYTES)) wrong("page tables afterwards", va, access, m);
        if (cause >= 0) return;
        pa = w.page | (va & (BIT(w.shift) - 1));
        if (w.shift != v.size || w.global != v.global) wrong("page", va, access, m);
    }
    if (pa != v.pa) wrong("address", va, access, m);
    unsigned size = 1u << (how >> 2 & 3);
    int entry;
    if (!t->pmp || (pa & 0xfff) + size > PAGE_SIZE) return;
    bool may = rv_oracle_pmp(m->pmp.cfg, m->pmp.addr, pa, size, kinds[access], t->priv, &entry);
    if (rv_pmp_check(&m->pmp, pa, size, access, t->priv) != may) wrong("protection", pa, access, m);
    u8 rights = rv_pmp_page(&m->pmp, pa & ~(PAGE_SIZE - 1), t->priv);
    static const u8 needs[] = {[MMU_READ] = PERM_R, [MMU_WRITE] = PERM_W, [MMU_EXEC] = PERM_X};
    if (rights != RV_PMP_MIXED && !(rights & needs[access]) == may) wrong("protection of the page", pa, access, m);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size) {
    static struct walk_rig *rig;
    if (!rig) rig = walk_rig_new();
    memset(rig->ram + AT_TABLES, 0, TABLE_BYTES); // all other RAM is 0 and stays it
    // Something to begin with, in all tables: pointers to each other, a global one among them, and leaves.
    for (unsigned i = 0; i < TABLE_BYTES; i += 8) {
        unsigned index = i / 8 % 512;
        u64 next = (u64)(AT_TABLES + (index & 7) * PAGE_SIZE) >> 2 | 1 | (index == 3 ? 0x20 : 0);
        if (index < 256)
            st64(rig->ram + AT_TABLES + i, index & 4 ? 0x1f | (index & 1 ? 0xc0 : 0) | (u64)(index & 2) << 36 : next);
    }
    for (unsigned i = 0; i < ROM_BYTES; i += 8) st64(rig->rom + i, i & 8 ? (u64)AT_ROM >> 2 | 1 : 0x1f | (u64)i << 16);
    struct machine m = {.r = rig, .pmp = {.cfg[15] = 0x1f, .addr[15] = mask(53, 0)}};
    m.t = (struct rv_translation){.satp = (u64)RV_MODE_SV39 << RV_SATP_MODE_SHIFT | AT_TABLES >> 12, .priv = RV_S, .adue = true};
    struct input in = {data, size};
    for (unsigned i = 0; i < STEPS && in.left; i++) {
        u8 op = take8(&in);
        if (op < 0x70) poke(&m, &in);
        else if (op < 0x90) settings(&m, &in);
        else if (op < 0xa0) protect(&m, &in);
        else access(&m, &in);
    }
    return 0;
}
