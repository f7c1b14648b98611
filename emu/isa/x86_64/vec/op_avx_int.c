// SPDX-License-Identifier: MIT
// AVX2's integer instructions that SSE has no form of: permutations and moves across the halves of a register, broadcasts, shifts
// by one count per lane. Their floating-point namesakes move the same bits and share the handlers.
#include "isa/x86_64/vec/sse.h"

union ymm {
    union xmm half[2];
    u32 d[8];
    u64 q[4];
};

static ALWAYS_INLINE union ymm get(const struct x86_cpu *c, unsigned i) { return (union ymm){{c->s.xmm[i], c->s.ymmh[i]}}; }
static ALWAYS_INLINE void put(struct x86_cpu *c, unsigned i, union ymm v) { ymm_set(c, i, v.half[0], v.half[1]); }

// ---- 256 bits only: the destination becomes calc(first source in VEX.vvvv, source, imm8)
#define PERMUTE(name)                                                                                                            \
    AVX(v##name##_r, put(c, u->a, name(get(c, VEX_V(u)), get(c, u->b), (u8)u->imm)))                                             \
    AVX(v##name##_m, union ymm s; LOADN(c, u, &s, 32, 1); put(c, u->a, name(get(c, VEX_V(u)), s, (u8)u->imm)))                   \
    const struct ops ops_v##name = OPS_RM(v##name##_r, v##name##_m);

static ALWAYS_INLINE union ymm permq(union ymm d, union ymm s, u8 imm) {
    return (union ymm){.q = {s.q[imm & 3], s.q[imm >> 2 & 3], s.q[imm >> 4 & 3], s.q[imm >> 6]}};
}
PERMUTE(permq) // and VPERMPD

static ALWAYS_INLINE union ymm permd(union ymm d, union ymm s, u8 imm) {
    union ymm r;
    for (unsigned i = 0; i < 8; i++) r.d[i] = s.d[d.d[i] & 7];
    return r;
}
PERMUTE(permd) // and VPERMPS

// Four bits of imm8 for each half of the result: 3 zero, 1..0 which half of which source.
static ALWAYS_INLINE union xmm pick_half(const union ymm *d, const union ymm *s, unsigned how) {
    return how & 8 ? XMM_ZERO : (how & 2 ? s : d)->half[how & 1];
}
static ALWAYS_INLINE union ymm perm2x128(union ymm d, union ymm s, u8 imm) {
    return (union ymm){{pick_half(&d, &s, imm), pick_half(&d, &s, imm >> 4)}};
}
PERMUTE(perm2x128) // VPERM2I128 and VPERM2F128

// ---- halves: VINSERTI128, VEXTRACTI128 and VINSERTF128, VEXTRACTF128
static ALWAYS_INLINE void insert128(struct x86_cpu *c, const struct uop *u, const union xmm *s) {
    union ymm d = get(c, VEX_V(u));
    d.half[u->imm & 1] = *s;
    put(c, u->a, d);
}
CHECKED_SOURCE(vinsert128, avx_check, insert128, 16, 1)

static ALWAYS_INLINE union xmm half(const struct x86_cpu *c, const struct uop *u) { return get(c, u->a).half[u->imm & 1]; }
AVX(vextract128_r, ymm_set(c, u->b, half(c, u), XMM_ZERO))
AVX(vextract128_m, union xmm v = half(c, u); STOREN(c, u, &v, 16, 1))
const struct ops ops_vextract128 = OPS_RM(vextract128_r, vextract128_m);

// ---- broadcasts of the source's lowest lane
#define BROADCAST(name, F, size)                                                                                                 \
    static ALWAYS_INLINE void name(struct x86_cpu *c, const struct uop *u, const union xmm *s, bool wide) {                      \
        VECTOR_OF(F) v = s->F[0] - (VECTOR_OF(F)){0};                                                                            \
        union xmm r;                                                                                                             \
        memcpy(&r, &v, 16);                                                                                                      \
        ymm_set(c, u->a, r, wide ? r : XMM_ZERO);                                                                                \
    }                                                                                                                            \
    VEX_SOURCE_SIZED(name, name, size, size)
BROADCAST(pbroadcastb, b, 1)
BROADCAST(pbroadcastw, w, 2)
BROADCAST(pbroadcastd, d, 4) // and VBROADCASTSS
BROADCAST(pbroadcastq, q, 8) // and VBROADCASTSD

AVX(vbroadcast128, union xmm v; LOADN(c, u, &v, 16, 1); ymm_set(c, u->a, v, v))
const struct ops ops_vbroadcast128 = OPS_M(vbroadcast128); // VBROADCASTI128 and VBROADCASTF128

// ---- shifts, lane by lane
#define VEX_LANES(name, F, expr) CALC_LANES(name, F, expr) VEX_OP(name)
VEX_LANES(psrlvd, d, b < 32 ? a >> b : 0)
VEX_LANES(psrlvq, q, b < 64 ? a >> b : 0)
VEX_LANES(psravd, sd, a >> ((u32)b < 32 ? b : 31))
VEX_LANES(psllvd, d, b < 32 ? a << b : 0)
VEX_LANES(psllvq, q, b < 64 ? a << b : 0)
