// SPDX-License-Identifier: MIT
// RV64I without memory and branches (unprivileged manual, chapters 2 and 4).
#include "isa/riscv64/insn.h"

// x: rs1; y: rs2, or the immediate.
#define ALU(name, result)                                                                          \
    SOP(op_##name) {                                                                               \
        u64 x = RS1, y = RS2;                                                                      \
        SET_RD(result);                                                                            \
        NEXT;                                                                                      \
    }
#define ALU_I(name, result)                                                                        \
    SOP(op_##name) {                                                                               \
        u64 x = RS1, y = IMM;                                                                      \
        SET_RD(result);                                                                            \
        NEXT;                                                                                      \
    }

SOP(op_lui) {
    SET_RD(IMM);
    NEXT;
}
SOP(op_auipc) {
    SET_RD(THIS_PC + IMM);
    NEXT;
}

ALU_I(addi, x + y)
ALU_I(slti, (i64)x < (i64)y)
ALU_I(sltiu, x < y)
ALU_I(xori, x ^ y)
ALU_I(ori, x | y)
ALU_I(andi, x & y)
ALU_I(slli, x << y)
ALU_I(srli, x >> y)
ALU_I(srai, (i64)x >> y)
ALU(add, x + y)
ALU(sub, x - y)
ALU(sll, x << (y & 63))
ALU(slt, (i64)x < (i64)y)
ALU(sltu, x < y)
ALU(xor, x ^ y)
ALU(srl, x >> (y & 63))
ALU(sra, (i64)x >> (y & 63))
ALU(or, x | y)
ALU(and, x & y)

ALU_I(addiw, SEXT32(x + y))
ALU_I(slliw, SEXT32((u32)x << y))
ALU_I(srliw, SEXT32((u32)x >> y))
ALU_I(sraiw, (i32)x >> y)
ALU(addw, SEXT32(x + y))
ALU(subw, SEXT32(x - y))
ALU(sllw, SEXT32((u32)x << (y & 31)))
ALU(srlw, SEXT32((u32)x >> (y & 31)))
ALU(sraw, (i32)x >> (y & 31))

// Writes to x0 are hints, and do nothing by themselves (2.9).
static const struct rv_insn rows[] = {
    {"lui", "imm[31:12] rd 0110111", "rd, upper", op_lui, .ext = EXT_I},
    {"auipc", "imm[31:12] rd 0010111", "rd, upper", op_auipc, .ext = EXT_I},

    {"addi", "imm[11:0] rs1 000 rd 0010011", "rd, rs1, imm", op_addi, .ext = EXT_I},
    {"slti", "imm[11:0] rs1 010 rd 0010011", "rd, rs1, imm", op_slti, .ext = EXT_I},
    {"sltiu", "imm[11:0] rs1 011 rd 0010011", "rd, rs1, imm", op_sltiu, .ext = EXT_I},
    {"xori", "imm[11:0] rs1 100 rd 0010011", "rd, rs1, imm", op_xori, .ext = EXT_I},
    {"ori", "imm[11:0] rs1 110 rd 0010011", "rd, rs1, imm", op_ori, .ext = EXT_I},
    {"andi", "imm[11:0] rs1 111 rd 0010011", "rd, rs1, imm", op_andi, .ext = EXT_I},
    {"slli", "000000 shamt[5:0] rs1 001 rd 0010011", "rd, rs1, imm", op_slli, .ext = EXT_I},
    {"srli", "000000 shamt[5:0] rs1 101 rd 0010011", "rd, rs1, imm", op_srli, .ext = EXT_I},
    {"srai", "010000 shamt[5:0] rs1 101 rd 0010011", "rd, rs1, imm", op_srai, .ext = EXT_I},

    {"add", "0000000 rs2 rs1 000 rd 0110011", "rd, rs1, rs2", op_add, .ext = EXT_I},
    {"sub", "0100000 rs2 rs1 000 rd 0110011", "rd, rs1, rs2", op_sub, .ext = EXT_I},
    {"sll", "0000000 rs2 rs1 001 rd 0110011", "rd, rs1, rs2", op_sll, .ext = EXT_I},
    {"slt", "0000000 rs2 rs1 010 rd 0110011", "rd, rs1, rs2", op_slt, .ext = EXT_I},
    {"sltu", "0000000 rs2 rs1 011 rd 0110011", "rd, rs1, rs2", op_sltu, .ext = EXT_I},
    {"xor", "0000000 rs2 rs1 100 rd 0110011", "rd, rs1, rs2", op_xor, .ext = EXT_I},
    {"srl", "0000000 rs2 rs1 101 rd 0110011", "rd, rs1, rs2", op_srl, .ext = EXT_I},
    {"sra", "0100000 rs2 rs1 101 rd 0110011", "rd, rs1, rs2", op_sra, .ext = EXT_I},
    {"or", "0000000 rs2 rs1 110 rd 0110011", "rd, rs1, rs2", op_or, .ext = EXT_I},
    {"and", "0000000 rs2 rs1 111 rd 0110011", "rd, rs1, rs2", op_and, .ext = EXT_I},

    {"addiw", "imm[11:0] rs1 000 rd 0011011", "rd, rs1, imm", op_addiw, .ext = EXT_I},
    {"slliw", "0000000 shamt[4:0] rs1 001 rd 0011011", "rd, rs1, imm", op_slliw, .ext = EXT_I},
    {"srliw", "0000000 shamt[4:0] rs1 101 rd 0011011", "rd, rs1, imm", op_srliw, .ext = EXT_I},
    {"sraiw", "0100000 shamt[4:0] rs1 101 rd 0011011", "rd, rs1, imm", op_sraiw, .ext = EXT_I},
    {"addw", "0000000 rs2 rs1 000 rd 0111011", "rd, rs1, rs2", op_addw, .ext = EXT_I},
    {"subw", "0100000 rs2 rs1 000 rd 0111011", "rd, rs1, rs2", op_subw, .ext = EXT_I},
    {"sllw", "0000000 rs2 rs1 001 rd 0111011", "rd, rs1, rs2", op_sllw, .ext = EXT_I},
    {"srlw", "0000000 rs2 rs1 101 rd 0111011", "rd, rs1, rs2", op_srlw, .ext = EXT_I},
    {"sraw", "0100000 rs2 rs1 101 rd 0111011", "rd, rs1, rs2", op_sraw, .ext = EXT_I},
};
RV_TABLE(int);
