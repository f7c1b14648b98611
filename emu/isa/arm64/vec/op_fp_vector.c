// SPDX-License-Identifier: MIT
// Floating point in lanes of S and D (C4.1.97): three same, two-register miscellaneous, across lanes, by element, and the scalars that are
// Advanced SIMD's. Lanes are computed from the lowest up, each with the flags of its own.
#include "fp/arith.h"
#include "isa/arm64/vec/fp.h"

// In an expression x, y, z are lanes of Vn, Vm and Vd, e is the env.
#define F_EACH(fn, N, count, ...)                                                                                                \
    SOP(fn) {                                                                                                                    \
        const union arm64_v vn = VN, vm = VM, vd = VD;                                                                           \
        union arm64_v r = {.q = 0};                                                                                              \
        struct fp_env e = arm64_env(c);                                                                                          \
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
        struct fp_env e = arm64_env(c);                                                                                          \
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
        struct fp_env e = arm64_env(c);                                                                                          \
        for (unsigned i = 0; i < (count); i++) {                                                                                 \
            [[maybe_unused]] u##N x = vn.LANE_##N[i], z = vd.LANE_##N[i];                                                        \
            r.LANE_##N[i] = (u##N)(__VA_ARGS__);                                                                                 \
        }                                                                                                                        \
        VD = r;                                                                                                                  \
        arm64_raise_flags(c, &e);                                                                                                \
        NEXT;                                                                                                                    \
    }
#define VECTORS(M, name, of_32, of_64)                                                                                           \
    M(op_##name##_2s, 32, 2, of_32) M(op_##name##_4s, 32, 4, of_32) M(op_##name##_2d, 64, 2, of_64)
#define SCALARS(M, name, of_32, of_64) M(op_##name##_s, 32, 1, of_32) M(op_##name##_d, 64, 1, of_64)
#define BOTH(M, name, of_32, of_64) VECTORS(M, name, of_32, of_64) SCALARS(M, name, of_32, of_64)
#define ABS_32(v) ((v) & 0x7fffffffu)
#define ABS_64(v) ((v) & ~((u64)1 << 63))
#define MINUS_32 ((u32)1 << 31)
#define MINUS_64 ((u64)1 << 63)

// ---- three same
VECTORS(F_EACH, fadd, f32_add(x, y, &e), f64_add(x, y, &e))
VECTORS(F_EACH, fsub, f32_sub(x, y, &e), f64_sub(x, y, &e))
VECTORS(F_EACH, fmul, f32_mul(x, y, &e), f64_mul(x, y, &e))
VECTORS(F_EACH, fdiv, f32_div(x, y, &e), f64_div(x, y, &e))
VECTORS(F_EACH, fmla, f32_mul_add(x, y, z, 0, &e), f64_mul_add(x, y, z, 0, &e))
VECTORS(F_EACH, fmls, f32_mul_add(x ^ MINUS_32, y, z, 0, &e), f64_mul_add(x ^ MINUS_64, y, z, 0, &e))
VECTORS(F_EACH, fmin, arm64_extremum_32(x, y, ARM64_MIN, &e), arm64_extremum_64(x, y, ARM64_MIN, &e))
VECTORS(F_EACH, fmax, arm64_extremum_32(x, y, ARM64_MAX_OF, &e), arm64_extremum_64(x, y, ARM64_MAX_OF, &e))
VECTORS(F_EACH, fminnm, arm64_extremum_32(x, y, ARM64_NUMBER, &e), arm64_extremum_64(x, y, ARM64_NUMBER, &e))
#define MAX_NUMBER (ARM64_NUMBER | ARM64_MAX_OF)
VECTORS(F_EACH, fmaxnm, arm64_extremum_32(x, y, MAX_NUMBER, &e), arm64_extremum_64(x, y, MAX_NUMBER, &e))
VECTORS(F_PAIRS, faddp, f32_add(x, y, &e), f64_add(x, y, &e))
VECTORS(F_PAIRS, fminp, arm64_extremum_32(x, y, ARM64_MIN, &e), arm64_extremum_64(x, y, ARM64_MIN, &e))
VECTORS(F_PAIRS, fmaxp, arm64_extremum_32(x, y, ARM64_MAX_OF, &e), arm64_extremum_64(x, y, ARM64_MAX_OF, &e))
VECTORS(F_PAIRS, fminnmp, arm64_extremum_32(x, y, ARM64_NUMBER, &e), arm64_extremum_64(x, y, ARM64_NUMBER, &e))
VECTORS(F_PAIRS, fmaxnmp, arm64_extremum_32(x, y, MAX_NUMBER, &e), arm64_extremum_64(x, y, MAX_NUMBER, &e))
#define F_PAIR(fn, N, ...)                                                                                                       \
    SOP(fn) {                                                                                                                    \
        u##N x = VN.LANE_##N[0], y = VN.LANE_##N[1];                                                                             \
        struct fp_env e = arm64_env(c);                                                                                          \
        VD.q = __VA_ARGS__;                                                                                                      \
        arm64_raise_flags(c, &e);                                                                                                \
        NEXT;                                                                                                                    \
    }
#define F_PAIR_BOTH(name, of_32, of_64) F_PAIR(op_##name##_pair_s, 32, of_32) F_PAIR(op_##name##_pair_d, 64, of_64)
F_PAIR_BOTH(fadd, f32_add(x, y, &e), f64_add(x, y, &e))
F_PAIR_BOTH(fmin, arm64_extremum_32(x, y, ARM64_MIN, &e), arm64_extremum_64(x, y, ARM64_MIN, &e))
F_PAIR_BOTH(fmax, arm64_extremum_32(x, y, ARM64_MAX_OF, &e), arm64_extremum_64(x, y, ARM64_MAX_OF, &e))
F_PAIR_BOTH(fminnm, arm64_extremum_32(x, y, ARM64_NUMBER, &e), arm64_extremum_64(x, y, ARM64_NUMBER, &e))
F_PAIR_BOTH(fmaxnm, arm64_extremum_32(x, y, MAX_NUMBER, &e), arm64_extremum_64(x, y, MAX_NUMBER, &e))
// Four lanes: by halves, as the manual's Reduce does.
#define ACROSS(name, which)                                                                                                      \
    SOP(op_##name##_4s) {                                                                                                        \
        const union arm64_v v = VN;                                                                                              \
        struct fp_env e = arm64_env(c);                                                                                          \
        u32 low = arm64_extremum_32(v.s[0], v.s[1], which, &e), high = arm64_extremum_32(v.s[2], v.s[3], which, &e);             \
        VD.q = arm64_extremum_32(low, high, which, &e);                                                                          \
        arm64_raise_flags(c, &e);                                                                                                \
        NEXT;                                                                                                                    \
    }
ACROSS(fminv, ARM64_MIN)
ACROSS(fmaxv, ARM64_MAX_OF)
ACROSS(fminnmv, ARM64_NUMBER)
ACROSS(fmaxnmv, MAX_NUMBER)

BOTH(F_EACH, fabd, ABS_32(f32_sub(x, y, &e)), ABS_64(f64_sub(x, y, &e)))
#define EQ(N, x, y) -(u##N)(f##N##_compare_quiet(x, y, &e) == FP_EQUAL)
#define GT(N, x, y) -(u##N)(f##N##_compare_signalling(x, y, &e) == FP_GREATER)
static inline bool not_below(enum fp_relation r) { return r == FP_GREATER || r == FP_EQUAL; }
#define GE(N, x, y) -(u##N)not_below(f##N##_compare_signalling(x, y, &e))
#define COMPARES(name, R, x_, y_) BOTH(F_EACH, name, R(32, x_, y_), R(64, x_, y_))
COMPARES(fcmeq, EQ, x, y)
COMPARES(fcmge, GE, x, y)
COMPARES(fcmgt, GT, x, y)
BOTH(F_EACH, facge, GE(32, ABS_32(x), ABS_32(y)), GE(64, ABS_64(x), ABS_64(y)))
BOTH(F_EACH, facgt, GT(32, ABS_32(x), ABS_32(y)), GT(64, ABS_64(x), ABS_64(y)))
COMPARES(fcmeq0, EQ, x, 0)
COMPARES(fcmge0, GE, x, 0)
COMPARES(fcmgt0, GT, x, 0)
COMPARES(fcmle0, GE, 0, x)
COMPARES(fcmlt0, GT, 0, x)

// ---- one operand
VECTORS(F_EACH, fabs, ABS_32(x), ABS_64(x))
VECTORS(F_EACH, fneg, x ^ MINUS_32, x ^ MINUS_64)
VECTORS(F_EACH, fsqrt, f32_sqrt(x, &e), f64_sqrt(x, &e))
#define INTEGRAL(name, exact, ...)                                                                                               \
    VECTORS(F_EACH, name, (__VA_ARGS__, arm64_integral_32(x, exact, &e)), (__VA_ARGS__, arm64_integral_64(x, exact, &e)))
INTEGRAL(frintn, false, e.rounding = FP_NEAREST)
INTEGRAL(frintp, false, e.rounding = FP_UP)
INTEGRAL(frintm, false, e.rounding = FP_DOWN)
INTEGRAL(frintz, false, e.rounding = FP_ZERO)
INTEGRAL(frinta, false, e.rounding = FP_AWAY)
INTEGRAL(frintx, true, (void)0)
INTEGRAL(frinti, false, (void)0)
#define TO(name, is_signed, fbits, mode)                                                                                         \
    BOTH(F_EACH, name, (e.rounding = mode, arm64_to_fixed_32(x, 32, is_signed, fbits, &e)),                                      \
         (e.rounding = mode, arm64_to_fixed_64(x, 64, is_signed, fbits, &e)))
#define TO_BOTH(letter, mode) TO(fcvt##letter##s, true, 0, mode) TO(fcvt##letter##u, false, 0, mode)
TO_BOTH(n, FP_NEAREST)
TO_BOTH(p, FP_UP)
TO_BOTH(m, FP_DOWN)
TO_BOTH(z, FP_ZERO)
TO_BOTH(a, FP_AWAY)
TO(fcvtzs_fixed, true, (unsigned)u->imm, FP_ZERO)
TO(fcvtzu_fixed, false, (unsigned)u->imm, FP_ZERO)
#define FROM(suffix, fbits)                                                                                                      \
    BOTH(F_EACH, scvtf##suffix, arm64_from_fixed_32((u64)(i32)x, true, fbits, &e), arm64_from_fixed_64(x, true, fbits, &e))      \
    BOTH(F_EACH, ucvtf##suffix, arm64_from_fixed_32(x, false, fbits, &e), arm64_from_fixed_64(x, false, fbits, &e))
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
BOTH(F_ELEMENT, fmul_el, f32_mul(x, y, &e), f64_mul(x, y, &e))
BOTH(F_ELEMENT, fmla_el, f32_mul_add(x, y, z, 0, &e), f64_mul_add(x, y, z, 0, &e))
BOTH(F_ELEMENT, fmls_el, f32_mul_add(x ^ MINUS_32, y, z, 0, &e), f64_mul_add(x ^ MINUS_64, y, z, 0, &e))

// ---- rows: a is size<1>, which tells half of the operations from the others

#define V3(name_, U, a, opcode, fn)                                                                                              \
    ROW(name_, "0 0 " U " 01110 " a "0 1 Rm " opcode " 1 Rn Rd", "Vd.2s, Vn.2s, Vm.2s", fn##_2s),                                \
        ROW(name_, "0 1 " U " 01110 " a "0 1 Rm " opcode " 1 Rn Rd", "Vd.4s, Vn.4s, Vm.4s", fn##_4s),                            \
        ROW(name_, "0 1 " U " 01110 " a "1 1 Rm " opcode " 1 Rn Rd", "Vd.2d, Vn.2d, Vm.2d", fn##_2d)
#define V3_SCALAR(name_, U, a, opcode, fn)                                                                                       \
    V3(name_, U, a, opcode, fn), ROW(name_, "01 " U " 11110 " a "0 1 Rm " opcode " 1 Rn Rd", "Sd, Sn, Sm", fn##_s),              \
        ROW(name_, "01 " U " 11110 " a "1 1 Rm " opcode " 1 Rn Rd", "Dd, Dn, Dm", fn##_d)
#define V2(name_, U, a, opcode, more, fn)                                                                                        \
    ROW(name_, "0 0 " U " 01110 " a "0 10000 " opcode " 10 Rn Rd", "Vd.2s, Vn.2s" more, fn##_2s),                                \
        ROW(name_, "0 1 " U " 01110 " a "0 10000 " opcode " 10 Rn Rd", "Vd.4s, Vn.4s" more, fn##_4s),                            \
        ROW(name_, "0 1 " U " 01110 " a "1 10000 " opcode " 10 Rn Rd", "Vd.2d, Vn.2d" more, fn##_2d)
#define V2_SCALAR(name_, U, a, opcode, more, fn)                                                                                 \
    V2(name_, U, a, opcode, more, fn), ROW(name_, "01 " U " 11110 " a "0 10000 " opcode " 10 Rn Rd", "Sd, Sn" more, fn##_s),     \
        ROW(name_, "01 " U " 11110 " a "1 10000 " opcode " 10 Rn Rd", "Dd, Dn" more, fn##_d)
#define PAIR(name_, a, opcode, fn)                                                                                               \
    ROW(name_, "01 1 11110 " a "0 11000 " opcode " 10 Rn Rd", "Sd, Vn.2s", fn##_s),                                              \
        ROW(name_, "01 1 11110 " a "1 11000 " opcode " 10 Rn Rd", "Dd, Vn.2d", fn##_d)
#define FIXED(name_, U, opcode, fn)                                                                                              \
    ROW(name_, "0 0 " U " 011110 01 immh<1:0> immb " opcode " 1 Rn Rd", "Vd.2s, Vn.2s, lsr32", fn##_2s),                         \
        ROW(name_, "0 1 " U " 011110 01 immh<1:0> immb " opcode " 1 Rn Rd", "Vd.4s, Vn.4s, lsr32", fn##_4s),                     \
        ROW(name_, "0 1 " U " 011110 1 immh<2:0> immb " opcode " 1 Rn Rd", "Vd.2d, Vn.2d, lsr64", fn##_2d),                      \
        ROW(name_, "01 " U " 111110 01 immh<1:0> immb " opcode " 1 Rn Rd", "Sd, Sn, lsr32", fn##_s),                             \
        ROW(name_, "01 " U " 111110 1 immh<2:0> immb " opcode " 1 Rn Rd", "Dd, Dn, lsr64", fn##_d)
#define ELEMENT(name_, opcode, fn)                                                                                               \
    ROW(name_, "0 0 0 01111 10 L Rm " opcode " H 0 Rn Rd", "Vd.2s, Vn.2s, Vm.s^hl", fn##_2s),                                    \
        ROW(name_, "0 1 0 01111 10 L Rm " opcode " H 0 Rn Rd", "Vd.4s, Vn.4s, Vm.s^hl", fn##_4s),                                \
        ROW(name_, "0 1 0 01111 11 0 Rm " opcode " H 0 Rn Rd", "Vd.2d, Vn.2d, Vm.d^hi", fn##_2d),                                \
        ROW(name_, "01 0 11111 10 L Rm " opcode " H 0 Rn Rd", "Sd, Sn, Vm.s^hl", fn##_s),                                        \
        ROW(name_, "01 0 11111 11 0 Rm " opcode " H 0 Rn Rd", "Dd, Dn, Vm.d^hi", fn##_d)

static const struct arm64_insn rows[] = {
    V3("fmaxnm", "0", "0", "11000", op_fmaxnm),
    V3("fmla", "0", "0", "11001", op_fmla),
    V3("fadd", "0", "0", "11010", op_fadd),
    V3_SCALAR("fcmeq", "0", "0", "11100", op_fcmeq),
    V3("fmax", "0", "0", "11110", op_fmax),
    V3("fminnm", "0", "1", "11000", op_fminnm),
    V3("fmls", "0", "1", "11001", op_fmls),
    V3("fsub", "0", "1", "11010", op_fsub),
    V3("fmin", "0", "1", "11110", op_fmin),
    V3("fmaxnmp", "1", "0", "11000", op_fmaxnmp),
    V3("faddp", "1", "0", "11010", op_faddp),
    V3("fmul", "1", "0", "11011", op_fmul),
    V3_SCALAR("fcmge", "1", "0", "11100", op_fcmge),
    V3_SCALAR("facge", "1", "0", "11101", op_facge),
    V3("fmaxp", "1", "0", "11110", op_fmaxp),
    V3("fdiv", "1", "0", "11111", op_fdiv),
    V3("fminnmp", "1", "1", "11000", op_fminnmp),
    V3_SCALAR("fabd", "1", "1", "11010", op_fabd),
    V3_SCALAR("fcmgt", "1", "1", "11100", op_fcmgt),
    V3_SCALAR("facgt", "1", "1", "11101", op_facgt),
    V3("fminp", "1", "1", "11110", op_fminp),
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
    ROW("fmaxnmv", "0 1 1 01110 00 11000 01100 10 Rn Rd", "Sd, Vn.4s", op_fmaxnmv_4s),
    ROW("fmaxv", "0 1 1 01110 00 11000 01111 10 Rn Rd", "Sd, Vn.4s", op_fmaxv_4s),
    ROW("fminnmv", "0 1 1 01110 10 11000 01100 10 Rn Rd", "Sd, Vn.4s", op_fminnmv_4s),
    ROW("fminv", "0 1 1 01110 10 11000 01111 10 Rn Rd", "Sd, Vn.4s", op_fminv_4s),
    FIXED("scvtf", "0", "11100", op_scvtf_fixed),
    FIXED("ucvtf", "1", "11100", op_ucvtf_fixed),
    FIXED("fcvtzs", "0", "11111", op_fcvtzs_fixed),
    FIXED("fcvtzu", "1", "11111", op_fcvtzu_fixed),
    ELEMENT("fmla", "0001", op_fmla_el),
    ELEMENT("fmls", "0101", op_fmls_el),
    ELEMENT("fmul", "1001", op_fmul_el),
};
ARM64_TABLE(fp_vector);
