// SPDX-License-Identifier: MIT
// Branches (C4.1.87). A target may be misaligned: that is a fault of the fetch there.
#include "isa/arm64/branch.h"
#include "isa/arm64/flags.h"
#include "isa/arm64/insn.h"

SOP(op_b) { JUMP_LINKED(THIS_PC + IMM, 1); }
SOP(op_bl) {
    c->s.x[30] = NEXT_PC;
    JUMP_LINKED(THIS_PC + IMM, 1);
}

#define IF(condition)                                                                                                            \
    do {                                                                                                                         \
        if (condition) JUMP_LINKED(THIS_PC + IMM, 1);                                                                            \
        JUMP_LINKED(NEXT_PC, 0);                                                                                                 \
    } while (0)
#define B_COND(cond, bits, holds)                                                                                                \
    SOP(op_b_##cond) { IF(holds); }
ARM64_CONDITIONS(B_COND)

SOP(op_cbz_x) { IF(!XT); }
SOP(op_cbz_w) { IF(!(u32)XT); }
SOP(op_cbnz_x) { IF(XT); }
SOP(op_cbnz_w) { IF((u32)XT); }
SOP(op_tbz) { IF(!(XT >> u->disp & 1)); }
SOP(op_tbnz) { IF(XT >> u->disp & 1); }

SOP(op_br) { JUMP(arm64_target(c, XN)); }
SOP(op_blr) { // Rn may be X30
    u64 a = arm64_target(c, XN);
    c->s.x[30] = NEXT_PC;
    JUMP(a);
}

#define B_ROW(cond, bits, holds) {"b." #cond, "01010100 imm19 0 " bits, "label19", .op = op_b_##cond, .flags = ARM64_ENDS},
#define READS .flags = ARM64_ENDS | ARM64_T_READ

static const struct arm64_insn rows[] = {
    ARM64_CONDITIONS(B_ROW){"b", "0 00101 imm26", "label26", .op = op_b, .flags = ARM64_ENDS},
    {"bl", "1 00101 imm26", "label26", .op = op_bl, .flags = ARM64_ENDS},
    {"cbz", "0 011010 0 imm19 Rt", "Wt, label19", .op = op_cbz_w, READS},
    {"cbz", "1 011010 0 imm19 Rt", "Xt, label19", .op = op_cbz_x, READS},
    {"cbnz", "0 011010 1 imm19 Rt", "Wt, label19", .op = op_cbnz_w, READS},
    {"cbnz", "1 011010 1 imm19 Rt", "Xt, label19", .op = op_cbnz_x, READS},
    {"tbz", "0 011011 0 b40 imm14 Rt", "Wt, bit, label14", .op = op_tbz, READS},
    {"tbz", "b5 011011 0 b40 imm14 Rt", "Xt, bit, label14", .op = op_tbz, READS},
    {"tbnz", "0 011011 1 b40 imm14 Rt", "Wt, bit, label14", .op = op_tbnz, READS},
    {"tbnz", "b5 011011 1 b40 imm14 Rt", "Xt, bit, label14", .op = op_tbnz, READS},
    {"br", "1101011 0 0 00 11111 0000 0 0 Rn 00000", "Xn", .op = op_br, .flags = ARM64_ENDS},
    {"blr", "1101011 0 0 01 11111 0000 0 0 Rn 00000", "Xn", .op = op_blr, .flags = ARM64_ENDS},
    {"ret", "1101011 0 0 10 11111 0000 0 0 Rn 00000", "Xn", .op = op_br, .flags = ARM64_ENDS},
};
ARM64_TABLE(branch);
