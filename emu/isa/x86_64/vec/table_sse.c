// SPDX-License-Identifier: MIT
// The rows of MMX, SSE to SSE4.2, AES, PCLMULQDQ, SHA and the state-saving instructions, in the order of the SDM's opcode maps
// (vol. 2, appendix A). Handlers: op_mmx*.c, op_sse*.c, op_aes.c, op_sha.c, op_fxsave.c, op_xsave.c.
#include "isa/x86_64/insn/insn.h"

// R(map, opcode, mandatory prefix, ModRM condition, mnemonic, handlers, feature, operands ...)
// X: the same with insn.flags and the arithmetic flags that it writes, before the operands
// clang-format off
#define ROWS_0F(R, X) \
    /* prefetch: a hint, whatever the address */ \
    R(0F,   0D, ANY, EXT(0) | MEMONLY,   prefetch,    hint,               PREFETCHW,  o_M) \
    R(0F,   0D, ANY, EXT(1) | MEMONLY,   prefetchw,   hint,               PREFETCHW,  o_M) \
    R(0F,   0D, ANY, 0,                  nop,         reserved_nop,       NOPL,       o_Ev) \
    /* moves */ \
    R(0F,   10, NP,  0,                  movups,      movu,               SSE,        o_Vdq, o_Wdq) \
    R(0F,   10, 66,  0,                  movupd,      movu,               SSE2,       o_Vdq, o_Wdq) \
    R(0F,   10, F3,  0,                  movss,       movss,              SSE,        o_Vdq, o_Wss) \
    R(0F,   10, F2,  0,                  movsd,       movsd,              SSE2,       o_Vdq, o_Wsd) \
    R(0F,   11, NP,  0,                  movups,      movu_store,         SSE,        o_Wdq, o_Vdq) \
    R(0F,   11, 66,  0,                  movupd,      movu_store,         SSE2,       o_Wdq, o_Vdq) \
    R(0F,   11, F3,  0,                  movss,       movss_store,        SSE,        o_Wss, o_Vdq) \
    R(0F,   11, F2,  0,                  movsd,       movsd_store,        SSE2,       o_Wsd, o_Vdq) \
    R(0F,   12, NP,  0,                  movlps,      movlps,             SSE,        o_Vdq, o_Wq) \
    R(0F,   12, 66,  0,                  movlpd,      movlpd,             SSE2,       o_Vdq, o_Mq) \
    R(0F,   12, F3,  0,                  movsldup,    movsldup,           SSE3,       o_Vdq, o_Wdq) \
    R(0F,   12, F2,  0,                  movddup,     movddup,            SSE3,       o_Vdq, o_Wq) \
    R(0F,   13, NP,  0,                  movlps,      movlps_store,       SSE,        o_Mq, o_Vdq) \
    R(0F,   13, 66,  0,                  movlpd,      movlps_store,       SSE2,       o_Mq, o_Vdq) \
    R(0F,   14, NP,  0,                  unpcklps,    punpckldq,          SSE,        o_Vdq, o_Wdq) \
    R(0F,   14, 66,  0,                  unpcklpd,    punpcklqdq,         SSE2,       o_Vdq, o_Wdq) \
    R(0F,   15, NP,  0,                  unpckhps,    punpckhdq,          SSE,        o_Vdq, o_Wdq) \
    R(0F,   15, 66,  0,                  unpckhpd,    punpckhqdq,         SSE2,       o_Vdq, o_Wdq) \
    R(0F,   16, NP,  0,                  movhps,      movhps,             SSE,        o_Vdq, o_Wq) \
    R(0F,   16, 66,  0,                  movhpd,      movhpd,             SSE2,       o_Vdq, o_Mq) \
    R(0F,   16, F3,  0,                  movshdup,    movshdup,           SSE3,       o_Vdq, o_Wdq) \
    R(0F,   17, NP,  0,                  movhps,      movhps_store,       SSE,        o_Mq, o_Vdq) \
    R(0F,   17, 66,  0,                  movhpd,      movhps_store,       SSE2,       o_Mq, o_Vdq) \
    R(0F,   18, ANY, EXT(0) | MEMONLY,   prefetchnta, hint,               SSE,        o_M) \
    R(0F,   18, ANY, EXT(1) | MEMONLY,   prefetcht0,  hint,               SSE,        o_M) \
    R(0F,   18, ANY, EXT(2) | MEMONLY,   prefetcht1,  hint,               SSE,        o_M) \
    R(0F,   18, ANY, EXT(3) | MEMONLY,   prefetcht2,  hint,               SSE,        o_M) \
    R(0F,   18, ANY, 0,                  nop,         reserved_nop,       NOPL,       o_Ev) \
    R(0F,   28, NP,  0,                  movaps,      mova,               SSE,        o_Vdq, o_Wdq) \
    R(0F,   28, 66,  0,                  movapd,      mova,               SSE2,       o_Vdq, o_Wdq) \
    R(0F,   29, NP,  0,                  movaps,      mova_store,         SSE,        o_Wdq, o_Vdq) \
    R(0F,   29, 66,  0,                  movapd,      mova_store,         SSE2,       o_Wdq, o_Vdq) \
    R(0F,   2A, NP,  0,                  cvtpi2ps,    cvtpi2ps,           SSE,        o_Vdq, o_Qq) \
    R(0F,   2A, 66,  0,                  cvtpi2pd,    cvtpi2pd,           SSE2,       o_Vdq, o_Qq) \
    R(0F,   2A, F3,  0,                  cvtsi2ss,    cvtsi2ss,           SSE,        o_Vdq, o_Ey) \
    R(0F,   2A, F2,  0,                  cvtsi2sd,    cvtsi2sd,           SSE2,       o_Vdq, o_Ey) \
    R(0F,   2B, NP,  0,                  movntps,     movnt,              SSE,        o_Mdq, o_Vdq) \
    R(0F,   2B, 66,  0,                  movntpd,     movnt,              SSE2,       o_Mdq, o_Vdq) \
    R(0F,   2C, NP,  0,                  cvttps2pi,   cvttps2pi,          SSE,        o_Pq, o_Wq) \
    R(0F,   2C, 66,  0,                  cvttpd2pi,   cvttpd2pi,          SSE2,       o_Pq, o_Wdq) \
    R(0F,   2C, F3,  0,                  cvttss2si,   cvttss2si,          SSE,        o_Gy, o_Wss) \
    R(0F,   2C, F2,  0,                  cvttsd2si,   cvttsd2si,          SSE2,       o_Gy, o_Wsd) \
    R(0F,   2D, NP,  0,                  cvtps2pi,    cvtps2pi,           SSE,        o_Pq, o_Wq) \
    R(0F,   2D, 66,  0,                  cvtpd2pi,    cvtpd2pi,           SSE2,       o_Pq, o_Wdq) \
    R(0F,   2D, F3,  0,                  cvtss2si,    cvtss2si,           SSE,        o_Gy, o_Wss) \
    R(0F,   2D, F2,  0,                  cvtsd2si,    cvtsd2si,           SSE2,       o_Gy, o_Wsd) \
    X(0F,   2E, NP,  0,                  ucomiss,     ucomiss,            SSE,        NO_OPSIZE, FL_ARITH, o_Vdq, o_Wss) \
    X(0F,   2E, 66,  0,                  ucomisd,     ucomisd,            SSE2,       NO_OPSIZE, FL_ARITH, o_Vdq, o_Wsd) \
    X(0F,   2F, NP,  0,                  comiss,      comiss,             SSE,        NO_OPSIZE, FL_ARITH, o_Vdq, o_Wss) \
    X(0F,   2F, 66,  0,                  comisd,      comisd,             SSE2,       NO_OPSIZE, FL_ARITH, o_Vdq, o_Wsd) \
    /* floating point */ \
    R(0F,   50, NP,  0,                  movmskps,    movmskps,           SSE,        o_Gd, o_Udq) \
    R(0F,   50, 66,  0,                  movmskpd,    movmskpd,           SSE2,       o_Gd, o_Udq) \
    R(0F,   51, NP,  0,                  sqrtps,      sqrtps,             SSE,        o_Vdq, o_Wdq) \
    R(0F,   51, 66,  0,                  sqrtpd,      sqrtpd,             SSE2,       o_Vdq, o_Wdq) \
    R(0F,   51, F3,  0,                  sqrtss,      sqrtss,             SSE,        o_Vdq, o_Wss) \
    R(0F,   51, F2,  0,                  sqrtsd,      sqrtsd,             SSE2,       o_Vdq, o_Wsd) \
    R(0F,   52, NP,  0,                  rsqrtps,     rsqrtps,            SSE,        o_Vdq, o_Wdq) \
    R(0F,   52, F3,  0,                  rsqrtss,     rsqrtss,            SSE,        o_Vdq, o_Wss) \
    R(0F,   53, NP,  0,                  rcpps,       rcpps,              SSE,        o_Vdq, o_Wdq) \
    R(0F,   53, F3,  0,                  rcpss,       rcpss,              SSE,        o_Vdq, o_Wss) \
    R(0F,   54, NP,  0,                  andps,       pand,               SSE,        o_Vdq, o_Wdq) \
    R(0F,   54, 66,  0,                  andpd,       pand,               SSE2,       o_Vdq, o_Wdq) \
    R(0F,   55, NP,  0,                  andnps,      pandn,              SSE,        o_Vdq, o_Wdq) \
    R(0F,   55, 66,  0,                  andnpd,      pandn,              SSE2,       o_Vdq, o_Wdq) \
    R(0F,   56, NP,  0,                  orps,        por,                SSE,        o_Vdq, o_Wdq) \
    R(0F,   56, 66,  0,                  orpd,        por,                SSE2,       o_Vdq, o_Wdq) \
    R(0F,   57, NP,  0,                  xorps,       pxor,               SSE,        o_Vdq, o_Wdq) \
    R(0F,   57, 66,  0,                  xorpd,       pxor,               SSE2,       o_Vdq, o_Wdq) \
    R(0F,   58, NP,  0,                  addps,       addps,              SSE,        o_Vdq, o_Wdq) \
    R(0F,   58, 66,  0,                  addpd,       addpd,              SSE2,       o_Vdq, o_Wdq) \
    R(0F,   58, F3,  0,                  addss,       addss,              SSE,        o_Vdq, o_Wss) \
    R(0F,   58, F2,  0,                  addsd,       addsd,              SSE2,       o_Vdq, o_Wsd) \
    R(0F,   59, NP,  0,                  mulps,       mulps,              SSE,        o_Vdq, o_Wdq) \
    R(0F,   59, 66,  0,                  mulpd,       mulpd,              SSE2,       o_Vdq, o_Wdq) \
    R(0F,   59, F3,  0,                  mulss,       mulss,              SSE,        o_Vdq, o_Wss) \
    R(0F,   59, F2,  0,                  mulsd,       mulsd,              SSE2,       o_Vdq, o_Wsd) \
    R(0F,   5A, NP,  0,                  cvtps2pd,    cvtps2pd,           SSE2,       o_Vdq, o_Wq) \
    R(0F,   5A, 66,  0,                  cvtpd2ps,    cvtpd2ps,           SSE2,       o_Vdq, o_Wdq) \
    R(0F,   5A, F3,  0,                  cvtss2sd,    cvtss2sd,           SSE2,       o_Vdq, o_Wss) \
    R(0F,   5A, F2,  0,                  cvtsd2ss,    cvtsd2ss,           SSE2,       o_Vdq, o_Wsd) \
    R(0F,   5B, NP,  0,                  cvtdq2ps,    cvtdq2ps,           SSE2,       o_Vdq, o_Wdq) \
    R(0F,   5B, 66,  0,                  cvtps2dq,    cvtps2dq,           SSE2,       o_Vdq, o_Wdq) \
    R(0F,   5B, F3,  0,                  cvttps2dq,   cvttps2dq,          SSE2,       o_Vdq, o_Wdq) \
    R(0F,   5C, NP,  0,                  subps,       subps,              SSE,        o_Vdq, o_Wdq) \
    R(0F,   5C, 66,  0,                  subpd,       subpd,              SSE2,       o_Vdq, o_Wdq) \
    R(0F,   5C, F3,  0,                  subss,       subss,              SSE,        o_Vdq, o_Wss) \
    R(0F,   5C, F2,  0,                  subsd,       subsd,              SSE2,       o_Vdq, o_Wsd) \
    R(0F,   5D, NP,  0,                  minps,       minps,              SSE,        o_Vdq, o_Wdq) \
    R(0F,   5D, 66,  0,                  minpd,       minpd,              SSE2,       o_Vdq, o_Wdq) \
    R(0F,   5D, F3,  0,                  minss,       minss,              SSE,        o_Vdq, o_Wss) \
    R(0F,   5D, F2,  0,                  minsd,       minsd,              SSE2,       o_Vdq, o_Wsd) \
    R(0F,   5E, NP,  0,                  divps,       divps,              SSE,        o_Vdq, o_Wdq) \
    R(0F,   5E, 66,  0,                  divpd,       divpd,              SSE2,       o_Vdq, o_Wdq) \
    R(0F,   5E, F3,  0,                  divss,       divss,              SSE,        o_Vdq, o_Wss) \
    R(0F,   5E, F2,  0,                  divsd,       divsd,              SSE2,       o_Vdq, o_Wsd) \
    R(0F,   5F, NP,  0,                  maxps,       maxps,              SSE,        o_Vdq, o_Wdq) \
    R(0F,   5F, 66,  0,                  maxpd,       maxpd,              SSE2,       o_Vdq, o_Wdq) \
    R(0F,   5F, F3,  0,                  maxss,       maxss,              SSE,        o_Vdq, o_Wss) \
    R(0F,   5F, F2,  0,                  maxsd,       maxsd,              SSE2,       o_Vdq, o_Wsd) \
    /* packed integers */ \
    R(0F,   60, NP,  0,                  punpcklbw,   mmx_punpcklbw,      MMX,        o_Pq, o_Qd) \
    R(0F,   60, 66,  0,                  punpcklbw,   punpcklbw,          SSE2,       o_Vdq, o_Wdq) \
    R(0F,   61, NP,  0,                  punpcklwd,   mmx_punpcklwd,      MMX,        o_Pq, o_Qd) \
    R(0F,   61, 66,  0,                  punpcklwd,   punpcklwd,          SSE2,       o_Vdq, o_Wdq) \
    R(0F,   62, NP,  0,                  punpckldq,   mmx_punpckldq,      MMX,        o_Pq, o_Qd) \
    R(0F,   62, 66,  0,                  punpckldq,   punpckldq,          SSE2,       o_Vdq, o_Wdq) \
    R(0F,   63, NP,  0,                  packsswb,    mmx_packsswb,       MMX,        o_Pq, o_Qq) \
    R(0F,   63, 66,  0,                  packsswb,    packsswb,           SSE2,       o_Vdq, o_Wdq) \
    R(0F,   64, NP,  0,                  pcmpgtb,     mmx_pcmpgtb,        MMX,        o_Pq, o_Qq) \
    R(0F,   64, 66,  0,                  pcmpgtb,     pcmpgtb,            SSE2,       o_Vdq, o_Wdq) \
    R(0F,   65, NP,  0,                  pcmpgtw,     mmx_pcmpgtw,        MMX,        o_Pq, o_Qq) \
    R(0F,   65, 66,  0,                  pcmpgtw,     pcmpgtw,            SSE2,       o_Vdq, o_Wdq) \
    R(0F,   66, NP,  0,                  pcmpgtd,     mmx_pcmpgtd,        MMX,        o_Pq, o_Qq) \
    R(0F,   66, 66,  0,                  pcmpgtd,     pcmpgtd,            SSE2,       o_Vdq, o_Wdq) \
    R(0F,   67, NP,  0,                  packuswb,    mmx_packuswb,       MMX,        o_Pq, o_Qq) \
    R(0F,   67, 66,  0,                  packuswb,    packuswb,           SSE2,       o_Vdq, o_Wdq) \
    R(0F,   68, NP,  0,                  punpckhbw,   mmx_punpckhbw,      MMX,        o_Pq, o_Qq) \
    R(0F,   68, 66,  0,                  punpckhbw,   punpckhbw,          SSE2,       o_Vdq, o_Wdq) \
    R(0F,   69, NP,  0,                  punpckhwd,   mmx_punpckhwd,      MMX,        o_Pq, o_Qq) \
    R(0F,   69, 66,  0,                  punpckhwd,   punpckhwd,          SSE2,       o_Vdq, o_Wdq) \
    R(0F,   6A, NP,  0,                  punpckhdq,   mmx_punpckhdq,      MMX,        o_Pq, o_Qq) \
    R(0F,   6A, 66,  0,                  punpckhdq,   punpckhdq,          SSE2,       o_Vdq, o_Wdq) \
    R(0F,   6B, NP,  0,                  packssdw,    mmx_packssdw,       MMX,        o_Pq, o_Qq) \
    R(0F,   6B, 66,  0,                  packssdw,    packssdw,           SSE2,       o_Vdq, o_Wdq) \
    R(0F,   6C, 66,  0,                  punpcklqdq,  punpcklqdq,         SSE2,       o_Vdq, o_Wdq) \
    R(0F,   6D, 66,  0,                  punpckhqdq,  punpckhqdq,         SSE2,       o_Vdq, o_Wdq) \
    R(0F,   6E, NP,  0,                  movd,        mmx_movd_load,      MMX,        o_Pq, o_Ey) \
    R(0F,   6E, 66,  0,                  movd,        movd_load,          SSE2,       o_Vdq, o_Ey) \
    R(0F,   6F, NP,  0,                  movq,        mmx_movq_load,      MMX,        o_Pq, o_Qq) \
    R(0F,   6F, 66,  0,                  movdqa,      mova,               SSE2,       o_Vdq, o_Wdq) \
    R(0F,   6F, F3,  0,                  movdqu,      movu,               SSE2,       o_Vdq, o_Wdq) \
    R(0F,   70, NP,  0,                  pshufw,      mmx_pshufw,         SSE,        o_Pq, o_Qq, o_Ib) \
    R(0F,   70, 66,  0,                  pshufd,      pshufd,             SSE2,       o_Vdq, o_Wdq, o_Ib) \
    R(0F,   70, F3,  0,                  pshufhw,     pshufhw,            SSE2,       o_Vdq, o_Wdq, o_Ib) \
    R(0F,   70, F2,  0,                  pshuflw,     pshuflw,            SSE2,       o_Vdq, o_Wdq, o_Ib) \
    R(0F,   71, NP,  EXT(2),             psrlw,       mmx_psrlw_i,        MMX,        o_Nq, o_Ib) \
    R(0F,   71, 66,  EXT(2),             psrlw,       psrlw_i,            SSE2,       o_Udq, o_Ib) \
    R(0F,   71, NP,  EXT(4),             psraw,       mmx_psraw_i,        MMX,        o_Nq, o_Ib) \
    R(0F,   71, 66,  EXT(4),             psraw,       psraw_i,            SSE2,       o_Udq, o_Ib) \
    R(0F,   71, NP,  EXT(6),             psllw,       mmx_psllw_i,        MMX,        o_Nq, o_Ib) \
    R(0F,   71, 66,  EXT(6),             psllw,       psllw_i,            SSE2,       o_Udq, o_Ib) \
    R(0F,   72, NP,  EXT(2),             psrld,       mmx_psrld_i,        MMX,        o_Nq, o_Ib) \
    R(0F,   72, 66,  EXT(2),             psrld,       psrld_i,            SSE2,       o_Udq, o_Ib) \
    R(0F,   72, NP,  EXT(4),             psrad,       mmx_psrad_i,        MMX,        o_Nq, o_Ib) \
    R(0F,   72, 66,  EXT(4),             psrad,       psrad_i,            SSE2,       o_Udq, o_Ib) \
    R(0F,   72, NP,  EXT(6),             pslld,       mmx_pslld_i,        MMX,        o_Nq, o_Ib) \
    R(0F,   72, 66,  EXT(6),             pslld,       pslld_i,            SSE2,       o_Udq, o_Ib) \
    R(0F,   73, NP,  EXT(2),             psrlq,       mmx_psrlq_i,        MMX,        o_Nq, o_Ib) \
    R(0F,   73, 66,  EXT(2),             psrlq,       psrlq_i,            SSE2,       o_Udq, o_Ib) \
    R(0F,   73, NP,  EXT(6),             psllq,       mmx_psllq_i,        MMX,        o_Nq, o_Ib) \
    R(0F,   73, 66,  EXT(6),             psllq,       psllq_i,            SSE2,       o_Udq, o_Ib) \
    R(0F,   73, 66,  EXT(3),             psrldq,      psrldq,             SSE2,       o_Udq, o_Ib) \
    R(0F,   73, 66,  EXT(7),             pslldq,      pslldq,             SSE2,       o_Udq, o_Ib) \
    R(0F,   74, NP,  0,                  pcmpeqb,     mmx_pcmpeqb,        MMX,        o_Pq, o_Qq) \
    R(0F,   74, 66,  0,                  pcmpeqb,     pcmpeqb,            SSE2,       o_Vdq, o_Wdq) \
    R(0F,   75, NP,  0,                  pcmpeqw,     mmx_pcmpeqw,        MMX,        o_Pq, o_Qq) \
    R(0F,   75, 66,  0,                  pcmpeqw,     pcmpeqw,            SSE2,       o_Vdq, o_Wdq) \
    R(0F,   76, NP,  0,                  pcmpeqd,     mmx_pcmpeqd,        MMX,        o_Pq, o_Qq) \
    R(0F,   76, 66,  0,                  pcmpeqd,     pcmpeqd,            SSE2,       o_Vdq, o_Wdq) \
    R(0F,   77, NP,  0,                  emms,        emms,               MMX,        o_none) \
    R(0F,   7C, 66,  0,                  haddpd,      haddpd,             SSE3,       o_Vdq, o_Wdq) \
    R(0F,   7C, F2,  0,                  haddps,      haddps,             SSE3,       o_Vdq, o_Wdq) \
    R(0F,   7D, 66,  0,                  hsubpd,      hsubpd,             SSE3,       o_Vdq, o_Wdq) \
    R(0F,   7D, F2,  0,                  hsubps,      hsubps,             SSE3,       o_Vdq, o_Wdq) \
    R(0F,   7E, NP,  0,                  movd,        mmx_movd_store,     MMX,        o_Ey, o_Pq) \
    R(0F,   7E, 66,  0,                  movd,        movd_store,         SSE2,       o_Ey, o_Vdq) \
    R(0F,   7E, F3,  0,                  movq,        movq,               SSE2,       o_Vdq, o_Wq) \
    R(0F,   7F, NP,  0,                  movq,        mmx_movq_store,     MMX,        o_Qq, o_Pq) \
    R(0F,   7F, 66,  0,                  movdqa,      mova_store,         SSE2,       o_Wdq, o_Vdq) \
    R(0F,   7F, F3,  0,                  movdqu,      movu_store,         SSE2,       o_Wdq, o_Vdq) \
    /* state, fences, cache control */ \
    R(0F,   AE, NP,  EXT(0) | MEMONLY,   fxsave,      fxsave,             FXSR,       o_M) \
    R(0F,   AE, NP,  EXT(1) | MEMONLY,   fxrstor,     fxrstor,            FXSR,       o_M) \
    R(0F,   AE, NP,  EXT(2) | MEMONLY,   ldmxcsr,     ldmxcsr,            SSE,        o_Md) \
    R(0F,   AE, NP,  EXT(3) | MEMONLY,   stmxcsr,     stmxcsr,            SSE,        o_Md) \
    R(0F,   AE, NP,  EXT(4) | MEMONLY,   xsave,       xsave,              XSAVE,      o_M) \
    R(0F,   AE, NP,  EXT(5) | MEMONLY,   xrstor,      xrstor,             XSAVE,      o_M) \
    R(0F,   AE, NP,  EXT(6) | MEMONLY,   xsaveopt,    xsaveopt,            XSAVEOPT,   o_M) \
    R(0F,   C7, NP,  EXT(3) | MEMONLY,   xrstors,     xrstors,            XSAVES,     o_M) \
    R(0F,   C7, NP,  EXT(4) | MEMONLY,   xsavec,      xsavec,             XSAVEC,     o_M) \
    R(0F,   C7, NP,  EXT(5) | MEMONLY,   xsaves,      xsaves,             XSAVES,     o_M) \
    R(0F,   AE, NP,  EXT(7) | MEMONLY,   clflush,     clflush,            CLFLUSH,    o_Mb) \
    R(0F,   AE, 66,  EXT(6) | MEMONLY,   clwb,        clflush,            CLWB,       o_Mb) \
    R(0F,   AE, 66,  EXT(7) | MEMONLY,   clflushopt,  clflush,            CLFLUSHOPT, o_Mb) \
    R(0F,   AE, NP,  EXT(5) | REGONLY,   lfence,      fence,              SSE2,       o_none) \
    R(0F,   AE, NP,  EXT(6) | REGONLY,   mfence,      fence,              SSE2,       o_none) \
    R(0F,   AE, NP,  EXT(7) | REGONLY,   sfence,      fence,              SSE,        o_none) \
    /* compare, insert, extract, shuffle */ \
    R(0F,   C2, NP,  0,                  cmpps,       cmpps,              SSE,        o_Vdq, o_Wdq, o_Ib) \
    R(0F,   C2, 66,  0,                  cmppd,       cmppd,              SSE2,       o_Vdq, o_Wdq, o_Ib) \
    R(0F,   C2, F3,  0,                  cmpss,       cmpss,              SSE,        o_Vdq, o_Wss, o_Ib) \
    R(0F,   C2, F2,  0,                  cmpsd,       cmpsd,              SSE2,       o_Vdq, o_Wsd, o_Ib) \
    R(0F,   C3, NP,  0,                  movnti,      movnti,             SSE2,       o_M, o_Gy) \
    R(0F,   C4, NP,  REGONLY,            pinsrw,      mmx_pinsrw,         SSE,        o_Pq, o_Ry, o_Ib) \
    R(0F,   C4, NP,  MEMONLY,            pinsrw,      mmx_pinsrw,         SSE,        o_Pq, o_Mw, o_Ib) \
    R(0F,   C4, 66,  REGONLY,            pinsrw,      pinsrw,             SSE2,       o_Vdq, o_Ry, o_Ib) \
    R(0F,   C4, 66,  MEMONLY,            pinsrw,      pinsrw,             SSE2,       o_Vdq, o_Mw, o_Ib) \
    R(0F,   C5, NP,  0,                  pextrw,      mmx_pextrw,         SSE,        o_Gd, o_Nq, o_Ib) \
    R(0F,   C5, 66,  0,                  pextrw,      pextrw_old,         SSE2,       o_Gd, o_Udq, o_Ib) \
    R(0F,   C6, NP,  0,                  shufps,      shufps,             SSE,        o_Vdq, o_Wdq, o_Ib) \
    R(0F,   C6, 66,  0,                  shufpd,      shufpd,             SSE2,       o_Vdq, o_Wdq, o_Ib) \
    /* packed integers */ \
    R(0F,   D0, 66,  0,                  addsubpd,    addsubpd,           SSE3,       o_Vdq, o_Wdq) \
    R(0F,   D0, F2,  0,                  addsubps,    addsubps,           SSE3,       o_Vdq, o_Wdq) \
    R(0F,   D1, NP,  0,                  psrlw,       mmx_psrlw,          MMX,        o_Pq, o_Qq) \
    R(0F,   D1, 66,  0,                  psrlw,       psrlw,              SSE2,       o_Vdq, o_Wdq) \
    R(0F,   D2, NP,  0,                  psrld,       mmx_psrld,          MMX,        o_Pq, o_Qq) \
    R(0F,   D2, 66,  0,                  psrld,       psrld,              SSE2,       o_Vdq, o_Wdq) \
    R(0F,   D3, NP,  0,                  psrlq,       mmx_psrlq,          MMX,        o_Pq, o_Qq) \
    R(0F,   D3, 66,  0,                  psrlq,       psrlq,              SSE2,       o_Vdq, o_Wdq) \
    R(0F,   D4, NP,  0,                  paddq,       mmx_paddq,          SSE2,       o_Pq, o_Qq) \
    R(0F,   D4, 66,  0,                  paddq,       paddq,              SSE2,       o_Vdq, o_Wdq) \
    R(0F,   D5, NP,  0,                  pmullw,      mmx_pmullw,         MMX,        o_Pq, o_Qq) \
    R(0F,   D5, 66,  0,                  pmullw,      pmullw,             SSE2,       o_Vdq, o_Wdq) \
    R(0F,   D6, 66,  0,                  movq,        movq_store,         SSE2,       o_Wq, o_Vdq) \
    R(0F,   D6, F3,  0,                  movq2dq,     movq2dq,            SSE2,       o_Vdq, o_Nq) \
    R(0F,   D6, F2,  0,                  movdq2q,     movdq2q,            SSE2,       o_Pq, o_Udq) \
    R(0F,   D7, NP,  0,                  pmovmskb,    mmx_pmovmskb,       SSE,        o_Gd, o_Nq) \
    R(0F,   D7, 66,  0,                  pmovmskb,    pmovmskb,           SSE2,       o_Gd, o_Udq) \
    R(0F,   D8, NP,  0,                  psubusb,     mmx_psubusb,        MMX,        o_Pq, o_Qq) \
    R(0F,   D8, 66,  0,                  psubusb,     psubusb,            SSE2,       o_Vdq, o_Wdq) \
    R(0F,   D9, NP,  0,                  psubusw,     mmx_psubusw,        MMX,        o_Pq, o_Qq) \
    R(0F,   D9, 66,  0,                  psubusw,     psubusw,            SSE2,       o_Vdq, o_Wdq) \
    R(0F,   DA, NP,  0,                  pminub,      mmx_pminub,         SSE,        o_Pq, o_Qq) \
    R(0F,   DA, 66,  0,                  pminub,      pminub,             SSE2,       o_Vdq, o_Wdq) \
    R(0F,   DB, NP,  0,                  pand,        mmx_pand,           MMX,        o_Pq, o_Qq) \
    R(0F,   DB, 66,  0,                  pand,        pand,               SSE2,       o_Vdq, o_Wdq) \
    R(0F,   DC, NP,  0,                  paddusb,     mmx_paddusb,        MMX,        o_Pq, o_Qq) \
    R(0F,   DC, 66,  0,                  paddusb,     paddusb,            SSE2,       o_Vdq, o_Wdq) \
    R(0F,   DD, NP,  0,                  paddusw,     mmx_paddusw,        MMX,        o_Pq, o_Qq) \
    R(0F,   DD, 66,  0,                  paddusw,     paddusw,            SSE2,       o_Vdq, o_Wdq) \
    R(0F,   DE, NP,  0,                  pmaxub,      mmx_pmaxub,         SSE,        o_Pq, o_Qq) \
    R(0F,   DE, 66,  0,                  pmaxub,      pmaxub,             SSE2,       o_Vdq, o_Wdq) \
    R(0F,   DF, NP,  0,                  pandn,       mmx_pandn,          MMX,        o_Pq, o_Qq) \
    R(0F,   DF, 66,  0,                  pandn,       pandn,              SSE2,       o_Vdq, o_Wdq) \
    R(0F,   E0, NP,  0,                  pavgb,       mmx_pavgb,          SSE,        o_Pq, o_Qq) \
    R(0F,   E0, 66,  0,                  pavgb,       pavgb,              SSE2,       o_Vdq, o_Wdq) \
    R(0F,   E1, NP,  0,                  psraw,       mmx_psraw,          MMX,        o_Pq, o_Qq) \
    R(0F,   E1, 66,  0,                  psraw,       psraw,              SSE2,       o_Vdq, o_Wdq) \
    R(0F,   E2, NP,  0,                  psrad,       mmx_psrad,          MMX,        o_Pq, o_Qq) \
    R(0F,   E2, 66,  0,                  psrad,       psrad,              SSE2,       o_Vdq, o_Wdq) \
    R(0F,   E3, NP,  0,                  pavgw,       mmx_pavgw,          SSE,        o_Pq, o_Qq) \
    R(0F,   E3, 66,  0,                  pavgw,       pavgw,              SSE2,       o_Vdq, o_Wdq) \
    R(0F,   E4, NP,  0,                  pmulhuw,     mmx_pmulhuw,        SSE,        o_Pq, o_Qq) \
    R(0F,   E4, 66,  0,                  pmulhuw,     pmulhuw,            SSE2,       o_Vdq, o_Wdq) \
    R(0F,   E5, NP,  0,                  pmulhw,      mmx_pmulhw,         MMX,        o_Pq, o_Qq) \
    R(0F,   E5, 66,  0,                  pmulhw,      pmulhw,             SSE2,       o_Vdq, o_Wdq) \
    R(0F,   E6, 66,  0,                  cvttpd2dq,   cvttpd2dq,          SSE2,       o_Vdq, o_Wdq) \
    R(0F,   E6, F3,  0,                  cvtdq2pd,    cvtdq2pd,           SSE2,       o_Vdq, o_Wq) \
    R(0F,   E6, F2,  0,                  cvtpd2dq,    cvtpd2dq,           SSE2,       o_Vdq, o_Wdq) \
    R(0F,   E7, NP,  0,                  movntq,      mmx_movntq,         SSE,        o_Mq, o_Pq) \
    R(0F,   E7, 66,  0,                  movntdq,     movnt,              SSE2,       o_Mdq, o_Vdq) \
    R(0F,   E8, NP,  0,                  psubsb,      mmx_psubsb,         MMX,        o_Pq, o_Qq) \
    R(0F,   E8, 66,  0,                  psubsb,      psubsb,             SSE2,       o_Vdq, o_Wdq) \
    R(0F,   E9, NP,  0,                  psubsw,      mmx_psubsw,         MMX,        o_Pq, o_Qq) \
    R(0F,   E9, 66,  0,                  psubsw,      psubsw,             SSE2,       o_Vdq, o_Wdq) \
    R(0F,   EA, NP,  0,                  pminsw,      mmx_pminsw,         SSE,        o_Pq, o_Qq) \
    R(0F,   EA, 66,  0,                  pminsw,      pminsw,             SSE2,       o_Vdq, o_Wdq) \
    R(0F,   EB, NP,  0,                  por,         mmx_por,            MMX,        o_Pq, o_Qq) \
    R(0F,   EB, 66,  0,                  por,         por,                SSE2,       o_Vdq, o_Wdq) \
    R(0F,   EC, NP,  0,                  paddsb,      mmx_paddsb,         MMX,        o_Pq, o_Qq) \
    R(0F,   EC, 66,  0,                  paddsb,      paddsb,             SSE2,       o_Vdq, o_Wdq) \
    R(0F,   ED, NP,  0,                  paddsw,      mmx_paddsw,         MMX,        o_Pq, o_Qq) \
    R(0F,   ED, 66,  0,                  paddsw,      paddsw,             SSE2,       o_Vdq, o_Wdq) \
    R(0F,   EE, NP,  0,                  pmaxsw,      mmx_pmaxsw,         SSE,        o_Pq, o_Qq) \
    R(0F,   EE, 66,  0,                  pmaxsw,      pmaxsw,             SSE2,       o_Vdq, o_Wdq) \
    R(0F,   EF, NP,  0,                  pxor,        mmx_pxor,           MMX,        o_Pq, o_Qq) \
    R(0F,   EF, 66,  0,                  pxor,        pxor,               SSE2,       o_Vdq, o_Wdq) \
    R(0F,   F0, F2,  0,                  lddqu,       lddqu,              SSE3,       o_Vdq, o_Mdq) \
    R(0F,   F1, NP,  0,                  psllw,       mmx_psllw,          MMX,        o_Pq, o_Qq) \
    R(0F,   F1, 66,  0,                  psllw,       psllw,              SSE2,       o_Vdq, o_Wdq) \
    R(0F,   F2, NP,  0,                  pslld,       mmx_pslld,          MMX,        o_Pq, o_Qq) \
    R(0F,   F2, 66,  0,                  pslld,       pslld,              SSE2,       o_Vdq, o_Wdq) \
    R(0F,   F3, NP,  0,                  psllq,       mmx_psllq,          MMX,        o_Pq, o_Qq) \
    R(0F,   F3, 66,  0,                  psllq,       psllq,              SSE2,       o_Vdq, o_Wdq) \
    R(0F,   F4, NP,  0,                  pmuludq,     mmx_pmuludq,        SSE2,       o_Pq, o_Qq) \
    R(0F,   F4, 66,  0,                  pmuludq,     pmuludq,            SSE2,       o_Vdq, o_Wdq) \
    R(0F,   F5, NP,  0,                  pmaddwd,     mmx_pmaddwd,        MMX,        o_Pq, o_Qq) \
    R(0F,   F5, 66,  0,                  pmaddwd,     pmaddwd,            SSE2,       o_Vdq, o_Wdq) \
    R(0F,   F6, NP,  0,                  psadbw,      mmx_psadbw,         SSE,        o_Pq, o_Qq) \
    R(0F,   F6, 66,  0,                  psadbw,      psadbw,             SSE2,       o_Vdq, o_Wdq) \
    R(0F,   F7, NP,  0,                  maskmovq,    maskmovq,           SSE,        o_Pq, o_Nq) \
    R(0F,   F7, 66,  0,                  maskmovdqu,  maskmovdqu,         SSE2,       o_Vdq, o_Udq) \
    R(0F,   F8, NP,  0,                  psubb,       mmx_psubb,          MMX,        o_Pq, o_Qq) \
    R(0F,   F8, 66,  0,                  psubb,       psubb,              SSE2,       o_Vdq, o_Wdq) \
    R(0F,   F9, NP,  0,                  psubw,       mmx_psubw,          MMX,        o_Pq, o_Qq) \
    R(0F,   F9, 66,  0,                  psubw,       psubw,              SSE2,       o_Vdq, o_Wdq) \
    R(0F,   FA, NP,  0,                  psubd,       mmx_psubd,          MMX,        o_Pq, o_Qq) \
    R(0F,   FA, 66,  0,                  psubd,       psubd,              SSE2,       o_Vdq, o_Wdq) \
    R(0F,   FB, NP,  0,                  psubq,       mmx_psubq,          SSE2,       o_Pq, o_Qq) \
    R(0F,   FB, 66,  0,                  psubq,       psubq,              SSE2,       o_Vdq, o_Wdq) \
    R(0F,   FC, NP,  0,                  paddb,       mmx_paddb,          MMX,        o_Pq, o_Qq) \
    R(0F,   FC, 66,  0,                  paddb,       paddb,              SSE2,       o_Vdq, o_Wdq) \
    R(0F,   FD, NP,  0,                  paddw,       mmx_paddw,          MMX,        o_Pq, o_Qq) \
    R(0F,   FD, 66,  0,                  paddw,       paddw,              SSE2,       o_Vdq, o_Wdq) \
    R(0F,   FE, NP,  0,                  paddd,       mmx_paddd,          MMX,        o_Pq, o_Qq) \
    R(0F,   FE, 66,  0,                  paddd,       paddd,              SSE2,       o_Vdq, o_Wdq) \
    /* end */

#define ROWS_0F38(R, X) \
    R(0F38, 00, NP,  0,                  pshufb,      mmx_pshufb,         SSSE3,      o_Pq, o_Qq) \
    R(0F38, 00, 66,  0,                  pshufb,      pshufb,             SSSE3,      o_Vdq, o_Wdq) \
    R(0F38, 01, NP,  0,                  phaddw,      mmx_phaddw,         SSSE3,      o_Pq, o_Qq) \
    R(0F38, 01, 66,  0,                  phaddw,      phaddw,             SSSE3,      o_Vdq, o_Wdq) \
    R(0F38, 02, NP,  0,                  phaddd,      mmx_phaddd,         SSSE3,      o_Pq, o_Qq) \
    R(0F38, 02, 66,  0,                  phaddd,      phaddd,             SSSE3,      o_Vdq, o_Wdq) \
    R(0F38, 03, NP,  0,                  phaddsw,     mmx_phaddsw,        SSSE3,      o_Pq, o_Qq) \
    R(0F38, 03, 66,  0,                  phaddsw,     phaddsw,            SSSE3,      o_Vdq, o_Wdq) \
    R(0F38, 04, NP,  0,                  pmaddubsw,   mmx_pmaddubsw,      SSSE3,      o_Pq, o_Qq) \
    R(0F38, 04, 66,  0,                  pmaddubsw,   pmaddubsw,          SSSE3,      o_Vdq, o_Wdq) \
    R(0F38, 05, NP,  0,                  phsubw,      mmx_phsubw,         SSSE3,      o_Pq, o_Qq) \
    R(0F38, 05, 66,  0,                  phsubw,      phsubw,             SSSE3,      o_Vdq, o_Wdq) \
    R(0F38, 06, NP,  0,                  phsubd,      mmx_phsubd,         SSSE3,      o_Pq, o_Qq) \
    R(0F38, 06, 66,  0,                  phsubd,      phsubd,             SSSE3,      o_Vdq, o_Wdq) \
    R(0F38, 07, NP,  0,                  phsubsw,     mmx_phsubsw,        SSSE3,      o_Pq, o_Qq) \
    R(0F38, 07, 66,  0,                  phsubsw,     phsubsw,            SSSE3,      o_Vdq, o_Wdq) \
    R(0F38, 08, NP,  0,                  psignb,      mmx_psignb,         SSSE3,      o_Pq, o_Qq) \
    R(0F38, 08, 66,  0,                  psignb,      psignb,             SSSE3,      o_Vdq, o_Wdq) \
    R(0F38, 09, NP,  0,                  psignw,      mmx_psignw,         SSSE3,      o_Pq, o_Qq) \
    R(0F38, 09, 66,  0,                  psignw,      psignw,             SSSE3,      o_Vdq, o_Wdq) \
    R(0F38, 0A, NP,  0,                  psignd,      mmx_psignd,         SSSE3,      o_Pq, o_Qq) \
    R(0F38, 0A, 66,  0,                  psignd,      psignd,             SSSE3,      o_Vdq, o_Wdq) \
    R(0F38, 0B, NP,  0,                  pmulhrsw,    mmx_pmulhrsw,       SSSE3,      o_Pq, o_Qq) \
    R(0F38, 0B, 66,  0,                  pmulhrsw,    pmulhrsw,           SSSE3,      o_Vdq, o_Wdq) \
    R(0F38, 10, 66,  0,                  pblendvb,    pblendvb,           SSE41,      o_Vdq, o_Wdq) \
    R(0F38, 14, 66,  0,                  blendvps,    blendvps,           SSE41,      o_Vdq, o_Wdq) \
    R(0F38, 15, 66,  0,                  blendvpd,    blendvpd,           SSE41,      o_Vdq, o_Wdq) \
    X(0F38, 17, 66,  0,                  ptest,       ptest,              SSE41,      NO_OPSIZE, FL_ARITH, o_Vdq, o_Wdq) \
    R(0F38, 1C, NP,  0,                  pabsb,       mmx_pabsb,          SSSE3,      o_Pq, o_Qq) \
    R(0F38, 1C, 66,  0,                  pabsb,       pabsb,              SSSE3,      o_Vdq, o_Wdq) \
    R(0F38, 1D, NP,  0,                  pabsw,       mmx_pabsw,          SSSE3,      o_Pq, o_Qq) \
    R(0F38, 1D, 66,  0,                  pabsw,       pabsw,              SSSE3,      o_Vdq, o_Wdq) \
    R(0F38, 1E, NP,  0,                  pabsd,       mmx_pabsd,          SSSE3,      o_Pq, o_Qq) \
    R(0F38, 1E, 66,  0,                  pabsd,       pabsd,              SSSE3,      o_Vdq, o_Wdq) \
    R(0F38, 20, 66,  0,                  pmovsxbw,    pmovsxbw,           SSE41,      o_Vdq, o_Wq) \
    R(0F38, 21, 66,  0,                  pmovsxbd,    pmovsxbd,           SSE41,      o_Vdq, o_Wd) \
    R(0F38, 22, 66,  0,                  pmovsxbq,    pmovsxbq,           SSE41,      o_Vdq, o_Ww) \
    R(0F38, 23, 66,  0,                  pmovsxwd,    pmovsxwd,           SSE41,      o_Vdq, o_Wq) \
    R(0F38, 24, 66,  0,                  pmovsxwq,    pmovsxwq,           SSE41,      o_Vdq, o_Wd) \
    R(0F38, 25, 66,  0,                  pmovsxdq,    pmovsxdq,           SSE41,      o_Vdq, o_Wq) \
    R(0F38, 28, 66,  0,                  pmuldq,      pmuldq,             SSE41,      o_Vdq, o_Wdq) \
    R(0F38, 29, 66,  0,                  pcmpeqq,     pcmpeqq,            SSE41,      o_Vdq, o_Wdq) \
    R(0F38, 2A, 66,  0,                  movntdqa,    movntdqa,           SSE41,      o_Vdq, o_Mdq) \
    R(0F38, 2B, 66,  0,                  packusdw,    packusdw,           SSE41,      o_Vdq, o_Wdq) \
    R(0F38, 30, 66,  0,                  pmovzxbw,    pmovzxbw,           SSE41,      o_Vdq, o_Wq) \
    R(0F38, 31, 66,  0,                  pmovzxbd,    pmovzxbd,           SSE41,      o_Vdq, o_Wd) \
    R(0F38, 32, 66,  0,                  pmovzxbq,    pmovzxbq,           SSE41,      o_Vdq, o_Ww) \
    R(0F38, 33, 66,  0,                  pmovzxwd,    pmovzxwd,           SSE41,      o_Vdq, o_Wq) \
    R(0F38, 34, 66,  0,                  pmovzxwq,    pmovzxwq,           SSE41,      o_Vdq, o_Wd) \
    R(0F38, 35, 66,  0,                  pmovzxdq,    pmovzxdq,           SSE41,      o_Vdq, o_Wq) \
    R(0F38, 37, 66,  0,                  pcmpgtq,     pcmpgtq,            SSE42,      o_Vdq, o_Wdq) \
    R(0F38, 38, 66,  0,                  pminsb,      pminsb,             SSE41,      o_Vdq, o_Wdq) \
    R(0F38, 39, 66,  0,                  pminsd,      pminsd,             SSE41,      o_Vdq, o_Wdq) \
    R(0F38, 3A, 66,  0,                  pminuw,      pminuw,             SSE41,      o_Vdq, o_Wdq) \
    R(0F38, 3B, 66,  0,                  pminud,      pminud,             SSE41,      o_Vdq, o_Wdq) \
    R(0F38, 3C, 66,  0,                  pmaxsb,      pmaxsb,             SSE41,      o_Vdq, o_Wdq) \
    R(0F38, 3D, 66,  0,                  pmaxsd,      pmaxsd,             SSE41,      o_Vdq, o_Wdq) \
    R(0F38, 3E, 66,  0,                  pmaxuw,      pmaxuw,             SSE41,      o_Vdq, o_Wdq) \
    R(0F38, 3F, 66,  0,                  pmaxud,      pmaxud,             SSE41,      o_Vdq, o_Wdq) \
    R(0F38, 40, 66,  0,                  pmulld,      pmulld,             SSE41,      o_Vdq, o_Wdq) \
    R(0F38, 41, 66,  0,                  phminposuw,  phminposuw,         SSE41,      o_Vdq, o_Wdq) \
    R(0F38, C8, NP,  0,                  sha1nexte,   sha1nexte,          SHA,        o_Vdq, o_Wdq) \
    R(0F38, C9, NP,  0,                  sha1msg1,    sha1msg1,           SHA,        o_Vdq, o_Wdq) \
    R(0F38, CA, NP,  0,                  sha1msg2,    sha1msg2,           SHA,        o_Vdq, o_Wdq) \
    R(0F38, CB, NP,  0,                  sha256rnds2, sha256rnds2,        SHA,        o_Vdq, o_Wdq) \
    R(0F38, CC, NP,  0,                  sha256msg1,  sha256msg1,         SHA,        o_Vdq, o_Wdq) \
    R(0F38, CD, NP,  0,                  sha256msg2,  sha256msg2,         SHA,        o_Vdq, o_Wdq) \
    R(0F38, DB, 66,  0,                  aesimc,      aesimc,             AES,        o_Vdq, o_Wdq) \
    R(0F38, DC, 66,  0,                  aesenc,      aesenc,             AES,        o_Vdq, o_Wdq) \
    R(0F38, DD, 66,  0,                  aesenclast,  aesenclast,         AES,        o_Vdq, o_Wdq) \
    R(0F38, DE, 66,  0,                  aesdec,      aesdec,             AES,        o_Vdq, o_Wdq) \
    R(0F38, DF, 66,  0,                  aesdeclast,  aesdeclast,         AES,        o_Vdq, o_Wdq) \
    X(0F38, F0, F2,  0,                  crc32,       crc32_8,            SSE42,      BYTE,      0,        o_Gy, o_Eb) \
    X(0F38, F1, F2,  0,                  crc32,       crc32,              SSE42,      0,         0,        o_Gy, o_Ev) \
    /* end */

#define ROWS_0F3A(R, X) \
    R(0F3A, 08, 66,  0,                  roundps,     roundps,            SSE41,      o_Vdq, o_Wdq, o_Ib) \
    R(0F3A, 09, 66,  0,                  roundpd,     roundpd,            SSE41,      o_Vdq, o_Wdq, o_Ib) \
    R(0F3A, 0A, 66,  0,                  roundss,     roundss,            SSE41,      o_Vdq, o_Wss, o_Ib) \
    R(0F3A, 0B, 66,  0,                  roundsd,     roundsd,            SSE41,      o_Vdq, o_Wsd, o_Ib) \
    R(0F3A, 0C, 66,  0,                  blendps,     blendps,            SSE41,      o_Vdq, o_Wdq, o_Ib) \
    R(0F3A, 0D, 66,  0,                  blendpd,     blendpd,            SSE41,      o_Vdq, o_Wdq, o_Ib) \
    R(0F3A, 0E, 66,  0,                  pblendw,     pblendw,            SSE41,      o_Vdq, o_Wdq, o_Ib) \
    R(0F3A, 0F, NP,  0,                  palignr,     mmx_palignr,        SSSE3,      o_Pq, o_Qq, o_Ib) \
    R(0F3A, 0F, 66,  0,                  palignr,     palignr,            SSSE3,      o_Vdq, o_Wdq, o_Ib) \
    R(0F3A, 14, 66,  REGONLY,            pextrb,      pextrb,             SSE41,      o_Ry, o_Vdq, o_Ib) \
    R(0F3A, 14, 66,  MEMONLY,            pextrb,      pextrb,             SSE41,      o_Mb, o_Vdq, o_Ib) \
    R(0F3A, 15, 66,  REGONLY,            pextrw,      pextrw,             SSE41,      o_Ry, o_Vdq, o_Ib) \
    R(0F3A, 15, 66,  MEMONLY,            pextrw,      pextrw,             SSE41,      o_Mw, o_Vdq, o_Ib) \
    R(0F3A, 16, 66,  0,                  pextrd,      pextrd,             SSE41,      o_Ey, o_Vdq, o_Ib) \
    R(0F3A, 17, 66,  0,                  extractps,   extractps,          SSE41,      o_Ed, o_Vdq, o_Ib) \
    R(0F3A, 20, 66,  REGONLY,            pinsrb,      pinsrb,             SSE41,      o_Vdq, o_Ry, o_Ib) \
    R(0F3A, 20, 66,  MEMONLY,            pinsrb,      pinsrb,             SSE41,      o_Vdq, o_Mb, o_Ib) \
    R(0F3A, 21, 66,  0,                  insertps,    insertps,           SSE41,      o_Vdq, o_Wss, o_Ib) \
    R(0F3A, 22, 66,  0,                  pinsrd,      pinsrd,             SSE41,      o_Vdq, o_Ey, o_Ib) \
    R(0F3A, 40, 66,  0,                  dpps,        dpps,               SSE41,      o_Vdq, o_Wdq, o_Ib) \
    R(0F3A, 41, 66,  0,                  dppd,        dppd,               SSE41,      o_Vdq, o_Wdq, o_Ib) \
    R(0F3A, 42, 66,  0,                  mpsadbw,     mpsadbw,            SSE41,      o_Vdq, o_Wdq, o_Ib) \
    R(0F3A, 44, 66,  0,                  pclmulqdq,   pclmulqdq,          PCLMUL,     o_Vdq, o_Wdq, o_Ib) \
    X(0F3A, 60, 66,  0,                  pcmpestrm,   pcmpestrm,          SSE42,      NO_OPSIZE, FL_ARITH, o_Vdq, o_Wdq, o_Ib) \
    X(0F3A, 61, 66,  0,                  pcmpestri,   pcmpestri,          SSE42,      NO_OPSIZE, FL_ARITH, o_Vdq, o_Wdq, o_Ib) \
    X(0F3A, 62, 66,  0,                  pcmpistrm,   pcmpistrm,          SSE42,      NO_OPSIZE, FL_ARITH, o_Vdq, o_Wdq, o_Ib) \
    X(0F3A, 63, 66,  0,                  pcmpistri,   pcmpistri,          SSE42,      NO_OPSIZE, FL_ARITH, o_Vdq, o_Wdq, o_Ib) \
    R(0F3A, CC, NP,  0,                  sha1rnds4,   sha1rnds4,          SHA,        o_Vdq, o_Wdq, o_Ib) \
    R(0F3A, DF, 66,  0,                  aeskeygenassist, aeskeygenassist, AES,       o_Vdq, o_Wdq, o_Ib) \
    /* end */

#define ROWS(R, X) ROWS_0F(R, X) ROWS_0F38(R, X) ROWS_0F3A(R, X)
// clang-format on

#define DECLARE(map, opcode, prefix, modrm, name, handlers, ...) extern const struct ops ops_##handlers;
ROWS(DECLARE, DECLARE)

#define ROW_X(map, opcode, prefix, modrm, name, handlers, feature, flags, writes, ...)            \
    {MAP_##map, 0x##opcode, PFX_##prefix, modrm, #name, {__VA_ARGS__}, &ops_##handlers,            \
     NULL, NULL, NULL, flags, F_##feature, 0, writes, 0},
#define ROW(map, opcode, prefix, modrm, name, handlers, feature, ...)                              \
    ROW_X(map, opcode, prefix, modrm, name, handlers, feature, NO_OPSIZE, 0, __VA_ARGS__)

static const struct insn rows[] = {ROWS(ROW, ROW_X)};
const struct insn_table x86_table_sse = {rows, countof(rows)};

