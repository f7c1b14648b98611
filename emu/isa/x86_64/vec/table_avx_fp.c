// SPDX-License-Identifier: MIT
// The rows of AVX's floating point, in the order of the SDM's opcode maps (vol. 2, appendix A). Handlers: op_sse_*.c, op_avx*.c.
#include "isa/x86_64/insn/vex_rows.h"

// clang-format off
#define ROWS_0F(R, X) \
    /* moves */ \
    R(V0F,   10, NP,  0,                LANY | NV,         vmovups,         vmovu,             AVX,  o_Vx, o_Wx) \
    R(V0F,   10, 66,  0,                LANY | NV,         vmovupd,         vmovu,             AVX,  o_Vx, o_Wx) \
    R(V0F,   10, F3,  REGONLY,          LIG,               vmovss,          vmovss,            AVX,  o_Vdq, o_Hdq, o_Wss) \
    R(V0F,   10, F3,  MEMONLY,          LIG | NV,          vmovss,          vmovss,            AVX,  o_Vdq, o_Wss) \
    R(V0F,   10, F2,  REGONLY,          LIG,               vmovsd,          vmovsd,            AVX,  o_Vdq, o_Hdq, o_Wsd) \
    R(V0F,   10, F2,  MEMONLY,          LIG | NV,          vmovsd,          vmovsd,            AVX,  o_Vdq, o_Wsd) \
    R(V0F,   11, NP,  0,                LANY | NV,         vmovups,         vmovu_store,       AVX,  o_Wx, o_Vx) \
    R(V0F,   11, 66,  0,                LANY | NV,         vmovupd,         vmovu_store,       AVX,  o_Wx, o_Vx) \
    R(V0F,   11, F3,  REGONLY,          LIG,               vmovss,          vmovss_store,      AVX,  o_Wss, o_Hdq, o_Vdq) \
    R(V0F,   11, F3,  MEMONLY,          LIG | NV,          vmovss,          vmovss_store,      AVX,  o_Wss, o_Vdq) \
    R(V0F,   11, F2,  REGONLY,          LIG,               vmovsd,          vmovsd_store,      AVX,  o_Wsd, o_Hdq, o_Vdq) \
    R(V0F,   11, F2,  MEMONLY,          LIG | NV,          vmovsd,          vmovsd_store,      AVX,  o_Wsd, o_Vdq) \
    R(V0F,   12, NP,  REGONLY,          L0,                vmovhlps,        vmovlps,           AVX,  o_Vdq, o_Hdq, o_Udq) \
    R(V0F,   12, NP,  MEMONLY,          L0,                vmovlps,         vmovlps,           AVX,  o_Vdq, o_Hdq, o_Mq) \
    R(V0F,   12, 66,  MEMONLY,          L0,                vmovlpd,         vmovlps,           AVX,  o_Vdq, o_Hdq, o_Mq) \
    R(V0F,   12, F3,  0,                LANY | NV,         vmovsldup,       vmovsldup,         AVX,  o_Vx, o_Wx) \
    R(V0F,   12, F2,  0,                L0 | NV,           vmovddup,        vmovddup,          AVX,  o_Vdq, o_Wq) \
    R(V0F,   12, F2,  0,                L1 | NV,           vmovddup,        vmovddup,          AVX,  o_Vx, o_Wx) \
    R(V0F,   13, NP,  0,                L0 | NV,           vmovlps,         vmovlps_store,     AVX,  o_Mq, o_Vdq) \
    R(V0F,   13, 66,  0,                L0 | NV,           vmovlpd,         vmovlps_store,     AVX,  o_Mq, o_Vdq) \
    R(V0F,   14, NP,  0,                LANY,              vunpcklps,       vpunpckldq,        AVX,  o_Vx, o_Hx, o_Wx) \
    R(V0F,   14, 66,  0,                LANY,              vunpcklpd,       vpunpcklqdq,       AVX,  o_Vx, o_Hx, o_Wx) \
    R(V0F,   15, NP,  0,                LANY,              vunpckhps,       vpunpckhdq,        AVX,  o_Vx, o_Hx, o_Wx) \
    R(V0F,   15, 66,  0,                LANY,              vunpckhpd,       vpunpckhqdq,       AVX,  o_Vx, o_Hx, o_Wx) \
    R(V0F,   16, NP,  REGONLY,          L0,                vmovlhps,        vmovhps,           AVX,  o_Vdq, o_Hdq, o_Udq) \
    R(V0F,   16, NP,  MEMONLY,          L0,                vmovhps,         vmovhps,           AVX,  o_Vdq, o_Hdq, o_Mq) \
    R(V0F,   16, 66,  MEMONLY,          L0,                vmovhpd,         vmovhps,           AVX,  o_Vdq, o_Hdq, o_Mq) \
    R(V0F,   16, F3,  0,                LANY | NV,         vmovshdup,       vmovshdup,         AVX,  o_Vx, o_Wx) \
    R(V0F,   17, NP,  0,                L0 | NV,           vmovhps,         vmovhps_store,     AVX,  o_Mq, o_Vdq) \
    R(V0F,   17, 66,  0,                L0 | NV,           vmovhpd,         vmovhps_store,     AVX,  o_Mq, o_Vdq) \
    R(V0F,   28, NP,  0,                LANY | NV,         vmovaps,         vmova,             AVX,  o_Vx, o_Wx) \
    R(V0F,   28, 66,  0,                LANY | NV,         vmovapd,         vmova,             AVX,  o_Vx, o_Wx) \
    R(V0F,   29, NP,  0,                LANY | NV,         vmovaps,         vmova_store,       AVX,  o_Wx, o_Vx) \
    R(V0F,   29, 66,  0,                LANY | NV,         vmovapd,         vmova_store,       AVX,  o_Wx, o_Vx) \
    R(V0F,   2A, F3,  0,                LIG | BY_W,        vcvtsi2ss,       vcvtsi2ss,         AVX,  o_Vdq, o_Hdq, o_Ey) \
    R(V0F,   2A, F2,  0,                LIG | BY_W,        vcvtsi2sd,       vcvtsi2sd,         AVX,  o_Vdq, o_Hdq, o_Ey) \
    R(V0F,   2B, NP,  0,                LANY | NV,         vmovntps,        vmovnt,            AVX,  o_Mx, o_Vx) \
    R(V0F,   2B, 66,  0,                LANY | NV,         vmovntpd,        vmovnt,            AVX,  o_Mx, o_Vx) \
    R(V0F,   2C, F3,  0,                LIG | BY_W | NV,   vcvttss2si,      vcvttss2si,        AVX,  o_Gy, o_Wss) \
    R(V0F,   2C, F2,  0,                LIG | BY_W | NV,   vcvttsd2si,      vcvttsd2si,        AVX,  o_Gy, o_Wsd) \
    R(V0F,   2D, F3,  0,                LIG | BY_W | NV,   vcvtss2si,       vcvtss2si,         AVX,  o_Gy, o_Wss) \
    R(V0F,   2D, F2,  0,                LIG | BY_W | NV,   vcvtsd2si,       vcvtsd2si,         AVX,  o_Gy, o_Wsd) \
    X(V0F,   2E, NP,  0,                LIG | NV,          vucomiss,        vucomiss,          AVX,  FL_ARITH, o_Vdq, o_Wss) \
    X(V0F,   2E, 66,  0,                LIG | NV,          vucomisd,        vucomisd,          AVX,  FL_ARITH, o_Vdq, o_Wsd) \
    X(V0F,   2F, NP,  0,                LIG | NV,          vcomiss,         vcomiss,           AVX,  FL_ARITH, o_Vdq, o_Wss) \
    X(V0F,   2F, 66,  0,                LIG | NV,          vcomisd,         vcomisd,           AVX,  FL_ARITH, o_Vdq, o_Wsd) \
    /* floating point */ \
    R(V0F,   50, NP,  0,                LANY | NV,         vmovmskps,       vmovmskps,         AVX,  o_Gd, o_Ux) \
    R(V0F,   50, 66,  0,                LANY | NV,         vmovmskpd,       vmovmskpd,         AVX,  o_Gd, o_Ux) \
    R(V0F,   51, NP,  0,                LANY | NV,         vsqrtps,         vsqrtps,           AVX,  o_Vx, o_Wx) \
    R(V0F,   51, 66,  0,                LANY | NV,         vsqrtpd,         vsqrtpd,           AVX,  o_Vx, o_Wx) \
    R(V0F,   51, F3,  0,                LIG,               vsqrtss,         vsqrtss,           AVX,  o_Vdq, o_Hdq, o_Wss) \
    R(V0F,   51, F2,  0,                LIG,               vsqrtsd,         vsqrtsd,           AVX,  o_Vdq, o_Hdq, o_Wsd) \
    R(V0F,   52, NP,  0,                LANY | NV,         vrsqrtps,        vrsqrtps,          AVX,  o_Vx, o_Wx) \
    R(V0F,   52, F3,  0,                LIG,               vrsqrtss,        vrsqrtss,          AVX,  o_Vdq, o_Hdq, o_Wss) \
    R(V0F,   53, NP,  0,                LANY | NV,         vrcpps,          vrcpps,            AVX,  o_Vx, o_Wx) \
    R(V0F,   53, F3,  0,                LIG,               vrcpss,          vrcpss,            AVX,  o_Vdq, o_Hdq, o_Wss) \
    R(V0F,   54, NP,  0,                LANY,              vandps,          vpand,             AVX,  o_Vx, o_Hx, o_Wx) \
    R(V0F,   54, 66,  0,                LANY,              vandpd,          vpand,             AVX,  o_Vx, o_Hx, o_Wx) \
    R(V0F,   55, NP,  0,                LANY,              vandnps,         vpandn,            AVX,  o_Vx, o_Hx, o_Wx) \
    R(V0F,   55, 66,  0,                LANY,              vandnpd,         vpandn,            AVX,  o_Vx, o_Hx, o_Wx) \
    R(V0F,   56, NP,  0,                LANY,              vorps,           vpor,              AVX,  o_Vx, o_Hx, o_Wx) \
    R(V0F,   56, 66,  0,                LANY,              vorpd,           vpor,              AVX,  o_Vx, o_Hx, o_Wx) \
    R(V0F,   57, NP,  0,                LANY,              vxorps,          vpxor,             AVX,  o_Vx, o_Hx, o_Wx) \
    R(V0F,   57, 66,  0,                LANY,              vxorpd,          vpxor,             AVX,  o_Vx, o_Hx, o_Wx) \
    R(V0F,   58, NP,  0,                LANY,              vaddps,          vaddps,            AVX,  o_Vx, o_Hx, o_Wx) \
    R(V0F,   58, 66,  0,                LANY,              vaddpd,          vaddpd,            AVX,  o_Vx, o_Hx, o_Wx) \
    R(V0F,   58, F3,  0,                LIG,               vaddss,          vaddss,            AVX,  o_Vdq, o_Hdq, o_Wss) \
    R(V0F,   58, F2,  0,                LIG,               vaddsd,          vaddsd,            AVX,  o_Vdq, o_Hdq, o_Wsd) \
    R(V0F,   59, NP,  0,                LANY,              vmulps,          vmulps,            AVX,  o_Vx, o_Hx, o_Wx) \
    R(V0F,   59, 66,  0,                LANY,              vmulpd,          vmulpd,            AVX,  o_Vx, o_Hx, o_Wx) \
    R(V0F,   59, F3,  0,                LIG,               vmulss,          vmulss,            AVX,  o_Vdq, o_Hdq, o_Wss) \
    R(V0F,   59, F2,  0,                LIG,               vmulsd,          vmulsd,            AVX,  o_Vdq, o_Hdq, o_Wsd) \
    R(V0F,   5A, NP,  0,                LANY | NV,         vcvtps2pd,       vcvtps2pd,         AVX,  o_Vx, o_Whx) \
    R(V0F,   5A, 66,  0,                LANY | NV,         vcvtpd2ps,       vcvtpd2ps,         AVX,  o_Vdq, o_Wx) \
    R(V0F,   5A, F3,  0,                LIG,               vcvtss2sd,       vcvtss2sd,         AVX,  o_Vdq, o_Hdq, o_Wss) \
    R(V0F,   5A, F2,  0,                LIG,               vcvtsd2ss,       vcvtsd2ss,         AVX,  o_Vdq, o_Hdq, o_Wsd) \
    R(V0F,   5B, NP,  0,                LANY | NV,         vcvtdq2ps,       vcvtdq2ps,         AVX,  o_Vx, o_Wx) \
    R(V0F,   5B, 66,  0,                LANY | NV,         vcvtps2dq,       vcvtps2dq,         AVX,  o_Vx, o_Wx) \
    R(V0F,   5B, F3,  0,                LANY | NV,         vcvttps2dq,      vcvttps2dq,        AVX,  o_Vx, o_Wx) \
    R(V0F,   5C, NP,  0,                LANY,              vsubps,          vsubps,            AVX,  o_Vx, o_Hx, o_Wx) \
    R(V0F,   5C, 66,  0,                LANY,              vsubpd,          vsubpd,            AVX,  o_Vx, o_Hx, o_Wx) \
    R(V0F,   5C, F3,  0,                LIG,               vsubss,          vsubss,            AVX,  o_Vdq, o_Hdq, o_Wss) \
    R(V0F,   5C, F2,  0,                LIG,               vsubsd,          vsubsd,            AVX,  o_Vdq, o_Hdq, o_Wsd) \
    R(V0F,   5D, NP,  0,                LANY,              vminps,          vminps,            AVX,  o_Vx, o_Hx, o_Wx) \
    R(V0F,   5D, 66,  0,                LANY,              vminpd,          vminpd,            AVX,  o_Vx, o_Hx, o_Wx) \
    R(V0F,   5D, F3,  0,                LIG,               vminss,          vminss,            AVX,  o_Vdq, o_Hdq, o_Wss) \
    R(V0F,   5D, F2,  0,                LIG,               vminsd,          vminsd,            AVX,  o_Vdq, o_Hdq, o_Wsd) \
    R(V0F,   5E, NP,  0,                LANY,              vdivps,          vdivps,            AVX,  o_Vx, o_Hx, o_Wx) \
    R(V0F,   5E, 66,  0,                LANY,              vdivpd,          vdivpd,            AVX,  o_Vx, o_Hx, o_Wx) \
    R(V0F,   5E, F3,  0,                LIG,               vdivss,          vdivss,            AVX,  o_Vdq, o_Hdq, o_Wss) \
    R(V0F,   5E, F2,  0,                LIG,               vdivsd,          vdivsd,            AVX,  o_Vdq, o_Hdq, o_Wsd) \
    R(V0F,   5F, NP,  0,                LANY,              vmaxps,          vmaxps,            AVX,  o_Vx, o_Hx, o_Wx) \
    R(V0F,   5F, 66,  0,                LANY,              vmaxpd,          vmaxpd,            AVX,  o_Vx, o_Hx, o_Wx) \
    R(V0F,   5F, F3,  0,                LIG,               vmaxss,          vmaxss,            AVX,  o_Vdq, o_Hdq, o_Wss) \
    R(V0F,   5F, F2,  0,                LIG,               vmaxsd,          vmaxsd,            AVX,  o_Vdq, o_Hdq, o_Wsd) \
    R(V0F,   77, NP,  0,                L0 | NV,           vzeroupper,      vzeroupper,        AVX) \
    R(V0F,   77, NP,  0,                L1 | NV,           vzeroall,        vzeroall,          AVX) \
    R(V0F,   7C, 66,  0,                LANY,              vhaddpd,         vhaddpd,           AVX,  o_Vx, o_Hx, o_Wx) \
    R(V0F,   7C, F2,  0,                LANY,              vhaddps,         vhaddps,           AVX,  o_Vx, o_Hx, o_Wx) \
    R(V0F,   7D, 66,  0,                LANY,              vhsubpd,         vhsubpd,           AVX,  o_Vx, o_Hx, o_Wx) \
    R(V0F,   7D, F2,  0,                LANY,              vhsubps,         vhsubps,           AVX,  o_Vx, o_Hx, o_Wx) \
    R(V0F,   AE, NP,  EXT(2) | MEMONLY, L0 | NV,           vldmxcsr,        vldmxcsr,          AVX,  o_Md) \
    R(V0F,   AE, NP,  EXT(3) | MEMONLY, L0 | NV,           vstmxcsr,        vstmxcsr,          AVX,  o_Md) \
    R(V0F,   C2, NP,  0,                LANY,              vcmpps,          vcmpps,            AVX,  o_Vx, o_Hx, o_Wx, o_Ib) \
    R(V0F,   C2, 66,  0,                LANY,              vcmppd,          vcmppd,            AVX,  o_Vx, o_Hx, o_Wx, o_Ib) \
    R(V0F,   C2, F3,  0,                LIG,               vcmpss,          vcmpss,            AVX,  o_Vdq, o_Hdq, o_Wss, o_Ib) \
    R(V0F,   C2, F2,  0,                LIG,               vcmpsd,          vcmpsd,            AVX,  o_Vdq, o_Hdq, o_Wsd, o_Ib) \
    R(V0F,   C6, NP,  0,                LANY,              vshufps,         vshufps,           AVX,  o_Vx, o_Hx, o_Wx, o_Ib) \
    R(V0F,   C6, 66,  0,                LANY,              vshufpd,         vshufpd,           AVX,  o_Vx, o_Hx, o_Wx, o_Ib) \
    R(V0F,   D0, 66,  0,                LANY,              vaddsubpd,       vaddsubpd,         AVX,  o_Vx, o_Hx, o_Wx) \
    R(V0F,   D0, F2,  0,                LANY,              vaddsubps,       vaddsubps,         AVX,  o_Vx, o_Hx, o_Wx) \
    R(V0F,   E6, 66,  0,                LANY | NV,         vcvttpd2dq,      vcvttpd2dq,        AVX,  o_Vdq, o_Wx) \
    R(V0F,   E6, F3,  0,                LANY | NV,         vcvtdq2pd,       vcvtdq2pd,         AVX,  o_Vx, o_Whx) \
    R(V0F,   E6, F2,  0,                LANY | NV,         vcvtpd2dq,       vcvtpd2dq,         AVX,  o_Vdq, o_Wx) \
    /* end */

#define ROWS_0F38(R, X) \
    R(V0F38, 0C, 66,  0,                LANY | W0,         vpermilps,       vpermilps,         AVX,  o_Vx, o_Hx, o_Wx) \
    R(V0F38, 0D, 66,  0,                LANY | W0,         vpermilpd,       vpermilpd,         AVX,  o_Vx, o_Hx, o_Wx) \
    X(V0F38, 0E, 66,  0,                LANY | W0 | NV,    vtestps,         vtestps,           AVX,  FL_ARITH, o_Vx, o_Wx) \
    X(V0F38, 0F, 66,  0,                LANY | W0 | NV,    vtestpd,         vtestpd,           AVX,  FL_ARITH, o_Vx, o_Wx) \
    R(V0F38, 16, 66,  0,                L1 | W0,           vpermps,         vpermd,            AVX2, o_Vx, o_Hx, o_Wx) \
    R(V0F38, 18, 66,  MEMONLY,          LANY | W0 | NV,    vbroadcastss,    vpbroadcastd,      AVX,  o_Vx, o_Md) \
    R(V0F38, 18, 66,  REGONLY,          LANY | W0 | NV,    vbroadcastss,    vpbroadcastd,      AVX2, o_Vx, o_Udq) \
    R(V0F38, 19, 66,  MEMONLY,          L1 | W0 | NV,      vbroadcastsd,    vpbroadcastq,      AVX,  o_Vx, o_Mq) \
    R(V0F38, 19, 66,  REGONLY,          L1 | W0 | NV,      vbroadcastsd,    vpbroadcastq,      AVX2, o_Vx, o_Udq) \
    R(V0F38, 1A, 66,  0,                L1 | W0 | NV,      vbroadcastf128,  vbroadcast128,     AVX,  o_Vx, o_Mdq) \
    R(V0F38, 2C, 66,  0,                LANY | W0,         vmaskmovps,      vpmaskmovd,        AVX,  o_Vx, o_Hx, o_Mx) \
    R(V0F38, 2D, 66,  0,                LANY | W0,         vmaskmovpd,      vpmaskmovq,        AVX,  o_Vx, o_Hx, o_Mx) \
    R(V0F38, 2E, 66,  0,                LANY | W0,         vmaskmovps,      vpmaskmovd_store,  AVX,  o_Mx, o_Hx, o_Vx) \
    R(V0F38, 2F, 66,  0,                LANY | W0,         vmaskmovpd,      vpmaskmovq_store,  AVX,  o_Mx, o_Hx, o_Vx) \
    /* end */

#define ROWS_0F3A(R, X) \
    R(V0F3A, 01, 66,  0,                L1 | W1 | NV,      vpermpd,         vpermq,            AVX2, o_Vx, o_Wx, o_Ib) \
    R(V0F3A, 04, 66,  0,                LANY | W0 | NV,    vpermilps,       vpermilps_i,       AVX,  o_Vx, o_Wx, o_Ib) \
    R(V0F3A, 05, 66,  0,                LANY | W0 | NV,    vpermilpd,       vpermilpd_i,       AVX,  o_Vx, o_Wx, o_Ib) \
    R(V0F3A, 06, 66,  0,                L1 | W0,           vperm2f128,      vperm2x128,        AVX,  o_Vx, o_Hx, o_Wx, o_Ib) \
    R(V0F3A, 08, 66,  0,                LANY | NV,         vroundps,        vroundps,          AVX,  o_Vx, o_Wx, o_Ib) \
    R(V0F3A, 09, 66,  0,                LANY | NV,         vroundpd,        vroundpd,          AVX,  o_Vx, o_Wx, o_Ib) \
    R(V0F3A, 0A, 66,  0,                LIG,               vroundss,        vroundss,          AVX,  o_Vdq, o_Hdq, o_Wss, o_Ib) \
    R(V0F3A, 0B, 66,  0,                LIG,               vroundsd,        vroundsd,          AVX,  o_Vdq, o_Hdq, o_Wsd, o_Ib) \
    R(V0F3A, 0C, 66,  0,                LANY,              vblendps,        vblendps,          AVX,  o_Vx, o_Hx, o_Wx, o_Ib) \
    R(V0F3A, 0D, 66,  0,                LANY,              vblendpd,        vblendpd,          AVX,  o_Vx, o_Hx, o_Wx, o_Ib) \
    R(V0F3A, 17, 66,  0,                L0 | NV,           vextractps,      vextractps,        AVX,  o_Ed, o_Vdq, o_Ib) \
    R(V0F3A, 18, 66,  0,                L1 | W0,           vinsertf128,     vinsert128,        AVX,  o_Vx, o_Hx, o_Wdq, o_Ib) \
    R(V0F3A, 19, 66,  0,                L1 | W0 | NV,      vextractf128,    vextract128,       AVX,  o_Wdq, o_Vx, o_Ib) \
    R(V0F3A, 21, 66,  0,                L0,                vinsertps,       vinsertps,         AVX,  o_Vdq, o_Hdq, o_Wss, o_Ib) \
    R(V0F3A, 40, 66,  0,                LANY,              vdpps,           vdpps,             AVX,  o_Vx, o_Hx, o_Wx, o_Ib) \
    R(V0F3A, 41, 66,  0,                L0,                vdppd,           vdppd,             AVX,  o_Vx, o_Hx, o_Wx, o_Ib) \
    R(V0F3A, 4A, 66,  0,                LANY | W0,         vblendvps,       vblendvps,         AVX,  o_Vx, o_Hx, o_Wx, o_Lx) \
    R(V0F3A, 4B, 66,  0,                LANY | W0,         vblendvpd,       vblendvpd,         AVX,  o_Vx, o_Hx, o_Wx, o_Lx) \
    /* end */

#define ROWS(R, X) ROWS_0F(R, X) ROWS_0F38(R, X) ROWS_0F3A(R, X)
// clang-format on

ROWS(VEX_DECLARE, VEX_DECLARE)
static const struct insn rows[] = {ROWS(VEX_ROW, VEX_ROW_X)};
const struct insn_table x86_table_avx_fp = {rows, countof(rows)};
