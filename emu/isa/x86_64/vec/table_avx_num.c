// SPDX-License-Identifier: MIT
// The rows of F16C, of the VEX forms of AES and PCLMULQDQ, and of FMA (vol. 2C, VFMADD132PD ...), which fill a block of VEX map
// 0F38: the opcode's upper digit is the form, W the precision. Handlers: op_f16c.c, op_aes.c, op_fma.c.
#include "isa/x86_64/insn/rows.h"

// clang-format off
#define PACKED(R, opcode, name) \
    R(MAP_V0F38, opcode, PFX_66, 0, "v" #name "ps", (o_Vx, o_Hx, o_Wx), ops_v##name##ps, .feature = F_FMA, .flags = VEX_W0 | FLOAT) \
    R(MAP_V0F38, opcode, PFX_66, 0, "v" #name "pd", (o_Vx, o_Hx, o_Wx), ops_v##name##pd, .feature = F_FMA, .flags = VEX_W1 | FLOAT)
#define SCALAR(R, opcode, name) \
    R(MAP_V0F38, opcode, PFX_66, 0, "v" #name "ss", (o_Vdq, o_Hdq, o_Wss), ops_v##name##ss, .feature = F_FMA, .flags = VEX_W0 | FLOAT) \
    R(MAP_V0F38, opcode, PFX_66, 0, "v" #name "sd", (o_Vdq, o_Hdq, o_Wsd), ops_v##name##sd, .feature = F_FMA, .flags = VEX_W1 | FLOAT)
#define FORM(R, digit, form) \
    PACKED(R, 0x##digit##6, fmaddsub##form) \
    PACKED(R, 0x##digit##7, fmsubadd##form) \
    PACKED(R, 0x##digit##8, fmadd##form)  SCALAR(R, 0x##digit##9, fmadd##form) \
    PACKED(R, 0x##digit##a, fmsub##form)  SCALAR(R, 0x##digit##b, fmsub##form) \
    PACKED(R, 0x##digit##c, fnmadd##form) SCALAR(R, 0x##digit##d, fnmadd##form) \
    PACKED(R, 0x##digit##e, fnmsub##form) SCALAR(R, 0x##digit##f, fnmsub##form)
#define OTHERS(R) \
    R(MAP_V0F38, 0x13, PFX_66, 0, "vcvtph2ps", (o_Vx, o_Whx), ops_vcvtph2ps, .feature = F_F16C, .flags = VEX_W0 | VEX_NV | FLOAT) \
    R(MAP_V0F3A, 0x1d, PFX_66, 0, "vcvtps2ph", (o_Whx, o_Vx, o_Ib), ops_vcvtps2ph, .feature = F_F16C, .flags = VEX_W0 | VEX_NV | FLOAT) \
    R(MAP_V0F38, 0xdb, PFX_66, 0, "vaesimc", (o_Vdq, o_Wdq), ops_vaesimc, .feature = F_AES, .flags = VEX_L0 | VEX_NV) \
    R(MAP_V0F38, 0xdc, PFX_66, 0, "vaesenc", (o_Vdq, o_Hdq, o_Wdq), ops_vaesenc, .feature = F_AES, .flags = VEX_L0) \
    R(MAP_V0F38, 0xdd, PFX_66, 0, "vaesenclast", (o_Vdq, o_Hdq, o_Wdq), ops_vaesenclast, .feature = F_AES, .flags = VEX_L0) \
    R(MAP_V0F38, 0xde, PFX_66, 0, "vaesdec", (o_Vdq, o_Hdq, o_Wdq), ops_vaesdec, .feature = F_AES, .flags = VEX_L0) \
    R(MAP_V0F38, 0xdf, PFX_66, 0, "vaesdeclast", (o_Vdq, o_Hdq, o_Wdq), ops_vaesdeclast, .feature = F_AES, .flags = VEX_L0) \
    R(MAP_V0F3A, 0xdf, PFX_66, 0, "vaeskeygenassist", (o_Vdq, o_Wdq, o_Ib), ops_vaeskeygenassist, .feature = F_AES, .flags = VEX_L0 | VEX_NV) \
    R(MAP_V0F3A, 0x44, PFX_66, 0, "vpclmulqdq", (o_Vdq, o_Hdq, o_Wdq, o_Ib), ops_vpclmulqdq, .feature = F_PCLMUL, .flags = VEX_L0)
#define ROWS(R) OTHERS(R) FORM(R, 9, 132) FORM(R, a, 213) FORM(R, b, 231)
// clang-format on

ROWS(DECLARE)
static const struct insn rows[] = {ROWS(ROW)};
X86_TABLE(avx_num);
