// SPDX-License-Identifier: MIT
// See fp_cases.h.
#include "fp_cases.h"

#include <string.h>

static u64 top_of(struct format f) { return mask(f.exponent - 1, 0); }
static u64 with_exponent(struct format f, u64 v, u64 exponent) {
    return (v & ~(top_of(f) << f.fraction)) | exponent << f.fraction;
}

static u64 any_fraction(struct format f) {
    u64 v = rnd() & mask(f.fraction - 1, 0);
    switch (below(8)) {
    case 0: return 0;
    case 1: return mask(f.fraction - 1, 0);
    case 2: return BIT(below(f.fraction));
    case 3: return v & ~(u64)0 << below(f.fraction); // short, so that products and sums are exact or ties
    case 4: return mask(f.fraction - 1, 0) & ~(u64)0 << below(f.fraction);
    case 5: return BIT(below(f.fraction)) | BIT(below(f.fraction));
    default: return v;
    }
}

static u64 any_exponent(struct format f) {
    u64 top = top_of(f), middle = top >> 1;
    switch (below(12)) {
    case 0: return 0;
    case 1: return 1 + below(3);
    case 2: return top - 1 - below(3);
    case 3: return top;
    case 4: return (middle / 2 + below(4 * f.fraction) - 2 * f.fraction) & top; // products that are tiny
    case 5: return (middle + middle / 2 + below(8)) & top;                      // and such that overflow
    case 6: return rnd() & top;
    default: return middle + below(8) - 4;
    }
}

u64 any_float(struct format f) {
    return (u64)below(2) << (f.fraction + f.exponent) | any_exponent(f) << f.fraction | any_fraction(f);
}

// Zeros, infinities, NaNs and 1, with any sign: what special cases are made of.
static u64 any_special(struct format f) {
    const u64 magnitudes[] = {
        0, infinity(f), infinity(f) + 1 + below(3), infinity(f) | quiet_bit(f) | below(3), 1, (u64)bias(f) << f.fraction};
    return magnitudes[below(countof(magnitudes))] | (u64)below(2) << (f.fraction + f.exponent);
}

void any_triple(struct format f, u64 v[3]) {
    bool special = !below(10);
    for (unsigned i = 0; i < 3; i++) v[i] = special ? any_special(f) : any_float(f);
    if (special) return;
    if (below(2)) return;
    u64 top = top_of(f);
    i64 e = (i64)((v[0] >> f.fraction & top) + (v[1] >> f.fraction & top)) - bias(f);
    static const i8 distance[] = {0, 0, 1, -1, 2, -2};
    e += below(2) ? distance[below(countof(distance))] : (i64)below(4 * f.fraction + 8) - 2 * f.fraction - 4;
    if (e < 0 || e > (i64)top) return;
    v[2] = with_exponent(f, v[2], (u64)e);
    if (below(4) || f.fraction == 10) return; // of half precision chance has it
    // Nearly the product itself: cancellation.
    if (f.fraction == 52) {
        double a, b, p;
        memcpy(&a, &v[0], 8), memcpy(&b, &v[1], 8);
        p = a * b;
        memcpy(&v[2], &p, 8);
    } else {
        float a, b, p;
        memcpy(&a, &v[0], 4), memcpy(&b, &v[1], 4);
        p = a * b;
        v[2] = 0, memcpy(&v[2], &p, 4);
    }
    v[2] ^= (u64)below(2) << (f.fraction + f.exponent);
    v[2] += (u64)below(3) - 1;
    if (f.fraction == 23) v[2] = (u32)v[2];
}

void any_pair(struct format f, u64 v[2]) {
    u64 top = top_of(f);
    bool special = !below(10);
    for (unsigned i = 0; i < 2; i++) v[i] = special ? any_special(f) : any_float(f);
    if (special) return;
    i64 x = (i64)(v[0] >> f.fraction & top), e;
    switch (below(6)) {
    case 0: e = x + (i64)below(2 * f.fraction + 8) - (f.fraction + 4); break;       // sums
    case 1: e = bias(f) - x + (i64)below(f.fraction + 6) - (f.fraction + 3); break; // tiny products
    case 2: e = (i64)top + bias(f) - x - (i64)below(4); break;                      // large products
    case 3: e = x + bias(f) - 1 + (i64)below(f.fraction + 6); break;                // tiny quotients
    case 4:                                                                         // neighbours
        v[1] = (v[0] + below(5) - 2) ^ (u64)below(2) << (f.fraction + f.exponent);
        v[1] &= mask(f.fraction + f.exponent, 0);
        return;
    default: return;
    }
    if (e >= 0 && e <= (i64)top) v[1] = with_exponent(f, v[1], (u64)e);
}

// Around the ends of the narrower formats' ranges, their lowest bits, and 2^31, 2^32, 2^63, 2^64.
u64 any_convertible(struct format from) {
    static const i16 exponent[] = {-1, 0,   1,   8,   15,  16,  23,  24,  30,  31,   32,   51,   52,   53,   62,  63,
                                   64, -13, -14, -15, -24, -25, -26, 127, 128, -125, -126, -127, -148, -149, -150};
    u64 v = any_float(from);
    if (below(3) == 0) return v;
    i64 e = exponent[below(countof(exponent))] + bias(from);
    if (e < 0 || e > (i64)top_of(from)) return v;
    v = with_exponent(from, v, (u64)e);
    if (below(2)) return v;
    // Ties of fewer bits, and what is next to them.
    unsigned cut = below(from.fraction);
    v = (v & ~mask(cut, 0)) | BIT(cut);
    return v + below(3) - 1;
}

u64 any_integer(void) {
    u64 v = rnd() >> below(64);
    switch (below(4)) {
    case 0: v = BIT(below(64)) + below(3) - 1; break;
    case 1: v &= ~(u64)0 << below(64); break;
    case 2: v = BIT(below(64)) + BIT(below(64)) + below(3) - 1; break;
    default: break;
    }
    return below(2) ? -v : v;
}
