// SPDX-License-Identifier: MIT
// F16C: VCVTPH2PS, VCVTPS2PH.
#include "isa/x86_64/vec/f16c.h"
#include "fp/convert.h"
#include "isa/x86_64/vec/sse_fp.h"

u32 cvtph2ps_lane(u16 v, u32 *flags) {
    struct fp_env e = {.nan = FP_NAN_FIRST};
    u32 r = f16_to_f32(v, &e);
    *flags |= e.flags;
    return r;
}

u16 cvtps2ph_lane(u32 v, u32 mxcsr, u32 *flags) {
    struct fp_env e = sse_env(mxcsr & ~(u32)MX_FZ);
    e.flags = 0;
    u16 r = f32_to_f16(v, &e);
    if (e.flags & FP_ID) e.flags |= FP_NX; // no half has its value; PE beside an unmasked UE, too (vol. 2C, VCVTPS2PH)
    *flags |= e.flags;
    return r;
}

// ---- VCVTPH2PS: the source is half as wide as the destination, and in the lower half of a register
static ALWAYS_INLINE void cvtph2ps(struct x86_cpu *c, const struct uop *u, const union xmm *s, bool wide) {
    union xmm r[2] = {0};
    u32 flags = 0;
    for (unsigned i = 0; i < (wide ? 8 : 4); i++) r[i / 4].d[i % 4] = cvtph2ps_lane(s->w[i], &flags);
    if (flags) fp_commit(c, u, flags);
    c->s.xmm[u->a] = r[0];
    c->s.ymmh[u->a] = r[1];
}
VEX_SOURCE(cvtph2ps, cvtph2ps, 8)

// ---- VCVTPS2PH: imm8[1:0] the rounding mode, [2] MXCSR's instead
enum { BY_MXCSR = 4 };
static union xmm narrow(struct x86_cpu *c, const struct uop *u, unsigned lanes, u32 *flags) {
    const union xmm s[2] = {c->s.xmm[u->a], c->s.ymmh[u->a]};
    union xmm r = {0};
    u32 mxcsr = c->s.mxcsr, imm = (u32)u->imm;
    if (!(imm & BY_MXCSR)) mxcsr = (mxcsr & ~(u32)MX_RC) | (imm & 3) << MX_RC_SHIFT;
    for (unsigned i = 0; i < lanes; i++) r.w[i] = cvtps2ph_lane(s[i / 4].d[i % 4], mxcsr, flags);
    return r;
}

static ALWAYS_INLINE void to_register(struct x86_cpu *c, const struct uop *u, unsigned lanes) {
    u32 flags = 0;
    union xmm r = narrow(c, u, lanes, &flags);
    fp_commit(c, u, flags);
    c->s.xmm[u->b] = r;
    c->s.ymmh[u->b] = (union xmm){0};
}

static ALWAYS_INLINE void to_memory(struct x86_cpu *c, const struct uop *u, unsigned lanes) {
    u32 flags = 0;
    union xmm r = narrow(c, u, lanes, &flags);
    if (unlikely(flags & ~(c->s.mxcsr >> MX_MASK_SHIFT))) { // #XM, but a fault of the memory operand comes first
        SYNC;
        x86_probe(c, MEM_SEG(u), operand_address(c, u, 2 * lanes, ACCESS_WRITE), 2 * lanes, ACCESS_WRITE);
        fp_commit(c, u, flags);
    }
    STOREN(c, u, &r, 2 * lanes, 1);
    c->s.mxcsr |= flags;
}

SOP(vcvtps2ph_r128) {
    avx_check(c, u);
    to_register(c, u, 4);
    NEXT;
}
SOP(vcvtps2ph_r256) {
    avx_check(c, u);
    to_register(c, u, 8);
    NEXT;
}
SOP(vcvtps2ph_m128) {
    avx_check(c, u);
    to_memory(c, u, 4);
    NEXT;
}
SOP(vcvtps2ph_m256) {
    avx_check(c, u);
    to_memory(c, u, 8);
    NEXT;
}
const struct ops ops_vcvtps2ph = {{0, 0, vcvtps2ph_r128, vcvtps2ph_r256}, {0, 0, vcvtps2ph_m128, vcvtps2ph_m256}};
