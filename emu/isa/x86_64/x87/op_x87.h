// SPDX-License-Identifier: MIT
// The x87 handlers as table_x87.c names them. `st0`, `sti`, `pop`: where the result goes; m32 .. m80 floating-point, i16 .. i32
// integer memory operands.
#ifndef X86_OP_X87_H
#define X86_OP_X87_H

#include "isa/x86_64/x87/x87.h"

#define X87_FORMS(n) x87_##n##_st0, x87_##n##_sti, x87_##n##_pop, x87_##n##_m32, x87_##n##_m64, x87_##n##_i16, x87_##n##_i32
op_fn X87_FORMS(add), X87_FORMS(mul), X87_FORMS(sub), X87_FORMS(subr), X87_FORMS(div), X87_FORMS(divr);
#undef X87_FORMS

op_fn x87_com, x87_comp, x87_compp, x87_ucom, x87_ucomp, x87_ucompp, x87_comi, x87_comip, x87_ucomi, x87_ucomip, x87_tst;
op_fn x87_com_m32, x87_com_m64, x87_com_i16, x87_com_i32, x87_comp_m32, x87_comp_m64, x87_comp_i16, x87_comp_i32;
op_fn x87_cmovb, x87_cmove, x87_cmovbe, x87_cmovu, x87_cmovnb, x87_cmovne, x87_cmovnbe, x87_cmovnu;

op_fn x87_fld_m32, x87_fld_m64, x87_fld_m80, x87_fild_m16, x87_fild_m32, x87_fild_m64, x87_fbld, x87_fld_sti;
op_fn x87_fst_m32, x87_fstp_m32, x87_fst_m64, x87_fstp_m64, x87_fstp_m80, x87_fbstp, x87_fst_sti, x87_fstp_sti, x87_fstp1_sti;
op_fn x87_fist_m16, x87_fistp_m16, x87_fist_m32, x87_fistp_m32, x87_fistp_m64, x87_fisttp_m16, x87_fisttp_m32, x87_fisttp_m64;
op_fn x87_fld1, x87_fldl2t, x87_fldl2e, x87_fldpi, x87_fldlg2, x87_fldln2, x87_fldz;
op_fn x87_fxch, x87_fincstp, x87_fdecstp, x87_ffree, x87_ffreep;

op_fn x87_fwait, x87_fnop, x87_legacy_nop, x87_fninit, x87_fnclex, x87_fldcw, x87_fnstcw, x87_fnstsw_m16, x87_fnstsw_ax;
op_fn x87_fldenv_16, x87_fldenv_32, x87_fnstenv_16, x87_fnstenv_32, x87_frstor_16, x87_frstor_32, x87_fnsave_16, x87_fnsave_32;

op_fn x87_chs, x87_abs, x87_fxam, x87_fsqrt, x87_frndint, x87_fprem, x87_fprem1, x87_fscale, x87_fxtract;
op_fn x87_f2xm1, x87_fyl2x, x87_fyl2xp1, x87_fpatan, x87_fptan, x87_fsin, x87_fcos, x87_fsincos;

#endif
