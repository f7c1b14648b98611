// SPDX-License-Identifier: MIT
// AVX: moves of whole vectors, VZEROUPPER, VZEROALL.
#include "isa/x86_64/sse.h"

// A handler that does its body once AVX is known to be there.
#define AVX(name, ...) SOP(name) { avx_check(c, u); __VA_ARGS__; NEXT; }

static ALWAYS_INLINE void set(struct x86_cpu *c, unsigned to, union xmm low, union xmm high) {
    c->s.xmm[to] = low;
    c->s.ymmh[to] = high;
}
static ALWAYS_INLINE void load(struct x86_cpu *c, const struct uop *u, unsigned size, unsigned align) {
    union xmm v[2] = {0};
    LOADN(c, u, v, size, align);
    set(c, u->a, v[0], v[1]);
}
static ALWAYS_INLINE void store(struct x86_cpu *c, const struct uop *u, unsigned size, unsigned align) {
    union xmm v[2] = {c->s.xmm[u->a], c->s.ymmh[u->a]};
    STOREN(c, u, v, size, align);
}

#define ZERO ((union xmm){0})
AVX(mov_r128, set(c, u->a, c->s.xmm[u->b], ZERO))
AVX(mov_r256, set(c, u->a, c->s.xmm[u->b], c->s.ymmh[u->b]))
AVX(mov_to_r128, set(c, u->b, c->s.xmm[u->a], ZERO))
AVX(mov_to_r256, set(c, u->b, c->s.xmm[u->a], c->s.ymmh[u->a]))
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

// Outside 64-bit mode the upper eight registers are left alone (vol. 2, VZEROALL).
static unsigned registers(const struct x86_cpu *c) { return (c->mode & MODE_CODE_MASK) == MODE_CODE64 ? 16 : 8; }
AVX(vzeroupper, memset(c->s.ymmh, 0, registers(c) * sizeof *c->s.ymmh))
AVX(vzeroall, memset(c->s.ymmh, 0, registers(c) * sizeof *c->s.ymmh); memset(c->s.xmm, 0, registers(c) * sizeof *c->s.xmm))
const struct ops ops_vzeroupper = OPS_R(vzeroupper), ops_vzeroall = OPS_R(vzeroall);
