// SPDX-License-Identifier: MIT
// x87 conversions: single and double precision, integers, packed BCD, rounding to an integer value.
#include "isa/x86_64/x87/x87.h"

// An IEEE interchange format: fraction bits (without the integer bit) and exponent bits.
struct format {
    u8 fraction, exponent;
};
static const struct format single = {23, 8}, twofold = {52, 11};

static struct x87_reg widen(struct x87_op *o, u64 v, struct format f) {
    u32 max = (1u << f.exponent) - 1, e = (u32)(v >> f.fraction) & max;
    u64 fraction = v << (64 - f.fraction) >> 1;
    bool sign = v >> (f.fraction + f.exponent) & 1;
    if (e == max) return x87_pack(sign, X87_EXP_MAX, X87_J | fraction);
    u32 rebias = X87_BIAS - (max >> 1);
    if (e) return x87_pack(sign, e + rebias, X87_J | fraction);
    if (!fraction) return x87_pack(sign, 0, 0);
    o->denormal = true;
    unsigned shift = (unsigned)__builtin_clzll(fraction);
    return x87_pack(sign, rebias + 1 - shift, fraction << shift);
}

struct x87_reg x87_from_f32(struct x87_op *o, u32 v) { return widen(o, v, single); }
struct x87_reg x87_from_f64(struct x87_op *o, u64 v) { return widen(o, v, twofold); }

struct x87_reg x87_load_float(struct x87_op *o, struct x87_reg v) {
    if (o->denormal) x87_signal(o, X87_DE);
    x87_special(o, v, &v);
    return v;
}

struct x87_reg x87_from_int(i64 v) {
    if (!v) return x87_pack(false, 0, 0);
    u64 m = v < 0 ? -(u64)v : (u64)v;
    unsigned shift = (unsigned)__builtin_clzll(m);
    return x87_pack(v < 0, X87_BIAS + 63 - shift, m << shift);
}

static u64 narrow_finite(struct x87_op *o, struct x87_num n, struct format f) {
    i32 max = (1 << f.exponent) - 1, e = n.exp - X87_BIAS + (max >> 1);
    unsigned drop = 63 - f.fraction, rc = X87_RC(o->fcw);
    u64 kept = n.mant >> drop;
    bool up = x87_rounds_up(rc, n.sign, kept & 1, n.mant << (64 - drop)), inexact = n.mant << (64 - drop);
    bool carry = up && kept + 1 == BIT(f.fraction + 1);
    if (e + carry < 1) { // tiny after rounding with unbounded exponent
        if (!(o->fcw & X87_UE)) {
            o->fsw |= X87_UE;
            return 0; // nothing is stored
        }
    }
    bool tiny = e + carry < 1;
    if (e < 1) {
        u128 m = x87_shift_right_sticky((u128)n.mant << 64, drop + (e < -64 ? 66 : (unsigned)(1 - e)));
        kept = (u64)(m >> 64);
        inexact = (u64)m;
        up = x87_rounds_up(rc, n.sign, kept & 1, (u64)m);
        e = 1;
        if (inexact && tiny) o->fsw |= X87_UE;
    }
    kept += up;
    if (kept == BIT(f.fraction + 1)) kept >>= 1, e++;
    if (e >= max) {
        o->fsw |= X87_OE;
        if (!(o->fcw & X87_OE)) return 0;
        up = x87_rounds_up(rc, n.sign, true, ~(u64)0);
        inexact = true;
        kept = BIT(f.fraction), e = max;
        if (!up) kept = BIT(f.fraction + 1) - 1, e = max - 1;
    }
    if (inexact) o->fsw |= X87_PE | (up ? X87_C1 : 0);
    if (!(kept >> f.fraction)) e = 0;
    return (u64)n.sign << (f.fraction + f.exponent) | (u64)e << f.fraction | (kept & (BIT(f.fraction) - 1));
}

static u64 narrow(struct x87_op *o, struct x87_reg v, struct format f) {
    x87_special(o, v, &v);
    enum x87_class k = x87_classify(v);
    u64 sign = (u64)x87_sign(v) << (f.fraction + f.exponent);
    if (k == X87_ZERO) return sign;
    if (k == X87_NORMAL || k == X87_DENORMAL) return narrow_finite(o, x87_unpack(v), f);
    return sign | (BIT(f.exponent) - 1) << f.fraction | v.mant << 1 >> (64 - f.fraction);
}

u32 x87_to_f32(struct x87_op *o, struct x87_reg v) { return (u32)narrow(o, v, single); }
u64 x87_to_f64(struct x87_op *o, struct x87_reg v) { return narrow(o, v, twofold); }

// The magnitude of v (|v| < 2^64) rounded to an integer; raises PE and C1. *big: it did not fit 64 bits.
static u64 integer_part(struct x87_op *o, struct x87_num n, unsigned rc, bool *big) {
    i32 e = n.exp - X87_BIAS;
    *big = n.mant && e > 63;
    if (!n.mant || *big) return 0;
    u128 m = x87_shift_right_sticky((u128)n.mant << 64, e < -64 ? 127 : (unsigned)(63 - e));
    u64 whole = (u64)(m >> 64);
    bool up = x87_rounds_up(rc, n.sign, whole & 1, (u64)m);
    if ((u64)m) o->fsw |= X87_PE | (up ? X87_C1 : 0);
    *big = up && whole + 1 == 0;
    return whole + up;
}

i64 x87_to_int(struct x87_op *o, struct x87_reg v, unsigned width, unsigned rc) {
    i64 indefinite = (i64)(~(u64)0 << (width - 1));
    u16 before = o->fsw;
    bool big = true;
    u64 m = 0;
    if (x87_classify(v) < X87_INF) m = integer_part(o, x87_unpack(v), rc, &big);
    bool sign = x87_sign(v);
    if (big || m > BIT(width - 1) - 1 + sign) {
        o->fsw = before | X87_IE;
        return indefinite;
    }
    return sign ? (i64)-m : (i64)m;
}

struct x87_reg x87_round_to_int(struct x87_op *o, struct x87_reg v) {
    struct x87_reg r;
    bool big;
    if (x87_special(o, v, &r)) return r;
    enum x87_class k = x87_classify(v);
    if (k == X87_INF || x87_denormals(o, k, k) || (v.exp & X87_EXP_MAX) >= X87_BIAS + 63) return v;
    u64 m = integer_part(o, x87_unpack(v), X87_RC(o->fcw), &big);
    r = x87_from_int((i64)m); // below 2^63, or 2^63 itself: as a magnitude
    return x87_pack(x87_sign(v), r.exp & X87_EXP_MAX, r.mant);
}

// Packed BCD (4.7): 18 digits in bytes 0..8, low digit in the low nibble; sign in bit 7 of byte 9.
struct x87_reg x87_from_bcd(const u8 v[10]) {
    u64 n = 0;
    for (int i = 8; i >= 0; i--) n = n * 100 + (v[i] >> 4) * 10 + (v[i] & 15);
    struct x87_reg r = x87_from_int((i64)n);
    return x87_pack(v[9] >> 7, r.exp, r.mant);
}

void x87_to_bcd(struct x87_op *o, struct x87_reg v, u8 out[10]) {
    static const u8 indefinite[10] = {[7] = 0xc0, 0xff, 0xff};
    u16 before = o->fsw;
    bool big = true;
    u64 m = 0;
    if (x87_classify(v) < X87_INF) m = integer_part(o, x87_unpack(v), X87_RC(o->fcw), &big);
    if (big || m > 999999999999999999u) {
        o->fsw = before | X87_IE;
        memcpy(out, indefinite, 10);
        return;
    }
    for (int i = 0; i < 9; i++, m /= 100) out[i] = (u8)(m % 10 | m / 10 % 10 << 4);
    out[9] = x87_sign(v) ? 0x80 : 0;
}
