// SPDX-License-Identifier: MIT
// Scalar floating point (C4.1.97): moves, arithmetic, comparison and selection of S and D.
#include "fp/arith.h"
#include "isa/arm64/flags.h"
#include "isa/arm64/vec/fp.h"

#define X32 (VN.s[0])
#define X64 (VN.d[0])
#define Y32 (VM.s[0])
#define Y64 (VM.d[0])
#define Z32 (VA.s[0])
#define Z64 (VA.d[0])

// What raises flags.
#define SOFT(fn, ...)                                                                                                            \
    SOP(fn) {                                                                                                                    \
        struct fp_env e = arm64_env(c);                                                                                          \
        VD.q = __VA_ARGS__;                                                                                                      \
        arm64_raise_flags(c, &e);                                                                                                \
        NEXT;                                                                                                                    \
    }
#define SOFT_BOTH(name, of_32, of_64) SOFT(op_##name##_s, of_32) SOFT(op_##name##_d, of_64)
#define QUICK(fn, N, quick, ...)                                                                                                 \
    SOFT(fn##_soft, __VA_ARGS__)                                                                                                 \
    SOP(fn) {                                                                                                                    \
        u##N r;                                                                                                                  \
        if (unlikely(!arm64_quick(c) || !(quick))) [[clang::musttail]]                                                           \
            return fn##_soft(c, u);                                                                                              \
        VD.q = r;                                                                                                                \
        NEXT;                                                                                                                    \
    }
#define ARITH(name)                                                                                                              \
    QUICK(op_f##name##_s, 32, f32_quick_##name(X32, Y32, &r), f32_##name(X32, Y32, &e))                                          \
    QUICK(op_f##name##_d, 64, f64_quick_##name(X64, Y64, &r), f64_##name(X64, Y64, &e))
ARITH(add)
ARITH(sub)
ARITH(mul)
ARITH(div)
QUICK(op_fsqrt_s, 32, f32_quick_sqrt(X32, &r), f32_sqrt(X32, &e))
QUICK(op_fsqrt_d, 64, f64_quick_sqrt(X64, &r), f64_sqrt(X64, &e))
#define MINUS_32 ((u32)1 << 31)
#define MINUS_64 ((u64)1 << 63)
// A product's NaN is negated too.
SOFT_BOTH(fnmul, f32_mul(X32, Y32, &e) ^ MINUS_32, f64_mul(X64, Y64, &e) ^ MINUS_64)
SOFT_BOTH(fmin, arm64_extremum_32(X32, Y32, ARM64_MIN, &e), arm64_extremum_64(X64, Y64, ARM64_MIN, &e))
SOFT_BOTH(fmax, arm64_extremum_32(X32, Y32, ARM64_MAX_OF, &e), arm64_extremum_64(X64, Y64, ARM64_MAX_OF, &e))
SOFT_BOTH(fminnm, arm64_extremum_32(X32, Y32, ARM64_NUMBER, &e), arm64_extremum_64(X64, Y64, ARM64_NUMBER, &e))
SOFT_BOTH(fmaxnm, arm64_extremum_32(X32, Y32, ARM64_NUMBER | ARM64_MAX_OF, &e),
          arm64_extremum_64(X64, Y64, ARM64_NUMBER | ARM64_MAX_OF, &e))
// Operands are negated before they are looked at (FPNeg), NaNs among them: not the env's way, which keeps a NaN's sign.
#define MUL_ADD(name, x, z)                                                                                                      \
    SOFT_BOTH(name, f32_mul_add(X32 ^ (x * MINUS_32), Y32, Z32 ^ (z * MINUS_32), FP_NEGATE_NONE, &e),                            \
              f64_mul_add(X64 ^ (x * MINUS_64), Y64, Z64 ^ (z * MINUS_64), FP_NEGATE_NONE, &e))
MUL_ADD(fmadd, 0, 0)
MUL_ADD(fmsub, 1, 0)
MUL_ADD(fnmadd, 1, 1)
MUL_ADD(fnmsub, 0, 1)

// To integral values: by a rounding of its own or by FPCR's, and with FP_NX or without.
#define INTEGRAL(name, exact, ...)                                                                                               \
    SOFT_BOTH(name, (__VA_ARGS__, arm64_integral_32(X32, exact, &e)), (__VA_ARGS__, arm64_integral_64(X64, exact, &e)))
INTEGRAL(frintn, false, e.rounding = FP_NEAREST)
INTEGRAL(frintp, false, e.rounding = FP_UP)
INTEGRAL(frintm, false, e.rounding = FP_DOWN)
INTEGRAL(frintz, false, e.rounding = FP_ZERO)
INTEGRAL(frinta, false, e.rounding = FP_AWAY)
INTEGRAL(frintx, true, (void)0)
INTEGRAL(frinti, false, (void)0)

// ---- what raises none

#define MOVE(fn, ...)                                                                                                            \
    SOP(fn) {                                                                                                                    \
        __VA_ARGS__;                                                                                                             \
        NEXT;                                                                                                                    \
    }
MOVE(op_fmov_s, VD.q = X32)
MOVE(op_fmov_d, VD.q = X64)
MOVE(op_fabs_s, VD.q = X32 & ~MINUS_32)
MOVE(op_fabs_d, VD.q = X64 & ~MINUS_64)
MOVE(op_fneg_s, VD.q = X32 ^ MINUS_32)
MOVE(op_fneg_d, VD.q = X64 ^ MINUS_64)
MOVE(op_fmov_imm, VD.q = IMM)
MOVE(op_fmov_s_w, VD.q = WN)
MOVE(op_fmov_d_x, VD.q = XN)
MOVE(op_fmov_w_s, SET_X(X32))
MOVE(op_fmov_x_d, SET_X(X64))
MOVE(op_fmov_high_x, VD.d[1] = XN)
MOVE(op_fmov_x_high, SET_X(VN.d[1]))
MOVE(op_fcsel_s, VD.q = arm64_holds(c, u->mem) ? X32 : Y32)
MOVE(op_fcsel_d, VD.q = arm64_holds(c, u->mem) ? X64 : Y64)

// ---- comparisons

#define COMPARE(fn, relation)                                                                                                    \
    SOP(fn) {                                                                                                                    \
        struct fp_env e = arm64_env(c);                                                                                          \
        SET_NZCV(arm64_fp_nzcv(relation));                                                                                       \
        arm64_raise_flags(c, &e);                                                                                                \
        NEXT;                                                                                                                    \
    }
#define COMPARE_IF(fn, relation)                                                                                                 \
    SOP(fn) {                                                                                                                    \
        struct fp_env e = arm64_env(c);                                                                                          \
        SET_NZCV(arm64_holds(c, u->mem) ? arm64_fp_nzcv(relation) : (unsigned)u->disp);                                          \
        arm64_raise_flags(c, &e);                                                                                                \
        NEXT;                                                                                                                    \
    }
#define COMPARES(name, how)                                                                                                      \
    COMPARE(op_##name##_s, f32_compare_##how(X32, Y32, &e))                                                                      \
    COMPARE(op_##name##_d, f64_compare_##how(X64, Y64, &e))                                                                      \
    COMPARE(op_##name##_s_0, f32_compare_##how(X32, 0, &e))                                                                      \
    COMPARE(op_##name##_d_0, f64_compare_##how(X64, 0, &e))                                                                      \
    COMPARE_IF(op_c##name##_s, f32_compare_##how(X32, Y32, &e))                                                                  \
    COMPARE_IF(op_c##name##_d, f64_compare_##how(X64, Y64, &e))
COMPARES(fcmp, quiet)
COMPARES(fcmpe, signalling)

// ---- rows

#define FP(name_, bits_, operands_s, operands_d, fn)                                                                             \
    ROW(name_, "0 0 0 11110 00 " bits_, operands_s, fn##_s), ROW(name_, "0 0 0 11110 01 " bits_, operands_d, fn##_d)
#define ONE(name_, opcode, fn) FP(name_, "1 " opcode " 10000 Rn Rd", "Sd, Sn", "Dd, Dn", fn)
#define TWO(name_, opcode, fn) FP(name_, "1 Rm " opcode " 10 Rn Rd", "Sd, Sn, Sm", "Dd, Dn, Dm", fn)
#define THREE(name_, o1, o0, fn)                                                                                                 \
    ROW(name_, "0 0 0 11111 00 " o1 " Rm " o0 " Ra Rn Rd", "Sd, Sn, Sm, Sa", fn##_s),                                            \
        ROW(name_, "0 0 0 11111 01 " o1 " Rm " o0 " Ra Rn Rd", "Dd, Dn, Dm, Da", fn##_d)

static const struct arm64_insn rows[] = {
    ONE("fmov", "000000", op_fmov),
    ONE("fabs", "000001", op_fabs),
    ONE("fneg", "000010", op_fneg),
    ONE("fsqrt", "000011", op_fsqrt),
    ONE("frintn", "001000", op_frintn),
    ONE("frintp", "001001", op_frintp),
    ONE("frintm", "001010", op_frintm),
    ONE("frintz", "001011", op_frintz),
    ONE("frinta", "001100", op_frinta),
    ONE("frintx", "001110", op_frintx),
    ONE("frinti", "001111", op_frinti),
    TWO("fmul", "0000", op_fmul),
    TWO("fdiv", "0001", op_fdiv),
    TWO("fadd", "0010", op_fadd),
    TWO("fsub", "0011", op_fsub),
    TWO("fmax", "0100", op_fmax),
    TWO("fmin", "0101", op_fmin),
    TWO("fmaxnm", "0110", op_fmaxnm),
    TWO("fminnm", "0111", op_fminnm),
    TWO("fnmul", "1000", op_fnmul),
    THREE("fmadd", "0", "0", op_fmadd),
    THREE("fmsub", "0", "1", op_fmsub),
    THREE("fnmadd", "1", "0", op_fnmadd),
    THREE("fnmsub", "1", "1", op_fnmsub),
    FP("fcmp", "1 Rm 00 1000 Rn 00 000", "Sn, Sm", "Dn, Dm", op_fcmp),
    FP("fcmpe", "1 Rm 00 1000 Rn 10 000", "Sn, Sm", "Dn, Dm", op_fcmpe),
    ROW("fcmp", "0 0 0 11110 00 1 xxxxx 00 1000 Rn 01 000", "Sn, #0.0", op_fcmp_s_0),
    ROW("fcmp", "0 0 0 11110 01 1 xxxxx 00 1000 Rn 01 000", "Dn, #0.0", op_fcmp_d_0),
    ROW("fcmpe", "0 0 0 11110 00 1 xxxxx 00 1000 Rn 11 000", "Sn, #0.0", op_fcmpe_s_0),
    ROW("fcmpe", "0 0 0 11110 01 1 xxxxx 00 1000 Rn 11 000", "Dn, #0.0", op_fcmpe_d_0),
    FP("fccmp", "1 Rm cond 01 Rn 0 nzcv", "Sn, Sm, nzcv, cond", "Dn, Dm, nzcv, cond", op_cfcmp),
    FP("fccmpe", "1 Rm cond 01 Rn 1 nzcv", "Sn, Sm, nzcv, cond", "Dn, Dm, nzcv, cond", op_cfcmpe),
    FP("fcsel", "1 Rm cond 11 Rn Rd", "Sd, Sn, Sm, cond", "Dd, Dn, Dm, cond", op_fcsel),
    ROW("fmov", "0 0 0 11110 00 1 imm8 100 00000 Rd", "Sd, sfp32", op_fmov_imm),
    ROW("fmov", "0 0 0 11110 01 1 imm8 100 00000 Rd", "Dd, sfp64", op_fmov_imm),
    ROW("fmov", "0 0 0 11110 00 1 00 111 000000 Rn Rd", "Sd, Wn", op_fmov_s_w),
    ROW("fmov", "0 0 0 11110 00 1 00 110 000000 Rn Rd", "Wd, Sn", op_fmov_w_s),
    ROW("fmov", "1 0 0 11110 01 1 00 111 000000 Rn Rd", "Dd, Xn", op_fmov_d_x),
    ROW("fmov", "1 0 0 11110 01 1 00 110 000000 Rn Rd", "Xd, Dn", op_fmov_x_d),
    ROW("fmov", "1 0 0 11110 10 1 01 111 000000 Rn Rd", "Vd.d[1], Xn", op_fmov_high_x),
    ROW("fmov", "1 0 0 11110 10 1 01 110 000000 Rn Rd", "Xd, Vn.d[1]", op_fmov_x_high),
};
ARM64_TABLE(fp_scalar);
