// SPDX-License-Identifier: MIT
// The rows of F16C, of the VEX forms of AES and PCLMULQDQ, and of FMA (vol. 2C, VFMADD132PD ...), which fill a block of VEX map
// 0F38: the opcode's upper digit is the form, W the precision. Handlers: op_f16c.c, op_aes.c, op_fma.c.
#include "isa/x86_64/insn/vex_rows.h"

// clang-format off
#define PACKED(R, opcode, name) \
    R(V0F38, opcode, 66, 0, LANY | W0, v##name##ps, v##name##ps, FMA, o_Vx, o_Hx, o_Wx) \
    R(V0F38, opcode, 66, 0, LANY | W1, v##name##pd, v##name##pd, FMA, o_Vx, o_Hx, o_Wx)
#define SCALAR(R, opcode, name) \
    R(V0F38, opcode, 66, 0, LIG | W0,  v##name##ss, v##name##ss, FMA, o_Vdq, o_Hdq, o_Wss) \
    R(V0F38, opcode, 66, 0, LIG | W1,  v##name##sd, v##name##sd, FMA, o_Vdq, o_Hdq, o_Wsd)
#define FORM(R, digit, form) \
    PACKED(R, digit##6, fmaddsub##form) \
    PACKED(R, digit##7, fmsubadd##form) \
    PACKED(R, digit##8, fmadd##form)  SCALAR(R, digit##9, fmadd##form) \
    PACKED(R, digit##A, fmsub##form)  SCALAR(R, digit##B, fmsub##form) \
    PACKED(R, digit##C, fnmadd##form) SCALAR(R, digit##D, fnmadd##form) \
    PACKED(R, digit##E, fnmsub##form) SCALAR(R, digit##F, fnmsub##form)
#define OTHERS(R) \
    R(V0F38, 13, 66, 0, LANY | W0 | NV, vcvtph2ps,        vcvtph2ps,        F16C,   o_Vx, o_Whx) \
    R(V0F3A, 1D, 66, 0, LANY | W0 | NV, vcvtps2ph,        vcvtps2ph,        F16C,   o_Whx, o_Vx, o_Ib) \
    R(V0F38, DB, 66, 0, L0 | NV,        vaesimc,          vaesimc,          AES,    o_Vdq, o_Wdq) \
    R(V0F38, DC, 66, 0, L0,             vaesenc,          vaesenc,          AES,    o_Vdq, o_Hdq, o_Wdq) \
    R(V0F38, DD, 66, 0, L0,             vaesenclast,      vaesenclast,      AES,    o_Vdq, o_Hdq, o_Wdq) \
    R(V0F38, DE, 66, 0, L0,             vaesdec,          vaesdec,          AES,    o_Vdq, o_Hdq, o_Wdq) \
    R(V0F38, DF, 66, 0, L0,             vaesdeclast,      vaesdeclast,      AES,    o_Vdq, o_Hdq, o_Wdq) \
    R(V0F3A, DF, 66, 0, L0 | NV,        vaeskeygenassist, vaeskeygenassist, AES,    o_Vdq, o_Wdq, o_Ib) \
    R(V0F3A, 44, 66, 0, L0,             vpclmulqdq,       vpclmulqdq,       PCLMUL, o_Vdq, o_Hdq, o_Wdq, o_Ib)
#define ROWS(R) OTHERS(R) FORM(R, 9, 132) FORM(R, A, 213) FORM(R, B, 231)
// clang-format on

ROWS(VEX_DECLARE)
static const struct insn rows[] = {ROWS(VEX_ROW)};
const struct insn_table x86_table_avx_num = {rows, countof(rows)};
