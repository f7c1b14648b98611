// SPDX-License-Identifier: MIT
#include "isa/arm64/vec/fp.h"

// FPMin, FPMax, FPMinNum, FPMaxNum: emu/fp's minimum_number where no NaN stays.
FP_INLINE bool nan_wins(FMT, u64 x, u64 y, unsigned which) {
    if (!is_nan(f, x) && !is_nan(f, y)) return false;
    bool one_number = !is_nan(f, x) || !is_nan(f, y);
    return !(which & ARM64_NUMBER && one_number) || is_signalling(f, x) || is_signalling(f, y);
}
FP_INLINE u64 nan_of(FMT, u64 x, u64 y, struct fp_env *e) {
    x = flush_operand(f, x, e);
    y = flush_operand(f, y, e);
    return propagate_nan(f, (const u64[]){x, y}, 2, e);
}
u16 arm64_extremum_16(u16 x, u16 y, unsigned which, struct fp_env *e) {
    if (unlikely(nan_wins(HALF, x, y, which))) return (u16)nan_of(HALF, x, y, e);
    return which & ARM64_MAX_OF ? f16_maximum_number(x, y, e) : f16_minimum_number(x, y, e);
}
u32 arm64_extremum_32(u32 x, u32 y, unsigned which, struct fp_env *e) {
    if (unlikely(nan_wins(SINGLE, x, y, which))) return (u32)nan_of(SINGLE, x, y, e);
    return which & ARM64_MAX_OF ? f32_maximum_number(x, y, e) : f32_minimum_number(x, y, e);
}
u64 arm64_extremum_64(u64 x, u64 y, unsigned which, struct fp_env *e) {
    if (unlikely(nan_wins(DOUBLE, x, y, which))) return nan_of(DOUBLE, x, y, e);
    return which & ARM64_MAX_OF ? f64_maximum_number(x, y, e) : f64_minimum_number(x, y, e);
}

FP_INLINE u64 integral(FMT, u64 x, bool exact, struct fp_env *e) {
    x = flush_operand(f, x, e);
    if (is_nan(f, x)) return propagate_nan(f, &x, 1, e);
    i32 place = (i32)(magnitude(f, x) >> f.fraction) - bias(f); // of the highest bit
    if (place >= (i32)f.fraction || !magnitude(f, x)) return x;
    u64 m = magnitude(f, x), r, rest, sign = x & sign_bit(f);
    if (place < 0) {
        // Below 1: 0 or 1; the fraction counts as just below a half, a half, or above.
        u64 half = (u64)(bias(f) - 1) << f.fraction;
        rest = m < half ? 1 : m == half ? BIT(63) : BIT(63) + 1;
        r = rounds_up(e->rounding, sign, false, rest) ? (u64)bias(f) << f.fraction : 0;
    } else {
        unsigned drop = f.fraction - (unsigned)place;
        rest = m << (64 - drop);
        r = m >> drop << drop;
        // Of 1.x the last bit kept is the implied one.
        bool odd = place ? m >> drop & 1 : true;
        if (rounds_up(e->rounding, sign, odd, rest)) r += BIT(drop);
    }
    if (rest && exact) e->flags |= FP_NX;
    return r | sign;
}
u16 arm64_integral_16(u16 x, bool exact, struct fp_env *e) { return (u16)integral(HALF, x, exact, e); }
u32 arm64_integral_32(u32 x, bool exact, struct fp_env *e) { return (u32)integral(SINGLE, x, exact, e); }
u64 arm64_integral_64(u64 x, bool exact, struct fp_env *e) { return integral(DOUBLE, x, exact, e); }

// Scaled in doubles, which is exact but where it ends at infinity, and that no integer holds either. A denormal stays: its value is
// far below one bit in either case.
u64 arm64_to_fixed_64(u64 x, unsigned width, bool is_signed, unsigned fbits, struct fp_env *e) {
    if (fbits && is_normal(DOUBLE, x)) {
        u64 exp = (magnitude(DOUBLE, x) >> 52) + fbits;
        x = exp > 2046 ? (x & sign_bit(DOUBLE)) | (u64)2046 << 52 : x + ((u64)fbits << 52);
    }
    if (width == 16) return is_signed ? (u16)f64_to_i16(x, e) : f64_to_u16(x, e);
    if (width == 32) return is_signed ? (u32)f64_to_i32(x, e) : f64_to_u32(x, e);
    return is_signed ? (u64)f64_to_i64(x, e) : f64_to_u64(x, e);
}
u64 arm64_to_fixed_32(u32 x, unsigned width, bool is_signed, unsigned fbits, struct fp_env *e) {
    return arm64_to_fixed_64(f32_to_f64(x, e), width, is_signed, fbits, e);
}
u64 arm64_to_fixed_16(u16 x, unsigned width, bool is_signed, unsigned fbits, struct fp_env *e) {
    return arm64_to_fixed_64(f16_to_f64(x, e), width, is_signed, fbits, e);
}
u64 arm64_from_fixed_64(u64 x, bool is_signed, unsigned fbits, struct fp_env *e) {
    u64 r = is_signed ? f64_from_i64((i64)x, e) : f64_from_u64(x, e);
    return magnitude(DOUBLE, r) ? r - ((u64)fbits << 52) : r;
}
u32 arm64_from_fixed_32(u64 x, bool is_signed, unsigned fbits, struct fp_env *e) {
    u32 r = is_signed ? f32_from_i64((i64)x, e) : f32_from_u64(x, e);
    return magnitude(SINGLE, r) ? r - ((u32)fbits << 23) : r;
}
// What binary16 cannot hold is denormal or too large: it has less range than the integers.
u16 arm64_from_fixed_16(u64 x, bool is_signed, unsigned fbits, struct fp_env *e) {
    bool negative = is_signed && x >> 63;
    u64 m = negative ? -x : x;
    if (!m) return 0;
    unsigned shift = (unsigned)__builtin_clzll(m);
    i32 exp = bias(HALF) + 63 - (i32)shift - (i32)fbits;
    return (u16)signed_(HALF, negative, round_and_pack(HALF, exp, (u128)(m << shift) << 64, negative, e));
}
