// SPDX-License-Identifier: MIT
// x87 operations on exponents: partial remainders, FSCALE, FXTRACT.
#include "isa/x86_64/x87/x87.h"

static u16 quotient_bits(u64 q) { return (u16)((q & 4 ? X87_C0 : 0) | (q & 2 ? X87_C3 : 0) | (q & 1 ? X87_C1 : 0)); }

// mant (any, 0 allowed) at exponent exp as a register value; exact, so only underflow can be raised.
static struct x87_reg exact(struct x87_op *o, bool sign, i32 exp, u64 mant) {
    if (!mant) return x87_pack(sign, 0, 0);
    int shift = __builtin_clzll(mant);
    return x87_round(o, sign, exp - shift, (u128)(mant << shift) << 64, 64);
}

static struct x87_reg reduce(struct x87_op *o, struct x87_num a, struct x87_num b, bool nearest) {
    i32 d = a.exp - b.exp;
    u64 r, q;
    if (d >= 64) { // vol. 2, FPREM: 2^(d - n) at a time, n from 32 to 63
        i32 n = 32 + (d & 31);
        x87_div128(a.mant >> (64 - n), a.mant << n, b.mant, &r);
        o->fsw |= X87_C2;
        return exact(o, a.sign, a.exp - n, r);
    }
    if (d < -1 || (d < 0 && (!nearest || a.mant <= b.mant))) return exact(o, a.sign, a.exp, a.mant);
    if (d < 0) { // |b| > |a| > |b| / 2: the quotient is 1, and b - a at a's exponent fits 64 bits
        o->fsw |= quotient_bits(1);
        return exact(o, !a.sign, a.exp, 2 * b.mant - a.mant);
    }
    q = x87_div128(d ? a.mant >> (64 - d) : 0, a.mant << d, b.mant, &r);
    if (nearest && (r > b.mant - r || (r == b.mant - r && (q & 1)))) {
        r = b.mant - r;
        a.sign = !a.sign;
        q++;
    }
    o->fsw |= quotient_bits(q);
    return exact(o, a.sign, b.exp, r);
}

struct x87_reg x87_remainder(struct x87_op *o, struct x87_reg a, struct x87_reg b, bool nearest) {
    struct x87_reg r;
    if (x87_special2(o, a, b, &r)) return r;
    enum x87_class ka = x87_classify(a), kb = x87_classify(b);
    if (ka == X87_INF || kb == X87_ZERO) return x87_invalid(o);
    if (x87_denormals(o, ka, kb)) return a;
    o->cc = X87_CC;
    if (ka == X87_ZERO) return a;
    if (kb == X87_INF) {
        struct x87_num n = x87_unpack(a);
        return exact(o, n.sign, n.exp, n.mant);
    }
    return reduce(o, x87_unpack(a), x87_unpack(b), nearest);
}

struct x87_reg x87_scale(struct x87_op *o, struct x87_reg a, struct x87_reg b) {
    struct x87_reg r;
    if (x87_special2(o, a, b, &r)) return r;
    enum x87_class ka = x87_classify(a), kb = x87_classify(b);
    bool down = x87_sign(b);
    if (kb == X87_INF && ka == (down ? X87_INF : X87_ZERO)) return x87_invalid(o);
    if (x87_denormals(o, ka, kb) || ka == X87_ZERO || ka == X87_INF) return a;
    if (kb == X87_INF) return down ? x87_pack(x87_sign(a), 0, 0) : x87_pack(x87_sign(a), X87_EXP_MAX, X87_J);
    struct x87_num n = x87_unpack(a), by = x87_unpack(b);
    i32 e = by.exp - X87_BIAS;
    i32 k = !by.mant || e < 0 ? 0 : e > 16 ? 1 << 17 : (i32)(by.mant >> (63 - e)); // beyond 2^17 all overflow alike
    return x87_round(o, n.sign, n.exp + (down ? -k : k), (u128)n.mant << 64, 64);
}

struct x87_reg x87_extract(struct x87_op *o, struct x87_reg a, struct x87_reg *exponent) {
    struct x87_reg r;
    if (x87_special(o, a, &r)) return *exponent = r;
    enum x87_class k = x87_classify(a);
    if (k == X87_INF) {
        *exponent = x87_pack(false, X87_EXP_MAX, X87_J);
        return a;
    }
    if (k == X87_ZERO) {
        x87_signal(o, X87_ZE);
        *exponent = x87_pack(true, X87_EXP_MAX, X87_J);
        return a;
    }
    x87_denormals(o, k, k);
    struct x87_num n = x87_unpack(a);
    *exponent = x87_from_int(n.exp - X87_BIAS);
    return x87_pack(n.sign, X87_BIAS, n.mant);
}
