// SPDX-License-Identifier: MIT
// Conversions, legacy and VEX, between integers, single and double precision (vol. 2, CVT*). All by the host's instruction
// under the guest's MXCSR; MMX sources and destinations go through the XMM form of the same conversion.
#include "isa/x86_64/vec/sse_fp.h"

// ---- XMM to XMM
RUN_FP(cvtps2pd, "cvtps2pd %[s], %[d]", 32, 2, FP_WIDEN)
RUN_FP(cvtpd2ps, "cvtpd2ps %[s], %[d]", 64, 2, FP_NARROW)
RUN_FP(cvtss2sd, "cvtss2sd %[s], %[d]", 32, 1, FP_WIDEN)
RUN_FP(cvtsd2ss, "cvtsd2ss %[s], %[d]", 64, 1, FP_NARROW)

// From and to packed integers. Out of range gives the lowest integer, and IE; `integers` is how many to look at for that.
#define RUN_PACKED(name, exact, integers)                                                                                        \
    RUN_ASM(name, #name " %[s], %[d]")                                                                                           \
    QUICK(name) {                                                                                                                \
        vec vd = to_vec(d);                                                                                                      \
        if (!exact && !sse_may_be_inexact(mxcsr)) return false;                                                                  \
        asm volatile(#name " %[s], %[d]" : [d] "+x"(vd) : [s] "x"(to_vec(s)));                                                   \
        union xmm r = from_vec(vd);                                                                                              \
        UNROLL for (unsigned i = 0; i < integers; i++) if (unlikely(r.sd[i] == INT32_MIN)) return false;                         \
        *d = r;                                                                                                                  \
        return true;                                                                                                             \
    }
RUN_PACKED(cvtdq2ps, false, 0)
RUN_PACKED(cvtdq2pd, true, 0)
RUN_PACKED(cvtps2dq, false, 4)
RUN_PACKED(cvttps2dq, false, 4)
RUN_PACKED(cvtpd2dq, false, 2)
RUN_PACKED(cvttpd2dq, false, 2)
FP_SCALAR(cvtss2sd, 4)
FP_SCALAR(cvtsd2ss, 8)
FP_PACKED(cvtdq2ps)
FP_PACKED(cvtps2dq)
FP_PACKED(cvttps2dq)

// From half as many bits: the source of the upper half is the upper half of an XMM register, or of 16 bytes of memory.
#define WIDEN(name)                                                                                                              \
    FP_STEP(name)                                                                                                                \
    FP_SSE(name, 8, 1)                                                                                                           \
    static ALWAYS_INLINE void vex_##name(struct x86_cpu *c, const struct uop *u, const union xmm *s, bool wide) {                \
        const union xmm parts[2] = {s[0], {.q = {s[0].q[1]}}};                                                                   \
        union xmm d[2] = {0};                                                                                                    \
        fp_##name(c, u, d, parts, wide ? 2 : 1);                                                                                 \
        ymm_set(c, u->a, d[0], d[1]);                                                                                            \
    }                                                                                                                            \
    VEX_SOURCE(name, vex_##name, 8)
WIDEN(cvtps2pd)
WIDEN(cvtdq2pd)

// To half as many bits.
#define NARROW(name)                                                                                                             \
    FP_STEP(name)                                                                                                                \
    FP_SSE(name, 16, 16)                                                                                                         \
    static ALWAYS_INLINE void vex_##name(struct x86_cpu *c, const struct uop *u, const union xmm *s, bool wide) {                \
        union xmm d[2] = {0};                                                                                                    \
        fp_##name(c, u, d, s, wide ? 2 : 1);                                                                                     \
        ymm_set(c, u->a, (union xmm){.q = {d[0].q[0], d[1].q[0]}}, XMM_ZERO);                                                    \
    }                                                                                                                            \
    VEX_SOURCE(name, vex_##name, 16)
NARROW(cvtpd2ps)
NARROW(cvtpd2dq)
NARROW(cvttpd2dq)

// ---- general register or memory to XMM: the integer comes as s->q[0]
#define RUN_FROM_INT(name, text, type, exact)                                                                                    \
    QUICK(name) {                                                                                                                \
        if (!exact && !sse_may_be_inexact(mxcsr)) return false;                                                                  \
        vec vd = to_vec(d);                                                                                                      \
        asm volatile(text : [d] "+x"(vd) : [s] "r"((type)s->q[0]));                                                              \
        *d = from_vec(vd);                                                                                                       \
        return true;                                                                                                             \
    }                                                                                                                            \
    RUN(name) {                                                                                                                  \
        vec vd = to_vec(d);                                                                                                      \
        u32 flags;                                                                                                               \
        FP_ASM(text, [d] "+x"(vd), [s] "r"((type)s->q[0]));                                                                      \
        *d = from_vec(vd);                                                                                                       \
        return flags & MX_FLAGS;                                                                                                 \
    }                                                                                                                            \
    static ALWAYS_INLINE union xmm name(struct x86_cpu *c, const struct uop *u, union xmm d, u64 v) {                            \
        union xmm s = {.q = {v}};                                                                                                \
        FP_EVAL(name, &d, &s);                                                                                                   \
        return d;                                                                                                                \
    }
RUN_FROM_INT(cvtsi2ss32, "cvtsi2ssl %[s], %[d]", u32, false)
RUN_FROM_INT(cvtsi2ss64, "cvtsi2ssq %[s], %[d]", u64, false)
RUN_FROM_INT(cvtsi2sd32, "cvtsi2sdl %[s], %[d]", u32, true)
RUN_FROM_INT(cvtsi2sd64, "cvtsi2sdq %[s], %[d]", u64, false)

#define FROM_INT_SIZED(name, N)                                                                                                  \
    SOP(name##N##_r) {                                                                                                           \
        sse_check(c, u);                                                                                                         \
        c->s.xmm[u->a] = name##N(c, u, c->s.xmm[u->a], REG##N(u->b));                                                            \
        NEXT;                                                                                                                    \
    }                                                                                                                            \
    SOP(name##N##_m) {                                                                                                           \
        sse_check(c, u);                                                                                                         \
        c->s.xmm[u->a] = name##N(c, u, c->s.xmm[u->a], LOAD##N(c, u));                                                           \
        NEXT;                                                                                                                    \
    }                                                                                                                            \
    AVX(v##name##N##_r, ymm_set(c, u->a, name##N(c, u, c->s.xmm[VEX_V(u)], REG##N(u->b)), XMM_ZERO))                             \
    AVX(v##name##N##_m, ymm_set(c, u->a, name##N(c, u, c->s.xmm[VEX_V(u)], LOAD##N(c, u)), XMM_ZERO))
#define FROM_INT(name)                                                                                                           \
    FROM_INT_SIZED(name, 32)                                                                                                     \
    FROM_INT_SIZED(name, 64)                                                                                                     \
    const struct ops ops_##name = {{0, 0, name##32_r, name##64_r}, {0, 0, name##32_m, name##64_m}};                              \
    const struct ops ops_v##name = {{0, 0, v##name##32_r, v##name##64_r}, {0, 0, v##name##32_m, v##name##64_m}};
FROM_INT(cvtsi2ss)
FROM_INT(cvtsi2sd)

// ---- XMM or memory to general register: run_* leaves the integer in d->q[0]
// (out of range: the type's lowest value, and IE)
#define RUN_TO_INT(name, text, type)                                                                                             \
    QUICK(name) {                                                                                                                \
        type r;                                                                                                                  \
        if (!sse_may_be_inexact(mxcsr)) return false;                                                                            \
        asm volatile(text : [d] "=r"(r) : [s] "x"(to_vec(s)));                                                                   \
        if (unlikely(r == (type)1 << (8 * sizeof r - 1))) return false;                                                          \
        *d = (union xmm){.q = {r}};                                                                                              \
        return true;                                                                                                             \
    }                                                                                                                            \
    RUN(name) {                                                                                                                  \
        type r;                                                                                                                  \
        u32 flags;                                                                                                               \
        FP_ASM(text, [d] "=&r"(r), [s] "x"(to_vec(s)));                                                                          \
        *d = (union xmm){.q = {r}};                                                                                              \
        return flags & MX_FLAGS;                                                                                                 \
    }
#define TO_INT_SIZED(name, size)                                                                                                 \
    static ALWAYS_INLINE void name(struct x86_cpu *c, const struct uop *u, const union xmm *s) {                                 \
        union xmm d = {0};                                                                                                       \
        FP_EVAL(name, &d, s);                                                                                                    \
        SET64(u->a, d.q[0]);                                                                                                     \
    }                                                                                                                            \
    XMM_SOURCE(name, name, size, 1)                                                                                              \
    VEX_SCALAR(name, name, size)
#define TO_INT(name, size)                                                                                                       \
    RUN_TO_INT(name##32, #name " %[s], %k[d]", u32)                                                                              \
    RUN_TO_INT(name##64, #name " %[s], %q[d]", u64)                                                                              \
    TO_INT_SIZED(name##32, size)                                                                                                 \
    TO_INT_SIZED(name##64, size)                                                                                                 \
    const struct ops ops_##name = {{0, 0, name##32_r, name##64_r}, {0, 0, name##32_m, name##64_m}};                              \
    const struct ops ops_v##name = {{0, 0, v##name##32_r, v##name##64_r}, {0, 0, v##name##32_m, v##name##64_m}};
TO_INT(cvtss2si, 4)
TO_INT(cvttss2si, 4)
TO_INT(cvtsd2si, 8)
TO_INT(cvttsd2si, 8)

// ---- MMX to XMM. CVTPI2PS keeps the destination's upper half. CVTPI2PD from memory touches no MMX register and so
// leaves the x87 state alone (vol. 2, CVTPI2PD).
static ALWAYS_INLINE void cvtpi2ps(struct x86_cpu *c, const struct uop *u, const union xmm *s) {
    union xmm d = {0};
    FP_EVAL(cvtdq2ps, &d, s);
    mmx_enter(c);
    c->s.xmm[u->a].q[0] = d.q[0];
}
SOP(cvtpi2ps_r) {
    sse_check(c, u);
    mmx_check(c, u);
    union xmm s = mmx_get(c, u->b);
    cvtpi2ps(c, u, &s);
    NEXT;
}
SOP(cvtpi2ps_m) {
    sse_check(c, u);
    mmx_check(c, u);
    union xmm s = {.q = {LOAD64(c, u)}};
    cvtpi2ps(c, u, &s);
    NEXT;
}
SOP(cvtpi2pd_r) {
    sse_check(c, u);
    mmx_check(c, u);
    union xmm d, s = mmx_get(c, u->b);
    FP_EVAL(cvtdq2pd, &d, &s);
    mmx_enter(c);
    c->s.xmm[u->a] = d;
    NEXT;
}
const struct ops ops_cvtpi2ps = OPS_RM(cvtpi2ps_r, cvtpi2ps_m), ops_cvtpi2pd = OPS_RM(cvtpi2pd_r, cvtdq2pd_m);

// ---- XMM to MMX
#define TO_MMX(name, via, size, align)                                                                                           \
    static ALWAYS_INLINE void name(struct x86_cpu *c, const struct uop *u, const union xmm *s) {                                 \
        union xmm d = {0};                                                                                                       \
        FP_EVAL(via, &d, s);                                                                                                     \
        mmx_set(c, u->a, d.q[0]);                                                                                                \
    }                                                                                                                            \
    SOP(name##_r) {                                                                                                              \
        union xmm s = c->s.xmm[u->b];                                                                                            \
        sse_check(c, u);                                                                                                         \
        mmx_check(c, u);                                                                                                         \
        if (size == 8) s.q[1] = 0; /* not converted, so it must not raise anything */                                            \
        name(c, u, &s);                                                                                                          \
        NEXT;                                                                                                                    \
    }                                                                                                                            \
    SOP(name##_m) {                                                                                                              \
        union xmm s = {0};                                                                                                       \
        sse_check(c, u);                                                                                                         \
        mmx_check(c, u);                                                                                                         \
        LOADN(c, u, &s, size, align);                                                                                            \
        name(c, u, &s);                                                                                                          \
        NEXT;                                                                                                                    \
    }                                                                                                                            \
    const struct ops ops_##name = OPS_RM(name##_r, name##_m);
TO_MMX(cvtps2pi, cvtps2dq, 8, 1)
TO_MMX(cvttps2pi, cvttps2dq, 8, 1)
TO_MMX(cvtpd2pi, cvtpd2dq, 16, 16)
TO_MMX(cvttpd2pi, cvttpd2dq, 16, 16)
