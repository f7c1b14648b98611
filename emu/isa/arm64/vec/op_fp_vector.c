// SPDX-License-Identifier: MIT
// Floating point in lanes of H, S and D (C4.1.97): three same, two-register miscellaneous, across lanes, by element, and the scalars that
// are Advanced SIMD's. Lanes are computed from the lowest up, each with the flags of its own.
#include "fp/arith.h"
#include "isa/arm64/vec/fp.h"

// In an expression x, y, z are lanes of Vn, Vm and Vd, e is the env.
#define F_EACH(fn, N, count, ...)                                                                                                \
    SOP(fn) {                                                                                                                    \
        const union arm64_v vn = VN, vm = VM, vd = VD;                                                                           \
        union arm64_v r = {.q = 0};                                                                                              \
        enum { BITS = N };                                                                                                       \
        struct fp_env e = arm64_env_##N(c);                                                                                      \
        for (unsigned i = 0; i < (count); i++) {                                                                                 \
            [[maybe_unused]] u##N x = vn.LANE_##N[i], y = vm.LANE_##N[i], z = vd.LANE_##N[i];                                    \
            r.LANE_##N[i] = (u##N)(__VA_ARGS__);                                                                                 \
        }                                                                                                                        \
        VD = r;                                                                                                                  \
        arm64_raise_flags(c, &e);                                                                                                \
        NEXT;                                                                                                                    \
    }
#define F_PAIRS(fn, N, count, ...)                                                                                               \
    SOP(fn) {                                                                                                                    \
        const union arm64_v vn = VN, vm = VM;                                                                                    \
        union arm64_v r = {.q = 0};                                                                                              \
        struct fp_env e = arm64_env_##N(c);                                                                                      \
        for (unsigned i = 0; i < (count); i++) {                                                                                 \
            const union arm64_v *from = 2 * i < (count) ? &vn : &vm;                                                             \
            u##N x = from->LANE_##N[2 * i % (count)], y = from->LANE_##N[2 * i % (count) + 1];                                   \
            r.LANE_##N[i] = (u##N)(__VA_ARGS__);                                                                                 \
        }                                                                                                                        \
        VD = r;                                                                                                                  \
        arm64_raise_flags(c, &e);                                                                                                \
        NEXT;                                                                                                                    \
    }
// y is one lane of Vm.
#define F_ELEMENT(fn, N, count, ...)                                                                                             \
    SOP(fn) {                                                                                                                    \
        const union arm64_v vn = VN, vd = VD;                                                                                    \
        union arm64_v r = {.q = 0};                                                                                              \
        u##N y = VM.LANE_##N[u->imm];                                                                                            \
        struct fp_env e = arm64_env_##N(c);                                                                                      \
        for (unsigned i = 0; i < (count); i++) {                                                                                 \
            [[maybe_unused]] u##N x = vn.LANE_##N[i], z = vd.LANE_##N[i];                                                        \
            r.LANE_##N[i] = (u##N)(__VA_ARGS__);                                                                                 \
        }                                                                                                                        \
        VD = r;                                                                                                                  \
        arm64_raise_flags(c, &e);                                                                                                \
        NEXT;                                                                                                                    \
    }
#define VECTORS(M, name, ...)                                                                                                    \
    M(op_##name##_4h, 16, 4, __VA_ARGS__)                                                                                        \
    M(op_##name##_8h, 16, 8, __VA_ARGS__)                                                                                        \
    M(op_##name##_2s, 32, 2, __VA_ARGS__)                                                                                        \
    M(op_##name##_4s, 32, 4, __VA_ARGS__)                                                                                        \
    M(op_##name##_2d, 64, 2, __VA_ARGS__)
#define SCALARS(M, name, ...)                                                                                                    \
    M(op_##name##_h, 16, 1, __VA_ARGS__) M(op_##name##_s, 32, 1, __VA_ARGS__) M(op_##name##_d, 64, 1, __VA_ARGS__)
#define BOTH(M, name, ...) VECTORS(M, name, __VA_ARGS__) SCALARS(M, name, __VA_ARGS__)

// ---- three same
#define EXTREMUM(which) ARM64_OF(extremum, x, y, which)
#define MAX_NUMBER (ARM64_NUMBER | ARM64_MAX_OF)
VECTORS(F_EACH, fadd, FP_OF(add, x, y))
VECTORS(F_EACH, fsub, FP_OF(sub, x, y))
VECTORS(F_EACH, fmul, FP_OF(mul, x, y))
VECTORS(F_EACH, fdiv, FP_OF(div, x, y))
VECTORS(F_EACH, fmla, FP_OF(mul_add, x, y, z, FP_NEGATE_NONE))
VECTORS(F_EACH, fmls, FP_OF(mul_add, FP_MINUS(x), y, z, FP_NEGATE_NONE))
VECTORS(F_EACH, fmin, EXTREMUM(ARM64_MIN))
VECTORS(F_EACH, fmax, EXTREMUM(ARM64_MAX_OF))
VECTORS(F_EACH, fminnm, EXTREMUM(ARM64_NUMBER))
VECTORS(F_EACH, fmaxnm, EXTREMUM(MAX_NUMBER))
VECTORS(F_PAIRS, faddp, FP_OF(add, x, y))
VECTORS(F_PAIRS, fminp, EXTREMUM(ARM64_MIN))
VECTORS(F_PAIRS, fmaxp, EXTREMUM(ARM64_MAX_OF))
VECTORS(F_PAIRS, fminnmp, EXTREMUM(ARM64_NUMBER))
VECTORS(F_PAIRS, fmaxnmp, EXTREMUM(MAX_NUMBER))
#define F_PAIR(fn, N, ...)                                                                                                       \
    SOP(fn) {                                                                                                                    \
        u##N x = VN.LANE_##N[0], y = VN.LANE_##N[1];                                                                             \
        struct fp_env e = arm64_env_##N(c);                                                                                      \
        VD.q = __VA_ARGS__;                                                                                                      \
        arm64_raise_flags(c, &e);                                                                                                \
        NEXT;                                                                                                                    \
    }
#define F_PAIR_ALL(name, ...)                                                                                                    \
    F_PAIR(op_##name##_pair_h, 16, __VA_ARGS__)                                                                                  \
    F_PAIR(op_##name##_pair_s, 32, __VA_ARGS__)                                                                                  \
    F_PAIR(op_##name##_pair_d, 64, __VA_ARGS__)
F_PAIR_ALL(fadd, FP_OF(add, x, y))
F_PAIR_ALL(fmin, EXTREMUM(ARM64_MIN))
F_PAIR_ALL(fmax, EXTREMUM(ARM64_MAX_OF))
F_PAIR_ALL(fminnm, EXTREMUM(ARM64_NUMBER))
F_PAIR_ALL(fmaxnm, EXTREMUM(MAX_NUMBER))
// All lanes: by halves, as the manual's Reduce does.
#define F_ACROSS(fn, N, count, ...)                                                                                              \
    SOP(fn) {                                                                                                                    \
        union arm64_v v = VN;                                                                                                    \
        struct fp_env e = arm64_env_##N(c);                                                                                      \
        for (unsigned left = (count) / 2; left; left /= 2)                                                                       \
            for (unsigned i = 0; i < left; i++) {                                                                                \
                u##N x = v.LANE_##N[2 * i], y = v.LANE_##N[2 * i + 1];                                                           \
                v.LANE_##N[i] = (u##N)(__VA_ARGS__);                                                                             \
            }                                                                                                                    \
        VD.q = v.LANE_##N[0];                                                                                                    \
        arm64_raise_flags(c, &e);                                                                                                \
        NEXT;                                                                                                                    \
    }
#define ACROSS(name, which)                                                                                                      \
    F_ACROSS(op_##name##_4h, 16, 4, EXTREMUM(which))                                                                             \
    F_ACROSS(op_##name##_8h, 16, 8, EXTREMUM(which))                                                                             \
    F_ACROSS(op_##name##_4s, 32, 4, EXTREMUM(which))
ACROSS(fminv, ARM64_MIN)
ACROSS(fmaxv, ARM64_MAX_OF)
ACROSS(fminnmv, ARM64_NUMBER)
ACROSS(fmaxnmv, MAX_NUMBER)

BOTH(F_EACH, fabd, FP_ABS(FP_OF(sub, x, y)))
static inline bool not_below(enum fp_relation r) { return r == FP_GREATER || r == FP_EQUAL; }
#define EQ(x, y) -(FP_OF(compare_quiet, x, y) == FP_EQUAL)
#define GT(x, y) -(FP_OF(compare_signalling, x, y) == FP_GREATER)
#define GE(x, y) -not_below(FP_OF(compare_signalling, x, y))
BOTH(F_EACH, fcmeq, EQ(x, y))
BOTH(F_EACH, fcmge, GE(x, y))
BOTH(F_EACH, fcmgt, GT(x, y))
BOTH(F_EACH, facge, GE(FP_ABS(x), FP_ABS(y)))
BOTH(F_EACH, facgt, GT(FP_ABS(x), FP_ABS(y)))
BOTH(F_EACH, fcmeq0, EQ(x, FP_ZERO_OF(x)))
BOTH(F_EACH, fcmge0, GE(x, FP_ZERO_OF(x)))
BOTH(F_EACH, fcmgt0, GT(x, FP_ZERO_OF(x)))
BOTH(F_EACH, fcmle0, GE(FP_ZERO_OF(x), x))
BOTH(F_EACH, fcmlt0, GT(FP_ZERO_OF(x), x))

// ---- one operand
VECTORS(F_EACH, fabs, FP_ABS(x))
VECTORS(F_EACH, fneg, FP_MINUS(x))
VECTORS(F_EACH, fsqrt, FP_OF(sqrt, x))
#define INTEGRAL(name, exact, ...) VECTORS(F_EACH, name, (__VA_ARGS__, ARM64_OF(integral, x, exact)))
INTEGRAL(frintn, false, e.rounding = FP_NEAREST)
INTEGRAL(frintp, false, e.rounding = FP_UP)
INTEGRAL(frintm, false, e.rounding = FP_DOWN)
INTEGRAL(frintz, false, e.rounding = FP_ZERO)
INTEGRAL(frinta, false, e.rounding = FP_AWAY)
INTEGRAL(frintx, true, (void)0)
INTEGRAL(frinti, false, (void)0)
#define TO(name, is_signed, fbits, mode) BOTH(F_EACH, name, (e.rounding = mode, ARM64_OF(to_fixed, x, BITS, is_signed, fbits)))
#define TO_BOTH(letter, mode) TO(fcvt##letter##s, true, 0, mode) TO(fcvt##letter##u, false, 0, mode)
TO_BOTH(n, FP_NEAREST)
TO_BOTH(p, FP_UP)
TO_BOTH(m, FP_DOWN)
TO_BOTH(z, FP_ZERO)
TO_BOTH(a, FP_AWAY)
TO(fcvtzs_fixed, true, (unsigned)u->imm, FP_ZERO)
TO(fcvtzu_fixed, false, (unsigned)u->imm, FP_ZERO)
#define FROM_INTEGER(x, v, is_signed, fbits)                                                                                     \
    _Generic((x), u16: arm64_from_fixed_16, u32: arm64_from_fixed_32, u64: arm64_from_fixed_64)(v, is_signed, fbits, &e)
#define FROM(suffix, fbits)                                                                                                      \
    BOTH(F_EACH, scvtf##suffix, FROM_INTEGER(x, FP_SEXT(x), true, fbits))                                                        \
    BOTH(F_EACH, ucvtf##suffix, FROM_INTEGER(x, x, false, fbits))
FROM(, 0)
FROM(_fixed, (unsigned)u->imm)
SOP(op_fcvtl) {
    const union arm64_v vn = VN;
    struct fp_env e = arm64_env(c);
    for (unsigned i = 0; i < 2; i++) VD.d[i] = f32_to_f64(vn.s[i], &e);
    arm64_raise_flags(c, &e);
    NEXT;
}
SOP(op_fcvtl2) {
    const union arm64_v vn = VN;
    struct fp_env e = arm64_env(c);
    for (unsigned i = 0; i < 2; i++) VD.d[i] = f32_to_f64(vn.s[2 + i], &e);
    arm64_raise_flags(c, &e);
    NEXT;
}
SOP(op_fcvtn) {
    const union arm64_v vn = VN;
    struct fp_env e = arm64_env(c);
    u64 low = f64_to_f32(vn.d[0], &e);
    VD.q = low | (u64)f64_to_f32(vn.d[1], &e) << 32;
    arm64_raise_flags(c, &e);
    NEXT;
}
SOP(op_fcvtn2) {
    const union arm64_v vn = VN;
    struct fp_env e = arm64_env(c);
    u64 low = f64_to_f32(vn.d[0], &e);
    VD.d[1] = low | (u64)f64_to_f32(vn.d[1], &e) << 32;
    arm64_raise_flags(c, &e);
    NEXT;
}

// ---- by element
BOTH(F_ELEMENT, fmul_el, FP_OF(mul, x, y))
BOTH(F_ELEMENT, fmla_el, FP_OF(mul_add, x, y, z, FP_NEGATE_NONE))
BOTH(F_ELEMENT, fmls_el, FP_OF(mul_add, FP_MINUS(x), y, z, FP_NEGATE_NONE))

// ---- rows: a is size<1>, which tells half of the operations from the others

#define V3(name_, U, a, opcode, fn)                                                                                              \
    ROW_IF(FP16, name_, "0 0 " U " 01110 " a "10 Rm 00 " opcode " 1 Rn Rd", "Vd.4h, Vn.4h, Vm.4h", fn##_4h),                     \
        ROW_IF(FP16, name_, "0 1 " U " 01110 " a "10 Rm 00 " opcode " 1 Rn Rd", "Vd.8h, Vn.8h, Vm.8h", fn##_8h),                 \
        ROW(name_, "0 0 " U " 01110 " a "0 1 Rm 11 " opcode " 1 Rn Rd", "Vd.2s, Vn.2s, Vm.2s", fn##_2s),                         \
        ROW(name_, "0 1 " U " 01110 " a "0 1 Rm 11 " opcode " 1 Rn Rd", "Vd.4s, Vn.4s, Vm.4s", fn##_4s),                         \
        ROW(name_, "0 1 " U " 01110 " a "1 1 Rm 11 " opcode " 1 Rn Rd", "Vd.2d, Vn.2d, Vm.2d", fn##_2d)
#define V3_SCALAR(name_, U, a, opcode, fn)                                                                                       \
    V3(name_, U, a, opcode, fn), ROW_IF(FP16, name_, "01 " U " 11110 " a "10 Rm 00 " opcode " 1 Rn Rd", "Hd, Hn, Hm", fn##_h),   \
        ROW(name_, "01 " U " 11110 " a "0 1 Rm 11 " opcode " 1 Rn Rd", "Sd, Sn, Sm", fn##_s),                                    \
        ROW(name_, "01 " U " 11110 " a "1 1 Rm 11 " opcode " 1 Rn Rd", "Dd, Dn, Dm", fn##_d)
#define V2(name_, U, a, opcode, more, fn)                                                                                        \
    ROW_IF(FP16, name_, "0 0 " U " 01110 " a "111100 " opcode " 10 Rn Rd", "Vd.4h, Vn.4h" more, fn##_4h),                        \
        ROW_IF(FP16, name_, "0 1 " U " 01110 " a "111100 " opcode " 10 Rn Rd", "Vd.8h, Vn.8h" more, fn##_8h),                    \
        ROW(name_, "0 0 " U " 01110 " a "0 10000 " opcode " 10 Rn Rd", "Vd.2s, Vn.2s" more, fn##_2s),                            \
        ROW(name_, "0 1 " U " 01110 " a "0 10000 " opcode " 10 Rn Rd", "Vd.4s, Vn.4s" more, fn##_4s),                            \
        ROW(name_, "0 1 " U " 01110 " a "1 10000 " opcode " 10 Rn Rd", "Vd.2d, Vn.2d" more, fn##_2d)
#define V2_SCALAR(name_, U, a, opcode, more, fn)                                                                                 \
    V2(name_, U, a, opcode, more, fn),                                                                                           \
        ROW_IF(FP16, name_, "01 " U " 11110 " a "111100 " opcode " 10 Rn Rd", "Hd, Hn" more, fn##_h),                            \
        ROW(name_, "01 " U " 11110 " a "0 10000 " opcode " 10 Rn Rd", "Sd, Sn" more, fn##_s),                                    \
        ROW(name_, "01 " U " 11110 " a "1 10000 " opcode " 10 Rn Rd", "Dd, Dn" more, fn##_d)
#define PAIR(name_, a, opcode, fn)                                                                                               \
    ROW_IF(FP16, name_, "01 0 11110 " a "0 11000 " opcode " 10 Rn Rd", "Hd, Vn.2h", fn##_h),                                     \
        ROW(name_, "01 1 11110 " a "0 11000 " opcode " 10 Rn Rd", "Sd, Vn.2s", fn##_s),                                          \
        ROW(name_, "01 1 11110 " a "1 11000 " opcode " 10 Rn Rd", "Dd, Vn.2d", fn##_d)
#define V1(name_, a, opcode, fn)                                                                                                 \
    ROW_IF(FP16, name_, "0 0 0 01110 " a "0 11000 " opcode " 10 Rn Rd", "Hd, Vn.4h", fn##_4h),                                   \
        ROW_IF(FP16, name_, "0 1 0 01110 " a "0 11000 " opcode " 10 Rn Rd", "Hd, Vn.8h", fn##_8h),                               \
        ROW(name_, "0 1 1 01110 " a "0 11000 " opcode " 10 Rn Rd", "Sd, Vn.4s", fn##_4s)
#define FIXED(name_, U, opcode, fn)                                                                                              \
    ROW_IF(FP16, name_, "0 0 " U " 011110 001 immh<0> immb " opcode " 1 Rn Rd", "Vd.4h, Vn.4h, lsr16", fn##_4h),                 \
        ROW_IF(FP16, name_, "0 1 " U " 011110 001 immh<0> immb " opcode " 1 Rn Rd", "Vd.8h, Vn.8h, lsr16", fn##_8h),             \
        ROW(name_, "0 0 " U " 011110 01 immh<1:0> immb " opcode " 1 Rn Rd", "Vd.2s, Vn.2s, lsr32", fn##_2s),                     \
        ROW(name_, "0 1 " U " 011110 01 immh<1:0> immb " opcode " 1 Rn Rd", "Vd.4s, Vn.4s, lsr32", fn##_4s),                     \
        ROW(name_, "0 1 " U " 011110 1 immh<2:0> immb " opcode " 1 Rn Rd", "Vd.2d, Vn.2d, lsr64", fn##_2d),                      \
        ROW_IF(FP16, name_, "01 " U " 111110 001 immh<0> immb " opcode " 1 Rn Rd", "Hd, Hn, lsr16", fn##_h),                     \
        ROW(name_, "01 " U " 111110 01 immh<1:0> immb " opcode " 1 Rn Rd", "Sd, Sn, lsr32", fn##_s),                             \
        ROW(name_, "01 " U " 111110 1 immh<2:0> immb " opcode " 1 Rn Rd", "Dd, Dn, lsr64", fn##_d)
// Of halves Vm is V0 to V15.
#define ELEMENT(name_, opcode, fn)                                                                                               \
    ROW_IF(FP16, name_, "0 0 0 01111 00 L M Rm<3:0> " opcode " H 0 Rn Rd", "Vd.4h, Vn.4h, Vm.h^hlm", fn##_4h),                   \
        ROW_IF(FP16, name_, "0 1 0 01111 00 L M Rm<3:0> " opcode " H 0 Rn Rd", "Vd.8h, Vn.8h, Vm.h^hlm", fn##_8h),               \
        ROW(name_, "0 0 0 01111 10 L Rm " opcode " H 0 Rn Rd", "Vd.2s, Vn.2s, Vm.s^hl", fn##_2s),                                \
        ROW(name_, "0 1 0 01111 10 L Rm " opcode " H 0 Rn Rd", "Vd.4s, Vn.4s, Vm.s^hl", fn##_4s),                                \
        ROW(name_, "0 1 0 01111 11 0 Rm " opcode " H 0 Rn Rd", "Vd.2d, Vn.2d, Vm.d^hi", fn##_2d),                                \
        ROW_IF(FP16, name_, "01 0 11111 00 L M Rm<3:0> " opcode " H 0 Rn Rd", "Hd, Hn, Vm.h^hlm", fn##_h),                       \
        ROW(name_, "01 0 11111 10 L Rm " opcode " H 0 Rn Rd", "Sd, Sn, Vm.s^hl", fn##_s),                                        \
        ROW(name_, "01 0 11111 11 0 Rm " opcode " H 0 Rn Rd", "Dd, Dn, Vm.d^hi", fn##_d)

static const struct arm64_insn rows[] = {
    V3("fmaxnm", "0", "0", "000", op_fmaxnm),
    V3("fmla", "0", "0", "001", op_fmla),
    V3("fadd", "0", "0", "010", op_fadd),
    V3_SCALAR("fcmeq", "0", "0", "100", op_fcmeq),
    V3("fmax", "0", "0", "110", op_fmax),
    V3("fminnm", "0", "1", "000", op_fminnm),
    V3("fmls", "0", "1", "001", op_fmls),
    V3("fsub", "0", "1", "010", op_fsub),
    V3("fmin", "0", "1", "110", op_fmin),
    V3("fmaxnmp", "1", "0", "000", op_fmaxnmp),
    V3("faddp", "1", "0", "010", op_faddp),
    V3("fmul", "1", "0", "011", op_fmul),
    V3_SCALAR("fcmge", "1", "0", "100", op_fcmge),
    V3_SCALAR("facge", "1", "0", "101", op_facge),
    V3("fmaxp", "1", "0", "110", op_fmaxp),
    V3("fdiv", "1", "0", "111", op_fdiv),
    V3("fminnmp", "1", "1", "000", op_fminnmp),
    V3_SCALAR("fabd", "1", "1", "010", op_fabd),
    V3_SCALAR("fcmgt", "1", "1", "100", op_fcmgt),
    V3_SCALAR("facgt", "1", "1", "101", op_facgt),
    V3("fminp", "1", "1", "110", op_fminp),
    V2_SCALAR("fcmgt", "0", "1", "01100", ", #0.0", op_fcmgt0),
    V2_SCALAR("fcmge", "1", "1", "01100", ", #0.0", op_fcmge0),
    V2_SCALAR("fcmeq", "0", "1", "01101", ", #0.0", op_fcmeq0),
    V2_SCALAR("fcmle", "1", "1", "01101", ", #0.0", op_fcmle0),
    V2_SCALAR("fcmlt", "0", "1", "01110", ", #0.0", op_fcmlt0),
    V2("fabs", "0", "1", "01111", "", op_fabs),
    V2("fneg", "1", "1", "01111", "", op_fneg),
    V2("frintn", "0", "0", "11000", "", op_frintn),
    V2("frinta", "1", "0", "11000", "", op_frinta),
    V2("frintp", "0", "1", "11000", "", op_frintp),
    V2("frintm", "0", "0", "11001", "", op_frintm),
    V2("frintx", "1", "0", "11001", "", op_frintx),
    V2("frintz", "0", "1", "11001", "", op_frintz),
    V2("frinti", "1", "1", "11001", "", op_frinti),
    V2_SCALAR("fcvtns", "0", "0", "11010", "", op_fcvtns),
    V2_SCALAR("fcvtnu", "1", "0", "11010", "", op_fcvtnu),
    V2_SCALAR("fcvtps", "0", "1", "11010", "", op_fcvtps),
    V2_SCALAR("fcvtpu", "1", "1", "11010", "", op_fcvtpu),
    V2_SCALAR("fcvtms", "0", "0", "11011", "", op_fcvtms),
    V2_SCALAR("fcvtmu", "1", "0", "11011", "", op_fcvtmu),
    V2_SCALAR("fcvtzs", "0", "1", "11011", "", op_fcvtzs),
    V2_SCALAR("fcvtzu", "1", "1", "11011", "", op_fcvtzu),
    V2_SCALAR("fcvtas", "0", "0", "11100", "", op_fcvtas),
    V2_SCALAR("fcvtau", "1", "0", "11100", "", op_fcvtau),
    V2_SCALAR("scvtf", "0", "0", "11101", "", op_scvtf),
    V2_SCALAR("ucvtf", "1", "0", "11101", "", op_ucvtf),
    V2("fsqrt", "1", "1", "11111", "", op_fsqrt),
    ROW("fcvtn", "0 0 0 01110 01 10000 10110 10 Rn Rd", "Vd.2s, Vn.2d", op_fcvtn),
    ROW("fcvtn2", "0 1 0 01110 01 10000 10110 10 Rn Rd", "Vd.4s, Vn.2d", op_fcvtn2),
    ROW("fcvtl", "0 0 0 01110 01 10000 10111 10 Rn Rd", "Vd.2d, Vn.2s", op_fcvtl),
    ROW("fcvtl2", "0 1 0 01110 01 10000 10111 10 Rn Rd", "Vd.2d, Vn.4s", op_fcvtl2),
    PAIR("fmaxnmp", "0", "01100", op_fmaxnm_pair),
    PAIR("faddp", "0", "01101", op_fadd_pair),
    PAIR("fmaxp", "0", "01111", op_fmax_pair),
    PAIR("fminnmp", "1", "01100", op_fminnm_pair),
    PAIR("fminp", "1", "01111", op_fmin_pair),
    V1("fmaxnmv", "0", "01100", op_fmaxnmv),
    V1("fmaxv", "0", "01111", op_fmaxv),
    V1("fminnmv", "1", "01100", op_fminnmv),
    V1("fminv", "1", "01111", op_fminv),
    FIXED("scvtf", "0", "11100", op_scvtf_fixed),
    FIXED("ucvtf", "1", "11100", op_ucvtf_fixed),
    FIXED("fcvtzs", "0", "11111", op_fcvtzs_fixed),
    FIXED("fcvtzu", "1", "11111", op_fcvtzu_fixed),
    ELEMENT("fmla", "0001", op_fmla_el),
    ELEMENT("fmls", "0101", op_fmls_el),
    ELEMENT("fmul", "1001", op_fmul_el),
};
ARM64_TABLE(fp_vector);
