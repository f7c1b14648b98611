// SPDX-License-Identifier: MIT
// Stacks of gates and far transfers: frames pushed all or nothing, and the stack pointers that the TSS holds.
//
//   TSS, 16-bit: 2 SP0 4 SS0 6 SP1 ..   32-bit: 4 ESP0 8 SS0 12 ESP1 ..   64-bit: 4 RSP0 12 RSP1 20 RSP2, 36 IST1 .. 84 IST7
#include "isa/x86_64/sys/mem.h"
#include "isa/x86_64/sys/seg.h"

static u64 sp_mask(const struct x86_seg *ss, bool wide) { return wide ? ~(u64)0 : ss->attr & AR_DB ? 0xffffffff : 0xffff; }

static gva_t place(struct x86_cpu *c, const struct x86_seg *ss, u64 sp, bool wide, unsigned width, u32 error) {
    if (wide) {
        if (!x86_canonical(c, sp) || !x86_canonical(c, sp + width - 1)) x86_raise(c, EXC_SS, error);
        return sp;
    }
    if (!x86_seg_contains(ss, sp, width)) x86_raise(c, EXC_SS, error);
    return is_long(c) ? ss->base + sp : (u32)(ss->base + sp);
}

u64 x86_push_frame(struct x86_cpu *c, const struct x86_frame *f, unsigned width, const struct x86_seg *ss, u64 sp, bool wide,
                   unsigned cpl, u32 error) {
    gva_t at[countof(f->item)];
    u64 m = sp_mask(ss, wide), top = sp;
    for (unsigned i = 0; i < f->n; i++) {
        top = (top - width) & m;
        at[i] = place(c, ss, top, wide, width, error);
        x86_probe_as(c, cpl == 3, SS, at[i], width, ACCESS_WRITE);
    }
    for (unsigned i = 0; i < f->n; i++) x86_write_as(c, cpl == 3, SS, at[i], f->item[i], width);
    return m == 0xffff ? (sp & ~m) | top : top;
}

u64 x86_stack_read(struct x86_cpu *c, u64 at, unsigned width) {
    u64 m = sp_mask(&c->s.seg[SS], is_64bit(c));
    gva_t a = x86_linear(c, SS, (c->s.gpr[RSP] + at) & m, width, ACCESS_READ);
    return x86_read_as(c, c->s.cpl == 3, SS, a, width);
}

u64 x86_tss_stack(struct x86_cpu *c, unsigned dpl, unsigned ist, u16 *ss, u32 ext) {
    const struct x86_seg *tr = &c->s.tr;
    u32 at, size, error = SEL_ERROR(tr->sel) | ext;
    if (is_long(c)) {
        at = ist ? 28 + ist * 8 : 4 + dpl * 8;
        if (at + 7 > tr->limit) x86_raise(c, EXC_TS, error);
        return x86_sys_read(c, tr->base + at, 8);
    }
    size = AR_TYPE(tr->attr) & 8 ? 4 : 2;
    at = size + dpl * size * 2;
    if (at + size + 1 > tr->limit) x86_raise(c, EXC_TS, error);
    *ss = (u16)x86_sys_read(c, (u32)(tr->base + at + size), 2);
    return x86_sys_read(c, (u32)(tr->base + at), size);
}
