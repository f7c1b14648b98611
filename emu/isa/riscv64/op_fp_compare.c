// SPDX-License-Identifier: MIT
// Comparison, minimum, maximum and classification of F and D (20.8, 20.9, 20.6). FEQ takes quiet NaNs; FLT and FLE call them invalid.
#include "fp/compare.h"
#include "isa/riscv64/fp.h"

// The host compares numbers; NaNs go the long way.
#define COMPARE(name, N, op, kind, relation)                                                                                     \
    SOFT_EXACT(op_##name##_##N, enum fp_relation r = f##N##_compare_##kind(FS1_##N, FS2_##N, &e); SET_RD(relation))              \
    FP_INLINE bool quick_##name##_##N(struct rv_cpu *c, const struct uop *u) {                                                   \
        typeof(f##N##_value(0)) x = f##N##_value(FS1_##N), y = f##N##_value(FS2_##N);                                            \
        if (!FP_QUICK || __builtin_isunordered(x, y)) return false;                                                              \
        SET_RD(x op y);                                                                                                          \
        return true;                                                                                                             \
    }                                                                                                                            \
    QUICK_OR_SOFT(op_##name##_##N, quick_##name##_##N(c, u))
#define COMPARE_2(name, op, kind, relation)                                                                                      \
    COMPARE(name, 32, op, kind, relation)                                                                                        \
    COMPARE(name, 64, op, kind, relation)
COMPARE_2(feq, ==, quiet, r == FP_EQUAL)
COMPARE_2(flt, <, signalling, r == FP_LESS)
COMPARE_2(fle, <=, signalling, r == FP_LESS || r == FP_EQUAL)

#define EXTREMUM(name, N, kind) SOFT_EXACT(op_##name##_##N, SET_FD##N(f##N##_##kind(FS1_##N, FS2_##N, &e)))
EXTREMUM(fmin, 32, minimum_number)
EXTREMUM(fmin, 64, minimum_number)
EXTREMUM(fmax, 32, maximum_number)
EXTREMUM(fmax, 64, maximum_number)

// One bit of ten, in the order of enum fp_class (table 29).
SOP(op_fclass_32) {
    SET_RD(BIT(f32_class(FS1_32)));
    NEXT;
}
SOP(op_fclass_64) {
    SET_RD(BIT(f64_class(FS1_64)));
    NEXT;
}

static const struct rv_insn rows[] = {
    {"feq.s", "1010000 rs2 rs1 010 rd 1010011", "rd, fs1, fs2", op_feq_32, .ext = EXT_F, .flags = RV_FP},
    {"flt.s", "1010000 rs2 rs1 001 rd 1010011", "rd, fs1, fs2", op_flt_32, .ext = EXT_F, .flags = RV_FP},
    {"fle.s", "1010000 rs2 rs1 000 rd 1010011", "rd, fs1, fs2", op_fle_32, .ext = EXT_F, .flags = RV_FP},
    {"fmin.s", "0010100 rs2 rs1 000 rd 1010011", "fd, fs1, fs2", op_fmin_32_soft, .ext = EXT_F, .flags = RV_FP},
    {"fmax.s", "0010100 rs2 rs1 001 rd 1010011", "fd, fs1, fs2", op_fmax_32_soft, .ext = EXT_F, .flags = RV_FP},
    {"fclass.s", "1110000 00000 rs1 001 rd 1010011", "rd, fs1", op_fclass_32, .ext = EXT_F, .flags = RV_FP},

    {"feq.d", "1010001 rs2 rs1 010 rd 1010011", "rd, fs1, fs2", op_feq_64, .ext = EXT_D, .flags = RV_FP},
    {"flt.d", "1010001 rs2 rs1 001 rd 1010011", "rd, fs1, fs2", op_flt_64, .ext = EXT_D, .flags = RV_FP},
    {"fle.d", "1010001 rs2 rs1 000 rd 1010011", "rd, fs1, fs2", op_fle_64, .ext = EXT_D, .flags = RV_FP},
    {"fmin.d", "0010101 rs2 rs1 000 rd 1010011", "fd, fs1, fs2", op_fmin_64_soft, .ext = EXT_D, .flags = RV_FP},
    {"fmax.d", "0010101 rs2 rs1 001 rd 1010011", "fd, fs1, fs2", op_fmax_64_soft, .ext = EXT_D, .flags = RV_FP},
    {"fclass.d", "1110001 00000 rs1 001 rd 1010011", "rd, fs1", op_fclass_64, .ext = EXT_D, .flags = RV_FP},
};
RV_TABLE(fp_compare);
