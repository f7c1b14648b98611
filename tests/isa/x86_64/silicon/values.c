// SPDX-License-Identifier: MIT
// Operand values: random ones, and edges: of integers of every width, of every floating-point format.
#include "base/le.h"
#include "rig.h"

#include <string.h>

u64 value(struct rng *g) {
    u64 r = rnd(g);
    switch (r & 3) {
    case 0: return edge(g);
    case 1: return (u64)(i64)((i32)(r >> 32) >> (r >> 2 & 31));
    default: return rnd(g);
    }
}

// ---- floating point
// Sign and class from one random number: zero, denormals, ordinary ones near 1 and anywhere, the largest, infinity, quiet and
// signalling NaNs with any payload, an integer with few bits.
static u64 binary(u64 r, unsigned fraction, unsigned exponent) {
    u64 sign = (r & 1) << (fraction + exponent), f = r >> 8 & (((u64)1 << fraction) - 1);
    u64 all = ((u64)1 << exponent) - 1, bias = all >> 1, near = bias - 8 + (r >> 5 & 7) * 2;
    switch (r >> 1 & 15) {
    case 0: return sign;
    case 1: return sign | f >> (r >> 59);
    case 2: return sign | (u64)1 << (fraction - 1) | f | all << fraction;
    case 3: return sign | (f & ~((u64)1 << (fraction - 1))) | 1 | all << fraction;
    case 4: return sign | all << fraction;
    case 5: return sign | ((all - (r >> 60)) << fraction) | (r >> 59 & 1 ? f : ((u64)1 << fraction) - 1);
    case 6: return sign | (u64)(r >> 60) << fraction | f;
    case 7: return sign | (bias + (r >> 59)) << fraction | (f & ~(u64)0 << (fraction - (r >> 59 & 7) - 1));
    case 8:
    case 9: return sign | ((r >> (64 - exponent)) << fraction) | f;
    default: return sign | near << fraction | f;
    }
}

// Sixteen bytes of ordinary numbers, floats or doubles: what quick paths are for.
static void ordinary(u8 *to, bool doubles, struct rng *g) {
    for (unsigned i = 0; i < 2; i++) {
        u64 r = rnd(g);
        if (doubles) st64(to + 8 * i, (r & (BIT(63) | mask(51, 0))) | (1015 + (r >> 52 & 15)) << 52);
        else st64(to + 8 * i, (r & 0x807fffff807fffff) | (119 + (r >> 23 & 15)) << 23 | (119 + (r >> 55 & 15)) << 55);
    }
}

// Sixteen bytes of one kind: any, floats, doubles, small or extreme integers of any width, halves.
static void vector(u8 *to, struct rng *g) {
    u64 kind = rnd(g), a = rnd(g), b = rnd(g);
    switch (kind & 15) {
    default: break;
    case 4:
    case 5:
    case 6:
    case 7:
    case 8:
        a = binary(a, 23, 8) | binary(a * 0x9e3779b97f4a7c15, 23, 8) << 32;
        b = binary(b, 23, 8) | binary(b * 0x9e3779b97f4a7c15, 23, 8) << 32;
        break;
    case 9:
    case 10:
    case 11:
    case 12: a = binary(a, 52, 11), b = binary(b, 52, 11); break;
    case 13: a = edge(g), b = edge(g); break;
    case 14: a = (u32)edge(g) | edge(g) << 32, b = (u32)edge(g) | edge(g) << 32; break;
    case 15:
        for (unsigned i = 0; i < 8; i++)
            st16(to + 2 * i, (u16)(kind >> (8 + i) & 1 ? edge(g) : binary(kind >> i ^ rnd(g), 10, 5)));
        return;
    }
    st64(to, a);
    st64(to + 8, b);
}

// An x87 register: classes as above, with bit 63 sometimes not as the exponent wants it (unsupported operands).
static void extended(u8 *to, struct rng *g) {
    u64 r = rnd(g), m = rnd(g) | BIT(63);
    u16 sign = (u16)((r & 1) << 15), e = (u16)(0x3ff0 + (r >> 8 & 31));
    switch (r >> 1 & 15) {
    case 0: e = 0, m = 0; break;
    case 1: e = 0, m = (m & ~BIT(63)) >> (r >> 58); break;
    case 2: e = 0x7fff, m = r >> 7 & 1 ? BIT(63) : m; break;
    case 3: e = 0x7fff, m &= ~BIT(62); break;
    case 4: e = (u16)(r >> 16 & 0x7fff); break;
    case 5: e = (u16)(r >> 16 & 0x7fff), m &= r >> 7 & 1 ? ~BIT(63) : ~(u64)0; break;
    case 6: e = (u16)(r >> 7 & 1 ? 0x7ffe - (r >> 58) : r >> 58); break;
    case 7: m &= ~(u64)0 << (63 - (r >> 60)); break;
    case 8: e = (u16)(0x3fff + (r >> 58)), m &= ~(u64)0 << (63 - (r >> 58)); break; // integers
    case 9: e = (u16)(0x3fff + (r >> 57)); break;
    default: break;
    }
    st64(to, m);
    st16(to + 8, sign | e);
}

// Everything masked mostly: what is not makes the next instruction fault.
static u16 control_word(struct rng *g) {
    u64 r = rnd(g);
    if ((r & 3) == 0) return 0x37f;
    u16 word = (u16)(0x40 | (r >> 8 & 0xf00) | 0x3f);
    return (r >> 2 & 15) == 0 ? (u16)(word & ~(r >> 24 & 0x3f)) : word;
}

static u32 mxcsr(struct rng *g) {
    u64 r = rnd(g);
    if (r >> 63) return 0x1fa0; // as after any inexact result: quick paths
    u32 v = 0x1f80 | (u32)(r & 3) << 13;
    if ((r >> 2 & 7) == 0) v |= 1 << 6;  // DAZ
    if ((r >> 5 & 7) == 0) v |= 1 << 15; // FTZ
    if ((r >> 8 & 3) == 0) v |= (u32)(r >> 16 & 0x3f);
    if ((r >> 10 & 15) == 0) v &= ~((u32)(r >> 24 & 0x3f) << 7);
    return v;
}

void x87_values(u8 *fx, struct rng *g) {
    u64 r = rnd(g);
    st16(fx, control_word(g));
    st16(fx + 2, (u16)((r & 7) << 11 | (r >> 3 & 7) << 8 | (r >> 6 & 1) << 14 | ((r >> 8 & 7) == 0 ? r >> 16 & 0x7f : 0)));
    fx[4] = (u8)(r >> 32);
    for (unsigned i = 0; i < 8; i++) extended(fx + FX_ST + 16 * i, g);
}

void sse_value(u8 *fx, unsigned reg, enum numbers kind, struct rng *g) {
    u8 *half[] = {fx + FX_XMM + 16 * reg, fx + YMM_HIGH + 16 * reg};
    for (unsigned i = 0; i < 2; i++)
        if (kind == ANY_NUMBERS) vector(half[i], g);
        else ordinary(half[i], kind == DOUBLES, g);
}

void memory_values(u8 *memory, unsigned size, struct rng *g) {
    for (unsigned at = 0; at < size; at += 16) {
        u8 *p = memory + at;
        switch (rnd(g) & 15) {
        case 0:
        case 1:
        case 2: st64(p, rnd(g)), st64(p + 8, rnd(g)); break;
        case 3:
        case 4:
        case 5: vector(p, g); break;
        case 6: st64(p, CODE + below(g, CODE_SIZE)), st64(p + 8, CODE + below(g, CODE_SIZE)); break; // where branches may go
        case 7: st64(p, rnd(g) & 0xffff0000ffff), st64(p + 8, rnd(g) & 0xffff0000ffff); break;       // what MXCSR may hold
        default: ordinary(p, at & 64, g); // lines of floats, lines of doubles
        }
    }
}

void mxcsr_value(u8 *fx, struct rng *g) { st32(fx + FX_MXCSR, mxcsr(g)); }

void fx_values(u8 *fx, struct rng *g) {
    memset(fx, 0, FX_XMM);
    x87_values(fx, g);
    mxcsr_value(fx, g);
    for (unsigned i = 0; i < 16; i++) sse_value(fx, i, ANY_NUMBERS, g);
}
