// SPDX-License-Identifier: MIT
// The fused multiply-add. Product and addend meet in 128 bits, so that rounding is the only loss.
#include "fp/arith.h"
#include "fp/quick.h"
#include "fp/soft.h"

// CPUID.1:ECX: FMA, and OSXSAVE, without which XGETBV is undefined; XCR0: the state of SSE and AVX is enabled (SDM vol. 1, 14.5.3).
bool fp_host_fuses(void) {
    enum { FMA = 1 << 12, OSXSAVE = 1 << 27, SSE_AND_AVX = 6 };
    u32 a = 1, b, c = 0, d;
    asm volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    if (!(c & FMA) || !(c & OSXSAVE)) return false;
    asm volatile("xgetbv" : "=a"(a), "=d"(d) : "c"(0));
    return (a & SSE_AND_AVX) == SSE_AND_AVX;
}

FP_INLINE u64 of_finite(FMT, u64 x, u64 y, u64 z, bool negative, bool negative_addend, struct fp_env *e) {
    struct number a = unpack(f, x), b = unpack(f, y), c = unpack(f, z);
    u128 p = (u128)a.mant * b.mant, q = (u128)c.mant << TOP; // highest bit at 2 * TOP or (p) one above
    i32 ep = a.exp + b.exp - bias(f), exp = ep;
    bool subtract = negative != negative_addend;
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
        negative = negative_addend;
    }
    // IEEE 754, 6.3: x - x is +0, or -0 when rounding down.
    if (unlikely(!m)) return signed_(f, subtract ? e->rounding == FP_DOWN : negative, 0);
    unsigned shift = (u64)(m >> 64) ? (unsigned)__builtin_clzll((u64)(m >> 64)) : 64 + (unsigned)__builtin_clzll((u64)m);
    return signed_(f, negative, round_and_pack(f, exp + (127 - 2 * TOP) - (i32)shift, m << shift, negative, e));
}

// Infinities and NaNs among the operands: NaNs, invalid operations, denormals, infinities.
static u64 of_special(FMT, u64 x, u64 y, u64 z, bool negative, bool negative_addend, struct fp_env *e) {
    bool zero_times_inf = (is_inf(f, x) && !magnitude(f, y)) || (is_inf(f, y) && !magnitude(f, x));
    if (zero_times_inf && e->product_invalid && !is_signalling(f, z)) return invalid(f, e);
    if (is_nan(f, x) || is_nan(f, y) || is_nan(f, z)) {
        const u64 addend_first[] = {z, x, y}, addend_last[] = {x, y, z};
        return propagate_nan(f, e->addend_first ? addend_first : addend_last, 3, e);
    }
    bool infinite_product = is_inf(f, x) || is_inf(f, y);
    if (zero_times_inf || (infinite_product && is_inf(f, z) && negative != negative_addend)) return invalid(f, e);
    use_operand(f, x, e);
    use_operand(f, y, e);
    use_operand(f, z, e);
    return signed_(f, infinite_product ? negative : negative_addend, infinity(f));
}

FP_INLINE u64 mul_add(FMT, u64 x, u64 y, u64 z, unsigned negate, struct fp_env *e) {
    bool negative = is_negative(f, x ^ y) != ((negate & FP_NEGATE_PRODUCT) != 0);
    bool negative_addend = is_negative(f, z) != ((negate & FP_NEGATE_ADDEND) != 0);
    if (unlikely(!is_normal(f, x) || !is_normal(f, y) || !is_normal(f, z))) {
        x = flush_operand(f, x, e);
        y = flush_operand(f, y, e);
        z = flush_operand(f, z, e);
        if (magnitude(f, x) >= infinity(f) || magnitude(f, y) >= infinity(f) || magnitude(f, z) >= infinity(f))
            return of_special(f, x, y, z, negative, negative_addend, e);
        use_operand(f, x, e);
        use_operand(f, y, e);
        use_operand(f, z, e);
    }
    return of_finite(f, x, y, z, negative, negative_addend, e);
}

// Apart, so that the short paths save no registers for them.
[[gnu::noinline]] static u64 long_f64(u64 x, u64 y, u64 z, unsigned negate, struct fp_env *e) {
    return mul_add(DOUBLE, x, y, z, negate, e);
}
[[gnu::noinline]] static u32 long_f32(u32 x, u32 y, u32 z, unsigned negate, struct fp_env *e) {
    return (u32)mul_add(SINGLE, x, y, z, negate, e);
}

u16 f16_mul_add(u16 x, u16 y, u16 z, unsigned negate, struct fp_env *e) { return (u16)mul_add(HALF, x, y, z, negate, e); }

u64 f64_mul_add(u64 x, u64 y, u64 z, unsigned negate, struct fp_env *e) {
    u64 r;
    if (FP_QUICK && fp_may_be_inexact(e) && e->fuses && likely(f64_quick_fused(x, y, z, negate, &r))) return r;
    return long_f64(x, y, z, negate, e);
}

u32 f32_mul_add(u32 x, u32 y, u32 z, unsigned negate, struct fp_env *e) {
    u32 r;
    if (FP_QUICK && fp_may_be_inexact(e) && likely(f32_quick_mul_add(x, y, z, negate, &r))) return r;
    return long_f32(x, y, z, negate, e);
}
