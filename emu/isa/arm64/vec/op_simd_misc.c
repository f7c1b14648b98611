// SPDX-License-Identifier: MIT
// Advanced SIMD two-register miscellaneous and across lanes (C4.1.97), integers, and the scalars of them.
#include "isa/arm64/vec/simd.h"

#define AND_D(name, sign, ...) OF_BHSD(EACH, op_##name, sign, __VA_ARGS__) SCALAR_D(op_##name, sign, __VA_ARGS__)
#define AND_ALL(name, sign, ...) OF_BHSD(EACH, op_##name, sign, __VA_ARGS__) SCALAR_BHSD(op_##name, sign, __VA_ARGS__)

AND_D(cmgt0, i, -(x > 0))
AND_D(cmge0, i, -(x >= 0))
AND_D(cmeq0, i, -(x == 0))
AND_D(cmle0, i, -(x <= 0))
AND_D(cmlt0, i, -(x < 0))
AND_D(abs, i, x < 0 ? -(u64)x : (u64)x)
AND_D(neg, u, -(u64)x)
AND_ALL(sqabs, i, SATURATE_i(x < 0 ? -(i128)x : x))
AND_ALL(sqneg, i, SATURATE_i(-(i128)x))
AND_ALL(suqadd, i, SATURATE_i((i128)z + (i128)((u64)x & mask(BITS - 1, 0))))
AND_ALL(usqadd, u, SATURATE_u((i128)z + (i128)sext(x, BITS)))

static inline unsigned leading_zeros(u64 x, unsigned width) { return x ? (unsigned)__builtin_clzll(x) - (64 - width) : width; }
OF_BHS(EACH, op_clz, u, leading_zeros(x, BITS))
// Bits that are like the one above them, from the top down.
OF_BHS(EACH, op_cls, i, leading_zeros((u64)(x ^ x >> 1) & mask(BITS - 2, 0), BITS) - 1)
OF_B(EACH, op_cnt, u, __builtin_popcount(x))
OF_B(EACH, op_not, u, ~x)
OF_B(EACH, op_rbit, u, __builtin_bitreverse8(x))

// Lanes in the reverse order within containers of 1 << log lanes.
#define REVERSED(fn, sign, N, count, log)                                                                                        \
    SOP(fn) {                                                                                                                    \
        const union arm64_v vn = VN;                                                                                             \
        union arm64_v r = {.q = 0};                                                                                              \
        for (unsigned i = 0; i < (count); i++) r.LANE_##N[i] = vn.LANE_##N[i ^ ((1u << (log)) - 1)];                             \
        VD = r;                                                                                                                  \
        NEXT;                                                                                                                    \
    }
OF_B(REVERSED, op_rev64, u, 3)
OF_H(REVERSED, op_rev64, u, 2)
OF_S(REVERSED, op_rev64, u, 1)
OF_B(REVERSED, op_rev32, u, 2)
OF_H(REVERSED, op_rev32, u, 1)
OF_B(REVERSED, op_rev16, u, 1)

// Neighbours are added into a lane twice as wide; z is 0, or what was in it.
#define ADD_PAIRS(fn, sign, N, W, count, before)                                                                                 \
    SOP(fn) {                                                                                                                    \
        const union arm64_v vn = VN, vd = VD;                                                                                    \
        union arm64_v r = {.q = 0};                                                                                              \
        (void)vd;                                                                                                                \
        for (unsigned i = 0; i < (count) / 2; i++)                                                                               \
            r.LANE_##W[i] = (u##W)((before) + (u64)(sign##N)vn.LANE_##N[2 * i] + (u64)(sign##N)vn.LANE_##N[2 * i + 1]);          \
        VD = r;                                                                                                                  \
        NEXT;                                                                                                                    \
    }
#define ADD_PAIRS_OF(sign, fn, fn_accumulating)                                                                                  \
    ADD_PAIRS(fn##_8b, sign, 8, 16, 8, 0)                                                                                        \
    ADD_PAIRS(fn##_16b, sign, 8, 16, 16, 0)                                                                                      \
    ADD_PAIRS(fn##_4h, sign, 16, 32, 4, 0)                                                                                       \
    ADD_PAIRS(fn##_8h, sign, 16, 32, 8, 0)                                                                                       \
    ADD_PAIRS(fn##_2s, sign, 32, 64, 2, 0)                                                                                       \
    ADD_PAIRS(fn##_4s, sign, 32, 64, 4, 0)                                                                                       \
    ADD_PAIRS(fn_accumulating##_8b, sign, 8, 16, 8, vd.h[i])                                                                     \
    ADD_PAIRS(fn_accumulating##_16b, sign, 8, 16, 16, vd.h[i])                                                                   \
    ADD_PAIRS(fn_accumulating##_4h, sign, 16, 32, 4, vd.s[i])                                                                    \
    ADD_PAIRS(fn_accumulating##_8h, sign, 16, 32, 8, vd.s[i])                                                                    \
    ADD_PAIRS(fn_accumulating##_2s, sign, 32, 64, 2, vd.d[i])                                                                    \
    ADD_PAIRS(fn_accumulating##_4s, sign, 32, 64, 4, vd.d[i])
ADD_PAIRS_OF(i, op_saddlp, op_sadalp)
ADD_PAIRS_OF(u, op_uaddlp, op_uadalp)

HALVES(NARROW, op_xtn, u, x)
HALVES(NARROW, op_sqxtn, i, SATURATE_i(x))
HALVES(NARROW, op_uqxtn, u, SATURATE_u(x))
HALVES(NARROW, op_sqxtun, i, SATURATE_u(x))
#define SCALAR_NARROW(fn, sign, ...)                                                                                             \
    NARROW(fn##_b, sign, 8, 16, 1, 0, __VA_ARGS__)                                                                               \
    NARROW(fn##_h, sign, 16, 32, 1, 0, __VA_ARGS__)                                                                              \
    NARROW(fn##_s, sign, 32, 64, 1, 0, __VA_ARGS__)
SCALAR_NARROW(op_sqxtn, i, SATURATE_i(x))
SCALAR_NARROW(op_uqxtn, u, SATURATE_u(x))
SCALAR_NARROW(op_sqxtun, i, SATURATE_u(x))
HALVES(LONG, op_shll, u, x << BITS / 2)

// ---- across lanes: x is what came out so far, y the next lane; W: the result's width
#define ACROSS(fn, sign, N, W, count, ...)                                                                                       \
    SOP(fn) {                                                                                                                    \
        const union arm64_v vn = VN;                                                                                             \
        sign##W x = (sign##N)vn.LANE_##N[0];                                                                                     \
        for (unsigned i = 1; i < (count); i++) {                                                                                 \
            sign##W y = (sign##N)vn.LANE_##N[i];                                                                                 \
            x = (sign##W)(__VA_ARGS__);                                                                                          \
        }                                                                                                                        \
        VD.q = (u##W)x;                                                                                                          \
        NEXT;                                                                                                                    \
    }
#define ALL_ACROSS(fn, sign, ...)                                                                                                \
    ACROSS(fn##_8b, sign, 8, 8, 8, __VA_ARGS__)                                                                                  \
    ACROSS(fn##_16b, sign, 8, 8, 16, __VA_ARGS__)                                                                                \
    ACROSS(fn##_4h, sign, 16, 16, 4, __VA_ARGS__)                                                                                \
    ACROSS(fn##_8h, sign, 16, 16, 8, __VA_ARGS__)                                                                                \
    ACROSS(fn##_4s, sign, 32, 32, 4, __VA_ARGS__)
#define LONG_ACROSS(fn, sign)                                                                                                    \
    ACROSS(fn##_8b, sign, 8, 16, 8, x + y)                                                                                       \
    ACROSS(fn##_16b, sign, 8, 16, 16, x + y)                                                                                     \
    ACROSS(fn##_4h, sign, 16, 32, 4, x + y)                                                                                      \
    ACROSS(fn##_8h, sign, 16, 32, 8, x + y)                                                                                      \
    ACROSS(fn##_4s, sign, 32, 64, 4, x + y)
ALL_ACROSS(op_smaxv, i, x > y ? x : y)
ALL_ACROSS(op_umaxv, u, x > y ? x : y)
ALL_ACROSS(op_sminv, i, x < y ? x : y)
ALL_ACROSS(op_uminv, u, x < y ? x : y)
ALL_ACROSS(op_addv, u, x + y)
LONG_ACROSS(op_saddlv, i)
LONG_ACROSS(op_uaddlv, u)
SOP(op_addp_scalar) {
    VD.q = (u64)(VN.d[0] + VN.d[1]);
    NEXT;
}

// ---- rows

#define M(name_, q, U, size, opcode, operands_, fn)                                                                              \
    ROW(name_, "0 " q " " U " 01110 " size " 10000 " opcode " 10 Rn Rd", operands_, fn)
#define SCALAR(name_, U, size, opcode, operands_, fn)                                                                            \
    ROW(name_, "01 " U " 11110 " size " 10000 " opcode " 10 Rn Rd", operands_, fn)
#define M_(name_, q, U, size, opcode, t, suffix, more, fn) M(name_, q, U, size, opcode, "Vd." t ", Vn." t more, fn##suffix)
#define B_ROWS(name_, U, size, opcode, more, fn)                                                                                 \
    M_(name_, "0", U, size, opcode, "8b", _8b, more, fn), M_(name_, "1", U, size, opcode, "16b", _16b, more, fn)
#define H_ROWS(name_, U, opcode, more, fn)                                                                                       \
    M_(name_, "0", U, "01", opcode, "4h", _4h, more, fn), M_(name_, "1", U, "01", opcode, "8h", _8h, more, fn)
#define S_ROWS(name_, U, opcode, more, fn)                                                                                       \
    M_(name_, "0", U, "10", opcode, "2s", _2s, more, fn), M_(name_, "1", U, "10", opcode, "4s", _4s, more, fn)
#define BHS_ROWS(name_, U, opcode, more, fn)                                                                                     \
    B_ROWS(name_, U, "00", opcode, more, fn), H_ROWS(name_, U, opcode, more, fn), S_ROWS(name_, U, opcode, more, fn)
#define D_TOO(name_, U, opcode, more, fn)                                                                                        \
    BHS_ROWS(name_, U, opcode, more, fn), M_(name_, "1", U, "11", opcode, "2d", _2d, more, fn),                                  \
        SCALAR(name_, U, "11", opcode, "Dd, Dn" more, fn##_d)
#define ALL_TOO(name_, U, opcode, fn)                                                                                            \
    D_TOO(name_, U, opcode, "", fn), SCALAR(name_, U, "00", opcode, "Bd, Bn", fn##_b),                                           \
        SCALAR(name_, U, "01", opcode, "Hd, Hn", fn##_h), SCALAR(name_, U, "10", opcode, "Sd, Sn", fn##_s)
#define PAIR_ROWS(name_, U, opcode, fn)                                                                                          \
    M(name_, "0", U, "00", opcode, "Vd.4h, Vn.8b", fn##_8b), M(name_, "1", U, "00", opcode, "Vd.8h, Vn.16b", fn##_16b),          \
        M(name_, "0", U, "01", opcode, "Vd.2s, Vn.4h", fn##_4h), M(name_, "1", U, "01", opcode, "Vd.4s, Vn.8h", fn##_8h),        \
        M(name_, "0", U, "10", opcode, "Vd.1d, Vn.2s", fn##_2s), M(name_, "1", U, "10", opcode, "Vd.2d, Vn.4s", fn##_4s)
#define NARROW_ROWS(name_, U, opcode, fn)                                                                                        \
    M(name_, "0", U, "00", opcode, "Vd.8b, Vn.8h", fn##_8), M(name_ "2", "1", U, "00", opcode, "Vd.16b, Vn.8h", fn##2_8),        \
        M(name_, "0", U, "01", opcode, "Vd.4h, Vn.4s", fn##_16), M(name_ "2", "1", U, "01", opcode, "Vd.8h, Vn.4s", fn##2_16),   \
        M(name_, "0", U, "10", opcode, "Vd.2s, Vn.2d", fn##_32), M(name_ "2", "1", U, "10", opcode, "Vd.4s, Vn.2d", fn##2_32)
#define SCALAR_NARROW_ROWS(name_, U, opcode, fn)                                                                                 \
    SCALAR(name_, U, "00", opcode, "Bd, Hn", fn##_b), SCALAR(name_, U, "01", opcode, "Hd, Sn", fn##_h),                          \
        SCALAR(name_, U, "10", opcode, "Sd, Dn", fn##_s)
#define ACROSS_ROW(name_, q, U, size, opcode, operands_, fn)                                                                     \
    ROW(name_, "0 " q " " U " 01110 " size " 11000 " opcode " 10 Rn Rd", operands_, fn)
#define ACROSS_ROWS(name_, U, opcode, b, h, s, fn)                                                                               \
    ACROSS_ROW(name_, "0", U, "00", opcode, b ", Vn.8b", fn##_8b),                                                               \
        ACROSS_ROW(name_, "1", U, "00", opcode, b ", Vn.16b", fn##_16b),                                                         \
        ACROSS_ROW(name_, "0", U, "01", opcode, h ", Vn.4h", fn##_4h),                                                           \
        ACROSS_ROW(name_, "1", U, "01", opcode, h ", Vn.8h", fn##_8h),                                                           \
        ACROSS_ROW(name_, "1", U, "10", opcode, s ", Vn.4s", fn##_4s)

static const struct arm64_insn rows[] = {
    BHS_ROWS("rev64", "0", "00000", "", op_rev64),
    B_ROWS("rev32", "1", "00", "00000", "", op_rev32),
    H_ROWS("rev32", "1", "00000", "", op_rev32),
    B_ROWS("rev16", "0", "00", "00001", "", op_rev16),
    PAIR_ROWS("saddlp", "0", "00010", op_saddlp),
    PAIR_ROWS("uaddlp", "1", "00010", op_uaddlp),
    ALL_TOO("suqadd", "0", "00011", op_suqadd),
    ALL_TOO("usqadd", "1", "00011", op_usqadd),
    BHS_ROWS("cls", "0", "00100", "", op_cls),
    BHS_ROWS("clz", "1", "00100", "", op_clz),
    B_ROWS("cnt", "0", "00", "00101", "", op_cnt),
    B_ROWS("not", "1", "00", "00101", "", op_not),
    B_ROWS("rbit", "1", "01", "00101", "", op_rbit),
    PAIR_ROWS("sadalp", "0", "00110", op_sadalp),
    PAIR_ROWS("uadalp", "1", "00110", op_uadalp),
    ALL_TOO("sqabs", "0", "00111", op_sqabs),
    ALL_TOO("sqneg", "1", "00111", op_sqneg),
    D_TOO("cmgt", "0", "01000", ", #0", op_cmgt0),
    D_TOO("cmge", "1", "01000", ", #0", op_cmge0),
    D_TOO("cmeq", "0", "01001", ", #0", op_cmeq0),
    D_TOO("cmle", "1", "01001", ", #0", op_cmle0),
    D_TOO("cmlt", "0", "01010", ", #0", op_cmlt0),
    D_TOO("abs", "0", "01011", "", op_abs),
    D_TOO("neg", "1", "01011", "", op_neg),
    NARROW_ROWS("xtn", "0", "10010", op_xtn),
    NARROW_ROWS("sqxtun", "1", "10010", op_sqxtun),
    NARROW_ROWS("sqxtn", "0", "10100", op_sqxtn),
    NARROW_ROWS("uqxtn", "1", "10100", op_uqxtn),
    SCALAR_NARROW_ROWS("sqxtun", "1", "10010", op_sqxtun),
    SCALAR_NARROW_ROWS("sqxtn", "0", "10100", op_sqxtn),
    SCALAR_NARROW_ROWS("uqxtn", "1", "10100", op_uqxtn),
    M("shll", "0", "1", "00", "10011", "Vd.8h, Vn.8b, #8", op_shll_8),
    M("shll2", "1", "1", "00", "10011", "Vd.8h, Vn.16b, #8", op_shll2_8),
    M("shll", "0", "1", "01", "10011", "Vd.4s, Vn.4h, #16", op_shll_16),
    M("shll2", "1", "1", "01", "10011", "Vd.4s, Vn.8h, #16", op_shll2_16),
    M("shll", "0", "1", "10", "10011", "Vd.2d, Vn.2s, #32", op_shll_32),
    M("shll2", "1", "1", "10", "10011", "Vd.2d, Vn.4s, #32", op_shll2_32),

    ACROSS_ROWS("saddlv", "0", "00011", "Hd", "Sd", "Dd", op_saddlv),
    ACROSS_ROWS("uaddlv", "1", "00011", "Hd", "Sd", "Dd", op_uaddlv),
    ACROSS_ROWS("smaxv", "0", "01010", "Bd", "Hd", "Sd", op_smaxv),
    ACROSS_ROWS("umaxv", "1", "01010", "Bd", "Hd", "Sd", op_umaxv),
    ACROSS_ROWS("sminv", "0", "11010", "Bd", "Hd", "Sd", op_sminv),
    ACROSS_ROWS("uminv", "1", "11010", "Bd", "Hd", "Sd", op_uminv),
    ACROSS_ROWS("addv", "0", "11011", "Bd", "Hd", "Sd", op_addv),
    ROW("addp", "01 0 11110 11 11000 11011 10 Rn Rd", "Dd, Vn.2d", op_addp_scalar),
};
ARM64_TABLE(simd_misc);
