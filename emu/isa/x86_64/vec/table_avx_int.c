// SPDX-License-Identifier: MIT
// The rows of AVX and AVX2 without floating point: moves, packed integers, shuffles, gathers (of floats, too), in the order of the
// SDM's opcode maps (vol. 2, appendix A). Handlers: op_mmx.c, op_sse_{int,move,string}.c and op_avx*.c.
#include "isa/x86_64/insn/rows.h"

// I (ROW_BOTH): 128 bits are AVX, 256 AVX2
// clang-format off
#define ROWS_0F(R, I) \
    I(MAP_V0F, 0x60, PFX_66, 0, "vpunpcklbw", (o_Vx, o_Hx, o_Wx), ops_vpunpcklbw, 0) \
    I(MAP_V0F, 0x61, PFX_66, 0, "vpunpcklwd", (o_Vx, o_Hx, o_Wx), ops_vpunpcklwd, 0) \
    I(MAP_V0F, 0x62, PFX_66, 0, "vpunpckldq", (o_Vx, o_Hx, o_Wx), ops_vpunpckldq, 0) \
    I(MAP_V0F, 0x63, PFX_66, 0, "vpacksswb", (o_Vx, o_Hx, o_Wx), ops_vpacksswb, 0) \
    I(MAP_V0F, 0x64, PFX_66, 0, "vpcmpgtb", (o_Vx, o_Hx, o_Wx), ops_vpcmpgtb, 0) \
    I(MAP_V0F, 0x65, PFX_66, 0, "vpcmpgtw", (o_Vx, o_Hx, o_Wx), ops_vpcmpgtw, 0) \
    I(MAP_V0F, 0x66, PFX_66, 0, "vpcmpgtd", (o_Vx, o_Hx, o_Wx), ops_vpcmpgtd, 0) \
    I(MAP_V0F, 0x67, PFX_66, 0, "vpackuswb", (o_Vx, o_Hx, o_Wx), ops_vpackuswb, 0) \
    I(MAP_V0F, 0x68, PFX_66, 0, "vpunpckhbw", (o_Vx, o_Hx, o_Wx), ops_vpunpckhbw, 0) \
    I(MAP_V0F, 0x69, PFX_66, 0, "vpunpckhwd", (o_Vx, o_Hx, o_Wx), ops_vpunpckhwd, 0) \
    I(MAP_V0F, 0x6a, PFX_66, 0, "vpunpckhdq", (o_Vx, o_Hx, o_Wx), ops_vpunpckhdq, 0) \
    I(MAP_V0F, 0x6b, PFX_66, 0, "vpackssdw", (o_Vx, o_Hx, o_Wx), ops_vpackssdw, 0) \
    I(MAP_V0F, 0x6c, PFX_66, 0, "vpunpcklqdq", (o_Vx, o_Hx, o_Wx), ops_vpunpcklqdq, 0) \
    I(MAP_V0F, 0x6d, PFX_66, 0, "vpunpckhqdq", (o_Vx, o_Hx, o_Wx), ops_vpunpckhqdq, 0) \
    R(MAP_V0F, 0x6e, PFX_66, 0, "vmovd", (o_Vdq, o_Ey), ops_vmovd, .feature = F_AVX, .flags = VEX_L0 | VEX_BY_W | VEX_NV) \
    R(MAP_V0F, 0x6f, PFX_66, 0, "vmovdqa", (o_Vx, o_Wx), ops_vmova, .feature = F_AVX, .flags = VEX_NV | ALIGNED) \
    R(MAP_V0F, 0x6f, PFX_F3, 0, "vmovdqu", (o_Vx, o_Wx), ops_vmovu, .feature = F_AVX, .flags = VEX_NV) \
    I(MAP_V0F, 0x70, PFX_66, 0, "vpshufd", (o_Vx, o_Wx, o_Ib), ops_vpshufd, VEX_NV) \
    I(MAP_V0F, 0x70, PFX_F3, 0, "vpshufhw", (o_Vx, o_Wx, o_Ib), ops_vpshufhw, VEX_NV) \
    I(MAP_V0F, 0x70, PFX_F2, 0, "vpshuflw", (o_Vx, o_Wx, o_Ib), ops_vpshuflw, VEX_NV) \
    I(MAP_V0F, 0x71, PFX_66, EXT(2), "vpsrlw", (o_Hx, o_Ux, o_Ib), ops_vpsrlw_i, 0) \
    I(MAP_V0F, 0x71, PFX_66, EXT(4), "vpsraw", (o_Hx, o_Ux, o_Ib), ops_vpsraw_i, 0) \
    I(MAP_V0F, 0x71, PFX_66, EXT(6), "vpsllw", (o_Hx, o_Ux, o_Ib), ops_vpsllw_i, 0) \
    I(MAP_V0F, 0x72, PFX_66, EXT(2), "vpsrld", (o_Hx, o_Ux, o_Ib), ops_vpsrld_i, 0) \
    I(MAP_V0F, 0x72, PFX_66, EXT(4), "vpsrad", (o_Hx, o_Ux, o_Ib), ops_vpsrad_i, 0) \
    I(MAP_V0F, 0x72, PFX_66, EXT(6), "vpslld", (o_Hx, o_Ux, o_Ib), ops_vpslld_i, 0) \
    I(MAP_V0F, 0x73, PFX_66, EXT(2), "vpsrlq", (o_Hx, o_Ux, o_Ib), ops_vpsrlq_i, 0) \
    I(MAP_V0F, 0x73, PFX_66, EXT(3), "vpsrldq", (o_Hx, o_Ux, o_Ib), ops_vpsrldq, 0) \
    I(MAP_V0F, 0x73, PFX_66, EXT(6), "vpsllq", (o_Hx, o_Ux, o_Ib), ops_vpsllq_i, 0) \
    I(MAP_V0F, 0x73, PFX_66, EXT(7), "vpslldq", (o_Hx, o_Ux, o_Ib), ops_vpslldq, 0) \
    I(MAP_V0F, 0x74, PFX_66, 0, "vpcmpeqb", (o_Vx, o_Hx, o_Wx), ops_vpcmpeqb, 0) \
    I(MAP_V0F, 0x75, PFX_66, 0, "vpcmpeqw", (o_Vx, o_Hx, o_Wx), ops_vpcmpeqw, 0) \
    I(MAP_V0F, 0x76, PFX_66, 0, "vpcmpeqd", (o_Vx, o_Hx, o_Wx), ops_vpcmpeqd, 0) \
    R(MAP_V0F, 0x7e, PFX_66, 0, "vmovd", (o_Ey, o_Vdq), ops_vmovd_store, .feature = F_AVX, .flags = VEX_L0 | VEX_BY_W | VEX_NV) \
    R(MAP_V0F, 0x7e, PFX_F3, 0, "vmovq", (o_Vdq, o_Wq), ops_vmovq, .feature = F_AVX, .flags = VEX_L0 | VEX_NV) \
    R(MAP_V0F, 0x7f, PFX_66, 0, "vmovdqa", (o_Wx, o_Vx), ops_vmova_store, .feature = F_AVX, .flags = VEX_NV | ALIGNED) \
    R(MAP_V0F, 0x7f, PFX_F3, 0, "vmovdqu", (o_Wx, o_Vx), ops_vmovu_store, .feature = F_AVX, .flags = VEX_NV) \
    R(MAP_V0F, 0xc4, PFX_66, REGONLY, "vpinsrw", (o_Vdq, o_Hdq, o_Ry, o_Ib), ops_vpinsrw, .feature = F_AVX, .flags = VEX_L0) \
    R(MAP_V0F, 0xc4, PFX_66, MEMONLY, "vpinsrw", (o_Vdq, o_Hdq, o_Mw, o_Ib), ops_vpinsrw, .feature = F_AVX, .flags = VEX_L0) \
    R(MAP_V0F, 0xc5, PFX_66, 0, "vpextrw", (o_Gd, o_Udq, o_Ib), ops_vpextrw_old, .feature = F_AVX, .flags = VEX_L0 | VEX_NV) \
    I(MAP_V0F, 0xd1, PFX_66, 0, "vpsrlw", (o_Vx, o_Hx, o_Wdq), ops_vpsrlw, 0) \
    I(MAP_V0F, 0xd2, PFX_66, 0, "vpsrld", (o_Vx, o_Hx, o_Wdq), ops_vpsrld, 0) \
    I(MAP_V0F, 0xd3, PFX_66, 0, "vpsrlq", (o_Vx, o_Hx, o_Wdq), ops_vpsrlq, 0) \
    I(MAP_V0F, 0xd4, PFX_66, 0, "vpaddq", (o_Vx, o_Hx, o_Wx), ops_vpaddq, 0) \
    I(MAP_V0F, 0xd5, PFX_66, 0, "vpmullw", (o_Vx, o_Hx, o_Wx), ops_vpmullw, 0) \
    R(MAP_V0F, 0xd6, PFX_66, 0, "vmovq", (o_Wq, o_Vdq), ops_vmovq_store, .feature = F_AVX, .flags = VEX_L0 | VEX_NV) \
    I(MAP_V0F, 0xd7, PFX_66, 0, "vpmovmskb", (o_Gd, o_Ux), ops_vpmovmskb, VEX_NV) \
    I(MAP_V0F, 0xd8, PFX_66, 0, "vpsubusb", (o_Vx, o_Hx, o_Wx), ops_vpsubusb, 0) \
    I(MAP_V0F, 0xd9, PFX_66, 0, "vpsubusw", (o_Vx, o_Hx, o_Wx), ops_vpsubusw, 0) \
    I(MAP_V0F, 0xda, PFX_66, 0, "vpminub", (o_Vx, o_Hx, o_Wx), ops_vpminub, 0) \
    I(MAP_V0F, 0xdb, PFX_66, 0, "vpand", (o_Vx, o_Hx, o_Wx), ops_vpand, 0) \
    I(MAP_V0F, 0xdc, PFX_66, 0, "vpaddusb", (o_Vx, o_Hx, o_Wx), ops_vpaddusb, 0) \
    I(MAP_V0F, 0xdd, PFX_66, 0, "vpaddusw", (o_Vx, o_Hx, o_Wx), ops_vpaddusw, 0) \
    I(MAP_V0F, 0xde, PFX_66, 0, "vpmaxub", (o_Vx, o_Hx, o_Wx), ops_vpmaxub, 0) \
    I(MAP_V0F, 0xdf, PFX_66, 0, "vpandn", (o_Vx, o_Hx, o_Wx), ops_vpandn, 0) \
    I(MAP_V0F, 0xe0, PFX_66, 0, "vpavgb", (o_Vx, o_Hx, o_Wx), ops_vpavgb, 0) \
    I(MAP_V0F, 0xe1, PFX_66, 0, "vpsraw", (o_Vx, o_Hx, o_Wdq), ops_vpsraw, 0) \
    I(MAP_V0F, 0xe2, PFX_66, 0, "vpsrad", (o_Vx, o_Hx, o_Wdq), ops_vpsrad, 0) \
    I(MAP_V0F, 0xe3, PFX_66, 0, "vpavgw", (o_Vx, o_Hx, o_Wx), ops_vpavgw, 0) \
    I(MAP_V0F, 0xe4, PFX_66, 0, "vpmulhuw", (o_Vx, o_Hx, o_Wx), ops_vpmulhuw, 0) \
    I(MAP_V0F, 0xe5, PFX_66, 0, "vpmulhw", (o_Vx, o_Hx, o_Wx), ops_vpmulhw, 0) \
    R(MAP_V0F, 0xe7, PFX_66, 0, "vmovntdq", (o_Mx, o_Vx), ops_vmovnt, .feature = F_AVX, .flags = VEX_NV | ALIGNED) \
    I(MAP_V0F, 0xe8, PFX_66, 0, "vpsubsb", (o_Vx, o_Hx, o_Wx), ops_vpsubsb, 0) \
    I(MAP_V0F, 0xe9, PFX_66, 0, "vpsubsw", (o_Vx, o_Hx, o_Wx), ops_vpsubsw, 0) \
    I(MAP_V0F, 0xea, PFX_66, 0, "vpminsw", (o_Vx, o_Hx, o_Wx), ops_vpminsw, 0) \
    I(MAP_V0F, 0xeb, PFX_66, 0, "vpor", (o_Vx, o_Hx, o_Wx), ops_vpor, 0) \
    I(MAP_V0F, 0xec, PFX_66, 0, "vpaddsb", (o_Vx, o_Hx, o_Wx), ops_vpaddsb, 0) \
    I(MAP_V0F, 0xed, PFX_66, 0, "vpaddsw", (o_Vx, o_Hx, o_Wx), ops_vpaddsw, 0) \
    I(MAP_V0F, 0xee, PFX_66, 0, "vpmaxsw", (o_Vx, o_Hx, o_Wx), ops_vpmaxsw, 0) \
    I(MAP_V0F, 0xef, PFX_66, 0, "vpxor", (o_Vx, o_Hx, o_Wx), ops_vpxor, 0) \
    R(MAP_V0F, 0xf0, PFX_F2, 0, "vlddqu", (o_Vx, o_Mx), ops_vlddqu, .feature = F_AVX, .flags = VEX_NV) \
    I(MAP_V0F, 0xf1, PFX_66, 0, "vpsllw", (o_Vx, o_Hx, o_Wdq), ops_vpsllw, 0) \
    I(MAP_V0F, 0xf2, PFX_66, 0, "vpslld", (o_Vx, o_Hx, o_Wdq), ops_vpslld, 0) \
    I(MAP_V0F, 0xf3, PFX_66, 0, "vpsllq", (o_Vx, o_Hx, o_Wdq), ops_vpsllq, 0) \
    I(MAP_V0F, 0xf4, PFX_66, 0, "vpmuludq", (o_Vx, o_Hx, o_Wx), ops_vpmuludq, 0) \
    I(MAP_V0F, 0xf5, PFX_66, 0, "vpmaddwd", (o_Vx, o_Hx, o_Wx), ops_vpmaddwd, 0) \
    I(MAP_V0F, 0xf6, PFX_66, 0, "vpsadbw", (o_Vx, o_Hx, o_Wx), ops_vpsadbw, 0) \
    R(MAP_V0F, 0xf7, PFX_66, 0, "vmaskmovdqu", (o_Vdq, o_Udq), ops_vmaskmovdqu, .feature = F_AVX, .flags = VEX_L0 | VEX_NV | OWN) \
    I(MAP_V0F, 0xf8, PFX_66, 0, "vpsubb", (o_Vx, o_Hx, o_Wx), ops_vpsubb, 0) \
    I(MAP_V0F, 0xf9, PFX_66, 0, "vpsubw", (o_Vx, o_Hx, o_Wx), ops_vpsubw, 0) \
    I(MAP_V0F, 0xfa, PFX_66, 0, "vpsubd", (o_Vx, o_Hx, o_Wx), ops_vpsubd, 0) \
    I(MAP_V0F, 0xfb, PFX_66, 0, "vpsubq", (o_Vx, o_Hx, o_Wx), ops_vpsubq, 0) \
    I(MAP_V0F, 0xfc, PFX_66, 0, "vpaddb", (o_Vx, o_Hx, o_Wx), ops_vpaddb, 0) \
    I(MAP_V0F, 0xfd, PFX_66, 0, "vpaddw", (o_Vx, o_Hx, o_Wx), ops_vpaddw, 0) \
    I(MAP_V0F, 0xfe, PFX_66, 0, "vpaddd", (o_Vx, o_Hx, o_Wx), ops_vpaddd, 0) \
    /* end */

#define ROWS_0F38(R, I) \
    I(MAP_V0F38, 0x00, PFX_66, 0, "vpshufb", (o_Vx, o_Hx, o_Wx), ops_vpshufb, 0) \
    I(MAP_V0F38, 0x01, PFX_66, 0, "vphaddw", (o_Vx, o_Hx, o_Wx), ops_vphaddw, 0) \
    I(MAP_V0F38, 0x02, PFX_66, 0, "vphaddd", (o_Vx, o_Hx, o_Wx), ops_vphaddd, 0) \
    I(MAP_V0F38, 0x03, PFX_66, 0, "vphaddsw", (o_Vx, o_Hx, o_Wx), ops_vphaddsw, 0) \
    I(MAP_V0F38, 0x04, PFX_66, 0, "vpmaddubsw", (o_Vx, o_Hx, o_Wx), ops_vpmaddubsw, 0) \
    I(MAP_V0F38, 0x05, PFX_66, 0, "vphsubw", (o_Vx, o_Hx, o_Wx), ops_vphsubw, 0) \
    I(MAP_V0F38, 0x06, PFX_66, 0, "vphsubd", (o_Vx, o_Hx, o_Wx), ops_vphsubd, 0) \
    I(MAP_V0F38, 0x07, PFX_66, 0, "vphsubsw", (o_Vx, o_Hx, o_Wx), ops_vphsubsw, 0) \
    I(MAP_V0F38, 0x08, PFX_66, 0, "vpsignb", (o_Vx, o_Hx, o_Wx), ops_vpsignb, 0) \
    I(MAP_V0F38, 0x09, PFX_66, 0, "vpsignw", (o_Vx, o_Hx, o_Wx), ops_vpsignw, 0) \
    I(MAP_V0F38, 0x0a, PFX_66, 0, "vpsignd", (o_Vx, o_Hx, o_Wx), ops_vpsignd, 0) \
    I(MAP_V0F38, 0x0b, PFX_66, 0, "vpmulhrsw", (o_Vx, o_Hx, o_Wx), ops_vpmulhrsw, 0) \
    R(MAP_V0F38, 0x17, PFX_66, 0, "vptest", (o_Vx, o_Wx), ops_vptest, .feature = F_AVX, .flags = VEX_NV, .lazy = LAZY_COMPARED, .writes = FL_ARITH) \
    I(MAP_V0F38, 0x1c, PFX_66, 0, "vpabsb", (o_Vx, o_Wx), ops_vpabsb, VEX_NV) \
    I(MAP_V0F38, 0x1d, PFX_66, 0, "vpabsw", (o_Vx, o_Wx), ops_vpabsw, VEX_NV) \
    I(MAP_V0F38, 0x1e, PFX_66, 0, "vpabsd", (o_Vx, o_Wx), ops_vpabsd, VEX_NV) \
    I(MAP_V0F38, 0x20, PFX_66, 0, "vpmovsxbw", (o_Vx, o_Whx), ops_vpmovsxbw, VEX_NV) \
    I(MAP_V0F38, 0x21, PFX_66, 0, "vpmovsxbd", (o_Vx, o_Wqx), ops_vpmovsxbd, VEX_NV) \
    I(MAP_V0F38, 0x22, PFX_66, 0, "vpmovsxbq", (o_Vx, o_Wex), ops_vpmovsxbq, VEX_NV) \
    I(MAP_V0F38, 0x23, PFX_66, 0, "vpmovsxwd", (o_Vx, o_Whx), ops_vpmovsxwd, VEX_NV) \
    I(MAP_V0F38, 0x24, PFX_66, 0, "vpmovsxwq", (o_Vx, o_Wqx), ops_vpmovsxwq, VEX_NV) \
    I(MAP_V0F38, 0x25, PFX_66, 0, "vpmovsxdq", (o_Vx, o_Whx), ops_vpmovsxdq, VEX_NV) \
    I(MAP_V0F38, 0x28, PFX_66, 0, "vpmuldq", (o_Vx, o_Hx, o_Wx), ops_vpmuldq, 0) \
    I(MAP_V0F38, 0x29, PFX_66, 0, "vpcmpeqq", (o_Vx, o_Hx, o_Wx), ops_vpcmpeqq, 0) \
    I(MAP_V0F38, 0x2a, PFX_66, 0, "vmovntdqa", (o_Vx, o_Mx), ops_vmovntdqa, VEX_NV | ALIGNED) \
    I(MAP_V0F38, 0x2b, PFX_66, 0, "vpackusdw", (o_Vx, o_Hx, o_Wx), ops_vpackusdw, 0) \
    I(MAP_V0F38, 0x30, PFX_66, 0, "vpmovzxbw", (o_Vx, o_Whx), ops_vpmovzxbw, VEX_NV) \
    I(MAP_V0F38, 0x31, PFX_66, 0, "vpmovzxbd", (o_Vx, o_Wqx), ops_vpmovzxbd, VEX_NV) \
    I(MAP_V0F38, 0x32, PFX_66, 0, "vpmovzxbq", (o_Vx, o_Wex), ops_vpmovzxbq, VEX_NV) \
    I(MAP_V0F38, 0x33, PFX_66, 0, "vpmovzxwd", (o_Vx, o_Whx), ops_vpmovzxwd, VEX_NV) \
    I(MAP_V0F38, 0x34, PFX_66, 0, "vpmovzxwq", (o_Vx, o_Wqx), ops_vpmovzxwq, VEX_NV) \
    I(MAP_V0F38, 0x35, PFX_66, 0, "vpmovzxdq", (o_Vx, o_Whx), ops_vpmovzxdq, VEX_NV) \
    R(MAP_V0F38, 0x36, PFX_66, 0, "vpermd", (o_Vx, o_Hx, o_Wx), ops_vpermd, .feature = F_AVX2, .flags = VEX_L1 | VEX_W0) \
    I(MAP_V0F38, 0x37, PFX_66, 0, "vpcmpgtq", (o_Vx, o_Hx, o_Wx), ops_vpcmpgtq, 0) \
    I(MAP_V0F38, 0x38, PFX_66, 0, "vpminsb", (o_Vx, o_Hx, o_Wx), ops_vpminsb, 0) \
    I(MAP_V0F38, 0x39, PFX_66, 0, "vpminsd", (o_Vx, o_Hx, o_Wx), ops_vpminsd, 0) \
    I(MAP_V0F38, 0x3a, PFX_66, 0, "vpminuw", (o_Vx, o_Hx, o_Wx), ops_vpminuw, 0) \
    I(MAP_V0F38, 0x3b, PFX_66, 0, "vpminud", (o_Vx, o_Hx, o_Wx), ops_vpminud, 0) \
    I(MAP_V0F38, 0x3c, PFX_66, 0, "vpmaxsb", (o_Vx, o_Hx, o_Wx), ops_vpmaxsb, 0) \
    I(MAP_V0F38, 0x3d, PFX_66, 0, "vpmaxsd", (o_Vx, o_Hx, o_Wx), ops_vpmaxsd, 0) \
    I(MAP_V0F38, 0x3e, PFX_66, 0, "vpmaxuw", (o_Vx, o_Hx, o_Wx), ops_vpmaxuw, 0) \
    I(MAP_V0F38, 0x3f, PFX_66, 0, "vpmaxud", (o_Vx, o_Hx, o_Wx), ops_vpmaxud, 0) \
    I(MAP_V0F38, 0x40, PFX_66, 0, "vpmulld", (o_Vx, o_Hx, o_Wx), ops_vpmulld, 0) \
    R(MAP_V0F38, 0x41, PFX_66, 0, "vphminposuw", (o_Vdq, o_Wdq), ops_vphminposuw, .feature = F_AVX, .flags = VEX_L0 | VEX_NV) \
    R(MAP_V0F38, 0x45, PFX_66, 0, "vpsrlvd", (o_Vx, o_Hx, o_Wx), ops_vpsrlvd, .feature = F_AVX2, .flags = VEX_W0) \
    R(MAP_V0F38, 0x45, PFX_66, 0, "vpsrlvq", (o_Vx, o_Hx, o_Wx), ops_vpsrlvq, .feature = F_AVX2, .flags = VEX_W1) \
    R(MAP_V0F38, 0x46, PFX_66, 0, "vpsravd", (o_Vx, o_Hx, o_Wx), ops_vpsravd, .feature = F_AVX2, .flags = VEX_W0) \
    R(MAP_V0F38, 0x47, PFX_66, 0, "vpsllvd", (o_Vx, o_Hx, o_Wx), ops_vpsllvd, .feature = F_AVX2, .flags = VEX_W0) \
    R(MAP_V0F38, 0x47, PFX_66, 0, "vpsllvq", (o_Vx, o_Hx, o_Wx), ops_vpsllvq, .feature = F_AVX2, .flags = VEX_W1) \
    R(MAP_V0F38, 0x58, PFX_66, 0, "vpbroadcastd", (o_Vx, o_Wd), ops_vpbroadcastd, .feature = F_AVX2, .flags = VEX_W0 | VEX_NV) \
    R(MAP_V0F38, 0x59, PFX_66, 0, "vpbroadcastq", (o_Vx, o_Wq), ops_vpbroadcastq, .feature = F_AVX2, .flags = VEX_W0 | VEX_NV) \
    R(MAP_V0F38, 0x5a, PFX_66, 0, "vbroadcasti128", (o_Vx, o_Mdq), ops_vbroadcast128, .feature = F_AVX2, .flags = VEX_L1 | VEX_W0 | VEX_NV) \
    R(MAP_V0F38, 0x78, PFX_66, 0, "vpbroadcastb", (o_Vx, o_Wb), ops_vpbroadcastb, .feature = F_AVX2, .flags = VEX_W0 | VEX_NV) \
    R(MAP_V0F38, 0x79, PFX_66, 0, "vpbroadcastw", (o_Vx, o_Ww), ops_vpbroadcastw, .feature = F_AVX2, .flags = VEX_W0 | VEX_NV) \
    R(MAP_V0F38, 0x8c, PFX_66, 0, "vpmaskmovd", (o_Vx, o_Hx, o_Mx), ops_vpmaskmovd, .feature = F_AVX2, .flags = VEX_W0) \
    R(MAP_V0F38, 0x8c, PFX_66, 0, "vpmaskmovq", (o_Vx, o_Hx, o_Mx), ops_vpmaskmovq, .feature = F_AVX2, .flags = VEX_W1) \
    R(MAP_V0F38, 0x8e, PFX_66, 0, "vpmaskmovd", (o_Mx, o_Hx, o_Vx), ops_vpmaskmovd_store, .feature = F_AVX2, .flags = VEX_W0) \
    R(MAP_V0F38, 0x8e, PFX_66, 0, "vpmaskmovq", (o_Mx, o_Hx, o_Vx), ops_vpmaskmovq_store, .feature = F_AVX2, .flags = VEX_W1) \
    R(MAP_V0F38, 0x90, PFX_66, 0, "vpgatherdd", (o_Vx, o_VMx, o_Hx), ops_vpgatherdd, .feature = F_AVX2, .flags = VEX_W0) \
    R(MAP_V0F38, 0x90, PFX_66, 0, "vpgatherdq", (o_Vx, o_VMdq, o_Hx), ops_vpgatherdq, .feature = F_AVX2, .flags = VEX_W1) \
    R(MAP_V0F38, 0x91, PFX_66, 0, "vpgatherqd", (o_Vdq, o_VMx, o_Hdq), ops_vpgatherqd, .feature = F_AVX2, .flags = VEX_W0) \
    R(MAP_V0F38, 0x91, PFX_66, 0, "vpgatherqq", (o_Vx, o_VMx, o_Hx), ops_vpgatherqq, .feature = F_AVX2, .flags = VEX_W1) \
    R(MAP_V0F38, 0x92, PFX_66, 0, "vgatherdps", (o_Vx, o_VMx, o_Hx), ops_vpgatherdd, .feature = F_AVX2, .flags = VEX_W0) \
    R(MAP_V0F38, 0x92, PFX_66, 0, "vgatherdpd", (o_Vx, o_VMdq, o_Hx), ops_vpgatherdq, .feature = F_AVX2, .flags = VEX_W1) \
    R(MAP_V0F38, 0x93, PFX_66, 0, "vgatherqps", (o_Vdq, o_VMx, o_Hdq), ops_vpgatherqd, .feature = F_AVX2, .flags = VEX_W0) \
    R(MAP_V0F38, 0x93, PFX_66, 0, "vgatherqpd", (o_Vx, o_VMx, o_Hx), ops_vpgatherqq, .feature = F_AVX2, .flags = VEX_W1) \
    /* end */

#define ROWS_0F3A(R, I) \
    R(MAP_V0F3A, 0x00, PFX_66, 0, "vpermq", (o_Vx, o_Wx, o_Ib), ops_vpermq, .feature = F_AVX2, .flags = VEX_L1 | VEX_W1 | VEX_NV) \
    R(MAP_V0F3A, 0x02, PFX_66, 0, "vpblendd", (o_Vx, o_Hx, o_Wx, o_Ib), ops_vblendps, .feature = F_AVX2, .flags = VEX_W0) \
    I(MAP_V0F3A, 0x0e, PFX_66, 0, "vpblendw", (o_Vx, o_Hx, o_Wx, o_Ib), ops_vpblendw, 0) \
    I(MAP_V0F3A, 0x0f, PFX_66, 0, "vpalignr", (o_Vx, o_Hx, o_Wx, o_Ib), ops_vpalignr, 0) \
    R(MAP_V0F3A, 0x14, PFX_66, REGONLY, "vpextrb", (o_Ry, o_Vdq, o_Ib), ops_vpextrb, .feature = F_AVX, .flags = VEX_L0 | VEX_NV) \
    R(MAP_V0F3A, 0x14, PFX_66, MEMONLY, "vpextrb", (o_Mb, o_Vdq, o_Ib), ops_vpextrb, .feature = F_AVX, .flags = VEX_L0 | VEX_NV) \
    R(MAP_V0F3A, 0x15, PFX_66, REGONLY, "vpextrw", (o_Ry, o_Vdq, o_Ib), ops_vpextrw, .feature = F_AVX, .flags = VEX_L0 | VEX_NV) \
    R(MAP_V0F3A, 0x15, PFX_66, MEMONLY, "vpextrw", (o_Mw, o_Vdq, o_Ib), ops_vpextrw, .feature = F_AVX, .flags = VEX_L0 | VEX_NV) \
    R(MAP_V0F3A, 0x16, PFX_66, 0, "vpextrd", (o_Ey, o_Vdq, o_Ib), ops_vpextrd, .feature = F_AVX, .flags = VEX_L0 | VEX_BY_W | VEX_NV) \
    R(MAP_V0F3A, 0x20, PFX_66, REGONLY, "vpinsrb", (o_Vdq, o_Hdq, o_Ry, o_Ib), ops_vpinsrb, .feature = F_AVX, .flags = VEX_L0) \
    R(MAP_V0F3A, 0x20, PFX_66, MEMONLY, "vpinsrb", (o_Vdq, o_Hdq, o_Mb, o_Ib), ops_vpinsrb, .feature = F_AVX, .flags = VEX_L0) \
    R(MAP_V0F3A, 0x22, PFX_66, 0, "vpinsrd", (o_Vdq, o_Hdq, o_Ey, o_Ib), ops_vpinsrd, .feature = F_AVX, .flags = VEX_L0 | VEX_BY_W) \
    R(MAP_V0F3A, 0x38, PFX_66, 0, "vinserti128", (o_Vx, o_Hx, o_Wdq, o_Ib), ops_vinsert128, .feature = F_AVX2, .flags = VEX_L1 | VEX_W0) \
    R(MAP_V0F3A, 0x39, PFX_66, 0, "vextracti128", (o_Wdq, o_Vx, o_Ib), ops_vextract128, .feature = F_AVX2, .flags = VEX_L1 | VEX_W0 | VEX_NV) \
    I(MAP_V0F3A, 0x42, PFX_66, 0, "vmpsadbw", (o_Vx, o_Hx, o_Wx, o_Ib), ops_vmpsadbw, 0) \
    R(MAP_V0F3A, 0x46, PFX_66, 0, "vperm2i128", (o_Vx, o_Hx, o_Wx, o_Ib), ops_vperm2x128, .feature = F_AVX2, .flags = VEX_L1 | VEX_W0) \
    I(MAP_V0F3A, 0x4c, PFX_66, 0, "vpblendvb", (o_Vx, o_Hx, o_Wx, o_Lx), ops_vpblendvb, VEX_W0) \
    R(MAP_V0F3A, 0x60, PFX_66, 0, "vpcmpestrm", (o_Vdq, o_Wdq, o_Ib), ops_vpcmpestrm, .feature = F_AVX, .flags = VEX_L0 | VEX_NV | VEX_BY_W | OWN, .writes = FL_ARITH) \
    R(MAP_V0F3A, 0x61, PFX_66, 0, "vpcmpestri", (o_Vdq, o_Wdq, o_Ib), ops_vpcmpestri, .feature = F_AVX, .flags = VEX_L0 | VEX_NV | VEX_BY_W | OWN, .writes = FL_ARITH) \
    R(MAP_V0F3A, 0x62, PFX_66, 0, "vpcmpistrm", (o_Vdq, o_Wdq, o_Ib), ops_vpcmpistrm, .feature = F_AVX, .flags = VEX_L0 | VEX_NV | OWN, .writes = FL_ARITH) \
    R(MAP_V0F3A, 0x63, PFX_66, 0, "vpcmpistri", (o_Vdq, o_Wdq, o_Ib), ops_vpcmpistri, .feature = F_AVX, .flags = VEX_L0 | VEX_NV | OWN, .writes = FL_ARITH) \
    /* end */
// clang-format on

#define ROWS(R, I) ROWS_0F(R, I) ROWS_0F38(R, I) ROWS_0F3A(R, I)
ROWS(DECLARE, DECLARE)
static const struct insn rows[] = {ROWS(ROW, ROW_BOTH)};
X86_TABLE(avx_int);
