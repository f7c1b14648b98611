// SPDX-License-Identifier: MIT
// Hardware task switching (chapter 7); legacy protected mode only.
//
//             link CR3   EIP   EFLAGS EAX..EDI  ES CS SS DS FS GS      LDT   T     I/O map
//   32-bit    0    0x1c  0x20  0x24   0x28 + 4n 0x48 + 4n              0x60  0x64  0x66
//   16-bit    0    -     0x0e  0x10   0x12 + 2n 0x22 + 2n (no FS, GS)  0x2a  -     -
#include "isa/x86_64/sys/debug.h"
#include "isa/x86_64/sys/mem.h"
#include "isa/x86_64/sys/seg.h"

struct layout {
    u8 width, rip, flags, gpr, seg, segs, ldt;
    u32 min_limit;
};
static const struct layout tss16 = {2, 0x0e, 0x10, 0x12, 0x22, 4, 0x2a, 0x2b};
static const struct layout tss32 = {4, 0x20, 0x24, 0x28, 0x48, 6, 0x60, 0x67};
#define TSS32_CR3 0x1c
#define TSS32_T 0x64

struct task {
    u32 cr3, rip, flags, gpr[8];
    u16 seg[6], ldt;
    bool trap;
};

static const struct layout *layout_of(u32 ar) { return AR_TYPE(ar) & 8 ? &tss32 : &tss16; }

static void read_task(struct x86_cpu *c, const struct layout *l, u64 base, struct task *t) {
    unsigned w = l->width;
    *t = (struct task){.rip = (u32)x86_sys_read(c, base + l->rip, w), .flags = (u32)x86_sys_read(c, base + l->flags, w)};
    // A 16-bit TSS leaves the upper halves undefined. Here they are all ones, as on the processors that were tried.
    for (unsigned i = 0; i < 8; i++) t->gpr[i] = (u32)x86_sys_read(c, base + l->gpr + i * w, w) | (w == 2 ? 0xffff0000u : 0);
    for (unsigned i = 0; i < l->segs; i++) t->seg[i] = (u16)x86_sys_read(c, base + l->seg + i * w, 2);
    t->ldt = (u16)x86_sys_read(c, base + l->ldt, 2);
    if (w == 2) return;
    t->cr3 = (u32)x86_sys_read(c, base + TSS32_CR3, 4);
    t->trap = x86_sys_read(c, base + TSS32_T, 2) & 1;
}

static void write_task(struct x86_cpu *c, const struct layout *l, u64 base, u64 rip, u32 flags) {
    unsigned w = l->width;
    x86_sys_write(c, base + l->rip, rip, w);
    x86_sys_write(c, base + l->flags, flags, w);
    for (unsigned i = 0; i < 8; i++) x86_sys_write(c, base + l->gpr + i * w, c->s.gpr[i], w);
    for (unsigned i = 0; i < l->segs; i++) x86_sys_write(c, base + l->seg + i * w, c->s.seg[i].sel, 2);
}

// A TSS is shorter than a page, so probing its first and last byte probes all its pages.
static void probe(struct x86_cpu *c, u64 base, u32 last, enum access access) {
    x86_sys_probe(c, base, 1, access);
    x86_sys_probe(c, base + last, 1, access);
}

static void set_busy(struct x86_cpu *c, u16 sel, bool busy) {
    gva_t at;
    if (!x86_desc_find(c, sel, 1, &at)) return;
    u64 type = x86_sys_read(c, at + 5, 1);
    x86_sys_write(c, at + 5, busy ? type | 2 : type & ~(u64)2, 1);
}

// ---- after the commit point: faults belong to the new task

static void load_ldt(struct x86_cpu *c, u16 sel, u32 ext) {
    c->s.ldtr = (struct x86_seg){.sel = sel};
    if (SEL_NULL(sel)) return;
    if (SEL_LDT(sel)) x86_raise(c, EXC_TS, SEL_ERROR(sel) | ext);
    u64 d = x86_desc_read(c, sel, EXC_TS, ext);
    u32 ar = desc_attr(d);
    if ((ar & (AR_S | AR_P)) != AR_P || AR_TYPE(ar) != SYS_LDT) x86_raise(c, EXC_TS, SEL_ERROR(sel) | ext);
    c->s.ldtr = x86_seg_of(sel, d);
}

static void load_cs(struct x86_cpu *c, u16 sel, u32 ext) {
    if (SEL_NULL(sel)) x86_raise(c, EXC_TS, ext);
    u64 d = x86_desc_read(c, sel, EXC_TS, ext);
    u32 ar = desc_attr(d), error = SEL_ERROR(sel) | ext;
    bool dpl_fits = ar_conforming(ar) ? AR_DPL(ar) <= SEL_RPL(sel) : AR_DPL(ar) == SEL_RPL(sel);
    if (!ar_is_code(ar) || !dpl_fits) x86_raise(c, EXC_TS, error);
    if (!(ar & AR_P)) x86_raise(c, EXC_NP, error);
    x86_desc_accessed(c, sel, &d);
    c->s.seg[CS] = x86_seg_of(sel, d);
}

static void load_data(struct x86_cpu *c, unsigned seg, u16 sel, u32 ext) {
    if (SEL_NULL(sel)) return;
    u64 d = x86_desc_read(c, sel, EXC_TS, ext);
    u32 ar = desc_attr(d), error = SEL_ERROR(sel) | ext;
    bool code = ar & AR_CODE, conforming = code && ar_conforming(ar);
    if (!(ar & AR_S) || (code && !(ar & AR_R))) x86_raise(c, EXC_TS, error);
    if (!conforming && (SEL_RPL(sel) > AR_DPL(ar) || c->s.cpl > AR_DPL(ar))) x86_raise(c, EXC_TS, error);
    if (!(ar & AR_P)) x86_raise(c, EXC_NP, error);
    x86_desc_accessed(c, sel, &d);
    c->s.seg[seg] = x86_seg_of(sel, d);
}

static void load_segments(struct x86_cpu *c, const struct task *t, u32 ext) {
    static const u8 data[] = {ES, DS, FS, GS};
    for (unsigned i = 0; i < SEG_COUNT; i++) c->s.seg[i] = (struct x86_seg){.sel = t->seg[i]};
    load_ldt(c, t->ldt, ext);
    if (is_v86(c)) {
        c->s.cpl = 3;
        for (unsigned i = 0; i < SEG_COUNT; i++) c->s.seg[i] = x86_seg_real(c, t->seg[i], NULL);
        return;
    }
    c->s.cpl = SEL_RPL(t->seg[CS]);
    x86_mode_changed(c);
    c->s.seg[SS] = x86_stack_seg(c, t->seg[SS], c->s.cpl, EXC_TS, ext);
    for (unsigned i = 0; i < countof(data); i++) load_data(c, data[i], t->seg[data[i]], ext);
    load_cs(c, t->seg[CS], ext);
}

static void load_cr3(struct x86_cpu *c, u32 cr3, u32 ext) {
    if (!(c->s.cr0 & CR0_PG)) return;
    if ((c->s.cr4 & CR4_PAE) && x86_load_pdptes(c, cr3)) raise_gp(c, ext);
    c->s.cr3 = cr3;
    x86_tlb_flush_address_space(c);
}

void x86_task_switch(struct x86_cpu *c, u16 sel, u64 desc, enum task_source source, u64 next_rip, u32 ext) {
    struct x86_seg tr = x86_seg_of(sel, desc), old = c->s.tr;
    const struct layout *from = layout_of(old.attr), *to = layout_of(tr.attr);
    bool nested = source == TASK_CALL || source == TASK_GATE_EVENT;
    u32 error = SEL_ERROR(sel) | ext, flags = x86_get_rflags(c);
    struct task t;
    gva_t at;
    if (tr.limit < to->min_limit) x86_raise(c, EXC_TS, error);
    if (old.limit < from->min_limit) x86_raise(c, EXC_TS, SEL_ERROR(old.sel) | ext);
    probe(c, old.base, from->min_limit, ACCESS_WRITE);
    probe(c, tr.base, to->min_limit, nested ? ACCESS_WRITE : ACCESS_READ);
    if (x86_desc_find(c, sel, 1, &at)) x86_sys_probe(c, at, 8, ACCESS_WRITE);
    if (x86_desc_find(c, old.sel, 1, &at)) x86_sys_probe(c, at, 8, ACCESS_WRITE);

    if (!nested) set_busy(c, old.sel, false);
    if (source == TASK_IRET) flags &= ~(u32)FL_NT;
    write_task(c, from, old.base, next_rip, flags);
    // Read only now: a task may switch to itself through IRET's link.
    read_task(c, to, tr.base, &t);
    if (nested) {
        x86_sys_write(c, tr.base, old.sel, 2);
        t.flags |= FL_NT;
    }
    if (source != TASK_IRET) set_busy(c, sel, true);
    tr.attr |= 2;

    c->cur = NULL;
    c->s.tr = tr;
    c->s.cr0 |= CR0_TS;
    c->s.dr[7] &= ~(u64)0x155; // L0..L3, LE
    for (unsigned i = 0; i < 8; i++) c->s.gpr[i] = t.gpr[i];
    c->s.rip = t.rip;
    x86_set_rflags(c, t.flags & FL_DEFINED, ~(u32)0);
    if (to->width == 4) load_cr3(c, t.cr3, ext);
    load_segments(c, &t, ext);
    x86_mode_changed(c);
    if (t.trap) c->s.pending_db |= DR6_BT;
    if (c->s.rip > c->s.seg[CS].limit) raise_gp(c, ext);
}

void x86_task_enter(struct x86_cpu *c, u16 sel, enum task_source source, u64 next_rip, u32 ext) {
    unsigned vector = source == TASK_IRET ? EXC_TS : EXC_GP;
    u64 d = x86_desc_read(c, sel, vector, ext);
    u32 ar = desc_attr(d);
    if (source == TASK_JMP || source == TASK_CALL) {
        if (AR_DPL(ar) < c->s.cpl || AR_DPL(ar) < SEL_RPL(sel)) raise_gp(c, SEL_ERROR(sel));
        if (AR_TYPE(ar) == SYS_TASK_GATE) {
            if (!(ar & AR_P)) x86_raise(c, EXC_NP, SEL_ERROR(sel));
            sel = (u16)(d >> 16);
            if (SEL_NULL(sel)) raise_gp(c, 0);
            d = x86_desc_read(c, sel, EXC_GP, 0);
            ar = desc_attr(d);
        }
    }
    unsigned want = source == TASK_IRET ? 2 : 0;
    bool tss = (AR_TYPE(ar) & 5) == 1 && !(ar & AR_S);
    if (SEL_LDT(sel) || !tss || (AR_TYPE(ar) & 2) != want) x86_raise(c, vector, SEL_ERROR(sel) | ext);
    if (!(ar & AR_P)) x86_raise(c, EXC_NP, SEL_ERROR(sel) | ext);
    x86_task_switch(c, sel, d, source, next_rip, ext);
}
