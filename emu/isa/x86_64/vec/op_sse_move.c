// SPDX-License-Identifier: MIT
// SSE data movement: MOV of all widths and alignments, non-temporal stores (ordinary ones here), MOVMSK, MASKMOV, PINSR,
// PEXTR, and the cache hints.
#include "isa/x86_64/vec/sse.h"

void sse_trap(struct x86_cpu *c, const struct uop *u) {
    SYNC;
    if ((c->s.cr0 & CR0_EM) || !(c->s.cr4 & CR4_OSFXSR)) raise_ud(c);
    x86_raise(c, EXC_NM, 0);
}

void avx_trap(struct x86_cpu *c, const struct uop *u) {
    SYNC;
    if (~c->s.xcr0 & XCR0_AVX_STATE || !(c->s.cr4 & CR4_OSXSAVE)) raise_ud(c);
    x86_raise(c, EXC_NM, 0);
}

// A handler that does `body` once SSE is known to be there.
#define SSE(name, ...)                                                                                                           \
    SOP(name) {                                                                                                                  \
        sse_check(c, u);                                                                                                         \
        __VA_ARGS__;                                                                                                             \
        NEXT;                                                                                                                    \
    }
#define A (&c->s.xmm[u->a])
#define B (&c->s.xmm[u->b])

// ---- whole registers
SSE(mov_r, *A = *B)
SSE(mov_back_r, *B = *A)
SSE(mova_load, LOADN(c, u, A, 16, 16))
SSE(movu_load, LOADN(c, u, A, 16, 1))
SSE(mova_store, STOREN(c, u, A, 16, 16))
SSE(movu_store, STOREN(c, u, A, 16, 1))
const struct ops ops_mova = OPS_RM(mov_r, mova_load), ops_mova_store = OPS_RM(mov_back_r, mova_store);
const struct ops ops_movu = OPS_RM(mov_r, movu_load), ops_movu_store = OPS_RM(mov_back_r, movu_store);
const struct ops ops_movnt = OPS_M(mova_store), ops_movntdqa = OPS_M(mova_load), ops_lddqu = OPS_M(movu_load);

// ---- scalars: a load from memory clears the rest, a move between registers keeps it
SSE(movss_r, A->d[0] = B->d[0])
SSE(movss_back_r, B->d[0] = A->d[0])
SSE(movss_load, u32 v = LOAD32(c, u); *A = (union xmm){.d = {v}})
SSE(movss_store, STORE32(c, u, A->d[0]))
SSE(movsd_r, A->q[0] = B->q[0])
SSE(movsd_back_r, B->q[0] = A->q[0])
SSE(movsd_load, u64 v = LOAD64(c, u); *A = (union xmm){.q = {v}})
SSE(movsd_store, STORE64(c, u, A->q[0]))
const struct ops ops_movss = OPS_RM(movss_r, movss_load), ops_movss_store = OPS_RM(movss_back_r, movss_store);
const struct ops ops_movsd = OPS_RM(movsd_r, movsd_load), ops_movsd_store = OPS_RM(movsd_back_r, movsd_store);

// MOVQ between XMM registers clears the upper half.
SSE(movq_r, *A = (union xmm){.q = {B->q[0]}})
SSE(movq_back_r, *B = (union xmm){.q = {A->q[0]}})
const struct ops ops_movq = OPS_RM(movq_r, movsd_load), ops_movq_store = OPS_RM(movq_back_r, movsd_store);

// ---- halves
SSE(movhlps, A->q[0] = B->q[1])
SSE(movlhps, A->q[1] = B->q[0])
SSE(movlps_load, A->q[0] = LOAD64(c, u))
SSE(movhps_load, A->q[1] = LOAD64(c, u))
SSE(movhps_store, STORE64(c, u, A->q[1]))
const struct ops ops_movlps = OPS_RM(movhlps, movlps_load), ops_movhps = OPS_RM(movlhps, movhps_load);
const struct ops ops_movlpd = OPS_M(movlps_load), ops_movhpd = OPS_M(movhps_load);
const struct ops ops_movlps_store = OPS_M(movsd_store), ops_movhps_store = OPS_M(movhps_store);

// ---- general registers
SSE(movd_load_r, *A = (union xmm){.q = {REG32(u->b)}})
SSE(movq_load_r, *A = (union xmm){.q = {REG64(u->b)}})
SSE(movd_store_r, SET32(u->b, A->d[0]))
SSE(movq_store_r, SET64(u->b, A->q[0]))
const struct ops ops_movd_load = {{0, 0, movd_load_r, movq_load_r}, {0, 0, movss_load, movsd_load}};
const struct ops ops_movd_store = {{0, 0, movd_store_r, movq_store_r}, {0, 0, movss_store, movsd_store}};

SOP(movnti32) {
    STORE32(c, u, REG32(u->a));
    NEXT;
} // no XMM register, so no check (vol. 2, table 2-25)
SOP(movnti64) {
    STORE64(c, u, REG64(u->a));
    NEXT;
}
const struct ops ops_movnti = {{0}, {0, 0, movnti32, movnti64}};

// (The compiler does not find these instructions by itself.)
static u32 byte_signs(const union xmm *x) {
    VECTOR_OF(sb) v;
    memcpy(&v, x, 16);
    return (u32)__builtin_ia32_pmovmskb128((char __attribute__((vector_size(16))))v);
}
static u32 float_signs(const union xmm *x) {
    VECTOR_OF(f) v;
    memcpy(&v, x, 16);
    return (u32)__builtin_ia32_movmskps(v);
}
SSE(movmskps, SET32(u->a, float_signs(B)))
SSE(movmskpd, SET32(u->a, (u32)(B->q[0] >> 63 | B->q[1] >> 63 << 1)))
SSE(pmovmskb, SET32(u->a, byte_signs(B)))
AVX(vpmovmskb_128, SET32(u->a, byte_signs(B)))
AVX(vpmovmskb_256, SET32(u->a, byte_signs(B) | byte_signs(&c->s.ymmh[u->b]) << 16))
const struct ops ops_movmskps = OPS_R(movmskps), ops_movmskpd = OPS_R(movmskpd), ops_pmovmskb = OPS_R(pmovmskb);
const struct ops ops_vpmovmskb = OPS_R_L(vpmovmskb_128, vpmovmskb_256);

// PEXTR and EXTRACTPS zero-extend into the whole register; PINSR takes the register's low part. Each with its VEX form.
#define PEXTR(name, ...)                                                                                                         \
    SSE(name, __VA_ARGS__)                                                                                                       \
    AVX(v##name, __VA_ARGS__)
PEXTR(pextrb_r, SET32(u->b, A->b[u->imm & 15]))
PEXTR(pextrb_m, STORE8(c, u, A->b[u->imm & 15]))
PEXTR(pextrw_r, SET32(u->b, A->w[u->imm & 7]))
PEXTR(pextrw_m, STORE16(c, u, A->w[u->imm & 7]))
PEXTR(pextrw_old, SET32(u->a, B->w[u->imm & 7])) // 0F C5: the other way round
PEXTR(pextrd_r, SET32(u->b, A->d[u->imm & 3]))
PEXTR(pextrd_m, STORE32(c, u, A->d[u->imm & 3]))
PEXTR(pextrq_r, SET64(u->b, A->q[u->imm & 1]))
PEXTR(pextrq_m, STORE64(c, u, A->q[u->imm & 1]))
#define PINSR(name, at, value)                                                                                                   \
    SSE(name, A->at = value)                                                                                                     \
    AVX(v##name, union xmm d = c->s.xmm[VEX_V(u)]; d.at = value; ymm_set(c, u->a, d, XMM_ZERO))
PINSR(pinsrb_r, b[u->imm & 15], (u8)REG32(u->b))
PINSR(pinsrb_m, b[u->imm & 15], LOAD8(c, u))
PINSR(pinsrw_r, w[u->imm & 7], (u16)REG32(u->b))
PINSR(pinsrw_m, w[u->imm & 7], LOAD16(c, u))
PINSR(pinsrd_r, d[u->imm & 3], REG32(u->b))
PINSR(pinsrd_m, d[u->imm & 3], LOAD32(c, u))
PINSR(pinsrq_r, q[u->imm & 1], REG64(u->b))
PINSR(pinsrq_m, q[u->imm & 1], LOAD64(c, u))
#define OPS_INSERT_EXTRACT(v)                                                                                                    \
    const struct ops ops_##v##pextrb = OPS_RM(v##pextrb_r, v##pextrb_m), ops_##v##pextrw = OPS_RM(v##pextrw_r, v##pextrw_m),     \
                     ops_##v##pextrw_old = OPS_R(v##pextrw_old), ops_##v##extractps = OPS_RM(v##pextrd_r, v##pextrd_m),          \
                     ops_##v##pextrd = {{0, 0, v##pextrd_r, v##pextrq_r}, {0, 0, v##pextrd_m, v##pextrq_m}},                     \
                     ops_##v##pinsrb = OPS_RM(v##pinsrb_r, v##pinsrb_m), ops_##v##pinsrw = OPS_RM(v##pinsrw_r, v##pinsrw_m),     \
                     ops_##v##pinsrd = {{0, 0, v##pinsrd_r, v##pinsrq_r}, {0, 0, v##pinsrd_m, v##pinsrq_m}};
OPS_INSERT_EXTRACT()
OPS_INSERT_EXTRACT(v)

// ---- MASKMOVQ, MASKMOVDQU: the bytes whose mask has its top bit set, to DS:rDI. All of them or (on a fault) none.
static void store_selected(struct x86_cpu *c, const struct uop *u, union xmm v, u32 select, unsigned bytes) {
    struct uop at = *u; // the decoder leaves segment and address size here, but no base
    at.base = RDI;
    SYNC;
    if (!select) return;
    gva_t a = x86_linear(c, MEM_SEG(u), x86_offset(c, &at), bytes, ACCESS_WRITE);
    unsigned low = (unsigned)__builtin_ctz(select), high = 31 - (unsigned)__builtin_clz(select);
    x86_probe(c, MEM_SEG(u), a + low, high - low + 1, ACCESS_WRITE);
    for (unsigned i = low, end; i <= high; i = end + 1) {
        for (end = i; select >> end & 1;) end++;
        if (end > i) x86_write(c, MEM_SEG(u), a + i, v.b + i, end - i);
    }
}
SSE(maskmovdqu, store_selected(c, u, *A, byte_signs(B), 16))
AVX(vmaskmovdqu, store_selected(c, u, *A, byte_signs(B), 16))
SOP(maskmovq) {
    mmx_check(c, u);
    union xmm mask_bytes = mmx_get(c, u->b);
    store_selected(c, u, mmx_get(c, u->a), byte_signs(&mask_bytes) & 0xff, 8);
    mmx_enter(c);
    NEXT;
}
const struct ops ops_maskmovdqu = OPS_R(maskmovdqu), ops_vmaskmovdqu = OPS_R(vmaskmovdqu), ops_maskmovq = OPS_R(maskmovq);

// ---- hints and fences: nothing to do on one processor without a cache model. CLFLUSH checks its operand like a byte's
// read (vol. 2, CLFLUSH).
SOP(nothing) { NEXT; }
SOP(clflush) {
    SYNC;
    x86_probe(c, MEM_SEG(u), operand_address(c, u, 1, ACCESS_READ), 1, ACCESS_READ);
    NEXT;
}
const struct ops ops_hint = OPS_M(nothing), ops_fence = OPS_R(nothing), ops_clflush = OPS_M(clflush);
const struct ops ops_reserved_nop = OPS_ALL(nothing);
