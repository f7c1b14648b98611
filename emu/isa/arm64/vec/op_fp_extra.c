// SPDX-License-Identifier: MIT
// Floating point that came after Armv8.2: FJCVTZS, complex numbers (FEAT_FCMA), rounding to integers of a width (FEAT_FRINTTS), sums of
// products of halves in words (FEAT_FHM).
#include "fp/arith.h"
#include "isa/arm64/vec/fp.h"

// ---- FJCVTZS: modulo 2^32, toward zero. Z tells that nothing was lost, not even a zero's sign or a flushed operand.
static u32 to_int32(u64 x, struct fp_env *e, bool *same) {
    u64 v = flush_operand(DOUBLE, x, e), m = magnitude(DOUBLE, v);
    bool negative = is_negative(DOUBLE, v);
    i32 place = (i32)(m >> 52) - bias(DOUBLE); // of the highest bit
    *same = !m && !negative && x == v;
    if (!m) return 0;
    if (place > 31 + 52) { // infinities and NaNs among them
        e->flags |= FP_NV;
        return 0;
    }
    u64 mant = BIT(52) | (m & mask(51, 0)), whole = place < 0 ? 0 : place <= 52 ? mant >> (52 - place) : mant << (place - 52);
    bool inexact = place < 0 || (place < 52 && mant & mask(51 - (unsigned)place, 0));
    if (place > 31 || whole > (u64)INT32_MAX + negative) e->flags |= FP_NV;
    else if (inexact) e->flags |= FP_NX;
    else *same = true;
    return (u32)(negative ? -whole : whole);
}
SOP(op_fjcvtzs) {
    struct fp_env e = arm64_env(c);
    bool same;
    SET_W(to_int32(VN.d[0], &e, &same));
    SET_NZCV(same ? 4u : 0u);
    arm64_raise_flags(c, &e);
    NEXT;
}

// ---- complex numbers: an even lane and the odd one behind it. u->disp: rotations by 90 degrees
#define COMPLEX(fn, N, count, pair, ...)                                                                                         \
    SOP(fn) {                                                                                                                    \
        const union arm64_v vn = VN, vm = VM;                                                                                    \
        union arm64_v r = VD;                                                                                                    \
        struct fp_env e = arm64_env_##N(c);                                                                                      \
        bool odd = u->disp & 1;                                                                                                  \
        for (unsigned i = 0; i < (count); i += 2) {                                                                              \
            u##N *z = &r.LANE_##N[i];                                                                                            \
            const u##N *x = &vn.LANE_##N[i], *y = &vm.LANE_##N[pair];                                                            \
            __VA_ARGS__;                                                                                                         \
        }                                                                                                                        \
        if ((count) * N < 128) r.d[1] = 0;                                                                                       \
        VD = r;                                                                                                                  \
        arm64_raise_flags(c, &e);                                                                                                \
        NEXT;                                                                                                                    \
    }
#define NEGATE_IF(condition, v) ((condition) ? FP_MINUS(v) : (v))
// Vm turned by 90 or 270 degrees is added.
#define ADD_TURNED z[0] = FP_OF(add, x[0], NEGATE_IF(u->disp == 1, y[1])), z[1] = FP_OF(add, x[1], NEGATE_IF(u->disp == 3, y[0]))
// One part of Vn, times both of Vm or (odd) of Vm turned by 90 degrees, is added or taken away.
#define ADD_PART                                                                                                                 \
    z[0] = FP_OF(mul_add, x[odd], NEGATE_IF(u->disp == 1 || u->disp == 2, y[odd]), z[0], FP_NEGATE_NONE),                        \
    z[1] = FP_OF(mul_add, x[odd], NEGATE_IF(u->disp >= 2, y[!odd]), z[1], FP_NEGATE_NONE)
#define COMPLEX_ALL(name, ...)                                                                                                   \
    COMPLEX(op_##name##_4h, 16, 4, i, __VA_ARGS__)                                                                               \
    COMPLEX(op_##name##_8h, 16, 8, i, __VA_ARGS__)                                                                               \
    COMPLEX(op_##name##_2s, 32, 2, i, __VA_ARGS__)                                                                               \
    COMPLEX(op_##name##_4s, 32, 4, i, __VA_ARGS__)                                                                               \
    COMPLEX(op_##name##_2d, 64, 2, i, __VA_ARGS__)
COMPLEX_ALL(fcadd, (void)odd, ADD_TURNED)
COMPLEX_ALL(fcmla, ADD_PART)
COMPLEX(op_fcmla_el_4h, 16, 4, 2 * u->imm, ADD_PART)
COMPLEX(op_fcmla_el_8h, 16, 8, 2 * u->imm, ADD_PART)
COMPLEX(op_fcmla_el_4s, 32, 4, 2 * u->imm, ADD_PART)

// ---- to an integral value that a signed integer of `width` bits holds; what none holds becomes the lowest (FPRoundIntN)
FP_INLINE u64 integral_of(FMT, u64 x, u64 rounded, unsigned width, const struct fp_env *rounding, struct fp_env *e) {
    u64 lowest = (u64)(bias(f) + (i32)width - 1) << f.fraction, m = magnitude(f, rounded);
    e->flags |= rounding->flags & FP_ID;
    if (m > lowest || (m == lowest && !is_negative(f, rounded))) {
        e->flags |= FP_NV;
        return sign_bit(f) | lowest;
    }
    e->flags |= rounding->flags;
    return rounded;
}
#define INTEGRAL(fn, N, count, width, rounding_)                                                                                 \
    SOP(fn) {                                                                                                                    \
        const union arm64_v vn = VN;                                                                                             \
        union arm64_v r = {.q = 0};                                                                                              \
        struct fp_env all = arm64_env(c);                                                                                        \
        for (unsigned i = 0; i < (count); i++) {                                                                                 \
            struct fp_env e = arm64_env(c);                                                                                      \
            u##N x = vn.LANE_##N[i];                                                                                             \
            e.rounding = rounding_;                                                                                              \
            e.flags = 0;                                                                                                         \
            r.LANE_##N[i] = (u##N)integral_of(FORMAT_##N, x, ARM64_OF(integral, x, true), width, &e, &all);                      \
        }                                                                                                                        \
        VD = r;                                                                                                                  \
        arm64_raise_flags(c, &all);                                                                                              \
        NEXT;                                                                                                                    \
    }
#define INTEGRAL_ALL(name, width, rounding_)                                                                                     \
    INTEGRAL(op_##name##_2s, 32, 2, width, rounding_)                                                                            \
    INTEGRAL(op_##name##_4s, 32, 4, width, rounding_)                                                                            \
    INTEGRAL(op_##name##_2d, 64, 2, width, rounding_)                                                                            \
    INTEGRAL(op_##name##_s, 32, 1, width, rounding_)                                                                             \
    INTEGRAL(op_##name##_d, 64, 1, width, rounding_)
INTEGRAL_ALL(frint32z, 32, FP_ZERO)
INTEGRAL_ALL(frint64z, 64, FP_ZERO)
INTEGRAL_ALL(frint32x, 32, e.rounding)
INTEGRAL_ALL(frint64x, 64, e.rounding)

// ---- FPMulAddH: a half is widened as it is, a signalling NaN too, and what it becomes takes part
static u32 widened(const struct arm64_cpu *c, u16 x) {
    struct fp_env e = arm64_env_16(c);
    if (is_nan(HALF, x)) return (u32)(x & 0x8000) << 16 | 0x7f800000 | (u32)(x & 0x3ff) << 13;
    return f16_to_f32(x, &e);
}
// from: the first lane of Vn; at: Vm's.
#define WIDE_SUM(fn, count, from, at, sign)                                                                                      \
    SOP(fn) {                                                                                                                    \
        const union arm64_v vn = VN, vm = VM;                                                                                    \
        union arm64_v r = {.q = 0};                                                                                              \
        struct fp_env e = arm64_env(c);                                                                                          \
        for (unsigned i = 0; i < (count); i++)                                                                                   \
            r.s[i] = f32_mul_add(widened(c, vn.h[(from) + i] ^ (sign)), widened(c, vm.h[at]), VD.s[i], FP_NEGATE_NONE, &e);      \
        VD = r;                                                                                                                  \
        arm64_raise_flags(c, &e);                                                                                                \
        NEXT;                                                                                                                    \
    }
#define WIDE_SUMS(fn, sign)                                                                                                      \
    WIDE_SUM(fn##_2s, 2, 0, i, sign)                                                                                             \
    WIDE_SUM(fn##_4s, 4, 0, i, sign)                                                                                             \
    WIDE_SUM(fn##2_2s, 2, 2, 2 + i, sign)                                                                                        \
    WIDE_SUM(fn##2_4s, 4, 4, 4 + i, sign)                                                                                        \
    WIDE_SUM(fn##_el_2s, 2, 0, u->imm, sign)                                                                                     \
    WIDE_SUM(fn##_el_4s, 4, 0, u->imm, sign)                                                                                     \
    WIDE_SUM(fn##2_el_2s, 2, 2, u->imm, sign)                                                                                    \
    WIDE_SUM(fn##2_el_4s, 4, 4, u->imm, sign)
WIDE_SUMS(op_fmlal, 0)
WIDE_SUMS(op_fmlsl, 0x8000)

// ---- rows

#define C(name_, q, size, more, t, rot_, fn)                                                                                     \
    ROW_IF(FCMA, name_, "0 " q " 1 01110 " size " 0 Rm 1 " more " 1 Rn Rd", "Vd." t ", Vn." t ", Vm." t ", " rot_, fn)
#define COMPLEX_ROWS(name_, more, rot_, fn)                                                                                      \
    C(name_, "0", "01", more, "4h", rot_, fn##_4h), C(name_, "1", "01", more, "8h", rot_, fn##_8h),                              \
        C(name_, "0", "10", more, "2s", rot_, fn##_2s), C(name_, "1", "10", more, "4s", rot_, fn##_4s),                          \
        C(name_, "1", "11", more, "2d", rot_, fn##_2d)
#define INTEGRAL_ROWS(name_, U, opcode, scalar, fn)                                                                              \
    ROW_IF(FRINTTS, name_, "0 0 " U " 01110 00 10000 " opcode " 10 Rn Rd", "Vd.2s, Vn.2s", fn##_2s),                             \
        ROW_IF(FRINTTS, name_, "0 1 " U " 01110 00 10000 " opcode " 10 Rn Rd", "Vd.4s, Vn.4s", fn##_4s),                         \
        ROW_IF(FRINTTS, name_, "0 1 " U " 01110 01 10000 " opcode " 10 Rn Rd", "Vd.2d, Vn.2d", fn##_2d),                         \
        ROW_IF(FRINTTS, name_, "0 0 0 11110 00 1 " scalar " 10000 Rn Rd", "Sd, Sn", fn##_s),                                     \
        ROW_IF(FRINTTS, name_, "0 0 0 11110 01 1 " scalar " 10000 Rn Rd", "Dd, Dn", fn##_d)
#define WIDE_ROWS(name_, U, a, opcode, opcode_el, fn)                                                                            \
    ROW_IF(FHM, name_, "0 0 " U " 01110 " a "0 1 Rm " opcode " 1 Rn Rd", "Vd.2s, Vn.2h, Vm.2h", fn##_2s),                        \
        ROW_IF(FHM, name_, "0 1 " U " 01110 " a "0 1 Rm " opcode " 1 Rn Rd", "Vd.4s, Vn.4h, Vm.4h", fn##_4s),                    \
        ROW_IF(FHM, name_, "0 0 " U " 01111 10 L M Rm<3:0> " opcode_el " H 0 Rn Rd", "Vd.2s, Vn.2h, Vm.h^hlm", fn##_el_2s),      \
        ROW_IF(FHM, name_, "0 1 " U " 01111 10 L M Rm<3:0> " opcode_el " H 0 Rn Rd", "Vd.4s, Vn.4h, Vm.h^hlm", fn##_el_4s)

static const struct arm64_insn rows[] = {
    ROW_IF(JSCVT, "fjcvtzs", "0 0 0 11110 01 1 11 110 000000 Rn Rd", "Wd, Dn", op_fjcvtzs),
    COMPLEX_ROWS("fcmla", "10 rot", "rot", op_fcmla),
    COMPLEX_ROWS("fcadd", "11 rot<1> 0", "rotodd", op_fcadd),
    ROW_IF(FCMA, "fcmla", "0 0 1 01111 01 L Rm 0 rot 1 0 0 Rn Rd", "Vd.4h, Vn.4h, Vm.h^hl, rot", op_fcmla_el_4h),
    ROW_IF(FCMA, "fcmla", "0 1 1 01111 01 L Rm 0 rot 1 H 0 Rn Rd", "Vd.8h, Vn.8h, Vm.h^hl, rot", op_fcmla_el_8h),
    ROW_IF(FCMA, "fcmla", "0 1 1 01111 10 0 Rm 0 rot 1 H 0 Rn Rd", "Vd.4s, Vn.4s, Vm.s^hi, rot", op_fcmla_el_4s),
    INTEGRAL_ROWS("frint32z", "0", "11110", "010000", op_frint32z),
    INTEGRAL_ROWS("frint32x", "1", "11110", "010001", op_frint32x),
    INTEGRAL_ROWS("frint64z", "0", "11111", "010010", op_frint64z),
    INTEGRAL_ROWS("frint64x", "1", "11111", "010011", op_frint64x),
    WIDE_ROWS("fmlal", "0", "0", "11101", "0000", op_fmlal),
    WIDE_ROWS("fmlsl", "0", "1", "11101", "0100", op_fmlsl),
    WIDE_ROWS("fmlal2", "1", "0", "11001", "1000", op_fmlal2),
    WIDE_ROWS("fmlsl2", "1", "1", "11001", "1100", op_fmlsl2),
};
ARM64_TABLE(fp_extra);
