// SPDX-License-Identifier: MIT
// A row of a VEX-encoded instruction: VEX_ROW(map, opcode, mandatory prefix, ModRM condition, VEX_* conditions, mnemonic, handlers,
// feature, operands ...); VEX_ROW_X: the same with the flags of RFLAGS that it writes, before the operands.
#ifndef X86_VEX_ROWS_H
#define X86_VEX_ROWS_H

#include "isa/x86_64/insn/insn.h"

#define VEX_ROW_X(map, opcode, prefix, modrm, vex, name, handlers, feature, writes, ...)           \
    {MAP_##map, 0x##opcode, PFX_##prefix, modrm, #name, {__VA_ARGS__}, &ops_##handlers,            \
     NULL, NULL, NULL, NO_OPSIZE | (vex), F_##feature, 0, writes, 0},
#define VEX_ROW(map, opcode, prefix, modrm, vex, name, handlers, feature, ...)                     \
    VEX_ROW_X(map, opcode, prefix, modrm, vex, name, handlers, feature, 0, __VA_ARGS__)
// 128 bits with AVX, 256 with AVX2: the feature is left out.
#define VEX_ROW_I(map, opcode, prefix, modrm, vex, name, handlers, ...)                            \
    VEX_ROW(map, opcode, prefix, modrm, VEX_L0 | (vex), name, handlers, AVX, __VA_ARGS__)          \
    VEX_ROW(map, opcode, prefix, modrm, VEX_L1 | (vex), name, handlers, AVX2, __VA_ARGS__)
#define VEX_DECLARE(map, opcode, prefix, modrm, vex, name, handlers, ...) extern const struct ops ops_##handlers;

// What VEX_* conditions stand in most rows.
#define LANY 0                   // 128 and 256 bits
#define LIG 0                    // scalar: L is ignored
#define L0 VEX_L0
#define L1 VEX_L1
#define W0 VEX_W0
#define W1 VEX_W1
#define NV VEX_NV
#define BY_W VEX_BY_W

#endif
