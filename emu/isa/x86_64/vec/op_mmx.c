// SPDX-License-Identifier: MIT
// Packed integers of MMX, SSE and SSE2: arithmetic, comparison, logic, shifts, packing. One line gives the MMX form and
// the XMM form (vol. 1, 9.4 and 11.4; the instructions themselves: vol. 2).
#include "isa/x86_64/vec/sse.h"

void mmx_trap(struct x86_cpu *c, const struct uop *u) {
    SYNC;
    if (c->s.cr0 & CR0_EM) raise_ud(c);
    x87_trap(c, u);
}

// ---- add, subtract
VECTORS(paddb, b, a + b)
VECTORS(paddw, w, a + b)
VECTORS(paddd, d, a + b)
VECTORS(paddq, q, a + b)
VECTORS(psubb, b, a - b)
VECTORS(psubw, w, a - b)
VECTORS(psubd, d, a - b)
VECTORS(psubq, q, a - b)
VECTORS(paddsb, sb, ADD_SATURATED(a, b))
VECTORS(paddsw, sw, ADD_SATURATED(a, b))
VECTORS(paddusb, b, ADD_SATURATED(a, b))
VECTORS(paddusw, w, ADD_SATURATED(a, b))
VECTORS(psubsb, sb, SUB_SATURATED(a, b))
VECTORS(psubsw, sw, SUB_SATURATED(a, b))
VECTORS(psubusb, b, SUB_SATURATED(a, b))
VECTORS(psubusw, w, SUB_SATURATED(a, b))
VECTORS(pavgb, b, (a | b) - ((a ^ b) >> 1))
VECTORS(pavgw, w, (a | b) - ((a ^ b) >> 1))

// ---- multiply
VECTORS(pmullw, sw, a * b)
LANES(pmulhw, sw, (a * b) >> 16)
LANES(pmulhuw, w, ((u32)a * b) >> 16)
VECTORS(pmuludq, q, (a & 0xffffffff) * (b & 0xffffffff))

CALC(pmaddwd) {
    union xmm r = {0};
    for (unsigned i = 0; i < bytes / 4; i++) r.d[i] = (u32)(d.sw[2 * i] * s.sw[2 * i]) + (u32)(d.sw[2 * i + 1] * s.sw[2 * i + 1]);
    return r;
}
XMM_OP(pmaddwd)
MMX_OP(pmaddwd)

CALC(psadbw) {
    union xmm r = {0};
    for (unsigned i = 0; i < bytes; i++) r.q[i / 8] += (u64)(d.b[i] > s.b[i] ? d.b[i] - s.b[i] : s.b[i] - d.b[i]);
    return r;
}
XMM_OP(psadbw)
MMX_OP(psadbw)

// ---- compare, select
VECTORS(pcmpeqb, b, a == b)
VECTORS(pcmpeqw, w, a == b)
VECTORS(pcmpeqd, d, a == b)
VECTORS(pcmpgtb, sb, a > b)
VECTORS(pcmpgtw, sw, a > b)
VECTORS(pcmpgtd, sd, a > b)
VECTORS(pminub, b, MIN(a, b))
VECTORS(pmaxub, b, MAX(a, b))
VECTORS(pminsw, sw, MIN(a, b))
VECTORS(pmaxsw, sw, MAX(a, b))

// ---- logic (the floating-point spellings ANDPS ... share these)
VECTORS(pand, q, a & b)
VECTORS(pandn, q, ~a & b)
VECTORS(por, q, a | b)
VECTORS(pxor, q, a ^ b)

// ---- pack with saturation: the destination's lanes become the lower half, the source's the upper
#define PACK(name, TO, FROM, saturate)                                                                                           \
    CALC(name) {                                                                                                                 \
        unsigned n = bytes / sizeof d.FROM[0];                                                                                   \
        VECTOR_OF(TO) r = {0};                                                                                                   \
        UNROLL for (unsigned i = 0; i < n; i++) {                                                                                \
            r[i] = saturate(d.FROM[i]);                                                                                          \
            r[n + i] = saturate(s.FROM[i]);                                                                                      \
        }                                                                                                                        \
        memcpy(&d, &r, 16);                                                                                                      \
        return d;                                                                                                                \
    }                                                                                                                            \
    XMM_OP(name)                                                                                                                 \
    MMX_OP(name)
PACK(packsswb, sb, sw, sat_i8)
PACK(packuswb, b, sw, sat_u8)
PACK(packssdw, sw, sd, sat_i16)

// ---- unpack: interleave the lower (or upper) halves. The MMX low forms read only 4 bytes of memory.
#define UNPACK(name, F, high)                                                                                                    \
    CALC(name) {                                                                                                                 \
        unsigned n = bytes / sizeof d.F[0];                                                                                      \
        VECTOR_OF(F) a, b, r = {0};                                                                                              \
        memcpy(&a, &d, 16);                                                                                                      \
        memcpy(&b, &s, 16);                                                                                                      \
        UNROLL for (unsigned i = 0; i < n / 2; i++) {                                                                            \
            r[2 * i] = a[i + (high) * n / 2];                                                                                    \
            r[2 * i + 1] = b[i + (high) * n / 2];                                                                                \
        }                                                                                                                        \
        memcpy(&d, &r, 16);                                                                                                      \
        return d;                                                                                                                \
    }                                                                                                                            \
    XMM_OP(name)
UNPACK(punpcklbw, b, 0)
UNPACK(punpcklwd, w, 0)
UNPACK(punpckldq, d, 0)  // and UNPCKLPS
UNPACK(punpcklqdq, q, 0) // and UNPCKLPD
UNPACK(punpckhbw, b, 1)
UNPACK(punpckhwd, w, 1)
UNPACK(punpckhdq, d, 1)  // and UNPCKHPS
UNPACK(punpckhqdq, q, 1) // and UNPCKHPD
MMX_OP_SIZED(punpcklbw, 4)
MMX_OP_SIZED(punpcklwd, 4)
MMX_OP_SIZED(punpckldq, 4)
MMX_OP(punpckhbw)
MMX_OP(punpckhwd)
MMX_OP(punpckhdq)

// ---- shift: by the source's low 64 bits, or by an immediate (ops_*_i: the register is ModRM.rm). n is the count, `over`
// what a count beyond the lane gives. VEX: one count for both halves; with an immediate the destination is VEX.vvvv.
#define SHIFT(name, F, expr, over)                                                                                               \
    static ALWAYS_INLINE union xmm shift_##name(union xmm d, u64 n) {                                                            \
        VECTOR_OF(F) a;                                                                                                          \
        memcpy(&a, &d, 16);                                                                                                      \
        if (n < 8 * sizeof a[0]) a = expr;                                                                                       \
        else a = over;                                                                                                           \
        memcpy(&d, &a, 16);                                                                                                      \
        return d;                                                                                                                \
    }                                                                                                                            \
    static ALWAYS_INLINE void shift_ymm_##name(struct x86_cpu *c, unsigned to, unsigned v, u64 n, bool wide) {                   \
        ymm_set(c, to, shift_##name(c->s.xmm[v], n), wide ? shift_##name(c->s.ymmh[v], n) : XMM_ZERO);                           \
    }                                                                                                                            \
    static ALWAYS_INLINE void vex_##name(struct x86_cpu *c, const struct uop *u, const union xmm *s, bool wide) {                \
        shift_ymm_##name(c, u->a, VEX_V(u), s->q[0], wide);                                                                      \
    }                                                                                                                            \
    CALC(name) { return shift_##name(d, s.q[0]); }                                                                               \
    XMM_OP_SIZED(name, 16, 16)                                                                                                   \
    VEX_SOURCE_SIZED(name, vex_##name, 16, 16)                                                                                   \
    MMX_OP(name)                                                                                                                 \
    SOP(name##_i) {                                                                                                              \
        sse_check(c, u);                                                                                                         \
        c->s.xmm[u->b] = shift_##name(c->s.xmm[u->b], (u8)u->imm);                                                               \
        NEXT;                                                                                                                    \
    }                                                                                                                            \
    SOP(mmx_##name##_i) {                                                                                                        \
        mmx_check(c, u);                                                                                                         \
        mmx_set(c, u->b, shift_##name(mmx_get(c, u->b), (u8)u->imm).q[0]);                                                       \
        NEXT;                                                                                                                    \
    }                                                                                                                            \
    AVX(v##name##_i128, shift_ymm_##name(c, VEX_V(u), u->b, (u8)u->imm, false))                                                  \
    AVX(v##name##_i256, shift_ymm_##name(c, VEX_V(u), u->b, (u8)u->imm, true))                                                   \
    const struct ops ops_##name##_i = OPS_R(name##_i), ops_mmx_##name##_i = OPS_R(mmx_##name##_i),                               \
                     ops_v##name##_i = OPS_R_L(v##name##_i128, v##name##_i256);
SHIFT(psrlw, w, a >> (typeof(a[0]))n, a ^ a)
SHIFT(psrld, d, a >> (typeof(a[0]))n, a ^ a)
SHIFT(psrlq, q, a >> (typeof(a[0]))n, a ^ a)
SHIFT(psraw, sw, a >> (typeof(a[0]))n, a >> 15)
SHIFT(psrad, sd, a >> (typeof(a[0]))n, a >> 31)
SHIFT(psllw, w, a << (typeof(a[0]))n, a ^ a)
SHIFT(pslld, d, a << (typeof(a[0]))n, a ^ a)
SHIFT(psllq, q, a << (typeof(a[0]))n, a ^ a)
