// SPDX-License-Identifier: MIT
// Descriptors and segment loads (3.4, 5.5 to 5.8).
#include "isa/x86_64/sys/seg.h"
#include "isa/x86_64/sys/mem.h"

bool x86_desc_find(struct x86_cpu *c, u16 sel, unsigned words, gva_t *at) {
    u64 base = c->s.gdtr.base, limit = c->s.gdtr.limit, offset = sel & 0xfff8u;
    if (SEL_LDT(sel)) {
        if (!(c->s.ldtr.attr & AR_P)) return false;
        base = c->s.ldtr.base, limit = c->s.ldtr.limit;
    }
    if (offset + words * 8 - 1 > limit) return false;
    *at = is_long(c) ? base + offset : (u32)(base + offset);
    return true;
}

u64 x86_desc_read(struct x86_cpu *c, u16 sel, unsigned vector, u32 ext) {
    gva_t at;
    if (!x86_desc_find(c, sel, 1, &at)) x86_raise(c, vector, SEL_ERROR(sel) | ext);
    return x86_sys_read(c, at, 8);
}

struct x86_seg x86_seg_of(u16 sel, u64 d) {
    return (struct x86_seg){.base = desc_base(d), .limit = desc_limit(d), .attr = desc_attr(d), .sel = sel};
}

// A load in real mode sets selector and base and makes the segment writable. It keeps limit and D/B, on which "unreal mode" relies.
// Virtual-8086 mode has fixed limits and attributes (20.2.1).
struct x86_seg x86_seg_real(const struct x86_cpu *c, u16 sel, const struct x86_seg *was) {
    struct x86_seg s = {.base = (u32)sel << 4, .limit = 0xffff, .attr = AR_P | AR_S | AR_W | AR_ACCESSED, .sel = sel};
    if (is_v86(c)) {
        s.attr |= 3 << 5;
        return s;
    }
    s.limit = was->limit;
    s.attr |= was->attr & (AR_G | AR_DB);
    return s;
}

void x86_desc_accessed(struct x86_cpu *c, u16 sel, u64 *desc) {
    gva_t at;
    if (desc_attr(*desc) & AR_ACCESSED || !x86_desc_find(c, sel, 1, &at)) return;
    *desc |= (u64)AR_ACCESSED << 40;
    x86_sys_write(c, at + 5, *desc >> 40 & 0xff, 1);
}

struct x86_seg x86_null_ss(unsigned cpl) { return (struct x86_seg){.sel = (u16)cpl}; }

// ---- data and stack segments

static struct x86_seg load_data(struct x86_cpu *c, u16 sel) {
    if (SEL_NULL(sel)) return (struct x86_seg){.sel = sel};
    u64 d = x86_desc_read(c, sel, EXC_GP, 0);
    u32 ar = desc_attr(d);
    bool code = ar & AR_CODE;
    if (!(ar & AR_S) || (code && !(ar & AR_R))) raise_gp(c, SEL_ERROR(sel));
    bool privileged = !(code && ar_conforming(ar));
    if (privileged && (SEL_RPL(sel) > AR_DPL(ar) || c->s.cpl > AR_DPL(ar))) raise_gp(c, SEL_ERROR(sel));
    if (!(ar & AR_P)) x86_raise(c, EXC_NP, SEL_ERROR(sel));
    x86_desc_accessed(c, sel, &d);
    return x86_seg_of(sel, d);
}

struct x86_seg x86_stack_seg(struct x86_cpu *c, u16 sel, unsigned dpl, unsigned vector, u32 ext) {
    if (SEL_NULL(sel)) x86_raise(c, vector, ext);
    u64 d = x86_desc_read(c, sel, vector, ext);
    u32 ar = desc_attr(d), error = SEL_ERROR(sel) | ext;
    if (SEL_RPL(sel) != dpl || !ar_is_data(ar) || !(ar & AR_W) || AR_DPL(ar) != dpl) x86_raise(c, vector, error);
    if (!(ar & AR_P)) x86_raise(c, EXC_SS, error);
    x86_desc_accessed(c, sel, &d);
    return x86_seg_of(sel, d);
}

void x86_load_seg(struct x86_cpu *c, unsigned seg, u16 sel) {
    struct x86_seg s;
    if (!is_protected(c)) s = x86_seg_real(c, sel, &c->s.seg[seg]);
    else if (seg != SS) s = load_data(c, sel);
    else if (SEL_NULL(sel) && is_64bit(c) && c->s.cpl < 3 && SEL_RPL(sel) == c->s.cpl) s = x86_null_ss(c->s.cpl);
    else s = x86_stack_seg(c, sel, c->s.cpl, EXC_GP, 0);
    c->s.seg[seg] = s;
    x86_mode_changed(c);
}

void x86_drop_inner_segs(struct x86_cpu *c) {
    static const u8 data[] = {ES, DS, FS, GS};
    for (unsigned i = 0; i < countof(data); i++) {
        struct x86_seg *s = &c->s.seg[data[i]];
        bool conforming = ar_is_code(s->attr) && ar_conforming(s->attr);
        // A null one stays as it is: its base may be FS_BASE or GS_BASE.
        if (!(s->attr & AR_P) || conforming || AR_DPL(s->attr) >= c->s.cpl) continue;
        *s = (struct x86_seg){.base = s->base};
    }
}

// ---- code segments

void x86_check_code(struct x86_cpu *c, u16 sel, u64 d, u32 ext) {
    u32 ar = desc_attr(d);
    if (is_long(c) && (ar & AR_L) && (ar & AR_DB)) raise_gp(c, SEL_ERROR(sel) | ext);
    if (!(ar & AR_P)) x86_raise(c, EXC_NP, SEL_ERROR(sel) | ext);
}

u64 x86_check_rip(struct x86_cpu *c, const struct x86_seg *cs, u64 rip, u32 ext) {
    if (is_long(c) && (cs->attr & AR_L)) {
        if (!x86_canonical(c, rip)) raise_gp(c, ext);
        return rip;
    }
    rip = (u32)rip;
    if (rip > cs->limit) raise_gp(c, ext);
    return rip;
}

void x86_set_cs(struct x86_cpu *c, u16 sel, struct x86_seg cs, unsigned cpl) {
    cs.sel = (u16)((sel & 0xfffc) | cpl);
    c->s.seg[CS] = cs;
    c->s.cpl = (u8)cpl;
    x86_mode_changed(c);
}

// ---- system segments: 16-byte descriptors in IA-32e mode

// The segment for a system descriptor; its type has been checked.
static struct x86_seg system_seg(struct x86_cpu *c, u16 sel, u64 d) {
    struct x86_seg s = x86_seg_of(sel, d);
    gva_t at;
    if (!is_long(c)) return s;
    if (!x86_desc_find(c, sel, 2, &at)) raise_gp(c, SEL_ERROR(sel));
    u64 high = x86_sys_read(c, at + 8, 8);
    s.base |= high << 32;
    // Bits 12..8 of the last doubleword must be 0, so that it is not taken for a descriptor of its own (table 3-2).
    if (bits(high, 44, 40) || !x86_canonical_base(c, s.base)) raise_gp(c, SEL_ERROR(sel));
    return s;
}

void x86_lldt(struct x86_cpu *c, u16 sel) {
    if (SEL_NULL(sel)) {
        c->s.ldtr = (struct x86_seg){.sel = sel};
        return;
    }
    if (SEL_LDT(sel)) raise_gp(c, SEL_ERROR(sel));
    u64 d = x86_desc_read(c, sel, EXC_GP, 0);
    u32 ar = desc_attr(d);
    if ((ar & AR_S) || AR_TYPE(ar) != SYS_LDT) raise_gp(c, SEL_ERROR(sel));
    struct x86_seg s = system_seg(c, sel, d);
    if (!(ar & AR_P)) x86_raise(c, EXC_NP, SEL_ERROR(sel));
    c->s.ldtr = s;
}

void x86_ltr(struct x86_cpu *c, u16 sel) {
    gva_t at;
    if (SEL_NULL(sel)) raise_gp(c, 0);
    if (SEL_LDT(sel)) raise_gp(c, SEL_ERROR(sel));
    u64 d = x86_desc_read(c, sel, EXC_GP, 0);
    u32 ar = desc_attr(d), type = AR_TYPE(ar);
    bool available = type == SYS_TSS32 || (type == SYS_TSS16 && !is_long(c));
    if ((ar & AR_S) || !available) raise_gp(c, SEL_ERROR(sel));
    struct x86_seg s = system_seg(c, sel, d);
    if (!(ar & AR_P)) x86_raise(c, EXC_NP, SEL_ERROR(sel));
    if (!x86_desc_find(c, sel, 1, &at)) raise_gp(c, SEL_ERROR(sel));
    s.attr |= 2; // busy
    x86_sys_write(c, at + 5, s.attr & 0xff, 1);
    c->s.tr = s;
}
