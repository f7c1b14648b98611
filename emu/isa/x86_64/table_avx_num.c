// SPDX-License-Identifier: MIT
// The rows of FMA (vol. 2C, VFMADD132PD ...): all in one block of VEX map 0F38. The opcode's upper digit is the form, W the
// precision. Handlers: op_fma.c.
#include "isa/x86_64/vex_rows.h"

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
#define ROWS(R) FORM(R, 9, 132) FORM(R, A, 213) FORM(R, B, 231)
// clang-format on

ROWS(VEX_DECLARE)
static const struct insn rows[] = {ROWS(VEX_ROW)};
const struct insn_table x86_table_avx_num = {rows, countof(rows)};
