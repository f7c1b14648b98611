// SPDX-License-Identifier: MIT
// Steps toward reciprocals and roots of them (C7.2, FRECPS, FRSQRTS), and the product that goes with them, FMULX.
#include "fp/arith.h"
#include "isa/arm64/vec/fp.h"

FP_INLINE u64 times(FMT, u64 x, u64 y, struct fp_env *e) {
    return f.fraction == 52 ? f64_mul(x, y, e) : f32_mul((u32)x, (u32)y, e);
}
FP_INLINE u64 fused(FMT, u64 x, u64 y, u64 z, struct fp_env *e) {
    return f.fraction == 52 ? f64_mul_add(x, y, z, 0, e) : f32_mul_add((u32)x, (u32)y, (u32)z, 0, e);
}
FP_INLINE bool zero_times_infinity(FMT, u64 x, u64 y, struct fp_env *e) {
    struct fp_env quiet = *e;
    x = flush_operand(f, x, &quiet);
    y = flush_operand(f, y, &quiet);
    if (!((is_inf(f, x) && !magnitude(f, y)) || (is_inf(f, y) && !magnitude(f, x)))) return false;
    e->flags = quiet.flags;
    return true;
}
FP_INLINE u64 number_of(FMT, u64 significand, i32 power) { return ((u64)(bias(f) + power) << f.fraction) | significand; }

// 0 times infinity is 2 with the sign of the product.
FP_INLINE u64 fmulx(FMT, u64 x, u64 y, struct fp_env *e) {
    if (zero_times_infinity(f, x, y, e)) return number_of(f, 0, 1) | ((x ^ y) & sign_bit(f));
    return times(f, x, y, e);
}
// 2 - x * y, rounded once.
FP_INLINE u64 recps(FMT, u64 x, u64 y, struct fp_env *e) {
    if (zero_times_infinity(f, x, y, e)) return number_of(f, 0, 1);
    return fused(f, x ^ sign_bit(f), y, number_of(f, 0, 1), e);
}
// (3 - x * y) / 2, rounded once: 1.5 - x * y / 2, the greater factor halved, which is exact but where the product is nothing.
FP_INLINE u64 halved(FMT, u64 v) {
    return magnitude(f, v) >> f.fraction > 1 && magnitude(f, v) < infinity(f) ? v - BIT(f.fraction) : v;
}
FP_INLINE u64 rsqrts(FMT, u64 x, u64 y, struct fp_env *e) {
    u64 half = BIT(f.fraction - 1);
    if (zero_times_infinity(f, x, y, e)) return number_of(f, half, 0);
    x ^= sign_bit(f);
    if (!is_nan(f, x) && !is_nan(f, y)) {
        if (magnitude(f, x) >= magnitude(f, y)) x = halved(f, x);
        else y = halved(f, y);
    }
    return fused(f, x, y, number_of(f, half, 0), e);
}

#define LANES(fn, N, count, ...)                                                                                                 \
    SOP(fn) {                                                                                                                    \
        const union arm64_v vn = VN, vm = VM;                                                                                    \
        union arm64_v r = {.q = 0};                                                                                              \
        struct fp_env e = arm64_env(c);                                                                                          \
        for (unsigned i = 0; i < (count); i++) {                                                                                 \
            u64 x = vn.LANE_##N[i], y = vm.LANE_##N[i];                                                                          \
            r.LANE_##N[i] = (u##N)(__VA_ARGS__);                                                                                 \
        }                                                                                                                        \
        VD = r;                                                                                                                  \
        arm64_raise_flags(c, &e);                                                                                                \
        NEXT;                                                                                                                    \
    }
#define ALL(name, fn)                                                                                                            \
    LANES(op_##name##_2s, 32, 2, fn(SINGLE, x, y, &e))                                                                           \
    LANES(op_##name##_4s, 32, 4, fn(SINGLE, x, y, &e))                                                                           \
    LANES(op_##name##_2d, 64, 2, fn(DOUBLE, x, y, &e))                                                                           \
    LANES(op_##name##_s, 32, 1, fn(SINGLE, x, y, &e))                                                                            \
    LANES(op_##name##_d, 64, 1, fn(DOUBLE, x, y, &e))
ALL(fmulx, fmulx)
ALL(frecps, recps)
ALL(frsqrts, rsqrts)
#define ELEMENT(fn, N, F, count)                                                                                                 \
    SOP(fn) {                                                                                                                    \
        const union arm64_v vn = VN;                                                                                             \
        u64 y = VM.LANE_##N[u->imm];                                                                                             \
        union arm64_v r = {.q = 0};                                                                                              \
        struct fp_env e = arm64_env(c);                                                                                          \
        for (unsigned i = 0; i < (count); i++) r.LANE_##N[i] = (u##N)fmulx(F, vn.LANE_##N[i], y, &e);                            \
        VD = r;                                                                                                                  \
        arm64_raise_flags(c, &e);                                                                                                \
        NEXT;                                                                                                                    \
    }
ELEMENT(op_fmulx_el_2s, 32, SINGLE, 2)
ELEMENT(op_fmulx_el_4s, 32, SINGLE, 4)
ELEMENT(op_fmulx_el_2d, 64, DOUBLE, 2)
ELEMENT(op_fmulx_el_s, 32, SINGLE, 1)
ELEMENT(op_fmulx_el_d, 64, DOUBLE, 1)

#define THREE(name_, U, a, opcode, fn)                                                                                           \
    ROW(name_, "0 0 " U " 01110 " a "0 1 Rm " opcode " 1 Rn Rd", "Vd.2s, Vn.2s, Vm.2s", fn##_2s),                                \
        ROW(name_, "0 1 " U " 01110 " a "0 1 Rm " opcode " 1 Rn Rd", "Vd.4s, Vn.4s, Vm.4s", fn##_4s),                            \
        ROW(name_, "0 1 " U " 01110 " a "1 1 Rm " opcode " 1 Rn Rd", "Vd.2d, Vn.2d, Vm.2d", fn##_2d),                            \
        ROW(name_, "01 " U " 11110 " a "0 1 Rm " opcode " 1 Rn Rd", "Sd, Sn, Sm", fn##_s),                                       \
        ROW(name_, "01 " U " 11110 " a "1 1 Rm " opcode " 1 Rn Rd", "Dd, Dn, Dm", fn##_d)

static const struct arm64_insn rows[] = {
    THREE("fmulx", "0", "0", "11011", op_fmulx),
    THREE("frecps", "0", "0", "11111", op_frecps),
    THREE("frsqrts", "0", "1", "11111", op_frsqrts),
    ROW("fmulx", "0 0 1 01111 10 L Rm 1001 H 0 Rn Rd", "Vd.2s, Vn.2s, Vm.s^hl", op_fmulx_el_2s),
    ROW("fmulx", "0 1 1 01111 10 L Rm 1001 H 0 Rn Rd", "Vd.4s, Vn.4s, Vm.s^hl", op_fmulx_el_4s),
    ROW("fmulx", "0 1 1 01111 11 0 Rm 1001 H 0 Rn Rd", "Vd.2d, Vn.2d, Vm.d^hi", op_fmulx_el_2d),
    ROW("fmulx", "01 1 11111 10 L Rm 1001 H 0 Rn Rd", "Sd, Sn, Vm.s^hl", op_fmulx_el_s),
    ROW("fmulx", "01 1 11111 11 0 Rm 1001 H 0 Rn Rd", "Dd, Dn, Vm.d^hi", op_fmulx_el_d),
};
ARM64_TABLE(fp_step);
