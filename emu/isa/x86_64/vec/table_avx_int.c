// SPDX-License-Identifier: MIT
// The rows of AVX and AVX2 without floating point: moves, packed integers, shuffles, gathers (of floats, too), in the order of the
// SDM's opcode maps (vol. 2, appendix A). Handlers: op_mmx.c, op_sse_{int,move,string}.c and op_avx*.c.
#include "isa/x86_64/insn/vex_rows.h"

// I: 128 bits are AVX, 256 AVX2
// clang-format off
#define ROWS_0F(R, X, I) \
    I(V0F,   60, 66,  0,       0,                  vpunpcklbw,     vpunpcklbw,               o_Vx, o_Hx, o_Wx) \
    I(V0F,   61, 66,  0,       0,                  vpunpcklwd,     vpunpcklwd,               o_Vx, o_Hx, o_Wx) \
    I(V0F,   62, 66,  0,       0,                  vpunpckldq,     vpunpckldq,               o_Vx, o_Hx, o_Wx) \
    I(V0F,   63, 66,  0,       0,                  vpacksswb,      vpacksswb,                o_Vx, o_Hx, o_Wx) \
    I(V0F,   64, 66,  0,       0,                  vpcmpgtb,       vpcmpgtb,                 o_Vx, o_Hx, o_Wx) \
    I(V0F,   65, 66,  0,       0,                  vpcmpgtw,       vpcmpgtw,                 o_Vx, o_Hx, o_Wx) \
    I(V0F,   66, 66,  0,       0,                  vpcmpgtd,       vpcmpgtd,                 o_Vx, o_Hx, o_Wx) \
    I(V0F,   67, 66,  0,       0,                  vpackuswb,      vpackuswb,                o_Vx, o_Hx, o_Wx) \
    I(V0F,   68, 66,  0,       0,                  vpunpckhbw,     vpunpckhbw,               o_Vx, o_Hx, o_Wx) \
    I(V0F,   69, 66,  0,       0,                  vpunpckhwd,     vpunpckhwd,               o_Vx, o_Hx, o_Wx) \
    I(V0F,   6A, 66,  0,       0,                  vpunpckhdq,     vpunpckhdq,               o_Vx, o_Hx, o_Wx) \
    I(V0F,   6B, 66,  0,       0,                  vpackssdw,      vpackssdw,                o_Vx, o_Hx, o_Wx) \
    I(V0F,   6C, 66,  0,       0,                  vpunpcklqdq,    vpunpcklqdq,              o_Vx, o_Hx, o_Wx) \
    I(V0F,   6D, 66,  0,       0,                  vpunpckhqdq,    vpunpckhqdq,              o_Vx, o_Hx, o_Wx) \
    R(V0F,   6E, 66,  0,       L0 | BY_W | NV,     vmovd,          vmovd,             AVX,   o_Vdq, o_Ey) \
    R(V0F,   6F, 66,  0,       LANY | NV,          vmovdqa,        vmova,             AVX,   o_Vx, o_Wx) \
    R(V0F,   6F, F3,  0,       LANY | NV,          vmovdqu,        vmovu,             AVX,   o_Vx, o_Wx) \
    I(V0F,   70, 66,  0,       NV,                 vpshufd,        vpshufd,                  o_Vx, o_Wx, o_Ib) \
    I(V0F,   70, F3,  0,       NV,                 vpshufhw,       vpshufhw,                 o_Vx, o_Wx, o_Ib) \
    I(V0F,   70, F2,  0,       NV,                 vpshuflw,       vpshuflw,                 o_Vx, o_Wx, o_Ib) \
    I(V0F,   71, 66,  EXT(2),  0,                  vpsrlw,         vpsrlw_i,                 o_Hx, o_Ux, o_Ib) \
    I(V0F,   71, 66,  EXT(4),  0,                  vpsraw,         vpsraw_i,                 o_Hx, o_Ux, o_Ib) \
    I(V0F,   71, 66,  EXT(6),  0,                  vpsllw,         vpsllw_i,                 o_Hx, o_Ux, o_Ib) \
    I(V0F,   72, 66,  EXT(2),  0,                  vpsrld,         vpsrld_i,                 o_Hx, o_Ux, o_Ib) \
    I(V0F,   72, 66,  EXT(4),  0,                  vpsrad,         vpsrad_i,                 o_Hx, o_Ux, o_Ib) \
    I(V0F,   72, 66,  EXT(6),  0,                  vpslld,         vpslld_i,                 o_Hx, o_Ux, o_Ib) \
    I(V0F,   73, 66,  EXT(2),  0,                  vpsrlq,         vpsrlq_i,                 o_Hx, o_Ux, o_Ib) \
    I(V0F,   73, 66,  EXT(3),  0,                  vpsrldq,        vpsrldq,                  o_Hx, o_Ux, o_Ib) \
    I(V0F,   73, 66,  EXT(6),  0,                  vpsllq,         vpsllq_i,                 o_Hx, o_Ux, o_Ib) \
    I(V0F,   73, 66,  EXT(7),  0,                  vpslldq,        vpslldq,                  o_Hx, o_Ux, o_Ib) \
    I(V0F,   74, 66,  0,       0,                  vpcmpeqb,       vpcmpeqb,                 o_Vx, o_Hx, o_Wx) \
    I(V0F,   75, 66,  0,       0,                  vpcmpeqw,       vpcmpeqw,                 o_Vx, o_Hx, o_Wx) \
    I(V0F,   76, 66,  0,       0,                  vpcmpeqd,       vpcmpeqd,                 o_Vx, o_Hx, o_Wx) \
    R(V0F,   7E, 66,  0,       L0 | BY_W | NV,     vmovd,          vmovd_store,       AVX,   o_Ey, o_Vdq) \
    R(V0F,   7E, F3,  0,       L0 | NV,            vmovq,          vmovq,             AVX,   o_Vdq, o_Wq) \
    R(V0F,   7F, 66,  0,       LANY | NV,          vmovdqa,        vmova_store,       AVX,   o_Wx, o_Vx) \
    R(V0F,   7F, F3,  0,       LANY | NV,          vmovdqu,        vmovu_store,       AVX,   o_Wx, o_Vx) \
    R(V0F,   C4, 66,  REGONLY, L0,                 vpinsrw,        vpinsrw,           AVX,   o_Vdq, o_Hdq, o_Ry, o_Ib) \
    R(V0F,   C4, 66,  MEMONLY, L0,                 vpinsrw,        vpinsrw,           AVX,   o_Vdq, o_Hdq, o_Mw, o_Ib) \
    R(V0F,   C5, 66,  0,       L0 | NV,            vpextrw,        vpextrw_old,       AVX,   o_Gd, o_Udq, o_Ib) \
    I(V0F,   D1, 66,  0,       0,                  vpsrlw,         vpsrlw,                   o_Vx, o_Hx, o_Wdq) \
    I(V0F,   D2, 66,  0,       0,                  vpsrld,         vpsrld,                   o_Vx, o_Hx, o_Wdq) \
    I(V0F,   D3, 66,  0,       0,                  vpsrlq,         vpsrlq,                   o_Vx, o_Hx, o_Wdq) \
    I(V0F,   D4, 66,  0,       0,                  vpaddq,         vpaddq,                   o_Vx, o_Hx, o_Wx) \
    I(V0F,   D5, 66,  0,       0,                  vpmullw,        vpmullw,                  o_Vx, o_Hx, o_Wx) \
    R(V0F,   D6, 66,  0,       L0 | NV,            vmovq,          vmovq_store,       AVX,   o_Wq, o_Vdq) \
    I(V0F,   D7, 66,  0,       NV,                 vpmovmskb,      vpmovmskb,                o_Gd, o_Ux) \
    I(V0F,   D8, 66,  0,       0,                  vpsubusb,       vpsubusb,                 o_Vx, o_Hx, o_Wx) \
    I(V0F,   D9, 66,  0,       0,                  vpsubusw,       vpsubusw,                 o_Vx, o_Hx, o_Wx) \
    I(V0F,   DA, 66,  0,       0,                  vpminub,        vpminub,                  o_Vx, o_Hx, o_Wx) \
    I(V0F,   DB, 66,  0,       0,                  vpand,          vpand,                    o_Vx, o_Hx, o_Wx) \
    I(V0F,   DC, 66,  0,       0,                  vpaddusb,       vpaddusb,                 o_Vx, o_Hx, o_Wx) \
    I(V0F,   DD, 66,  0,       0,                  vpaddusw,       vpaddusw,                 o_Vx, o_Hx, o_Wx) \
    I(V0F,   DE, 66,  0,       0,                  vpmaxub,        vpmaxub,                  o_Vx, o_Hx, o_Wx) \
    I(V0F,   DF, 66,  0,       0,                  vpandn,         vpandn,                   o_Vx, o_Hx, o_Wx) \
    I(V0F,   E0, 66,  0,       0,                  vpavgb,         vpavgb,                   o_Vx, o_Hx, o_Wx) \
    I(V0F,   E1, 66,  0,       0,                  vpsraw,         vpsraw,                   o_Vx, o_Hx, o_Wdq) \
    I(V0F,   E2, 66,  0,       0,                  vpsrad,         vpsrad,                   o_Vx, o_Hx, o_Wdq) \
    I(V0F,   E3, 66,  0,       0,                  vpavgw,         vpavgw,                   o_Vx, o_Hx, o_Wx) \
    I(V0F,   E4, 66,  0,       0,                  vpmulhuw,       vpmulhuw,                 o_Vx, o_Hx, o_Wx) \
    I(V0F,   E5, 66,  0,       0,                  vpmulhw,        vpmulhw,                  o_Vx, o_Hx, o_Wx) \
    R(V0F,   E7, 66,  0,       LANY | NV,          vmovntdq,       vmovnt,            AVX,   o_Mx, o_Vx) \
    I(V0F,   E8, 66,  0,       0,                  vpsubsb,        vpsubsb,                  o_Vx, o_Hx, o_Wx) \
    I(V0F,   E9, 66,  0,       0,                  vpsubsw,        vpsubsw,                  o_Vx, o_Hx, o_Wx) \
    I(V0F,   EA, 66,  0,       0,                  vpminsw,        vpminsw,                  o_Vx, o_Hx, o_Wx) \
    I(V0F,   EB, 66,  0,       0,                  vpor,           vpor,                     o_Vx, o_Hx, o_Wx) \
    I(V0F,   EC, 66,  0,       0,                  vpaddsb,        vpaddsb,                  o_Vx, o_Hx, o_Wx) \
    I(V0F,   ED, 66,  0,       0,                  vpaddsw,        vpaddsw,                  o_Vx, o_Hx, o_Wx) \
    I(V0F,   EE, 66,  0,       0,                  vpmaxsw,        vpmaxsw,                  o_Vx, o_Hx, o_Wx) \
    I(V0F,   EF, 66,  0,       0,                  vpxor,          vpxor,                    o_Vx, o_Hx, o_Wx) \
    R(V0F,   F0, F2,  0,       LANY | NV,          vlddqu,         vlddqu,            AVX,   o_Vx, o_Mx) \
    I(V0F,   F1, 66,  0,       0,                  vpsllw,         vpsllw,                   o_Vx, o_Hx, o_Wdq) \
    I(V0F,   F2, 66,  0,       0,                  vpslld,         vpslld,                   o_Vx, o_Hx, o_Wdq) \
    I(V0F,   F3, 66,  0,       0,                  vpsllq,         vpsllq,                   o_Vx, o_Hx, o_Wdq) \
    I(V0F,   F4, 66,  0,       0,                  vpmuludq,       vpmuludq,                 o_Vx, o_Hx, o_Wx) \
    I(V0F,   F5, 66,  0,       0,                  vpmaddwd,       vpmaddwd,                 o_Vx, o_Hx, o_Wx) \
    I(V0F,   F6, 66,  0,       0,                  vpsadbw,        vpsadbw,                  o_Vx, o_Hx, o_Wx) \
    R(V0F,   F7, 66,  0,       L0 | NV,            vmaskmovdqu,    vmaskmovdqu,       AVX,   o_Vdq, o_Udq) \
    I(V0F,   F8, 66,  0,       0,                  vpsubb,         vpsubb,                   o_Vx, o_Hx, o_Wx) \
    I(V0F,   F9, 66,  0,       0,                  vpsubw,         vpsubw,                   o_Vx, o_Hx, o_Wx) \
    I(V0F,   FA, 66,  0,       0,                  vpsubd,         vpsubd,                   o_Vx, o_Hx, o_Wx) \
    I(V0F,   FB, 66,  0,       0,                  vpsubq,         vpsubq,                   o_Vx, o_Hx, o_Wx) \
    I(V0F,   FC, 66,  0,       0,                  vpaddb,         vpaddb,                   o_Vx, o_Hx, o_Wx) \
    I(V0F,   FD, 66,  0,       0,                  vpaddw,         vpaddw,                   o_Vx, o_Hx, o_Wx) \
    I(V0F,   FE, 66,  0,       0,                  vpaddd,         vpaddd,                   o_Vx, o_Hx, o_Wx) \
    /* end */

#define ROWS_0F38(R, X, I) \
    I(V0F38, 00, 66,  0,       0,                  vpshufb,        vpshufb,                  o_Vx, o_Hx, o_Wx) \
    I(V0F38, 01, 66,  0,       0,                  vphaddw,        vphaddw,                  o_Vx, o_Hx, o_Wx) \
    I(V0F38, 02, 66,  0,       0,                  vphaddd,        vphaddd,                  o_Vx, o_Hx, o_Wx) \
    I(V0F38, 03, 66,  0,       0,                  vphaddsw,       vphaddsw,                 o_Vx, o_Hx, o_Wx) \
    I(V0F38, 04, 66,  0,       0,                  vpmaddubsw,     vpmaddubsw,               o_Vx, o_Hx, o_Wx) \
    I(V0F38, 05, 66,  0,       0,                  vphsubw,        vphsubw,                  o_Vx, o_Hx, o_Wx) \
    I(V0F38, 06, 66,  0,       0,                  vphsubd,        vphsubd,                  o_Vx, o_Hx, o_Wx) \
    I(V0F38, 07, 66,  0,       0,                  vphsubsw,       vphsubsw,                 o_Vx, o_Hx, o_Wx) \
    I(V0F38, 08, 66,  0,       0,                  vpsignb,        vpsignb,                  o_Vx, o_Hx, o_Wx) \
    I(V0F38, 09, 66,  0,       0,                  vpsignw,        vpsignw,                  o_Vx, o_Hx, o_Wx) \
    I(V0F38, 0A, 66,  0,       0,                  vpsignd,        vpsignd,                  o_Vx, o_Hx, o_Wx) \
    I(V0F38, 0B, 66,  0,       0,                  vpmulhrsw,      vpmulhrsw,                o_Vx, o_Hx, o_Wx) \
    X(V0F38, 17, 66,  0,       LANY | NV,          vptest,         vptest,            AVX,   FL_ARITH, o_Vx, o_Wx) \
    I(V0F38, 1C, 66,  0,       NV,                 vpabsb,         vpabsb,                   o_Vx, o_Wx) \
    I(V0F38, 1D, 66,  0,       NV,                 vpabsw,         vpabsw,                   o_Vx, o_Wx) \
    I(V0F38, 1E, 66,  0,       NV,                 vpabsd,         vpabsd,                   o_Vx, o_Wx) \
    I(V0F38, 20, 66,  0,       NV,                 vpmovsxbw,      vpmovsxbw,                o_Vx, o_Whx) \
    I(V0F38, 21, 66,  0,       NV,                 vpmovsxbd,      vpmovsxbd,                o_Vx, o_Wqx) \
    I(V0F38, 22, 66,  0,       NV,                 vpmovsxbq,      vpmovsxbq,                o_Vx, o_Wex) \
    I(V0F38, 23, 66,  0,       NV,                 vpmovsxwd,      vpmovsxwd,                o_Vx, o_Whx) \
    I(V0F38, 24, 66,  0,       NV,                 vpmovsxwq,      vpmovsxwq,                o_Vx, o_Wqx) \
    I(V0F38, 25, 66,  0,       NV,                 vpmovsxdq,      vpmovsxdq,                o_Vx, o_Whx) \
    I(V0F38, 28, 66,  0,       0,                  vpmuldq,        vpmuldq,                  o_Vx, o_Hx, o_Wx) \
    I(V0F38, 29, 66,  0,       0,                  vpcmpeqq,       vpcmpeqq,                 o_Vx, o_Hx, o_Wx) \
    I(V0F38, 2A, 66,  0,       NV,                 vmovntdqa,      vmovntdqa,                o_Vx, o_Mx) \
    I(V0F38, 2B, 66,  0,       0,                  vpackusdw,      vpackusdw,                o_Vx, o_Hx, o_Wx) \
    I(V0F38, 30, 66,  0,       NV,                 vpmovzxbw,      vpmovzxbw,                o_Vx, o_Whx) \
    I(V0F38, 31, 66,  0,       NV,                 vpmovzxbd,      vpmovzxbd,                o_Vx, o_Wqx) \
    I(V0F38, 32, 66,  0,       NV,                 vpmovzxbq,      vpmovzxbq,                o_Vx, o_Wex) \
    I(V0F38, 33, 66,  0,       NV,                 vpmovzxwd,      vpmovzxwd,                o_Vx, o_Whx) \
    I(V0F38, 34, 66,  0,       NV,                 vpmovzxwq,      vpmovzxwq,                o_Vx, o_Wqx) \
    I(V0F38, 35, 66,  0,       NV,                 vpmovzxdq,      vpmovzxdq,                o_Vx, o_Whx) \
    R(V0F38, 36, 66,  0,       L1 | W0,            vpermd,         vpermd,            AVX2,  o_Vx, o_Hx, o_Wx) \
    I(V0F38, 37, 66,  0,       0,                  vpcmpgtq,       vpcmpgtq,                 o_Vx, o_Hx, o_Wx) \
    I(V0F38, 38, 66,  0,       0,                  vpminsb,        vpminsb,                  o_Vx, o_Hx, o_Wx) \
    I(V0F38, 39, 66,  0,       0,                  vpminsd,        vpminsd,                  o_Vx, o_Hx, o_Wx) \
    I(V0F38, 3A, 66,  0,       0,                  vpminuw,        vpminuw,                  o_Vx, o_Hx, o_Wx) \
    I(V0F38, 3B, 66,  0,       0,                  vpminud,        vpminud,                  o_Vx, o_Hx, o_Wx) \
    I(V0F38, 3C, 66,  0,       0,                  vpmaxsb,        vpmaxsb,                  o_Vx, o_Hx, o_Wx) \
    I(V0F38, 3D, 66,  0,       0,                  vpmaxsd,        vpmaxsd,                  o_Vx, o_Hx, o_Wx) \
    I(V0F38, 3E, 66,  0,       0,                  vpmaxuw,        vpmaxuw,                  o_Vx, o_Hx, o_Wx) \
    I(V0F38, 3F, 66,  0,       0,                  vpmaxud,        vpmaxud,                  o_Vx, o_Hx, o_Wx) \
    I(V0F38, 40, 66,  0,       0,                  vpmulld,        vpmulld,                  o_Vx, o_Hx, o_Wx) \
    R(V0F38, 41, 66,  0,       L0 | NV,            vphminposuw,    vphminposuw,       AVX,   o_Vdq, o_Wdq) \
    R(V0F38, 45, 66,  0,       LANY | W0,          vpsrlvd,        vpsrlvd,           AVX2,  o_Vx, o_Hx, o_Wx) \
    R(V0F38, 45, 66,  0,       LANY | W1,          vpsrlvq,        vpsrlvq,           AVX2,  o_Vx, o_Hx, o_Wx) \
    R(V0F38, 46, 66,  0,       LANY | W0,          vpsravd,        vpsravd,           AVX2,  o_Vx, o_Hx, o_Wx) \
    R(V0F38, 47, 66,  0,       LANY | W0,          vpsllvd,        vpsllvd,           AVX2,  o_Vx, o_Hx, o_Wx) \
    R(V0F38, 47, 66,  0,       LANY | W1,          vpsllvq,        vpsllvq,           AVX2,  o_Vx, o_Hx, o_Wx) \
    R(V0F38, 58, 66,  0,       LANY | W0 | NV,     vpbroadcastd,   vpbroadcastd,      AVX2,  o_Vx, o_Wd) \
    R(V0F38, 59, 66,  0,       LANY | W0 | NV,     vpbroadcastq,   vpbroadcastq,      AVX2,  o_Vx, o_Wq) \
    R(V0F38, 5A, 66,  0,       L1 | W0 | NV,       vbroadcasti128, vbroadcast128,     AVX2,  o_Vx, o_Mdq) \
    R(V0F38, 78, 66,  0,       LANY | W0 | NV,     vpbroadcastb,   vpbroadcastb,      AVX2,  o_Vx, o_Wb) \
    R(V0F38, 79, 66,  0,       LANY | W0 | NV,     vpbroadcastw,   vpbroadcastw,      AVX2,  o_Vx, o_Ww) \
    R(V0F38, 8C, 66,  0,       LANY | W0,          vpmaskmovd,     vpmaskmovd,        AVX2,  o_Vx, o_Hx, o_Mx) \
    R(V0F38, 8C, 66,  0,       LANY | W1,          vpmaskmovq,     vpmaskmovq,        AVX2,  o_Vx, o_Hx, o_Mx) \
    R(V0F38, 8E, 66,  0,       LANY | W0,          vpmaskmovd,     vpmaskmovd_store,  AVX2,  o_Mx, o_Hx, o_Vx) \
    R(V0F38, 8E, 66,  0,       LANY | W1,          vpmaskmovq,     vpmaskmovq_store,  AVX2,  o_Mx, o_Hx, o_Vx) \
    R(V0F38, 90, 66,  0,       LANY | W0,          vpgatherdd,     vpgatherdd,        AVX2,  o_Vx, o_VMx, o_Hx) \
    R(V0F38, 90, 66,  0,       LANY | W1,          vpgatherdq,     vpgatherdq,        AVX2,  o_Vx, o_VMdq, o_Hx) \
    R(V0F38, 91, 66,  0,       LANY | W0,          vpgatherqd,     vpgatherqd,        AVX2,  o_Vdq, o_VMx, o_Hdq) \
    R(V0F38, 91, 66,  0,       LANY | W1,          vpgatherqq,     vpgatherqq,        AVX2,  o_Vx, o_VMx, o_Hx) \
    R(V0F38, 92, 66,  0,       LANY | W0,          vgatherdps,     vpgatherdd,        AVX2,  o_Vx, o_VMx, o_Hx) \
    R(V0F38, 92, 66,  0,       LANY | W1,          vgatherdpd,     vpgatherdq,        AVX2,  o_Vx, o_VMdq, o_Hx) \
    R(V0F38, 93, 66,  0,       LANY | W0,          vgatherqps,     vpgatherqd,        AVX2,  o_Vdq, o_VMx, o_Hdq) \
    R(V0F38, 93, 66,  0,       LANY | W1,          vgatherqpd,     vpgatherqq,        AVX2,  o_Vx, o_VMx, o_Hx) \
    /* end */

#define ROWS_0F3A(R, X, I) \
    R(V0F3A, 00, 66,  0,       L1 | W1 | NV,       vpermq,         vpermq,            AVX2,  o_Vx, o_Wx, o_Ib) \
    R(V0F3A, 02, 66,  0,       LANY | W0,          vpblendd,       vblendps,          AVX2,  o_Vx, o_Hx, o_Wx, o_Ib) \
    I(V0F3A, 0E, 66,  0,       0,                  vpblendw,       vpblendw,                 o_Vx, o_Hx, o_Wx, o_Ib) \
    I(V0F3A, 0F, 66,  0,       0,                  vpalignr,       vpalignr,                 o_Vx, o_Hx, o_Wx, o_Ib) \
    R(V0F3A, 14, 66,  REGONLY, L0 | NV,            vpextrb,        vpextrb,           AVX,   o_Ry, o_Vdq, o_Ib) \
    R(V0F3A, 14, 66,  MEMONLY, L0 | NV,            vpextrb,        vpextrb,           AVX,   o_Mb, o_Vdq, o_Ib) \
    R(V0F3A, 15, 66,  REGONLY, L0 | NV,            vpextrw,        vpextrw,           AVX,   o_Ry, o_Vdq, o_Ib) \
    R(V0F3A, 15, 66,  MEMONLY, L0 | NV,            vpextrw,        vpextrw,           AVX,   o_Mw, o_Vdq, o_Ib) \
    R(V0F3A, 16, 66,  0,       L0 | BY_W | NV,     vpextrd,        vpextrd,           AVX,   o_Ey, o_Vdq, o_Ib) \
    R(V0F3A, 20, 66,  REGONLY, L0,                 vpinsrb,        vpinsrb,           AVX,   o_Vdq, o_Hdq, o_Ry, o_Ib) \
    R(V0F3A, 20, 66,  MEMONLY, L0,                 vpinsrb,        vpinsrb,           AVX,   o_Vdq, o_Hdq, o_Mb, o_Ib) \
    R(V0F3A, 22, 66,  0,       L0 | BY_W,          vpinsrd,        vpinsrd,           AVX,   o_Vdq, o_Hdq, o_Ey, o_Ib) \
    R(V0F3A, 38, 66,  0,       L1 | W0,            vinserti128,    vinsert128,        AVX2,  o_Vx, o_Hx, o_Wdq, o_Ib) \
    R(V0F3A, 39, 66,  0,       L1 | W0 | NV,       vextracti128,   vextract128,       AVX2,  o_Wdq, o_Vx, o_Ib) \
    I(V0F3A, 42, 66,  0,       0,                  vmpsadbw,       vmpsadbw,                 o_Vx, o_Hx, o_Wx, o_Ib) \
    R(V0F3A, 46, 66,  0,       L1 | W0,            vperm2i128,     vperm2x128,        AVX2,  o_Vx, o_Hx, o_Wx, o_Ib) \
    I(V0F3A, 4C, 66,  0,       W0,                 vpblendvb,      vpblendvb,                o_Vx, o_Hx, o_Wx, o_Lx) \
    X(V0F3A, 60, 66,  0,       L0 | NV | BY_W,     vpcmpestrm,     vpcmpestrm,        AVX,   FL_ARITH, o_Vdq, o_Wdq, o_Ib) \
    X(V0F3A, 61, 66,  0,       L0 | NV | BY_W,     vpcmpestri,     vpcmpestri,        AVX,   FL_ARITH, o_Vdq, o_Wdq, o_Ib) \
    X(V0F3A, 62, 66,  0,       L0 | NV,            vpcmpistrm,     vpcmpistrm,        AVX,   FL_ARITH, o_Vdq, o_Wdq, o_Ib) \
    X(V0F3A, 63, 66,  0,       L0 | NV,            vpcmpistri,     vpcmpistri,        AVX,   FL_ARITH, o_Vdq, o_Wdq, o_Ib) \
    /* end */
// clang-format on

#define ROWS(R, X, I) ROWS_0F(R, X, I) ROWS_0F38(R, X, I) ROWS_0F3A(R, X, I)
ROWS(VEX_DECLARE, VEX_DECLARE, VEX_DECLARE)
static const struct insn rows[] = {ROWS(VEX_ROW, VEX_ROW_X, VEX_ROW_I)};
const struct insn_table x86_table_avx_int = {rows, countof(rows)};
