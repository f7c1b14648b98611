// SPDX-License-Identifier: MIT
// The chapters named here are the privileged specification's.
#include "riscv_oracle.h"

#define IS(value, bit) (((value) >> (bit) & 1) != 0)

// ---- "Physical Memory Protection"

static bool matches(const u8 cfg[16], const u64 addr[16], unsigned i, u64 y) {
    unsigned ones = 0;
    switch (cfg[i] >> 3 & 3) {
    case 1: // TOR: pmpaddr[i-1] <= y < pmpaddr[i]
        return y >> 2 >= (i == 0 ? 0 : addr[i - 1]) && y >> 2 < addr[i];
    case 2: // NA4
        return y >> 2 == addr[i];
    case 3: // NAPOT: yyyy...y011...1, of 8 bytes and for each 1 twice as much
        while (IS(addr[i], ones)) ones++;
        return y >> (3 + ones) == addr[i] >> (1 + ones);
    default: return false;
    }
}

int rv_oracle_pmp_entry(const u8 cfg[16], const u64 addr[16], u64 byte) {
    for (int i = 0; i < 16; i++)
        if (matches(cfg, addr, (unsigned)i, byte)) return i;
    return -1;
}

bool rv_oracle_pmp(const u8 cfg[16], const u64 addr[16], u64 at, unsigned size, enum rv_kind kind, unsigned priv, int *entry) {
    static const unsigned bit[] = {[RV_LOAD] = 0, [RV_STORE] = 1, [RV_FETCH] = 2};
    *entry = -1;
    for (unsigned i = 0; i < 16 && *entry < 0; i++)
        for (unsigned k = 0; k < size; k++)
            if (matches(cfg, addr, i, at + k)) *entry = (int)i;
    if (*entry < 0) return priv == 3;
    for (unsigned k = 0; k < size; k++)
        if (!matches(cfg, addr, (unsigned)*entry, at + k)) return false;
    if (priv == 3 && !IS(cfg[*entry], 7)) return true;
    return IS(cfg[*entry], bit[kind]);
}

// ---- "Virtual Address Translation Process"

enum { V = 0, R = 1, W = 2, X = 3, U = 4, G = 5, A = 6, D = 7, N = 63 };

static int page_fault(enum rv_kind kind) { return kind == RV_FETCH ? 12 : kind == RV_LOAD ? 13 : 15; }
static int access_fault(enum rv_kind kind) { return kind == RV_FETCH ? 1 : kind == RV_LOAD ? 5 : 7; }

static u64 vpn(u64 va, unsigned i) { return va >> (12 + 9 * i) & 0x1ff; }
static u64 ppn(u64 pte) { return pte << 10 >> 20; }

// Step 5 and the chapters on SUM and MXR.
static bool permitted(const struct rv_oracle *o, u64 pte, enum rv_kind kind) {
    if (o->priv == 0 && !IS(pte, U)) return false;
    if (o->priv == 1 && IS(pte, U)) {
        if (kind == RV_FETCH) return false;
        if (!o->sum) return false;
    }
    if (kind == RV_FETCH) return IS(pte, X);
    if (kind == RV_STORE) return IS(pte, W);
    return IS(pte, R) || (o->mxr && IS(pte, X));
}

// Step 3, its last part, and what the chapters on Sv39, Svnapot and Svpbmt reserve.
static bool reserved(const struct rv_oracle *o, u64 pte, unsigned i) {
    bool leaf = IS(pte, R) || IS(pte, X);
    unsigned pbmt = (unsigned)(pte >> 61 & 3);
    for (unsigned bit = 54; bit <= 60; bit++)
        if (IS(pte, bit)) return true;
    if (!leaf) return IS(pte, D) || IS(pte, A) || IS(pte, U) || pbmt != 0 || IS(pte, N);
    if (!o->pbmte && pbmt != 0) return true;
    if (pbmt == 3) return true;
    if (!IS(pte, N)) return false;
    if (!o->svnapot) return true;
    return i != 0 || (ppn(pte) & 0xf) != 0x8;
}

static void translate(const struct rv_oracle *o, u64 va, enum rv_kind kind, unsigned levels, struct rv_verdict *v) {
    u64 a = (o->satp & 0xfffffffffff) * 4096, pte = 0;
    int i = (int)levels - 1;
    for (;;) {
        u64 at = a + vpn(va, (unsigned)i) * 8;
        v->cause = access_fault(kind);
        v->entry[v->entries].at = at;
        v->entry[v->entries].value = v->entry[v->entries].after = 0;
        v->entries++;
        if (!o->allowed(o->ctx, at, false)) return; // step 2
        pte = o->load(o->ctx, at);
        v->entry[v->entries - 1].value = v->entry[v->entries - 1].after = pte;
        v->cause = page_fault(kind);
        if (!IS(pte, V) || (!IS(pte, R) && IS(pte, W)) || reserved(o, pte, (unsigned)i)) return; // step 3
        if (IS(pte, G)) v->global = true;
        if (IS(pte, R) || IS(pte, X)) break; // step 4
        if (--i < 0) return;
        a = ppn(pte) * 4096;
    }
    for (int k = 0; k < i; k++)
        if ((ppn(pte) >> 9 * k & 0x1ff) != 0) return; // step 6
    for (unsigned k = 0; k < 3; k++) v->may[k] = permitted(o, pte, (enum rv_kind)k);
    v->size = IS(pte, N) ? 16 : 12 + 9 * (unsigned)i;
    if (!v->may[kind]) return; // step 5
    u64 marked = pte | 1 << A | (kind == RV_STORE ? 1 << D : 0);
    if (marked != pte) { // step 7
        if (!o->adue) return;
        v->cause = access_fault(kind);
        if (!o->allowed(o->ctx, v->entry[v->entries - 1].at, true)) return;
        v->entry[v->entries - 1].after = marked;
    }
    v->cause = -1; // step 8
    u64 frame = ppn(pte);
    if (IS(pte, N)) frame = (frame & ~(u64)0xf) | (vpn(va, 0) & 0xf);
    for (int k = 0; k < i; k++) frame |= vpn(va, (unsigned)k) << 9 * k;
    v->pa = frame * 4096 + va % 4096;
}

struct rv_verdict rv_oracle_access(const struct rv_oracle *o, u64 va, enum rv_kind kind) {
    struct rv_verdict v = {.cause = page_fault(kind)};
    unsigned mode = (unsigned)(o->satp >> 60);
    if (mode == 0 || o->priv == 3) {
        v.bare = true;
        v.cause = -1;
        v.pa = va;
        return v;
    }
    unsigned levels = mode - 5, top = 9 * levels + 12; // 8 Sv39, 9 Sv48, 10 Sv57
    for (unsigned bit = top; bit < 64; bit++)
        if (IS(va, bit) != IS(va, top - 1)) return v; // a page fault, before any entry is read
    translate(o, va, kind, levels, &v);
    return v;
}
