// SPDX-License-Identifier: MIT
// Jumps and conditional branches (unprivileged manual, 2.5). Where there are 16-bit instructions no target is misaligned.
#include "isa/riscv64/insn.h"
#include "isa/riscv64/steps.h"

RV_ALL_JUMPS(RV_JUMP_HANDLER)

static const struct rv_insn rows[] = {
    {"jal", "imm[20|10:1|11|19:12] rd 1101111", "rd, target", op_jal, .ext = EXT_I, .flags = RV_ENDS},
    {"jalr", "imm[11:0] rs1 000 rd 1100111", "rd, imm(rs1)", op_jalr, .ext = EXT_I, .flags = RV_ENDS},
    {"beq", "imm[12|10:5] rs2 rs1 000 imm[4:1|11] 1100011", "rs1, rs2, target", op_beq, .ext = EXT_I, .flags = RV_ENDS},
    {"bne", "imm[12|10:5] rs2 rs1 001 imm[4:1|11] 1100011", "rs1, rs2, target", op_bne, .ext = EXT_I, .flags = RV_ENDS},
    {"blt", "imm[12|10:5] rs2 rs1 100 imm[4:1|11] 1100011", "rs1, rs2, target", op_blt, .ext = EXT_I, .flags = RV_ENDS},
    {"bge", "imm[12|10:5] rs2 rs1 101 imm[4:1|11] 1100011", "rs1, rs2, target", op_bge, .ext = EXT_I, .flags = RV_ENDS},
    {"bltu", "imm[12|10:5] rs2 rs1 110 imm[4:1|11] 1100011", "rs1, rs2, target", op_bltu, .ext = EXT_I, .flags = RV_ENDS},
    {"bgeu", "imm[12|10:5] rs2 rs1 111 imm[4:1|11] 1100011", "rs1, rs2, target", op_bgeu, .ext = EXT_I, .flags = RV_ENDS},
};
RV_TABLE(branch);
