// SPDX-License-Identifier: MIT
// Advanced SIMD shift by immediate (C4.1.97), and the scalars of it. u->imm: the amount.
#include "isa/arm64/vec/simd.h"

#define AMOUNT ((int)u->imm)
#define AND_D(name, sign, ...) OF_BHSD(EACH, op_##name, sign, __VA_ARGS__) SCALAR_D(op_##name, sign, __VA_ARGS__)
#define AND_ALL(name, sign, ...) OF_BHSD(EACH, op_##name, sign, __VA_ARGS__) SCALAR_BHSD(op_##name, sign, __VA_ARGS__)

AND_D(sshr, i, shifted_out(x, -AMOUNT, false))
AND_D(ushr, u, shifted_out(x, -AMOUNT, false))
AND_D(ssra, i, (u64)z + shifted_out(x, -AMOUNT, false))
AND_D(usra, u, z + shifted_out(x, -AMOUNT, false))
AND_D(srshr, i, shifted_out(x, -AMOUNT, true))
AND_D(urshr, u, shifted_out(x, -AMOUNT, true))
AND_D(srsra, i, (u64)z + shifted_out(x, -AMOUNT, true))
AND_D(ursra, u, z + shifted_out(x, -AMOUNT, true))
AND_D(shl, u, (u64)x << AMOUNT)
// What the shift would fill with zeros stays as it is in Vd.
AND_D(sri, u, (z & ~shifted_out((i128)mask(BITS - 1, 0), -AMOUNT, false)) | shifted_out(x, -AMOUNT, false))
AND_D(sli, u, (z & ~(~(u64)0 << AMOUNT)) | (u64)x << AMOUNT)
AND_ALL(sqshlu, i, SATURATE_u(shifted(x, AMOUNT, false)))
AND_ALL(sqshl, i, SATURATE_i(shifted(x, AMOUNT, false)))
AND_ALL(uqshl, u, SATURATE_u(shifted(x, AMOUNT, false)))

HALVES(NARROW, op_shrn, u, x >> AMOUNT)
HALVES(NARROW, op_rshrn, u, shifted(x, -AMOUNT, true))
#define AND_SCALAR(name, sign, ...)                                                                                              \
    HALVES(NARROW, op_##name, sign, __VA_ARGS__)                                                                                 \
    NARROW(op_##name##_b, sign, 8, 16, 1, 0, __VA_ARGS__)                                                                        \
    NARROW(op_##name##_h, sign, 16, 32, 1, 0, __VA_ARGS__)                                                                       \
    NARROW(op_##name##_s, sign, 32, 64, 1, 0, __VA_ARGS__)
AND_SCALAR(sqshrun, i, SATURATE_u(shifted(x, -AMOUNT, false)))
AND_SCALAR(sqrshrun, i, SATURATE_u(shifted(x, -AMOUNT, true)))
AND_SCALAR(sqshrn, i, SATURATE_i(shifted(x, -AMOUNT, false)))
AND_SCALAR(sqrshrn, i, SATURATE_i(shifted(x, -AMOUNT, true)))
AND_SCALAR(uqshrn, u, SATURATE_u(shifted(x, -AMOUNT, false)))
AND_SCALAR(uqrshrn, u, SATURATE_u(shifted(x, -AMOUNT, true)))
HALVES(LONG, op_sshll, i, (u64)x << AMOUNT)
HALVES(LONG, op_ushll, u, (u64)x << AMOUNT)

// ---- rows: immh's highest bit says the width of the lanes. n is lsl or lsr (operand.c).

#define HB_8 "0001 immb"
#define HB_16 "001 immh<0> immb"
#define HB_32 "01 immh<1:0> immb"
#define HB_64 "1 immh<2:0> immb"
#define V(name_, q, U, hb, opcode, td, tn, n, fn)                                                                                \
    ROW(name_, "0 " q " " U " 011110 " hb " " opcode " 1 Rn Rd", "Vd." td ", Vn." tn ", " n, fn)
#define S(name_, U, hb, opcode, td, tn, n, fn) ROW(name_, "01 " U " 111110 " hb " " opcode " 1 Rn Rd", td ", " tn ", " n, fn)
#define D_TOO(name_, U, opcode, n, fn)                                                                                           \
    V(name_, "0", U, HB_8, opcode, "8b", "8b", n "8", fn##_8b), V(name_, "1", U, HB_8, opcode, "16b", "16b", n "8", fn##_16b),   \
        V(name_, "0", U, HB_16, opcode, "4h", "4h", n "16", fn##_4h),                                                            \
        V(name_, "1", U, HB_16, opcode, "8h", "8h", n "16", fn##_8h),                                                            \
        V(name_, "0", U, HB_32, opcode, "2s", "2s", n "32", fn##_2s),                                                            \
        V(name_, "1", U, HB_32, opcode, "4s", "4s", n "32", fn##_4s),                                                            \
        V(name_, "1", U, HB_64, opcode, "2d", "2d", n "64", fn##_2d), S(name_, U, HB_64, opcode, "Dd", "Dn", n "64", fn##_d)
#define ALL_TOO(name_, U, opcode, n, fn)                                                                                         \
    D_TOO(name_, U, opcode, n, fn), S(name_, U, HB_8, opcode, "Bd", "Bn", n "8", fn##_b),                                        \
        S(name_, U, HB_16, opcode, "Hd", "Hn", n "16", fn##_h), S(name_, U, HB_32, opcode, "Sd", "Sn", n "32", fn##_s)
#define NARROW_ROWS(name_, U, opcode, fn)                                                                                        \
    V(name_, "0", U, HB_8, opcode, "8b", "8h", "lsr8", fn##_8),                                                                  \
        V(name_ "2", "1", U, HB_8, opcode, "16b", "8h", "lsr8", fn##2_8),                                                        \
        V(name_, "0", U, HB_16, opcode, "4h", "4s", "lsr16", fn##_16),                                                           \
        V(name_ "2", "1", U, HB_16, opcode, "8h", "4s", "lsr16", fn##2_16),                                                      \
        V(name_, "0", U, HB_32, opcode, "2s", "2d", "lsr32", fn##_32),                                                           \
        V(name_ "2", "1", U, HB_32, opcode, "4s", "2d", "lsr32", fn##2_32)
#define SCALAR_TOO(name_, U, opcode, fn)                                                                                         \
    NARROW_ROWS(name_, U, opcode, fn), S(name_, U, HB_8, opcode, "Bd", "Hn", "lsr8", fn##_b),                                    \
        S(name_, U, HB_16, opcode, "Hd", "Sn", "lsr16", fn##_h), S(name_, U, HB_32, opcode, "Sd", "Dn", "lsr32", fn##_s)
#define LONG_ROWS(name_, U, opcode, fn)                                                                                          \
    V(name_, "0", U, HB_8, opcode, "8h", "8b", "lsl8", fn##_8),                                                                  \
        V(name_ "2", "1", U, HB_8, opcode, "8h", "16b", "lsl8", fn##2_8),                                                        \
        V(name_, "0", U, HB_16, opcode, "4s", "4h", "lsl16", fn##_16),                                                           \
        V(name_ "2", "1", U, HB_16, opcode, "4s", "8h", "lsl16", fn##2_16),                                                      \
        V(name_, "0", U, HB_32, opcode, "2d", "2s", "lsl32", fn##_32),                                                           \
        V(name_ "2", "1", U, HB_32, opcode, "2d", "4s", "lsl32", fn##2_32)

static const struct arm64_insn rows[] = {
    D_TOO("sshr", "0", "00000", "lsr", op_sshr),     D_TOO("ushr", "1", "00000", "lsr", op_ushr),
    D_TOO("ssra", "0", "00010", "lsr", op_ssra),     D_TOO("usra", "1", "00010", "lsr", op_usra),
    D_TOO("srshr", "0", "00100", "lsr", op_srshr),   D_TOO("urshr", "1", "00100", "lsr", op_urshr),
    D_TOO("srsra", "0", "00110", "lsr", op_srsra),   D_TOO("ursra", "1", "00110", "lsr", op_ursra),
    D_TOO("sri", "1", "01000", "lsr", op_sri),       D_TOO("shl", "0", "01010", "lsl", op_shl),
    D_TOO("sli", "1", "01010", "lsl", op_sli),       ALL_TOO("sqshlu", "1", "01100", "lsl", op_sqshlu),
    ALL_TOO("sqshl", "0", "01110", "lsl", op_sqshl), ALL_TOO("uqshl", "1", "01110", "lsl", op_uqshl),
    NARROW_ROWS("shrn", "0", "10000", op_shrn),      SCALAR_TOO("sqshrun", "1", "10000", op_sqshrun),
    NARROW_ROWS("rshrn", "0", "10001", op_rshrn),    SCALAR_TOO("sqrshrun", "1", "10001", op_sqrshrun),
    SCALAR_TOO("sqshrn", "0", "10010", op_sqshrn),   SCALAR_TOO("uqshrn", "1", "10010", op_uqshrn),
    SCALAR_TOO("sqrshrn", "0", "10011", op_sqrshrn), SCALAR_TOO("uqrshrn", "1", "10011", op_uqrshrn),
    LONG_ROWS("sshll", "0", "10100", op_sshll),      LONG_ROWS("ushll", "1", "10100", op_ushll),
};
ARM64_TABLE(simd_shift);
