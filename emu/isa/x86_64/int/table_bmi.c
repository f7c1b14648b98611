// SPDX-License-Identifier: MIT
// BMI1 and BMI2 behind VEX (vol. 2, 2.6 and appendix A): L is 0, W is the operand size. No vector state is involved, so neither
// CR4.OSXSAVE nor XCR0 is asked (exception class 13).
#include "isa/x86_64/insn/ops.h"

#define ROW(map, opcode, prefix, modrm, name, operands, flags, feature, writes, undefined)         \
    {MAP_V##map, opcode, PFX_##prefix, modrm, #name, OPERANDS operands, &name##_ops, 0, 0, 0,      \
     VEX_L0 | VEX_BY_W | NOFAULT | (flags), feature, 0, writes, undefined}
#define OPERANDS(...) {__VA_ARGS__}
#define ALL_BUT(some) (FL_ARITH & ~(some))

static const struct insn rows[] = {
    ROW(0F38, 0xf2, NP, 0, andn, (o_Gy, o_By, o_Ey), 0, F_BMI1, ALL_BUT(FL_AF | FL_PF), FL_AF | FL_PF),
    ROW(0F38, 0xf3, NP, EXT(1), blsr, (o_By, o_Ey), 0, F_BMI1, ALL_BUT(FL_AF | FL_PF), FL_AF | FL_PF),
    ROW(0F38, 0xf3, NP, EXT(2), blsmsk, (o_By, o_Ey), 0, F_BMI1, ALL_BUT(FL_AF | FL_PF), FL_AF | FL_PF),
    ROW(0F38, 0xf3, NP, EXT(3), blsi, (o_By, o_Ey), 0, F_BMI1, ALL_BUT(FL_AF | FL_PF), FL_AF | FL_PF),
    ROW(0F38, 0xf7, NP, 0, bextr, (o_Gy, o_Ey, o_By), 0, F_BMI1, ALL_BUT(FL_AF | FL_PF | FL_SF), FL_AF | FL_PF | FL_SF),
    ROW(0F38, 0xf5, NP, 0, bzhi, (o_Gy, o_Ey, o_By), 0, F_BMI2, ALL_BUT(FL_AF | FL_PF), FL_AF | FL_PF),
    ROW(0F38, 0xf5, F2, 0, pdep, (o_Gy, o_By, o_Ey), 0, F_BMI2, 0, 0),
    ROW(0F38, 0xf5, F3, 0, pext, (o_Gy, o_By, o_Ey), 0, F_BMI2, 0, 0),
    ROW(0F38, 0xf6, F2, 0, mulx, (o_Gy, o_By, o_Ey), 0, F_BMI2, 0, 0),
    ROW(0F38, 0xf7, 66, 0, shlx, (o_Gy, o_Ey, o_By), 0, F_BMI2, 0, 0),
    ROW(0F38, 0xf7, F3, 0, sarx, (o_Gy, o_Ey, o_By), 0, F_BMI2, 0, 0),
    ROW(0F38, 0xf7, F2, 0, shrx, (o_Gy, o_Ey, o_By), 0, F_BMI2, 0, 0),
    ROW(0F3A, 0xf0, F2, 0, rorx, (o_Gy, o_Ey, o_Ib), VEX_NV, F_BMI2, 0, 0),
};

const struct insn_table x86_table_bmi = {rows, countof(rows)};
