// SPDX-License-Identifier: MIT
// Arithmetic of F and D: 20.6 (sums, products, quotients, roots, fused multiply-add).
#include "fp/arith.h"
#include "isa/riscv64/fp.h"

// Of width N, by f##N##_quick_name and f##N##_name of these operands. Programs whose results are all exact never raise NX.
#define ARITH(name, N, ...)                                                                                                      \
    SOFT(op_f##name##_##N, SET_FD##N(f##N##_##name(__VA_ARGS__, &e)))                                                            \
    FP_INLINE bool quick_##name##_##N(struct rv_cpu *c, const struct uop *u) {                                                   \
        u##N r;                                                                                                                  \
        if (!rv_nearest(c, u) || !f##N##_quick_##name(__VA_ARGS__, &r)) return false;                                            \
        if (unlikely(!(c->s.fcsr & RV_NX)) && !f##N##_exact_##name(__VA_ARGS__, r)) return false;                                \
        SET_FD##N(r);                                                                                                            \
        return true;                                                                                                             \
    }                                                                                                                            \
    QUICK_OR_SOFT(op_f##name##_##N, quick_##name##_##N(c, u))
#define ARITH_2(name) ARITH(name, 32, FS1_32, FS2_32) ARITH(name, 64, FS1_64, FS2_64)
ARITH_2(add)
ARITH_2(sub)
ARITH_2(mul)
ARITH_2(div)
ARITH(sqrt, 32, FS1_32)
ARITH(sqrt, 64, FS1_64)

// FNMADD and FNMSUB negate the product; FNMADD and FMSUB subtract the addend.
#define MUL_ADD_N(name, N, negate)                                                                                               \
    SOFT(op_##name##_##N, SET_FD##N(f##N##_mul_add(FS1_##N, FS2_##N, FS3_##N, negate, &e)))                                      \
    FP_INLINE bool quick_##name##_##N(struct rv_cpu *c, const struct uop *u) {                                                   \
        u##N r;                                                                                                                  \
        if (!rv_quick(c, u) || !c->fuses || !f##N##_quick_fused(FS1_##N, FS2_##N, FS3_##N, negate, &r)) return false;            \
        SET_FD##N(r);                                                                                                            \
        return true;                                                                                                             \
    }                                                                                                                            \
    QUICK_OR_SOFT(op_##name##_##N, quick_##name##_##N(c, u))
#define MUL_ADD(name, negate) MUL_ADD_N(name, 32, negate) MUL_ADD_N(name, 64, negate)
MUL_ADD(fmadd, FP_NEGATE_NONE)
MUL_ADD(fmsub, FP_NEGATE_ADDEND)
MUL_ADD(fnmsub, FP_NEGATE_PRODUCT)
MUL_ADD(fnmadd, FP_NEGATE_PRODUCT | FP_NEGATE_ADDEND)

static const struct rv_insn rows[] = {
    {"fadd.s", "0000000 rs2 rs1 rm rd 1010011", "fd, fs1, fs2, rm", op_fadd_32, .ext = EXT_F, .flags = RV_FP},
    {"fsub.s", "0000100 rs2 rs1 rm rd 1010011", "fd, fs1, fs2, rm", op_fsub_32, .ext = EXT_F, .flags = RV_FP},
    {"fmul.s", "0001000 rs2 rs1 rm rd 1010011", "fd, fs1, fs2, rm", op_fmul_32, .ext = EXT_F, .flags = RV_FP},
    {"fdiv.s", "0001100 rs2 rs1 rm rd 1010011", "fd, fs1, fs2, rm", op_fdiv_32, .ext = EXT_F, .flags = RV_FP},
    {"fsqrt.s", "0101100 00000 rs1 rm rd 1010011", "fd, fs1, rm", op_fsqrt_32, .ext = EXT_F, .flags = RV_FP},
    {"fmadd.s", "rs3 00 rs2 rs1 rm rd 1000011", "fd, fs1, fs2, fs3, rm", op_fmadd_32, .ext = EXT_F, .flags = RV_FP},
    {"fmsub.s", "rs3 00 rs2 rs1 rm rd 1000111", "fd, fs1, fs2, fs3, rm", op_fmsub_32, .ext = EXT_F, .flags = RV_FP},
    {"fnmsub.s", "rs3 00 rs2 rs1 rm rd 1001011", "fd, fs1, fs2, fs3, rm", op_fnmsub_32, .ext = EXT_F, .flags = RV_FP},
    {"fnmadd.s", "rs3 00 rs2 rs1 rm rd 1001111", "fd, fs1, fs2, fs3, rm", op_fnmadd_32, .ext = EXT_F, .flags = RV_FP},

    {"fadd.d", "0000001 rs2 rs1 rm rd 1010011", "fd, fs1, fs2, rm", op_fadd_64, .ext = EXT_D, .flags = RV_FP},
    {"fsub.d", "0000101 rs2 rs1 rm rd 1010011", "fd, fs1, fs2, rm", op_fsub_64, .ext = EXT_D, .flags = RV_FP},
    {"fmul.d", "0001001 rs2 rs1 rm rd 1010011", "fd, fs1, fs2, rm", op_fmul_64, .ext = EXT_D, .flags = RV_FP},
    {"fdiv.d", "0001101 rs2 rs1 rm rd 1010011", "fd, fs1, fs2, rm", op_fdiv_64, .ext = EXT_D, .flags = RV_FP},
    {"fsqrt.d", "0101101 00000 rs1 rm rd 1010011", "fd, fs1, rm", op_fsqrt_64, .ext = EXT_D, .flags = RV_FP},
    {"fmadd.d", "rs3 01 rs2 rs1 rm rd 1000011", "fd, fs1, fs2, fs3, rm", op_fmadd_64, .ext = EXT_D, .flags = RV_FP},
    {"fmsub.d", "rs3 01 rs2 rs1 rm rd 1000111", "fd, fs1, fs2, fs3, rm", op_fmsub_64, .ext = EXT_D, .flags = RV_FP},
    {"fnmsub.d", "rs3 01 rs2 rs1 rm rd 1001011", "fd, fs1, fs2, fs3, rm", op_fnmsub_64, .ext = EXT_D, .flags = RV_FP},
    {"fnmadd.d", "rs3 01 rs2 rs1 rm rd 1001111", "fd, fs1, fs2, fs3, rm", op_fnmadd_64, .ext = EXT_D, .flags = RV_FP},
};
RV_TABLE(fp_arith);
