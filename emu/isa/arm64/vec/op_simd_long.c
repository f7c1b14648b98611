// SPDX-License-Identifier: MIT
// Advanced SIMD three different (C4.1.97): operands or results twice as wide as the others.
#include "crypto/carryless.h"
#include "isa/arm64/vec/simd.h"

#define BOTH(M, name, ...) HALVES(M, op_s##name, i, __VA_ARGS__) HALVES(M, op_u##name, u, __VA_ARGS__)
#define DISTANCE(x, y) ((x) > (y) ? (u64)(x) - (u64)(y) : (u64)(y) - (u64)(x))

BOTH(LONG, addl, (u64)x + (u64)y)
BOTH(LONG, subl, (u64)x - (u64)y)
BOTH(WIDE, addw, (u64)x + (u64)y)
BOTH(WIDE, subw, (u64)x - (u64)y)
BOTH(LONG, abal, (u64)z + DISTANCE(x, y))
BOTH(LONG, abdl, DISTANCE(x, y))
BOTH(LONG, mlal, (u64)z + (u64)x * (u64)y)
BOTH(LONG, mlsl, (u64)z - (u64)x * (u64)y)
BOTH(LONG, mull, (u64)x *(u64)y)
HALVES(NARROW, op_addhn, u, ((u64)x + y) >> BITS)
HALVES(NARROW, op_subhn, u, ((u64)x - y) >> BITS)
HALVES(NARROW, op_raddhn, u, ((u64)x + y + BIT(BITS - 1)) >> BITS)
HALVES(NARROW, op_rsubhn, u, ((u64)x - y + BIT(BITS - 1)) >> BITS)

// Doubling saturates for itself, before it is added.
#define DOUBLED SATURATE_i((i128)x *y * 2)
#define OF_16_32(M, fn, ...) HALVES_16(M, fn, i, __VA_ARGS__) HALVES_32(M, fn, i, __VA_ARGS__)
OF_16_32(LONG, op_sqdmull, DOUBLED)
OF_16_32(LONG, op_sqdmlal, SATURATE_i((i128)z + DOUBLED))
OF_16_32(LONG, op_sqdmlsl, SATURATE_i((i128)z - DOUBLED))
#define SCALAR_LONG(fn, ...) LONG(fn##_h, i, 16, 32, 1, 0, __VA_ARGS__) LONG(fn##_s, i, 32, 64, 1, 0, __VA_ARGS__)
SCALAR_LONG(op_sqdmull, DOUBLED)
SCALAR_LONG(op_sqdmlal, SATURATE_i((i128)z + DOUBLED))
SCALAR_LONG(op_sqdmlsl, SATURATE_i((i128)z - DOUBLED))

HALVES_8(LONG, op_pmull, u, carryless_product(x, y))

// ---- rows

#define D(name_, q, U, size, opcode, td, tn, tm, fn)                                                                             \
    ROW(name_, "0 " q " " U " 01110 " size " 1 Rm " opcode " 00 Rn Rd", "Vd." td ", Vn." tn ", Vm." tm, fn)
// L, W, N: long, wide, narrow; for each width both halves.
#define L(name_, U, size, opcode, w, n, n2, fn, bits)                                                                            \
    D(name_, "0", U, size, opcode, w, n, n, fn##_##bits), D(name_ "2", "1", U, size, opcode, w, n2, n2, fn##2_##bits)
#define W(name_, U, size, opcode, w, n, n2, fn, bits)                                                                            \
    D(name_, "0", U, size, opcode, w, w, n, fn##_##bits), D(name_ "2", "1", U, size, opcode, w, w, n2, fn##2_##bits)
#define N(name_, U, size, opcode, w, n, n2, fn, bits)                                                                            \
    D(name_, "0", U, size, opcode, n, w, w, fn##_##bits), D(name_ "2", "1", U, size, opcode, n2, w, w, fn##2_##bits)
#define WIDTH_8(F, name_, U, opcode, fn) F(name_, U, "00", opcode, "8h", "8b", "16b", fn, 8)
#define WIDTH_16(F, name_, U, opcode, fn) F(name_, U, "01", opcode, "4s", "4h", "8h", fn, 16)
#define WIDTH_32(F, name_, U, opcode, fn) F(name_, U, "10", opcode, "2d", "2s", "4s", fn, 32)
#define WIDTHS(F, name_, U, opcode, fn)                                                                                          \
    WIDTH_8(F, name_, U, opcode, fn), WIDTH_16(F, name_, U, opcode, fn), WIDTH_32(F, name_, U, opcode, fn)
#define SIGNS(F, name_, opcode, name) WIDTHS(F, "s" name_, "0", opcode, op_s##name), WIDTHS(F, "u" name_, "1", opcode, op_u##name)
#define DOUBLING(name_, opcode, fn)                                                                                              \
    WIDTH_16(L, name_, "0", opcode, fn), WIDTH_32(L, name_, "0", opcode, fn),                                                    \
        ROW(name_, "01 0 11110 01 1 Rm " opcode " 00 Rn Rd", "Sd, Hn, Hm", fn##_h),                                              \
        ROW(name_, "01 0 11110 10 1 Rm " opcode " 00 Rn Rd", "Dd, Sn, Sm", fn##_s)

static const struct arm64_insn rows[] = {
    SIGNS(L, "addl", "0000", addl),
    SIGNS(W, "addw", "0001", addw),
    SIGNS(L, "subl", "0010", subl),
    SIGNS(W, "subw", "0011", subw),
    WIDTHS(N, "addhn", "0", "0100", op_addhn),
    WIDTHS(N, "raddhn", "1", "0100", op_raddhn),
    SIGNS(L, "abal", "0101", abal),
    WIDTHS(N, "subhn", "0", "0110", op_subhn),
    WIDTHS(N, "rsubhn", "1", "0110", op_rsubhn),
    SIGNS(L, "abdl", "0111", abdl),
    SIGNS(L, "mlal", "1000", mlal),
    DOUBLING("sqdmlal", "1001", op_sqdmlal),
    SIGNS(L, "mlsl", "1010", mlsl),
    DOUBLING("sqdmlsl", "1011", op_sqdmlsl),
    SIGNS(L, "mull", "1100", mull),
    DOUBLING("sqdmull", "1101", op_sqdmull),
    WIDTH_8(L, "pmull", "0", "1110", op_pmull),
};
ARM64_TABLE(simd_long);
