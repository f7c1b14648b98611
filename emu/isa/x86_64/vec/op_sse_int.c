// SPDX-License-Identifier: MIT
// Packed integers of SSE2 that MMX lacks, and of SSSE3, SSE4.1 and SSE4.2 (vol. 1, 12.5 to 12.11).
#include "isa/x86_64/vec/sse.h"

// ---- SSE2
CALC(pshufd) { return (union xmm){.d = {s.d[imm & 3], s.d[imm >> 2 & 3], s.d[imm >> 4 & 3], s.d[imm >> 6]}}; }
XMM_OP(pshufd)

static union xmm shuffle_words(union xmm s, u8 imm, unsigned first) {
    union xmm r = s;
    for (unsigned i = 0; i < 4; i++) r.w[first + i] = s.w[first + (imm >> 2 * i & 3)];
    return r;
}
CALC(pshuflw) { return shuffle_words(s, imm, 0); }
CALC(pshufhw) { return shuffle_words(s, imm, 4); }
XMM_OP(pshuflw)
XMM_OP(pshufhw)

static u128 wide(union xmm x) { return (u128)x.q[1] << 64 | x.q[0]; }
static union xmm narrow(u128 v) { return (union xmm){.q = {(u64)v, (u64)(v >> 64)}}; }

// By bytes; VEX: into VEX.vvvv.
#define SHIFT_BYTES(name, shift)                                                                                                 \
    static ALWAYS_INLINE union xmm shift_##name(union xmm x, u8 n) { return narrow(n > 15 ? 0 : wide(x) shift 8 * n); }          \
    SOP(name) {                                                                                                                  \
        sse_check(c, u);                                                                                                         \
        c->s.xmm[u->b] = shift_##name(c->s.xmm[u->b], (u8)u->imm);                                                               \
        NEXT;                                                                                                                    \
    }                                                                                                                            \
    AVX(v##name##_128, ymm_set(c, VEX_V(u), shift_##name(c->s.xmm[u->b], (u8)u->imm), XMM_ZERO))                                 \
    AVX(v##name##_256,                                                                                                           \
        ymm_set(c, VEX_V(u), shift_##name(c->s.xmm[u->b], (u8)u->imm), shift_##name(c->s.ymmh[u->b], (u8)u->imm)))               \
    const struct ops ops_##name = OPS_R(name), ops_v##name = OPS_R_L(v##name##_128, v##name##_256);
SHIFT_BYTES(psrldq, >>)
SHIFT_BYTES(pslldq, <<)

// ---- SSSE3
VECTORS(pabsb, sb, __builtin_elementwise_abs(b))
VECTORS(pabsw, sw, __builtin_elementwise_abs(b))
VECTORS(pabsd, sd, __builtin_elementwise_abs(b))
LANES(psignb, sb, b < 0 ? -a : b ? a : 0)
LANES(psignw, sw, b < 0 ? -a : b ? a : 0)
LANES(psignd, sd, b < 0 ? -a : b ? a : 0)
LANES(pmulhrsw, sw, ((a * b >> 14) + 1) >> 1)

CALC(pshufb) {
    union xmm r = {0};
    for (unsigned i = 0; i < bytes; i++) r.b[i] = s.b[i] & 0x80 ? 0 : d.b[s.b[i] & (bytes - 1)];
    return r;
}
XMM_OP(pshufb)
MMX_OP(pshufb)

CALC(pmaddubsw) {
    union xmm r = {0};
    for (unsigned i = 0; i < bytes / 2; i++) r.sw[i] = sat_i16(d.b[2 * i] * s.sb[2 * i] + d.b[2 * i + 1] * s.sb[2 * i + 1]);
    return r;
}
XMM_OP(pmaddubsw)
MMX_OP(pmaddubsw)

// Neighbours of the destination, then of the source.
#define HORIZONTAL(name, F, expr)                                                                                                \
    CALC(name) {                                                                                                                 \
        union xmm r = {0};                                                                                                       \
        unsigned n = bytes / sizeof r.F[0];                                                                                      \
        for (unsigned i = 0; i < n; i++) {                                                                                       \
            const union xmm *x = i < n / 2 ? &d : &s;                                                                            \
            typeof(r.F[0]) a = x->F[2 * i % n], b = x->F[2 * i % n + 1];                                                         \
            r.F[i] = (typeof(a))(expr);                                                                                          \
        }                                                                                                                        \
        return r;                                                                                                                \
    }                                                                                                                            \
    XMM_OP(name)                                                                                                                 \
    MMX_OP(name)
HORIZONTAL(phaddw, sw, a + b)
HORIZONTAL(phaddd, sd, a + b)
HORIZONTAL(phaddsw, sw, sat_i16(a + b))
HORIZONTAL(phsubw, sw, a - b)
HORIZONTAL(phsubd, sd, a - b)
HORIZONTAL(phsubsw, sw, sat_i16(a - b))

// Destination above source, shifted right by imm8 bytes.
CALC(palignr) {
    u128 low = bytes == 8 ? (u128)d.q[0] << 64 | s.q[0] : wide(s), high = bytes == 8 ? 0 : wide(d);
    unsigned n = 8 * imm;
    if (n >= 256) return narrow(0);
    if (n >= 128) return narrow(high >> (n - 128));
    return narrow(n ? low >> n | high << (128 - n) : low);
}
XMM_OP(palignr)
MMX_OP(palignr)

// ---- SSE4.1
XMM_VECTORS(pminsb, sb, MIN(a, b))
XMM_VECTORS(pminsd, sd, MIN(a, b))
XMM_VECTORS(pminuw, w, MIN(a, b))
XMM_VECTORS(pminud, d, MIN(a, b))
XMM_VECTORS(pmaxsb, sb, MAX(a, b))
XMM_VECTORS(pmaxsd, sd, MAX(a, b))
XMM_VECTORS(pmaxuw, w, MAX(a, b))
XMM_VECTORS(pmaxud, d, MAX(a, b))
XMM_VECTORS(pmulld, d, a * b)
XMM_LANES(pmuldq, sq, (i64)(i32)a * (i32)b)
XMM_VECTORS(pcmpeqq, q, a == b)
XMM_VECTORS(pcmpgtq, sq, a > b
) // SSE4.2

CALC(packusdw) {
    union xmm r;
    for (unsigned i = 0; i < 4; i++) {
        r.w[i] = sat_u16(d.sd[i]);
        r.w[4 + i] = sat_u16(s.sd[i]);
    }
    return r;
}
XMM_OP(packusdw)

// The source's lowest lanes, widened; VEX.256: the upper half from the lanes above those.
#define EXTEND(name, TO, FROM, size)                                                                                             \
    CALC(name) {                                                                                                                 \
        union xmm r;                                                                                                             \
        for (unsigned i = 0; i < 16 / sizeof r.TO[0]; i++) r.TO[i] = s.FROM[i];                                                  \
        return r;                                                                                                                \
    }                                                                                                                            \
    XMM_OP_SIZED(name, size, 1)                                                                                                  \
    static ALWAYS_INLINE void vex_##name(struct x86_cpu *c, const struct uop *u, const union xmm *s, bool wide) {                \
        union xmm above = {0};                                                                                                   \
        memcpy(&above, s->b + size, size);                                                                                       \
        ymm_set(c, u->a, calc_##name(XMM_ZERO, s[0], 0, 16), wide ? calc_##name(XMM_ZERO, above, 0, 16) : XMM_ZERO);             \
    }                                                                                                                            \
    VEX_SOURCE(name, vex_##name, size)
EXTEND(pmovsxbw, sw, sb, 8)
EXTEND(pmovsxbd, sd, sb, 4)
EXTEND(pmovsxbq, sq, sb, 2)
EXTEND(pmovsxwd, sd, sw, 8)
EXTEND(pmovsxwq, sq, sw, 4)
EXTEND(pmovsxdq, sq, sd, 8)
EXTEND(pmovzxbw, w, b, 8)
EXTEND(pmovzxbd, d, b, 4)
EXTEND(pmovzxbq, q, b, 2)
EXTEND(pmovzxwd, d, w, 8)
EXTEND(pmovzxwq, q, w, 4)
EXTEND(pmovzxdq, q, d, 8)

CALC(phminposuw) {
    unsigned least = 0;
    for (unsigned i = 1; i < 8; i++)
        if (s.w[i] < s.w[least]) least = i;
    return (union xmm){.w = {s.w[least], (u16)least}};
}
XMM_OP(phminposuw)

// imm8[1:0] picks 4 bytes of the source, imm8[2] where in the destination the sliding window starts.
CALC(mpsadbw) {
    const u8 *from = s.b + (imm & 3) * 4, *window = d.b + (imm >> 2 & 1) * 4;
    union xmm r = {0};
    for (unsigned i = 0; i < 8; i++)
        for (unsigned j = 0; j < 4; j++)
            r.w[i] += (u16)(window[i + j] > from[j] ? window[i + j] - from[j] : from[j] - window[i + j]);
    return r;
}
XMM_OP_SIZED(mpsadbw, 16, 16)
VEX_OP_IMM(mpsadbw, imm >> 3)

// ---- blends: by the immediate's bits, or by the top bits of the lanes of XMM0 (VEX: of the register in imm8[7:4])
#define BLEND(name, F, high_imm)                                                                                                 \
    CALC(name) {                                                                                                                 \
        for (unsigned i = 0; i < 16 / sizeof d.F[0]; i++)                                                                        \
            if (imm >> i & 1) d.F[i] = s.F[i];                                                                                   \
        return d;                                                                                                                \
    }                                                                                                                            \
    XMM_OP_SIZED(name, 16, 16)                                                                                                   \
    VEX_OP_IMM(name, high_imm)
BLEND(blendps, d, imm >> 4) // and VPBLENDD
BLEND(blendpd, q, imm >> 2)
BLEND(pblendw, w, imm)

#define BLEND_BY_SIGNS(name, F)                                                                                                  \
    static ALWAYS_INLINE union xmm blend_##name(union xmm d, union xmm s, union xmm by) {                                        \
        for (unsigned i = 0; i < 16 / sizeof d.F[0]; i++)                                                                        \
            if (by.F[i] < 0) d.F[i] = s.F[i];                                                                                    \
        return d;                                                                                                                \
    }                                                                                                                            \
    static ALWAYS_INLINE void name(struct x86_cpu *c, const struct uop *u, const union xmm *s) {                                 \
        c->s.xmm[u->a] = blend_##name(c->s.xmm[u->a], *s, c->s.xmm[0]);                                                          \
    }                                                                                                                            \
    static ALWAYS_INLINE void vex_##name(struct x86_cpu *c, const struct uop *u, const union xmm *s, bool wide) {                \
        unsigned v = VEX_V(u), by = (u8)u->imm >> 4;                                                                             \
        union xmm low = blend_##name(c->s.xmm[v], s[0], c->s.xmm[by]);                                                           \
        ymm_set(c, u->a, low, wide ? blend_##name(c->s.ymmh[v], s[1], c->s.ymmh[by]) : XMM_ZERO);                                \
    }                                                                                                                            \
    XMM_SOURCE(name, name, 16, 16)                                                                                               \
    VEX_SOURCE(name, vex_##name, 16)
BLEND_BY_SIGNS(pblendvb, sb)
BLEND_BY_SIGNS(blendvps, sd)
BLEND_BY_SIGNS(blendvpd, sq)

// ZF: no bit is in both; CF: none is in the source alone.
static ALWAYS_INLINE void test_bits(struct x86_cpu *c, const struct uop *u, const union xmm *s, bool wide) {
    const union xmm *low = &c->s.xmm[u->a], *high = &c->s.ymmh[u->a];
    u64 both = (s->q[0] & low->q[0]) | (s->q[1] & low->q[1]), alone = (s->q[0] & ~low->q[0]) | (s->q[1] & ~low->q[1]);
    if (wide) {
        both |= (s[1].q[0] & high->q[0]) | (s[1].q[1] & high->q[1]);
        alone |= (s[1].q[0] & ~high->q[0]) | (s[1].q[1] & ~high->q[1]);
    }
    sse_set_flags(c, !both, 0, !alone, 0, 0);
}
static ALWAYS_INLINE void ptest(struct x86_cpu *c, const struct uop *u, const union xmm *s) { test_bits(c, u, s, false); }
XMM_SOURCE(ptest, ptest, 16, 16)
VEX_SOURCE(ptest, test_bits, 16)
