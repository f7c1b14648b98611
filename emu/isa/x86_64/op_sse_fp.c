// SPDX-License-Identifier: MIT
// SSE and SSE2 floating point: arithmetic, comparison, reciprocals, shuffles. The host's instruction does the work under
// the guest's MXCSR (sse.h).
#include "isa/x86_64/sse.h"

#define PRE_COMPUTATION (MX_IE | MX_DE | MX_ZE)

u32 fp_unmasked(struct x86_cpu *c, const struct uop *u, fp_run *run, const union xmm *d, const union xmm *s) {
    u32 csr = (c->s.mxcsr & ~(u32)MX_FLAGS) | MX_MASKS;
    u32 unmasked = ~c->s.mxcsr >> MX_MASK_SHIFT & MX_FLAGS;
    union xmm scratch = *d;
    u32 flags;
    if (unmasked & MX_UE) {
        // Unmasked underflow means tiny, exact or not, and switches FZ off (vol. 1, 4.9.1.5 and 10.2.3.3). The host flags
        // an exact tiny result only when it flushes it.
        union xmm flushed = *d;
        u32 tiny = run(&flushed, s, csr | MX_FZ, (u8)u->imm) & MX_UE;
        flags = (run(&scratch, s, csr & ~(u32)MX_FZ, (u8)u->imm) & ~(u32)MX_UE) | tiny;
    } else {
        flags = run(&scratch, s, csr, (u8)u->imm);
    }
    // An unmasked pre-computation exception of any element keeps the rest from being computed (vol. 1, 11.5.1 and E.4.2).
    if (flags & unmasked & PRE_COMPUTATION) flags &= PRE_COMPUTATION;
    if (!(flags & unmasked)) return flags;
    c->s.mxcsr |= flags;
    SYNC;
    x86_raise(c, c->s.cr4 & CR4_OSXMMEXCPT ? EXC_XM : EXC_UD, 0);
}

// ---- arithmetic: name, its four precisions
#define ARITH(name)                                                                                \
    RUN_ASM(name##ps, #name "ps %[s], %[d]")                                                       \
    FP_OP(name##ps, 16, 16)                                                                        \
    RUN_ASM(name##pd, #name "pd %[s], %[d]")                                                       \
    FP_OP(name##pd, 16, 16)                                                                        \
    RUN_ASM(name##ss, #name "ss %[s], %[d]")                                                       \
    FP_OP(name##ss, 4, 1)                                                                          \
    RUN_ASM(name##sd, #name "sd %[s], %[d]")                                                       \
    FP_OP(name##sd, 8, 1)
ARITH(add)
ARITH(sub)
ARITH(mul)
ARITH(div)
ARITH(min)
ARITH(max)
ARITH(sqrt)

// ---- CMPccPS ...: the predicate is imm8[2:0]
#define RUN_CMP(name)                                                                              \
    RUN_ASM(name##_0, #name " $0, %[s], %[d]")                                                     \
    RUN_ASM(name##_1, #name " $1, %[s], %[d]")                                                     \
    RUN_ASM(name##_2, #name " $2, %[s], %[d]")                                                     \
    RUN_ASM(name##_3, #name " $3, %[s], %[d]")                                                     \
    RUN_ASM(name##_4, #name " $4, %[s], %[d]")                                                     \
    RUN_ASM(name##_5, #name " $5, %[s], %[d]")                                                     \
    RUN_ASM(name##_6, #name " $6, %[s], %[d]")                                                     \
    RUN_ASM(name##_7, #name " $7, %[s], %[d]")                                                     \
    RUN(name) {                                                                                    \
        switch (imm & 7) {                                                                         \
        case 0: return run_##name##_0(d, s, csr, imm);                                             \
        case 1: return run_##name##_1(d, s, csr, imm);                                             \
        case 2: return run_##name##_2(d, s, csr, imm);                                             \
        case 3: return run_##name##_3(d, s, csr, imm);                                             \
        case 4: return run_##name##_4(d, s, csr, imm);                                             \
        case 5: return run_##name##_5(d, s, csr, imm);                                             \
        case 6: return run_##name##_6(d, s, csr, imm);                                             \
        default: return run_##name##_7(d, s, csr, imm);                                            \
        }                                                                                          \
    }
RUN_CMP(cmpps)
RUN_CMP(cmppd)
RUN_CMP(cmpss)
RUN_CMP(cmpsd)
FP_OP(cmpps, 16, 16)
FP_OP(cmppd, 16, 16)
FP_OP(cmpss, 4, 1)
FP_OP(cmpsd, 8, 1)

// ---- (U)COMISS, (U)COMISD: run_* leaves ZF, PF, CF in the bytes 0, 1, 2 of *d
#define COMPARE(name, size)                                                                        \
    RUN(name) {                                                                                    \
        bool zf, pf, cf;                                                                           \
        u32 flags;                                                                                 \
        asm volatile("ldmxcsr %[csr]\n\t" #name " %[s], %[d]\n\tstmxcsr %[flags]\n\tldmxcsr %[host]" \
                     : [flags] "=m"(flags), "=@ccz"(zf), "=@ccp"(pf), "=@ccc"(cf)                  \
                     : [csr] "m"(csr), [host] "m"(host_mxcsr), [d] "x"(to_vec(d)), [s] "x"(to_vec(s))); \
        *d = (union xmm){.b = {zf, pf, cf}};                                                       \
        return flags & MX_FLAGS;                                                                   \
    }                                                                                              \
    static ALWAYS_INLINE void name(struct x86_cpu *c, const struct uop *u, const union xmm *s) {   \
        union xmm d = c->s.xmm[u->a];                                                              \
        fp_eval(c, u, run_##name, &d, s);                                                          \
        sse_set_flags(c, d.b[0], d.b[1], d.b[2], 0, 0);                                            \
    }                                                                                              \
    SOP(name##_r) { sse_check(c, u); name(c, u, &c->s.xmm[u->b]); NEXT; }                          \
    SOP(name##_m) {                                                                                \
        union xmm s = {0};                                                                         \
        sse_check(c, u);                                                                           \
        LOADN(c, u, &s, size, 1);                                                                  \
        name(c, u, &s);                                                                            \
        NEXT;                                                                                      \
    }                                                                                              \
    const struct ops ops_##name = OPS_RM(name##_r, name##_m);
COMPARE(comiss, 4)
COMPARE(ucomiss, 4)
COMPARE(comisd, 8)
COMPARE(ucomisd, 8)

// ---- shuffles (UNPCK* are the integer unpacks of op_mmx.c)
CALC(shufps) {
    return (union xmm){.d = {d.d[imm & 3], d.d[imm >> 2 & 3], s.d[imm >> 4 & 3], s.d[imm >> 6]}};
}
CALC(shufpd) { return (union xmm){.q = {d.q[imm & 1], s.q[imm >> 1 & 1]}}; }
XMM_OP(shufps)
XMM_OP(shufpd)

// ---- RCPPS, RSQRTPS: the manual allows any relative error below 1.5 * 2^-12 and processors differ. Ours: the result
// rounded to 12 bits of fraction (error below 2^-13). They raise no exception and heed no control bit; denormal sources
// count as zero, tiny results become zero (vol. 2, RCPPS).
enum : u32 { F32_SIGN = 0x80000000, F32_INF = 0x7f800000, F32_QUIET = 0x00400000, F32_INDEFINITE = 0xffc00000 };

static u32 round_to_12_bits(double v) {
    u64 b;
    memcpy(&b, &v, 8);
    b = (b + BIT(39)) & ~(BIT(40) - 1);
    i64 exponent = (i64)(b >> 52 & 0x7ff) - 1023 + 127;
    u32 sign = (u32)(b >> 32) & F32_SIGN;
    return exponent <= 0 ? sign : sign | (u32)exponent << 23 | (u32)(b >> 29 & 0x7fffff);
}

static double widen(u32 x) {
    float f;
    memcpy(&f, &x, 4);
    return (double)f;
}

static u32 rcp(u32 x) {
    u32 magnitude = x & ~F32_SIGN, sign = x & F32_SIGN;
    if (magnitude > F32_INF) return x | F32_QUIET;
    if (magnitude == F32_INF) return sign;
    if (magnitude < 0x00800000) return sign | F32_INF;
    return round_to_12_bits(1.0 / widen(x));
}

static u32 rsqrt(u32 x) {
    u32 magnitude = x & ~F32_SIGN, sign = x & F32_SIGN;
    if (magnitude > F32_INF) return x | F32_QUIET;
    if (magnitude < 0x00800000) return sign | F32_INF;
    if (sign) return F32_INDEFINITE;
    if (magnitude == F32_INF) return 0;
    return round_to_12_bits(1.0 / __builtin_sqrt(widen(x)));
}

XMM_LANES(rcpps, d, rcp(b))
XMM_LANES(rsqrtps, d, rsqrt(b))
CALC(rcpss) { d.d[0] = rcp(s.d[0]); return d; }
CALC(rsqrtss) { d.d[0] = rsqrt(s.d[0]); return d; }
XMM_OP_SIZED(rcpss, 4, 1)
XMM_OP_SIZED(rsqrtss, 4, 1)
