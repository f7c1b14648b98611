// SPDX-License-Identifier: MIT
// AVX's floating-point instructions that SSE has no form of: VPERMILPS, VPERMILPD, VTESTPS, VTESTPD. (Those that move bits as an
// integer namesake does: op_avx_int.c, op_avx_mask.c.)
#include "isa/x86_64/vec/sse.h"

// ---- permutations within each half, by the immediate or by the source's elements
CALC(permilps_i) { return (union xmm){.d = {s.d[imm & 3], s.d[imm >> 2 & 3], s.d[imm >> 4 & 3], s.d[imm >> 6]}}; }
CALC(permilpd_i) { return (union xmm){.q = {s.q[imm & 1], s.q[imm >> 1 & 1]}}; }
CALC(permilps) { return (union xmm){.d = {d.d[s.d[0] & 3], d.d[s.d[1] & 3], d.d[s.d[2] & 3], d.d[s.d[3] & 3]}}; }
CALC(permilpd) { return (union xmm){.q = {d.q[s.q[0] >> 1 & 1], d.q[s.q[1] >> 1 & 1]}}; }
VEX_OP(permilps_i)
VEX_OP_IMM(permilpd_i, imm >> 2)
VEX_OP(permilps)
VEX_OP(permilpd)

// ---- tests of sign bits. ZF: none is set in both; CF: none in the source alone
#define VTEST(name, F, sign)                                                                                                     \
    static ALWAYS_INLINE void name(struct x86_cpu *c, const struct uop *u, const union xmm *s, bool wide) {                      \
        const union xmm *const d[2] = {&c->s.xmm[u->a], &c->s.ymmh[u->a]};                                                       \
        typeof(+s->F[0]) both = 0, alone = 0;                                                                                    \
        for (unsigned h = 0; h < (wide ? 2 : 1); h++)                                                                            \
            for (unsigned i = 0; i < 16 / sizeof both; i++) {                                                                    \
                both |= s[h].F[i] & d[h]->F[i];                                                                                  \
                alone |= s[h].F[i] & ~d[h]->F[i];                                                                                \
            }                                                                                                                    \
        sse_set_flags(c, !(both & sign), 0, !(alone & sign), 0, 0);                                                              \
    }                                                                                                                            \
    VEX_SOURCE(name, name, 16)
VTEST(testps, d, BIT(31))
VTEST(testpd, q, BIT(63))
