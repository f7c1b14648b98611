// SPDX-License-Identifier: MIT
// The x87 rows: escape opcodes D8..DF (SDM vol. 2, tables) and FWAIT. Rows marked "alias" are not in the manual
// but accepted by all silicon. What is not here is #UD.
#include "isa/x86_64/insn/insn.h"
#include "isa/x86_64/x87/op_x87.h"

// One handler for every operand size: register form, memory form, and by size (16 / 32 and 64 bits).
#define R(f) &(const struct ops)OPS_R(x87_##f)
#define M(f) &(const struct ops)OPS_M(x87_##f)
#define BY_SIZE(f) &(const struct ops){{0}, {x87_##f##_32, x87_##f##_16, x87_##f##_32, x87_##f##_32}}

#define ROW(opcode, modrm, name, operand, ops, feature) {MAP_1, opcode, PFX_ANY, modrm, name, {operand}, ops, 0, 0, 0, 0, feature, 0, 0, 0}
#define MEM(opcode, reg, name, operand, f) ROW(opcode, EXT(reg) | MEMONLY, name, operand, M(f), F_FPU)
#define ENV(opcode, reg, name, f) ROW(opcode, EXT(reg) | MEMONLY, name, o_M, BY_SIZE(f), F_FPU)
#define TTP(opcode, reg, operand, f) ROW(opcode, EXT(reg) | MEMONLY, "fisttp", operand, M(f), F_SSE3)
#define STI(opcode, reg, name, f) ROW(opcode, EXT(reg) | REGONLY, name, o_ST, R(f), F_FPU)
#define ONE(opcode, reg, rm, name, f) ROW(opcode, EXT(reg) | RM(rm), name, o_none, R(f), F_FPU)
// FCOMI writes all arithmetic flags, but not with an unmasked exception: so no `writes`.
#define FLAGS(opcode, reg, name, f) ROW(opcode, EXT(reg) | REGONLY, name, o_ST, R(f), F_CMOV)
#define CMOV(opcode, reg, name, f, reads) \
    {MAP_1, opcode, PFX_ANY, EXT(reg) | REGONLY, name, {o_ST}, R(f), 0, 0, 0, 0, F_CMOV, reads, 0, 0}

// clang-format off
static const struct insn rows[] = {
    {MAP_1, 0x9b, PFX_ANY, 0, "fwait", {o_none}, &(const struct ops)OPS_ALL(x87_fwait), 0, 0, 0, 0, F_FPU, 0, 0, 0},

    MEM(0xd8, 0, "fadd", o_Md, add_m32), STI(0xd8, 0, "fadd", add_st0),
    MEM(0xd8, 1, "fmul", o_Md, mul_m32), STI(0xd8, 1, "fmul", mul_st0),
    MEM(0xd8, 2, "fcom", o_Md, com_m32), STI(0xd8, 2, "fcom", com),
    MEM(0xd8, 3, "fcomp", o_Md, comp_m32), STI(0xd8, 3, "fcomp", comp),
    MEM(0xd8, 4, "fsub", o_Md, sub_m32), STI(0xd8, 4, "fsub", sub_st0),
    MEM(0xd8, 5, "fsubr", o_Md, subr_m32), STI(0xd8, 5, "fsubr", subr_st0),
    MEM(0xd8, 6, "fdiv", o_Md, div_m32), STI(0xd8, 6, "fdiv", div_st0),
    MEM(0xd8, 7, "fdivr", o_Md, divr_m32), STI(0xd8, 7, "fdivr", divr_st0),

    MEM(0xd9, 0, "fld", o_Md, fld_m32), STI(0xd9, 0, "fld", fld_sti),
    STI(0xd9, 1, "fxch", fxch),
    MEM(0xd9, 2, "fst", o_Md, fst_m32), ONE(0xd9, 2, 0, "fnop", fnop),
    MEM(0xd9, 3, "fstp", o_Md, fstp_m32), STI(0xd9, 3, "fstp", fstp1_sti), // alias, almost
    ENV(0xd9, 4, "fldenv", fldenv),
    ONE(0xd9, 4, 0, "fchs", chs), ONE(0xd9, 4, 1, "fabs", abs), ONE(0xd9, 4, 4, "ftst", tst), ONE(0xd9, 4, 5, "fxam", fxam),
    MEM(0xd9, 5, "fldcw", o_Mw, fldcw),
    ONE(0xd9, 5, 0, "fld1", fld1), ONE(0xd9, 5, 1, "fldl2t", fldl2t), ONE(0xd9, 5, 2, "fldl2e", fldl2e),
    ONE(0xd9, 5, 3, "fldpi", fldpi), ONE(0xd9, 5, 4, "fldlg2", fldlg2), ONE(0xd9, 5, 5, "fldln2", fldln2),
    ONE(0xd9, 5, 6, "fldz", fldz),
    ENV(0xd9, 6, "fnstenv", fnstenv),
    ONE(0xd9, 6, 0, "f2xm1", f2xm1), ONE(0xd9, 6, 1, "fyl2x", fyl2x), ONE(0xd9, 6, 2, "fptan", fptan),
    ONE(0xd9, 6, 3, "fpatan", fpatan), ONE(0xd9, 6, 4, "fxtract", fxtract), ONE(0xd9, 6, 5, "fprem1", fprem1),
    ONE(0xd9, 6, 6, "fdecstp", fdecstp), ONE(0xd9, 6, 7, "fincstp", fincstp),
    MEM(0xd9, 7, "fnstcw", o_Mw, fnstcw),
    ONE(0xd9, 7, 0, "fprem", fprem), ONE(0xd9, 7, 1, "fyl2xp1", fyl2xp1), ONE(0xd9, 7, 2, "fsqrt", fsqrt),
    ONE(0xd9, 7, 3, "fsincos", fsincos), ONE(0xd9, 7, 4, "frndint", frndint), ONE(0xd9, 7, 5, "fscale", fscale),
    ONE(0xd9, 7, 6, "fsin", fsin), ONE(0xd9, 7, 7, "fcos", fcos),

    MEM(0xda, 0, "fiadd", o_Md, add_i32), CMOV(0xda, 0, "fcmovb", cmovb, FL_CF),
    MEM(0xda, 1, "fimul", o_Md, mul_i32), CMOV(0xda, 1, "fcmove", cmove, FL_ZF),
    MEM(0xda, 2, "ficom", o_Md, com_i32), CMOV(0xda, 2, "fcmovbe", cmovbe, FL_CF | FL_ZF),
    MEM(0xda, 3, "ficomp", o_Md, comp_i32), CMOV(0xda, 3, "fcmovu", cmovu, FL_PF),
    MEM(0xda, 4, "fisub", o_Md, sub_i32),
    MEM(0xda, 5, "fisubr", o_Md, subr_i32), ONE(0xda, 5, 1, "fucompp", ucompp),
    MEM(0xda, 6, "fidiv", o_Md, div_i32),
    MEM(0xda, 7, "fidivr", o_Md, divr_i32),

    MEM(0xdb, 0, "fild", o_Md, fild_m32), CMOV(0xdb, 0, "fcmovnb", cmovnb, FL_CF),
    TTP(0xdb, 1, o_Md, fisttp_m32), CMOV(0xdb, 1, "fcmovne", cmovne, FL_ZF),
    MEM(0xdb, 2, "fist", o_Md, fist_m32), CMOV(0xdb, 2, "fcmovnbe", cmovnbe, FL_CF | FL_ZF),
    MEM(0xdb, 3, "fistp", o_Md, fistp_m32), CMOV(0xdb, 3, "fcmovnu", cmovnu, FL_PF),
    ONE(0xdb, 4, 0, "fneni", legacy_nop), ONE(0xdb, 4, 1, "fndisi", legacy_nop), // aliases: 8087
    ONE(0xdb, 4, 2, "fnclex", fnclex), ONE(0xdb, 4, 3, "fninit", fninit),
    ONE(0xdb, 4, 4, "fnsetpm", legacy_nop), // alias: 287
    MEM(0xdb, 5, "fld", o_Mt, fld_m80), FLAGS(0xdb, 5, "fucomi", ucomi),
    FLAGS(0xdb, 6, "fcomi", comi),
    MEM(0xdb, 7, "fstp", o_Mt, fstp_m80),

    MEM(0xdc, 0, "fadd", o_Mq, add_m64), STI(0xdc, 0, "fadd", add_sti),
    MEM(0xdc, 1, "fmul", o_Mq, mul_m64), STI(0xdc, 1, "fmul", mul_sti),
    MEM(0xdc, 2, "fcom", o_Mq, com_m64), STI(0xdc, 2, "fcom", com),    // alias
    MEM(0xdc, 3, "fcomp", o_Mq, comp_m64), STI(0xdc, 3, "fcomp", comp), // alias
    MEM(0xdc, 4, "fsub", o_Mq, sub_m64), STI(0xdc, 4, "fsubr", sub_sti), // ST(0) - ST(i) in both forms
    MEM(0xdc, 5, "fsubr", o_Mq, subr_m64), STI(0xdc, 5, "fsub", subr_sti),
    MEM(0xdc, 6, "fdiv", o_Mq, div_m64), STI(0xdc, 6, "fdivr", div_sti),
    MEM(0xdc, 7, "fdivr", o_Mq, divr_m64), STI(0xdc, 7, "fdiv", divr_sti),

    MEM(0xdd, 0, "fld", o_Mq, fld_m64), STI(0xdd, 0, "ffree", ffree),
    TTP(0xdd, 1, o_Mq, fisttp_m64), STI(0xdd, 1, "fxch", fxch), // alias
    MEM(0xdd, 2, "fst", o_Mq, fst_m64), STI(0xdd, 2, "fst", fst_sti),
    MEM(0xdd, 3, "fstp", o_Mq, fstp_m64), STI(0xdd, 3, "fstp", fstp_sti),
    ENV(0xdd, 4, "frstor", frstor), STI(0xdd, 4, "fucom", ucom),
    STI(0xdd, 5, "fucomp", ucomp),
    ENV(0xdd, 6, "fnsave", fnsave),
    MEM(0xdd, 7, "fnstsw", o_Mw, fnstsw_m16),

    MEM(0xde, 0, "fiadd", o_Mw, add_i16), STI(0xde, 0, "faddp", add_pop),
    MEM(0xde, 1, "fimul", o_Mw, mul_i16), STI(0xde, 1, "fmulp", mul_pop),
    MEM(0xde, 2, "ficom", o_Mw, com_i16), STI(0xde, 2, "fcomp", comp), // alias
    MEM(0xde, 3, "ficomp", o_Mw, comp_i16), ONE(0xde, 3, 1, "fcompp", compp),
    MEM(0xde, 4, "fisub", o_Mw, sub_i16), STI(0xde, 4, "fsubrp", sub_pop),
    MEM(0xde, 5, "fisubr", o_Mw, subr_i16), STI(0xde, 5, "fsubp", subr_pop),
    MEM(0xde, 6, "fidiv", o_Mw, div_i16), STI(0xde, 6, "fdivrp", div_pop),
    MEM(0xde, 7, "fidivr", o_Mw, divr_i16), STI(0xde, 7, "fdivp", divr_pop),

    MEM(0xdf, 0, "fild", o_Mw, fild_m16), STI(0xdf, 0, "ffreep", ffreep), // alias
    TTP(0xdf, 1, o_Mw, fisttp_m16), STI(0xdf, 1, "fxch", fxch), // alias
    MEM(0xdf, 2, "fist", o_Mw, fist_m16), STI(0xdf, 2, "fstp", fstp_sti), // alias
    MEM(0xdf, 3, "fistp", o_Mw, fistp_m16), STI(0xdf, 3, "fstp", fstp_sti), // alias
    MEM(0xdf, 4, "fbld", o_Mt, fbld), ONE(0xdf, 4, 0, "fnstsw", fnstsw_ax),
    MEM(0xdf, 5, "fild", o_Mq, fild_m64), FLAGS(0xdf, 5, "fucomip", ucomip),
    MEM(0xdf, 6, "fbstp", o_Mt, fbstp), FLAGS(0xdf, 6, "fcomip", comip),
    MEM(0xdf, 7, "fistp", o_Mq, fistp_m64),
};
// clang-format on

const struct insn_table x86_table_x87 = {rows, countof(rows)};
