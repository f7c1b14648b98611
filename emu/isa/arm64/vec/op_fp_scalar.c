// SPDX-License-Identifier: MIT
// Scalar floating point (C4.1.97): moves, arithmetic, comparison and selection of H, S and D.
#include "fp/arith.h"
#include "isa/arm64/flags.h"
#include "isa/arm64/vec/fp.h"

// In an expression x, y and z are Vn's, Vm's and Va's lowest lanes of N bits; e is the env. SOFT: what raises flags.
#define OPERANDS(N) [[maybe_unused]] u##N x = VN.LANE_##N[0], y = VM.LANE_##N[0], z = VA.LANE_##N[0]
#define SOFT(fn, N, ...)                                                                                                         \
    SOP(fn) {                                                                                                                    \
        OPERANDS(N);                                                                                                             \
        struct fp_env e = arm64_env_##N(c);                                                                                      \
        VD.q = __VA_ARGS__;                                                                                                      \
        arm64_raise_flags(c, &e);                                                                                                \
        NEXT;                                                                                                                    \
    }
#define SOFT_ALL(name, ...)                                                                                                      \
    SOFT(op_##name##_h, 16, __VA_ARGS__) SOFT(op_##name##_s, 32, __VA_ARGS__) SOFT(op_##name##_d, 64, __VA_ARGS__)
#define QUICK(fn, N, quick, ...)                                                                                                 \
    SOFT(fn##_soft, N, __VA_ARGS__)                                                                                              \
    SOP(fn) {                                                                                                                    \
        OPERANDS(N);                                                                                                             \
        u##N r;                                                                                                                  \
        if (unlikely(!arm64_quick(c) || !(quick))) [[clang::musttail]]                                                           \
            return fn##_soft(c, u);                                                                                              \
        VD.q = r;                                                                                                                \
        NEXT;                                                                                                                    \
    }
#define ARITH(name)                                                                                                              \
    SOFT(op_f##name##_h, 16, FP_OF(name, x, y))                                                                                  \
    QUICK(op_f##name##_s, 32, f32_quick_##name(x, y, &r), FP_OF(name, x, y))                                                     \
    QUICK(op_f##name##_d, 64, f64_quick_##name(x, y, &r), FP_OF(name, x, y))
ARITH(add)
ARITH(sub)
ARITH(mul)
ARITH(div)
SOFT(op_fsqrt_h, 16, FP_OF(sqrt, x))
QUICK(op_fsqrt_s, 32, f32_quick_sqrt(x, &r), FP_OF(sqrt, x))
QUICK(op_fsqrt_d, 64, f64_quick_sqrt(x, &r), FP_OF(sqrt, x))
// A product's NaN is negated too.
SOFT_ALL(fnmul, FP_MINUS(FP_OF(mul, x, y)))
SOFT_ALL(fmin, ARM64_OF(extremum, x, y, ARM64_MIN))
SOFT_ALL(fmax, ARM64_OF(extremum, x, y, ARM64_MAX_OF))
SOFT_ALL(fminnm, ARM64_OF(extremum, x, y, ARM64_NUMBER))
SOFT_ALL(fmaxnm, ARM64_OF(extremum, x, y, ARM64_NUMBER | ARM64_MAX_OF))
// Operands are negated before they are looked at (FPNeg), NaNs among them: not the env's way, which keeps a NaN's sign.
SOFT_ALL(fmadd, FP_OF(mul_add, x, y, z, FP_NEGATE_NONE))
SOFT_ALL(fmsub, FP_OF(mul_add, FP_MINUS(x), y, z, FP_NEGATE_NONE))
SOFT_ALL(fnmadd, FP_OF(mul_add, FP_MINUS(x), y, FP_MINUS(z), FP_NEGATE_NONE))
SOFT_ALL(fnmsub, FP_OF(mul_add, x, y, FP_MINUS(z), FP_NEGATE_NONE))

// To integral values: by a rounding of its own or by FPCR's, and with FP_NX or without.
#define INTEGRAL(name, exact, ...) SOFT_ALL(name, (__VA_ARGS__, ARM64_OF(integral, x, exact)))
INTEGRAL(frintn, false, e.rounding = FP_NEAREST)
INTEGRAL(frintp, false, e.rounding = FP_UP)
INTEGRAL(frintm, false, e.rounding = FP_DOWN)
INTEGRAL(frintz, false, e.rounding = FP_ZERO)
INTEGRAL(frinta, false, e.rounding = FP_AWAY)
INTEGRAL(frintx, true, (void)0)
INTEGRAL(frinti, false, (void)0)

// ---- what raises none

#define MOVE(fn, N, ...)                                                                                                         \
    SOP(fn) {                                                                                                                    \
        OPERANDS(N);                                                                                                             \
        __VA_ARGS__;                                                                                                             \
        NEXT;                                                                                                                    \
    }
#define MOVE_ALL(name, ...)                                                                                                      \
    MOVE(op_##name##_h, 16, __VA_ARGS__) MOVE(op_##name##_s, 32, __VA_ARGS__) MOVE(op_##name##_d, 64, __VA_ARGS__)
MOVE_ALL(fmov, VD.q = x)
MOVE_ALL(fabs, VD.q = FP_ABS(x))
MOVE_ALL(fneg, VD.q = FP_MINUS(x))
MOVE_ALL(fcsel, VD.q = arm64_holds(c, u->mem) ? x : y)
MOVE_ALL(fmov_general, SET_X(x))
MOVE(op_fmov_imm, 64, VD.q = IMM)
MOVE(op_fmov_h_w, 16, VD.q = (u16)XN)
MOVE(op_fmov_s_w, 32, VD.q = WN)
MOVE(op_fmov_d_x, 64, VD.q = XN)
MOVE(op_fmov_high_x, 64, VD.d[1] = XN)
MOVE(op_fmov_x_high, 64, SET_X(VN.d[1]))

// ---- comparisons

#define COMPARE(fn, N, condition, relation)                                                                                      \
    SOP(fn) {                                                                                                                    \
        OPERANDS(N);                                                                                                             \
        struct fp_env e = arm64_env_##N(c);                                                                                      \
        SET_NZCV(condition ? arm64_fp_nzcv(relation) : (unsigned)u->disp);                                                       \
        arm64_raise_flags(c, &e);                                                                                                \
        NEXT;                                                                                                                    \
    }
#define COMPARE_ALL(name, condition, relation)                                                                                   \
    COMPARE(op_##name##_h, 16, condition, relation)                                                                              \
    COMPARE(op_##name##_s, 32, condition, relation)                                                                              \
    COMPARE(op_##name##_d, 64, condition, relation)
#define COMPARES(name, how)                                                                                                      \
    COMPARE_ALL(name, true, FP_OF(how, x, y))                                                                                    \
    COMPARE_ALL(name##_0, true, FP_OF(how, x, FP_ZERO_OF(x)))                                                                    \
    COMPARE_ALL(c##name, arm64_holds(c, u->mem), FP_OF(how, x, y))
COMPARES(fcmp, compare_quiet)
COMPARES(fcmpe, compare_signalling)

// ---- rows

#define FP(name_, bits_, operands_h, operands_s, operands_d, fn)                                                                 \
    ROW_IF(FP16, name_, "0 0 0 11110 11 " bits_, operands_h, fn##_h), ROW(name_, "0 0 0 11110 00 " bits_, operands_s, fn##_s),   \
        ROW(name_, "0 0 0 11110 01 " bits_, operands_d, fn##_d)
#define ONE(name_, opcode, fn) FP(name_, "1 " opcode " 10000 Rn Rd", "Hd, Hn", "Sd, Sn", "Dd, Dn", fn)
#define TWO(name_, opcode, fn) FP(name_, "1 Rm " opcode " 10 Rn Rd", "Hd, Hn, Hm", "Sd, Sn, Sm", "Dd, Dn, Dm", fn)
#define THREE(name_, o1, o0, fn)                                                                                                 \
    ROW_IF(FP16, name_, "0 0 0 11111 11 " o1 " Rm " o0 " Ra Rn Rd", "Hd, Hn, Hm, Ha", fn##_h),                                   \
        ROW(name_, "0 0 0 11111 00 " o1 " Rm " o0 " Ra Rn Rd", "Sd, Sn, Sm, Sa", fn##_s),                                        \
        ROW(name_, "0 0 0 11111 01 " o1 " Rm " o0 " Ra Rn Rd", "Dd, Dn, Dm, Da", fn##_d)
#define WITH_ZERO(name_, e, fn) FP(name_, "1 xxxxx 00 1000 Rn " e "1 000", "Hn, #0.0", "Sn, #0.0", "Dn, #0.0", fn)
#define IF(name_, e, fn)                                                                                                         \
    FP(name_, "1 Rm cond 01 Rn " e " nzcv", "Hn, Hm, nzcv, cond", "Sn, Sm, nzcv, cond", "Dn, Dm, nzcv, cond", fn)

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
    FP("fcmp", "1 Rm 00 1000 Rn 00 000", "Hn, Hm", "Sn, Sm", "Dn, Dm", op_fcmp),
    FP("fcmpe", "1 Rm 00 1000 Rn 10 000", "Hn, Hm", "Sn, Sm", "Dn, Dm", op_fcmpe),
    WITH_ZERO("fcmp", "0", op_fcmp_0),
    WITH_ZERO("fcmpe", "1", op_fcmpe_0),
    IF("fccmp", "0", op_cfcmp),
    IF("fccmpe", "1", op_cfcmpe),
    FP("fcsel", "1 Rm cond 11 Rn Rd", "Hd, Hn, Hm, cond", "Sd, Sn, Sm, cond", "Dd, Dn, Dm, cond", op_fcsel),
    ROW_IF(FP16, "fmov", "0 0 0 11110 11 1 imm8 100 00000 Rd", "Hd, sfp16", op_fmov_imm),
    ROW("fmov", "0 0 0 11110 00 1 imm8 100 00000 Rd", "Sd, sfp32", op_fmov_imm),
    ROW("fmov", "0 0 0 11110 01 1 imm8 100 00000 Rd", "Dd, sfp64", op_fmov_imm),
    ROW_IF(FP16, "fmov", "0 0 0 11110 11 1 00 111 000000 Rn Rd", "Hd, Wn", op_fmov_h_w),
    ROW_IF(FP16, "fmov", "1 0 0 11110 11 1 00 111 000000 Rn Rd", "Hd, Xn", op_fmov_h_w),
    ROW_IF(FP16, "fmov", "0 0 0 11110 11 1 00 110 000000 Rn Rd", "Wd, Hn", op_fmov_general_h),
    ROW_IF(FP16, "fmov", "1 0 0 11110 11 1 00 110 000000 Rn Rd", "Xd, Hn", op_fmov_general_h),
    ROW("fmov", "0 0 0 11110 00 1 00 111 000000 Rn Rd", "Sd, Wn", op_fmov_s_w),
    ROW("fmov", "0 0 0 11110 00 1 00 110 000000 Rn Rd", "Wd, Sn", op_fmov_general_s),
    ROW("fmov", "1 0 0 11110 01 1 00 111 000000 Rn Rd", "Dd, Xn", op_fmov_d_x),
    ROW("fmov", "1 0 0 11110 01 1 00 110 000000 Rn Rd", "Xd, Dn", op_fmov_general_d),
    ROW("fmov", "1 0 0 11110 10 1 01 111 000000 Rn Rd", "Vd.d[1], Xn", op_fmov_high_x),
    ROW("fmov", "1 0 0 11110 10 1 01 110 000000 Rn Rd", "Xd, Vn.d[1]", op_fmov_x_high),
};
ARM64_TABLE(fp_scalar);
