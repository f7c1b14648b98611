// SPDX-License-Identifier: MIT
#include "arm64_oracle.h"

static u64 field(u64 v, unsigned hi, unsigned lo) {
    u64 r = 0;
    for (unsigned i = lo; i <= hi; i++) r |= (v >> i & 1) << (i - lo);
    return r;
}

enum { ADDRESS_SIZE = 0, TRANSLATION = 4, ACCESS_FLAG = 8, PERMISSION = 12, EXTERNAL = 20 };

struct regime {
    unsigned granule, input, output; // bits
    bool disabled, hpd;
    u64 ttbr;
};

static struct regime regime_of(const struct a64_oracle *o, bool upper) {
    static const unsigned tg0[4] = {12, 16, 14, 12}, tg1[4] = {12, 14, 12, 16}, ips[8] = {32, 36, 40, 42, 44, 48, 52, 52};
    struct regime g;
    g.granule = upper ? tg1[field(o->tcr, 31, 30)] : tg0[field(o->tcr, 15, 14)];
    unsigned tsz = (unsigned)(upper ? field(o->tcr, 21, 16) : field(o->tcr, 5, 0));
    unsigned least = g.granule == 16 && o->lva ? 12 : 16; // S1MinTxSZ
    if (tsz < least) tsz = least;
    if (tsz > 39) tsz = 39;
    g.input = 64 - tsz;
    g.output = ips[field(o->tcr, 34, 32)];
    // AArch64.PhysicalAddressSize, without FEAT_LPA2
    unsigned most = g.granule == 16 || o->pa_bits < 48 ? o->pa_bits : 48;
    if (g.output > most) g.output = most;
    g.disabled = upper ? field(o->tcr, 23, 23) : field(o->tcr, 7, 7);
    g.disabled |= o->e0pd && !o->el && (upper ? field(o->tcr, 56, 56) : field(o->tcr, 55, 55));
    g.hpd = o->hpds && (upper ? field(o->tcr, 42, 42) : field(o->tcr, 41, 41));
    g.ttbr = upper ? o->ttbr1 : o->ttbr0;
    return g;
}

// Table D8-..: 4KB granule: levels 0..3 resolve 47:39, 38:30, 29:21, 20:12; 16KB: 47, 46:36, 35:25, 24:14; 64KB: none, 47:42, 41:29, 28:16.
static unsigned lowest_bit(unsigned granule, unsigned level) {
    static const unsigned of4[4] = {39, 30, 21, 12}, of16[4] = {47, 36, 25, 14}, of64[4] = {55, 42, 29, 16};
    return granule == 12 ? of4[level] : granule == 14 ? of16[level] : of64[level];
}
// AArch64.BlockDescSupported
static bool block_allowed(const struct a64_oracle *o, unsigned granule, unsigned level) {
    if (granule == 12) return level == 1 || level == 2;
    return level == 2 || (granule == 16 && level == 1 && o->pa_bits >= 52);
}

// AArch64.LeafBase, AArch64.NextTableBase
static u64 base_in(const struct a64_oracle *o, unsigned granule, u64 d, unsigned low) {
    u64 base = field(d, 47, low) << low;
    return granule == 16 && o->pa_bits >= 52 ? base | field(d, 15, 12) << 48 : base;
}

static struct a64_verdict fault(struct a64_verdict v, unsigned status, unsigned level) {
    v.status = (int)(status + level);
    return v;
}

// Tables D8-.. "Data access permissions" and "Instruction execution permissions".
static void rights(const struct a64_oracle *o, struct a64_verdict *v, unsigned ap, bool pxn, bool uxn) {
    v->r1 = true;
    v->w1 = ap == 0 || ap == 1;
    v->r0 = ap == 1 || ap == 3;
    v->w0 = ap == 1;
    v->x1 = !pxn;
    v->x0 = !uxn;
    bool exec1 = v->x1 && !v->w0 && !(o->wxn && v->w1), exec0 = v->x0 && !(o->wxn && v->w0);
    bool closed = o->pan && v->r0;
    v->may[A64_READ] = o->el ? !closed : v->r0;
    v->may[A64_WRITE] = o->el ? v->w1 && !closed : v->w0;
    v->may[A64_FETCH] = o->el ? exec1 : exec0;
}

struct a64_verdict a64_access(const struct a64_oracle *o, u64 va, enum a64_kind kind) {
    struct a64_verdict v = {.status = -1};
    bool upper = field(va, 55, 55);
    struct regime g = regime_of(o, upper);
    for (unsigned i = g.input; i < 64; i++)
        if ((bool)field(va, i, i) != upper) return fault(v, TRANSLATION, 0);
    if (g.disabled) return fault(v, TRANSLATION, 0);

    unsigned level = 0;
    while (lowest_bit(g.granule, level) >= g.input) level++;
    unsigned top = g.input - 1, bytes = top - lowest_bit(g.granule, level) + 4;
    if (bytes < 6) bytes = 6;
    u64 base = field(g.ttbr, 47, bytes) << bytes;
    if (g.granule == 16 && g.output == 52) base |= field(g.ttbr, 5, 2) << 48; // AArch64.S1TTBaseAddress
    if (base >> g.output) return fault(v, ADDRESS_SIZE, 0);

    bool ro = false, no_el0 = false, pxn = false, uxn = false;
    for (;; level++) {
        unsigned low = lowest_bit(g.granule, level);
        u64 at = base + field(va, top, low) * 8;
        v.at[v.entries++] = at;
        if (!o->reaches(o->ctx, at)) return fault(v, EXTERNAL, level);
        u64 d = o->load(o->ctx, at);
        bool table = field(d, 1, 0) == 3 && level < 3, block = field(d, 1, 0) == 1 && block_allowed(o, g.granule, level),
             page = field(d, 1, 0) == 3 && level == 3;
        if (!table && !block && !page) return fault(v, TRANSLATION, level);
        if (table) {
            base = base_in(o, g.granule, d, g.granule);
            if (base >> g.output) return fault(v, ADDRESS_SIZE, level);
            if (!g.hpd) {
                ro |= field(d, 62, 62);
                no_el0 |= field(d, 61, 61);
                uxn |= field(d, 60, 60);
                pxn |= field(d, 59, 59);
            }
            top = low - 1;
            continue;
        }
        u64 out = base_in(o, g.granule, d, low);
        if (out >> g.output) return fault(v, ADDRESS_SIZE, level);
        unsigned ap = (unsigned)field(d, 7, 6);
        if (ro) ap |= 2;
        if (no_el0) ap &= 2;
        rights(o, &v, ap, pxn || field(d, 53, 53), uxn || field(d, 54, 54));
        if (!field(d, 10, 10) && !o->af_ignored) return fault(v, ACCESS_FLAG, level);
        if (!v.may[kind]) return fault(v, PERMISSION, level);
        v.pa = out | field(va, low - 1, 0);
        v.size = low;
        v.global = !field(d, 11, 11);
        v.guarded = o->bti && field(d, 50, 50);
        return v;
    }
}
