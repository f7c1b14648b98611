// SPDX-License-Identifier: MIT
// Sums, products, quotients and roots. Each works with enough bits below the result's last that what is left of the exact value is
// one bit: is there more.
#include "fp/arith.h"
#include "fp/root.h"
#include "fp/soft.h"

// ---- sums

// A denormal keeps its exponent of 1: sums need no highest bit at TOP, and a zero must not shift the other summand away.
FP_INLINE struct number unpack_aligned(FMT, u64 v) {
    if (likely(is_normal(f, v))) return unpack_normal(f, v);
    return (struct number){1, magnitude(f, v) << (TOP - f.fraction)};
}

FP_INLINE u64 sum_of_finite(FMT, u64 x, u64 y, bool negative, bool subtract, struct fp_env *e) {
    struct number a = unpack_aligned(f, x), b = unpack_aligned(f, y);
    i32 exp = a.exp;
    if (a.exp >= b.exp) {
        b.mant = shift_right_sticky_64(b.mant, (unsigned)(a.exp - b.exp));
    } else {
        a.mant = shift_right_sticky_64(a.mant, (unsigned)(b.exp - a.exp));
        exp = b.exp;
    }
    u64 m = subtract ? a.mant - b.mant : a.mant + b.mant;
    if (subtract && b.mant > a.mant) {
        m = -m;
        negative = !negative;
    }
    // IEEE 754, 6.3: x - x is +0, or -0 when rounding down; x + x keeps its sign.
    if (unlikely(!m)) return signed_(f, subtract ? e->rounding == FP_DOWN : negative, 0);
    unsigned shift = (unsigned)__builtin_clzll(m);
    return signed_(f, negative, round_and_pack(f, exp + (63 - TOP) - (i32)shift, (u128)(m << shift) << 64, negative, e));
}

FP_INLINE u64 sum(FMT, u64 x, u64 y, bool minus, struct fp_env *e) {
    bool negative = is_negative(f, x), subtract = (negative != is_negative(f, y)) != minus;
    if (unlikely(!is_normal(f, x) || !is_normal(f, y))) {
        x = flush_operand(f, x, e);
        y = flush_operand(f, y, e);
        if (is_nan(f, x) || is_nan(f, y)) return propagate_nan(f, (const u64[]){x, y}, 2, e);
        if (is_inf(f, x) && is_inf(f, y) && subtract) return invalid(f, e);
        use_operand(f, x, e);
        use_operand(f, y, e);
        if (is_inf(f, x)) return x;
        if (is_inf(f, y)) return y ^ signed_(f, minus, 0);
    }
    return sum_of_finite(f, x, y, negative, subtract, e);
}

u16 f16_add(u16 x, u16 y, struct fp_env *e) { return (u16)sum(HALF, x, y, false, e); }
u32 f32_add(u32 x, u32 y, struct fp_env *e) { return (u32)sum(SINGLE, x, y, false, e); }
u64 f64_add(u64 x, u64 y, struct fp_env *e) { return sum(DOUBLE, x, y, false, e); }
u16 f16_sub(u16 x, u16 y, struct fp_env *e) { return (u16)sum(HALF, x, y, true, e); }
u32 f32_sub(u32 x, u32 y, struct fp_env *e) { return (u32)sum(SINGLE, x, y, true, e); }
u64 f64_sub(u64 x, u64 y, struct fp_env *e) { return sum(DOUBLE, x, y, true, e); }

// ---- products

FP_INLINE u64 product(FMT, u64 x, u64 y, struct fp_env *e) {
    bool negative = is_negative(f, x ^ y);
    if (unlikely(!is_normal(f, x) || !is_normal(f, y))) {
        x = flush_operand(f, x, e);
        y = flush_operand(f, y, e);
        if (is_nan(f, x) || is_nan(f, y)) return propagate_nan(f, (const u64[]){x, y}, 2, e);
        bool infinite = is_inf(f, x) || is_inf(f, y), zero = !magnitude(f, x) || !magnitude(f, y);
        if (infinite && zero) return invalid(f, e);
        use_operand(f, x, e);
        use_operand(f, y, e);
        if (infinite || zero) return signed_(f, negative, infinite ? infinity(f) : 0);
    }
    struct number a = unpack(f, x), b = unpack(f, y);
    u128 m = (u128)a.mant * b.mant; // highest bit at 2 * TOP or one above
    unsigned shift = (unsigned)__builtin_clzll((u64)(m >> 64));
    i32 exp = a.exp + b.exp - bias(f) + (127 - 2 * TOP) - (i32)shift;
    return signed_(f, negative, round_and_pack(f, exp, m << shift, negative, e));
}

u16 f16_mul(u16 x, u16 y, struct fp_env *e) { return (u16)product(HALF, x, y, e); }
u32 f32_mul(u32 x, u32 y, struct fp_env *e) { return (u32)product(SINGLE, x, y, e); }
u64 f64_mul(u64 x, u64 y, struct fp_env *e) { return product(DOUBLE, x, y, e); }

// ---- quotients

FP_INLINE u64 quotient(FMT, u64 x, u64 y, struct fp_env *e) {
    bool negative = is_negative(f, x ^ y);
    if (unlikely(!is_normal(f, x) || !is_normal(f, y))) {
        x = flush_operand(f, x, e);
        y = flush_operand(f, y, e);
        if (is_nan(f, x) || is_nan(f, y)) return propagate_nan(f, (const u64[]){x, y}, 2, e);
        bool infinite = is_inf(f, x), zero = !magnitude(f, x);
        if ((infinite && is_inf(f, y)) || (zero && !magnitude(f, y))) return invalid(f, e);
        if (!infinite && !magnitude(f, y)) {
            e->flags |= FP_DZ;
            return signed_(f, negative, infinity(f));
        }
        use_operand(f, x, e);
        use_operand(f, y, e);
        if (infinite || zero || is_inf(f, y)) return signed_(f, negative, infinite ? infinity(f) : 0);
    }
    struct number a = unpack(f, x), b = unpack(f, y);
    u128 n = (u128)a.mant << 63;
    u64 q = (u64)(n / b.mant); // 2^62 < q < 2^64
    unsigned shift = (unsigned)__builtin_clzll(q);
    bool more = (u128)q * b.mant != n;
    u128 m = (u128)q << 64 | (u128)more << 63;
    return signed_(f, negative, round_and_pack(f, a.exp - b.exp + bias(f) - (i32)shift, m << shift, negative, e));
}

u16 f16_div(u16 x, u16 y, struct fp_env *e) { return (u16)quotient(HALF, x, y, e); }
u32 f32_div(u32 x, u32 y, struct fp_env *e) { return (u32)quotient(SINGLE, x, y, e); }
u64 f64_div(u64 x, u64 y, struct fp_env *e) { return quotient(DOUBLE, x, y, e); }

// ---- roots

static inline u64 square_root(FMT, u64 x, struct fp_env *e) {
    x = flush_operand(f, x, e);
    if (is_nan(f, x)) return propagate_nan(f, &x, 1, e);
    if (!magnitude(f, x)) return x;
    if (is_negative(f, x)) return invalid(f, e);
    use_operand(f, x, e);
    if (is_inf(f, x)) return x;
    struct number a = unpack(f, x);
    // (mant / 2^62) * 2^power, the power even: sqrt(mant * 2^64) / 2^63 is between 1 and 2.
    i32 power = a.exp - bias(f);
    unsigned odd = (unsigned)power & 1;
    struct root r = integer_root((u128)a.mant << (64 + odd));
    return round_and_pack(f, (power - (i32)odd) / 2 + bias(f), (u128)r.root << 64 | (r.rest != 0), false, e);
}

u16 f16_sqrt(u16 x, struct fp_env *e) { return (u16)square_root(HALF, x, e); }
u32 f32_sqrt(u32 x, struct fp_env *e) { return (u32)square_root(SINGLE, x, e); }
u64 f64_sqrt(u64 x, struct fp_env *e) { return square_root(DOUBLE, x, e); }
