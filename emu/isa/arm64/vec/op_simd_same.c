// SPDX-License-Identifier: MIT
// Advanced SIMD three same (C4.1.97), integers: and the scalars of it.
#include "crypto/carryless.h"
#include "isa/arm64/vec/simd.h"

#define BOTH(M, OF, name, ...) OF(M, op_s##name, i, __VA_ARGS__) OF(M, op_u##name, u, __VA_ARGS__)

BOTH(EACH, OF_BHS, hadd, ((i64)x + y) >> 1)
BOTH(EACH, OF_BHS, rhadd, ((i64)x + y + 1) >> 1)
BOTH(EACH, OF_BHS, hsub, ((i64)x - y) >> 1)
BOTH(EACH, OF_BHS, max, x > y ? x : y)
BOTH(EACH, OF_BHS, min, x < y ? x : y)
BOTH(EACH, OF_BHS, abd, x > y ? (u64)x - (u64)y : (u64)y - (u64)x)
BOTH(EACH, OF_BHS, aba, (u64)z + (x > y ? (u64)x - (u64)y : (u64)y - (u64)x))
BOTH(PAIRS, OF_BHS, maxp, x > y ? x : y)
BOTH(PAIRS, OF_BHS, minp, x < y ? x : y)
OF_BHSD(PAIRS, op_addp, u, x + y)

// Vectors and scalars of D.
#define AND_D(name, sign, ...) OF_BHSD(EACH, op_##name, sign, __VA_ARGS__) SCALAR_D(op_##name, sign, __VA_ARGS__)
AND_D(add, u, x + y)
AND_D(sub, u, x - y)
AND_D(cmgt, i, -(x > y))
AND_D(cmhi, u, -(x > y))
AND_D(cmge, i, -(x >= y))
AND_D(cmhs, u, -(x >= y))
AND_D(cmeq, u, -(x == y))
AND_D(cmtst, u, -((x & y) != 0))
OF_BHS(EACH, op_mul, u, (u64)x *y)
OF_BHS(EACH, op_mla, u, z + (u64)x * y)
OF_BHS(EACH, op_mls, u, z - (u64)x * y)
OF_B(EACH, op_pmul, u, carryless_product(x, y))

// By the signed byte in the lower bits of Vm.
AND_D(sshl, i, shifted_out(x, (i8)y, false))
AND_D(ushl, u, shifted_out(x, (i8)y, false))
AND_D(srshl, i, shifted_out(x, (i8)y, true))
AND_D(urshl, u, shifted_out(x, (i8)y, true))

// Vectors and scalars of all sizes.
#define AND_ALL(name, sign, ...) OF_BHSD(EACH, op_##name, sign, __VA_ARGS__) SCALAR_BHSD(op_##name, sign, __VA_ARGS__)
AND_ALL(sqadd, i, SATURATE_i((i128)x + y))
AND_ALL(uqadd, u, SATURATE_u((i128)x + y))
AND_ALL(sqsub, i, SATURATE_i((i128)x - y))
AND_ALL(uqsub, u, SATURATE_u((i128)x - y))
AND_ALL(sqshl, i, SATURATE_i(shifted(x, (i8)y, false)))
AND_ALL(uqshl, u, SATURATE_u(shifted(x, (i8)y, false)))
AND_ALL(sqrshl, i, SATURATE_i(shifted(x, (i8)y, true)))
AND_ALL(uqrshl, u, SATURATE_u(shifted(x, (i8)y, true)))

#define AND_HS(name, sign, ...) OF_HS(EACH, op_##name, sign, __VA_ARGS__) SCALAR_HS(op_##name, sign, __VA_ARGS__)
AND_HS(sqdmulh, i, SATURATE_i((i128)x *y >> (BITS - 1)))
AND_HS(sqrdmulh, i, SATURATE_i(((i128)x * y + ((i128)1 << (BITS - 2))) >> (BITS - 1)))

// ---- bits

#define BITWISE(name, result)                                                                                                    \
    SOP(op_##name##_16b) {                                                                                                       \
        u128 x = VN.q, y = VM.q, z = VD.q;                                                                                       \
        (void)z;                                                                                                                 \
        VD.q = result;                                                                                                           \
        NEXT;                                                                                                                    \
    }                                                                                                                            \
    SOP(op_##name##_8b) {                                                                                                        \
        u64 x = VN.d[0], y = VM.d[0], z = VD.d[0];                                                                               \
        (void)z;                                                                                                                 \
        VD.q = result;                                                                                                           \
        NEXT;                                                                                                                    \
    }
BITWISE(and, x &y)
BITWISE(bic, x & ~y)
BITWISE(orr, x | y)
BITWISE(orn, x | ~y)
BITWISE(eor, x ^ y)
BITWISE(bsl, (x & z) | (y & ~z))
BITWISE(bit, (x & y) | (z & ~y))
BITWISE(bif, (x & ~y) | (z & y))

// ---- rows

#define V(name_, q, U, size, opcode, t, fn)                                                                                      \
    ROW(name_, "0 " q " " U " 01110 " size " 1 Rm " opcode " 1 Rn Rd", "Vd." t ", Vn." t ", Vm." t, fn)
#define S(name_, U, size, opcode, t, fn) ROW(name_, "01 " U " 11110 " size " 1 Rm " opcode " 1 Rn Rd", t "d, " t "n, " t "m", fn)
#define B_ROWS(name_, U, opcode, fn)                                                                                             \
    V(name_, "0", U, "00", opcode, "8b", fn##_8b), V(name_, "1", U, "00", opcode, "16b", fn##_16b)
#define HS_ROWS(name_, U, opcode, fn)                                                                                            \
    V(name_, "0", U, "01", opcode, "4h", fn##_4h), V(name_, "1", U, "01", opcode, "8h", fn##_8h),                                \
        V(name_, "0", U, "10", opcode, "2s", fn##_2s), V(name_, "1", U, "10", opcode, "4s", fn##_4s)
#define BHS_ROWS(name_, U, opcode, fn) B_ROWS(name_, U, opcode, fn), HS_ROWS(name_, U, opcode, fn)
#define BHSD_ROWS(name_, U, opcode, fn) BHS_ROWS(name_, U, opcode, fn), V(name_, "1", U, "11", opcode, "2d", fn##_2d)
#define D_TOO(name_, U, opcode, fn) BHSD_ROWS(name_, U, opcode, fn), S(name_, U, "11", opcode, "D", fn##_d)
#define HS_TOO(name_, U, opcode, fn)                                                                                             \
    HS_ROWS(name_, U, opcode, fn), S(name_, U, "01", opcode, "H", fn##_h), S(name_, U, "10", opcode, "S", fn##_s)
#define ALL_TOO(name_, U, opcode, fn)                                                                                            \
    D_TOO(name_, U, opcode, fn), S(name_, U, "00", opcode, "B", fn##_b), S(name_, U, "01", opcode, "H", fn##_h),                 \
        S(name_, U, "10", opcode, "S", fn##_s)
#define BIT_ROWS(name_, U, size, fn)                                                                                             \
    V(name_, "0", U, size, "00011", "8b", fn##_8b), V(name_, "1", U, size, "00011", "16b", fn##_16b)

static const struct arm64_insn rows[] = {
    BHS_ROWS("shadd", "0", "00000", op_shadd),   BHS_ROWS("uhadd", "1", "00000", op_uhadd),
    ALL_TOO("sqadd", "0", "00001", op_sqadd),    ALL_TOO("uqadd", "1", "00001", op_uqadd),
    BHS_ROWS("srhadd", "0", "00010", op_srhadd), BHS_ROWS("urhadd", "1", "00010", op_urhadd),
    BIT_ROWS("and", "0", "00", op_and),          BIT_ROWS("bic", "0", "01", op_bic),
    BIT_ROWS("orr", "0", "10", op_orr),          BIT_ROWS("orn", "0", "11", op_orn),
    BIT_ROWS("eor", "1", "00", op_eor),          BIT_ROWS("bsl", "1", "01", op_bsl),
    BIT_ROWS("bit", "1", "10", op_bit),          BIT_ROWS("bif", "1", "11", op_bif),
    BHS_ROWS("shsub", "0", "00100", op_shsub),   BHS_ROWS("uhsub", "1", "00100", op_uhsub),
    ALL_TOO("sqsub", "0", "00101", op_sqsub),    ALL_TOO("uqsub", "1", "00101", op_uqsub),
    D_TOO("cmgt", "0", "00110", op_cmgt),        D_TOO("cmhi", "1", "00110", op_cmhi),
    D_TOO("cmge", "0", "00111", op_cmge),        D_TOO("cmhs", "1", "00111", op_cmhs),
    D_TOO("sshl", "0", "01000", op_sshl),        D_TOO("ushl", "1", "01000", op_ushl),
    ALL_TOO("sqshl", "0", "01001", op_sqshl),    ALL_TOO("uqshl", "1", "01001", op_uqshl),
    D_TOO("srshl", "0", "01010", op_srshl),      D_TOO("urshl", "1", "01010", op_urshl),
    ALL_TOO("sqrshl", "0", "01011", op_sqrshl),  ALL_TOO("uqrshl", "1", "01011", op_uqrshl),
    BHS_ROWS("smax", "0", "01100", op_smax),     BHS_ROWS("umax", "1", "01100", op_umax),
    BHS_ROWS("smin", "0", "01101", op_smin),     BHS_ROWS("umin", "1", "01101", op_umin),
    BHS_ROWS("sabd", "0", "01110", op_sabd),     BHS_ROWS("uabd", "1", "01110", op_uabd),
    BHS_ROWS("saba", "0", "01111", op_saba),     BHS_ROWS("uaba", "1", "01111", op_uaba),
    D_TOO("add", "0", "10000", op_add),          D_TOO("sub", "1", "10000", op_sub),
    D_TOO("cmtst", "0", "10001", op_cmtst),      D_TOO("cmeq", "1", "10001", op_cmeq),
    BHS_ROWS("mla", "0", "10010", op_mla),       BHS_ROWS("mls", "1", "10010", op_mls),
    BHS_ROWS("mul", "0", "10011", op_mul),       B_ROWS("pmul", "1", "10011", op_pmul),
    BHS_ROWS("smaxp", "0", "10100", op_smaxp),   BHS_ROWS("umaxp", "1", "10100", op_umaxp),
    BHS_ROWS("sminp", "0", "10101", op_sminp),   BHS_ROWS("uminp", "1", "10101", op_uminp),
    HS_TOO("sqdmulh", "0", "10110", op_sqdmulh), HS_TOO("sqrdmulh", "1", "10110", op_sqrdmulh),
    BHSD_ROWS("addp", "0", "10111", op_addp),
};
ARM64_TABLE(simd_same);
