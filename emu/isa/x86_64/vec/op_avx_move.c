// SPDX-License-Identifier: MIT
// AVX: moves of whole vectors, of scalars and halves, VMOVD, VMOVQ, VMOVMSK, VZEROUPPER, VZEROALL. (VPINSR, VPEXTR, VPMOVMSKB and
// VMASKMOVDQU stand beside their SSE forms: op_sse_move.c.)
#include "isa/x86_64/vec/sse.h"

static ALWAYS_INLINE void load(struct x86_cpu *c, const struct uop *u, unsigned size, unsigned align) {
    union xmm v[2] = {0};
    LOADN(c, u, v, size, align);
    ymm_set(c, u->a, v[0], v[1]);
}
static ALWAYS_INLINE void store(struct x86_cpu *c, const struct uop *u, unsigned size, unsigned align) {
    union xmm v[2] = {c->s.xmm[u->a], c->s.ymmh[u->a]};
    STOREN(c, u, v, size, align);
}

AVX(mov_r128, ymm_set(c, u->a, c->s.xmm[u->b], XMM_ZERO))
AVX(mov_r256, ymm_set(c, u->a, c->s.xmm[u->b], c->s.ymmh[u->b]))
AVX(mov_to_r128, ymm_set(c, u->b, c->s.xmm[u->a], XMM_ZERO))
AVX(mov_to_r256, ymm_set(c, u->b, c->s.xmm[u->a], c->s.ymmh[u->a]))
AVX(movu_m128, load(c, u, 16, 1))
AVX(movu_m256, load(c, u, 32, 1))
AVX(mova_m128, load(c, u, 16, 16))
AVX(mova_m256, load(c, u, 32, 32))
AVX(movu_to_m128, store(c, u, 16, 1))
AVX(movu_to_m256, store(c, u, 32, 1))
AVX(mova_to_m128, store(c, u, 16, 16))
AVX(mova_to_m256, store(c, u, 32, 32))
const struct ops ops_vmovu = {{0, 0, mov_r128, mov_r256}, {0, 0, movu_m128, movu_m256}};
const struct ops ops_vmova = {{0, 0, mov_r128, mov_r256}, {0, 0, mova_m128, mova_m256}};
const struct ops ops_vmovu_store = {{0, 0, mov_to_r128, mov_to_r256}, {0, 0, movu_to_m128, movu_to_m256}};
const struct ops ops_vmova_store = {{0, 0, mov_to_r128, mov_to_r256}, {0, 0, mova_to_m128, mova_to_m256}};
const struct ops ops_vmovnt = OPS_M_L(mova_to_m128, mova_to_m256), ops_vmovntdqa = OPS_M_L(mova_m128, mova_m256);
const struct ops ops_vlddqu = OPS_M_L(movu_m128, movu_m256);

#define A (&c->s.xmm[u->a])
#define B (&c->s.xmm[u->b])
#define V (&c->s.xmm[VEX_V(u)])
static union xmm halves(u64 low, u64 high) { return (union xmm){.q = {low, high}}; }
static union xmm low_lane(u32 x, union xmm rest) {
    rest.d[0] = x;
    return rest;
}

// ---- scalars: a load from memory clears the rest, between registers it comes from VEX.vvvv
AVX(movss_r, ymm_set(c, u->a, low_lane(B->d[0], *V), XMM_ZERO))
AVX(movss_to_r, ymm_set(c, u->b, low_lane(A->d[0], *V), XMM_ZERO))
AVX(movss_m, u32 v = LOAD32(c, u); ymm_set(c, u->a, halves(v, 0), XMM_ZERO))
AVX(movss_to_m, STORE32(c, u, A->d[0]))
AVX(movsd_r, ymm_set(c, u->a, halves(B->q[0], V->q[1]), XMM_ZERO))
AVX(movsd_to_r, ymm_set(c, u->b, halves(A->q[0], V->q[1]), XMM_ZERO))
AVX(movsd_m, u64 v = LOAD64(c, u); ymm_set(c, u->a, halves(v, 0), XMM_ZERO))
AVX(movsd_to_m, STORE64(c, u, A->q[0]))
const struct ops ops_vmovss = OPS_RM(movss_r, movss_m), ops_vmovss_store = OPS_RM(movss_to_r, movss_to_m);
const struct ops ops_vmovsd = OPS_RM(movsd_r, movsd_m), ops_vmovsd_store = OPS_RM(movsd_to_r, movsd_to_m);

// ---- halves
AVX(movhlps, ymm_set(c, u->a, halves(B->q[1], V->q[1]), XMM_ZERO))
AVX(movlhps, ymm_set(c, u->a, halves(V->q[0], B->q[0]), XMM_ZERO))
AVX(movlps_m, u64 v = LOAD64(c, u); ymm_set(c, u->a, halves(v, V->q[1]), XMM_ZERO))
AVX(movhps_m, u64 v = LOAD64(c, u); ymm_set(c, u->a, halves(V->q[0], v), XMM_ZERO))
AVX(movhps_to_m, STORE64(c, u, A->q[1]))
const struct ops ops_vmovlps = OPS_RM(movhlps, movlps_m), ops_vmovhps = OPS_RM(movlhps, movhps_m);
const struct ops ops_vmovlps_store = OPS_M(movsd_to_m), ops_vmovhps_store = OPS_M(movhps_to_m);

// ---- VMOVD, VMOVQ
AVX(movd_r, ymm_set(c, u->a, halves(REG32(u->b), 0), XMM_ZERO))
AVX(movq_r, ymm_set(c, u->a, halves(REG64(u->b), 0), XMM_ZERO))
AVX(movd_to_r, SET32(u->b, A->d[0]))
AVX(movq_to_r, SET64(u->b, A->q[0]))
AVX(movq_x, ymm_set(c, u->a, halves(B->q[0], 0), XMM_ZERO))
AVX(movq_to_x, ymm_set(c, u->b, halves(A->q[0], 0), XMM_ZERO))
const struct ops ops_vmovd = {{0, 0, movd_r, movq_r}, {0, 0, movss_m, movsd_m}};
const struct ops ops_vmovd_store = {{0, 0, movd_to_r, movq_to_r}, {0, 0, movss_to_m, movsd_to_m}};
const struct ops ops_vmovq = OPS_RM(movq_x, movsd_m), ops_vmovq_store = OPS_RM(movq_to_x, movsd_to_m);

// ---- masks of signs
static u32 signs32(const union xmm *x) { return x->d[0] >> 31 | x->d[1] >> 31 << 1 | x->d[2] >> 31 << 2 | x->d[3] >> 31 << 3; }
static u32 signs64(const union xmm *x) { return (u32)(x->q[0] >> 63 | x->q[1] >> 63 << 1); }
#define BH (&c->s.ymmh[u->b])
AVX(movmskps128, SET32(u->a, signs32(B)))
AVX(movmskps256, SET32(u->a, signs32(B) | signs32(BH) << 4))
AVX(movmskpd128, SET32(u->a, signs64(B)))
AVX(movmskpd256, SET32(u->a, signs64(B) | signs64(BH) << 2))
const struct ops ops_vmovmskps = OPS_R_L(movmskps128, movmskps256), ops_vmovmskpd = OPS_R_L(movmskpd128, movmskpd256);

// Outside 64-bit mode the upper eight registers are left alone (vol. 2, VZEROALL).
static unsigned registers(const struct x86_cpu *c) { return (c->mode & MODE_CODE_MASK) == MODE_CODE64 ? 16 : 8; }
AVX(vzeroupper, memset(c->s.ymmh, 0, registers(c) * sizeof *c->s.ymmh))
AVX(vzeroall, memset(c->s.ymmh, 0, registers(c) * sizeof *c->s.ymmh); memset(c->s.xmm, 0, registers(c) * sizeof *c->s.xmm))
const struct ops ops_vzeroupper = OPS_R(vzeroupper), ops_vzeroall = OPS_R(vzeroall);
