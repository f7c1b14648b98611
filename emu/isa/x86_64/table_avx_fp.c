// SPDX-License-Identifier: MIT
// The rows of AVX's floating point, in the order of the SDM's opcode maps (vol. 2, appendix A). Handlers: op_sse_*.c, op_avx*.c.
#include "isa/x86_64/vex_rows.h"

// clang-format off
#define ROWS(R, X) \
    R(V0F,   10, NP,  0,                  LANY | NV, vmovups,     vmovu,              AVX,        o_Vx, o_Wx) \
    R(V0F,   11, NP,  0,                  LANY | NV, vmovups,     vmovu_store,        AVX,        o_Wx, o_Vx) \
    R(V0F,   77, NP,  0,                  L0 | NV,   vzeroupper,  vzeroupper,         AVX) \
    R(V0F,   77, NP,  0,                  L1 | NV,   vzeroall,    vzeroall,           AVX) \
    R(V0F,   C6, NP,  0,                  LANY,      vshufps,     vshufps,            AVX,        o_Vx, o_Hx, o_Wx, o_Ib) \
    /* end */
// clang-format on

ROWS(VEX_DECLARE, VEX_DECLARE)
static const struct insn rows[] = {ROWS(VEX_ROW, VEX_ROW_X)};
const struct insn_table x86_table_avx_fp = {rows, countof(rows)};
