// SPDX-License-Identifier: MIT
// Floating point of SSE, SSE2 and their VEX forms: arithmetic, comparison, reciprocals, shuffles. The host's instruction does
// the work under the guest's MXCSR (sse_fp.h).
#include "isa/x86_64/vec/sse_fp.h"

#define PRE_COMPUTATION (MX_IE | MX_DE | MX_ZE)

void fp_commit(struct x86_cpu *c, const struct uop *u, u32 flags) {
    u32 unmasked = ~c->s.mxcsr >> MX_MASK_SHIFT & MX_FLAGS;
    // An unmasked pre-computation exception of any element keeps the rest from being computed (vol. 1, 11.5.1 and E.4.2).
    if (flags & unmasked & PRE_COMPUTATION) flags &= PRE_COMPUTATION;
    c->s.mxcsr |= flags;
    if (likely(!(flags & unmasked))) return;
    SYNC;
    x86_raise(c, c->s.cr4 & CR4_OSXMMEXCPT ? EXC_XM : EXC_UD, 0);
}

u32 fp_unmasked(struct x86_cpu *c, const struct uop *u, fp_run *run, const union xmm *d, const union xmm *s, unsigned halves) {
    u32 csr = c->s.mxcsr & ~(u32)MX_FLAGS, flags = 0;
    for (unsigned i = 0; i < halves; i++) {
        union xmm scratch = d[i];
        flags |= run(&scratch, s + i, csr, (u8)u->imm);
    }
    if (flags & ~csr >> MX_MASK_SHIFT) fp_commit(c, u, flags);
    return flags;
}

static bool is_nan(u64 x, unsigned width) { return width == 32 ? (x & 0x7fffffff) > 0x7f800000 : (x & ~BIT(63)) > mask(62, 52); }
static bool is_denormal(u64 x, unsigned width) {
    return width == 32 ? (x & 0x7fffffff) - 1 < 0x7fffff : (x & ~BIT(63)) - 1 < mask(51, 0);
}
static bool is_zero(u64 x, unsigned width) { return !(x & mask(width - 2, 0)); }
static u64 lane(const union xmm *x, unsigned width, unsigned i) { return width == 32 ? x->d[i] : x->q[i]; }
static void set_lane(union xmm *x, unsigned width, unsigned i, u64 v) {
    if (width == 32) x->d[i] = (u32)v;
    else x->q[i] = v;
}

void fp_flush(union xmm *a, union xmm *b, unsigned width, unsigned lanes) {
    for (unsigned i = 0; i < lanes; i++) {
        u64 x = lane(a, width, i), y = lane(b, width, i);
        if (is_denormal(x, width)) set_lane(a, width, i, x & BIT(width - 1));
        if (is_denormal(y, width)) set_lane(b, width, i, y & BIT(width - 1));
    }
}

static union xmm all_lanes(u64 v, unsigned width) {
    return width == 32 ? (union xmm){.d = {(u32)v, (u32)v, (u32)v, (u32)v}} : (union xmm){.q = {v, v}};
}

// v * 2^up or v / 2^down, without flags and DAZ; a denormal that would get lost stays one, so that the result is as inexact.
static u64 scaled(u64 v, unsigned width, bool up) {
    union xmm x = {.q = {v}}, r = {0};
    if (width == 32) r.f[0] = x.f[0] * (up ? 0x1p100f : 0x1p-65f);
    else r.g[0] = x.g[0] * (up ? 0x1p700 : 0x1p-513);
    return is_zero(r.q[0], width) && !is_zero(v, width) ? v : r.q[0];
}

// The same significand with exponent 0.
static u64 near_one(u64 v) {
    union xmm x = {.q = {v}};
    if (is_denormal(v, 64)) x.g[0] *= 0x1p700;
    return (x.q[0] & (BIT(63) | mask(51, 0))) | (u64)1023 << 52;
}

// Whether rounding with unbounded exponent is inexact, where a op b is too large or too tiny: asked of operands that are
// nearer to 1. The factors suit sums, products, quotients: what must be large or small for them to leave the range stays inside it.
static u32 unbounded_pe(fp_run *run, u64 a, u64 b, u32 csr, u8 imm, unsigned width, enum fp_kind kind, bool tiny) {
    if (csr & MX_DAZ && is_denormal(a, width)) a &= BIT(width - 1);
    if (csr & MX_DAZ && is_denormal(b, width)) b &= BIT(width - 1);
    if (kind == FP_NARROW) {
        b = near_one(b);
    } else {
        a = scaled(a, width, tiny);
        b = scaled(b, width, kind == FP_DIVIDE ? !tiny : tiny);
    }
    union xmm d = all_lanes(a, width), s = all_lanes(b, width);
    return run(&d, &s, csr & ~(u32)(MX_DAZ | MX_FZ), imm) & MX_PE;
}

// Lane by lane, so that it is known which of them did what. Unmasked underflow means tiny, exact or not, and switches FZ off
// (vol. 1, 4.9.1.5 and 10.2.3.3); the host flags an exact tiny result only when it flushes it. Beside an unmasked OE or UE, PE
// tells of the result with unbounded exponent (4.9.1.4, 4.9.1.5).
u32 fp_response(fp_run *run, const union xmm *a, const union xmm *b, u32 csr, u8 imm, unsigned width, unsigned lanes,
                enum fp_kind kind) {
    u32 unmasked = ~csr >> MX_MASK_SHIFT & MX_FLAGS, masked = csr | MX_MASKS, all = 0;
    for (unsigned i = 0; i < lanes; i++) {
        u64 x = lane(a, width, i), y = lane(b, width, i);
        union xmm d = all_lanes(x, width), s = all_lanes(y, width);
        u32 flags = run(&d, &s, unmasked & MX_UE ? masked & ~(u32)MX_FZ : masked, imm);
        if (unmasked & MX_UE) {
            d = all_lanes(x, width);
            flags = (flags & ~(u32)MX_UE) | (run(&d, &s, masked | MX_FZ, imm) & MX_UE);
        }
        if (flags & unmasked & (MX_OE | MX_UE))
            flags = (flags & ~(u32)MX_PE) | unbounded_pe(run, x, y, masked, imm, width, kind, flags & MX_UE);
        all |= flags;
    }
    return all;
}

u32 fp_settle(union xmm *r, const union xmm *a, const union xmm *b, u32 csr, unsigned width, unsigned lanes, enum fp_kind kind) {
    u64 quiet = width == 32 ? BIT(22) : BIT(51);
    u32 flags = 0;
    for (unsigned i = 0; i < lanes; i++) {
        u64 y = lane(b, width, i), x = kind < FP_WIDEN ? lane(a, width, i) : y;
        if (is_nan(x, width) || is_nan(y, width)) { // a NaN hides a denormal (vol. 1, 4.9.2)
            if (is_nan(x, width) && kind <= FP_DIVIDE) set_lane(r, width, i, x | quiet);
            continue;
        }
        if (!is_denormal(x, width) && !is_denormal(y, width)) continue;
        if (csr & MX_DAZ) continue;
        if (kind == FP_DIVIDE && is_zero(y, width)) continue;
        if (kind == FP_SQRT && y >> (width - 1)) continue;
        flags |= MX_DE;
    }
    return flags;
}

// ---- arithmetic: name, its four precisions
#define ARITH(name, kind)                                                                                                        \
    RUN_FP(name##ps, #name "ps %[s], %[d]", 32, 4, kind)                                                                         \
    FP_PACKED(name##ps)                                                                                                          \
    RUN_FP(name##pd, #name "pd %[s], %[d]", 64, 2, kind)                                                                         \
    FP_PACKED(name##pd)                                                                                                          \
    RUN_FP(name##ss, #name "ss %[s], %[d]", 32, 1, kind)                                                                         \
    FP_SCALAR(name##ss, 4)                                                                                                       \
    RUN_FP(name##sd, #name "sd %[s], %[d]", 64, 1, kind)                                                                         \
    FP_SCALAR(name##sd, 8)
ARITH(add, FP_ARITH)
ARITH(sub, FP_ARITH)
ARITH(mul, FP_ARITH)
ARITH(div, FP_DIVIDE)
ARITH(min, FP_MINMAX)
ARITH(max, FP_MINMAX)
ARITH(sqrt, FP_SQRT)

// ---- CMPccPS ...: the predicate is imm8[2:0]
#define BY_PREDICATE(f, args)                                                                                                    \
    switch (imm & 7) {                                                                                                           \
    case 0: return f##_0 args;                                                                                                   \
    case 1: return f##_1 args;                                                                                                   \
    case 2: return f##_2 args;                                                                                                   \
    case 3: return f##_3 args;                                                                                                   \
    case 4: return f##_4 args;                                                                                                   \
    case 5: return f##_5 args;                                                                                                   \
    case 6: return f##_6 args;                                                                                                   \
    default: return f##_7 args;                                                                                                  \
    }
#define RUN_CMP(name, width, lanes)                                                                                              \
    RUN_FP(name##_0, #name " $0, %[s], %[d]", width, lanes, FP_COMPARE)                                                          \
    RUN_FP(name##_1, #name " $1, %[s], %[d]", width, lanes, FP_COMPARE)                                                          \
    RUN_FP(name##_2, #name " $2, %[s], %[d]", width, lanes, FP_COMPARE)                                                          \
    RUN_FP(name##_3, #name " $3, %[s], %[d]", width, lanes, FP_COMPARE)                                                          \
    RUN_FP(name##_4, #name " $4, %[s], %[d]", width, lanes, FP_COMPARE)                                                          \
    RUN_FP(name##_5, #name " $5, %[s], %[d]", width, lanes, FP_COMPARE)                                                          \
    RUN_FP(name##_6, #name " $6, %[s], %[d]", width, lanes, FP_COMPARE)                                                          \
    RUN_FP(name##_7, #name " $7, %[s], %[d]", width, lanes, FP_COMPARE)                                                          \
    RUN(name) { BY_PREDICATE(run_##name, (d, s, csr, imm)); }                                                                    \
    QUICK(name) { BY_PREDICATE(quick_##name, (d, s, mxcsr, imm)); }                                                              \
    FP_STEP(name)                                                                                                                \
    /* VEX: imm8[3] says the opposite of unordered lanes, imm8[4] of whether a quiet NaN is invalid; so without NaNs neither */  \
    /* counts (vol. 2, CMPPD table 3-1). */                                                                                      \
    RUN(v##name) {                                                                                                               \
        union xmm unordered = *d, scratch = *d;                                                                                  \
        u32 quiet = run_##name##_3(&unordered, s, csr, 0), signalling = run_##name##_1(&scratch, s, csr, 0);                     \
        bool signals = ((imm + 1) & 2) != (imm >> 3 & 2);                                                                        \
        run_##name(d, s, csr, imm);                                                                                              \
        for (unsigned i = 0; i < lanes && imm & 8; i++)                                                                          \
            if (width == 32) d->d[i] ^= unordered.d[i];                                                                          \
            else d->q[i] ^= unordered.q[i];                                                                                      \
        return signals ? signalling : quiet;                                                                                     \
    }                                                                                                                            \
    QUICK(v##name) { return quick_##name(d, s, mxcsr, imm); }                                                                    \
    FP_STEP(v##name)
RUN_CMP(cmpps, 32, 4)
RUN_CMP(cmppd, 64, 2)
RUN_CMP(cmpss, 32, 1)
RUN_CMP(cmpsd, 64, 1)
FP_SSE(cmpps, 16, 16)
FP_VEX(cmpps, vcmpps)
FP_SSE(cmppd, 16, 16)
FP_VEX(cmppd, vcmppd)
FP_SSE(cmpss, 4, 1)
FP_VEX_SCALAR(cmpss, vcmpss, 4)
FP_SSE(cmpsd, 8, 1)
FP_VEX_SCALAR(cmpsd, vcmpsd, 8)

// ---- (U)COMISS, (U)COMISD: run_* leaves ZF, PF, CF in d->q[0], as in RFLAGS
#define COMPARE(name, width)                                                                                                     \
    QUICK(name) {                                                                                                                \
        u8 zf, pf, cf;                                                                                                           \
        if (unlikely(fp_special(d, s, width, 1, FP_COMPARE))) return false;                                                      \
        asm volatile(#name " %[s], %[d]\n\tsetz %[zf]\n\tsetp %[pf]\n\tsetc %[cf]"                                               \
                     : [zf] "=&q"(zf), [pf] "=&q"(pf), [cf] "=&q"(cf)                                                            \
                     : [d] "x"(to_vec(d)), [s] "x"(to_vec(s))                                                                    \
                     : "cc");                                                                                                    \
        *d = (union xmm){.q = {(u64)(zf * FL_ZF | pf * FL_PF | cf * FL_CF)}};                                                    \
        return true;                                                                                                             \
    }                                                                                                                            \
    RUN(name) {                                                                                                                  \
        u8 zf, pf, cf;                                                                                                           \
        u32 flags;                                                                                                               \
        const u32 masked_csr = csr | MX_MASKS;                                                                                   \
        asm volatile("ldmxcsr %[csr]\n\t" #name " %[s], %[d]\n\tsetz %[zf]\n\tsetp %[pf]\n\tsetc %[cf]\n\t"                      \
                     "stmxcsr %[flags]\n\tldmxcsr %[host]"                                                                       \
                     : [flags] "=m"(flags), [zf] "=&q"(zf), [pf] "=&q"(pf), [cf] "=&q"(cf)                                       \
                     : [csr] "m"(masked_csr), [host] "m"(host_mxcsr), [d] "x"(to_vec(d)), [s] "x"(to_vec(s))                     \
                     : "cc");                                                                                                    \
        flags &= MX_FLAGS & ~(u32)MX_DE;                                                                                         \
        if (unlikely(fp_special(d, s, width, 1, FP_COMPARE))) flags |= fp_settle(d, d, s, csr, width, 1, FP_COMPARE);            \
        *d = (union xmm){.q = {(u64)(zf * FL_ZF | pf * FL_PF | cf * FL_CF)}};                                                    \
        return flags;                                                                                                            \
    }                                                                                                                            \
    static ALWAYS_INLINE void name(struct x86_cpu *c, const struct uop *u, const union xmm *s) {                                 \
        union xmm d = c->s.xmm[u->a];                                                                                            \
        FP_EVAL(name, &d, s);                                                                                                    \
        sse_set_flags(c, d.q[0] & FL_ZF, d.q[0] & FL_PF, d.q[0] & FL_CF, 0, 0);                                                  \
    }                                                                                                                            \
    XMM_SOURCE(name, name, width / 8, 1)                                                                                         \
    VEX_SCALAR(name, name, width / 8)
COMPARE(comiss, 32)
COMPARE(ucomiss, 32)
COMPARE(comisd, 64)
COMPARE(ucomisd, 64)

// ---- shuffles (UNPCK* are the integer unpacks of op_mmx.c)
CALC(shufps) { return (union xmm){.d = {d.d[imm & 3], d.d[imm >> 2 & 3], s.d[imm >> 4 & 3], s.d[imm >> 6]}}; }
CALC(shufpd) { return (union xmm){.q = {d.q[imm & 1], s.q[imm >> 1 & 1]}}; }
XMM_OP(shufps)
XMM_OP_SIZED(shufpd, 16, 16)
VEX_OP_IMM(shufpd, imm >> 2)

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
CALC(rcpss) {
    d.d[0] = rcp(s.d[0]);
    return d;
}
CALC(rsqrtss) {
    d.d[0] = rsqrt(s.d[0]);
    return d;
}
XMM_OP_SIZED(rcpss, 4, 1)
VEX_SCALAR_OP(rcpss, 4)
XMM_OP_SIZED(rsqrtss, 4, 1)
VEX_SCALAR_OP(rsqrtss, 4)
