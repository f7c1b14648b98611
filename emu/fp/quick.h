// SPDX-License-Identifier: MIT
// Short paths on the host's doubles and floats, for rounding to nearest with FP_NX raised already (as in any program after its first
// division): then the result tells whether anything else came up, and nothing needs to be read back from the host. Where FP_NX is
// clear, fN_exact_name tells of a result that it has come about without it. Each short path returns true when *r is the result and no
// flag but FP_NX may have come up; false, with *r undefined, when the long path must look.
// (The host's own control register is at its default: nearest, nothing flushed, all masked. Its flags are left as they fall.)
//
// For an env where denormal operands raise nothing and nothing is flushed (f32_quick_mul_add: for any). Which NaN comes out, hosts
// do not agree about (an emulated one knows no silicon), and results at the ends of the range have flags: these go the long way. No
// operand needs a look of its own: a NaN, an infinity and a zero divisor show in the result.
#ifndef FP_QUICK_H
#define FP_QUICK_H

#include "fp/arith.h"
#include "fp/soft.h"

FP_INLINE bool fp_may_be_inexact(const struct fp_env *e) { return e->rounding == FP_NEAREST && e->flags & FP_NX; }

union f32_bits {
    u32 bits;
    float value;
};
union f64_bits {
    u64 bits;
    double value;
};
FP_INLINE float f32_value(u32 v) { return (union f32_bits){.bits = v}.value; }
FP_INLINE double f64_value(u64 v) { return (union f64_bits){.bits = v}.value; }
FP_INLINE u32 f32_bits(float v) { return (union f32_bits){.value = v}.bits; }
FP_INLINE u64 f64_bits(double v) { return (union f64_bits){.value = v}.bits; }

// Neither zero nor at either end of the exponent's range: neither OF, UF, DZ nor NV came up.
FP_INLINE bool is_ordinary(FMT, u64 r) { return magnitude(f, r) - BIT(f.fraction + 1) < infinity(f) - BIT(f.fraction + 1); }

#define FP_QUICK_BINARY(name, op)                                                                                                \
    FP_INLINE bool f32_quick_##name(u32 x, u32 y, u32 *r) {                                                                      \
        *r = f32_bits(f32_value(x) op f32_value(y));                                                                             \
        return is_ordinary(SINGLE, *r);                                                                                          \
    }                                                                                                                            \
    FP_INLINE bool f64_quick_##name(u64 x, u64 y, u64 *r) {                                                                      \
        *r = f64_bits(f64_value(x) op f64_value(y));                                                                             \
        return is_ordinary(DOUBLE, *r);                                                                                          \
    }
FP_QUICK_BINARY(add, +)
FP_QUICK_BINARY(sub, -)
FP_QUICK_BINARY(mul, *)
FP_QUICK_BINARY(div, /)
#undef FP_QUICK_BINARY

FP_INLINE bool f32_quick_sqrt(u32 x, u32 *r) {
    *r = f32_bits(__builtin_sqrtf(f32_value(x)));
    return is_ordinary(SINGLE, *r);
}
FP_INLINE bool f64_quick_sqrt(u64 x, u64 *r) {
    *r = f64_bits(__builtin_sqrt(f64_value(x)));
    return is_ordinary(DOUBLE, *r);
}

// ---- with FP_NX clear: r, which a short path has given, is exact. False: it is not, or the long path must say.
//
// A sum: what r is beyond the larger operand is computed without an error (T. J. Dekker, 1971), and is the smaller operand or is not.
#define FP_EXACT_SUM(name, sign, bits, FORMAT)                                                                                   \
    FP_INLINE bool f##bits##_exact_##name(u##bits x, u##bits y, u##bits r) {                                                     \
        auto a = f##bits##_value(x), b = sign f##bits##_value(y), s = f##bits##_value(r);                                        \
        bool larger = magnitude(FORMAT, x) >= magnitude(FORMAT, y);                                                              \
        return s - (larger ? a : b) == (larger ? b : a);                                                                         \
    }
FP_EXACT_SUM(add, +, 32, SINGLE)
FP_EXACT_SUM(sub, -, 32, SINGLE)
FP_EXACT_SUM(add, +, 64, DOUBLE)
FP_EXACT_SUM(sub, -, 64, DOUBLE)
#undef FP_EXACT_SUM

// A product of two floats has at most 48 bits, and is exact in a double.
FP_INLINE bool f32_exact_mul(u32 x, u32 y, u32 r) { return (double)f32_value(x) * (double)f32_value(y) == (double)f32_value(r); }
FP_INLINE bool f32_exact_div(u32 x, u32 y, u32 r) { return f32_exact_mul(r, y, x); }
FP_INLINE bool f32_exact_sqrt(u32 x, u32 r) { return f32_exact_mul(r, r, x); }

// A product of two normal doubles has 105 or 106 bits, of which 53 stay where it is normal, too.
FP_INLINE bool f64_exact_mul(u64 x, u64 y, u64 r) {
    if (unlikely(!is_normal(DOUBLE, x) || !is_normal(DOUBLE, y) || !is_normal(DOUBLE, r))) return false;
    u128 p = (u128)((x & mask(51, 0)) | BIT(52)) * ((y & mask(51, 0)) | BIT(52));
    return !((u64)p & mask(51 + (u32)(p >> 105), 0));
}
FP_INLINE bool f64_exact_div(u64 x, u64 y, u64 r) {
    return f64_exact_mul(r, y, x) && f64_value(r) * f64_value(y) == f64_value(x);
}
FP_INLINE bool f64_exact_sqrt(u64 x, u64 r) { return f64_exact_mul(r, r, x) && f64_value(r) * f64_value(r) == f64_value(x); }

FP_INLINE bool f64_quick_from_f32(u32 x, u64 *r) { // exact
    *r = f64_bits((double)f32_value(x));
    return !is_nan(SINGLE, x);
}
FP_INLINE bool f32_quick_from_f64(u64 x, u32 *r) {
    *r = f32_bits((float)f64_value(x));
    return is_ordinary(SINGLE, *r);
}

// To an integer, toward zero; *inexact says FP_NX. For any rounding mode and flags.
FP_INLINE bool f64_quick_to_zero(u64 x, i64 *r, bool *inexact) {
    if (unlikely(magnitude(DOUBLE, x) >= (u64)(bias(DOUBLE) + 62) << DOUBLE.fraction)) return false;
    *r = (i64)f64_value(x);
    *inexact = (double)*r != f64_value(x);
    return true;
}
FP_INLINE bool f32_quick_to_zero(u32 x, i64 *r, bool *inexact) {
    return f64_quick_to_zero(f64_bits((double)f32_value(x)), r, inexact);
}

// In doubles the product is exact and the sum s is rounded once. Rounding s again gives what rounding the exact sum would,
// unless s lies exactly between two floats.
FP_INLINE bool f32_quick_mul_add(u32 x, u32 y, u32 z, unsigned negate, u32 *r) {
    if (unlikely(!is_normal(SINGLE, x) || !is_normal(SINGLE, y) || !is_normal(SINGLE, z))) return false;
    x ^= negate & FP_NEGATE_PRODUCT ? (u32)sign_bit(SINGLE) : 0;
    z ^= negate & FP_NEGATE_ADDEND ? (u32)sign_bit(SINGLE) : 0;
    double s = (double)f32_value(x) * (double)f32_value(y) + (double)f32_value(z);
    *r = f32_bits((float)s);
    enum { BELOW = 52 - 23 };
    return likely((f64_bits(s) & mask(BELOW - 1, 0)) != BIT(BELOW - 1) && is_ordinary(SINGLE, *r));
}

// The host's own fused multiply-add, which rounds once as IEEE 754 says: only where fp_host_fuses() is true. Of normal operands, so it is for
// any env, too. As assembly, since the compiler may use no instruction that not every host has.
#define FP_QUICK_FUSED(bits, suffix, FORMAT)                                                                                     \
    FP_INLINE bool f##bits##_quick_fused(u##bits x, u##bits y, u##bits z, unsigned negate, u##bits *r) {                         \
        if (unlikely(!is_normal(FORMAT, x) || !is_normal(FORMAT, y) || !is_normal(FORMAT, z))) return false;                     \
        auto a = f##bits##_value(x ^ (negate & FP_NEGATE_PRODUCT ? (u##bits)sign_bit(FORMAT) : 0)), b = f##bits##_value(y);      \
        auto c = f##bits##_value(z ^ (negate & FP_NEGATE_ADDEND ? (u##bits)sign_bit(FORMAT) : 0));                               \
        asm("vfmadd213" suffix " %[c], %[b], %[a]" : [a] "+x"(a) : [b] "x"(b), [c] "x"(c));                                      \
        *r = f##bits##_bits(a);                                                                                                  \
        return is_ordinary(FORMAT, *r);                                                                                          \
    }
FP_QUICK_FUSED(32, "ss", SINGLE)
FP_QUICK_FUSED(64, "sd", DOUBLE)
#undef FP_QUICK_FUSED

#endif
