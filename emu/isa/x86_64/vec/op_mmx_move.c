// SPDX-License-Identifier: MIT
// MMX data movement: MOVD, MOVQ, PSHUFW, PINSRW, PEXTRW, PMOVMSKB, MASKMOVQ, the moves between MMX and XMM, EMMS.
#include "isa/x86_64/vec/sse.h"

// ---- MOVD, MOVQ with a general register or memory (vol. 2: MOVD/MOVQ; REX.W picks 64 bits)
SOP(movd_load_r) {
    mmx_check(c, u);
    mmx_set(c, u->a, REG32(u->b));
    NEXT;
}
SOP(movq_load_r) {
    mmx_check(c, u);
    mmx_set(c, u->a, REG64(u->b));
    NEXT;
}
SOP(movd_load_m) {
    mmx_check(c, u);
    u32 v = LOAD32(c, u);
    mmx_set(c, u->a, v);
    NEXT;
}
SOP(movq_load_m) {
    mmx_check(c, u);
    u64 v = LOAD64(c, u);
    mmx_set(c, u->a, v);
    NEXT;
}
SOP(movd_store_r) {
    mmx_check(c, u);
    mmx_enter(c);
    SET32(u->b, mmx_get(c, u->a).d[0]);
    NEXT;
}
SOP(movq_store_r) {
    mmx_check(c, u);
    mmx_enter(c);
    SET64(u->b, mmx_get(c, u->a).q[0]);
    NEXT;
}
SOP(movd_store_m) {
    mmx_check(c, u);
    STORE32(c, u, mmx_get(c, u->a).d[0]);
    mmx_enter(c);
    NEXT;
}
SOP(movq_store_m) {
    mmx_check(c, u);
    STORE64(c, u, mmx_get(c, u->a).q[0]);
    mmx_enter(c);
    NEXT;
}
SOP(movq_mmx_r) {
    mmx_check(c, u);
    mmx_set(c, u->a, mmx_get(c, u->b).q[0]);
    NEXT;
}
SOP(movq_mmx_back_r) {
    mmx_check(c, u);
    mmx_set(c, u->b, mmx_get(c, u->a).q[0]);
    NEXT;
}

const struct ops ops_mmx_movd_load = {{0, 0, movd_load_r, movq_load_r}, {0, 0, movd_load_m, movq_load_m}};
const struct ops ops_mmx_movd_store = {{0, 0, movd_store_r, movq_store_r}, {0, 0, movd_store_m, movq_store_m}};
const struct ops ops_mmx_movq_load = OPS_RM(movq_mmx_r, movq_load_m);
const struct ops ops_mmx_movq_store = OPS_RM(movq_mmx_back_r, movq_store_m);
const struct ops ops_mmx_movntq = OPS_M(movq_store_m);

// ---- between MMX and XMM
SOP(movq2dq) {
    mmx_check(c, u);
    sse_check(c, u);
    mmx_enter(c);
    c->s.xmm[u->a] = mmx_get(c, u->b);
    NEXT;
}
SOP(movdq2q) {
    mmx_check(c, u);
    sse_check(c, u);
    mmx_set(c, u->a, c->s.xmm[u->b].q[0]);
    NEXT;
}
const struct ops ops_movq2dq = OPS_R(movq2dq), ops_movdq2q = OPS_R(movdq2q);

// ---- words and masks
CALC(pshufw) {
    union xmm r = {0};
    for (unsigned i = 0; i < 4; i++) r.w[i] = s.w[imm >> 2 * i & 3];
    return r;
}
MMX_OP(pshufw)

static ALWAYS_INLINE void insert_word(struct x86_cpu *c, const struct uop *u, u16 v) {
    union xmm d = mmx_get(c, u->a);
    d.w[u->imm & 3] = v;
    mmx_set(c, u->a, d.q[0]);
}
SOP(pinsrw_r) {
    mmx_check(c, u);
    insert_word(c, u, (u16)REG32(u->b));
    NEXT;
}
SOP(pinsrw_m) {
    mmx_check(c, u);
    u16 v = LOAD16(c, u);
    insert_word(c, u, v);
    NEXT;
}
const struct ops ops_mmx_pinsrw = OPS_RM(pinsrw_r, pinsrw_m);

SOP(pextrw) {
    mmx_check(c, u);
    mmx_enter(c);
    SET32(u->a, mmx_get(c, u->b).w[u->imm & 3]);
    NEXT;
}
const struct ops ops_mmx_pextrw = OPS_R(pextrw);

SOP(pmovmskb) {
    union xmm s = mmx_get(c, u->b);
    u32 mask_bits = 0;
    mmx_check(c, u);
    mmx_enter(c);
    for (unsigned i = 0; i < 8; i++) mask_bits |= (u32)(s.b[i] >> 7) << i;
    SET32(u->a, mask_bits);
    NEXT;
}
const struct ops ops_mmx_pmovmskb = OPS_R(pmovmskb);

// Clears the tags; TOP becomes 0 and the registers stay (vol. 3A, table 13-1).
SOP(emms) {
    mmx_check(c, u);
    c->s.fpu.top = 0;
    c->s.fpu.tag = 0;
    NEXT;
}
const struct ops ops_emms = OPS_R(emms);
