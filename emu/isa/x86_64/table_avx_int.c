// SPDX-License-Identifier: MIT
// The rows of AVX and AVX2 without floating point: moves, packed integers, shuffles, in the order of the SDM's opcode maps
// (vol. 2, appendix A). Handlers: op_mmx.c, op_sse_int.c and op_avx*.c.
#include "isa/x86_64/vex_rows.h"

// clang-format off
#define ROWS(R, X) \
    R(V0F,   6F, 66,  0,                  LANY | NV, vmovdqa,     vmova,              AVX,        o_Vx, o_Wx) \
    R(V0F,   6F, F3,  0,                  LANY | NV, vmovdqu,     vmovu,              AVX,        o_Vx, o_Wx) \
    R(V0F,   7F, 66,  0,                  LANY | NV, vmovdqa,     vmova_store,        AVX,        o_Wx, o_Vx) \
    R(V0F,   7F, F3,  0,                  LANY | NV, vmovdqu,     vmovu_store,        AVX,        o_Wx, o_Vx) \
    R(V0F,   EF, 66,  0,                  L0,        vpxor,       vpxor,              AVX,        o_Vx, o_Hx, o_Wx) \
    R(V0F,   EF, 66,  0,                  L1,        vpxor,       vpxor,              AVX2,       o_Vx, o_Hx, o_Wx) \
    R(V0F,   FE, 66,  0,                  L0,        vpaddd,      vpaddd,             AVX,        o_Vx, o_Hx, o_Wx) \
    R(V0F,   FE, 66,  0,                  L1,        vpaddd,      vpaddd,             AVX2,       o_Vx, o_Hx, o_Wx) \
    /* end */
// clang-format on

ROWS(VEX_DECLARE, VEX_DECLARE)
static const struct insn rows[] = {ROWS(VEX_ROW, VEX_ROW_X)};
const struct insn_table x86_table_avx_int = {rows, countof(rows)};
