// SPDX-License-Identifier: MIT
// SSE data movement: MOV of all widths and alignments, non-temporal stores (ordinary ones here), MOVMSK, MASKMOV, PINSR,
// PEXTR, and the cache hints.
#include "isa/x86_64/sse.h"

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
#define SSE(name, ...) SOP(name) { sse_check(c, u); __VA_ARGS__; NEXT; }
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

SOP(movnti32) { STORE32(c, u, REG32(u->a)); NEXT; } // no XMM register, so no check (vol. 2, table 2-25)
SOP(movnti64) { STORE64(c, u, REG64(u->a)); NEXT; }
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
const struct ops ops_movmskps = OPS_R(movmskps), ops_movmskpd = OPS_R(movmskpd), ops_pmovmskb = OPS_R(pmovmskb);

// PEXTR and EXTRACTPS zero-extend into the whole register; PINSR takes the register's low part.
SSE(pextrb_r, SET32(u->b, A->b[u->imm & 15]))
SSE(pextrb_m, STORE8(c, u, A->b[u->imm & 15]))
SSE(pextrw_r, SET32(u->b, A->w[u->imm & 7]))
SSE(pextrw_m, STORE16(c, u, A->w[u->imm & 7]))
SSE(pextrw_old, SET32(u->a, B->w[u->imm & 7])) // 0F C5: the other way round
SSE(pextrd_r, SET32(u->b, A->d[u->imm & 3]))
SSE(pextrd_m, STORE32(c, u, A->d[u->imm & 3]))
SSE(pextrq_r, SET64(u->b, A->q[u->imm & 1]))
SSE(pextrq_m, STORE64(c, u, A->q[u->imm & 1]))
SSE(pinsrb_r, A->b[u->imm & 15] = (u8)REG32(u->b))
SSE(pinsrb_m, A->b[u->imm & 15] = LOAD8(c, u))
SSE(pinsrw_r, A->w[u->imm & 7] = (u16)REG32(u->b))
SSE(pinsrw_m, A->w[u->imm & 7] = LOAD16(c, u))
SSE(pinsrd_r, A->d[u->imm & 3] = REG32(u->b))
SSE(pinsrd_m, A->d[u->imm & 3] = LOAD32(c, u))
SSE(pinsrq_r, A->q[u->imm & 1] = REG64(u->b))
SSE(pinsrq_m, A->q[u->imm & 1] = LOAD64(c, u))
const struct ops ops_pextrb = OPS_RM(pextrb_r, pextrb_m), ops_pextrw = OPS_RM(pextrw_r, pextrw_m);
const struct ops ops_pextrw_old = OPS_R(pextrw_old), ops_extractps = OPS_RM(pextrd_r, pextrd_m);
const struct ops ops_pextrd = {{0, 0, pextrd_r, pextrq_r}, {0, 0, pextrd_m, pextrq_m}};
const struct ops ops_pinsrb = OPS_RM(pinsrb_r, pinsrb_m), ops_pinsrw = OPS_RM(pinsrw_r, pinsrw_m);
const struct ops ops_pinsrd = {{0, 0, pinsrd_r, pinsrq_r}, {0, 0, pinsrd_m, pinsrq_m}};

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
SOP(maskmovq) {
    mmx_check(c, u);
    union xmm mask_bytes = mmx_get(c, u->b);
    store_selected(c, u, mmx_get(c, u->a), byte_signs(&mask_bytes) & 0xff, 8);
    mmx_enter(c);
    NEXT;
}
const struct ops ops_maskmovdqu = OPS_R(maskmovdqu), ops_maskmovq = OPS_R(maskmovq);

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
