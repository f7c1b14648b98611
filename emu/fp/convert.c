// SPDX-License-Identifier: MIT
// Conversions among binary16, binary32, binary64 and integers.
#include "fp/convert.h"
#include "fp/soft.h"

// ---- format to format

// A NaN's payload is the fraction's upper bits in either format.
FP_INLINE u64 convert_nan(struct format from, struct format to, u64 x, struct fp_env *e) {
    u64 nan = propagate_nan(from, &x, 1, e);
    if (e->nan == FP_NAN_DEFAULT) return default_nan(to, e);
    u64 fraction = nan & (BIT(from.fraction) - 1);
    fraction =
        to.fraction > from.fraction ? fraction << (to.fraction - from.fraction) : fraction >> (from.fraction - to.fraction);
    return signed_(to, is_negative(from, x), infinity(to) | fraction);
}

FP_INLINE u64 convert(struct format from, struct format to, u64 x, struct fp_env *e) {
    bool negative = is_negative(from, x);
    if (unlikely(!is_normal(from, x))) {
        x = flush_operand(from, x, e);
        if (is_nan(from, x)) return convert_nan(from, to, x, e);
        if (is_inf(from, x)) return signed_(to, negative, infinity(to));
        if (!magnitude(from, x)) return signed_(to, negative, 0);
        use_operand(from, x, e);
    }
    struct number n = unpack(from, x);
    i32 exp = n.exp - bias(from) + bias(to);
    return signed_(to, negative, round_and_pack(to, exp, (u128)n.mant << (127 - TOP), negative, e));
}

u32 f16_to_f32(u16 x, struct fp_env *e) { return (u32)convert(HALF, SINGLE, x, e); }
u64 f16_to_f64(u16 x, struct fp_env *e) { return convert(HALF, DOUBLE, x, e); }
u64 f32_to_f64(u32 x, struct fp_env *e) { return convert(SINGLE, DOUBLE, x, e); }
u16 f32_to_f16(u32 x, struct fp_env *e) { return (u16)convert(SINGLE, HALF, x, e); }
u16 f64_to_f16(u64 x, struct fp_env *e) { return (u16)convert(DOUBLE, HALF, x, e); }
u32 f64_to_f32(u64 x, struct fp_env *e) { return (u32)convert(DOUBLE, SINGLE, x, e); }

// ---- to integers

struct integer { // a type of `width` bits; results are those bits, zero-extended
    unsigned width;
    bool is_signed;
};
#define INT const struct integer t
FP_INLINE u64 greatest(INT) { return mask(t.width - 1, 0) >> t.is_signed; }
FP_INLINE u64 lowest(INT) { return t.is_signed ? BIT(t.width - 1) : 0; }

static u64 no_integer(INT, bool nan, bool negative, struct fp_env *e) {
    e->flags |= FP_NV;
    if (e->no_integer == FP_INDEFINITE) return t.is_signed ? lowest(t) : greatest(t);
    if (nan) return e->no_integer == FP_NAN_IS_MAX ? greatest(t) : 0;
    return negative ? lowest(t) : greatest(t);
}

// The integral part of a magnitude below 2^64, and *rest, its fraction of 2^64.
FP_INLINE u64 split(FMT, struct number n, u64 *rest) {
    i32 place = n.exp - bias(f); // of the highest bit
    u128 v = shift_right_sticky((u128)n.mant << (127 - TOP), (unsigned)(63 - place));
    *rest = (u64)v;
    return (u64)(v >> 64);
}

FP_INLINE u64 to_integer(FMT, u64 x, INT, struct fp_env *e) {
    bool negative = is_negative(f, x);
    if (unlikely(!is_normal(f, x))) {
        x = flush_operand(f, x, e);
        if (is_nan(f, x)) return no_integer(t, true, negative, e);
        if (!magnitude(f, x)) return 0;
    }
    if (is_inf(f, x) || (i32)(magnitude(f, x) >> f.fraction) - bias(f) >= 64) return no_integer(t, false, negative, e);
    u64 rest, m = split(f, unpack(f, x), &rest);
    m += rounds_up(e->rounding, negative, m & 1, rest); // not to 2^64: what has a fraction has fewer bits before it
    if (m > (negative ? lowest(t) : greatest(t))) return no_integer(t, false, negative, e);
    if (rest) e->flags |= FP_NX;
    return (negative ? -m : m) & mask(t.width - 1, 0);
}

#define I16 ((struct integer){16, true})
#define U16 ((struct integer){16, false})
#define I32 ((struct integer){32, true})
#define U32 ((struct integer){32, false})
#define I64 ((struct integer){64, true})
#define U64 ((struct integer){64, false})
i32 f32_to_i32(u32 x, struct fp_env *e) { return (i32)to_integer(SINGLE, x, I32, e); }
u32 f32_to_u32(u32 x, struct fp_env *e) { return (u32)to_integer(SINGLE, x, U32, e); }
i64 f32_to_i64(u32 x, struct fp_env *e) { return (i64)to_integer(SINGLE, x, I64, e); }
u64 f32_to_u64(u32 x, struct fp_env *e) { return to_integer(SINGLE, x, U64, e); }
i16 f64_to_i16(u64 x, struct fp_env *e) { return (i16)to_integer(DOUBLE, x, I16, e); }
u16 f64_to_u16(u64 x, struct fp_env *e) { return (u16)to_integer(DOUBLE, x, U16, e); }
i32 f64_to_i32(u64 x, struct fp_env *e) { return (i32)to_integer(DOUBLE, x, I32, e); }
u32 f64_to_u32(u64 x, struct fp_env *e) { return (u32)to_integer(DOUBLE, x, U32, e); }
i64 f64_to_i64(u64 x, struct fp_env *e) { return (i64)to_integer(DOUBLE, x, I64, e); }
u64 f64_to_u64(u64 x, struct fp_env *e) { return to_integer(DOUBLE, x, U64, e); }

// ---- from integers

FP_INLINE u64 from_magnitude(FMT, bool negative, u64 m, struct fp_env *e) {
    if (!m) return 0;
    unsigned shift = (unsigned)__builtin_clzll(m);
    return signed_(f, negative, round_and_pack(f, bias(f) + 63 - (i32)shift, (u128)(m << shift) << 64, negative, e));
}
FP_INLINE u64 from_signed(FMT, i64 x, struct fp_env *e) { return from_magnitude(f, x < 0, x < 0 ? -(u64)x : (u64)x, e); }

u32 f32_from_i32(i32 x, struct fp_env *e) { return (u32)from_signed(SINGLE, x, e); }
u32 f32_from_u32(u32 x, struct fp_env *e) { return (u32)from_magnitude(SINGLE, false, x, e); }
u32 f32_from_i64(i64 x, struct fp_env *e) { return (u32)from_signed(SINGLE, x, e); }
u32 f32_from_u64(u64 x, struct fp_env *e) { return (u32)from_magnitude(SINGLE, false, x, e); }
u64 f64_from_i32(i32 x, struct fp_env *e) { return from_signed(DOUBLE, x, e); }
u64 f64_from_u32(u32 x, struct fp_env *e) { return from_magnitude(DOUBLE, false, x, e); }
u64 f64_from_i64(i64 x, struct fp_env *e) { return from_signed(DOUBLE, x, e); }
u64 f64_from_u64(u64 x, struct fp_env *e) { return from_magnitude(DOUBLE, false, x, e); }
