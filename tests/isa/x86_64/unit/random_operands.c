// SPDX-License-Identifier: MIT
#include "random_operands.h"

#include "base/splitmix.h"
#include "isa/x86_64/cpu.h"

#include <string.h>

u64 random_seed = 1;
u64 rnd(void) { return splitmix64(&random_seed); }
unsigned below(unsigned n) { return (unsigned)(rnd() >> 32) % n; }

u64 edge_integer(void) {
    static const u8 edge[] = {0, 1, 0x7f, 0x80, 0x81, 0xff, 0xfe, 0x55};
    u64 v = 0;
    if (!below(4)) return below(70); // shift counts, lengths
    for (unsigned i = 0; i < 8; i++) v |= (u64)edge[below(countof(edge))] << 8 * i;
    return v;
}

u64 edge_float(unsigned fraction, unsigned exponent) {
    static const i64 near[] = {-53, -24, -2, -1, 0, 1, 2, 3, 10, 22, 23, 24, 25, 30, 31, 32, 33, 51, 52, 53, 54, 62, 63, 64};
    u64 bias = BIT(exponent - 1) - 1, e, f = rnd() & (BIT(fraction) - 1);
    switch (below(10)) {
    case 0: e = 0; break;
    case 1: e = 1 + below(3); break;
    case 2: e = 2 * bias - below(3); break;
    case 3: e = 2 * bias + 1; break;
    case 4: e = (bias >> below(2)) + below(60) - 30; break; // products that are tiny
    default: e = bias + (u64)near[below(countof(near))]; break;
    }
    switch (below(7)) {
    case 0: f = 0; break;
    case 1: f = BIT(fraction) - 1; break;
    case 2: f = BIT(below(fraction)); break;
    case 3: f &= ~(u64)0 << below(fraction); break;
    case 4: f = BIT(fraction - 1); break;
    default: break;
    }
    return (u64)below(2) << (fraction + exponent) | (e & (2 * bias + 1)) << fraction | f;
}

void any_128(u8 *to) {
    union xmm x = {.q = {rnd(), rnd()}};
    unsigned kind = below(8);
    for (unsigned i = 0; i < 4; i++)
        if (kind < 3) x.d[i] = (u32)edge_float(23, 8);
        else if (kind < 6 && i < 2) x.q[i] = edge_float(52, 11);
        else if (kind < 7 && i < 2) x.q[i] = edge_integer();
    if (!below(12)) // text with its end somewhere
        for (unsigned i = 0; i < 16; i++) x.b[i] = (u8)("abcx\0z"[below(6)]);
    memcpy(to, &x, 16);
}

u32 any_mxcsr(void) {
    if (!below(3)) return 0x1fa0; // the common state
    u32 v = (u32)rnd() & 0xe040;
    if (below(3)) v &= 0x6000;
    v |= 0x1f80;
    if (!below(4)) v &= ~((u32)rnd() & 0x1f80);
    if (!below(4)) v |= (u32)rnd() & 0x3f;
    return v;
}
