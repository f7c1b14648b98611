// SPDX-License-Identifier: MIT
// Conversions of floating point (C4.1.97): among H, S and D, and to and from integers and fixed point, in general registers and in lanes.
#include "isa/arm64/vec/fp.h"

#define X32 (VN.s[0])
#define X64 (VN.d[0])
#define SOFT(fn, ...)                                                                                                            \
    SOP(fn) {                                                                                                                    \
        struct fp_env e = arm64_env(c);                                                                                          \
        __VA_ARGS__;                                                                                                             \
        arm64_raise_flags(c, &e);                                                                                                \
        NEXT;                                                                                                                    \
    }
SOFT(op_fcvt_d_s, VD.q = f32_to_f64(X32, &e))
SOFT(op_fcvt_s_d, VD.q = f64_to_f32(X64, &e))

// Round to odd (FPRounding_ODD): toward zero, and what is inexact has a last bit of 1, so that a second rounding sees it.
static u32 narrowed_to_odd(u64 x, const struct fp_env *of, u32 *flags) {
    struct fp_env e = *of;
    e.rounding = FP_ZERO;
    e.flags = 0;
    u32 r = f64_to_f32(x, &e);
    *flags |= e.flags;
    return r | (e.flags & FP_NX ? 1 : 0);
}
static u64 both_to_odd(const union arm64_v *v, struct fp_env *e) {
    u64 low = narrowed_to_odd(v->d[0], e, &e->flags);
    return low | (u64)narrowed_to_odd(v->d[1], e, &e->flags) << 32;
}
SOFT(op_fcvtxn_s, VD.q = narrowed_to_odd(X64, &e, &e.flags))
SOFT(op_fcvtxn_2s, VD.q = both_to_odd(&VN, &e))
SOFT(op_fcvtxn2_4s, VD.d[1] = both_to_odd(&VN, &e))

// Half precision is flushed in neither direction (that were FPCR.FZ16). With FPCR.AHP it has no infinities and no NaNs: its highest
// exponent is one of numbers. A NaN becomes a zero (IOC), what is too large the largest number (IOC).
#define AHP (c->s.fpcr & FPCR_AHP)
static u16 to_alternative(u64 x, struct fp_env *e) {
    u16 sign = (u16)(x >> 48 & 0x8000);
    if (is_nan(DOUBLE, x)) return e->flags |= FP_NV, sign;
    if (is_inf(DOUBLE, x)) return e->flags |= FP_NV, sign | 0x7fff;
    // A format with one exponent more has the numbers that binary16 with an exponent field of 31 would have.
    u64 m = magnitude(DOUBLE, x);
    if (!m) return sign;
    struct number n = unpack(DOUBLE, x);
    struct fp_env wide = *e;
    wide.flags = 0;
    i32 exp = n.exp - bias(DOUBLE) + bias(HALF);
    bool inexact;
    u64 kept = round_mantissa(HALF, (u128)n.mant << (127 - TOP), sign, &wide, &inexact);
    i32 after = exp + (i32)(kept >> 11);
    if (exp >= 1 && after > 31) return e->flags |= FP_NV, sign | 0x7fff;
    if (exp >= 1 && after == 31) {
        if (inexact) e->flags |= FP_NX;
        return (u16)(sign | (((u64)(exp - 1) << 10) + kept));
    }
    return f64_to_f16(x, e);
}
static u64 from_alternative(u16 x) { return (u64)(x & 0x8000) << 48 | (u64)(31 - 15 + 1023) << 52 | (u64)(x & 0x3ff) << 42; }
static u16 half_of(const struct arm64_cpu *c, u64 x, struct fp_env *e) {
    e->flush_out = false;
    return AHP ? to_alternative(x, e) : f64_to_f16(x, e);
}
static u16 half_of_64(const struct arm64_cpu *c, u64 x, struct fp_env *e) {
    return half_of(c, AHP ? flush_operand(DOUBLE, x, e) : x, e);
}
static u16 half_of_32(const struct arm64_cpu *c, u32 x, struct fp_env *e) {
    e->flush_out = false;
    if (!AHP) return f32_to_f16(x, e);
    if (is_nan(SINGLE, x)) return e->flags |= FP_NV, (u16)(x >> 16 & 0x8000);
    return to_alternative(f32_to_f64(x, e), e);
}
static u64 half_to_64(const struct arm64_cpu *c, u16 x, struct fp_env *e) {
    e->flush_in = false;
    return AHP && (x & 0x7c00) == 0x7c00 ? from_alternative(x) : f16_to_f64(x, e);
}
static u32 half_to_32(const struct arm64_cpu *c, u16 x, struct fp_env *e) {
    e->flush_in = false;
    return AHP && (x & 0x7c00) == 0x7c00 ? f64_to_f32(from_alternative(x), e) : f16_to_f32(x, e);
}
SOFT(op_fcvt_h_s, VD.q = half_of_32(c, X32, &e))
SOFT(op_fcvt_h_d, VD.q = half_of_64(c, X64, &e))
SOFT(op_fcvt_s_h, VD.q = half_to_32(c, VN.h[0], &e))
SOFT(op_fcvt_d_h, VD.q = half_to_64(c, VN.h[0], &e))

// Lanes, of the lower half or (2) the upper.
#define WIDENED(fn, from)                                                                                                        \
    SOFT(fn, union arm64_v r; for (unsigned i = 0; i < 4; i++) r.s[i] = half_to_32(c, VN.h[i + (from)], &e); VD = r)
WIDENED(op_fcvtl_4h, 0)
WIDENED(op_fcvtl2_8h, 4)
static u64 four_halves(const struct arm64_cpu *c, union arm64_v v, struct fp_env *e) {
    u64 r = 0;
    for (unsigned i = 0; i < 4; i++) r |= (u64)half_of_32(c, v.s[i], e) << 16 * i;
    return r;
}
SOFT(op_fcvtn_4h, VD.q = four_halves(c, VN, &e))
SOFT(op_fcvtn2_8h, VD.d[1] = four_halves(c, VN, &e))

// ---- general registers: u->imm is the number of fraction bits where the row has any
#define TO_GENERAL(fn, N, W, is_signed, fbits, mode)                                                                             \
    SOP(fn) {                                                                                                                    \
        struct fp_env e = arm64_env_##N(c);                                                                                      \
        e.rounding = mode;                                                                                                       \
        SET_X(arm64_to_fixed_##N(VN.LANE_##N[0], W, is_signed, fbits, &e));                                                      \
        arm64_raise_flags(c, &e);                                                                                                \
        NEXT;                                                                                                                    \
    }
#define TO(name, is_signed, fbits, mode)                                                                                         \
    TO_GENERAL(op_##name##_w_h, 16, 32, is_signed, fbits, mode)                                                                  \
    TO_GENERAL(op_##name##_x_h, 16, 64, is_signed, fbits, mode)                                                                  \
    TO_GENERAL(op_##name##_w_s, 32, 32, is_signed, fbits, mode)                                                                  \
    TO_GENERAL(op_##name##_x_s, 32, 64, is_signed, fbits, mode)                                                                  \
    TO_GENERAL(op_##name##_w_d, 64, 32, is_signed, fbits, mode)                                                                  \
    TO_GENERAL(op_##name##_x_d, 64, 64, is_signed, fbits, mode)
#define TO_BOTH(letter, mode)                                                                                                    \
    TO(fcvt##letter##s, true, 0, mode)                                                                                           \
    TO(fcvt##letter##u, false, 0, mode)
TO_BOTH(n, FP_NEAREST)
TO_BOTH(p, FP_UP)
TO_BOTH(m, FP_DOWN)
TO_BOTH(z, FP_ZERO)
TO_BOTH(a, FP_AWAY)
TO(fcvtzs_fixed, true, (unsigned)u->imm, FP_ZERO)
TO(fcvtzu_fixed, false, (unsigned)u->imm, FP_ZERO)
#define FROM_GENERAL(fn, N, value, is_signed, fbits)                                                                             \
    SOP(fn) {                                                                                                                    \
        struct fp_env e = arm64_env_##N(c);                                                                                      \
        VD.q = arm64_from_fixed_##N(value, is_signed, fbits, &e);                                                                \
        arm64_raise_flags(c, &e);                                                                                                \
        NEXT;                                                                                                                    \
    }
#define FROM_TO(suffix, letter, N, fbits)                                                                                        \
    FROM_GENERAL(op_scvtf##suffix##_##letter##_w, N, (u64)(i32)WN, true, fbits)                                                  \
    FROM_GENERAL(op_scvtf##suffix##_##letter##_x, N, XN, true, fbits)                                                            \
    FROM_GENERAL(op_ucvtf##suffix##_##letter##_w, N, WN, false, fbits)                                                           \
    FROM_GENERAL(op_ucvtf##suffix##_##letter##_x, N, XN, false, fbits)
#define FROM(suffix, fbits) FROM_TO(suffix, h, 16, fbits) FROM_TO(suffix, s, 32, fbits) FROM_TO(suffix, d, 64, fbits)
FROM(, 0)
FROM(_fixed, (unsigned)u->imm)

// ---- rows

#define G(name_, type, opcode, w, x, fn_w, fn_x, feature_)                                                                       \
    ROW_IF(feature_, name_, "0 0 0 11110 " type " 1 " opcode " 000000 Rn Rd", w, fn_w),                                          \
        ROW_IF(feature_, name_, "1 0 0 11110 " type " 1 " opcode " 000000 Rn Rd", x, fn_x)
#define TO_ROWS(name_, opcode, fn)                                                                                               \
    G(name_, "11", opcode, "Wd, Hn", "Xd, Hn", fn##_w_h, fn##_x_h, FP16),                                                        \
        G(name_, "00", opcode, "Wd, Sn", "Xd, Sn", fn##_w_s, fn##_x_s, BASE),                                                    \
        G(name_, "01", opcode, "Wd, Dn", "Xd, Dn", fn##_w_d, fn##_x_d, BASE)
#define FROM_ROWS(name_, opcode, fn)                                                                                             \
    G(name_, "11", opcode, "Hd, Wn", "Hd, Xn", fn##_h_w, fn##_h_x, FP16),                                                        \
        G(name_, "00", opcode, "Sd, Wn", "Sd, Xn", fn##_s_w, fn##_s_x, BASE),                                                    \
        G(name_, "01", opcode, "Dd, Wn", "Dd, Xn", fn##_d_w, fn##_d_x, BASE)
// scale is 64 - fbits: of 32-bit registers 32 to 63.
#define F(name_, type, opcode, w, x, fn_w, fn_x, feature_)                                                                       \
    ROW_IF(feature_, name_, "0 0 0 11110 " type " 0 " opcode " 1 scale<4:0> Rn Rd", w ", fbits32", fn_w),                        \
        ROW_IF(feature_, name_, "1 0 0 11110 " type " 0 " opcode " scale Rn Rd", x ", fbits64", fn_x)
#define TO_FIXED(name_, opcode, fn)                                                                                              \
    F(name_, "11", opcode, "Wd, Hn", "Xd, Hn", fn##_w_h, fn##_x_h, FP16),                                                        \
        F(name_, "00", opcode, "Wd, Sn", "Xd, Sn", fn##_w_s, fn##_x_s, BASE),                                                    \
        F(name_, "01", opcode, "Wd, Dn", "Xd, Dn", fn##_w_d, fn##_x_d, BASE)
#define FROM_FIXED(name_, opcode, fn)                                                                                            \
    F(name_, "11", opcode, "Hd, Wn", "Hd, Xn", fn##_h_w, fn##_h_x, FP16),                                                        \
        F(name_, "00", opcode, "Sd, Wn", "Sd, Xn", fn##_s_w, fn##_s_x, BASE),                                                    \
        F(name_, "01", opcode, "Dd, Wn", "Dd, Xn", fn##_d_w, fn##_d_x, BASE)
#define SIZES(type, opc, operands_, fn) ROW("fcvt", "0 0 0 11110 " type " 1 0001 " opc " 10000 Rn Rd", operands_, fn)

static const struct arm64_insn rows[] = {
    SIZES("00", "01", "Dd, Sn", op_fcvt_d_s),
    SIZES("00", "11", "Hd, Sn", op_fcvt_h_s),
    SIZES("01", "00", "Sd, Dn", op_fcvt_s_d),
    SIZES("01", "11", "Hd, Dn", op_fcvt_h_d),
    SIZES("11", "00", "Sd, Hn", op_fcvt_s_h),
    SIZES("11", "01", "Dd, Hn", op_fcvt_d_h),
    ROW("fcvtn", "0 0 0 01110 00 10000 10110 10 Rn Rd", "Vd.4h, Vn.4s", op_fcvtn_4h),
    ROW("fcvtn2", "0 1 0 01110 00 10000 10110 10 Rn Rd", "Vd.8h, Vn.4s", op_fcvtn2_8h),
    ROW("fcvtl", "0 0 0 01110 00 10000 10111 10 Rn Rd", "Vd.4s, Vn.4h", op_fcvtl_4h),
    ROW("fcvtl2", "0 1 0 01110 00 10000 10111 10 Rn Rd", "Vd.4s, Vn.8h", op_fcvtl2_8h),
    ROW("fcvtxn", "01 1 11110 01 10000 10110 10 Rn Rd", "Sd, Dn", op_fcvtxn_s),
    ROW("fcvtxn", "0 0 1 01110 01 10000 10110 10 Rn Rd", "Vd.2s, Vn.2d", op_fcvtxn_2s),
    ROW("fcvtxn2", "0 1 1 01110 01 10000 10110 10 Rn Rd", "Vd.4s, Vn.2d", op_fcvtxn2_4s),
    TO_ROWS("fcvtns", "00 000", op_fcvtns),
    TO_ROWS("fcvtnu", "00 001", op_fcvtnu),
    FROM_ROWS("scvtf", "00 010", op_scvtf),
    FROM_ROWS("ucvtf", "00 011", op_ucvtf),
    TO_ROWS("fcvtas", "00 100", op_fcvtas),
    TO_ROWS("fcvtau", "00 101", op_fcvtau),
    TO_ROWS("fcvtps", "01 000", op_fcvtps),
    TO_ROWS("fcvtpu", "01 001", op_fcvtpu),
    TO_ROWS("fcvtms", "10 000", op_fcvtms),
    TO_ROWS("fcvtmu", "10 001", op_fcvtmu),
    TO_ROWS("fcvtzs", "11 000", op_fcvtzs),
    TO_ROWS("fcvtzu", "11 001", op_fcvtzu),
    FROM_FIXED("scvtf", "00 010", op_scvtf_fixed),
    FROM_FIXED("ucvtf", "00 011", op_ucvtf_fixed),
    TO_FIXED("fcvtzs", "11 000", op_fcvtzs_fixed),
    TO_FIXED("fcvtzu", "11 001", op_fcvtzu_fixed),
};
ARM64_TABLE(fp_convert);
