// SPDX-License-Identifier: MIT
// Far RET and IRET: to the same ring, an outer one, virtual-8086 mode, and back to the calling task (vol. 2, RET and IRET).
#include "isa/x86_64/sys/mem.h"
#include "isa/x86_64/sys/seg.h"

// Where a return goes: read from the stack, checked, not yet committed.
struct back {
    u16 cs_sel, ss_sel;
    u64 cs_desc, rip, rsp;
    struct x86_seg cs, ss;
    unsigned cpl; // of the target
    bool outer;   // SS:RSP are loaded too
};

static u64 moved(const struct x86_cpu *c, const struct x86_seg *ss, bool wide, u64 sp, u64 by) {
    if (wide) return sp + by;
    if (ss->attr & AR_DB) return (u32)(sp + by);
    return (sp & ~(u64)0xffff) | ((sp + by) & 0xffff);
}

// The code segment of a return: RPL of the selector is the new CPL (5.8.6).
static void check_cs(struct x86_cpu *c, struct back *b) {
    u16 sel = b->cs_sel;
    if (SEL_NULL(sel)) raise_gp(c, 0);
    b->cs_desc = x86_desc_read(c, sel, EXC_GP, 0);
    u32 ar = desc_attr(b->cs_desc);
    b->cpl = SEL_RPL(sel);
    bool dpl_fits = ar_conforming(ar) ? AR_DPL(ar) <= b->cpl : AR_DPL(ar) == b->cpl;
    if (!ar_is_code(ar) || b->cpl < c->s.cpl || !dpl_fits) raise_gp(c, SEL_ERROR(sel));
    x86_check_code(c, sel, b->cs_desc, 0);
    b->cs = x86_seg_of(sel, b->cs_desc);
}

// The stack of a return. A null SS is good for 64-bit code of rings 0 to 2 whose number it carries.
static void check_ss(struct x86_cpu *c, struct back *b) {
    bool to64 = is_long(c) && (b->cs.attr & AR_L);
    if (SEL_NULL(b->ss_sel) && to64 && b->cpl < 3 && SEL_RPL(b->ss_sel) == b->cpl) b->ss = x86_null_ss(b->cpl);
    else b->ss = x86_stack_seg(c, b->ss_sel, b->cpl, EXC_GP, 0);
}

// Everything is checked: CS first, because the rest is cut by the target's mode. `release` as RETF's immediate.
static void commit(struct x86_cpu *c, struct back *b, u64 same_stack_bytes, u16 release) {
    u64 rip = x86_check_rip(c, &b->cs, b->rip, 0);
    bool outward = b->cpl > c->s.cpl, was64 = is_64bit(c);
    x86_desc_accessed(c, b->cs_sel, &b->cs_desc);
    if (b->outer) {
        bool to64 = is_long(c) && (b->cs.attr & AR_L);
        c->s.seg[SS] = b->ss;
        // Only SP is loaded when the new stack is a 16-bit one.
        u64 sp = to64 ? b->rsp : b->ss.attr & AR_DB ? (u32)b->rsp : (c->s.gpr[RSP] & ~(u64)0xffff) | (u16)b->rsp;
        c->s.gpr[RSP] = moved(c, &b->ss, to64, sp, release);
    } else {
        c->s.gpr[RSP] = moved(c, &c->s.seg[SS], was64, c->s.gpr[RSP], same_stack_bytes + release);
    }
    x86_set_cs(c, b->cs_sel, x86_seg_of(b->cs_sel, b->cs_desc), b->cpl);
    if (outward) x86_drop_inner_segs(c);
    c->s.rip = rip;
}

void x86_far_ret(struct x86_cpu *c, unsigned size, u16 release) {
    struct back b = {.rip = x86_stack_read(c, 0, size), .cs_sel = (u16)x86_stack_read(c, size, size)};
    if (!is_protected(c)) {
        struct x86_seg cs = x86_seg_real(c, b.cs_sel, &c->s.seg[CS]);
        if (b.rip > cs.limit) raise_gp(c, 0);
        c->s.gpr[RSP] = moved(c, &c->s.seg[SS], false, c->s.gpr[RSP], 2 * size + release);
        c->s.seg[CS] = cs;
        c->s.rip = b.rip;
        x86_mode_changed(c);
        return;
    }
    check_cs(c, &b);
    b.outer = b.cpl > c->s.cpl;
    if (b.outer) {
        b.rsp = x86_stack_read(c, 2 * (u64)size + release, size);
        b.ss_sel = (u16)x86_stack_read(c, 3 * (u64)size + release, size);
        check_ss(c, &b);
    }
    commit(c, &b, 2 * (u64)size, release);
}

// ---- IRET

// Which flags IRET may change in protected mode, for the CPL it is executed at.
static u32 iret_mask(const struct x86_cpu *c, unsigned size) {
    u32 m = FL_ARITH | FL_TF | FL_DF | FL_NT;
    if (size > 2) m |= FL_RF | FL_AC | FL_ID;
    if (c->s.cpl <= iopl(c)) m |= FL_IF;
    if (c->s.cpl == 0) m |= FL_IOPL | (size > 2 ? FL_VIF | FL_VIP : 0);
    return m;
}

static void iret_real(struct x86_cpu *c, unsigned size) {
    u64 rip = x86_stack_read(c, 0, size);
    u16 sel = (u16)x86_stack_read(c, size, size);
    u32 fl = (u32)x86_stack_read(c, 2 * (u64)size, size);
    u32 m = FL_ARITH | FL_TF | FL_IF | FL_DF | FL_IOPL | FL_NT | (size > 2 ? FL_RF | FL_AC | FL_ID : 0);
    if (is_v86(c)) {
        m &= ~(u32)FL_IOPL;
        if (iopl(c) < 3) {
            // VME: IF of the image goes to VIF, unless that would need the monitor (20.3.3.4).
            bool denied = !(c->s.cr4 & CR4_VME) || size > 2 || (fl & FL_TF) || ((fl & FL_IF) && (c->s.rflags & FL_VIP));
            if (denied) raise_gp(c, 0);
            m = (m & ~(u32)FL_IF) | FL_VIF;
            fl = (fl & ~(u32)FL_VIF) | (fl & FL_IF ? FL_VIF : 0);
        }
    }
    struct x86_seg cs = x86_seg_real(c, sel, &c->s.seg[CS]);
    if (rip > cs.limit) raise_gp(c, 0);
    c->s.gpr[RSP] = moved(c, &c->s.seg[SS], false, c->s.gpr[RSP], 3 * size);
    c->s.seg[CS] = cs;
    c->s.rip = rip;
    x86_set_rflags(c, fl, m);
    x86_mode_changed(c);
}

// Ring 0 starts or resumes a virtual-8086 task: EIP CS EFLAGS ESP SS ES DS FS GS (20.2.5).
static void iret_to_v86(struct x86_cpu *c, u32 fl) {
    static const u8 order[] = {SS, ES, DS, FS, GS};
    u64 rip = (u16)x86_stack_read(c, 0, 4), sp = x86_stack_read(c, 12, 4);
    u16 cs = (u16)x86_stack_read(c, 4, 4), sel[countof(order)];
    for (unsigned i = 0; i < countof(order); i++) sel[i] = (u16)x86_stack_read(c, 16 + 4 * i, 4);
    x86_set_rflags(c, fl, FL_DEFINED);
    c->s.seg[CS] = x86_seg_real(c, cs, NULL);
    for (unsigned i = 0; i < countof(order); i++) c->s.seg[order[i]] = x86_seg_real(c, sel[i], NULL);
    c->s.gpr[RSP] = (u32)sp;
    c->s.rip = rip;
    c->s.cpl = 3;
    x86_mode_changed(c);
}

// NT: the link field of this task's TSS names the task to go back to.
static void iret_task(struct x86_cpu *c, u64 next_rip) {
    if (is_long(c)) raise_gp(c, 0);
    u16 link = (u16)x86_sys_read(c, (u32)c->s.tr.base, 2);
    if (SEL_LDT(link)) x86_raise(c, EXC_TS, SEL_ERROR(link));
    x86_task_enter(c, link, TASK_IRET, next_rip, 0);
}

void x86_iret(struct x86_cpu *c, unsigned size, u64 next_rip) {
    c->s.nmi_blocked = 0; // even when the rest faults (6.7.1)
    if (!is_protected(c)) {
        iret_real(c, size);
        return;
    }
    if (c->s.rflags & FL_NT) {
        iret_task(c, next_rip);
        return;
    }
    struct back b = {.rip = x86_stack_read(c, 0, size), .cs_sel = (u16)x86_stack_read(c, size, size)};
    u32 fl = (u32)x86_stack_read(c, 2 * (u64)size, size);
    if (size == 4 && (fl & FL_VM) && c->s.cpl == 0 && !is_long(c)) {
        iret_to_v86(c, fl);
        return;
    }
    check_cs(c, &b);
    b.outer = b.cpl > c->s.cpl || is_64bit(c);
    if (b.outer) {
        b.rsp = x86_stack_read(c, 3 * (u64)size, size);
        b.ss_sel = (u16)x86_stack_read(c, 4 * (u64)size, size);
        check_ss(c, &b);
    }
    u32 m = iret_mask(c, size);
    commit(c, &b, 3 * (u64)size, 0);
    x86_set_rflags(c, fl, m);
    x86_mode_changed(c);
}
