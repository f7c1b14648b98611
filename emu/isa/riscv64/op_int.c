// SPDX-License-Identifier: MIT
// RV64I without memory and branches (unprivileged manual, chapters 2 and 4).
#include "isa/riscv64/insn.h"
#include "isa/riscv64/steps.h"

RV_ALL_ALU(RV_HANDLER)

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
