// SPDX-License-Identifier: MIT
// x87 transcendentals: table-driven reduction and power series in 128-bit fixed point, about 2^-115 of relative error before
// the one rounding to 64 bits. Trigonometric arguments are reduced by the processor's own 66-bit pi (vol. 1, 8.3.8), exactly.
#include "isa/x86_64/x87/x87.h"

// Qn: an unsigned fixed-point number with n fraction bits.
typedef u128 q127;
#define Q(hi, lo) ((u128)(hi) << 64 | (lo))
#define ONE ((u128)1 << 127)

// floor(v * 2^n), n as named, from the definitions; any arbitrary-precision calculator gives them.
static const u128 pi_q125 = Q(0x6487ed5110b4611a, 0x62633145c06e0e68), ln2_q127 = Q(0x58b90bfbe8e7bcd5, 0xe4f1d9cc01f97b57),
                  log2e_q127 = Q(0xb8aa3b295c17f0bb, 0xbe87fed0691d3e88);
// pi rounded down to 66 bits, in units of 2^-64; as pi/2, in units of 2^-65
#define PI_66 Q(0x3, 0x243f6a8885a308d3)

static const q127 atan_eighths[9] = {
    // atan(i / 8)
    Q(0x0000000000000000, 0x0000000000000000), Q(0x0feadd4d5617b6e3, 0x2c897989f3e888ef),
    Q(0x1f5b75f92c80dd62, 0xadb8f3debef442fc), Q(0x2dec3283c9bde11c, 0xe2a8c848b73f9120),
    Q(0x3b58ce0ac3769ed1, 0x5bf9117b2f0ea340), Q(0x47802eaf7bfacfcd, 0xae41af0b32e21ba3),
    Q(0x525e3e8c9a7b8492, 0x0cd43f9522bed64f), Q(0x5c029f15e118cf39, 0xe596d2a90852221e),
    Q(0x6487ed5110b4611a, 0x62633145c06e0e68),
};
static const q127 log2_sixteenths[13] = {
    // |log2(16 / i)|, i = 11 .. 23: negative from 17 on
    Q(0x4531583f9a2be203, 0x8283ccdf555594a0), Q(0x351ff2e30214bc30, 0x2ffa76fafcba2917),
    Q(0x2657fdc6e1dcd0cb, 0x4492f1bc6b3e5770), Q(0x18a8980abfbd3266, 0x6a9b7e2df60d2bdc),
    Q(0x0beb024b67dda633, 0x9da288fc615a727d), Q(0x0000000000000000, 0x0000000000000000),
    Q(0x0b31fb7d64898b3e, 0x6629c130a22bad61), Q(0x15c01a39fbd6879f, 0xa00b120a068badd1),
    Q(0x1fbc16b902680a23, 0xa8d998a784ef35f2), Q(0x2934f0979a3715fc, 0x9257edfe9b5fb699),
    Q(0x323775123e2e1169, 0x656a0ad70d38ab0c), Q(0x3acea7c065d41dfc, 0x7d7c3320aaaa6b5f),
    Q(0x4304140358ea9962, 0x095d4a6d89778554),
};
static const u128 exp2_eighths_q126[9] = {
    // 2^(i / 8)
    Q(0x4000000000000000, 0x0000000000000000), Q(0x45cae0f1f545eb73, 0x7df23143ac529e48),
    Q(0x4c1bf828c6dc54b7, 0xa356918c17217b7b), Q(0x52ff6b54d8a89c75, 0x0e5ebfb10b88380d),
    Q(0x5a827999fcef3242, 0x2cbec4d9baa55f4f), Q(0x62b39508aa836d6e, 0x9f156864b26ecf9b),
    Q(0x6ba27e656b4eb57a, 0x1cd345dcc8169fef), Q(0x75606373ee921c97, 0x6816bad9b8372a7d),
    Q(0x8000000000000000, 0x0000000000000000),
};

// mant / 2^127 * 2^exp; mant = 0, or bit 127 set
struct wide {
    i32 exp;
    u128 mant;
};

static struct wide normal(u128 mant, i32 exp) {
    if (!mant) return (struct wide){0, 0};
    u64 hi = (u64)(mant >> 64);
    int shift = hi ? __builtin_clzll(hi) : 64 + __builtin_clzll((u64)mant);
    return (struct wide){exp - shift, mant << shift};
}

static struct wide from_num(struct x87_num n) { return (struct wide){n.exp - X87_BIAS, (u128)n.mant << 64}; }

// The upper half of the 256-bit product.
static u128 mul_high(u128 a, u128 b) {
    u64 a0 = (u64)a, a1 = (u64)(a >> 64), b0 = (u64)b, b1 = (u64)(b >> 64);
    u128 x = (u128)a1 * b0 + ((u128)a0 * b0 >> 64);
    u128 y = (u128)a0 * b1 + (u64)x;
    return (u128)a1 * b1 + (x >> 64) + (y >> 64);
}
static q127 mul(q127 a, q127 b) { return mul_high(a, b) << 1; }

static struct wide multiply(struct wide a, struct wide b) { return normal(mul_high(a.mant, b.mant), a.exp + b.exp + 1); }

// n / d, both nonzero, truncated to 128 bits
static struct wide divide(u128 n, u128 d) {
    struct wide a = normal(n, 0), b = normal(d, 0);
    i32 exp = a.exp - b.exp;
    u128 q = 0, rest = a.mant;
    bool carry = false;
    for (int i = 0; i < 128; i++) {
        bool bit = carry || rest >= b.mant;
        if (bit) rest -= b.mant;
        q = q << 1 | bit;
        carry = rest >> 127;
        rest <<= 1;
    }
    return normal(q, exp);
}

static q127 to_q127(struct wide w) { // w < 2
    if (w.exp >= 0) return w.mant << w.exp;
    return w.exp < -127 ? 0 : w.mant >> -w.exp;
}
static q127 square_q127(struct wide w) { return to_q127(multiply(w, w)); }

// Rounds to a register. PE is raised even for the few values that are exact (FYL2X of a power of two), as by silicon.
static struct x87_reg finish(struct x87_op *o, bool sign, struct wide w, bool exact) {
    struct x87_reg r = x87_round(o, sign, w.exp + X87_BIAS, w.mant | !exact, 64);
    o->fsw |= X87_PE | (r.exp & X87_EXP_MAX ? 0 : X87_UE);
    return r;
}
// An operand outside the range that the manual defines comes back as it is.
static struct x87_reg out_of_range(struct x87_op *o, struct x87_reg x) {
    o->fsw |= X87_PE;
    return x;
}

// ---- sine and cosine of |r| <= pi/4: Taylor series in z = r^2, nested so that the factorials need no table
static q127 below_one(q127 v) { return v < ONE ? v : ONE - 1; } // a tiny z must still round as "less than 1"

static struct wide sine(struct wide r) {
    q127 z = square_q127(r), acc = ONE;
    for (unsigned k = 16; k; k--) acc = ONE - mul(z, acc) / ((2 * k) * (2 * k + 1));
    return normal(mul_high(r.mant, below_one(acc)), r.exp + 1);
}
static struct wide cosine(struct wide r) {
    q127 z = square_q127(r), acc = ONE;
    for (unsigned k = 17; k; k--) acc = ONE - mul(z, acc) / ((2 * k - 1) * (2 * k));
    return normal(below_one(acc), 0);
}

// The last bit leans to the true side, for tiny r too: r < tan r, cot r < 1 / r.
static struct wide tangent(struct wide r) {
    if (r.exp < -62) return r;
    struct wide s = sine(r), c = cosine(r), t = divide(s.mant, c.mant);
    return (struct wide){t.exp + s.exp - c.exp, t.mant};
}
static struct wide cotangent(struct wide r) {
    struct wide s = sine(r), c = cosine(r), t = divide(c.mant, s.mant);
    return normal(t.mant - 1, t.exp + c.exp - s.exp);
}

// |x| = quadrant * pi/2 +- r with r <= pi/4; exact in units of 2^-65
struct reduced {
    struct wide r;
    unsigned quadrant;
    bool negative; // of r
};
static struct reduced reduce(struct x87_num n) {
    struct reduced d = {from_num(n), 0, false};
    if (d.r.exp < -2) return d;
    u128 x = (u128)n.mant << (d.r.exp + 2);
    u128 q = x / PI_66, rest = x % PI_66;
    if (rest > PI_66 / 2) {
        rest = PI_66 - rest;
        q++;
        d.negative = true;
    }
    d.quadrant = (unsigned)q & 3;
    d.r = normal(rest, 127 - 65);
    return d;
}

// NaN, infinity, zero, out of range: true when *out is the result. C2 tells about the range.
static bool trig_special(struct x87_op *o, struct x87_reg x, struct x87_reg at_zero, struct x87_reg *out) {
    enum x87_class k = x87_classify(x);
    if (x87_special(o, x, out)) return true;
    *out = x;
    if (k == X87_INF) *out = x87_invalid(o);
    else if (k == X87_ZERO) *out = at_zero;
    else if ((x.exp & X87_EXP_MAX) >= X87_BIAS + 63) o->fsw |= X87_C2;
    else return x87_denormals(o, k, k);
    return true;
}

struct x87_reg x87_sin(struct x87_op *o, struct x87_reg x) {
    struct x87_reg out;
    if (trig_special(o, x, x, &out)) return out;
    struct reduced d = reduce(x87_unpack(x));
    bool odd = d.quadrant & 1;
    bool sign = x87_sign(x) ^ (d.quadrant >> 1) ^ (!odd && d.negative);
    return finish(o, sign, odd ? cosine(d.r) : sine(d.r), false);
}

struct x87_reg x87_cos(struct x87_op *o, struct x87_reg x) {
    struct x87_reg out;
    if (trig_special(o, x, x87_pack(false, X87_BIAS, X87_J), &out)) return out;
    struct reduced d = reduce(x87_unpack(x));
    bool odd = d.quadrant & 1;
    bool sign = ((d.quadrant + 1) >> 1 & 1) ^ (odd && d.negative);
    return finish(o, sign, odd ? sine(d.r) : cosine(d.r), false);
}

struct x87_reg x87_tan(struct x87_op *o, struct x87_reg x) {
    struct x87_reg out;
    if (trig_special(o, x, x, &out)) return out;
    struct reduced d = reduce(x87_unpack(x));
    bool odd = d.quadrant & 1;
    struct wide t = odd ? cotangent(d.r) : tangent(d.r);
    return finish(o, x87_sign(x) ^ odd ^ d.negative, t, false);
}

// ---- arc tangent: atan(t) = atan(i/8) + atan(u), u = (t - i/8) / (1 + t i/8), |u| <= 1/16
static struct wide atan_series(struct wide u) {
    q127 z = square_q127(u), acc = 0;
    for (unsigned k = 16; k; k--) acc = ONE / (2 * k + 1) - mul(z, acc);
    return normal(mul_high(u.mant, below_one(ONE - mul(z, acc))), u.exp + 1);
}

// atan(n / d), 0 < n <= d
static struct wide atan_ratio(struct x87_num n, struct x87_num d) {
    i32 shift = d.exp - n.exp;
    unsigned i = 0;
    if (shift < 6) {                                                  // 8 n / d to the nearest, from the upper 16 bits of each
        u64 ratio = ((n.mant >> 48 << 14) >> shift) / (d.mant >> 48); // 16384 n / d
        i = (unsigned)(ratio + 1024) >> 11;
    }
    if (!i) {
        struct wide u = divide(n.mant, d.mant);
        u.exp -= shift;
        return atan_series(u);
    }
    u128 nn = (u128)n.mant << 40 >> shift, dd = (u128)d.mant << 40; // exact: shift <= 5
    u128 a = 8 * nn, b = i * dd;
    if (a == b) return normal(atan_eighths[i], 0);
    q127 rest = to_q127(atan_series(divide(a > b ? a - b : b - a, 8 * dd + i * nn)));
    return normal(a > b ? atan_eighths[i] + rest : atan_eighths[i] - rest, 0);
}

// The angle of a whole number of quarters of pi, with the sign of y.
static struct x87_reg quarters(struct x87_op *o, bool sign, unsigned n) {
    return finish(o, sign, normal(n * (pi_q125 >> 2), 2), false);
}

struct x87_reg x87_atan2(struct x87_op *o, struct x87_reg y, struct x87_reg x) {
    struct x87_reg out;
    if (x87_special2(o, x, y, &out)) return out;
    enum x87_class kx = x87_classify(x), ky = x87_classify(y);
    bool sign = x87_sign(y), left = x87_sign(x);
    if (x87_denormals(o, kx, ky)) return y;
    if (ky == X87_INF) return quarters(o, sign, kx != X87_INF ? 2 : left ? 3 : 1);
    if (kx == X87_INF || ky == X87_ZERO) return left ? quarters(o, sign, 4) : x87_pack(sign, 0, 0);
    if (kx == X87_ZERO) return quarters(o, sign, 2);
    struct x87_num n = x87_unpack(y), d = x87_unpack(x);
    bool steep = n.exp > d.exp || (n.exp == d.exp && n.mant > d.mant);
    struct wide a = steep ? atan_ratio(d, n) : atan_ratio(n, d);
    if (!steep && !left) return finish(o, sign, a, false);
    u128 part = to_q127(a) >> 2; // Q125
    u128 angle = steep ? (left ? pi_q125 / 2 + part : pi_q125 / 2 - part) : pi_q125 - part;
    return finish(o, sign, normal(angle, 2), false);
}

// ---- logarithm
// log2 of (1 + s) / (1 - s), |s| <= 1/40, in units of s's sign: 2 / ln 2 * (s + s^3/3 + s^5/5 + ...)
static struct wide log_series(struct wide s) {
    q127 z = square_q127(s), acc = 0;
    for (unsigned k = 13; k; k--) acc = ONE / (2 * k + 1) + mul(z, acc);
    struct wide sum = normal(mul_high(s.mant, ONE + mul(z, acc)), s.exp + 1);
    return multiply(sum, (struct wide){1, log2e_q127});
}

// log2(mant / 2^127 * 2^exp), bit 127 of mant set, at most 120 bits in use; *negative tells the sign.
static struct wide log2_of(u128 mant, i32 exp, bool *negative) {
    static const u128 sqrt2 = Q(0xb504f333f9de6484, 0);
    bool half = mant > sqrt2; // bring it into [1/sqrt 2, sqrt 2]
    exp += half;
    u64 top = (u64)(mant >> 112);
    unsigned i = (unsigned)(((half ? BIT(20) : BIT(19)) + top / 2) / top); // 16 / m to the nearest
    u128 m = (mant >> 8) * i, one = (u128)16 << (half ? 120 : 119);
    struct wide part = {0, 0};
    bool below = m < one;
    if (m != one) part = log_series(divide(below ? one - m : m - one, m + one));
    if (!exp && i == 16) {
        *negative = below;
        return part;
    }
    int fraction = exp ? 112 : 126;
    i128 t = (i128)(log2_sixteenths[i - 11] >> (127 - fraction)), p = (i128)(to_q127(part) >> (127 - fraction));
    i128 sum = ((i128)exp << fraction) + (i > 16 ? -t : t) + (below ? -p : p);
    *negative = sum < 0;
    return normal((u128)(sum < 0 ? -sum : sum), 127 - fraction);
}

// y * log2(x) where one of them is zero or infinite; `side`: how x compares with 1.
static bool log_special(struct x87_op *o, struct x87_reg y, enum x87_class kx, enum x87_order side, struct x87_reg *out) {
    enum x87_class ky = x87_classify(y);
    bool sign = x87_sign(y) ^ (side == X87_LESS);
    bool infinite = kx == X87_INF || ky == X87_INF, zero = side == X87_EQUAL || ky == X87_ZERO;
    if (!infinite && !zero) return false;
    *out = infinite && zero ? x87_invalid(o) : infinite ? x87_pack(sign, X87_EXP_MAX, X87_J) : x87_pack(sign, 0, 0);
    return true;
}

struct x87_reg x87_ylog2(struct x87_op *o, struct x87_reg y, struct x87_reg x) {
    struct x87_reg out;
    if (x87_special2(o, x, y, &out)) return out;
    enum x87_class kx = x87_classify(x), ky = x87_classify(y);
    if (kx == X87_ZERO) {
        if (ky == X87_ZERO) return x87_invalid(o);
        if (ky != X87_INF) x87_signal(o, X87_ZE);
        return x87_pack(!x87_sign(y), X87_EXP_MAX, X87_J);
    }
    if (x87_sign(x)) return x87_invalid(o);
    struct x87_num n = x87_unpack(x), m = x87_unpack(y);
    bool power = n.mant == X87_J, negative;
    enum x87_order side = n.exp < X87_BIAS ? X87_LESS : power && n.exp == X87_BIAS ? X87_EQUAL : X87_GREATER;
    if (log_special(o, y, kx, side, &out)) {
        if (!(o->fsw & X87_IE)) x87_denormals(o, kx, ky);
        return out;
    }
    if (x87_denormals(o, kx, ky)) return y;
    struct wide log = log2_of((u128)n.mant << 64, n.exp - X87_BIAS, &negative);
    return finish(o, m.sign ^ negative, multiply(log, from_num(m)), power);
}

struct x87_reg x87_ylog2p1(struct x87_op *o, struct x87_reg y, struct x87_reg x) {
    struct x87_reg out;
    if (x87_special2(o, x, y, &out)) return out;
    enum x87_class kx = x87_classify(x), ky = x87_classify(y);
    if (kx == X87_INF && x87_sign(x)) return x87_invalid(o);
    struct x87_num n = x87_unpack(x), m = x87_unpack(y);
    enum x87_order side = kx == X87_ZERO ? X87_EQUAL : n.sign ? X87_LESS : X87_GREATER;
    if (log_special(o, y, kx, side, &out)) {
        if (kx == X87_ZERO && ky != X87_INF) out = x87_pack(x87_sign(x) ^ x87_sign(y), 0, 0);
        if (!(o->fsw & X87_IE)) x87_denormals(o, kx, ky);
        return out;
    }
    if (x87_denormals(o, kx, ky)) return y;
    if (n.sign && n.exp >= X87_BIAS) return out_of_range(o, x);
    i32 e = n.exp - X87_BIAS;
    bool negative = n.sign, power = false;
    struct wide log;
    if (e < -6) { // s = x / (2 + x), the denominator in Q125
        u128 small = e < -120 ? 0 : (u128)n.mant << 62 >> -e;
        struct wide s = divide((u128)n.mant << 64, n.sign ? ONE / 2 - small : ONE / 2 + small);
        s.exp += e - 2;
        log = log_series(s);
    } else { // 1 + x, in Q119 and divided by 2^e when that is more than 1
        u128 one = (u128)1 << 119, v = (u128)n.mant << 56;
        if (e < 0) v >>= -e;
        else one = e > 119 ? 0 : one >> e;
        struct wide w = normal(n.sign ? one - v : one + v, 8 + (e > 0 ? e : 0));
        power = w.mant == ONE;
        log = log2_of(w.mant, w.exp, &negative);
    }
    return finish(o, m.sign ^ negative, multiply(log, from_num(m)), power);
}

// ---- 2^x - 1: x = +-(i/8 + r), |r| <= 1/16
// (e^t - 1) / t for t of this sign, |t| < 1/16: 1 + t/2 + t^2/6 + ...
static q127 exp_series(q127 t, bool negative) {
    q127 acc = ONE;
    for (unsigned k = 20; k > 1; k--) {
        q127 term = mul(t, acc) / k;
        acc = negative ? ONE - term : ONE + term;
    }
    return acc;
}

static struct x87_reg exp2m1_finite(struct x87_op *o, struct x87_num n) {
    struct wide x = from_num(n);
    q127 whole = to_q127(x); // |x| <= 1; exact from 2^-63 on
    unsigned i = (unsigned)((whole + (ONE >> 4)) >> 124);
    if (!i) {
        struct wide t = multiply(x, (struct wide){-1, ln2_q127 << 1});
        return finish(o, n.sign, multiply(t, normal(exp_series(to_q127(t), n.sign), 0)), false);
    }
    q127 nearest = (u128)i << 124;
    bool below = whole < nearest;    // of the magnitude, so that 2^|x|'s rest is less than 1
    bool negative = below != n.sign; // of the exponent's rest itself
    q127 t = mul(below ? nearest - whole : whole - nearest, ln2_q127);
    u128 power = n.sign ? exp2_eighths_q126[8 - i] >> 1 : exp2_eighths_q126[i], one = ONE >> 1;
    u128 change = mul(power, mul(t, exp_series(t, negative)));
    u128 v = negative ? power - change : power + change;
    return finish(o, n.sign, normal(n.sign ? one - v : v - one, 1), i == 8);
}

struct x87_reg x87_exp2m1(struct x87_op *o, struct x87_reg x) {
    struct x87_reg out;
    if (x87_special(o, x, &out)) return out;
    enum x87_class k = x87_classify(x);
    if (k == X87_INF) return x87_sign(x) ? x87_pack(true, X87_BIAS, X87_J) : x;
    if (x87_denormals(o, k, k) || k == X87_ZERO) return x;
    struct x87_num n = x87_unpack(x);
    if (n.exp > X87_BIAS || (n.exp == X87_BIAS && n.mant != X87_J)) return out_of_range(o, x);
    return exp2m1_finite(o, n);
}
