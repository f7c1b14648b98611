// SPDX-License-Identifier: MIT
// Binary floating point on integers, for what the host's SSE2 cannot do exactly: taking values apart, and rounding with MXCSR's
// rules and flags (vol. 1, 4.8 and 4.9). Users: fma.c, op_f16c.c, ROUND in op_sse_fp4.c.
#ifndef X86_SOFTFP_H
#define X86_SOFTFP_H

#include "isa/x86_64/sse.h"

struct format { // a binary interchange format
    unsigned fraction, exponent; // bits
};
#define HALF ((struct format){10, 5})
#define SINGLE ((struct format){23, 8})
#define DOUBLE ((struct format){52, 11})

enum { RC_NEAREST, RC_DOWN, RC_UP, RC_ZERO }; // MXCSR.RC

// One format's constants and one operation's circumstances, folded away by inlining.
#define FMT const struct format f
static ALWAYS_INLINE u64 sign_bit(FMT) { return BIT(f.fraction + f.exponent); }
static ALWAYS_INLINE u64 infinity(FMT) { return mask(f.fraction + f.exponent - 1, f.fraction); }
static ALWAYS_INLINE u64 quiet_bit(FMT) { return BIT(f.fraction - 1); }
static ALWAYS_INLINE u64 magnitude(FMT, u64 v) { return v & (sign_bit(f) - 1); }
static ALWAYS_INLINE bool is_nan(FMT, u64 v) { return magnitude(f, v) > infinity(f); }
static ALWAYS_INLINE bool is_inf(FMT, u64 v) { return magnitude(f, v) == infinity(f); }
static ALWAYS_INLINE bool is_denormal(FMT, u64 v) { return magnitude(f, v) - 1 < BIT(f.fraction) - 1; }
static ALWAYS_INLINE bool is_normal(FMT, u64 v) { return magnitude(f, v) - BIT(f.fraction) < infinity(f) - BIT(f.fraction); }

// mant * 2^exp, exp counted in the format's own biased units: a normal value has its highest bit at TOP and its exponent
// field in exp.
enum { TOP = 62 };
struct number {
    i32 exp;
    u64 mant;
};

static ALWAYS_INLINE struct number unpack_normal(FMT, u64 v) {
    u64 fraction = v & (BIT(f.fraction) - 1);
    return (struct number){(i32)(magnitude(f, v) >> f.fraction), (BIT(f.fraction) | fraction) << (TOP - f.fraction)};
}

static inline struct number unpack_denormal(FMT, u64 v) {
    u64 fraction = magnitude(f, v);
    unsigned shift = (unsigned)__builtin_clzll(fraction) - (63 - f.fraction);
    return (struct number){1 - (i32)shift, fraction << shift << (TOP - f.fraction)};
}

static ALWAYS_INLINE struct number unpack(FMT, u64 v) { // zero: mant = 0
    if (likely(is_normal(f, v))) return unpack_normal(f, v);
    if (!magnitude(f, v)) return (struct number){1, 0};
    return unpack_denormal(f, v);
}

static ALWAYS_INLINE u128 shift_right_sticky(u128 v, unsigned n) {
    if (n > 127) return v != 0;
    return v >> n | ((v << (127 - n) << 1) != 0);
}

// Is a magnitude rounded up whose dropped part is `rest` of 2^64?
static ALWAYS_INLINE bool rounds_up(unsigned rc, bool negative, bool odd, u64 rest) {
    if (likely(rc == RC_NEAREST)) return rest > BIT(63) || (rest == BIT(63) && odd);
    return rest && rc == (negative ? RC_DOWN : RC_UP);
}

// The circumstances of one rounding.
struct round {
    bool negative;
    u32 mxcsr;
    u32 *flags;
};

// The upper `f.fraction` + 1 bits of mant (bit 127 may be clear in a denormal), rounded: a result of 2^(f.fraction + 1) is
// possible and is 1.0 of the next exponent.
static ALWAYS_INLINE u64 round_mantissa(FMT, u128 mant, struct round r, bool *inexact) {
    unsigned drop = 127 - f.fraction;
    u64 kept = (u64)(mant >> drop), rest = (u64)shift_right_sticky(mant << (f.fraction + 1), 64);
    *inexact = rest;
    return kept + rounds_up(r.mxcsr >> MX_RC_SHIFT & 3, r.negative, kept & 1, rest);
}

static inline u64 overflowed(FMT, struct round r, bool inexact) {
    *r.flags |= MX_OE | (r.mxcsr & MX_OE << MX_MASK_SHIFT || inexact ? MX_PE : 0);
    return infinity(f) - !rounds_up(r.mxcsr >> MX_RC_SHIFT & 3, r.negative, true, ~(u64)0);
}

// The result is tiny: below the normal range even after rounding with unbounded exponent (vol. 1, 4.9.1.5). `inexact` is
// that rounding's; denormal results have a precision of their own.
static inline u64 tiny(FMT, i32 exp, u128 mant, struct round r, bool inexact) {
    if (!(r.mxcsr & MX_UE << MX_MASK_SHIFT)) {
        *r.flags |= MX_UE | (inexact ? MX_PE : 0);
        return 0; // dropped: #XM
    }
    if (r.mxcsr & MX_FZ) {
        *r.flags |= MX_UE | MX_PE;
        return 0;
    }
    u64 v = round_mantissa(f, shift_right_sticky(mant, (unsigned)(1 - exp)), r, &inexact);
    if (inexact) *r.flags |= MX_UE | MX_PE;
    return v; // 2^fraction, the lowest normal's encoding, when it was rounded up to that
}

// Packs mant * 2^exp, bit 127 of mant set, without its sign.
static ALWAYS_INLINE u64 round_and_pack(FMT, i32 exp, u128 mant, struct round r) {
    bool inexact;
    u64 v = round_mantissa(f, mant, r, &inexact);
    i32 after = exp + (i32)(v >> (f.fraction + 1));
    if (unlikely(after < 1)) return tiny(f, exp, mant, r, inexact);
    if (unlikely(after >= (i32)mask(f.exponent - 1, 0))) return overflowed(f, r, inexact);
    if (inexact) *r.flags |= MX_PE;
    // The implied bit is left in v, and a carry out of it goes on: both add to the exponent.
    return ((u64)(i64)(exp - 1) << f.fraction) + v;
}

#endif
