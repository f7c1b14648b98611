// SPDX-License-Identifier: MIT
// The x87 and SSE state in memory: (V)LDMXCSR, (V)STMXCSR, FXSAVE, FXRSTOR (vol. 1, 10.5).
#include "isa/x86_64/vec/sse.h"
#include "isa/x86_64/sys/xstate.h"

// ---- MXCSR
u32 x86_check_mxcsr(struct x86_cpu *c, const struct uop *u, u32 v) {
    if (v & ~(u32)MX_VALID) RAISE(EXC_GP, 0);
    return v;
}
SOP(ldmxcsr) {
    sse_check(c, u);
    c->s.mxcsr = x86_check_mxcsr(c, u, LOAD32(c, u));
    NEXT;
}
SOP(stmxcsr) {
    sse_check(c, u);
    STORE32(c, u, c->s.mxcsr);
    NEXT;
}
AVX(vldmxcsr, c->s.mxcsr = x86_check_mxcsr(c, u, LOAD32(c, u)))
AVX(vstmxcsr, STORE32(c, u, c->s.mxcsr))
const struct ops ops_ldmxcsr = OPS_M(ldmxcsr), ops_stmxcsr = OPS_M(stmxcsr);
const struct ops ops_vldmxcsr = OPS_M(vldmxcsr), ops_vstmxcsr = OPS_M(vstmxcsr);

// ---- parts of the area. FCS and FDS are always 0, as CPUID tells (8.1.8): x87 instructions do not record them.
void x86_put_x87(const struct x86_cpu *c, u8 *area, bool rexw) {
    const struct x87_state *f = &c->s.fpu;
    st16(area, f->fcw);
    st16(area + 2, (u16)(f->fsw | f->top << X87_TOP_SHIFT));
    st16(area + LEGACY_TAG, f->tag);
    st16(area + LEGACY_FOP, f->fop);
    st64(area + LEGACY_FIP, rexw ? f->fip : (u32)f->fip);
    st64(area + LEGACY_FDP, rexw ? f->fdp : (u32)f->fdp);
    for (unsigned i = 0; i < 8; i++) {
        const struct x87_reg *r = &f->r[(f->top + i) & 7];
        st64(area + LEGACY_ST + 16 * i, r->mant);
        st64(area + LEGACY_ST + 16 * i + 8, r->exp);
    }
}

void x86_get_x87(struct x86_cpu *c, const u8 *area, bool rexw) {
    struct x87_state *f = &c->s.fpu;
    u16 fsw = ld16(area + 2);
    f->fcw = (ld16(area) & X87_FCW_WRITABLE) | X87_FCW_ONE;
    f->top = fsw >> X87_TOP_SHIFT & 7;
    f->fsw = (u16)(fsw & ~(7 << X87_TOP_SHIFT));
    x87_update_es(c); // ES is a summary, not storage
    f->tag = area[LEGACY_TAG];
    f->fop = ld16(area + LEGACY_FOP) & 0x7ff;
    f->fip = rexw ? ld64(area + LEGACY_FIP) : ld32(area + LEGACY_FIP);
    f->fdp = rexw ? ld64(area + LEGACY_FDP) : ld32(area + LEGACY_FDP);
    for (unsigned i = 0; i < 8; i++) {
        const u8 *from = area + LEGACY_ST + 16 * i;
        f->r[(f->top + i) & 7] = (struct x87_reg){.mant = ld64(from), .exp = ld16(from + 8)};
    }
}

void x86_put_mxcsr(const struct x86_cpu *c, u8 *area) {
    st32(area + LEGACY_MXCSR, c->s.mxcsr);
    st32(area + LEGACY_MXCSR + 4, MX_VALID);
}

// x86_read and x86_write take at most 64 bytes at a time.
void x86_read_area(struct x86_cpu *c, const struct uop *u, gva_t at, u8 *to, unsigned size) {
    for (unsigned i = 0, n; i < size; i += n) {
        n = size - i < 32 ? size - i : 32;
        x86_read(c, MEM_SEG(u), at + i, to + i, n);
    }
}
void x86_write_area(struct x86_cpu *c, const struct uop *u, gva_t at, const u8 *area, unsigned from, unsigned to) {
    for (unsigned i = from, n; i < to; i += n) {
        n = to - i < 32 ? to - i : 32;
        x86_write(c, MEM_SEG(u), at + i, area + i, n);
    }
}

// ---- FXSAVE, FXRSTOR
static gva_t fx_operand(struct x86_cpu *c, const struct uop *u, enum access access) {
    if (c->s.cr0 & CR0_EM) RAISE(EXC_UD, 0);
    if (c->s.cr0 & CR0_TS) RAISE(EXC_NM, 0);
    gva_t a = operand_address(c, u, LEGACY_SIZE, access);
    if (a & 15) RAISE(EXC_GP, 0);
    SYNC;
    x86_probe(c, MEM_SEG(u), a, LEGACY_SIZE, access);
    return a;
}

static ALWAYS_INLINE void save(struct x86_cpu *c, const struct uop *u, bool rexw) {
    gva_t a = fx_operand(c, u, ACCESS_WRITE);
    u8 area[LEGACY_END];
    unsigned xmm_bytes = 16 * xmm_count(c);
    x86_put_x87(c, area, rexw);
    x86_put_mxcsr(c, area);
    memcpy(area + LEGACY_XMM, c->s.xmm, xmm_bytes);
    x86_write_area(c, u, a, area, 0, LEGACY_XMM + xmm_bytes);
}
SOP(fxsave) {
    save(c, u, false);
    NEXT;
}
SOP(fxsave64) {
    save(c, u, true);
    NEXT;
}
const struct ops ops_fxsave = {{0}, {0, fxsave, fxsave, fxsave64}};

static ALWAYS_INLINE void restore(struct x86_cpu *c, const struct uop *u, bool rexw) {
    gva_t a = fx_operand(c, u, ACCESS_READ);
    u8 area[LEGACY_END];
    x86_read_area(c, u, a, area, LEGACY_END);
    c->s.mxcsr = x86_check_mxcsr(c, u, ld32(area + LEGACY_MXCSR));
    x86_get_x87(c, area, rexw);
    memcpy(c->s.xmm, area + LEGACY_XMM, 16 * xmm_count(c));
}
SOP(fxrstor) {
    restore(c, u, false);
    NEXT;
}
SOP(fxrstor64) {
    restore(c, u, true);
    NEXT;
}
const struct ops ops_fxrstor = {{0}, {0, fxrstor, fxrstor, fxrstor64}};
