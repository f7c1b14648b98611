// SPDX-License-Identifier: MIT
// M: multiplication and division (unprivileged manual, chapter 13). No operand traps: a division by zero has all ones as quotient and
// the dividend as remainder, and the one signed quotient that does not fit wraps (table 13.1).
#include "isa/riscv64/insn.h"

#define ALU(name, result)                                                                                                        \
    SOP(op_##name) {                                                                                                             \
        u64 x = RS1, y = RS2;                                                                                                    \
        SET_RD(result);                                                                                                          \
        NEXT;                                                                                                                    \
    }

// The processor below traps where -2^(N-1) is divided by -1: dividing by -1 is negating.
#define DIVISION(N)                                                                                                              \
    static u##N quotient_u##N(u##N x, u##N y) { return y ? x / y : (u##N) ~(u##N)0; }                                            \
    static u##N remainder_u##N(u##N x, u##N y) { return y ? x % y : x; }                                                         \
    static i##N quotient_i##N(i##N x, i##N y) { return y == 0 ? -1 : y == -1 ? (i##N)(0 - (u##N)x) : x / y; }                    \
    static i##N remainder_i##N(i##N x, i##N y) { return y == 0 ? x : y == -1 ? 0 : x % y; }
DIVISION(32)
DIVISION(64)

ALU(mul, x * y)
ALU(mulh, (u64)((i128)(i64)x * (i64)y >> 64))
ALU(mulhsu, (u64)((i128)(i64)x * (i128)y >> 64))
ALU(mulhu, (u64)((u128)x * y >> 64))
ALU(div, quotient_i64((i64)x, (i64)y))
ALU(divu, quotient_u64(x, y))
ALU(rem, remainder_i64((i64)x, (i64)y))
ALU(remu, remainder_u64(x, y))
ALU(mulw, SEXT32(x * y))
ALU(divw, quotient_i32((i32)x, (i32)y))
ALU(divuw, SEXT32(quotient_u32((u32)x, (u32)y)))
ALU(remw, remainder_i32((i32)x, (i32)y))
ALU(remuw, SEXT32(remainder_u32((u32)x, (u32)y)))

static const struct rv_insn rows[] = {
    {"mul", "0000001 rs2 rs1 000 rd 0110011", "rd, rs1, rs2", op_mul, .ext = EXT_M},
    {"mulh", "0000001 rs2 rs1 001 rd 0110011", "rd, rs1, rs2", op_mulh, .ext = EXT_M},
    {"mulhsu", "0000001 rs2 rs1 010 rd 0110011", "rd, rs1, rs2", op_mulhsu, .ext = EXT_M},
    {"mulhu", "0000001 rs2 rs1 011 rd 0110011", "rd, rs1, rs2", op_mulhu, .ext = EXT_M},
    {"div", "0000001 rs2 rs1 100 rd 0110011", "rd, rs1, rs2", op_div, .ext = EXT_M},
    {"divu", "0000001 rs2 rs1 101 rd 0110011", "rd, rs1, rs2", op_divu, .ext = EXT_M},
    {"rem", "0000001 rs2 rs1 110 rd 0110011", "rd, rs1, rs2", op_rem, .ext = EXT_M},
    {"remu", "0000001 rs2 rs1 111 rd 0110011", "rd, rs1, rs2", op_remu, .ext = EXT_M},
    {"mulw", "0000001 rs2 rs1 000 rd 0111011", "rd, rs1, rs2", op_mulw, .ext = EXT_M},
    {"divw", "0000001 rs2 rs1 100 rd 0111011", "rd, rs1, rs2", op_divw, .ext = EXT_M},
    {"divuw", "0000001 rs2 rs1 101 rd 0111011", "rd, rs1, rs2", op_divuw, .ext = EXT_M},
    {"remw", "0000001 rs2 rs1 110 rd 0111011", "rd, rs1, rs2", op_remw, .ext = EXT_M},
    {"remuw", "0000001 rs2 rs1 111 rd 0111011", "rd, rs1, rs2", op_remuw, .ext = EXT_M},
};
RV_TABLE(mul);
