// SPDX-License-Identifier: MIT
// The rows of AVX's floating point, in the order of the SDM's opcode maps (vol. 2, appendix A). Handlers: op_sse_*.c, op_avx*.c.
#include "isa/x86_64/insn/rows.h"

// clang-format off
#define ROWS_0F(R) \
    /* moves */ \
    R(MAP_V0F, 0x10, PFX_NP, 0, "vmovups", (o_Vx, o_Wx), ops_vmovu, .feature = F_AVX, .flags = VEX_NV) \
    R(MAP_V0F, 0x10, PFX_66, 0, "vmovupd", (o_Vx, o_Wx), ops_vmovu, .feature = F_AVX, .flags = VEX_NV) \
    R(MAP_V0F, 0x10, PFX_F3, REGONLY, "vmovss", (o_Vdq, o_Hdq, o_Wss), ops_vmovss, .feature = F_AVX) \
    R(MAP_V0F, 0x10, PFX_F3, MEMONLY, "vmovss", (o_Vdq, o_Wss), ops_vmovss, .feature = F_AVX, .flags = VEX_NV) \
    R(MAP_V0F, 0x10, PFX_F2, REGONLY, "vmovsd", (o_Vdq, o_Hdq, o_Wsd), ops_vmovsd, .feature = F_AVX) \
    R(MAP_V0F, 0x10, PFX_F2, MEMONLY, "vmovsd", (o_Vdq, o_Wsd), ops_vmovsd, .feature = F_AVX, .flags = VEX_NV) \
    R(MAP_V0F, 0x11, PFX_NP, 0, "vmovups", (o_Wx, o_Vx), ops_vmovu_store, .feature = F_AVX, .flags = VEX_NV) \
    R(MAP_V0F, 0x11, PFX_66, 0, "vmovupd", (o_Wx, o_Vx), ops_vmovu_store, .feature = F_AVX, .flags = VEX_NV) \
    R(MAP_V0F, 0x11, PFX_F3, REGONLY, "vmovss", (o_Wss, o_Hdq, o_Vdq), ops_vmovss_store, .feature = F_AVX) \
    R(MAP_V0F, 0x11, PFX_F3, MEMONLY, "vmovss", (o_Wss, o_Vdq), ops_vmovss_store, .feature = F_AVX, .flags = VEX_NV) \
    R(MAP_V0F, 0x11, PFX_F2, REGONLY, "vmovsd", (o_Wsd, o_Hdq, o_Vdq), ops_vmovsd_store, .feature = F_AVX) \
    R(MAP_V0F, 0x11, PFX_F2, MEMONLY, "vmovsd", (o_Wsd, o_Vdq), ops_vmovsd_store, .feature = F_AVX, .flags = VEX_NV) \
    R(MAP_V0F, 0x12, PFX_NP, REGONLY, "vmovhlps", (o_Vdq, o_Hdq, o_Udq), ops_vmovlps, .feature = F_AVX, .flags = VEX_L0) \
    R(MAP_V0F, 0x12, PFX_NP, MEMONLY, "vmovlps", (o_Vdq, o_Hdq, o_Mq), ops_vmovlps, .feature = F_AVX, .flags = VEX_L0) \
    R(MAP_V0F, 0x12, PFX_66, MEMONLY, "vmovlpd", (o_Vdq, o_Hdq, o_Mq), ops_vmovlps, .feature = F_AVX, .flags = VEX_L0) \
    R(MAP_V0F, 0x12, PFX_F3, 0, "vmovsldup", (o_Vx, o_Wx), ops_vmovsldup, .feature = F_AVX, .flags = VEX_NV) \
    R(MAP_V0F, 0x12, PFX_F2, 0, "vmovddup", (o_Vdq, o_Wq), ops_vmovddup, .feature = F_AVX, .flags = VEX_L0 | VEX_NV) \
    R(MAP_V0F, 0x12, PFX_F2, 0, "vmovddup", (o_Vx, o_Wx), ops_vmovddup, .feature = F_AVX, .flags = VEX_L1 | VEX_NV) \
    R(MAP_V0F, 0x13, PFX_NP, 0, "vmovlps", (o_Mq, o_Vdq), ops_vmovlps_store, .feature = F_AVX, .flags = VEX_L0 | VEX_NV) \
    R(MAP_V0F, 0x13, PFX_66, 0, "vmovlpd", (o_Mq, o_Vdq), ops_vmovlps_store, .feature = F_AVX, .flags = VEX_L0 | VEX_NV) \
    R(MAP_V0F, 0x14, PFX_NP, 0, "vunpcklps", (o_Vx, o_Hx, o_Wx), ops_vpunpckldq, .feature = F_AVX) \
    R(MAP_V0F, 0x14, PFX_66, 0, "vunpcklpd", (o_Vx, o_Hx, o_Wx), ops_vpunpcklqdq, .feature = F_AVX) \
    R(MAP_V0F, 0x15, PFX_NP, 0, "vunpckhps", (o_Vx, o_Hx, o_Wx), ops_vpunpckhdq, .feature = F_AVX) \
    R(MAP_V0F, 0x15, PFX_66, 0, "vunpckhpd", (o_Vx, o_Hx, o_Wx), ops_vpunpckhqdq, .feature = F_AVX) \
    R(MAP_V0F, 0x16, PFX_NP, REGONLY, "vmovlhps", (o_Vdq, o_Hdq, o_Udq), ops_vmovhps, .feature = F_AVX, .flags = VEX_L0) \
    R(MAP_V0F, 0x16, PFX_NP, MEMONLY, "vmovhps", (o_Vdq, o_Hdq, o_Mq), ops_vmovhps, .feature = F_AVX, .flags = VEX_L0) \
    R(MAP_V0F, 0x16, PFX_66, MEMONLY, "vmovhpd", (o_Vdq, o_Hdq, o_Mq), ops_vmovhps, .feature = F_AVX, .flags = VEX_L0) \
    R(MAP_V0F, 0x16, PFX_F3, 0, "vmovshdup", (o_Vx, o_Wx), ops_vmovshdup, .feature = F_AVX, .flags = VEX_NV) \
    R(MAP_V0F, 0x17, PFX_NP, 0, "vmovhps", (o_Mq, o_Vdq), ops_vmovhps_store, .feature = F_AVX, .flags = VEX_L0 | VEX_NV) \
    R(MAP_V0F, 0x17, PFX_66, 0, "vmovhpd", (o_Mq, o_Vdq), ops_vmovhps_store, .feature = F_AVX, .flags = VEX_L0 | VEX_NV) \
    R(MAP_V0F, 0x28, PFX_NP, 0, "vmovaps", (o_Vx, o_Wx), ops_vmova, .feature = F_AVX, .flags = VEX_NV | ALIGNED) \
    R(MAP_V0F, 0x28, PFX_66, 0, "vmovapd", (o_Vx, o_Wx), ops_vmova, .feature = F_AVX, .flags = VEX_NV | ALIGNED) \
    R(MAP_V0F, 0x29, PFX_NP, 0, "vmovaps", (o_Wx, o_Vx), ops_vmova_store, .feature = F_AVX, .flags = VEX_NV | ALIGNED) \
    R(MAP_V0F, 0x29, PFX_66, 0, "vmovapd", (o_Wx, o_Vx), ops_vmova_store, .feature = F_AVX, .flags = VEX_NV | ALIGNED) \
    R(MAP_V0F, 0x2a, PFX_F3, 0, "vcvtsi2ss", (o_Vdq, o_Hdq, o_Ey), ops_vcvtsi2ss, .feature = F_AVX, .flags = VEX_BY_W | FLOAT) \
    R(MAP_V0F, 0x2a, PFX_F2, 0, "vcvtsi2sd", (o_Vdq, o_Hdq, o_Ey), ops_vcvtsi2sd, .feature = F_AVX, .flags = VEX_BY_W | FLOAT) \
    R(MAP_V0F, 0x2b, PFX_NP, 0, "vmovntps", (o_Mx, o_Vx), ops_vmovnt, .feature = F_AVX, .flags = VEX_NV | ALIGNED) \
    R(MAP_V0F, 0x2b, PFX_66, 0, "vmovntpd", (o_Mx, o_Vx), ops_vmovnt, .feature = F_AVX, .flags = VEX_NV | ALIGNED) \
    R(MAP_V0F, 0x2c, PFX_F3, 0, "vcvttss2si", (o_Gy, o_Wss), ops_vcvttss2si, .feature = F_AVX, .flags = VEX_BY_W | VEX_NV | FLOAT) \
    R(MAP_V0F, 0x2c, PFX_F2, 0, "vcvttsd2si", (o_Gy, o_Wsd), ops_vcvttsd2si, .feature = F_AVX, .flags = VEX_BY_W | VEX_NV | FLOAT) \
    R(MAP_V0F, 0x2d, PFX_F3, 0, "vcvtss2si", (o_Gy, o_Wss), ops_vcvtss2si, .feature = F_AVX, .flags = VEX_BY_W | VEX_NV | FLOAT) \
    R(MAP_V0F, 0x2d, PFX_F2, 0, "vcvtsd2si", (o_Gy, o_Wsd), ops_vcvtsd2si, .feature = F_AVX, .flags = VEX_BY_W | VEX_NV | FLOAT) \
    R(MAP_V0F, 0x2e, PFX_NP, 0, "vucomiss", (o_Vdq, o_Wss), ops_vucomiss, .feature = F_AVX, .flags = VEX_NV | FLOAT, .lazy = LAZY_COMPARED, .writes = FL_ARITH) \
    R(MAP_V0F, 0x2e, PFX_66, 0, "vucomisd", (o_Vdq, o_Wsd), ops_vucomisd, .feature = F_AVX, .flags = VEX_NV | FLOAT, .lazy = LAZY_COMPARED, .writes = FL_ARITH) \
    R(MAP_V0F, 0x2f, PFX_NP, 0, "vcomiss", (o_Vdq, o_Wss), ops_vcomiss, .feature = F_AVX, .flags = VEX_NV | FLOAT, .lazy = LAZY_COMPARED, .writes = FL_ARITH) \
    R(MAP_V0F, 0x2f, PFX_66, 0, "vcomisd", (o_Vdq, o_Wsd), ops_vcomisd, .feature = F_AVX, .flags = VEX_NV | FLOAT, .lazy = LAZY_COMPARED, .writes = FL_ARITH) \
    /* floating point */ \
    R(MAP_V0F, 0x50, PFX_NP, 0, "vmovmskps", (o_Gd, o_Ux), ops_vmovmskps, .feature = F_AVX, .flags = VEX_NV) \
    R(MAP_V0F, 0x50, PFX_66, 0, "vmovmskpd", (o_Gd, o_Ux), ops_vmovmskpd, .feature = F_AVX, .flags = VEX_NV) \
    R(MAP_V0F, 0x51, PFX_NP, 0, "vsqrtps", (o_Vx, o_Wx), ops_vsqrtps, .feature = F_AVX, .flags = VEX_NV | FLOAT) \
    R(MAP_V0F, 0x51, PFX_66, 0, "vsqrtpd", (o_Vx, o_Wx), ops_vsqrtpd, .feature = F_AVX, .flags = VEX_NV | FLOAT) \
    R(MAP_V0F, 0x51, PFX_F3, 0, "vsqrtss", (o_Vdq, o_Hdq, o_Wss), ops_vsqrtss, .feature = F_AVX, .flags = FLOAT) \
    R(MAP_V0F, 0x51, PFX_F2, 0, "vsqrtsd", (o_Vdq, o_Hdq, o_Wsd), ops_vsqrtsd, .feature = F_AVX, .flags = FLOAT) \
    R(MAP_V0F, 0x52, PFX_NP, 0, "vrsqrtps", (o_Vx, o_Wx), ops_vrsqrtps, .feature = F_AVX, .flags = VEX_NV | OWN) \
    R(MAP_V0F, 0x52, PFX_F3, 0, "vrsqrtss", (o_Vdq, o_Hdq, o_Wss), ops_vrsqrtss, .feature = F_AVX, .flags = OWN) \
    R(MAP_V0F, 0x53, PFX_NP, 0, "vrcpps", (o_Vx, o_Wx), ops_vrcpps, .feature = F_AVX, .flags = VEX_NV | OWN) \
    R(MAP_V0F, 0x53, PFX_F3, 0, "vrcpss", (o_Vdq, o_Hdq, o_Wss), ops_vrcpss, .feature = F_AVX, .flags = OWN) \
    R(MAP_V0F, 0x54, PFX_NP, 0, "vandps", (o_Vx, o_Hx, o_Wx), ops_vpand, .feature = F_AVX) \
    R(MAP_V0F, 0x54, PFX_66, 0, "vandpd", (o_Vx, o_Hx, o_Wx), ops_vpand, .feature = F_AVX) \
    R(MAP_V0F, 0x55, PFX_NP, 0, "vandnps", (o_Vx, o_Hx, o_Wx), ops_vpandn, .feature = F_AVX) \
    R(MAP_V0F, 0x55, PFX_66, 0, "vandnpd", (o_Vx, o_Hx, o_Wx), ops_vpandn, .feature = F_AVX) \
    R(MAP_V0F, 0x56, PFX_NP, 0, "vorps", (o_Vx, o_Hx, o_Wx), ops_vpor, .feature = F_AVX) \
    R(MAP_V0F, 0x56, PFX_66, 0, "vorpd", (o_Vx, o_Hx, o_Wx), ops_vpor, .feature = F_AVX) \
    R(MAP_V0F, 0x57, PFX_NP, 0, "vxorps", (o_Vx, o_Hx, o_Wx), ops_vpxor, .feature = F_AVX) \
    R(MAP_V0F, 0x57, PFX_66, 0, "vxorpd", (o_Vx, o_Hx, o_Wx), ops_vpxor, .feature = F_AVX) \
    R(MAP_V0F, 0x58, PFX_NP, 0, "vaddps", (o_Vx, o_Hx, o_Wx), ops_vaddps, .feature = F_AVX, .flags = FLOAT) \
    R(MAP_V0F, 0x58, PFX_66, 0, "vaddpd", (o_Vx, o_Hx, o_Wx), ops_vaddpd, .feature = F_AVX, .flags = FLOAT) \
    R(MAP_V0F, 0x58, PFX_F3, 0, "vaddss", (o_Vdq, o_Hdq, o_Wss), ops_vaddss, .feature = F_AVX, .flags = FLOAT) \
    R(MAP_V0F, 0x58, PFX_F2, 0, "vaddsd", (o_Vdq, o_Hdq, o_Wsd), ops_vaddsd, .feature = F_AVX, .flags = FLOAT) \
    R(MAP_V0F, 0x59, PFX_NP, 0, "vmulps", (o_Vx, o_Hx, o_Wx), ops_vmulps, .feature = F_AVX, .flags = FLOAT) \
    R(MAP_V0F, 0x59, PFX_66, 0, "vmulpd", (o_Vx, o_Hx, o_Wx), ops_vmulpd, .feature = F_AVX, .flags = FLOAT) \
    R(MAP_V0F, 0x59, PFX_F3, 0, "vmulss", (o_Vdq, o_Hdq, o_Wss), ops_vmulss, .feature = F_AVX, .flags = FLOAT) \
    R(MAP_V0F, 0x59, PFX_F2, 0, "vmulsd", (o_Vdq, o_Hdq, o_Wsd), ops_vmulsd, .feature = F_AVX, .flags = FLOAT) \
    R(MAP_V0F, 0x5a, PFX_NP, 0, "vcvtps2pd", (o_Vx, o_Whx), ops_vcvtps2pd, .feature = F_AVX, .flags = VEX_NV | FLOAT) \
    R(MAP_V0F, 0x5a, PFX_66, 0, "vcvtpd2ps", (o_Vdq, o_Wx), ops_vcvtpd2ps, .feature = F_AVX, .flags = VEX_NV | FLOAT) \
    R(MAP_V0F, 0x5a, PFX_F3, 0, "vcvtss2sd", (o_Vdq, o_Hdq, o_Wss), ops_vcvtss2sd, .feature = F_AVX, .flags = FLOAT) \
    R(MAP_V0F, 0x5a, PFX_F2, 0, "vcvtsd2ss", (o_Vdq, o_Hdq, o_Wsd), ops_vcvtsd2ss, .feature = F_AVX, .flags = FLOAT) \
    R(MAP_V0F, 0x5b, PFX_NP, 0, "vcvtdq2ps", (o_Vx, o_Wx), ops_vcvtdq2ps, .feature = F_AVX, .flags = VEX_NV | FLOAT) \
    R(MAP_V0F, 0x5b, PFX_66, 0, "vcvtps2dq", (o_Vx, o_Wx), ops_vcvtps2dq, .feature = F_AVX, .flags = VEX_NV | FLOAT) \
    R(MAP_V0F, 0x5b, PFX_F3, 0, "vcvttps2dq", (o_Vx, o_Wx), ops_vcvttps2dq, .feature = F_AVX, .flags = VEX_NV | FLOAT) \
    R(MAP_V0F, 0x5c, PFX_NP, 0, "vsubps", (o_Vx, o_Hx, o_Wx), ops_vsubps, .feature = F_AVX, .flags = FLOAT) \
    R(MAP_V0F, 0x5c, PFX_66, 0, "vsubpd", (o_Vx, o_Hx, o_Wx), ops_vsubpd, .feature = F_AVX, .flags = FLOAT) \
    R(MAP_V0F, 0x5c, PFX_F3, 0, "vsubss", (o_Vdq, o_Hdq, o_Wss), ops_vsubss, .feature = F_AVX, .flags = FLOAT) \
    R(MAP_V0F, 0x5c, PFX_F2, 0, "vsubsd", (o_Vdq, o_Hdq, o_Wsd), ops_vsubsd, .feature = F_AVX, .flags = FLOAT) \
    R(MAP_V0F, 0x5d, PFX_NP, 0, "vminps", (o_Vx, o_Hx, o_Wx), ops_vminps, .feature = F_AVX, .flags = FLOAT) \
    R(MAP_V0F, 0x5d, PFX_66, 0, "vminpd", (o_Vx, o_Hx, o_Wx), ops_vminpd, .feature = F_AVX, .flags = FLOAT) \
    R(MAP_V0F, 0x5d, PFX_F3, 0, "vminss", (o_Vdq, o_Hdq, o_Wss), ops_vminss, .feature = F_AVX, .flags = FLOAT) \
    R(MAP_V0F, 0x5d, PFX_F2, 0, "vminsd", (o_Vdq, o_Hdq, o_Wsd), ops_vminsd, .feature = F_AVX, .flags = FLOAT) \
    R(MAP_V0F, 0x5e, PFX_NP, 0, "vdivps", (o_Vx, o_Hx, o_Wx), ops_vdivps, .feature = F_AVX, .flags = FLOAT) \
    R(MAP_V0F, 0x5e, PFX_66, 0, "vdivpd", (o_Vx, o_Hx, o_Wx), ops_vdivpd, .feature = F_AVX, .flags = FLOAT) \
    R(MAP_V0F, 0x5e, PFX_F3, 0, "vdivss", (o_Vdq, o_Hdq, o_Wss), ops_vdivss, .feature = F_AVX, .flags = FLOAT) \
    R(MAP_V0F, 0x5e, PFX_F2, 0, "vdivsd", (o_Vdq, o_Hdq, o_Wsd), ops_vdivsd, .feature = F_AVX, .flags = FLOAT) \
    R(MAP_V0F, 0x5f, PFX_NP, 0, "vmaxps", (o_Vx, o_Hx, o_Wx), ops_vmaxps, .feature = F_AVX, .flags = FLOAT) \
    R(MAP_V0F, 0x5f, PFX_66, 0, "vmaxpd", (o_Vx, o_Hx, o_Wx), ops_vmaxpd, .feature = F_AVX, .flags = FLOAT) \
    R(MAP_V0F, 0x5f, PFX_F3, 0, "vmaxss", (o_Vdq, o_Hdq, o_Wss), ops_vmaxss, .feature = F_AVX, .flags = FLOAT) \
    R(MAP_V0F, 0x5f, PFX_F2, 0, "vmaxsd", (o_Vdq, o_Hdq, o_Wsd), ops_vmaxsd, .feature = F_AVX, .flags = FLOAT) \
    R(MAP_V0F, 0x77, PFX_NP, 0, "vzeroupper", (), ops_vzeroupper, .feature = F_AVX, .flags = VEX_L0 | VEX_NV, .special = SPECIAL_VZEROUPPER) \
    R(MAP_V0F, 0x77, PFX_NP, 0, "vzeroall", (), ops_vzeroall, .feature = F_AVX, .flags = VEX_L1 | VEX_NV) \
    R(MAP_V0F, 0x7c, PFX_66, 0, "vhaddpd", (o_Vx, o_Hx, o_Wx), ops_vhaddpd, .feature = F_AVX, .flags = FLOAT) \
    R(MAP_V0F, 0x7c, PFX_F2, 0, "vhaddps", (o_Vx, o_Hx, o_Wx), ops_vhaddps, .feature = F_AVX, .flags = FLOAT) \
    R(MAP_V0F, 0x7d, PFX_66, 0, "vhsubpd", (o_Vx, o_Hx, o_Wx), ops_vhsubpd, .feature = F_AVX, .flags = FLOAT) \
    R(MAP_V0F, 0x7d, PFX_F2, 0, "vhsubps", (o_Vx, o_Hx, o_Wx), ops_vhsubps, .feature = F_AVX, .flags = FLOAT) \
    R(MAP_V0F, 0xae, PFX_NP, EXT(2) | MEMONLY, "vldmxcsr", (o_Md), ops_vldmxcsr, .feature = F_AVX, .flags = VEX_L0 | VEX_NV) \
    R(MAP_V0F, 0xae, PFX_NP, EXT(3) | MEMONLY, "vstmxcsr", (o_Md), ops_vstmxcsr, .feature = F_AVX, .flags = VEX_L0 | VEX_NV) \
    R(MAP_V0F, 0xc2, PFX_NP, 0, "vcmpps", (o_Vx, o_Hx, o_Wx, o_Ib), ops_vcmpps, .feature = F_AVX, .flags = FLOAT) \
    R(MAP_V0F, 0xc2, PFX_66, 0, "vcmppd", (o_Vx, o_Hx, o_Wx, o_Ib), ops_vcmppd, .feature = F_AVX, .flags = FLOAT) \
    R(MAP_V0F, 0xc2, PFX_F3, 0, "vcmpss", (o_Vdq, o_Hdq, o_Wss, o_Ib), ops_vcmpss, .feature = F_AVX, .flags = FLOAT) \
    R(MAP_V0F, 0xc2, PFX_F2, 0, "vcmpsd", (o_Vdq, o_Hdq, o_Wsd, o_Ib), ops_vcmpsd, .feature = F_AVX, .flags = FLOAT) \
    R(MAP_V0F, 0xc6, PFX_NP, 0, "vshufps", (o_Vx, o_Hx, o_Wx, o_Ib), ops_vshufps, .feature = F_AVX) \
    R(MAP_V0F, 0xc6, PFX_66, 0, "vshufpd", (o_Vx, o_Hx, o_Wx, o_Ib), ops_vshufpd, .feature = F_AVX) \
    R(MAP_V0F, 0xd0, PFX_66, 0, "vaddsubpd", (o_Vx, o_Hx, o_Wx), ops_vaddsubpd, .feature = F_AVX, .flags = FLOAT) \
    R(MAP_V0F, 0xd0, PFX_F2, 0, "vaddsubps", (o_Vx, o_Hx, o_Wx), ops_vaddsubps, .feature = F_AVX, .flags = FLOAT) \
    R(MAP_V0F, 0xe6, PFX_66, 0, "vcvttpd2dq", (o_Vdq, o_Wx), ops_vcvttpd2dq, .feature = F_AVX, .flags = VEX_NV | FLOAT) \
    R(MAP_V0F, 0xe6, PFX_F3, 0, "vcvtdq2pd", (o_Vx, o_Whx), ops_vcvtdq2pd, .feature = F_AVX, .flags = VEX_NV) \
    R(MAP_V0F, 0xe6, PFX_F2, 0, "vcvtpd2dq", (o_Vdq, o_Wx), ops_vcvtpd2dq, .feature = F_AVX, .flags = VEX_NV | FLOAT) \
    /* end */

#define ROWS_0F38(R) \
    R(MAP_V0F38, 0x0c, PFX_66, 0, "vpermilps", (o_Vx, o_Hx, o_Wx), ops_vpermilps, .feature = F_AVX, .flags = VEX_W0) \
    R(MAP_V0F38, 0x0d, PFX_66, 0, "vpermilpd", (o_Vx, o_Hx, o_Wx), ops_vpermilpd, .feature = F_AVX, .flags = VEX_W0) \
    R(MAP_V0F38, 0x0e, PFX_66, 0, "vtestps", (o_Vx, o_Wx), ops_vtestps, .feature = F_AVX, .flags = VEX_W0 | VEX_NV, .lazy = LAZY_COMPARED, .writes = FL_ARITH) \
    R(MAP_V0F38, 0x0f, PFX_66, 0, "vtestpd", (o_Vx, o_Wx), ops_vtestpd, .feature = F_AVX, .flags = VEX_W0 | VEX_NV, .lazy = LAZY_COMPARED, .writes = FL_ARITH) \
    R(MAP_V0F38, 0x16, PFX_66, 0, "vpermps", (o_Vx, o_Hx, o_Wx), ops_vpermd, .feature = F_AVX2, .flags = VEX_L1 | VEX_W0) \
    R(MAP_V0F38, 0x18, PFX_66, MEMONLY, "vbroadcastss", (o_Vx, o_Md), ops_vpbroadcastd, .feature = F_AVX, .flags = VEX_W0 | VEX_NV) \
    R(MAP_V0F38, 0x18, PFX_66, REGONLY, "vbroadcastss", (o_Vx, o_Udq), ops_vpbroadcastd, .feature = F_AVX2, .flags = VEX_W0 | VEX_NV) \
    R(MAP_V0F38, 0x19, PFX_66, MEMONLY, "vbroadcastsd", (o_Vx, o_Mq), ops_vpbroadcastq, .feature = F_AVX, .flags = VEX_L1 | VEX_W0 | VEX_NV) \
    R(MAP_V0F38, 0x19, PFX_66, REGONLY, "vbroadcastsd", (o_Vx, o_Udq), ops_vpbroadcastq, .feature = F_AVX2, .flags = VEX_L1 | VEX_W0 | VEX_NV) \
    R(MAP_V0F38, 0x1a, PFX_66, 0, "vbroadcastf128", (o_Vx, o_Mdq), ops_vbroadcast128, .feature = F_AVX, .flags = VEX_L1 | VEX_W0 | VEX_NV) \
    R(MAP_V0F38, 0x2c, PFX_66, 0, "vmaskmovps", (o_Vx, o_Hx, o_Mx), ops_vpmaskmovd, .feature = F_AVX, .flags = VEX_W0) \
    R(MAP_V0F38, 0x2d, PFX_66, 0, "vmaskmovpd", (o_Vx, o_Hx, o_Mx), ops_vpmaskmovq, .feature = F_AVX, .flags = VEX_W0) \
    R(MAP_V0F38, 0x2e, PFX_66, 0, "vmaskmovps", (o_Mx, o_Hx, o_Vx), ops_vpmaskmovd_store, .feature = F_AVX, .flags = VEX_W0) \
    R(MAP_V0F38, 0x2f, PFX_66, 0, "vmaskmovpd", (o_Mx, o_Hx, o_Vx), ops_vpmaskmovq_store, .feature = F_AVX, .flags = VEX_W0) \
    /* end */

#define ROWS_0F3A(R) \
    R(MAP_V0F3A, 0x01, PFX_66, 0, "vpermpd", (o_Vx, o_Wx, o_Ib), ops_vpermq, .feature = F_AVX2, .flags = VEX_L1 | VEX_W1 | VEX_NV) \
    R(MAP_V0F3A, 0x04, PFX_66, 0, "vpermilps", (o_Vx, o_Wx, o_Ib), ops_vpermilps_i, .feature = F_AVX, .flags = VEX_W0 | VEX_NV) \
    R(MAP_V0F3A, 0x05, PFX_66, 0, "vpermilpd", (o_Vx, o_Wx, o_Ib), ops_vpermilpd_i, .feature = F_AVX, .flags = VEX_W0 | VEX_NV) \
    R(MAP_V0F3A, 0x06, PFX_66, 0, "vperm2f128", (o_Vx, o_Hx, o_Wx, o_Ib), ops_vperm2x128, .feature = F_AVX, .flags = VEX_L1 | VEX_W0) \
    R(MAP_V0F3A, 0x08, PFX_66, 0, "vroundps", (o_Vx, o_Wx, o_Ib), ops_vroundps, .feature = F_AVX, .flags = VEX_NV | FLOAT) \
    R(MAP_V0F3A, 0x09, PFX_66, 0, "vroundpd", (o_Vx, o_Wx, o_Ib), ops_vroundpd, .feature = F_AVX, .flags = VEX_NV | FLOAT) \
    R(MAP_V0F3A, 0x0a, PFX_66, 0, "vroundss", (o_Vdq, o_Hdq, o_Wss, o_Ib), ops_vroundss, .feature = F_AVX, .flags = FLOAT) \
    R(MAP_V0F3A, 0x0b, PFX_66, 0, "vroundsd", (o_Vdq, o_Hdq, o_Wsd, o_Ib), ops_vroundsd, .feature = F_AVX, .flags = FLOAT) \
    R(MAP_V0F3A, 0x0c, PFX_66, 0, "vblendps", (o_Vx, o_Hx, o_Wx, o_Ib), ops_vblendps, .feature = F_AVX) \
    R(MAP_V0F3A, 0x0d, PFX_66, 0, "vblendpd", (o_Vx, o_Hx, o_Wx, o_Ib), ops_vblendpd, .feature = F_AVX) \
    R(MAP_V0F3A, 0x17, PFX_66, 0, "vextractps", (o_Ed, o_Vdq, o_Ib), ops_vextractps, .feature = F_AVX, .flags = VEX_L0 | VEX_NV) \
    R(MAP_V0F3A, 0x18, PFX_66, 0, "vinsertf128", (o_Vx, o_Hx, o_Wdq, o_Ib), ops_vinsert128, .feature = F_AVX, .flags = VEX_L1 | VEX_W0) \
    R(MAP_V0F3A, 0x19, PFX_66, 0, "vextractf128", (o_Wdq, o_Vx, o_Ib), ops_vextract128, .feature = F_AVX, .flags = VEX_L1 | VEX_W0 | VEX_NV) \
    R(MAP_V0F3A, 0x21, PFX_66, 0, "vinsertps", (o_Vdq, o_Hdq, o_Wss, o_Ib), ops_vinsertps, .feature = F_AVX, .flags = VEX_L0) \
    R(MAP_V0F3A, 0x40, PFX_66, 0, "vdpps", (o_Vx, o_Hx, o_Wx, o_Ib), ops_vdpps, .feature = F_AVX, .flags = OWN) \
    R(MAP_V0F3A, 0x41, PFX_66, 0, "vdppd", (o_Vx, o_Hx, o_Wx, o_Ib), ops_vdppd, .feature = F_AVX, .flags = VEX_L0 | OWN) \
    R(MAP_V0F3A, 0x4a, PFX_66, 0, "vblendvps", (o_Vx, o_Hx, o_Wx, o_Lx), ops_vblendvps, .feature = F_AVX, .flags = VEX_W0) \
    R(MAP_V0F3A, 0x4b, PFX_66, 0, "vblendvpd", (o_Vx, o_Hx, o_Wx, o_Lx), ops_vblendvpd, .feature = F_AVX, .flags = VEX_W0) \
    /* end */

#define ROWS(R) ROWS_0F(R) ROWS_0F38(R) ROWS_0F3A(R)
// clang-format on

ROWS(DECLARE)
static const struct insn rows[] = {ROWS(ROW)};
X86_TABLE(avx_fp);
