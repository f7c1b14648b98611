// SPDX-License-Identifier: MIT
// Floating point of SSE3, SSE4.1 and their VEX forms: ADDSUB, horizontal add, duplicating moves, DPPS, ROUND, INSERTPS. The
// host baseline is SSE2, so these are put together from SSE2 steps (or, ROUND, from integer operations) with the same results
// and flags.
#include "fp/soft.h"
#include "isa/x86_64/vec/sse_fp.h"

// Lanes of whole registers as arguments of the SSE2 steps.
RUN_FP(add_ps, "addps %[s], %[d]", 32, 4, FP_ARITH)
RUN_FP(sub_ps, "subps %[s], %[d]", 32, 4, FP_ARITH)
RUN_FP(mul_ps, "mulps %[s], %[d]", 32, 4, FP_ARITH)
RUN_FP(add_pd, "addpd %[s], %[d]", 64, 2, FP_ARITH)
RUN_FP(sub_pd, "subpd %[s], %[d]", 64, 2, FP_ARITH)
RUN_FP(mul_pd, "mulpd %[s], %[d]", 64, 2, FP_ARITH)

// ---- ADDSUB: even lanes subtract, odd lanes add. The lanes that a step does not compute are zero and raise nothing.
RUN(addsubps) {
    union xmm even = {.d = {d->d[0], 0, d->d[2], 0}}, even_s = {.d = {s->d[0], 0, s->d[2], 0}};
    union xmm odd = {.d = {0, d->d[1], 0, d->d[3]}}, odd_s = {.d = {0, s->d[1], 0, s->d[3]}};
    u32 flags = run_sub_ps(&even, &even_s, csr, 0) | run_add_ps(&odd, &odd_s, csr, 0);
    *d = (union xmm){.d = {even.d[0], odd.d[1], even.d[2], odd.d[3]}};
    return flags;
}
RUN(addsubpd) {
    union xmm low = {.q = {d->q[0], 0}}, low_s = {.q = {s->q[0], 0}};
    union xmm high = {.q = {0, d->q[1]}}, high_s = {.q = {0, s->q[1]}};
    u32 flags = run_sub_pd(&low, &low_s, csr, 0) | run_add_pd(&high, &high_s, csr, 0);
    *d = (union xmm){.q = {low.q[0], high.q[1]}};
    return flags;
}
// Ordinary values: the same as adding what has its sign turned.
QUICK(addsubps) {
    union xmm turned = {.d = {s->d[0] ^ (u32)BIT(31), s->d[1], s->d[2] ^ (u32)BIT(31), s->d[3]}};
    return quick_add_ps(d, &turned, mxcsr, imm);
}
QUICK(addsubpd) {
    union xmm turned = {.q = {s->q[0] ^ BIT(63), s->q[1]}};
    return quick_add_pd(d, &turned, mxcsr, imm);
}
FP_PACKED(addsubps)
FP_PACKED(addsubpd)

// ---- HADD, HSUB: even lanes of destination and source against their odd lanes
static union xmm even_ps(const union xmm *d, const union xmm *s) {
    return (union xmm){.d = {d->d[0], d->d[2], s->d[0], s->d[2]}};
}
static union xmm odd_ps(const union xmm *d, const union xmm *s) { return (union xmm){.d = {d->d[1], d->d[3], s->d[1], s->d[3]}}; }
static union xmm even_pd(const union xmm *d, const union xmm *s) { return (union xmm){.q = {d->q[0], s->q[0]}}; }
static union xmm odd_pd(const union xmm *d, const union xmm *s) { return (union xmm){.q = {d->q[1], s->q[1]}}; }

#define HORIZONTAL(name, op, ps)                                                                                                 \
    QUICK(name) {                                                                                                                \
        union xmm even = even_##ps(d, s), odd = odd_##ps(d, s);                                                                  \
        if (!quick_##op##_##ps(&even, &odd, mxcsr, 0)) return false;                                                             \
        *d = even;                                                                                                               \
        return true;                                                                                                             \
    }                                                                                                                            \
    RUN(name) {                                                                                                                  \
        union xmm odd = odd_##ps(d, s);                                                                                          \
        *d = even_##ps(d, s);                                                                                                    \
        return run_##op##_##ps(d, &odd, csr, 0);                                                                                 \
    }                                                                                                                            \
    FP_PACKED(name)
HORIZONTAL(haddps, add, ps)
HORIZONTAL(hsubps, sub, ps)
HORIZONTAL(haddpd, add, pd)
HORIZONTAL(hsubpd, sub, pd)

// ---- duplicating moves
CALC(movsldup) { return (union xmm){.d = {s.d[0], s.d[0], s.d[2], s.d[2]}}; }
CALC(movshdup) { return (union xmm){.d = {s.d[1], s.d[1], s.d[3], s.d[3]}}; }
CALC(movddup) { return (union xmm){.q = {s.q[0], s.q[0]}}; }
XMM_OP(movsldup)
XMM_OP(movshdup)
XMM_OP_SIZED(movddup, 8, 1)
VEX_OP_SIZED(movddup, imm, 8, 32)

// ---- DPPS, DPPD: imm8's upper half picks the products, its lower half where the sum goes; (0 + 1) + (2 + 3). Each step
// settles its exceptions before the next is begun (vol. 2, DPPS).
FP(dpps) {
    union xmm sum[2], other[2];
    for (unsigned h = 0; h < halves; h++)
        for (unsigned i = 0; i < 4; i++) {
            sum[h].d[i] = u->imm >> (4 + i) & 1 ? d[h].d[i] : 0;
            other[h].d[i] = u->imm >> (4 + i) & 1 ? s[h].d[i] : 0;
        }
    FP_EVAL_HALVES(mul_ps, sum, other, halves);
    for (unsigned h = 0; h < halves; h++) {
        other[h] = (union xmm){.d = {sum[h].d[1], sum[h].d[3]}};
        sum[h] = (union xmm){.d = {sum[h].d[0], sum[h].d[2]}};
    }
    FP_EVAL_HALVES(add_ps, sum, other, halves);
    for (unsigned h = 0; h < halves; h++) {
        other[h] = (union xmm){.d = {sum[h].d[1]}};
        sum[h].d[1] = 0;
    }
    FP_EVAL_HALVES(add_ps, sum, other, halves);
    for (unsigned h = 0; h < halves; h++)
        for (unsigned i = 0; i < 4; i++) d[h].d[i] = u->imm >> i & 1 ? sum[h].d[0] : 0;
}
FP(dppd) {
    union xmm sum, other;
    for (unsigned i = 0; i < 2; i++) {
        sum.q[i] = u->imm >> (4 + i) & 1 ? d->q[i] : 0;
        other.q[i] = u->imm >> (4 + i) & 1 ? s->q[i] : 0;
    }
    FP_EVAL(mul_pd, &sum, &other);
    other = (union xmm){.q = {sum.q[1]}};
    sum.q[1] = 0;
    FP_EVAL(add_pd, &sum, &other);
    for (unsigned i = 0; i < 2; i++) d->q[i] = u->imm >> i & 1 ? sum.q[0] : 0;
}
FP_PACKED_BY_STEP(dpps)
FP_PACKED_BY_STEP(dppd) // no 256-bit form

// ---- INSERTPS: imm8[7:6] which lane of a register source, [5:4] where to, [3:0] lanes to clear
static union xmm insertps(union xmm d, u32 v, u8 imm) {
    d.d[imm >> 4 & 3] = v;
    for (unsigned i = 0; i < 4; i++)
        if (imm >> i & 1) d.d[i] = 0;
    return d;
}
SOP(insertps_r) {
    sse_check(c, u);
    c->s.xmm[u->a] = insertps(c->s.xmm[u->a], c->s.xmm[u->b].d[u->imm >> 6 & 3], (u8)u->imm);
    NEXT;
}
SOP(insertps_m) {
    sse_check(c, u);
    u32 v = LOAD32(c, u);
    c->s.xmm[u->a] = insertps(c->s.xmm[u->a], v, (u8)u->imm);
    NEXT;
}
const struct ops ops_insertps = OPS_RM(insertps_r, insertps_m);
AVX(vinsertps_r, ymm_set(c, u->a, insertps(c->s.xmm[VEX_V(u)], c->s.xmm[u->b].d[u->imm >> 6 & 3], (u8)u->imm), XMM_ZERO))
AVX(vinsertps_m, u32 v = LOAD32(c, u); ymm_set(c, u->a, insertps(c->s.xmm[VEX_V(u)], v, (u8)u->imm), XMM_ZERO))
const struct ops ops_vinsertps = OPS_RM(vinsertps_r, vinsertps_m);

// ---- ROUND: imm8[1:0] the rounding mode, [2] MXCSR's instead, [3] no precision exception
enum { ROUND_MXCSR = 4, ROUND_QUIET = 8 };

// Rounds the magnitude `m`, whose lowest integral bit is `unit`, up or not.
static u64 round_magnitude(u64 m, u64 unit, bool negative, unsigned mode) {
    u64 rest = m & (unit - 1), whole = m & ~(unit - 1);
    bool up = false;
    switch (mode) {
    case FP_NEAREST: up = rest > unit / 2 || (rest == unit / 2 && whole & unit); break;
    case FP_DOWN: up = negative && rest; break;
    case FP_UP: up = !negative && rest; break;
    default: break;
    }
    return up ? whole + unit : whole;
}

static u64 round_value(u64 x, struct format f, u32 csr, u8 imm, u32 *flags) {
    unsigned mode = imm & ROUND_MXCSR ? csr >> MX_RC_SHIFT & 3 : imm & 3;
    u64 sign = x & sign_bit(f), m = x ^ sign;
    i64 bias = (i64)mask(f.exponent - 2, 0), e = (i64)(m >> f.fraction) - bias;
    if (is_nan(f, x)) {
        if (!(m & quiet_bit(f))) *flags |= MX_IE;
        return x | quiet_bit(f);
    }
    if (csr & MX_DAZ && e == -bias) return sign;
    if (!m || e >= (i64)f.fraction) return x;
    u64 r, one = (u64)bias << f.fraction;
    if (e >= 0) {
        // In the encoding, incrementing runs over into the exponent as it should; for e = 0 the unit is the exponent's lowest
        // bit, which is 1 like the implied bit that it stands for.
        r = round_magnitude(m, BIT(f.fraction - (unsigned)e), sign, mode);
    } else {
        // Below 1: only "is it above, at, below a half" matters. Expressed in quarters of one.
        u64 quarters = m > one - BIT(f.fraction) ? 3 : m == one - BIT(f.fraction) ? 2 : 1;
        r = round_magnitude(quarters, 4, sign, mode) ? one : 0;
    }
    if (r != m && !(imm & ROUND_QUIET)) *flags |= MX_PE;
    return sign | r;
}

#define ROUND(name, F, lanes, format)                                                                                            \
    NO_QUICK(name)                                                                                                               \
    RUN(name) {                                                                                                                  \
        u32 flags = 0;                                                                                                           \
        for (unsigned i = 0; i < lanes; i++) d->F[i] = (typeof(d->F[0]))round_value(s->F[i], format, csr, imm, &flags);          \
        return flags;                                                                                                            \
    }
ROUND(roundps, d, 4, SINGLE)
ROUND(roundpd, q, 2, DOUBLE)
ROUND(roundss, d, 1, SINGLE)
ROUND(roundsd, q, 1, DOUBLE)
FP_PACKED(roundps)
FP_PACKED(roundpd)
FP_SCALAR(roundss, 4)
FP_SCALAR(roundsd, 8)
