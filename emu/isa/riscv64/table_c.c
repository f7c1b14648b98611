// SPDX-License-Identifier: MIT
// C: 16-bit instructions (unprivileged manual, chapter 27), each short for a 32-bit one. What the manual calls reserved has no row
// and is illegal; its hints do what they say, which shows nowhere.
#include "isa/riscv64/insn.h"

// No handler: it and the flags are those of the instruction that the row is short for.
#define C(name_, bits_, operands_, as_, ...) {name_, bits_, operands_, .ext = EXT_C, .as = as_ __VA_OPT__(, ) __VA_ARGS__}

static const struct rv_insn rows[] = {
    // ---- quadrant 0
    C("c.addi4spn", "000 nzuimm[5:4|9:6|2|3] rd' 00", "rd, sp, imm", "addi", .rs1 = 2),
    C("c.lw", "010 uimm[5:3] rs1' uimm[2|6] rd' 00", "rd, imm(rs1)", "lw"),
    C("c.ld", "011 uimm[5:3] rs1' uimm[7:6] rd' 00", "rd, imm(rs1)", "ld"),
    C("c.sw", "110 uimm[5:3] rs1' uimm[2|6] rs2' 00", "rs2, imm(rs1)", "sw"),
    C("c.sd", "111 uimm[5:3] rs1' uimm[7:6] rs2' 00", "rs2, imm(rs1)", "sd"),

    // ---- quadrant 1
    C("c.nop", "000 imm[5] 00000 imm[4:0] 01", "", "addi"),
    C("c.addi", "000 imm[5] rd/rs1 imm[4:0] 01", "rd, imm", "addi"),
    C("c.addiw", "001 imm[5] rd/rs1!=0 imm[4:0] 01", "rd, imm", "addiw"),
    C("c.li", "010 imm[5] rd imm[4:0] 01", "rd, imm", "addi"),
    C("c.addi16sp", "011 nzimm[9] 00010 nzimm[4|6|8:7|5] 01", "sp, imm", "addi", .rd = 2, .rs1 = 2),
    C("c.lui", "011 nzimm[17] rd nzimm[16:12] 01", "rd, upper", "lui"),
    C("c.srli", "100 shamt[5] 00 rd'/rs1' shamt[4:0] 01", "rd, imm", "srli"),
    C("c.srai", "100 shamt[5] 01 rd'/rs1' shamt[4:0] 01", "rd, imm", "srai"),
    C("c.andi", "100 imm[5] 10 rd'/rs1' imm[4:0] 01", "rd, imm", "andi"),
    C("c.sub", "100 0 11 rd'/rs1' 00 rs2' 01", "rd, rs2", "sub"),
    C("c.xor", "100 0 11 rd'/rs1' 01 rs2' 01", "rd, rs2", "xor"),
    C("c.or", "100 0 11 rd'/rs1' 10 rs2' 01", "rd, rs2", "or"),
    C("c.and", "100 0 11 rd'/rs1' 11 rs2' 01", "rd, rs2", "and"),
    C("c.subw", "100 1 11 rd'/rs1' 00 rs2' 01", "rd, rs2", "subw"),
    C("c.addw", "100 1 11 rd'/rs1' 01 rs2' 01", "rd, rs2", "addw"),
    C("c.j", "101 imm[11|4|9:8|10|6|7|3:1|5] 01", "target", "jal"),
    C("c.beqz", "110 imm[8|4:3] rs1' imm[7:6|2:1|5] 01", "rs1, target", "beq"),
    C("c.bnez", "111 imm[8|4:3] rs1' imm[7:6|2:1|5] 01", "rs1, target", "bne"),

    // ---- quadrant 2
    C("c.slli", "000 shamt[5] rd/rs1 shamt[4:0] 10", "rd, imm", "slli"),
    C("c.lwsp", "010 uimm[5] rd!=0 uimm[4:2|7:6] 10", "rd, imm(sp)", "lw", .rs1 = 2),
    C("c.ldsp", "011 uimm[5] rd!=0 uimm[4:3|8:6] 10", "rd, imm(sp)", "ld", .rs1 = 2),
    C("c.jr", "100 0 rs1!=0 00000 10", "rs1", "jalr"),
    C("c.mv", "100 0 rd rs2!=0 10", "rd, rs2", "add"),
    C("c.ebreak", "100 1 00000 00000 10", "", "ebreak"),
    C("c.jalr", "100 1 rs1!=0 00000 10", "rs1", "jalr", .rd = 1),
    C("c.add", "100 1 rd/rs1 rs2!=0 10", "rd, rs2", "add"),
    C("c.swsp", "110 uimm[5:2|7:6] rs2 10", "rs2, imm(sp)", "sw", .rs1 = 2),
    C("c.sdsp", "111 uimm[5:3|8:6] rs2 10", "rs2, imm(sp)", "sd", .rs1 = 2),
};
RV_TABLE(c);
