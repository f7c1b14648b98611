// SPDX-License-Identifier: MIT
// The x87 and SSE state in memory: LDMXCSR, STMXCSR, FXSAVE, FXRSTOR (vol. 1, 10.5), XSAVE, XSAVEOPT, XRSTOR (13.4..13.9).
#include "isa/x86_64/sse.h"

// ---- MXCSR
static u32 check_mxcsr(struct x86_cpu *c, const struct uop *u, u32 v) {
    if (v & ~(u32)MX_VALID) RAISE(EXC_GP, 0);
    return v;
}
SOP(ldmxcsr) { sse_check(c, u); c->s.mxcsr = check_mxcsr(c, u, LOAD32(c, u)); NEXT; }
SOP(stmxcsr) { sse_check(c, u); STORE32(c, u, c->s.mxcsr); NEXT; }
AVX(vldmxcsr, c->s.mxcsr = check_mxcsr(c, u, LOAD32(c, u)))
AVX(vstmxcsr, STORE32(c, u, c->s.mxcsr))
const struct ops ops_ldmxcsr = OPS_M(ldmxcsr), ops_stmxcsr = OPS_M(stmxcsr);
const struct ops ops_vldmxcsr = OPS_M(vldmxcsr), ops_vstmxcsr = OPS_M(vstmxcsr);

// The legacy area (vol. 1, table 10-2), 512 bytes; ST(i) in stack order, the tag by physical register:
//
//     0 FCW | 2 FSW | 4 tag (8 bits) | 6 FOP | 8 FIP 32, FCS 16 (REX.W: FIP 64) | 16 FDP 32, FDS 16 (REX.W: FDP 64)
//    24 MXCSR | 28 MXCSR_MASK | 32 ST(0)..ST(7), 16 bytes each | 160 XMM0..XMM15 | 416 reserved | 464 the system's own
//
// XSAVE adds a header of 64 bytes (table 13-1): 512 XSTATE_BV | 520 XCOMP_BV | zeros.
enum {
    LEGACY_TAG = 4, LEGACY_FOP = 6, LEGACY_FIP = 8, LEGACY_FCS = 12, LEGACY_FDP = 16, LEGACY_FDS = 20, LEGACY_MXCSR = 24,
    LEGACY_ST = 32, LEGACY_XMM = 160, LEGACY_END = 416, LEGACY_SIZE = 512,
    XSTATE_BV = 512, XCOMP_BV = 520, XSAVE_SIZE = 576,
};
#define XCR0_X87 BIT(0)
#define XCR0_SSE BIT(1)

static bool wide(const struct x86_cpu *c) { return (c->mode & MODE_CODE_MASK) == MODE_CODE64; }
static unsigned xmm_count(const struct x86_cpu *c) { return wide(c) ? 16 : 8; }

static void put_x87(const struct x86_cpu *c, u8 *area, bool rexw) {
    const struct x87_state *f = &c->s.fpu;
    st16(area, f->fcw);
    st16(area + 2, (u16)(f->fsw | f->top << X87_TOP_SHIFT));
    st16(area + LEGACY_TAG, f->tag);
    st16(area + LEGACY_FOP, f->fop);
    st64(area + LEGACY_FIP, rexw ? f->fip : (u32)f->fip | (u64)f->fcs << 32);
    st64(area + LEGACY_FDP, rexw ? f->fdp : (u32)f->fdp | (u64)f->fds << 32);
    for (unsigned i = 0; i < 8; i++) {
        const struct x87_reg *r = &f->r[(f->top + i) & 7];
        st64(area + LEGACY_ST + 16 * i, r->mant);
        st64(area + LEGACY_ST + 16 * i + 8, r->exp);
    }
}

static void get_x87(struct x86_cpu *c, const u8 *area, bool rexw) {
    struct x87_state *f = &c->s.fpu;
    u16 fsw = ld16(area + 2);
    f->fcw = (ld16(area) & X87_FCW_WRITABLE) | X87_FCW_ONE;
    f->top = fsw >> X87_TOP_SHIFT & 7;
    f->fsw = (u16)(fsw & ~(7 << X87_TOP_SHIFT));
    x87_update_es(f); // ES is a summary, not storage
    f->tag = area[LEGACY_TAG];
    f->fop = ld16(area + LEGACY_FOP) & 0x7ff;
    f->fip = rexw ? ld64(area + LEGACY_FIP) : ld32(area + LEGACY_FIP);
    f->fdp = rexw ? ld64(area + LEGACY_FDP) : ld32(area + LEGACY_FDP);
    f->fcs = rexw ? 0 : ld16(area + LEGACY_FCS);
    f->fds = rexw ? 0 : ld16(area + LEGACY_FDS);
    for (unsigned i = 0; i < 8; i++) {
        const u8 *from = area + LEGACY_ST + 16 * i;
        f->r[(f->top + i) & 7] = (struct x87_reg){.mant = ld64(from), .exp = ld16(from + 8)};
    }
}

static void put_mxcsr(const struct x86_cpu *c, u8 *area) {
    st32(area + LEGACY_MXCSR, c->s.mxcsr);
    st32(area + LEGACY_MXCSR + 4, MX_VALID);
}

// x86_read and x86_write take at most 64 bytes at a time.
static void read_area(struct x86_cpu *c, const struct uop *u, gva_t a, u8 *to, unsigned size) {
    for (unsigned i = 0; i < size; i += 32) x86_read(c, MEM_SEG(u), a + i, to + i, 32);
}
static void write_area(struct x86_cpu *c, const struct uop *u, gva_t a, const u8 *area, unsigned from, unsigned to) {
    for (unsigned i = from, n; i < to; i += n) {
        n = to - i < 32 ? to - i : 32;
        x86_write(c, MEM_SEG(u), a + i, area + i, n);
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
    put_x87(c, area, rexw);
    put_mxcsr(c, area);
    memcpy(area + LEGACY_XMM, c->s.xmm, xmm_bytes);
    write_area(c, u, a, area, 0, LEGACY_XMM + xmm_bytes);
}
SOP(fxsave) { save(c, u, false); NEXT; }
SOP(fxsave64) { save(c, u, true); NEXT; }
const struct ops ops_fxsave = {{0}, {0, fxsave, fxsave, fxsave64}};

static ALWAYS_INLINE void restore(struct x86_cpu *c, const struct uop *u, bool rexw) {
    gva_t a = fx_operand(c, u, ACCESS_READ);
    u8 area[LEGACY_END];
    read_area(c, u, a, area, LEGACY_END);
    c->s.mxcsr = check_mxcsr(c, u, ld32(area + LEGACY_MXCSR));
    get_x87(c, area, rexw);
    memcpy(c->s.xmm, area + LEGACY_XMM, 16 * xmm_count(c));
}
SOP(fxrstor) { restore(c, u, false); NEXT; }
SOP(fxrstor64) { restore(c, u, true); NEXT; }
const struct ops ops_fxrstor = {{0}, {0, fxrstor, fxrstor, fxrstor64}};

// ---- XSAVE, XSAVEOPT, XRSTOR. The requested-feature bitmap is XCR0 & EDX:EAX. We report every component as in use
// (13.6: a processor may), so XSAVEOPT saves what XSAVE saves.
static u64 requested(const struct x86_cpu *c) {
    return c->s.xcr0 & ((u64)REG32(RDX) << 32 | REG32(RAX));
}

static gva_t xsave_operand(struct x86_cpu *c, const struct uop *u, enum access access) {
    if (!(c->s.cr4 & CR4_OSXSAVE)) RAISE(EXC_UD, 0);
    if (c->s.cr0 & CR0_TS) RAISE(EXC_NM, 0);
    gva_t a = operand_address(c, u, XSAVE_SIZE, access);
    if (a & 63) RAISE(EXC_GP, 0);
    SYNC;
    x86_probe(c, MEM_SEG(u), a, XSAVE_SIZE, access);
    return a;
}

static ALWAYS_INLINE void xsave_as(struct x86_cpu *c, const struct uop *u, bool rexw) {
    gva_t a = xsave_operand(c, u, ACCESS_WRITE);
    u64 rfbm = requested(c);
    u8 area[LEGACY_END], bv[8];
    if (rfbm & XCR0_X87) {
        put_x87(c, area, rexw);
        write_area(c, u, a, area, 0, LEGACY_MXCSR);
        write_area(c, u, a, area, LEGACY_ST, LEGACY_XMM);
    }
    if (rfbm & XCR0_SSE) {
        unsigned xmm_bytes = 16 * xmm_count(c);
        put_mxcsr(c, area);
        memcpy(area + LEGACY_XMM, c->s.xmm, xmm_bytes);
        write_area(c, u, a, area, LEGACY_MXCSR, LEGACY_ST);
        write_area(c, u, a, area, LEGACY_XMM, LEGACY_XMM + xmm_bytes);
    }
    x86_read(c, MEM_SEG(u), a + XSTATE_BV, bv, 8);
    st64(bv, ld64(bv) | rfbm);
    x86_write(c, MEM_SEG(u), a + XSTATE_BV, bv, 8);
}
SOP(xsave) { xsave_as(c, u, false); NEXT; }
SOP(xsave64) { xsave_as(c, u, true); NEXT; }
const struct ops ops_xsave = {{0}, {0, xsave, xsave, xsave64}};

// The rules of the header for the standard form (vol. 2, XRSTOR).
static bool valid_header(const struct x86_cpu *c, const u8 *header) {
    if (ld64(header) & ~c->s.xcr0) return false;
    for (unsigned i = XCOMP_BV - XSTATE_BV; i < 24; i++)
        if (header[i]) return false;
    return true;
}

static ALWAYS_INLINE void xrstor_as(struct x86_cpu *c, const struct uop *u, bool rexw) {
    gva_t a = xsave_operand(c, u, ACCESS_READ);
    u64 rfbm = requested(c);
    u8 area[LEGACY_END], header[64];
    read_area(c, u, a, area, LEGACY_END);
    read_area(c, u, a + XSTATE_BV, header, 64);
    if (!valid_header(c, header)) RAISE(EXC_GP, 0);
    u64 stored = ld64(header);
    // MXCSR comes from memory even when XSTATE_BV says that the XMM registers are in their initial state (13.8.1).
    if (rfbm & XCR0_SSE) {
        c->s.mxcsr = check_mxcsr(c, u, ld32(area + LEGACY_MXCSR));
        if (!(stored & XCR0_SSE)) memset(area + LEGACY_XMM, 0, LEGACY_END - LEGACY_XMM);
        memcpy(c->s.xmm, area + LEGACY_XMM, 16 * xmm_count(c));
    }
    if (rfbm & XCR0_X87) {
        if (!(stored & XCR0_X87)) {
            memset(area, 0, LEGACY_XMM);
            st16(area, X87_FCW_INIT);
        }
        get_x87(c, area, rexw);
    }
}
SOP(xrstor) { xrstor_as(c, u, false); NEXT; }
SOP(xrstor64) { xrstor_as(c, u, true); NEXT; }
const struct ops ops_xrstor = {{0}, {0, xrstor, xrstor, xrstor64}};
