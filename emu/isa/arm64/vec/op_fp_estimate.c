// SPDX-License-Identifier: MIT
// Estimates of reciprocals and of reciprocal roots (C7.2: FRECPE, FRSQRTE, FRECPX, URECPE, URSQRTE), to eight bits as the manual's own
// integer functions have them.
#include "isa/arm64/vec/fp.h"

// RecipEstimate: 256..511, of 256 to 511 halves.
static u64 reciprocal(u64 a) { return (((u64)1 << 19) / (a * 2 + 1) + 1) / 2; }
// RecipSqrtEstimate: the same of 128..511 quarters.
static u64 reciprocal_root(u64 a) {
    a = a < 256 ? a * 2 + 1 : ((a >> 1 << 1) + 1) * 2;
    u64 b = 512;
    while (a * (b + 1) * (b + 1) < (u64)1 << 28) b++;
    return (b + 1) / 2;
}
static u32 unsigned_reciprocal(u32 x) { return x >> 31 ? (u32)reciprocal(x >> 23) << 23 : ~0u; }
static u32 unsigned_root(u32 x) { return x >> 30 ? (u32)reciprocal_root(x >> 23) << 23 : ~0u; }

// The result's fraction below its implied bit.
FP_INLINE u64 fraction_of(FMT, u64 estimate) { return (estimate & 0xff) << (f.fraction - 8); }

FP_INLINE u64 frecpe(FMT, u64 x, struct fp_env *e) {
    bool flush = e->flush_in;
    x = flush_operand(f, x, e);
    u64 m = magnitude(f, x), sign = x & sign_bit(f);
    i32 exp = (i32)(m >> f.fraction), last = 2 * bias(f) - 1;
    if (is_nan(f, x)) return propagate_nan(f, &x, 1, e);
    if (is_inf(f, x)) return sign;
    if (!m) {
        e->flags |= FP_DZ;
        return sign | infinity(f);
    }
    if (m < BIT(f.fraction - 2)) return sign | overflowed(f, sign, e, true);
    if (flush && exp >= last) {
        e->flags |= FP_UF;
        return sign;
    }
    struct number n = unpack(f, x);
    u64 fraction = fraction_of(f, reciprocal(n.mant >> (TOP - 8)));
    i32 r = last - n.exp;
    // At the low end the result is denormal.
    if (r < 1) fraction = (fraction | BIT(f.fraction)) >> (1 - r);
    return sign | (u64)(r < 1 ? 0 : r) << f.fraction | fraction;
}
FP_INLINE u64 frsqrte(FMT, u64 x, struct fp_env *e) {
    x = flush_operand(f, x, e);
    if (is_nan(f, x)) return propagate_nan(f, &x, 1, e);
    if (!magnitude(f, x)) {
        e->flags |= FP_DZ;
        return x | infinity(f);
    }
    if (is_negative(f, x)) return invalid(f, e);
    if (is_inf(f, x)) return 0;
    struct number n = unpack(f, x);
    u64 estimate = reciprocal_root(n.mant >> (n.exp & 1 ? TOP - 7 : TOP - 8));
    return (u64)((3 * bias(f) - 1 - n.exp) / 2) << f.fraction | fraction_of(f, estimate);
}
FP_INLINE u64 frecpx(FMT, u64 x, struct fp_env *e) {
    x = flush_operand(f, x, e);
    if (is_nan(f, x)) return propagate_nan(f, &x, 1, e);
    u64 exp = x & infinity(f), sign = x & sign_bit(f);
    return sign | (exp ? infinity(f) ^ exp : infinity(f) - BIT(f.fraction));
}

#define LANES(fn, N, count, ...)                                                                                                 \
    SOP(fn) {                                                                                                                    \
        union arm64_v vn = VN, r = {.q = 0};                                                                                     \
        struct fp_env e = arm64_env_##N(c);                                                                                      \
        for (unsigned i = 0; i < (count); i++) {                                                                                 \
            u##N x = vn.LANE_##N[i];                                                                                             \
            r.LANE_##N[i] = (u##N)(__VA_ARGS__);                                                                                 \
        }                                                                                                                        \
        VD = r;                                                                                                                  \
        arm64_raise_flags(c, &e);                                                                                                \
        NEXT;                                                                                                                    \
    }
#define OF(fn, N, count, operation) LANES(fn, N, count, operation(FORMAT_##N, x, &e))
#define SCALARS(name) OF(op_##name##_h, 16, 1, name) OF(op_##name##_s, 32, 1, name) OF(op_##name##_d, 64, 1, name)
#define ALL(name)                                                                                                                \
    SCALARS(name)                                                                                                                \
    OF(op_##name##_4h, 16, 4, name)                                                                                              \
    OF(op_##name##_8h, 16, 8, name)                                                                                              \
    OF(op_##name##_2s, 32, 2, name)                                                                                              \
    OF(op_##name##_4s, 32, 4, name)                                                                                              \
    OF(op_##name##_2d, 64, 2, name)
ALL(frecpe)
ALL(frsqrte)
SCALARS(frecpx)
LANES(op_urecpe_2s, 32, 2, unsigned_reciprocal(x))
LANES(op_urecpe_4s, 32, 4, unsigned_reciprocal(x))
LANES(op_ursqrte_2s, 32, 2, unsigned_root(x))
LANES(op_ursqrte_4s, 32, 4, unsigned_root(x))

#define SCALAR_ROWS(name_, U, opcode, fn)                                                                                        \
    ROW_IF(FP16, name_, "01 " U " 11110 1 111100 " opcode " 10 Rn Rd", "Hd, Hn", fn##_h),                                        \
        ROW(name_, "01 " U " 11110 10 10000 " opcode " 10 Rn Rd", "Sd, Sn", fn##_s),                                             \
        ROW(name_, "01 " U " 11110 11 10000 " opcode " 10 Rn Rd", "Dd, Dn", fn##_d)
#define S_ROWS(name_, U, opcode, fn)                                                                                             \
    ROW(name_, "0 0 " U " 01110 10 10000 " opcode " 10 Rn Rd", "Vd.2s, Vn.2s", fn##_2s),                                         \
        ROW(name_, "0 1 " U " 01110 10 10000 " opcode " 10 Rn Rd", "Vd.4s, Vn.4s", fn##_4s)
#define ALL_ROWS(name_, U, opcode, fn)                                                                                           \
    ROW_IF(FP16, name_, "0 0 " U " 01110 1 111100 " opcode " 10 Rn Rd", "Vd.4h, Vn.4h", fn##_4h),                                \
        ROW_IF(FP16, name_, "0 1 " U " 01110 1 111100 " opcode " 10 Rn Rd", "Vd.8h, Vn.8h", fn##_8h),                            \
        S_ROWS(name_, U, opcode, fn), ROW(name_, "0 1 " U " 01110 11 10000 " opcode " 10 Rn Rd", "Vd.2d, Vn.2d", fn##_2d),       \
        SCALAR_ROWS(name_, U, opcode, fn)

static const struct arm64_insn rows[] = {
    S_ROWS("urecpe", "0", "11100", op_urecpe),      S_ROWS("ursqrte", "1", "11100", op_ursqrte),
    ALL_ROWS("frecpe", "0", "11101", op_frecpe),    ALL_ROWS("frsqrte", "1", "11101", op_frsqrte),
    SCALAR_ROWS("frecpx", "0", "11111", op_frecpx),
};
ARM64_TABLE(fp_estimate);
