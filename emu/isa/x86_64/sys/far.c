// SPDX-License-Identifier: MIT
// Far JMP and CALL: code segments, call gates, tasks (5.8; vol. 2A, CALL and JMP).
#include "isa/x86_64/sys/mem.h"
#include "isa/x86_64/sys/seg.h"

struct target {
    u16 sel;
    u64 desc;
    u64 rip;
};

// Real and virtual-8086 mode: any selector is a paragraph.
static struct x86_seg real_target(struct x86_cpu *c, u16 sel, u64 *rip, unsigned size) {
    struct x86_seg cs = x86_seg_real(c, sel, &c->s.seg[CS]);
    *rip = size == 2 ? (u16)*rip : (u32)*rip;
    if (*rip > cs.limit) raise_gp(c, 0);
    return cs;
}

static u64 cut(u64 offset, unsigned size) { return size == 2 ? (u16)offset : size == 4 ? (u32)offset : offset; }

// A code segment named directly: CPL stays (5.8.1).
static void check_direct(struct x86_cpu *c, u16 sel, u64 d) {
    u32 ar = desc_attr(d);
    bool allowed = ar_conforming(ar) ? AR_DPL(ar) <= c->s.cpl : SEL_RPL(sel) <= c->s.cpl && AR_DPL(ar) == c->s.cpl;
    if (!allowed) raise_gp(c, SEL_ERROR(sel));
    x86_check_code(c, sel, d, 0);
}

// What a call gate leads to (5.8.4). `*width` is the size of what a CALL pushes.
static struct target open_gate(struct x86_cpu *c, u16 sel, u64 gate, bool call, unsigned *width) {
    u32 ar = desc_attr(gate);
    gva_t at;
    if (AR_DPL(ar) < c->s.cpl || SEL_RPL(sel) > AR_DPL(ar)) raise_gp(c, SEL_ERROR(sel));
    if (!(ar & AR_P)) x86_raise(c, EXC_NP, SEL_ERROR(sel));
    struct target t = {.sel = (u16)(gate >> 16), .rip = (gate & 0xffff) | (gate >> 48) << 16};
    *width = AR_TYPE(ar) == SYS_CALL16 ? 2 : 4;
    if (is_long(c)) {
        if (!x86_desc_find(c, sel, 2, &at)) raise_gp(c, SEL_ERROR(sel));
        u64 high = x86_sys_read(c, at + 8, 8);
        if (bits(high, 44, 40)) raise_gp(c, SEL_ERROR(sel));
        t.rip |= high << 32;
        *width = 8;
    } else if (*width == 2) {
        t.rip &= 0xffff;
    }
    if (SEL_NULL(t.sel)) raise_gp(c, 0);
    t.desc = x86_desc_read(c, t.sel, EXC_GP, 0);
    u32 code = desc_attr(t.desc);
    bool allowed = call || ar_conforming(code) ? AR_DPL(code) <= c->s.cpl : AR_DPL(code) == c->s.cpl;
    if (!ar_is_code(code) || !allowed) raise_gp(c, SEL_ERROR(t.sel));
    if (is_long(c) && (code & (AR_L | AR_DB)) != AR_L) raise_gp(c, SEL_ERROR(t.sel));
    x86_check_code(c, t.sel, t.desc, 0);
    return t;
}

// What a far pointer in protected mode names: true for a plain code segment or a call gate, with *t filled; false when it
// was a task and the switch has happened.
static bool resolve(struct x86_cpu *c, u16 sel, u64 offset, unsigned size, bool call, u64 next_rip, struct target *t,
                    unsigned *gate_width) {
    *gate_width = 0;
    if (SEL_NULL(sel)) raise_gp(c, 0);
    u64 d = x86_desc_read(c, sel, EXC_GP, 0);
    u32 ar = desc_attr(d);
    if (ar_is_code(ar)) {
        check_direct(c, sel, d);
        *t = (struct target){.sel = sel, .desc = d, .rip = cut(offset, size)};
        return true;
    }
    if (ar & AR_S) raise_gp(c, SEL_ERROR(sel));
    unsigned type = AR_TYPE(ar);
    if (type == SYS_CALL32 || (type == SYS_CALL16 && !is_long(c))) {
        *t = open_gate(c, sel, d, call, gate_width);
        return true;
    }
    if (is_long(c) || (type != SYS_TASK_GATE && type != SYS_TSS16 && type != SYS_TSS32)) raise_gp(c, SEL_ERROR(sel));
    x86_task_enter(c, sel, call ? TASK_CALL : TASK_JMP, next_rip, 0);
    return false;
}

void x86_far_jump(struct x86_cpu *c, u16 sel, u64 offset, unsigned size, u64 next_rip) {
    struct target t;
    unsigned gate;
    if (!is_protected(c)) {
        struct x86_seg cs = real_target(c, sel, &offset, size);
        c->s.seg[CS] = cs;
        c->s.rip = offset;
        x86_mode_changed(c);
        return;
    }
    if (!resolve(c, sel, offset, size, false, next_rip, &t, &gate)) return;
    struct x86_seg cs = x86_seg_of(t.sel, t.desc);
    u64 rip = x86_check_rip(c, &cs, t.rip, 0);
    x86_desc_accessed(c, t.sel, &t.desc);
    x86_set_cs(c, t.sel, x86_seg_of(t.sel, t.desc), c->s.cpl);
    c->s.rip = rip;
}

// The caller's parameters, as they lie above its stack pointer: highest address first, so that pushing keeps their order.
static void copy_parameters(struct x86_cpu *c, struct x86_frame *f, unsigned count, unsigned width) {
    while (count--) frame_push(f, x86_stack_read(c, (u64)count * width, width));
}

// CALL through a gate to an inner ring: the inner stack comes from the TSS (5.8.5).
static void call_inner(struct x86_cpu *c, const struct target *t, u64 gate, unsigned width, u64 next_rip) {
    unsigned dpl = AR_DPL(desc_attr(t->desc));
    u16 ss_sel = 0;
    bool wide = width == 8;
    struct x86_frame f = {.n = 0};
    struct x86_seg cs = x86_seg_of(t->sel, t->desc), ss;
    u64 sp = x86_tss_stack(c, dpl, 0, &ss_sel, 0), desc = t->desc;
    ss = wide ? x86_null_ss(dpl) : x86_stack_seg(c, ss_sel, dpl, EXC_TS, 0);
    frame_push(&f, c->s.seg[SS].sel);
    frame_push(&f, c->s.gpr[RSP]);
    if (!wide) copy_parameters(c, &f, (unsigned)bits(gate, 36, 32), width);
    frame_push(&f, c->s.seg[CS].sel);
    frame_push(&f, next_rip);
    u64 rip = x86_check_rip(c, &cs, t->rip, 0);
    sp = x86_push_frame(c, &f, width, &ss, sp, wide, dpl, wide ? 0 : SEL_ERROR(ss_sel));
    x86_desc_accessed(c, t->sel, &desc);
    c->s.seg[SS] = ss;
    c->s.gpr[RSP] = sp;
    x86_set_cs(c, t->sel, x86_seg_of(t->sel, desc), dpl);
    c->s.rip = rip;
}

// Pushes CS:RIP on the current stack; returns the new stack pointer.
static u64 push_return(struct x86_cpu *c, unsigned width, bool wide, u64 next_rip) {
    struct x86_frame f = {.item = {c->s.seg[CS].sel, next_rip}, .n = 2};
    return x86_push_frame(c, &f, width, &c->s.seg[SS], c->s.gpr[RSP], wide, c->s.cpl, 0);
}

void x86_far_call(struct x86_cpu *c, u16 sel, u64 offset, unsigned size, u64 next_rip) {
    struct target t;
    unsigned gate;
    if (!is_protected(c)) {
        struct x86_seg cs = real_target(c, sel, &offset, size);
        c->s.gpr[RSP] = push_return(c, size, false, next_rip);
        c->s.seg[CS] = cs;
        c->s.rip = offset;
        x86_mode_changed(c);
        return;
    }
    if (!resolve(c, sel, offset, size, true, next_rip, &t, &gate)) return;
    u32 ar = desc_attr(t.desc);
    if (gate && !ar_conforming(ar) && AR_DPL(ar) < c->s.cpl) {
        call_inner(c, &t, x86_desc_read(c, sel, EXC_GP, 0), gate, next_rip);
        return;
    }
    struct x86_seg cs = x86_seg_of(t.sel, t.desc);
    u64 rip = x86_check_rip(c, &cs, t.rip, 0);
    u64 sp = push_return(c, gate ? gate : size, is_64bit(c) || gate == 8, next_rip);
    x86_desc_accessed(c, t.sel, &t.desc);
    c->s.gpr[RSP] = sp;
    x86_set_cs(c, t.sel, x86_seg_of(t.sel, t.desc), c->s.cpl);
    c->s.rip = rip;
}
