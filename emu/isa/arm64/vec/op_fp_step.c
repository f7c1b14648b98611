// SPDX-License-Identifier: MIT
// Steps toward reciprocals and roots of them (C7.2, FRECPS, FRSQRTS), and the product that goes with them, FMULX.
#include "fp/arith.h"
#include "isa/arm64/vec/fp.h"

FP_INLINE u64 times(FMT, u64 x, u64 y, struct fp_env *e) {
    return f.fraction == 52 ? f64_mul(x, y, e) : f.fraction == 23 ? f32_mul((u32)x, (u32)y, e) : f16_mul((u16)x, (u16)y, e);
}
FP_INLINE u64 fused(FMT, u64 x, u64 y, u64 z, struct fp_env *e) {
    if (f.fraction == 10) return f16_mul_add((u16)x, (u16)y, (u16)z, 0, e);
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

#define LANES(fn, N, count, operation)                                                                                           \
    SOP(fn) {                                                                                                                    \
        const union arm64_v vn = VN, vm = VM;                                                                                    \
        union arm64_v r = {.q = 0};                                                                                              \
        struct fp_env e = arm64_env_##N(c);                                                                                      \
        for (unsigned i = 0; i < (count); i++) r.LANE_##N[i] = (u##N)operation(FORMAT_##N, vn.LANE_##N[i], vm.LANE_##N[i], &e);  \
        VD = r;                                                                                                                  \
        arm64_raise_flags(c, &e);                                                                                                \
        NEXT;                                                                                                                    \
    }
#define ELEMENT(fn, N, count, operation)                                                                                         \
    SOP(fn) {                                                                                                                    \
        const union arm64_v vn = VN;                                                                                             \
        u64 y = VM.LANE_##N[u->imm];                                                                                             \
        union arm64_v r = {.q = 0};                                                                                              \
        struct fp_env e = arm64_env_##N(c);                                                                                      \
        for (unsigned i = 0; i < (count); i++) r.LANE_##N[i] = (u##N)operation(FORMAT_##N, vn.LANE_##N[i], y, &e);               \
        VD = r;                                                                                                                  \
        arm64_raise_flags(c, &e);                                                                                                \
        NEXT;                                                                                                                    \
    }
#define ALL(M, fn, operation)                                                                                                    \
    M(fn##_4h, 16, 4, operation)                                                                                                 \
    M(fn##_8h, 16, 8, operation)                                                                                                 \
    M(fn##_2s, 32, 2, operation)                                                                                                 \
    M(fn##_4s, 32, 4, operation)                                                                                                 \
    M(fn##_2d, 64, 2, operation)                                                                                                 \
    M(fn##_h, 16, 1, operation)                                                                                                  \
    M(fn##_s, 32, 1, operation)                                                                                                  \
    M(fn##_d, 64, 1, operation)
ALL(LANES, op_fmulx, fmulx)
ALL(LANES, op_frecps, recps)
ALL(LANES, op_frsqrts, rsqrts)
ALL(ELEMENT, op_fmulx_el, fmulx)

#define THREE(name_, U, a, opcode, fn)                                                                                           \
    ROW_IF(FP16, name_, "0 0 " U " 01110 " a "10 Rm 00 " opcode " 1 Rn Rd", "Vd.4h, Vn.4h, Vm.4h", fn##_4h),                     \
        ROW_IF(FP16, name_, "0 1 " U " 01110 " a "10 Rm 00 " opcode " 1 Rn Rd", "Vd.8h, Vn.8h, Vm.8h", fn##_8h),                 \
        ROW(name_, "0 0 " U " 01110 " a "0 1 Rm 11 " opcode " 1 Rn Rd", "Vd.2s, Vn.2s, Vm.2s", fn##_2s),                         \
        ROW(name_, "0 1 " U " 01110 " a "0 1 Rm 11 " opcode " 1 Rn Rd", "Vd.4s, Vn.4s, Vm.4s", fn##_4s),                         \
        ROW(name_, "0 1 " U " 01110 " a "1 1 Rm 11 " opcode " 1 Rn Rd", "Vd.2d, Vn.2d, Vm.2d", fn##_2d),                         \
        ROW_IF(FP16, name_, "01 " U " 11110 " a "10 Rm 00 " opcode " 1 Rn Rd", "Hd, Hn, Hm", fn##_h),                            \
        ROW(name_, "01 " U " 11110 " a "0 1 Rm 11 " opcode " 1 Rn Rd", "Sd, Sn, Sm", fn##_s),                                    \
        ROW(name_, "01 " U " 11110 " a "1 1 Rm 11 " opcode " 1 Rn Rd", "Dd, Dn, Dm", fn##_d)

static const struct arm64_insn rows[] = {
    THREE("fmulx", "0", "0", "011", op_fmulx),
    THREE("frecps", "0", "0", "111", op_frecps),
    THREE("frsqrts", "0", "1", "111", op_frsqrts),
    ROW_IF(FP16, "fmulx", "0 0 1 01111 00 L M Rm<3:0> 1001 H 0 Rn Rd", "Vd.4h, Vn.4h, Vm.h^hlm", op_fmulx_el_4h),
    ROW_IF(FP16, "fmulx", "0 1 1 01111 00 L M Rm<3:0> 1001 H 0 Rn Rd", "Vd.8h, Vn.8h, Vm.h^hlm", op_fmulx_el_8h),
    ROW_IF(FP16, "fmulx", "01 1 11111 00 L M Rm<3:0> 1001 H 0 Rn Rd", "Hd, Hn, Vm.h^hlm", op_fmulx_el_h),
    ROW("fmulx", "0 0 1 01111 10 L Rm 1001 H 0 Rn Rd", "Vd.2s, Vn.2s, Vm.s^hl", op_fmulx_el_2s),
    ROW("fmulx", "0 1 1 01111 10 L Rm 1001 H 0 Rn Rd", "Vd.4s, Vn.4s, Vm.s^hl", op_fmulx_el_4s),
    ROW("fmulx", "0 1 1 01111 11 0 Rm 1001 H 0 Rn Rd", "Vd.2d, Vn.2d, Vm.d^hi", op_fmulx_el_2d),
    ROW("fmulx", "01 1 11111 10 L Rm 1001 H 0 Rn Rd", "Sd, Sn, Vm.s^hl", op_fmulx_el_s),
    ROW("fmulx", "01 1 11111 11 0 Rm 1001 H 0 Rn Rd", "Dd, Dn, Vm.d^hi", op_fmulx_el_d),
};
ARM64_TABLE(fp_step);
