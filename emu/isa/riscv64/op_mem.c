// SPDX-License-Identifier: MIT
// Loads and stores of RV64I (unprivileged manual, 2.6 and 4.3). Misaligned ones work (Zicclsm), but are not atomic.
#include "isa/riscv64/insn.h"
#include "isa/riscv64/steps.h"

RV_ALL_LOADS(RV_LOAD_HANDLER)
RV_ALL_STORES(RV_STORE_HANDLER)

static const struct rv_insn rows[] = {
    {"lb", "imm[11:0] rs1 000 rd 0000011", "rd, imm(rs1)", op_lb, .ext = EXT_I},
    {"lh", "imm[11:0] rs1 001 rd 0000011", "rd, imm(rs1)", op_lh, .ext = EXT_I},
    {"lw", "imm[11:0] rs1 010 rd 0000011", "rd, imm(rs1)", op_lw, .ext = EXT_I},
    {"ld", "imm[11:0] rs1 011 rd 0000011", "rd, imm(rs1)", op_ld, .ext = EXT_I},
    {"lbu", "imm[11:0] rs1 100 rd 0000011", "rd, imm(rs1)", op_lbu, .ext = EXT_I},
    {"lhu", "imm[11:0] rs1 101 rd 0000011", "rd, imm(rs1)", op_lhu, .ext = EXT_I},
    {"lwu", "imm[11:0] rs1 110 rd 0000011", "rd, imm(rs1)", op_lwu, .ext = EXT_I},
    {"sb", "imm[11:5] rs2 rs1 000 imm[4:0] 0100011", "rs2, imm(rs1)", op_sb, .ext = EXT_I},
    {"sh", "imm[11:5] rs2 rs1 001 imm[4:0] 0100011", "rs2, imm(rs1)", op_sh, .ext = EXT_I},
    {"sw", "imm[11:5] rs2 rs1 010 imm[4:0] 0100011", "rs2, imm(rs1)", op_sw, .ext = EXT_I},
    {"sd", "imm[11:5] rs2 rs1 011 imm[4:0] 0100011", "rs2, imm(rs1)", op_sd, .ext = EXT_I},
};
RV_TABLE(mem);
