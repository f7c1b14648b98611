// SPDX-License-Identifier: MIT
// Zba, Zbb, Zbs: bit manipulation (unprivileged manual, chapter 30).
#include "base/bits.h"
#include "isa/riscv64/insn.h"

// x: rs1; y: rs2, or the immediate.
#define ALU(name, result)                                                                                                        \
    SOP(op_##name) {                                                                                                             \
        u64 x = RS1, y = RS2;                                                                                                    \
        SET_RD(result);                                                                                                          \
        NEXT;                                                                                                                    \
    }
#define ALU_I(name, result)                                                                                                      \
    SOP(op_##name) {                                                                                                             \
        u64 x = RS1, y = IMM;                                                                                                    \
        SET_RD(result);                                                                                                          \
        NEXT;                                                                                                                    \
    }
#define UNARY(name, result)                                                                                                      \
    SOP(op_##name) {                                                                                                             \
        u64 x = RS1;                                                                                                             \
        SET_RD(result);                                                                                                          \
        NEXT;                                                                                                                    \
    }

// ---- Zba
ALU(sh1add, (x << 1) + y)
ALU(sh2add, (x << 2) + y)
ALU(sh3add, (x << 3) + y)
ALU(add_uw, (u32)x + y)
ALU(sh1add_uw, ((u64)(u32)x << 1) + y)
ALU(sh2add_uw, ((u64)(u32)x << 2) + y)
ALU(sh3add_uw, ((u64)(u32)x << 3) + y)
ALU_I(slli_uw, (u64)(u32)x << y)

// ---- Zbb
// `n` is taken modulo the width, which the host's rotation does as well.
static u64 rotate_right(u64 x, u64 n) { return x >> (n & 63) | x << (-n & 63); }
static u64 rotate_right_w(u64 x, u64 n) { return SEXT32((u32)x >> (n & 31) | (u32)x << (-n & 31)); }

// The operand of the count is cut to N bits; a count of zero's bits is N.
static u64 leading_zeros(u64 x) { return x ? (u64)__builtin_clzll(x) : 64; }
static u64 trailing_zeros(u64 x) { return x ? (u64)__builtin_ctzll(x) : 64; }

// Each byte that is not 0 becomes FFh. The sum carries into bit 7 of a byte unless its low seven bits are 0, and no further.
static u64 or_combine(u64 x) {
    const u64 low7 = 0x7f7f7f7f7f7f7f7f;
    u64 top = (((x & low7) + low7) | x) & ~low7;
    return (top >> 7) * 0xff;
}

ALU(andn, x & ~y)
ALU(orn, x | ~y)
ALU(xnor, ~(x ^ y))
UNARY(clz, leading_zeros(x))
UNARY(ctz, trailing_zeros(x))
UNARY(cpop, __builtin_popcountll(x))
UNARY(clzw, leading_zeros((u32)x) - 32)
UNARY(ctzw, trailing_zeros(x | BIT(32)))
UNARY(cpopw, __builtin_popcount((u32)x))
ALU(max, (i64)x > (i64)y ? x : y)
ALU(maxu, x > y ? x : y)
ALU(min, (i64)x < (i64)y ? x : y)
ALU(minu, x < y ? x : y)
UNARY(sext_b, (i64)(i8)x)
UNARY(sext_h, (i64)(i16)x)
UNARY(zext_h, (u16)x)
ALU(rol, rotate_right(x, -y))
ALU(ror, rotate_right(x, y))
ALU_I(rori, rotate_right(x, y))
ALU(rolw, rotate_right_w(x, -y))
ALU(rorw, rotate_right_w(x, y))
ALU_I(roriw, rotate_right_w(x, y))
UNARY(orc_b, or_combine(x))
UNARY(rev8, __builtin_bswap64(x))

// ---- Zbs
ALU(bclr, x & ~BIT(y & 63))
ALU_I(bclri, x & ~BIT(y))
ALU(bext, x >> (y & 63) & 1)
ALU_I(bexti, x >> y & 1)
ALU(binv, x ^ BIT(y & 63))
ALU_I(binvi, x ^ BIT(y))
ALU(bset, x | BIT(y & 63))
ALU_I(bseti, x | BIT(y))

static const struct rv_insn rows[] = {
    {"sh1add", "0010000 rs2 rs1 010 rd 0110011", "rd, rs1, rs2", op_sh1add, .ext = EXT_ZBA},
    {"sh2add", "0010000 rs2 rs1 100 rd 0110011", "rd, rs1, rs2", op_sh2add, .ext = EXT_ZBA},
    {"sh3add", "0010000 rs2 rs1 110 rd 0110011", "rd, rs1, rs2", op_sh3add, .ext = EXT_ZBA},
    {"add.uw", "0000100 rs2 rs1 000 rd 0111011", "rd, rs1, rs2", op_add_uw, .ext = EXT_ZBA},
    {"sh1add.uw", "0010000 rs2 rs1 010 rd 0111011", "rd, rs1, rs2", op_sh1add_uw, .ext = EXT_ZBA},
    {"sh2add.uw", "0010000 rs2 rs1 100 rd 0111011", "rd, rs1, rs2", op_sh2add_uw, .ext = EXT_ZBA},
    {"sh3add.uw", "0010000 rs2 rs1 110 rd 0111011", "rd, rs1, rs2", op_sh3add_uw, .ext = EXT_ZBA},
    {"slli.uw", "000010 shamt[5:0] rs1 001 rd 0011011", "rd, rs1, imm", op_slli_uw, .ext = EXT_ZBA},

    {"andn", "0100000 rs2 rs1 111 rd 0110011", "rd, rs1, rs2", op_andn, .ext = EXT_ZBB},
    {"orn", "0100000 rs2 rs1 110 rd 0110011", "rd, rs1, rs2", op_orn, .ext = EXT_ZBB},
    {"xnor", "0100000 rs2 rs1 100 rd 0110011", "rd, rs1, rs2", op_xnor, .ext = EXT_ZBB},
    {"clz", "0110000 00000 rs1 001 rd 0010011", "rd, rs1", op_clz, .ext = EXT_ZBB},
    {"ctz", "0110000 00001 rs1 001 rd 0010011", "rd, rs1", op_ctz, .ext = EXT_ZBB},
    {"cpop", "0110000 00010 rs1 001 rd 0010011", "rd, rs1", op_cpop, .ext = EXT_ZBB},
    {"clzw", "0110000 00000 rs1 001 rd 0011011", "rd, rs1", op_clzw, .ext = EXT_ZBB},
    {"ctzw", "0110000 00001 rs1 001 rd 0011011", "rd, rs1", op_ctzw, .ext = EXT_ZBB},
    {"cpopw", "0110000 00010 rs1 001 rd 0011011", "rd, rs1", op_cpopw, .ext = EXT_ZBB},
    {"max", "0000101 rs2 rs1 110 rd 0110011", "rd, rs1, rs2", op_max, .ext = EXT_ZBB},
    {"maxu", "0000101 rs2 rs1 111 rd 0110011", "rd, rs1, rs2", op_maxu, .ext = EXT_ZBB},
    {"min", "0000101 rs2 rs1 100 rd 0110011", "rd, rs1, rs2", op_min, .ext = EXT_ZBB},
    {"minu", "0000101 rs2 rs1 101 rd 0110011", "rd, rs1, rs2", op_minu, .ext = EXT_ZBB},
    {"sext.b", "0110000 00100 rs1 001 rd 0010011", "rd, rs1", op_sext_b, .ext = EXT_ZBB},
    {"sext.h", "0110000 00101 rs1 001 rd 0010011", "rd, rs1", op_sext_h, .ext = EXT_ZBB},
    {"zext.h", "0000100 00000 rs1 100 rd 0111011", "rd, rs1", op_zext_h, .ext = EXT_ZBB},
    {"rol", "0110000 rs2 rs1 001 rd 0110011", "rd, rs1, rs2", op_rol, .ext = EXT_ZBB},
    {"ror", "0110000 rs2 rs1 101 rd 0110011", "rd, rs1, rs2", op_ror, .ext = EXT_ZBB},
    {"rori", "011000 shamt[5:0] rs1 101 rd 0010011", "rd, rs1, imm", op_rori, .ext = EXT_ZBB},
    {"rolw", "0110000 rs2 rs1 001 rd 0111011", "rd, rs1, rs2", op_rolw, .ext = EXT_ZBB},
    {"rorw", "0110000 rs2 rs1 101 rd 0111011", "rd, rs1, rs2", op_rorw, .ext = EXT_ZBB},
    {"roriw", "0110000 shamt[4:0] rs1 101 rd 0011011", "rd, rs1, imm", op_roriw, .ext = EXT_ZBB},
    {"orc.b", "001010000111 rs1 101 rd 0010011", "rd, rs1", op_orc_b, .ext = EXT_ZBB},
    {"rev8", "011010111000 rs1 101 rd 0010011", "rd, rs1", op_rev8, .ext = EXT_ZBB},

    {"bclr", "0100100 rs2 rs1 001 rd 0110011", "rd, rs1, rs2", op_bclr, .ext = EXT_ZBS},
    {"bclri", "010010 shamt[5:0] rs1 001 rd 0010011", "rd, rs1, imm", op_bclri, .ext = EXT_ZBS},
    {"bext", "0100100 rs2 rs1 101 rd 0110011", "rd, rs1, rs2", op_bext, .ext = EXT_ZBS},
    {"bexti", "010010 shamt[5:0] rs1 101 rd 0010011", "rd, rs1, imm", op_bexti, .ext = EXT_ZBS},
    {"binv", "0110100 rs2 rs1 001 rd 0110011", "rd, rs1, rs2", op_binv, .ext = EXT_ZBS},
    {"binvi", "011010 shamt[5:0] rs1 001 rd 0010011", "rd, rs1, imm", op_binvi, .ext = EXT_ZBS},
    {"bset", "0010100 rs2 rs1 001 rd 0110011", "rd, rs1, rs2", op_bset, .ext = EXT_ZBS},
    {"bseti", "001010 shamt[5:0] rs1 001 rd 0010011", "rd, rs1, imm", op_bseti, .ext = EXT_ZBS},
};
RV_TABLE(bit);
