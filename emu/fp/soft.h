// SPDX-License-Identifier: MIT
// Binary floating point on integers: taking values apart, and rounding them with an env's rules and flags. For arithmetic that
// needs the parts; arith.h, convert.h and compare.h offer whole operations.
#ifndef FP_SOFT_H
#define FP_SOFT_H

#include "base/bits.h"
#include "fp/env.h"

#define FP_INLINE static inline __attribute__((always_inline))

struct format {                  // a binary interchange format
    unsigned fraction, exponent; // bits
};
#define HALF ((struct format){10, 5})
#define SINGLE ((struct format){23, 8})
#define DOUBLE ((struct format){52, 11})

// One format's constants, folded away by inlining.
#define FMT const struct format f
FP_INLINE u64 sign_bit(FMT) { return BIT(f.fraction + f.exponent); }
FP_INLINE u64 infinity(FMT) { return mask(f.fraction + f.exponent - 1, f.fraction); }
FP_INLINE u64 quiet_bit(FMT) { return BIT(f.fraction - 1); }
FP_INLINE i32 bias(FMT) { return (i32)mask(f.exponent - 2, 0); }
FP_INLINE u64 magnitude(FMT, u64 v) { return v & (sign_bit(f) - 1); }
FP_INLINE bool is_negative(FMT, u64 v) { return (v & sign_bit(f)) != 0; }
FP_INLINE bool is_nan(FMT, u64 v) { return magnitude(f, v) > infinity(f); }
FP_INLINE bool is_signalling(FMT, u64 v) { return is_nan(f, v) && !(v & quiet_bit(f)); }
FP_INLINE bool is_inf(FMT, u64 v) { return magnitude(f, v) == infinity(f); }
FP_INLINE bool is_denormal(FMT, u64 v) { return magnitude(f, v) - 1 < BIT(f.fraction) - 1; }
FP_INLINE bool is_normal(FMT, u64 v) { return magnitude(f, v) - BIT(f.fraction) < infinity(f) - BIT(f.fraction); }
FP_INLINE u64 signed_(FMT, bool negative, u64 m) { return m | (negative ? sign_bit(f) : 0); }

FP_INLINE u64 default_nan(FMT, const struct fp_env *e) { return signed_(f, e->negative_nan, infinity(f) | quiet_bit(f)); }
FP_INLINE u64 invalid(FMT, struct fp_env *e) {
    e->flags |= FP_NV;
    return default_nan(f, e);
}

// The operand as the mode lets it be seen.
FP_INLINE u64 flush_operand(FMT, u64 v, struct fp_env *e) {
    if (likely(!e->flush_in) || !is_denormal(f, v)) return v;
    if (e->denormal == FP_DENORMAL_FLUSHED) e->flags |= FP_ID;
    return v & sign_bit(f);
}
// v, already flushed, takes part.
FP_INLINE void use_operand(FMT, u64 v, struct fp_env *e) {
    if (e->denormal == FP_DENORMAL_USED && is_denormal(f, v)) e->flags |= FP_ID;
}

// The result of an operation whose operands (n of them, in the order of FP_NAN_FIRST) are NaNs, one at least.
static inline u64 propagate_nan(FMT, const u64 *operand, unsigned n, struct fp_env *e) {
    bool found = false, signalling = false;
    u64 r = 0;
    for (unsigned i = 0; i < n; i++) {
        bool now = is_signalling(f, operand[i]);
        if (!is_nan(f, operand[i])) continue;
        if (!found || (e->nan == FP_NAN_SIGNALLING && now && !signalling)) r = operand[i];
        found = true;
        signalling |= now;
    }
    if (signalling) e->flags |= FP_NV;
    return e->nan == FP_NAN_DEFAULT ? default_nan(f, e) : r | quiet_bit(f);
}

// mant * 2^exp, exp counted in the format's own biased units: a normal value has its highest bit at TOP and its exponent
// field in exp.
enum { TOP = 62 };
struct number {
    i32 exp;
    u64 mant;
};

FP_INLINE struct number unpack_normal(FMT, u64 v) {
    u64 fraction = v & (BIT(f.fraction) - 1);
    return (struct number){(i32)(magnitude(f, v) >> f.fraction), (BIT(f.fraction) | fraction) << (TOP - f.fraction)};
}

static inline struct number unpack_denormal(FMT, u64 v) {
    u64 fraction = magnitude(f, v);
    unsigned shift = (unsigned)__builtin_clzll(fraction) - (63 - f.fraction);
    return (struct number){1 - (i32)shift, fraction << shift << (TOP - f.fraction)};
}

FP_INLINE struct number unpack(FMT, u64 v) { // zero: mant = 0
    if (likely(is_normal(f, v))) return unpack_normal(f, v);
    if (!magnitude(f, v)) return (struct number){1, 0};
    return unpack_denormal(f, v);
}

FP_INLINE u128 shift_right_sticky(u128 v, unsigned n) {
    if (n > 127) return v != 0;
    return v >> n | ((v << (127 - n) << 1) != 0);
}
FP_INLINE u64 shift_right_sticky_64(u64 v, unsigned n) {
    if (n > 63) return v != 0;
    return v >> n | ((v << (63 - n) << 1) != 0);
}

// Is a magnitude rounded up whose dropped part is `rest` of 2^64?
FP_INLINE bool rounds_up(unsigned rounding, bool negative, bool odd, u64 rest) {
    if (likely(rounding == FP_NEAREST)) return rest > BIT(63) || (rest == BIT(63) && odd);
    if (rounding == FP_AWAY) return rest >> 63;
    return rest && rounding == (negative ? FP_DOWN : FP_UP);
}

// The upper `f.fraction` + 1 bits of mant (bit 127 may be clear in a denormal), rounded: a result of 2^(f.fraction + 1) is
// possible and is 1.0 of the next exponent.
FP_INLINE u64 round_mantissa(FMT, u128 mant, bool negative, const struct fp_env *e, bool *inexact) {
    unsigned drop = 127 - f.fraction;
    u64 kept = (u64)(mant >> drop), rest = (u64)shift_right_sticky(mant << (f.fraction + 1), 64);
    *inexact = rest;
    return kept + rounds_up(e->rounding, negative, kept & 1, rest);
}

static inline u64 overflowed(FMT, bool negative, struct fp_env *e, bool inexact) {
    e->flags |= FP_OF | (!(e->trapped & FP_OF) || inexact ? FP_NX : 0);
    return infinity(f) - !rounds_up(e->rounding, negative, true, ~(u64)0);
}

// The result is tiny: below the normal range, before or after rounding with unbounded exponent. `inexact` is that rounding's;
// denormal results have a precision of their own.
static inline u64 tiny(FMT, i32 exp, u128 mant, bool negative, struct fp_env *e, bool inexact) {
    if (e->trapped & FP_UF) {
        e->flags |= FP_UF | (inexact ? FP_NX : 0);
        return 0;
    }
    if (e->flush_out) {
        e->flags |= FP_UF | (e->flushed_exact ? 0 : FP_NX);
        return 0;
    }
    u64 v = round_mantissa(f, shift_right_sticky(mant, (unsigned)(1 - exp)), negative, e, &inexact);
    if (inexact) e->flags |= FP_UF | FP_NX;
    return v; // 2^fraction, the lowest normal's encoding, when it was rounded up to that
}

// Packs mant * 2^exp, bit 127 of mant set, without its sign.
FP_INLINE u64 round_and_pack(FMT, i32 exp, u128 mant, bool negative, struct fp_env *e) {
    bool inexact;
    u64 v = round_mantissa(f, mant, negative, e, &inexact);
    i32 after = exp + (i32)(v >> (f.fraction + 1));
    if (unlikely((e->tiny_before ? exp : after) < 1)) return tiny(f, exp, mant, negative, e, inexact);
    if (unlikely(after >= (i32)mask(f.exponent - 1, 0))) return overflowed(f, negative, e, inexact);
    if (inexact) e->flags |= FP_NX;
    // The implied bit is left in v, and a carry out of it goes on: both add to the exponent.
    return ((u64)(i64)(exp - 1) << f.fraction) + v;
}

#endif
