// SPDX-License-Identifier: MIT
// x87 basic arithmetic on integers: rounding with its exceptions, sums, products, quotients, roots, comparison.
#include "isa/x86_64/x87/x87.h"

#include "fp/root.h"

enum x87_class x87_classify(struct x87_reg r) {
    unsigned exp = r.exp & X87_EXP_MAX;
    if (!exp) return r.mant ? X87_DENORMAL : X87_ZERO;
    if (!(r.mant & X87_J)) return X87_UNSUPPORTED;
    if (exp != X87_EXP_MAX) return X87_NORMAL;
    if (r.mant == X87_J) return X87_INF;
    return r.mant & X87_QUIET ? X87_QNAN : X87_SNAN;
}

struct x87_num x87_unpack(struct x87_reg r) {
    struct x87_num n = {x87_sign(r), r.exp & X87_EXP_MAX, r.mant};
    if (n.exp || !n.mant) return n;
    int shift = __builtin_clzll(n.mant); // 0 for a pseudo-denormal, whose exponent counts as 1 too
    n.exp = 1 - shift;
    n.mant <<= shift;
    return n;
}

// The common case: nothing special about either operand, so their bits are their value.
static inline bool both_normal(const struct x87_op *o, struct x87_reg a, struct x87_reg b) {
    unsigned ea = (a.exp & X87_EXP_MAX) - 1u, eb = (b.exp & X87_EXP_MAX) - 1u;
    return FP_QUICK && (a.mant & b.mant) >> 63 && ea < X87_EXP_MAX - 1 && eb < X87_EXP_MAX - 1 && !o->denormal;
}
static inline struct x87_num plain(struct x87_reg r) { return (struct x87_num){x87_sign(r), r.exp & X87_EXP_MAX, r.mant}; }

static bool is_nan(enum x87_class k) { return k == X87_QNAN || k == X87_SNAN; }

bool x87_special(struct x87_op *o, struct x87_reg a, struct x87_reg *out) {
    enum x87_class k = x87_classify(a);
    if (k < X87_QNAN) return false;
    if (k != X87_QNAN) x87_signal(o, X87_IE);
    *out = k == X87_UNSUPPORTED ? X87_INDEFINITE : a;
    out->mant |= X87_QUIET;
    return true;
}

bool x87_special2(struct x87_op *o, struct x87_reg a, struct x87_reg b, struct x87_reg *out) {
    enum x87_class ka = x87_classify(a), kb = x87_classify(b);
    if (likely(ka < X87_QNAN && kb < X87_QNAN)) return false;
    if (ka == X87_UNSUPPORTED || kb == X87_UNSUPPORTED) {
        *out = x87_invalid(o);
        return true;
    }
    if (ka == X87_SNAN || kb == X87_SNAN) x87_signal(o, X87_IE);
    if (!is_nan(kb) || (is_nan(ka) && ka == X87_QNAN && kb == X87_SNAN)) *out = a;
    else if (!is_nan(ka) || (ka == X87_SNAN && kb == X87_QNAN)) *out = b;
    else if (a.mant != b.mant) *out = a.mant > b.mant ? a : b;
    else *out = x87_sign(a) ? b : a;
    out->mant |= X87_QUIET;
    return true;
}

bool x87_denormals(struct x87_op *o, enum x87_class a, enum x87_class b) {
    if (likely(a != X87_DENORMAL && b != X87_DENORMAL && !o->denormal)) return false;
    return x87_signal(o, X87_DE);
}

bool x87_rounds_up(unsigned rc, bool sign, bool odd, u64 rest) {
    switch (rc) {
    case X87_RC_NEAREST: return rest > BIT(63) || (rest == BIT(63) && odd);
    case X87_RC_DOWN: return sign && rest;
    case X87_RC_UP: return !sign && rest;
    default: return false;
    }
}

u128 x87_shift_right_sticky(u128 v, unsigned n) {
    if (!n) return v;
    if (n > 127) return v != 0;
    return v >> n | ((v << (128 - n)) != 0);
}

// mant cut to `precision` bits (in its upper half): *up tells whether it was rounded up, *carry whether that overflowed 64 bits.
static u64 cut(struct x87_op *o, bool sign, u128 mant, unsigned precision, bool *up, bool *carry, bool *inexact) {
    unsigned drop = 128 - precision; // 64, 75 or 104
    u128 below = mant & (((u128)1 << drop) - 1);
    u64 rest = (u64)x87_shift_right_sticky(below, drop - 64);
    u64 unit = BIT(64 - precision), kept = (u64)(mant >> 64) & ~(unit - 1);
    *inexact = below != 0;
    *up = x87_rounds_up(X87_RC(o->fcw), sign, kept & unit, rest);
    *carry = false;
    if (!*up) return kept;
    kept += unit;
    *carry = !kept;
    return kept;
}

static struct x87_reg overflowed(struct x87_op *o, bool sign, unsigned precision) {
    o->fsw |= X87_OE | X87_PE;
    if (x87_rounds_up(X87_RC(o->fcw), sign, true, ~(u64)0)) {
        o->fsw |= X87_C1;
        return x87_pack(sign, X87_EXP_MAX, X87_J);
    }
    return x87_pack(sign, X87_EXP_MAX - 1, ~(BIT(64 - precision) - 1));
}

// Unmasked overflow and underflow: the true exponent, brought back into range by 24576. Where even that does not fit
// (FSCALE): infinity or zero.
static struct x87_reg wrapped(struct x87_op *o, bool sign, i32 exp, u64 mant) {
    enum { WRAP = 24576 };
    bool over = exp > 0;
    exp += over ? -WRAP : WRAP;
    o->fsw |= over ? X87_OE : X87_UE;
    if (exp > 0 && exp < X87_EXP_MAX) return x87_pack(sign, (u32)exp, mant);
    o->fsw |= X87_PE | (over ? X87_C1 : 0);
    return over ? x87_pack(sign, X87_EXP_MAX, X87_J) : x87_pack(sign, 0, 0);
}

static struct x87_reg round_tiny(struct x87_op *o, bool sign, i32 exp, u128 mant, unsigned precision, bool tiny) {
    bool up, carry, inexact;
    mant = x87_shift_right_sticky(mant, exp < -130 ? 131 : (unsigned)(1 - exp));
    u64 kept = cut(o, sign, mant, precision, &up, &carry, &inexact);
    if (inexact) o->fsw |= X87_PE | (tiny ? X87_UE : 0) | (up ? X87_C1 : 0);
    return x87_pack(sign, kept & X87_J ? 1 : 0, kept);
}

// What nearly every result is: 64 bits, to nearest, neither tiny nor huge.
static inline bool round_simply(struct x87_op *o, bool sign, i32 exp, u128 mant, unsigned precision, struct x87_reg *r) {
    if (!FP_QUICK || precision != 64 || X87_RC(o->fcw) != X87_RC_NEAREST || exp < 1 || exp >= X87_EXP_MAX - 1) return false;
    u64 kept = (u64)(mant >> 64), rest = (u64)mant;
    bool up = rest > BIT(63) || (rest == BIT(63) && (kept & 1));
    if (rest) o->fsw |= X87_PE | (up ? X87_C1 : 0);
    kept += up;
    *r = kept ? x87_pack(sign, (u32)exp, kept) : x87_pack(sign, (u32)exp + 1, X87_J);
    return true;
}

struct x87_reg x87_round(struct x87_op *o, bool sign, i32 exp, u128 mant, unsigned precision) {
    bool up, carry, inexact;
    struct x87_reg r;
    if (likely(round_simply(o, sign, exp, mant, precision, &r))) return r;
    u64 kept = cut(o, sign, mant, precision, &up, &carry, &inexact);
    i32 e = exp + carry; // with unbounded exponent: tininess is detected after rounding
    if (carry) kept = X87_J;
    if (unlikely(e < 1 && (o->fcw & X87_UE))) return round_tiny(o, sign, exp, mant, precision, true);
    if (unlikely(e == 1 && exp == 0 && (o->fcw & X87_UE))) return round_tiny(o, sign, exp, mant, precision, false);
    if (unlikely(e >= X87_EXP_MAX && (o->fcw & X87_OE))) return overflowed(o, sign, precision);
    if (inexact) o->fsw |= X87_PE | (up ? X87_C1 : 0);
    if (unlikely(e < 1 || e >= X87_EXP_MAX)) return wrapped(o, sign, e, kept);
    return x87_pack(sign, (u32)e, kept);
}

static unsigned precision_of(const struct x87_op *o) {
    static const u8 bits_of[4] = {24, 64, 53, 64};
    return bits_of[o->fcw >> 8 & 3];
}

// mant in bits 126..63 or a carry above: normalised, then rounded.
static struct x87_reg normalise_round(struct x87_op *o, bool sign, i32 exp, u128 mant) {
    u64 hi = (u64)(mant >> 64);
    unsigned shift = hi ? (unsigned)__builtin_clzll(hi) : 64 + (unsigned)__builtin_clzll((u64)mant);
    return x87_round(o, sign, exp - (i32)shift, mant << shift, precision_of(o));
}

static struct x87_reg add_finite(struct x87_op *o, struct x87_num a, struct x87_num b) {
    if (!a.mant || (b.mant && b.exp > a.exp)) {
        struct x87_num t = a;
        a = b, b = t;
    }
    bool down = X87_RC(o->fcw) == X87_RC_DOWN;
    if (!a.mant) return x87_pack(a.sign == b.sign ? a.sign : down, 0, 0);
    u128 x = (u128)a.mant << 63, y = (u128)b.mant << 63;
    if (b.mant) y = x87_shift_right_sticky(y, (unsigned)(a.exp - b.exp));
    if (a.sign == b.sign) return normalise_round(o, a.sign, a.exp + 1, x + y);
    if (x == y) return x87_pack(down, 0, 0);
    return x > y ? normalise_round(o, a.sign, a.exp + 1, x - y) : normalise_round(o, b.sign, a.exp + 1, y - x);
}

static struct x87_reg add(struct x87_op *o, struct x87_reg a, struct x87_reg b, bool negate) {
    struct x87_reg r;
    if (likely(both_normal(o, a, b))) {
        b.exp ^= negate ? X87_SIGN : 0;
        return add_finite(o, plain(a), plain(b));
    }
    if (x87_special2(o, a, b, &r)) return r;
    if (negate) b.exp ^= X87_SIGN;
    enum x87_class ka = x87_classify(a), kb = x87_classify(b);
    if (ka == X87_INF && kb == X87_INF && x87_sign(a) != x87_sign(b)) return x87_invalid(o);
    if (x87_denormals(o, ka, kb) || ka == X87_INF) return a;
    if (kb == X87_INF) return b;
    return add_finite(o, x87_unpack(a), x87_unpack(b));
}

struct x87_reg x87_add(struct x87_op *o, struct x87_reg a, struct x87_reg b) { return add(o, a, b, false); }
struct x87_reg x87_sub(struct x87_op *o, struct x87_reg a, struct x87_reg b) { return add(o, a, b, true); }

static struct x87_reg mul_finite(struct x87_op *o, bool sign, struct x87_num a, struct x87_num b) {
    return normalise_round(o, sign, a.exp + b.exp - X87_BIAS + 1, (u128)a.mant * b.mant);
}

struct x87_reg x87_mul(struct x87_op *o, struct x87_reg a, struct x87_reg b) {
    struct x87_reg r;
    bool sign = x87_sign(a) != x87_sign(b);
    if (likely(both_normal(o, a, b))) return mul_finite(o, sign, plain(a), plain(b));
    if (x87_special2(o, a, b, &r)) return r;
    enum x87_class ka = x87_classify(a), kb = x87_classify(b);
    if ((ka == X87_INF && kb == X87_ZERO) || (ka == X87_ZERO && kb == X87_INF)) return x87_invalid(o);
    if (x87_denormals(o, ka, kb)) return a;
    if (ka == X87_INF || kb == X87_INF) return x87_pack(sign, X87_EXP_MAX, X87_J);
    if (ka == X87_ZERO || kb == X87_ZERO) return x87_pack(sign, 0, 0);
    return mul_finite(o, sign, x87_unpack(a), x87_unpack(b));
}

u64 x87_div128(u64 hi, u64 lo, u64 d, u64 *rem) {
    u64 q;
    __asm__("divq %4" : "=a"(q), "=d"(*rem) : "0"(lo), "1"(hi), "r"(d) : "cc");
    return q;
}

static struct x87_reg div_finite(struct x87_op *o, bool sign, struct x87_num x, struct x87_num y) {
    bool ge = x.mant >= y.mant; // the quotient is 1.xxx, else 0.1xxx
    u64 rem, hi = x87_div128(ge ? x.mant >> 1 : x.mant, ge ? x.mant << 63 : 0, y.mant, &rem);
    u64 lo = x87_div128(rem, 0, y.mant, &rem);
    return x87_round(o, sign, x.exp - y.exp + X87_BIAS - !ge, (u128)hi << 64 | lo | (rem != 0), precision_of(o));
}

struct x87_reg x87_div(struct x87_op *o, struct x87_reg a, struct x87_reg b) {
    struct x87_reg r;
    bool sign = x87_sign(a) != x87_sign(b);
    if (likely(both_normal(o, a, b))) return div_finite(o, sign, plain(a), plain(b));
    if (x87_special2(o, a, b, &r)) return r;
    enum x87_class ka = x87_classify(a), kb = x87_classify(b);
    if (ka == kb && (ka == X87_INF || ka == X87_ZERO)) return x87_invalid(o);
    if (kb == X87_ZERO && ka != X87_INF) {
        x87_signal(o, X87_ZE);
        return x87_pack(sign, X87_EXP_MAX, X87_J);
    }
    if (x87_denormals(o, ka, kb)) return a;
    if (ka == X87_INF) return x87_pack(sign, X87_EXP_MAX, X87_J);
    if (kb == X87_INF || ka == X87_ZERO) return x87_pack(sign, 0, 0);
    return div_finite(o, sign, x87_unpack(a), x87_unpack(b));
}

struct x87_reg x87_sqrt(struct x87_op *o, struct x87_reg a) {
    struct x87_reg r;
    if (x87_special(o, a, &r)) return r;
    enum x87_class k = x87_classify(a);
    if (k == X87_ZERO) return a;
    if (x87_sign(a)) return x87_invalid(o);
    if (x87_denormals(o, k, k) || k == X87_INF) return a;
    struct x87_num x = x87_unpack(a);
    i32 e = x.exp - X87_BIAS;
    // floor(sqrt(n)) for n = mant * 2^63 or 2^64, so that n's exponent is even and the root has exactly 64 bits
    struct root s = integer_root((u128)x.mant << (e & 1 ? 64 : 63));
    // sqrt(n) > root + 1/2 exactly when the rest exceeds the root; a tie is impossible
    u64 lo = !s.rest ? 0 : s.rest > s.root ? 3 * BIT(62) : BIT(62);
    return x87_round(o, false, (e >> 1) + X87_BIAS, (u128)s.root << 64 | lo, precision_of(o));
}

static enum x87_order compare_finite(struct x87_num a, struct x87_num b) {
    if (!a.mant && !b.mant) return X87_EQUAL;
    if (!a.mant) return b.sign ? X87_GREATER : X87_LESS;
    if (!b.mant || a.sign != b.sign) return a.sign ? X87_LESS : X87_GREATER;
    if (a.exp == b.exp && a.mant == b.mant) return X87_EQUAL;
    bool larger = a.exp != b.exp ? a.exp > b.exp : a.mant > b.mant;
    return larger != a.sign ? X87_GREATER : X87_LESS;
}

enum x87_order x87_compare(struct x87_op *o, struct x87_reg a, struct x87_reg b, bool quiet) {
    enum x87_class ka = x87_classify(a), kb = x87_classify(b);
    if (ka >= X87_QNAN || kb >= X87_QNAN) {
        if (!quiet || ka > X87_QNAN || kb > X87_QNAN) x87_signal(o, X87_IE);
        return X87_UNORDERED;
    }
    x87_denormals(o, ka, kb);
    return compare_finite(x87_unpack(a), x87_unpack(b)); // infinity's exponent is larger than any other
}
