// SPDX-License-Identifier: MIT
// The fused multiply-add of one lane. Product and addend meet in 128 bits, so that rounding is the only loss.
#include "isa/x86_64/fma.h"
#include "isa/x86_64/softfp.h"
#include "isa/x86_64/sse_fp.h"

#define INLINE static ALWAYS_INLINE

INLINE u64 of_finite(FMT, u64 x, u64 y, u64 z, struct round r, bool negative_addend) {
    struct number a = unpack(f, x), b = unpack(f, y), c = unpack(f, z);
    u128 p = (u128)a.mant * b.mant, q = (u128)c.mant << TOP; // highest bit at 2 * TOP or (p) one above
    i32 ep = a.exp + b.exp - (i32)mask(f.exponent - 2, 0), exp = ep;
    bool subtract = r.negative != negative_addend;
    // A zero has no exponent of its own; it must not shift the other summand away.
    if (unlikely(!p)) exp = ep = c.exp;
    if (ep >= c.exp) {
        q = shift_right_sticky(q, (unsigned)(ep - c.exp));
    } else if (likely(q)) {
        p = shift_right_sticky(p, (unsigned)(c.exp - ep));
        exp = c.exp;
    }
    u128 m = subtract ? p - q : p + q;
    if (subtract && q > p) {
        m = -m;
        r.negative = negative_addend;
    }
    if (unlikely(!m)) { // vol. 1, 4.8.1.1: x - x is +0, or -0 when rounding down
        bool minus = subtract ? (r.mxcsr >> MX_RC_SHIFT & 3) == RC_DOWN : r.negative;
        return minus ? sign_bit(f) : 0;
    }
    unsigned shift = (u64)(m >> 64) ? (unsigned)__builtin_clzll((u64)(m >> 64)) : 64 + (unsigned)__builtin_clzll((u64)m);
    u64 v = round_and_pack(f, exp + (127 - 2 * TOP) - (i32)shift, m << shift, r);
    return v | (r.negative ? sign_bit(f) : 0);
}

// Infinities and NaNs among the operands, in the manual's order: NaNs, invalid operations, denormals, infinities.
static u64 of_special(FMT, u64 x, u64 y, u64 z, struct round r, bool negative_addend) {
    bool zero_times_inf = (is_inf(f, x) && !magnitude(f, y)) || (is_inf(f, y) && !magnitude(f, x));
    const u64 operand[] = {x, y, z};
    bool nan = false;
    u64 first = 0;
    for (unsigned i = 0; i < 3; i++) {
        if (!is_nan(f, operand[i])) continue;
        if (!nan) first = operand[i];
        nan = true;
        if (!(operand[i] & quiet_bit(f))) *r.flags |= MX_IE;
    }
    if (nan) return first | quiet_bit(f);
    bool infinite_product = is_inf(f, x) || is_inf(f, y);
    if (zero_times_inf || (infinite_product && is_inf(f, z) && r.negative != negative_addend)) {
        *r.flags |= MX_IE;
        return sign_bit(f) | infinity(f) | quiet_bit(f);
    }
    if (is_denormal(f, x) || is_denormal(f, y) || is_denormal(f, z)) *r.flags |= MX_DE;
    return infinity(f) | ((infinite_product ? r.negative : negative_addend) ? sign_bit(f) : 0);
}

INLINE u64 without_denormal(FMT, u64 v) { return is_denormal(f, v) ? v & sign_bit(f) : v; }

INLINE u64 fma_bits(FMT, u64 x, u64 y, u64 z, unsigned negate, u32 mxcsr, u32 *flags) {
    bool negative_product = ((x ^ y) & sign_bit(f)) != 0, negative_addend = (z & sign_bit(f)) != 0;
    negative_product ^= (negate & FMA_NEGATE_PRODUCT) != 0;
    negative_addend ^= (negate & FMA_NEGATE_ADDEND) != 0;
    u32 raised = 0;
    struct round r = {negative_product, mxcsr, &raised};
    if (unlikely(!is_normal(f, x) || !is_normal(f, y) || !is_normal(f, z))) {
        if (mxcsr & MX_DAZ) {
            x = without_denormal(f, x);
            y = without_denormal(f, y);
            z = without_denormal(f, z);
        }
        if (magnitude(f, x) >= infinity(f) || magnitude(f, y) >= infinity(f) || magnitude(f, z) >= infinity(f)) {
            u64 v = of_special(f, x, y, z, r, negative_addend);
            *flags |= raised;
            return v;
        }
        if (is_denormal(f, x) || is_denormal(f, y) || is_denormal(f, z)) raised |= MX_DE;
    }
    u64 v = of_finite(f, x, y, z, r, negative_addend);
    *flags |= raised;
    return v;
}

u64 fma_f64(u64 x, u64 y, u64 z, unsigned negate, u32 mxcsr, u32 *flags) {
    return fma_bits(DOUBLE, x, y, z, negate, mxcsr, flags);
}

// In doubles the product is exact and the sum s is rounded once. Rounding s again gives what rounding the exact sum would,
// unless s lies exactly between two floats. True: *r is the result and no flag but PE may have come up.
static ALWAYS_INLINE bool quick_f32(u32 x, u32 y, u32 z, unsigned negate, u32 *r) {
    if (unlikely(!is_normal(SINGLE, x) || !is_normal(SINGLE, y) || !is_normal(SINGLE, z))) return false;
    x ^= negate & FMA_NEGATE_PRODUCT ? (u32)sign_bit(SINGLE) : 0;
    z ^= negate & FMA_NEGATE_ADDEND ? (u32)sign_bit(SINGLE) : 0;
    union xmm v = {.d = {x, y, z}};
    double s = (double)v.f[0] * (double)v.f[1] + (double)v.f[2];
    union xmm wide = {.g = {s}}, narrow = {.f = {(float)s}};
    enum { BELOW = 52 - 23 };
    if (unlikely((wide.q[0] & mask(BELOW - 1, 0)) == BIT(BELOW - 1) || !fp_ordinary(&narrow, 32, 1))) return false;
    *r = narrow.d[0];
    return true;
}

// Apart, so that the short path saves no registers for it.
[[gnu::noinline]] static u32 long_f32(u32 x, u32 y, u32 z, unsigned negate, u32 mxcsr, u32 *flags) {
    return (u32)fma_bits(SINGLE, x, y, z, negate, mxcsr, flags);
}

u32 fma_f32(u32 x, u32 y, u32 z, unsigned negate, u32 mxcsr, u32 *flags) {
    u32 r;
    if (FP_QUICK && fp_may_be_inexact(mxcsr) && likely(quick_f32(x, y, z, negate, &r))) return r;
    return long_f32(x, y, z, negate, mxcsr, flags);
}
