// SPDX-License-Identifier: MIT
// The rows of MMX, SSE to SSE4.2, AES, PCLMULQDQ, SHA and the state-saving instructions, in the order of the SDM's opcode maps
// (vol. 2, appendix A). Handlers: op_mmx*.c, op_sse*.c, op_aes.c, op_sha.c, op_fxsave.c, op_xsave.c.
#include "isa/x86_64/insn/rows.h"

// clang-format off
#define ROWS_0F(R) \
    /* prefetch: a hint, whatever the address */ \
    R(MAP_0F, 0x0d, PFX_ANY, EXT(0) | MEMONLY, "prefetch", (o_M), ops_hint, .feature = F_PREFETCHW, .flags = NO_OPSIZE | NO_EFFECT) \
    R(MAP_0F, 0x0d, PFX_ANY, EXT(1) | MEMONLY, "prefetchw", (o_M), ops_hint, .feature = F_PREFETCHW, .flags = NO_OPSIZE | NO_EFFECT) \
    R(MAP_0F, 0x0d, PFX_ANY, 0, "nop", (o_Ev), ops_reserved_nop, .feature = F_NOPL, .flags = NO_OPSIZE | NO_EFFECT) \
    /* moves */ \
    R(MAP_0F, 0x10, PFX_NP, 0, "movups", (o_Vdq, o_Wdq), ops_movu, .feature = F_SSE, .flags = NO_OPSIZE | UNALIGNED) \
    R(MAP_0F, 0x10, PFX_66, 0, "movupd", (o_Vdq, o_Wdq), ops_movu, .feature = F_SSE2, .flags = NO_OPSIZE | UNALIGNED) \
    R(MAP_0F, 0x10, PFX_F3, 0, "movss", (o_Vdq, o_Wss), ops_movss, .feature = F_SSE, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x10, PFX_F2, 0, "movsd", (o_Vdq, o_Wsd), ops_movsd, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x11, PFX_NP, 0, "movups", (o_Wdq, o_Vdq), ops_movu_store, .feature = F_SSE, .flags = NO_OPSIZE | UNALIGNED) \
    R(MAP_0F, 0x11, PFX_66, 0, "movupd", (o_Wdq, o_Vdq), ops_movu_store, .feature = F_SSE2, .flags = NO_OPSIZE | UNALIGNED) \
    R(MAP_0F, 0x11, PFX_F3, 0, "movss", (o_Wss, o_Vdq), ops_movss_store, .feature = F_SSE, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x11, PFX_F2, 0, "movsd", (o_Wsd, o_Vdq), ops_movsd_store, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x12, PFX_NP, 0, "movlps", (o_Vdq, o_Wq), ops_movlps, .feature = F_SSE, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x12, PFX_66, 0, "movlpd", (o_Vdq, o_Mq), ops_movlpd, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x12, PFX_F3, 0, "movsldup", (o_Vdq, o_Wdq), ops_movsldup, .feature = F_SSE3, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x12, PFX_F2, 0, "movddup", (o_Vdq, o_Wq), ops_movddup, .feature = F_SSE3, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x13, PFX_NP, 0, "movlps", (o_Mq, o_Vdq), ops_movlps_store, .feature = F_SSE, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x13, PFX_66, 0, "movlpd", (o_Mq, o_Vdq), ops_movlps_store, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x14, PFX_NP, 0, "unpcklps", (o_Vdq, o_Wdq), ops_punpckldq, .feature = F_SSE, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x14, PFX_66, 0, "unpcklpd", (o_Vdq, o_Wdq), ops_punpcklqdq, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x15, PFX_NP, 0, "unpckhps", (o_Vdq, o_Wdq), ops_punpckhdq, .feature = F_SSE, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x15, PFX_66, 0, "unpckhpd", (o_Vdq, o_Wdq), ops_punpckhqdq, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x16, PFX_NP, 0, "movhps", (o_Vdq, o_Wq), ops_movhps, .feature = F_SSE, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x16, PFX_66, 0, "movhpd", (o_Vdq, o_Mq), ops_movhpd, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x16, PFX_F3, 0, "movshdup", (o_Vdq, o_Wdq), ops_movshdup, .feature = F_SSE3, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x17, PFX_NP, 0, "movhps", (o_Mq, o_Vdq), ops_movhps_store, .feature = F_SSE, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x17, PFX_66, 0, "movhpd", (o_Mq, o_Vdq), ops_movhps_store, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x18, PFX_ANY, EXT(0) | MEMONLY, "prefetchnta", (o_M), ops_hint, .feature = F_SSE, .flags = NO_OPSIZE | NO_EFFECT) \
    R(MAP_0F, 0x18, PFX_ANY, EXT(1) | MEMONLY, "prefetcht0", (o_M), ops_hint, .feature = F_SSE, .flags = NO_OPSIZE | NO_EFFECT) \
    R(MAP_0F, 0x18, PFX_ANY, EXT(2) | MEMONLY, "prefetcht1", (o_M), ops_hint, .feature = F_SSE, .flags = NO_OPSIZE | NO_EFFECT) \
    R(MAP_0F, 0x18, PFX_ANY, EXT(3) | MEMONLY, "prefetcht2", (o_M), ops_hint, .feature = F_SSE, .flags = NO_OPSIZE | NO_EFFECT) \
    R(MAP_0F, 0x18, PFX_ANY, 0, "nop", (o_Ev), ops_reserved_nop, .feature = F_NOPL, .flags = NO_OPSIZE | NO_EFFECT) \
    R(MAP_0F, 0x28, PFX_NP, 0, "movaps", (o_Vdq, o_Wdq), ops_mova, .feature = F_SSE, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x28, PFX_66, 0, "movapd", (o_Vdq, o_Wdq), ops_mova, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x29, PFX_NP, 0, "movaps", (o_Wdq, o_Vdq), ops_mova_store, .feature = F_SSE, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x29, PFX_66, 0, "movapd", (o_Wdq, o_Vdq), ops_mova_store, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x2a, PFX_NP, 0, "cvtpi2ps", (o_Vdq, o_Qq), ops_cvtpi2ps, .feature = F_SSE, .flags = NO_OPSIZE | FLOAT) \
    R(MAP_0F, 0x2a, PFX_66, 0, "cvtpi2pd", (o_Vdq, o_Qq), ops_cvtpi2pd, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x2a, PFX_F3, 0, "cvtsi2ss", (o_Vdq, o_Ey), ops_cvtsi2ss, .feature = F_SSE, .flags = NO_OPSIZE | FLOAT) \
    R(MAP_0F, 0x2a, PFX_F2, 0, "cvtsi2sd", (o_Vdq, o_Ey), ops_cvtsi2sd, .feature = F_SSE2, .flags = NO_OPSIZE | FLOAT) \
    R(MAP_0F, 0x2b, PFX_NP, 0, "movntps", (o_Mdq, o_Vdq), ops_movnt, .feature = F_SSE, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x2b, PFX_66, 0, "movntpd", (o_Mdq, o_Vdq), ops_movnt, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x2c, PFX_NP, 0, "cvttps2pi", (o_Pq, o_Wq), ops_cvttps2pi, .feature = F_SSE, .flags = NO_OPSIZE | FLOAT) \
    R(MAP_0F, 0x2c, PFX_66, 0, "cvttpd2pi", (o_Pq, o_Wdq), ops_cvttpd2pi, .feature = F_SSE2, .flags = NO_OPSIZE | FLOAT) \
    R(MAP_0F, 0x2c, PFX_F3, 0, "cvttss2si", (o_Gy, o_Wss), ops_cvttss2si, .feature = F_SSE, .flags = NO_OPSIZE | FLOAT) \
    R(MAP_0F, 0x2c, PFX_F2, 0, "cvttsd2si", (o_Gy, o_Wsd), ops_cvttsd2si, .feature = F_SSE2, .flags = NO_OPSIZE | FLOAT) \
    R(MAP_0F, 0x2d, PFX_NP, 0, "cvtps2pi", (o_Pq, o_Wq), ops_cvtps2pi, .feature = F_SSE, .flags = NO_OPSIZE | FLOAT) \
    R(MAP_0F, 0x2d, PFX_66, 0, "cvtpd2pi", (o_Pq, o_Wdq), ops_cvtpd2pi, .feature = F_SSE2, .flags = NO_OPSIZE | FLOAT) \
    R(MAP_0F, 0x2d, PFX_F3, 0, "cvtss2si", (o_Gy, o_Wss), ops_cvtss2si, .feature = F_SSE, .flags = NO_OPSIZE | FLOAT) \
    R(MAP_0F, 0x2d, PFX_F2, 0, "cvtsd2si", (o_Gy, o_Wsd), ops_cvtsd2si, .feature = F_SSE2, .flags = NO_OPSIZE | FLOAT) \
    R(MAP_0F, 0x2e, PFX_NP, 0, "ucomiss", (o_Vdq, o_Wss), ops_ucomiss, .feature = F_SSE, .flags = NO_OPSIZE | FLOAT, .lazy = LAZY_COMPARED, .writes = FL_ARITH) \
    R(MAP_0F, 0x2e, PFX_66, 0, "ucomisd", (o_Vdq, o_Wsd), ops_ucomisd, .feature = F_SSE2, .flags = NO_OPSIZE | FLOAT, .lazy = LAZY_COMPARED, .writes = FL_ARITH) \
    R(MAP_0F, 0x2f, PFX_NP, 0, "comiss", (o_Vdq, o_Wss), ops_comiss, .feature = F_SSE, .flags = NO_OPSIZE | FLOAT, .lazy = LAZY_COMPARED, .writes = FL_ARITH) \
    R(MAP_0F, 0x2f, PFX_66, 0, "comisd", (o_Vdq, o_Wsd), ops_comisd, .feature = F_SSE2, .flags = NO_OPSIZE | FLOAT, .lazy = LAZY_COMPARED, .writes = FL_ARITH) \
    /* floating point */ \
    R(MAP_0F, 0x50, PFX_NP, 0, "movmskps", (o_Gd, o_Udq), ops_movmskps, .feature = F_SSE, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x50, PFX_66, 0, "movmskpd", (o_Gd, o_Udq), ops_movmskpd, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x51, PFX_NP, 0, "sqrtps", (o_Vdq, o_Wdq), ops_sqrtps, .feature = F_SSE, .flags = NO_OPSIZE | FLOAT) \
    R(MAP_0F, 0x51, PFX_66, 0, "sqrtpd", (o_Vdq, o_Wdq), ops_sqrtpd, .feature = F_SSE2, .flags = NO_OPSIZE | FLOAT) \
    R(MAP_0F, 0x51, PFX_F3, 0, "sqrtss", (o_Vdq, o_Wss), ops_sqrtss, .feature = F_SSE, .flags = NO_OPSIZE | FLOAT) \
    R(MAP_0F, 0x51, PFX_F2, 0, "sqrtsd", (o_Vdq, o_Wsd), ops_sqrtsd, .feature = F_SSE2, .flags = NO_OPSIZE | FLOAT) \
    R(MAP_0F, 0x52, PFX_NP, 0, "rsqrtps", (o_Vdq, o_Wdq), ops_rsqrtps, .feature = F_SSE, .flags = NO_OPSIZE | OWN) \
    R(MAP_0F, 0x52, PFX_F3, 0, "rsqrtss", (o_Vdq, o_Wss), ops_rsqrtss, .feature = F_SSE, .flags = NO_OPSIZE | OWN) \
    R(MAP_0F, 0x53, PFX_NP, 0, "rcpps", (o_Vdq, o_Wdq), ops_rcpps, .feature = F_SSE, .flags = NO_OPSIZE | OWN) \
    R(MAP_0F, 0x53, PFX_F3, 0, "rcpss", (o_Vdq, o_Wss), ops_rcpss, .feature = F_SSE, .flags = NO_OPSIZE | OWN) \
    R(MAP_0F, 0x54, PFX_NP, 0, "andps", (o_Vdq, o_Wdq), ops_pand, .feature = F_SSE, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x54, PFX_66, 0, "andpd", (o_Vdq, o_Wdq), ops_pand, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x55, PFX_NP, 0, "andnps", (o_Vdq, o_Wdq), ops_pandn, .feature = F_SSE, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x55, PFX_66, 0, "andnpd", (o_Vdq, o_Wdq), ops_pandn, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x56, PFX_NP, 0, "orps", (o_Vdq, o_Wdq), ops_por, .feature = F_SSE, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x56, PFX_66, 0, "orpd", (o_Vdq, o_Wdq), ops_por, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x57, PFX_NP, 0, "xorps", (o_Vdq, o_Wdq), ops_pxor, .feature = F_SSE, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x57, PFX_66, 0, "xorpd", (o_Vdq, o_Wdq), ops_pxor, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x58, PFX_NP, 0, "addps", (o_Vdq, o_Wdq), ops_addps, .feature = F_SSE, .flags = NO_OPSIZE | FLOAT) \
    R(MAP_0F, 0x58, PFX_66, 0, "addpd", (o_Vdq, o_Wdq), ops_addpd, .feature = F_SSE2, .flags = NO_OPSIZE | FLOAT) \
    R(MAP_0F, 0x58, PFX_F3, 0, "addss", (o_Vdq, o_Wss), ops_addss, .feature = F_SSE, .flags = NO_OPSIZE | FLOAT) \
    R(MAP_0F, 0x58, PFX_F2, 0, "addsd", (o_Vdq, o_Wsd), ops_addsd, .feature = F_SSE2, .flags = NO_OPSIZE | FLOAT) \
    R(MAP_0F, 0x59, PFX_NP, 0, "mulps", (o_Vdq, o_Wdq), ops_mulps, .feature = F_SSE, .flags = NO_OPSIZE | FLOAT) \
    R(MAP_0F, 0x59, PFX_66, 0, "mulpd", (o_Vdq, o_Wdq), ops_mulpd, .feature = F_SSE2, .flags = NO_OPSIZE | FLOAT) \
    R(MAP_0F, 0x59, PFX_F3, 0, "mulss", (o_Vdq, o_Wss), ops_mulss, .feature = F_SSE, .flags = NO_OPSIZE | FLOAT) \
    R(MAP_0F, 0x59, PFX_F2, 0, "mulsd", (o_Vdq, o_Wsd), ops_mulsd, .feature = F_SSE2, .flags = NO_OPSIZE | FLOAT) \
    R(MAP_0F, 0x5a, PFX_NP, 0, "cvtps2pd", (o_Vdq, o_Wq), ops_cvtps2pd, .feature = F_SSE2, .flags = NO_OPSIZE | FLOAT) \
    R(MAP_0F, 0x5a, PFX_66, 0, "cvtpd2ps", (o_Vdq, o_Wdq), ops_cvtpd2ps, .feature = F_SSE2, .flags = NO_OPSIZE | FLOAT) \
    R(MAP_0F, 0x5a, PFX_F3, 0, "cvtss2sd", (o_Vdq, o_Wss), ops_cvtss2sd, .feature = F_SSE2, .flags = NO_OPSIZE | FLOAT) \
    R(MAP_0F, 0x5a, PFX_F2, 0, "cvtsd2ss", (o_Vdq, o_Wsd), ops_cvtsd2ss, .feature = F_SSE2, .flags = NO_OPSIZE | FLOAT) \
    R(MAP_0F, 0x5b, PFX_NP, 0, "cvtdq2ps", (o_Vdq, o_Wdq), ops_cvtdq2ps, .feature = F_SSE2, .flags = NO_OPSIZE | FLOAT) \
    R(MAP_0F, 0x5b, PFX_66, 0, "cvtps2dq", (o_Vdq, o_Wdq), ops_cvtps2dq, .feature = F_SSE2, .flags = NO_OPSIZE | FLOAT) \
    R(MAP_0F, 0x5b, PFX_F3, 0, "cvttps2dq", (o_Vdq, o_Wdq), ops_cvttps2dq, .feature = F_SSE2, .flags = NO_OPSIZE | FLOAT) \
    R(MAP_0F, 0x5c, PFX_NP, 0, "subps", (o_Vdq, o_Wdq), ops_subps, .feature = F_SSE, .flags = NO_OPSIZE | FLOAT) \
    R(MAP_0F, 0x5c, PFX_66, 0, "subpd", (o_Vdq, o_Wdq), ops_subpd, .feature = F_SSE2, .flags = NO_OPSIZE | FLOAT) \
    R(MAP_0F, 0x5c, PFX_F3, 0, "subss", (o_Vdq, o_Wss), ops_subss, .feature = F_SSE, .flags = NO_OPSIZE | FLOAT) \
    R(MAP_0F, 0x5c, PFX_F2, 0, "subsd", (o_Vdq, o_Wsd), ops_subsd, .feature = F_SSE2, .flags = NO_OPSIZE | FLOAT) \
    R(MAP_0F, 0x5d, PFX_NP, 0, "minps", (o_Vdq, o_Wdq), ops_minps, .feature = F_SSE, .flags = NO_OPSIZE | FLOAT) \
    R(MAP_0F, 0x5d, PFX_66, 0, "minpd", (o_Vdq, o_Wdq), ops_minpd, .feature = F_SSE2, .flags = NO_OPSIZE | FLOAT) \
    R(MAP_0F, 0x5d, PFX_F3, 0, "minss", (o_Vdq, o_Wss), ops_minss, .feature = F_SSE, .flags = NO_OPSIZE | FLOAT) \
    R(MAP_0F, 0x5d, PFX_F2, 0, "minsd", (o_Vdq, o_Wsd), ops_minsd, .feature = F_SSE2, .flags = NO_OPSIZE | FLOAT) \
    R(MAP_0F, 0x5e, PFX_NP, 0, "divps", (o_Vdq, o_Wdq), ops_divps, .feature = F_SSE, .flags = NO_OPSIZE | FLOAT) \
    R(MAP_0F, 0x5e, PFX_66, 0, "divpd", (o_Vdq, o_Wdq), ops_divpd, .feature = F_SSE2, .flags = NO_OPSIZE | FLOAT) \
    R(MAP_0F, 0x5e, PFX_F3, 0, "divss", (o_Vdq, o_Wss), ops_divss, .feature = F_SSE, .flags = NO_OPSIZE | FLOAT) \
    R(MAP_0F, 0x5e, PFX_F2, 0, "divsd", (o_Vdq, o_Wsd), ops_divsd, .feature = F_SSE2, .flags = NO_OPSIZE | FLOAT) \
    R(MAP_0F, 0x5f, PFX_NP, 0, "maxps", (o_Vdq, o_Wdq), ops_maxps, .feature = F_SSE, .flags = NO_OPSIZE | FLOAT) \
    R(MAP_0F, 0x5f, PFX_66, 0, "maxpd", (o_Vdq, o_Wdq), ops_maxpd, .feature = F_SSE2, .flags = NO_OPSIZE | FLOAT) \
    R(MAP_0F, 0x5f, PFX_F3, 0, "maxss", (o_Vdq, o_Wss), ops_maxss, .feature = F_SSE, .flags = NO_OPSIZE | FLOAT) \
    R(MAP_0F, 0x5f, PFX_F2, 0, "maxsd", (o_Vdq, o_Wsd), ops_maxsd, .feature = F_SSE2, .flags = NO_OPSIZE | FLOAT) \
    /* packed integers */ \
    R(MAP_0F, 0x60, PFX_NP, 0, "punpcklbw", (o_Pq, o_Qd), ops_mmx_punpcklbw, .feature = F_MMX, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x60, PFX_66, 0, "punpcklbw", (o_Vdq, o_Wdq), ops_punpcklbw, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x61, PFX_NP, 0, "punpcklwd", (o_Pq, o_Qd), ops_mmx_punpcklwd, .feature = F_MMX, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x61, PFX_66, 0, "punpcklwd", (o_Vdq, o_Wdq), ops_punpcklwd, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x62, PFX_NP, 0, "punpckldq", (o_Pq, o_Qd), ops_mmx_punpckldq, .feature = F_MMX, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x62, PFX_66, 0, "punpckldq", (o_Vdq, o_Wdq), ops_punpckldq, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x63, PFX_NP, 0, "packsswb", (o_Pq, o_Qq), ops_mmx_packsswb, .feature = F_MMX, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x63, PFX_66, 0, "packsswb", (o_Vdq, o_Wdq), ops_packsswb, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x64, PFX_NP, 0, "pcmpgtb", (o_Pq, o_Qq), ops_mmx_pcmpgtb, .feature = F_MMX, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x64, PFX_66, 0, "pcmpgtb", (o_Vdq, o_Wdq), ops_pcmpgtb, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x65, PFX_NP, 0, "pcmpgtw", (o_Pq, o_Qq), ops_mmx_pcmpgtw, .feature = F_MMX, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x65, PFX_66, 0, "pcmpgtw", (o_Vdq, o_Wdq), ops_pcmpgtw, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x66, PFX_NP, 0, "pcmpgtd", (o_Pq, o_Qq), ops_mmx_pcmpgtd, .feature = F_MMX, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x66, PFX_66, 0, "pcmpgtd", (o_Vdq, o_Wdq), ops_pcmpgtd, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x67, PFX_NP, 0, "packuswb", (o_Pq, o_Qq), ops_mmx_packuswb, .feature = F_MMX, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x67, PFX_66, 0, "packuswb", (o_Vdq, o_Wdq), ops_packuswb, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x68, PFX_NP, 0, "punpckhbw", (o_Pq, o_Qq), ops_mmx_punpckhbw, .feature = F_MMX, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x68, PFX_66, 0, "punpckhbw", (o_Vdq, o_Wdq), ops_punpckhbw, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x69, PFX_NP, 0, "punpckhwd", (o_Pq, o_Qq), ops_mmx_punpckhwd, .feature = F_MMX, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x69, PFX_66, 0, "punpckhwd", (o_Vdq, o_Wdq), ops_punpckhwd, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x6a, PFX_NP, 0, "punpckhdq", (o_Pq, o_Qq), ops_mmx_punpckhdq, .feature = F_MMX, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x6a, PFX_66, 0, "punpckhdq", (o_Vdq, o_Wdq), ops_punpckhdq, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x6b, PFX_NP, 0, "packssdw", (o_Pq, o_Qq), ops_mmx_packssdw, .feature = F_MMX, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x6b, PFX_66, 0, "packssdw", (o_Vdq, o_Wdq), ops_packssdw, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x6c, PFX_66, 0, "punpcklqdq", (o_Vdq, o_Wdq), ops_punpcklqdq, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x6d, PFX_66, 0, "punpckhqdq", (o_Vdq, o_Wdq), ops_punpckhqdq, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x6e, PFX_NP, 0, "movd", (o_Pq, o_Ey), ops_mmx_movd_load, .feature = F_MMX, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x6e, PFX_66, 0, "movd", (o_Vdq, o_Ey), ops_movd_load, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x6f, PFX_NP, 0, "movq", (o_Pq, o_Qq), ops_mmx_movq_load, .feature = F_MMX, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x6f, PFX_66, 0, "movdqa", (o_Vdq, o_Wdq), ops_mova, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x6f, PFX_F3, 0, "movdqu", (o_Vdq, o_Wdq), ops_movu, .feature = F_SSE2, .flags = NO_OPSIZE | UNALIGNED) \
    R(MAP_0F, 0x70, PFX_NP, 0, "pshufw", (o_Pq, o_Qq, o_Ib), ops_mmx_pshufw, .feature = F_SSE, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x70, PFX_66, 0, "pshufd", (o_Vdq, o_Wdq, o_Ib), ops_pshufd, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x70, PFX_F3, 0, "pshufhw", (o_Vdq, o_Wdq, o_Ib), ops_pshufhw, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x70, PFX_F2, 0, "pshuflw", (o_Vdq, o_Wdq, o_Ib), ops_pshuflw, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x71, PFX_NP, EXT(2), "psrlw", (o_Nq, o_Ib), ops_mmx_psrlw_i, .feature = F_MMX, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x71, PFX_66, EXT(2), "psrlw", (o_Udq, o_Ib), ops_psrlw_i, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x71, PFX_NP, EXT(4), "psraw", (o_Nq, o_Ib), ops_mmx_psraw_i, .feature = F_MMX, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x71, PFX_66, EXT(4), "psraw", (o_Udq, o_Ib), ops_psraw_i, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x71, PFX_NP, EXT(6), "psllw", (o_Nq, o_Ib), ops_mmx_psllw_i, .feature = F_MMX, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x71, PFX_66, EXT(6), "psllw", (o_Udq, o_Ib), ops_psllw_i, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x72, PFX_NP, EXT(2), "psrld", (o_Nq, o_Ib), ops_mmx_psrld_i, .feature = F_MMX, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x72, PFX_66, EXT(2), "psrld", (o_Udq, o_Ib), ops_psrld_i, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x72, PFX_NP, EXT(4), "psrad", (o_Nq, o_Ib), ops_mmx_psrad_i, .feature = F_MMX, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x72, PFX_66, EXT(4), "psrad", (o_Udq, o_Ib), ops_psrad_i, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x72, PFX_NP, EXT(6), "pslld", (o_Nq, o_Ib), ops_mmx_pslld_i, .feature = F_MMX, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x72, PFX_66, EXT(6), "pslld", (o_Udq, o_Ib), ops_pslld_i, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x73, PFX_NP, EXT(2), "psrlq", (o_Nq, o_Ib), ops_mmx_psrlq_i, .feature = F_MMX, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x73, PFX_66, EXT(2), "psrlq", (o_Udq, o_Ib), ops_psrlq_i, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x73, PFX_NP, EXT(6), "psllq", (o_Nq, o_Ib), ops_mmx_psllq_i, .feature = F_MMX, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x73, PFX_66, EXT(6), "psllq", (o_Udq, o_Ib), ops_psllq_i, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x73, PFX_66, EXT(3), "psrldq", (o_Udq, o_Ib), ops_psrldq, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x73, PFX_66, EXT(7), "pslldq", (o_Udq, o_Ib), ops_pslldq, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x74, PFX_NP, 0, "pcmpeqb", (o_Pq, o_Qq), ops_mmx_pcmpeqb, .feature = F_MMX, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x74, PFX_66, 0, "pcmpeqb", (o_Vdq, o_Wdq), ops_pcmpeqb, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x75, PFX_NP, 0, "pcmpeqw", (o_Pq, o_Qq), ops_mmx_pcmpeqw, .feature = F_MMX, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x75, PFX_66, 0, "pcmpeqw", (o_Vdq, o_Wdq), ops_pcmpeqw, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x76, PFX_NP, 0, "pcmpeqd", (o_Pq, o_Qq), ops_mmx_pcmpeqd, .feature = F_MMX, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x76, PFX_66, 0, "pcmpeqd", (o_Vdq, o_Wdq), ops_pcmpeqd, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x77, PFX_NP, 0, "emms", (), ops_emms, .feature = F_MMX, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x7c, PFX_66, 0, "haddpd", (o_Vdq, o_Wdq), ops_haddpd, .feature = F_SSE3, .flags = NO_OPSIZE | FLOAT) \
    R(MAP_0F, 0x7c, PFX_F2, 0, "haddps", (o_Vdq, o_Wdq), ops_haddps, .feature = F_SSE3, .flags = NO_OPSIZE | FLOAT) \
    R(MAP_0F, 0x7d, PFX_66, 0, "hsubpd", (o_Vdq, o_Wdq), ops_hsubpd, .feature = F_SSE3, .flags = NO_OPSIZE | FLOAT) \
    R(MAP_0F, 0x7d, PFX_F2, 0, "hsubps", (o_Vdq, o_Wdq), ops_hsubps, .feature = F_SSE3, .flags = NO_OPSIZE | FLOAT) \
    R(MAP_0F, 0x7e, PFX_NP, 0, "movd", (o_Ey, o_Pq), ops_mmx_movd_store, .feature = F_MMX, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x7e, PFX_66, 0, "movd", (o_Ey, o_Vdq), ops_movd_store, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x7e, PFX_F3, 0, "movq", (o_Vdq, o_Wq), ops_movq, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x7f, PFX_NP, 0, "movq", (o_Qq, o_Pq), ops_mmx_movq_store, .feature = F_MMX, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x7f, PFX_66, 0, "movdqa", (o_Wdq, o_Vdq), ops_mova_store, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0x7f, PFX_F3, 0, "movdqu", (o_Wdq, o_Vdq), ops_movu_store, .feature = F_SSE2, .flags = NO_OPSIZE | UNALIGNED) \
    /* state, fences, cache control */ \
    R(MAP_0F, 0xae, PFX_NP, EXT(0) | MEMONLY, "fxsave", (o_M), ops_fxsave, .feature = F_FXSR, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xae, PFX_NP, EXT(1) | MEMONLY, "fxrstor", (o_M), ops_fxrstor, .feature = F_FXSR, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xae, PFX_NP, EXT(2) | MEMONLY, "ldmxcsr", (o_Md), ops_ldmxcsr, .feature = F_SSE, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xae, PFX_NP, EXT(3) | MEMONLY, "stmxcsr", (o_Md), ops_stmxcsr, .feature = F_SSE, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xae, PFX_NP, EXT(4) | MEMONLY, "xsave", (o_M), ops_xsave, .feature = F_XSAVE, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xae, PFX_NP, EXT(5) | MEMONLY, "xrstor", (o_M), ops_xrstor, .feature = F_XSAVE, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xae, PFX_NP, EXT(6) | MEMONLY, "xsaveopt", (o_M), ops_xsaveopt, .feature = F_XSAVEOPT, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xc7, PFX_NP, EXT(3) | MEMONLY, "xrstors", (o_M), ops_xrstors, .feature = F_XSAVES, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xc7, PFX_NP, EXT(4) | MEMONLY, "xsavec", (o_M), ops_xsavec, .feature = F_XSAVEC, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xc7, PFX_NP, EXT(5) | MEMONLY, "xsaves", (o_M), ops_xsaves, .feature = F_XSAVES, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xae, PFX_NP, EXT(7) | MEMONLY, "clflush", (o_Mb), ops_clflush, .feature = F_CLFLUSH, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xae, PFX_66, EXT(6) | MEMONLY, "clwb", (o_Mb), ops_clflush, .feature = F_CLWB, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xae, PFX_66, EXT(7) | MEMONLY, "clflushopt", (o_Mb), ops_clflush, .feature = F_CLFLUSHOPT, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xae, PFX_NP, EXT(5) | REGONLY, "lfence", (), ops_fence, .feature = F_SSE2, .flags = NO_OPSIZE | NO_EFFECT) \
    R(MAP_0F, 0xae, PFX_NP, EXT(6) | REGONLY, "mfence", (), ops_fence, .feature = F_SSE2, .flags = NO_OPSIZE | NO_EFFECT) \
    R(MAP_0F, 0xae, PFX_NP, EXT(7) | REGONLY, "sfence", (), ops_fence, .feature = F_SSE, .flags = NO_OPSIZE | NO_EFFECT) \
    /* compare, insert, extract, shuffle */ \
    R(MAP_0F, 0xc2, PFX_NP, 0, "cmpps", (o_Vdq, o_Wdq, o_Ib), ops_cmpps, .feature = F_SSE, .flags = NO_OPSIZE | FLOAT) \
    R(MAP_0F, 0xc2, PFX_66, 0, "cmppd", (o_Vdq, o_Wdq, o_Ib), ops_cmppd, .feature = F_SSE2, .flags = NO_OPSIZE | FLOAT) \
    R(MAP_0F, 0xc2, PFX_F3, 0, "cmpss", (o_Vdq, o_Wss, o_Ib), ops_cmpss, .feature = F_SSE, .flags = NO_OPSIZE | FLOAT) \
    R(MAP_0F, 0xc2, PFX_F2, 0, "cmpsd", (o_Vdq, o_Wsd, o_Ib), ops_cmpsd, .feature = F_SSE2, .flags = NO_OPSIZE | FLOAT) \
    R(MAP_0F, 0xc3, PFX_NP, 0, "movnti", (o_M, o_Gy), ops_movnti, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xc4, PFX_NP, REGONLY, "pinsrw", (o_Pq, o_Ry, o_Ib), ops_mmx_pinsrw, .feature = F_SSE, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xc4, PFX_NP, MEMONLY, "pinsrw", (o_Pq, o_Mw, o_Ib), ops_mmx_pinsrw, .feature = F_SSE, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xc4, PFX_66, REGONLY, "pinsrw", (o_Vdq, o_Ry, o_Ib), ops_pinsrw, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xc4, PFX_66, MEMONLY, "pinsrw", (o_Vdq, o_Mw, o_Ib), ops_pinsrw, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xc5, PFX_NP, 0, "pextrw", (o_Gd, o_Nq, o_Ib), ops_mmx_pextrw, .feature = F_SSE, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xc5, PFX_66, 0, "pextrw", (o_Gd, o_Udq, o_Ib), ops_pextrw_old, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xc6, PFX_NP, 0, "shufps", (o_Vdq, o_Wdq, o_Ib), ops_shufps, .feature = F_SSE, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xc6, PFX_66, 0, "shufpd", (o_Vdq, o_Wdq, o_Ib), ops_shufpd, .feature = F_SSE2, .flags = NO_OPSIZE) \
    /* packed integers */ \
    R(MAP_0F, 0xd0, PFX_66, 0, "addsubpd", (o_Vdq, o_Wdq), ops_addsubpd, .feature = F_SSE3, .flags = NO_OPSIZE | FLOAT) \
    R(MAP_0F, 0xd0, PFX_F2, 0, "addsubps", (o_Vdq, o_Wdq), ops_addsubps, .feature = F_SSE3, .flags = NO_OPSIZE | FLOAT) \
    R(MAP_0F, 0xd1, PFX_NP, 0, "psrlw", (o_Pq, o_Qq), ops_mmx_psrlw, .feature = F_MMX, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xd1, PFX_66, 0, "psrlw", (o_Vdq, o_Wdq), ops_psrlw, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xd2, PFX_NP, 0, "psrld", (o_Pq, o_Qq), ops_mmx_psrld, .feature = F_MMX, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xd2, PFX_66, 0, "psrld", (o_Vdq, o_Wdq), ops_psrld, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xd3, PFX_NP, 0, "psrlq", (o_Pq, o_Qq), ops_mmx_psrlq, .feature = F_MMX, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xd3, PFX_66, 0, "psrlq", (o_Vdq, o_Wdq), ops_psrlq, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xd4, PFX_NP, 0, "paddq", (o_Pq, o_Qq), ops_mmx_paddq, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xd4, PFX_66, 0, "paddq", (o_Vdq, o_Wdq), ops_paddq, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xd5, PFX_NP, 0, "pmullw", (o_Pq, o_Qq), ops_mmx_pmullw, .feature = F_MMX, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xd5, PFX_66, 0, "pmullw", (o_Vdq, o_Wdq), ops_pmullw, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xd6, PFX_66, 0, "movq", (o_Wq, o_Vdq), ops_movq_store, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xd6, PFX_F3, 0, "movq2dq", (o_Vdq, o_Nq), ops_movq2dq, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xd6, PFX_F2, 0, "movdq2q", (o_Pq, o_Udq), ops_movdq2q, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xd7, PFX_NP, 0, "pmovmskb", (o_Gd, o_Nq), ops_mmx_pmovmskb, .feature = F_SSE, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xd7, PFX_66, 0, "pmovmskb", (o_Gd, o_Udq), ops_pmovmskb, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xd8, PFX_NP, 0, "psubusb", (o_Pq, o_Qq), ops_mmx_psubusb, .feature = F_MMX, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xd8, PFX_66, 0, "psubusb", (o_Vdq, o_Wdq), ops_psubusb, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xd9, PFX_NP, 0, "psubusw", (o_Pq, o_Qq), ops_mmx_psubusw, .feature = F_MMX, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xd9, PFX_66, 0, "psubusw", (o_Vdq, o_Wdq), ops_psubusw, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xda, PFX_NP, 0, "pminub", (o_Pq, o_Qq), ops_mmx_pminub, .feature = F_SSE, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xda, PFX_66, 0, "pminub", (o_Vdq, o_Wdq), ops_pminub, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xdb, PFX_NP, 0, "pand", (o_Pq, o_Qq), ops_mmx_pand, .feature = F_MMX, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xdb, PFX_66, 0, "pand", (o_Vdq, o_Wdq), ops_pand, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xdc, PFX_NP, 0, "paddusb", (o_Pq, o_Qq), ops_mmx_paddusb, .feature = F_MMX, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xdc, PFX_66, 0, "paddusb", (o_Vdq, o_Wdq), ops_paddusb, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xdd, PFX_NP, 0, "paddusw", (o_Pq, o_Qq), ops_mmx_paddusw, .feature = F_MMX, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xdd, PFX_66, 0, "paddusw", (o_Vdq, o_Wdq), ops_paddusw, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xde, PFX_NP, 0, "pmaxub", (o_Pq, o_Qq), ops_mmx_pmaxub, .feature = F_SSE, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xde, PFX_66, 0, "pmaxub", (o_Vdq, o_Wdq), ops_pmaxub, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xdf, PFX_NP, 0, "pandn", (o_Pq, o_Qq), ops_mmx_pandn, .feature = F_MMX, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xdf, PFX_66, 0, "pandn", (o_Vdq, o_Wdq), ops_pandn, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xe0, PFX_NP, 0, "pavgb", (o_Pq, o_Qq), ops_mmx_pavgb, .feature = F_SSE, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xe0, PFX_66, 0, "pavgb", (o_Vdq, o_Wdq), ops_pavgb, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xe1, PFX_NP, 0, "psraw", (o_Pq, o_Qq), ops_mmx_psraw, .feature = F_MMX, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xe1, PFX_66, 0, "psraw", (o_Vdq, o_Wdq), ops_psraw, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xe2, PFX_NP, 0, "psrad", (o_Pq, o_Qq), ops_mmx_psrad, .feature = F_MMX, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xe2, PFX_66, 0, "psrad", (o_Vdq, o_Wdq), ops_psrad, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xe3, PFX_NP, 0, "pavgw", (o_Pq, o_Qq), ops_mmx_pavgw, .feature = F_SSE, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xe3, PFX_66, 0, "pavgw", (o_Vdq, o_Wdq), ops_pavgw, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xe4, PFX_NP, 0, "pmulhuw", (o_Pq, o_Qq), ops_mmx_pmulhuw, .feature = F_SSE, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xe4, PFX_66, 0, "pmulhuw", (o_Vdq, o_Wdq), ops_pmulhuw, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xe5, PFX_NP, 0, "pmulhw", (o_Pq, o_Qq), ops_mmx_pmulhw, .feature = F_MMX, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xe5, PFX_66, 0, "pmulhw", (o_Vdq, o_Wdq), ops_pmulhw, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xe6, PFX_66, 0, "cvttpd2dq", (o_Vdq, o_Wdq), ops_cvttpd2dq, .feature = F_SSE2, .flags = NO_OPSIZE | FLOAT) \
    R(MAP_0F, 0xe6, PFX_F3, 0, "cvtdq2pd", (o_Vdq, o_Wq), ops_cvtdq2pd, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xe6, PFX_F2, 0, "cvtpd2dq", (o_Vdq, o_Wdq), ops_cvtpd2dq, .feature = F_SSE2, .flags = NO_OPSIZE | FLOAT) \
    R(MAP_0F, 0xe7, PFX_NP, 0, "movntq", (o_Mq, o_Pq), ops_mmx_movntq, .feature = F_SSE, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xe7, PFX_66, 0, "movntdq", (o_Mdq, o_Vdq), ops_movnt, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xe8, PFX_NP, 0, "psubsb", (o_Pq, o_Qq), ops_mmx_psubsb, .feature = F_MMX, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xe8, PFX_66, 0, "psubsb", (o_Vdq, o_Wdq), ops_psubsb, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xe9, PFX_NP, 0, "psubsw", (o_Pq, o_Qq), ops_mmx_psubsw, .feature = F_MMX, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xe9, PFX_66, 0, "psubsw", (o_Vdq, o_Wdq), ops_psubsw, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xea, PFX_NP, 0, "pminsw", (o_Pq, o_Qq), ops_mmx_pminsw, .feature = F_SSE, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xea, PFX_66, 0, "pminsw", (o_Vdq, o_Wdq), ops_pminsw, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xeb, PFX_NP, 0, "por", (o_Pq, o_Qq), ops_mmx_por, .feature = F_MMX, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xeb, PFX_66, 0, "por", (o_Vdq, o_Wdq), ops_por, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xec, PFX_NP, 0, "paddsb", (o_Pq, o_Qq), ops_mmx_paddsb, .feature = F_MMX, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xec, PFX_66, 0, "paddsb", (o_Vdq, o_Wdq), ops_paddsb, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xed, PFX_NP, 0, "paddsw", (o_Pq, o_Qq), ops_mmx_paddsw, .feature = F_MMX, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xed, PFX_66, 0, "paddsw", (o_Vdq, o_Wdq), ops_paddsw, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xee, PFX_NP, 0, "pmaxsw", (o_Pq, o_Qq), ops_mmx_pmaxsw, .feature = F_SSE, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xee, PFX_66, 0, "pmaxsw", (o_Vdq, o_Wdq), ops_pmaxsw, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xef, PFX_NP, 0, "pxor", (o_Pq, o_Qq), ops_mmx_pxor, .feature = F_MMX, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xef, PFX_66, 0, "pxor", (o_Vdq, o_Wdq), ops_pxor, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xf0, PFX_F2, 0, "lddqu", (o_Vdq, o_Mdq), ops_lddqu, .feature = F_SSE3, .flags = NO_OPSIZE | UNALIGNED) \
    R(MAP_0F, 0xf1, PFX_NP, 0, "psllw", (o_Pq, o_Qq), ops_mmx_psllw, .feature = F_MMX, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xf1, PFX_66, 0, "psllw", (o_Vdq, o_Wdq), ops_psllw, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xf2, PFX_NP, 0, "pslld", (o_Pq, o_Qq), ops_mmx_pslld, .feature = F_MMX, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xf2, PFX_66, 0, "pslld", (o_Vdq, o_Wdq), ops_pslld, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xf3, PFX_NP, 0, "psllq", (o_Pq, o_Qq), ops_mmx_psllq, .feature = F_MMX, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xf3, PFX_66, 0, "psllq", (o_Vdq, o_Wdq), ops_psllq, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xf4, PFX_NP, 0, "pmuludq", (o_Pq, o_Qq), ops_mmx_pmuludq, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xf4, PFX_66, 0, "pmuludq", (o_Vdq, o_Wdq), ops_pmuludq, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xf5, PFX_NP, 0, "pmaddwd", (o_Pq, o_Qq), ops_mmx_pmaddwd, .feature = F_MMX, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xf5, PFX_66, 0, "pmaddwd", (o_Vdq, o_Wdq), ops_pmaddwd, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xf6, PFX_NP, 0, "psadbw", (o_Pq, o_Qq), ops_mmx_psadbw, .feature = F_SSE, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xf6, PFX_66, 0, "psadbw", (o_Vdq, o_Wdq), ops_psadbw, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xf7, PFX_NP, 0, "maskmovq", (o_Pq, o_Nq), ops_maskmovq, .feature = F_SSE, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xf7, PFX_66, 0, "maskmovdqu", (o_Vdq, o_Udq), ops_maskmovdqu, .feature = F_SSE2, .flags = NO_OPSIZE | OWN) \
    R(MAP_0F, 0xf8, PFX_NP, 0, "psubb", (o_Pq, o_Qq), ops_mmx_psubb, .feature = F_MMX, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xf8, PFX_66, 0, "psubb", (o_Vdq, o_Wdq), ops_psubb, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xf9, PFX_NP, 0, "psubw", (o_Pq, o_Qq), ops_mmx_psubw, .feature = F_MMX, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xf9, PFX_66, 0, "psubw", (o_Vdq, o_Wdq), ops_psubw, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xfa, PFX_NP, 0, "psubd", (o_Pq, o_Qq), ops_mmx_psubd, .feature = F_MMX, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xfa, PFX_66, 0, "psubd", (o_Vdq, o_Wdq), ops_psubd, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xfb, PFX_NP, 0, "psubq", (o_Pq, o_Qq), ops_mmx_psubq, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xfb, PFX_66, 0, "psubq", (o_Vdq, o_Wdq), ops_psubq, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xfc, PFX_NP, 0, "paddb", (o_Pq, o_Qq), ops_mmx_paddb, .feature = F_MMX, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xfc, PFX_66, 0, "paddb", (o_Vdq, o_Wdq), ops_paddb, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xfd, PFX_NP, 0, "paddw", (o_Pq, o_Qq), ops_mmx_paddw, .feature = F_MMX, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xfd, PFX_66, 0, "paddw", (o_Vdq, o_Wdq), ops_paddw, .feature = F_SSE2, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xfe, PFX_NP, 0, "paddd", (o_Pq, o_Qq), ops_mmx_paddd, .feature = F_MMX, .flags = NO_OPSIZE) \
    R(MAP_0F, 0xfe, PFX_66, 0, "paddd", (o_Vdq, o_Wdq), ops_paddd, .feature = F_SSE2, .flags = NO_OPSIZE) \
    /* end */

#define ROWS_0F38(R) \
    R(MAP_0F38, 0x00, PFX_NP, 0, "pshufb", (o_Pq, o_Qq), ops_mmx_pshufb, .feature = F_SSSE3, .flags = NO_OPSIZE) \
    R(MAP_0F38, 0x00, PFX_66, 0, "pshufb", (o_Vdq, o_Wdq), ops_pshufb, .feature = F_SSSE3, .flags = NO_OPSIZE) \
    R(MAP_0F38, 0x01, PFX_NP, 0, "phaddw", (o_Pq, o_Qq), ops_mmx_phaddw, .feature = F_SSSE3, .flags = NO_OPSIZE) \
    R(MAP_0F38, 0x01, PFX_66, 0, "phaddw", (o_Vdq, o_Wdq), ops_phaddw, .feature = F_SSSE3, .flags = NO_OPSIZE) \
    R(MAP_0F38, 0x02, PFX_NP, 0, "phaddd", (o_Pq, o_Qq), ops_mmx_phaddd, .feature = F_SSSE3, .flags = NO_OPSIZE) \
    R(MAP_0F38, 0x02, PFX_66, 0, "phaddd", (o_Vdq, o_Wdq), ops_phaddd, .feature = F_SSSE3, .flags = NO_OPSIZE) \
    R(MAP_0F38, 0x03, PFX_NP, 0, "phaddsw", (o_Pq, o_Qq), ops_mmx_phaddsw, .feature = F_SSSE3, .flags = NO_OPSIZE) \
    R(MAP_0F38, 0x03, PFX_66, 0, "phaddsw", (o_Vdq, o_Wdq), ops_phaddsw, .feature = F_SSSE3, .flags = NO_OPSIZE) \
    R(MAP_0F38, 0x04, PFX_NP, 0, "pmaddubsw", (o_Pq, o_Qq), ops_mmx_pmaddubsw, .feature = F_SSSE3, .flags = NO_OPSIZE) \
    R(MAP_0F38, 0x04, PFX_66, 0, "pmaddubsw", (o_Vdq, o_Wdq), ops_pmaddubsw, .feature = F_SSSE3, .flags = NO_OPSIZE) \
    R(MAP_0F38, 0x05, PFX_NP, 0, "phsubw", (o_Pq, o_Qq), ops_mmx_phsubw, .feature = F_SSSE3, .flags = NO_OPSIZE) \
    R(MAP_0F38, 0x05, PFX_66, 0, "phsubw", (o_Vdq, o_Wdq), ops_phsubw, .feature = F_SSSE3, .flags = NO_OPSIZE) \
    R(MAP_0F38, 0x06, PFX_NP, 0, "phsubd", (o_Pq, o_Qq), ops_mmx_phsubd, .feature = F_SSSE3, .flags = NO_OPSIZE) \
    R(MAP_0F38, 0x06, PFX_66, 0, "phsubd", (o_Vdq, o_Wdq), ops_phsubd, .feature = F_SSSE3, .flags = NO_OPSIZE) \
    R(MAP_0F38, 0x07, PFX_NP, 0, "phsubsw", (o_Pq, o_Qq), ops_mmx_phsubsw, .feature = F_SSSE3, .flags = NO_OPSIZE) \
    R(MAP_0F38, 0x07, PFX_66, 0, "phsubsw", (o_Vdq, o_Wdq), ops_phsubsw, .feature = F_SSSE3, .flags = NO_OPSIZE) \
    R(MAP_0F38, 0x08, PFX_NP, 0, "psignb", (o_Pq, o_Qq), ops_mmx_psignb, .feature = F_SSSE3, .flags = NO_OPSIZE) \
    R(MAP_0F38, 0x08, PFX_66, 0, "psignb", (o_Vdq, o_Wdq), ops_psignb, .feature = F_SSSE3, .flags = NO_OPSIZE) \
    R(MAP_0F38, 0x09, PFX_NP, 0, "psignw", (o_Pq, o_Qq), ops_mmx_psignw, .feature = F_SSSE3, .flags = NO_OPSIZE) \
    R(MAP_0F38, 0x09, PFX_66, 0, "psignw", (o_Vdq, o_Wdq), ops_psignw, .feature = F_SSSE3, .flags = NO_OPSIZE) \
    R(MAP_0F38, 0x0a, PFX_NP, 0, "psignd", (o_Pq, o_Qq), ops_mmx_psignd, .feature = F_SSSE3, .flags = NO_OPSIZE) \
    R(MAP_0F38, 0x0a, PFX_66, 0, "psignd", (o_Vdq, o_Wdq), ops_psignd, .feature = F_SSSE3, .flags = NO_OPSIZE) \
    R(MAP_0F38, 0x0b, PFX_NP, 0, "pmulhrsw", (o_Pq, o_Qq), ops_mmx_pmulhrsw, .feature = F_SSSE3, .flags = NO_OPSIZE) \
    R(MAP_0F38, 0x0b, PFX_66, 0, "pmulhrsw", (o_Vdq, o_Wdq), ops_pmulhrsw, .feature = F_SSSE3, .flags = NO_OPSIZE) \
    R(MAP_0F38, 0x10, PFX_66, 0, "pblendvb", (o_Vdq, o_Wdq), ops_pblendvb, .feature = F_SSE41, .flags = NO_OPSIZE) \
    R(MAP_0F38, 0x14, PFX_66, 0, "blendvps", (o_Vdq, o_Wdq), ops_blendvps, .feature = F_SSE41, .flags = NO_OPSIZE) \
    R(MAP_0F38, 0x15, PFX_66, 0, "blendvpd", (o_Vdq, o_Wdq), ops_blendvpd, .feature = F_SSE41, .flags = NO_OPSIZE) \
    R(MAP_0F38, 0x17, PFX_66, 0, "ptest", (o_Vdq, o_Wdq), ops_ptest, .feature = F_SSE41, .flags = NO_OPSIZE, .lazy = LAZY_COMPARED, .writes = FL_ARITH) \
    R(MAP_0F38, 0x1c, PFX_NP, 0, "pabsb", (o_Pq, o_Qq), ops_mmx_pabsb, .feature = F_SSSE3, .flags = NO_OPSIZE) \
    R(MAP_0F38, 0x1c, PFX_66, 0, "pabsb", (o_Vdq, o_Wdq), ops_pabsb, .feature = F_SSSE3, .flags = NO_OPSIZE) \
    R(MAP_0F38, 0x1d, PFX_NP, 0, "pabsw", (o_Pq, o_Qq), ops_mmx_pabsw, .feature = F_SSSE3, .flags = NO_OPSIZE) \
    R(MAP_0F38, 0x1d, PFX_66, 0, "pabsw", (o_Vdq, o_Wdq), ops_pabsw, .feature = F_SSSE3, .flags = NO_OPSIZE) \
    R(MAP_0F38, 0x1e, PFX_NP, 0, "pabsd", (o_Pq, o_Qq), ops_mmx_pabsd, .feature = F_SSSE3, .flags = NO_OPSIZE) \
    R(MAP_0F38, 0x1e, PFX_66, 0, "pabsd", (o_Vdq, o_Wdq), ops_pabsd, .feature = F_SSSE3, .flags = NO_OPSIZE) \
    R(MAP_0F38, 0x20, PFX_66, 0, "pmovsxbw", (o_Vdq, o_Wq), ops_pmovsxbw, .feature = F_SSE41, .flags = NO_OPSIZE) \
    R(MAP_0F38, 0x21, PFX_66, 0, "pmovsxbd", (o_Vdq, o_Wd), ops_pmovsxbd, .feature = F_SSE41, .flags = NO_OPSIZE) \
    R(MAP_0F38, 0x22, PFX_66, 0, "pmovsxbq", (o_Vdq, o_Ww), ops_pmovsxbq, .feature = F_SSE41, .flags = NO_OPSIZE) \
    R(MAP_0F38, 0x23, PFX_66, 0, "pmovsxwd", (o_Vdq, o_Wq), ops_pmovsxwd, .feature = F_SSE41, .flags = NO_OPSIZE) \
    R(MAP_0F38, 0x24, PFX_66, 0, "pmovsxwq", (o_Vdq, o_Wd), ops_pmovsxwq, .feature = F_SSE41, .flags = NO_OPSIZE) \
    R(MAP_0F38, 0x25, PFX_66, 0, "pmovsxdq", (o_Vdq, o_Wq), ops_pmovsxdq, .feature = F_SSE41, .flags = NO_OPSIZE) \
    R(MAP_0F38, 0x28, PFX_66, 0, "pmuldq", (o_Vdq, o_Wdq), ops_pmuldq, .feature = F_SSE41, .flags = NO_OPSIZE) \
    R(MAP_0F38, 0x29, PFX_66, 0, "pcmpeqq", (o_Vdq, o_Wdq), ops_pcmpeqq, .feature = F_SSE41, .flags = NO_OPSIZE) \
    R(MAP_0F38, 0x2a, PFX_66, 0, "movntdqa", (o_Vdq, o_Mdq), ops_movntdqa, .feature = F_SSE41, .flags = NO_OPSIZE) \
    R(MAP_0F38, 0x2b, PFX_66, 0, "packusdw", (o_Vdq, o_Wdq), ops_packusdw, .feature = F_SSE41, .flags = NO_OPSIZE) \
    R(MAP_0F38, 0x30, PFX_66, 0, "pmovzxbw", (o_Vdq, o_Wq), ops_pmovzxbw, .feature = F_SSE41, .flags = NO_OPSIZE) \
    R(MAP_0F38, 0x31, PFX_66, 0, "pmovzxbd", (o_Vdq, o_Wd), ops_pmovzxbd, .feature = F_SSE41, .flags = NO_OPSIZE) \
    R(MAP_0F38, 0x32, PFX_66, 0, "pmovzxbq", (o_Vdq, o_Ww), ops_pmovzxbq, .feature = F_SSE41, .flags = NO_OPSIZE) \
    R(MAP_0F38, 0x33, PFX_66, 0, "pmovzxwd", (o_Vdq, o_Wq), ops_pmovzxwd, .feature = F_SSE41, .flags = NO_OPSIZE) \
    R(MAP_0F38, 0x34, PFX_66, 0, "pmovzxwq", (o_Vdq, o_Wd), ops_pmovzxwq, .feature = F_SSE41, .flags = NO_OPSIZE) \
    R(MAP_0F38, 0x35, PFX_66, 0, "pmovzxdq", (o_Vdq, o_Wq), ops_pmovzxdq, .feature = F_SSE41, .flags = NO_OPSIZE) \
    R(MAP_0F38, 0x37, PFX_66, 0, "pcmpgtq", (o_Vdq, o_Wdq), ops_pcmpgtq, .feature = F_SSE42, .flags = NO_OPSIZE) \
    R(MAP_0F38, 0x38, PFX_66, 0, "pminsb", (o_Vdq, o_Wdq), ops_pminsb, .feature = F_SSE41, .flags = NO_OPSIZE) \
    R(MAP_0F38, 0x39, PFX_66, 0, "pminsd", (o_Vdq, o_Wdq), ops_pminsd, .feature = F_SSE41, .flags = NO_OPSIZE) \
    R(MAP_0F38, 0x3a, PFX_66, 0, "pminuw", (o_Vdq, o_Wdq), ops_pminuw, .feature = F_SSE41, .flags = NO_OPSIZE) \
    R(MAP_0F38, 0x3b, PFX_66, 0, "pminud", (o_Vdq, o_Wdq), ops_pminud, .feature = F_SSE41, .flags = NO_OPSIZE) \
    R(MAP_0F38, 0x3c, PFX_66, 0, "pmaxsb", (o_Vdq, o_Wdq), ops_pmaxsb, .feature = F_SSE41, .flags = NO_OPSIZE) \
    R(MAP_0F38, 0x3d, PFX_66, 0, "pmaxsd", (o_Vdq, o_Wdq), ops_pmaxsd, .feature = F_SSE41, .flags = NO_OPSIZE) \
    R(MAP_0F38, 0x3e, PFX_66, 0, "pmaxuw", (o_Vdq, o_Wdq), ops_pmaxuw, .feature = F_SSE41, .flags = NO_OPSIZE) \
    R(MAP_0F38, 0x3f, PFX_66, 0, "pmaxud", (o_Vdq, o_Wdq), ops_pmaxud, .feature = F_SSE41, .flags = NO_OPSIZE) \
    R(MAP_0F38, 0x40, PFX_66, 0, "pmulld", (o_Vdq, o_Wdq), ops_pmulld, .feature = F_SSE41, .flags = NO_OPSIZE) \
    R(MAP_0F38, 0x41, PFX_66, 0, "phminposuw", (o_Vdq, o_Wdq), ops_phminposuw, .feature = F_SSE41, .flags = NO_OPSIZE) \
    R(MAP_0F38, 0xc8, PFX_NP, 0, "sha1nexte", (o_Vdq, o_Wdq), ops_sha1nexte, .feature = F_SHA, .flags = NO_OPSIZE) \
    R(MAP_0F38, 0xc9, PFX_NP, 0, "sha1msg1", (o_Vdq, o_Wdq), ops_sha1msg1, .feature = F_SHA, .flags = NO_OPSIZE) \
    R(MAP_0F38, 0xca, PFX_NP, 0, "sha1msg2", (o_Vdq, o_Wdq), ops_sha1msg2, .feature = F_SHA, .flags = NO_OPSIZE) \
    R(MAP_0F38, 0xcb, PFX_NP, 0, "sha256rnds2", (o_Vdq, o_Wdq), ops_sha256rnds2, .feature = F_SHA, .flags = NO_OPSIZE) \
    R(MAP_0F38, 0xcc, PFX_NP, 0, "sha256msg1", (o_Vdq, o_Wdq), ops_sha256msg1, .feature = F_SHA, .flags = NO_OPSIZE) \
    R(MAP_0F38, 0xcd, PFX_NP, 0, "sha256msg2", (o_Vdq, o_Wdq), ops_sha256msg2, .feature = F_SHA, .flags = NO_OPSIZE) \
    R(MAP_0F38, 0xdb, PFX_66, 0, "aesimc", (o_Vdq, o_Wdq), ops_aesimc, .feature = F_AES, .flags = NO_OPSIZE) \
    R(MAP_0F38, 0xdc, PFX_66, 0, "aesenc", (o_Vdq, o_Wdq), ops_aesenc, .feature = F_AES, .flags = NO_OPSIZE) \
    R(MAP_0F38, 0xdd, PFX_66, 0, "aesenclast", (o_Vdq, o_Wdq), ops_aesenclast, .feature = F_AES, .flags = NO_OPSIZE) \
    R(MAP_0F38, 0xde, PFX_66, 0, "aesdec", (o_Vdq, o_Wdq), ops_aesdec, .feature = F_AES, .flags = NO_OPSIZE) \
    R(MAP_0F38, 0xdf, PFX_66, 0, "aesdeclast", (o_Vdq, o_Wdq), ops_aesdeclast, .feature = F_AES, .flags = NO_OPSIZE) \
    R(MAP_0F38, 0xf0, PFX_F2, 0, "crc32", (o_Gy, o_Eb), ops_crc32_8, .feature = F_SSE42, .flags = BYTE) \
    R(MAP_0F38, 0xf1, PFX_F2, 0, "crc32", (o_Gy, o_Ev), ops_crc32, .feature = F_SSE42) \
    /* end */

#define ROWS_0F3A(R) \
    R(MAP_0F3A, 0x08, PFX_66, 0, "roundps", (o_Vdq, o_Wdq, o_Ib), ops_roundps, .feature = F_SSE41, .flags = NO_OPSIZE | FLOAT) \
    R(MAP_0F3A, 0x09, PFX_66, 0, "roundpd", (o_Vdq, o_Wdq, o_Ib), ops_roundpd, .feature = F_SSE41, .flags = NO_OPSIZE | FLOAT) \
    R(MAP_0F3A, 0x0a, PFX_66, 0, "roundss", (o_Vdq, o_Wss, o_Ib), ops_roundss, .feature = F_SSE41, .flags = NO_OPSIZE | FLOAT) \
    R(MAP_0F3A, 0x0b, PFX_66, 0, "roundsd", (o_Vdq, o_Wsd, o_Ib), ops_roundsd, .feature = F_SSE41, .flags = NO_OPSIZE | FLOAT) \
    R(MAP_0F3A, 0x0c, PFX_66, 0, "blendps", (o_Vdq, o_Wdq, o_Ib), ops_blendps, .feature = F_SSE41, .flags = NO_OPSIZE) \
    R(MAP_0F3A, 0x0d, PFX_66, 0, "blendpd", (o_Vdq, o_Wdq, o_Ib), ops_blendpd, .feature = F_SSE41, .flags = NO_OPSIZE) \
    R(MAP_0F3A, 0x0e, PFX_66, 0, "pblendw", (o_Vdq, o_Wdq, o_Ib), ops_pblendw, .feature = F_SSE41, .flags = NO_OPSIZE) \
    R(MAP_0F3A, 0x0f, PFX_NP, 0, "palignr", (o_Pq, o_Qq, o_Ib), ops_mmx_palignr, .feature = F_SSSE3, .flags = NO_OPSIZE) \
    R(MAP_0F3A, 0x0f, PFX_66, 0, "palignr", (o_Vdq, o_Wdq, o_Ib), ops_palignr, .feature = F_SSSE3, .flags = NO_OPSIZE) \
    R(MAP_0F3A, 0x14, PFX_66, REGONLY, "pextrb", (o_Ry, o_Vdq, o_Ib), ops_pextrb, .feature = F_SSE41, .flags = NO_OPSIZE) \
    R(MAP_0F3A, 0x14, PFX_66, MEMONLY, "pextrb", (o_Mb, o_Vdq, o_Ib), ops_pextrb, .feature = F_SSE41, .flags = NO_OPSIZE) \
    R(MAP_0F3A, 0x15, PFX_66, REGONLY, "pextrw", (o_Ry, o_Vdq, o_Ib), ops_pextrw, .feature = F_SSE41, .flags = NO_OPSIZE) \
    R(MAP_0F3A, 0x15, PFX_66, MEMONLY, "pextrw", (o_Mw, o_Vdq, o_Ib), ops_pextrw, .feature = F_SSE41, .flags = NO_OPSIZE) \
    R(MAP_0F3A, 0x16, PFX_66, 0, "pextrd", (o_Ey, o_Vdq, o_Ib), ops_pextrd, .feature = F_SSE41, .flags = NO_OPSIZE) \
    R(MAP_0F3A, 0x17, PFX_66, 0, "extractps", (o_Ed, o_Vdq, o_Ib), ops_extractps, .feature = F_SSE41, .flags = NO_OPSIZE) \
    R(MAP_0F3A, 0x20, PFX_66, REGONLY, "pinsrb", (o_Vdq, o_Ry, o_Ib), ops_pinsrb, .feature = F_SSE41, .flags = NO_OPSIZE) \
    R(MAP_0F3A, 0x20, PFX_66, MEMONLY, "pinsrb", (o_Vdq, o_Mb, o_Ib), ops_pinsrb, .feature = F_SSE41, .flags = NO_OPSIZE) \
    R(MAP_0F3A, 0x21, PFX_66, 0, "insertps", (o_Vdq, o_Wss, o_Ib), ops_insertps, .feature = F_SSE41, .flags = NO_OPSIZE) \
    R(MAP_0F3A, 0x22, PFX_66, 0, "pinsrd", (o_Vdq, o_Ey, o_Ib), ops_pinsrd, .feature = F_SSE41, .flags = NO_OPSIZE) \
    R(MAP_0F3A, 0x40, PFX_66, 0, "dpps", (o_Vdq, o_Wdq, o_Ib), ops_dpps, .feature = F_SSE41, .flags = NO_OPSIZE | OWN) \
    R(MAP_0F3A, 0x41, PFX_66, 0, "dppd", (o_Vdq, o_Wdq, o_Ib), ops_dppd, .feature = F_SSE41, .flags = NO_OPSIZE | OWN) \
    R(MAP_0F3A, 0x42, PFX_66, 0, "mpsadbw", (o_Vdq, o_Wdq, o_Ib), ops_mpsadbw, .feature = F_SSE41, .flags = NO_OPSIZE) \
    R(MAP_0F3A, 0x44, PFX_66, 0, "pclmulqdq", (o_Vdq, o_Wdq, o_Ib), ops_pclmulqdq, .feature = F_PCLMUL, .flags = NO_OPSIZE) \
    R(MAP_0F3A, 0x60, PFX_66, 0, "pcmpestrm", (o_Vdq, o_Wdq, o_Ib), ops_pcmpestrm, .feature = F_SSE42, .flags = NO_OPSIZE | OWN | UNALIGNED, .writes = FL_ARITH) \
    R(MAP_0F3A, 0x61, PFX_66, 0, "pcmpestri", (o_Vdq, o_Wdq, o_Ib), ops_pcmpestri, .feature = F_SSE42, .flags = NO_OPSIZE | OWN | UNALIGNED, .writes = FL_ARITH) \
    R(MAP_0F3A, 0x62, PFX_66, 0, "pcmpistrm", (o_Vdq, o_Wdq, o_Ib), ops_pcmpistrm, .feature = F_SSE42, .flags = NO_OPSIZE | OWN | UNALIGNED, .writes = FL_ARITH) \
    R(MAP_0F3A, 0x63, PFX_66, 0, "pcmpistri", (o_Vdq, o_Wdq, o_Ib), ops_pcmpistri, .feature = F_SSE42, .flags = NO_OPSIZE | OWN | UNALIGNED, .writes = FL_ARITH) \
    R(MAP_0F3A, 0xcc, PFX_NP, 0, "sha1rnds4", (o_Vdq, o_Wdq, o_Ib), ops_sha1rnds4, .feature = F_SHA, .flags = NO_OPSIZE) \
    R(MAP_0F3A, 0xdf, PFX_66, 0, "aeskeygenassist", (o_Vdq, o_Wdq, o_Ib), ops_aeskeygenassist, .feature = F_AES, .flags = NO_OPSIZE) \
    /* end */

#define ROWS(R) ROWS_0F(R) ROWS_0F38(R) ROWS_0F3A(R)
// clang-format on

ROWS(DECLARE)
static const struct insn rows[] = {ROWS(ROW)};
X86_TABLE(sse);
