// SPDX-License-Identifier: MIT
// Conversions of F, D and Zfhmin (20.7, 21.5). A rounding mode must be legal even where the result is always exact.
#include "fp/convert.h"
#include "isa/riscv64/fp.h"

// ---- to integers: nearly always toward zero, as C wants it; `as` is the type, and what is written is its sign-extension from 32 bits
// (of an unsigned one, too)
#define TO_INTEGER(name, N, as, call, result)                                                                                    \
    SOFT(op_##name, as v = call(FS1_##N, &e); SET_RD(result))                                                                    \
    FP_INLINE bool quick_##name(struct rv_cpu *c, const struct uop *u) {                                                         \
        i64 whole;                                                                                                               \
        bool inexact;                                                                                                            \
        if (!FP_QUICK || rv_rounding(c, u) != RV_RM_RTZ || !f##N##_quick_to_zero(FS1_##N, &whole, &inexact)) return false;       \
        as v = (as)whole;                                                                                                        \
        if ((as) - 1 > 0 ? whole < 0 || (u64)whole != (u64)v : whole != (i64)v) return false;                                    \
        SET_RD(result);                                                                                                          \
        if (inexact) {                                                                                                           \
            c->s.fcsr |= RV_NX;                                                                                                  \
            rv_fp_dirty(c);                                                                                                      \
        }                                                                                                                        \
        return true;                                                                                                             \
    }                                                                                                                            \
    QUICK_OR_SOFT(op_##name, quick_##name(c, u))
TO_INTEGER(fcvt_w_s, 32, i32, f32_to_i32, SEXT32(v))
TO_INTEGER(fcvt_wu_s, 32, u32, f32_to_u32, SEXT32(v))
TO_INTEGER(fcvt_l_s, 32, i64, f32_to_i64, v)
TO_INTEGER(fcvt_lu_s, 32, u64, f32_to_u64, v)
TO_INTEGER(fcvt_w_d, 64, i32, f64_to_i32, SEXT32(v))
TO_INTEGER(fcvt_wu_d, 64, u32, f64_to_u32, SEXT32(v))
TO_INTEGER(fcvt_l_d, 64, i64, f64_to_i64, v)
TO_INTEGER(fcvt_lu_d, 64, u64, f64_to_u64, v)

// ---- from integers: `may` says when the host's conversion will do (it is exact, or rounds as we would)
#define FROM_INTEGER(name, N, type, as, call, may)                                                                               \
    SOFT(op_##name, SET_FD##N(call((as)RS1, &e)))                                                                                \
    FP_INLINE bool quick_##name(struct rv_cpu *c, const struct uop *u) {                                                         \
        if (!FP_QUICK || !(may)) return false;                                                                                   \
        SET_FD##N(f##N##_bits((type)(as)RS1));                                                                                   \
        return true;                                                                                                             \
    }                                                                                                                            \
    QUICK_OR_SOFT(op_##name, quick_##name(c, u))
FROM_INTEGER(fcvt_s_w, 32, float, i32, f32_from_i32, rv_quick(c, u))
FROM_INTEGER(fcvt_s_wu, 32, float, u32, f32_from_u32, rv_quick(c, u))
FROM_INTEGER(fcvt_s_l, 32, float, i64, f32_from_i64, rv_quick(c, u))
FROM_INTEGER(fcvt_s_lu, 32, float, u64, f32_from_u64, rv_quick(c, u))
FROM_INTEGER(fcvt_d_w, 64, double, i32, f64_from_i32, rv_rounding_is_legal(c, u))
FROM_INTEGER(fcvt_d_wu, 64, double, u32, f64_from_u32, rv_rounding_is_legal(c, u))
FROM_INTEGER(fcvt_d_l, 64, double, i64, f64_from_i64, rv_quick(c, u))
FROM_INTEGER(fcvt_d_lu, 64, double, u64, f64_from_u64, rv_quick(c, u))

// ---- among formats
#define CONVERT(name, from, to, call, quick)                                                                                     \
    SOFT(op_##name, SET_FD##to(call(FS1_##from, &e)))                                                                            \
    FP_INLINE bool quick_##name(struct rv_cpu *c, const struct uop *u) {                                                         \
        u##to r;                                                                                                                 \
        if (!(quick)) return false;                                                                                              \
        SET_FD##to(r);                                                                                                           \
        return true;                                                                                                             \
    }                                                                                                                            \
    QUICK_OR_SOFT(op_##name, quick_##name(c, u))
CONVERT(fcvt_d_s, 32, 64, f32_to_f64, FP_QUICK && rv_rounding_is_legal(c, u) && f64_quick_from_f32(FS1_32, &r))
CONVERT(fcvt_s_d, 64, 32, f64_to_f32, rv_quick(c, u) && f32_quick_from_f64(FS1_64, &r))
#define CONVERT_HALF(name, from, to, call) SOFT(op_##name, SET_FD##to(call(FS1_##from, &e)))
CONVERT_HALF(fcvt_s_h, 16, 32, f16_to_f32)
CONVERT_HALF(fcvt_d_h, 16, 64, f16_to_f64)
CONVERT_HALF(fcvt_h_s, 32, 16, f32_to_f16)
CONVERT_HALF(fcvt_h_d, 64, 16, f64_to_f16)

static const struct rv_insn rows[] = {
    {"fcvt.w.s", "1100000 00000 rs1 rm rd 1010011", "rd, fs1, rm", op_fcvt_w_s, .ext = EXT_F, .flags = RV_FP},
    {"fcvt.wu.s", "1100000 00001 rs1 rm rd 1010011", "rd, fs1, rm", op_fcvt_wu_s, .ext = EXT_F, .flags = RV_FP},
    {"fcvt.l.s", "1100000 00010 rs1 rm rd 1010011", "rd, fs1, rm", op_fcvt_l_s, .ext = EXT_F, .flags = RV_FP},
    {"fcvt.lu.s", "1100000 00011 rs1 rm rd 1010011", "rd, fs1, rm", op_fcvt_lu_s, .ext = EXT_F, .flags = RV_FP},
    {"fcvt.s.w", "1101000 00000 rs1 rm rd 1010011", "fd, rs1, rm", op_fcvt_s_w, .ext = EXT_F, .flags = RV_FP},
    {"fcvt.s.wu", "1101000 00001 rs1 rm rd 1010011", "fd, rs1, rm", op_fcvt_s_wu, .ext = EXT_F, .flags = RV_FP},
    {"fcvt.s.l", "1101000 00010 rs1 rm rd 1010011", "fd, rs1, rm", op_fcvt_s_l, .ext = EXT_F, .flags = RV_FP},
    {"fcvt.s.lu", "1101000 00011 rs1 rm rd 1010011", "fd, rs1, rm", op_fcvt_s_lu, .ext = EXT_F, .flags = RV_FP},

    {"fcvt.w.d", "1100001 00000 rs1 rm rd 1010011", "rd, fs1, rm", op_fcvt_w_d, .ext = EXT_D, .flags = RV_FP},
    {"fcvt.wu.d", "1100001 00001 rs1 rm rd 1010011", "rd, fs1, rm", op_fcvt_wu_d, .ext = EXT_D, .flags = RV_FP},
    {"fcvt.l.d", "1100001 00010 rs1 rm rd 1010011", "rd, fs1, rm", op_fcvt_l_d, .ext = EXT_D, .flags = RV_FP},
    {"fcvt.lu.d", "1100001 00011 rs1 rm rd 1010011", "rd, fs1, rm", op_fcvt_lu_d, .ext = EXT_D, .flags = RV_FP},
    {"fcvt.d.w", "1101001 00000 rs1 rm rd 1010011", "fd, rs1, rm", op_fcvt_d_w, .ext = EXT_D, .flags = RV_FP},
    {"fcvt.d.wu", "1101001 00001 rs1 rm rd 1010011", "fd, rs1, rm", op_fcvt_d_wu, .ext = EXT_D, .flags = RV_FP},
    {"fcvt.d.l", "1101001 00010 rs1 rm rd 1010011", "fd, rs1, rm", op_fcvt_d_l, .ext = EXT_D, .flags = RV_FP},
    {"fcvt.d.lu", "1101001 00011 rs1 rm rd 1010011", "fd, rs1, rm", op_fcvt_d_lu, .ext = EXT_D, .flags = RV_FP},

    {"fcvt.s.d", "0100000 00001 rs1 rm rd 1010011", "fd, fs1, rm", op_fcvt_s_d, .ext = EXT_D, .flags = RV_FP},
    {"fcvt.d.s", "0100001 00000 rs1 rm rd 1010011", "fd, fs1, rm", op_fcvt_d_s, .ext = EXT_D, .flags = RV_FP},
    {"fcvt.s.h", "0100000 00010 rs1 rm rd 1010011", "fd, fs1, rm", op_fcvt_s_h_soft, .ext = EXT_ZFHMIN, .flags = RV_FP},
    {"fcvt.h.s", "0100010 00000 rs1 rm rd 1010011", "fd, fs1, rm", op_fcvt_h_s_soft, .ext = EXT_ZFHMIN, .flags = RV_FP},
    {"fcvt.d.h", "0100001 00010 rs1 rm rd 1010011", "fd, fs1, rm", op_fcvt_d_h_soft, .ext = EXT_ZFHMIN, .flags = RV_FP},
    {"fcvt.h.d", "0100010 00001 rs1 rm rd 1010011", "fd, fs1, rm", op_fcvt_h_d_soft, .ext = EXT_ZFHMIN, .flags = RV_FP},
};
RV_TABLE(fp_convert);
