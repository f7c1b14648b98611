// SPDX-License-Identifier: MIT
// XSAVE, XSAVEOPT, XSAVEC, XSAVES, XRSTOR, XRSTORS, XGETBV, XSETBV (vol. 1, 13.3 and 13.7 to 13.12; vol. 2 for their operation).
//
// What the manual leaves to the processor is decided so that the guest sees the same in every run: XINUSE tells exactly which
// components are not in their initial configuration (the init optimisation); nobody tracks what was modified since the last
// XRSTOR, so XSAVEOPT and XSAVES save all that is in use (XMODIFIED is all ones). A misaligned area is #GP(0), never #AC. All of
// the area up to its last requested component is checked for access first, whether or not something is written there: so does
// silicon.
#include "isa/x86_64/sys/op_sys.h"
#include "isa/x86_64/vec/sse.h"
#include "isa/x86_64/sys/sys.h"
#include "isa/x86_64/sys/xstate.h"

static void check_available(struct x86_cpu *c, const struct uop *u) {
    if (!(c->s.cr4 & CR4_OSXSAVE)) RAISE(EXC_UD, 0);
    if (c->s.cr0 & CR0_TS) RAISE(EXC_NM, 0);
}

static gva_t area_address(struct x86_cpu *c, const struct uop *u, unsigned size, enum access access) {
    gva_t a = operand_address(c, u, size, access);
    if (a & 63) RAISE(EXC_GP, 0);
    SYNC;
    return a;
}

static u64 edx_eax(const struct x86_cpu *c) { return (u64)REG32(RDX) << 32 | REG32(RAX); }

// ---- components behind the header
static unsigned bytes_of(const struct x86_cpu *c, const struct xstate_component *k) {
    return k->by_registers ? 16 * xmm_count(c) : k->size;
}

static u8 *state_of(struct x86_cpu *c, const struct xstate_component *k) { return (u8 *)&c->s + k->state; }

// Where component k lies: as leaf 0Dh says, or compacted behind those of `layout` that come before it.
static u32 offset_of(const struct xstate_component *k, u64 layout, bool compacted) {
    return compacted ? x86_xstate_size(layout & (BIT(k->number) - 1), true) : k->offset;
}

// ---- saving
enum form { XSAVE, XSAVEOPT, XSAVEC, XSAVES };

static void save_legacy(struct x86_cpu *c, const struct uop *u, gva_t a, u64 saved, bool mxcsr, bool rexw) {
    u8 area[LEGACY_END];
    if (saved & XSTATE_X87) {
        x86_put_x87(c, area, rexw);
        x86_write_area(c, u, a, area, 0, LEGACY_MXCSR);
        x86_write_area(c, u, a, area, LEGACY_ST, LEGACY_XMM);
    }
    if (mxcsr) {
        x86_put_mxcsr(c, area);
        x86_write_area(c, u, a, area, LEGACY_MXCSR, LEGACY_ST);
    }
    if (saved & XSTATE_SSE) x86_write_area(c, u, a + LEGACY_XMM, (const u8 *)c->s.xmm, 0, 16 * xmm_count(c));
}

static void save_extended(struct x86_cpu *c, const struct uop *u, gva_t a, u64 saved, u64 layout, bool compacted) {
    for (unsigned i = 0; i < x86_xstate_component_count; i++) {
        const struct xstate_component *k = &x86_xstate_components[i];
        if (!(saved & BIT(k->number))) continue;
        x86_write_area(c, u, a + offset_of(k, layout, compacted), state_of(c, k), 0, bytes_of(c, k));
    }
}

static void save_header(struct x86_cpu *c, const struct uop *u, gva_t a, u64 rfbm, u64 bv, bool compacted) {
    u8 header[16];
    if (!compacted) {
        x86_read(c, MEM_SEG(u), a + XSTATE_BV, header, 8);
        st64(header, (ld64(header) & ~rfbm) | bv);
        x86_write(c, MEM_SEG(u), a + XSTATE_BV, header, 8);
        return;
    }
    st64(header, bv);
    st64(header + 8, rfbm | XCOMP_COMPACTED);
    x86_write(c, MEM_SEG(u), a + XSTATE_BV, header, 16);
}

static ALWAYS_INLINE void save(struct x86_cpu *c, const struct uop *u, bool rexw, enum form form) {
    check_available(c, u);
    if (form == XSAVES && c->s.cpl) RAISE(EXC_GP, 0);
    bool compacted = form == XSAVEC || form == XSAVES;
    u64 rfbm = edx_eax(c) & (c->s.xcr0 | (form == XSAVES ? c->s.xss : 0));
    u64 in_use = rfbm & x86_xinuse(c);
    u64 saved = form == XSAVE ? rfbm : in_use;
    bool mxcsr = rfbm & (XSTATE_SSE | XSTATE_AVX);
    if (compacted) {
        // MXCSR belongs to the SSE state here, and XINUSE does not tell about it.
        if (c->s.mxcsr != MX_DEFAULT) saved |= rfbm & XSTATE_SSE;
        mxcsr = saved & XSTATE_SSE;
    }
    unsigned size = x86_xstate_size(rfbm, compacted);
    gva_t a = area_address(c, u, size, ACCESS_WRITE);
    x86_probe(c, MEM_SEG(u), a, size, ACCESS_WRITE);
    save_legacy(c, u, a, saved, mxcsr, rexw);
    save_extended(c, u, a, saved, rfbm, compacted);
    save_header(c, u, a, rfbm, compacted ? saved : in_use, compacted);
}

#define SAVE(name, form)                                                                                                         \
    SOP(name) {                                                                                                                  \
        save(c, u, false, form);                                                                                                 \
        NEXT;                                                                                                                    \
    }                                                                                                                            \
    SOP(name##64) {                                                                                                              \
        save(c, u, true, form);                                                                                                  \
        NEXT;                                                                                                                    \
    }                                                                                                                            \
    const struct ops ops_##name = {{0}, {0, name, name, name##64}};
SAVE(xsave, XSAVE)
SAVE(xsaveopt, XSAVEOPT)
SAVE(xsavec, XSAVEC)
SAVE(xsaves, XSAVES)

// ---- restoring
struct image {
    u64 rfbm, bv, layout; // requested, XSTATE_BV, XCOMP_BV without its bit 63
    bool compacted;
    u8 legacy[LEGACY_END];
    u8 extended[XSAVE_END - XSAVE_EXTENDED]; // components where the standard form has them
};
static u8 *place_of(struct image *m, const struct xstate_component *k) { return m->extended + (k->offset - XSAVE_EXTENDED); }

// The header's rules (13.8.1, 13.8.2, 13.12); `allowed`: XCR0, and IA32_XSS for XRSTORS.
static bool valid_header(const struct x86_cpu *c, const u8 *header, u64 allowed, bool supervisor) {
    u64 bv = ld64(header), comp = ld64(header + 8);
    bool compacted = comp & XCOMP_COMPACTED;
    if (compacted && !c->model->has[F_XSAVEC]) return false;
    if (!compacted && (supervisor || comp)) return false;
    if (compacted ? comp & ~(allowed | XCOMP_COMPACTED) || bv & ~(comp & ~XCOMP_COMPACTED) : bv & ~allowed) return false;
    for (unsigned i = 16; i < (compacted ? 64 : 24); i++)
        if (header[i]) return false;
    return true;
}

// Everything into the image, so that no fault comes after the first register has changed.
static void load(struct x86_cpu *c, const struct uop *u, struct image *m, bool supervisor) {
    u8 header[64];
    u64 allowed = c->s.xcr0 | (supervisor ? c->s.xss : 0);
    m->rfbm = edx_eax(c) & allowed;
    gva_t a = area_address(c, u, x86_xstate_size(m->rfbm, false), ACCESS_READ);
    x86_read(c, MEM_SEG(u), a + XSTATE_BV, header, 64);
    if (!valid_header(c, header, allowed, supervisor)) RAISE(EXC_GP, 0);
    m->bv = ld64(header);
    m->layout = ld64(header + 8) & ~XCOMP_COMPACTED;
    m->compacted = ld64(header + 8) & XCOMP_COMPACTED;
    x86_probe(c, MEM_SEG(u), a, x86_xstate_size(m->compacted ? m->layout : m->rfbm, m->compacted), ACCESS_READ);
    x86_read_area(c, u, a, m->legacy, LEGACY_END);
    for (unsigned i = 0; i < x86_xstate_component_count; i++) {
        const struct xstate_component *k = &x86_xstate_components[i];
        if (!(m->rfbm & m->bv & BIT(k->number))) continue;
        x86_read_area(c, u, a + offset_of(k, m->layout, m->compacted), place_of(m, k), bytes_of(c, k));
    }
}

// MXCSR's new value. In the standard form it comes from memory whenever SSE or AVX is asked for, whatever XSTATE_BV says (13.8.1).
static u32 new_mxcsr(struct x86_cpu *c, const struct uop *u, const struct image *m) {
    u64 asking = m->compacted ? XSTATE_SSE : XSTATE_SSE | XSTATE_AVX;
    if (!(m->rfbm & asking)) return c->s.mxcsr;
    if (m->compacted && !(m->bv & XSTATE_SSE)) return MX_DEFAULT;
    return x86_check_mxcsr(c, u, ld32(m->legacy + LEGACY_MXCSR));
}

static ALWAYS_INLINE void restore(struct x86_cpu *c, const struct uop *u, bool rexw, bool supervisor) {
    struct image m;
    check_available(c, u);
    if (supervisor && c->s.cpl) RAISE(EXC_GP, 0);
    load(c, u, &m, supervisor);
    c->s.mxcsr = new_mxcsr(c, u, &m);
    if (m.rfbm & XSTATE_X87) {
        if (!(m.bv & XSTATE_X87)) {
            memset(m.legacy, 0, LEGACY_XMM);
            st16(m.legacy, X87_FCW_INIT);
        }
        x86_get_x87(c, m.legacy, rexw);
    }
    if (m.rfbm & XSTATE_SSE) {
        if (!(m.bv & XSTATE_SSE)) memset(m.legacy + LEGACY_XMM, 0, LEGACY_END - LEGACY_XMM);
        memcpy(c->s.xmm, m.legacy + LEGACY_XMM, 16 * xmm_count(c));
    }
    for (unsigned i = 0; i < x86_xstate_component_count; i++) {
        const struct xstate_component *k = &x86_xstate_components[i];
        if (!(m.rfbm & BIT(k->number))) continue;
        if (!(m.bv & BIT(k->number))) memset(place_of(&m, k), 0, k->size);
        if (k->number == XSTATE_PKRU) x86_write_pkru(c, ld32(place_of(&m, k)));
        else memcpy(state_of(c, k), place_of(&m, k), bytes_of(c, k));
    }
}
SOP(xrstor) {
    restore(c, u, false, false);
    NEXT;
}
SOP(xrstor64) {
    restore(c, u, true, false);
    NEXT;
}
SOP(xrstors) {
    restore(c, u, false, true);
    NEXT;
}
SOP(xrstors64) {
    restore(c, u, true, true);
    NEXT;
}
const struct ops ops_xrstor = {{0}, {0, xrstor, xrstor, xrstor64}}, ops_xrstors = {{0}, {0, xrstors, xrstors, xrstors64}};

// ---- XCR0. XGETBV of 1: which of its components are in use; there with XSAVEC.
SOP(xgetbv) {
    u32 n = REG32(RCX);
    if (!(c->s.cr4 & CR4_OSXSAVE)) RAISE(EXC_UD, 0);
    if (n > 1 || (n == 1 && !c->model->has[F_XSAVEC])) RAISE(EXC_GP, 0);
    u64 v = n ? c->s.xcr0 & x86_xinuse(c) : c->s.xcr0;
    SET32(RAX, v);
    SET32(RDX, v >> 32);
    NEXT;
}

SOP(xsetbv) {
    if (!(c->s.cr4 & CR4_OSXSAVE)) RAISE(EXC_UD, 0);
    if (c->s.cpl || REG32(RCX) || !x86_xcr0_valid(c->model, edx_eax(c))) RAISE(EXC_GP, 0);
    c->s.xcr0 = edx_eax(c);
    EXIT(x86_next_rip(c, u));
}
const struct ops ops_xgetbv = OPS_ALL(xgetbv), ops_xsetbv = OPS_ALL(xsetbv);

// ---- rows
// clang-format off
static const struct insn rows[] = {
    {MAP_0F, 0x01, PFX_NP, EXT(2) | RM(0), "xgetbv", {}, &ops_xgetbv, .feature = F_XSAVE},
    {MAP_0F, 0x01, PFX_NP, EXT(2) | RM(1), "xsetbv", {}, &ops_xsetbv, .feature = F_XSAVE, .flags = ENDS},
};
// clang-format on
X86_TABLE(xcr);
