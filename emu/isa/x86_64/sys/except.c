// SPDX-License-Identifier: MIT
// Delivery of exceptions and interrupts (chapter 6; vol. 2A, INT n), in the order of the manual's pseudo-code. No register changes
// before everything is checked and the frame is written: so a fault during delivery leaves the state as it was.
#include "cpu/measure.h"
#include "isa/x86_64/sys/debug.h"
#include "isa/x86_64/sys/except.h"
#include "isa/x86_64/sys/mem.h"
#include "isa/x86_64/sys/seg.h"

#include "emu/emu.h"

#define GATE_IST(g) ((unsigned)((g) >> 32 & 7))

struct gate {
    u64 low;
    u32 ar;
    u16 sel;
    u64 rip;
    unsigned width; // of the frame's items
    bool trap;      // leaves IF alone
};

void x86_raise(struct x86_cpu *c, unsigned vector, u32 error) {
    c->exc.vector = (u8)vector;
    c->exc.error = error;
    c->exc.software = false;
    __builtin_longjmp(c->jump_out, 1);
}

// ---- real-address mode: IP and CS from the vector table (20.1.4)

static void enter_real(struct x86_cpu *c, const struct x86_event *e) {
    u64 at = (u64)e->vector * 4;
    if (at + 3 > c->s.idtr.limit) raise_gp(c, 0);
    u32 entry = (u32)x86_sys_read(c, (u32)(c->s.idtr.base + at), 4);
    struct x86_frame f = {.item = {e->flags, c->s.seg[CS].sel, e->rip}, .n = 3};
    u64 sp = x86_push_frame(c, &f, 2, &c->s.seg[SS], c->s.gpr[RSP], false, 0, 0);
    c->s.gpr[RSP] = sp;
    c->s.seg[CS] = x86_seg_real(c, (u16)(entry >> 16), &c->s.seg[CS]);
    c->s.rip = entry & 0xffff;
    x86_set_rflags(c, 0, FL_IF | FL_TF | FL_AC | FL_RF);
    x86_mode_changed(c);
}

// VME: INT n of a virtual-8086 program goes to the program's own vector table when its bit in the TSS's software interrupt
// redirection bit map is 0 (20.3.3.4, methods 5 and 6). The map is the 32 bytes below the I/O map.
static bool redirected(struct x86_cpu *c, const struct x86_event *e) {
    if (e->kind != EVENT_INT_N || !(c->s.cr4 & CR4_VME) || c->s.tr.limit < 0x67) return false;
    u64 map = x86_sys_read(c, (u32)(c->s.tr.base + 0x66), 2) - 32 + e->vector / 8;
    if (map > c->s.tr.limit) return false;
    return !(x86_sys_read(c, (u32)(c->s.tr.base + map), 1) >> (e->vector & 7) & 1);
}

static void enter_redirected(struct x86_cpu *c, const struct x86_event *e) {
    bool own_if = iopl(c) == 3;
    u32 flags = e->flags;
    if (!own_if) flags = (flags & ~(u32)FL_IF) | FL_IOPL | (flags & FL_VIF ? FL_IF : 0);
    u32 entry = (u32)x86_read_as(c, true, SEG_NONE, e->vector * 4u, 4);
    struct x86_frame f = {.item = {flags, c->s.seg[CS].sel, e->rip}, .n = 3};
    c->s.gpr[RSP] = x86_push_frame(c, &f, 2, &c->s.seg[SS], c->s.gpr[RSP], false, 3, 0);
    c->s.seg[CS] = x86_seg_real(c, (u16)(entry >> 16), &c->s.seg[CS]);
    c->s.rip = entry & 0xffff;
    x86_set_rflags(c, 0, FL_TF | (own_if ? FL_IF : FL_VIF));
    x86_mode_changed(c);
}

// ---- protected and IA-32e mode: gates

// Error code of a fault on the way through IDT entry `vector`: index, IDT bit, EXT (6.13).
static u32 idt_error(const struct x86_event *e) { return (u32)e->vector << 3 | 2 | e->ext; }

static bool gate_type_fits(const struct x86_cpu *c, u32 ar) {
    if (ar & AR_S) return false;
    switch (AR_TYPE(ar)) {
    case SYS_INT32:
    case SYS_TRAP32: return true;
    case SYS_INT16:
    case SYS_TRAP16:
    case SYS_TASK_GATE: return !is_long(c);
    default: return false;
    }
}

static struct gate read_gate(struct x86_cpu *c, const struct x86_event *e) {
    unsigned entry = is_long(c) ? 16 : 8;
    u64 at = (u64)e->vector * entry, base = c->s.idtr.base + at;
    if (at + entry - 1 > c->s.idtr.limit) raise_gp(c, idt_error(e));
    if (!is_long(c)) base = (u32)base;
    u64 low = x86_sys_read(c, base, 8);
    struct gate g = {.low = low, .ar = desc_attr(low), .sel = (u16)(low >> 16), .rip = (low & 0xffff) | low >> 48 << 16};
    if (!gate_type_fits(c, g.ar)) raise_gp(c, idt_error(e));
    bool software = e->kind == EVENT_INT_N || e->kind == EVENT_INT3;
    if (software && AR_DPL(g.ar) < c->s.cpl) raise_gp(c, idt_error(e));
    if (!(g.ar & AR_P)) x86_raise(c, EXC_NP, idt_error(e));
    g.trap = AR_TYPE(g.ar) == SYS_TRAP16 || AR_TYPE(g.ar) == SYS_TRAP32;
    g.width = AR_TYPE(g.ar) & 8 ? 4 : 2;
    if (g.width == 2) g.rip &= 0xffff;
    if (is_long(c)) {
        g.rip |= x86_sys_read(c, base + 8, 8) << 32;
        g.width = 8;
    }
    return g;
}

static u64 check_target(struct x86_cpu *c, const struct x86_event *e, const struct gate *g) {
    if (SEL_NULL(g->sel)) raise_gp(c, e->ext);
    u64 d = x86_desc_read(c, g->sel, EXC_GP, e->ext);
    u32 ar = desc_attr(d), error = SEL_ERROR(g->sel) | e->ext;
    if (!ar_is_code(ar) || AR_DPL(ar) > c->s.cpl) raise_gp(c, error);
    if (!(ar & AR_P)) x86_raise(c, EXC_NP, error);
    if (is_long(c) && (ar & (AR_L | AR_DB)) != AR_L) raise_gp(c, error);
    // From virtual-8086 mode a handler always runs in ring 0.
    if (is_v86(c) && (ar_conforming(ar) || AR_DPL(ar) != 0)) raise_gp(c, error);
    return d;
}

struct new_stack {
    struct x86_seg ss;
    u64 sp;
    bool wide;
    u32 error; // of #SS when the frame does not fit
};

static struct new_stack choose_stack(struct x86_cpu *c, const struct x86_event *e, const struct gate *g, bool inner,
                                     unsigned cpl) {
    struct new_stack n = {.ss = c->s.seg[SS], .sp = c->s.gpr[RSP], .wide = is_long(c), .error = e->ext};
    u16 sel = 0;
    if (n.wide) {
        if (inner || GATE_IST(g->low)) n.sp = x86_tss_stack(c, cpl, GATE_IST(g->low), &sel, e->ext);
        if (inner) n.ss = x86_null_ss(cpl);
        n.sp &= ~(u64)15; // 6.14.2
    } else if (inner) {
        n.sp = x86_tss_stack(c, cpl, 0, &sel, e->ext);
        n.ss = x86_stack_seg(c, sel, cpl, EXC_TS, e->ext);
        n.error = SEL_ERROR(sel) | e->ext;
    }
    return n;
}

static struct x86_frame make_frame(const struct x86_cpu *c, const struct x86_event *e, bool with_stack) {
    static const u8 v86_segs[] = {GS, FS, DS, ES};
    struct x86_frame f = {.n = 0};
    for (unsigned i = 0; is_v86(c) && i < countof(v86_segs); i++) frame_push(&f, c->s.seg[v86_segs[i]].sel);
    if (with_stack) {
        frame_push(&f, c->s.seg[SS].sel);
        frame_push(&f, c->s.gpr[RSP]);
    }
    frame_push(&f, e->flags);
    frame_push(&f, c->s.seg[CS].sel);
    frame_push(&f, e->rip);
    if (e->has_error) frame_push(&f, e->error);
    return f;
}

static void enter_gate(struct x86_cpu *c, const struct x86_event *e, const struct gate *g) {
    static const u8 data[] = {ES, DS, FS, GS};
    u64 d = check_target(c, e, g);
    u32 ar = desc_attr(d);
    bool inner = !ar_conforming(ar) && AR_DPL(ar) < c->s.cpl;
    unsigned cpl = inner ? AR_DPL(ar) : c->s.cpl;
    struct new_stack n = choose_stack(c, e, g, inner, cpl);
    struct x86_frame f = make_frame(c, e, inner || n.wide);
    struct x86_seg cs = x86_seg_of(g->sel, d);
    u64 rip = x86_check_rip(c, &cs, g->rip, e->ext);
    u64 sp = x86_push_frame(c, &f, g->width, &n.ss, n.sp, n.wide, cpl, n.error);
    x86_desc_accessed(c, g->sel, &d);

    if (is_v86(c))
        for (unsigned i = 0; i < countof(data); i++) c->s.seg[data[i]] = (struct x86_seg){0};
    c->s.seg[SS] = n.ss;
    c->s.gpr[RSP] = sp;
    x86_set_rflags(c, 0, FL_TF | FL_NT | FL_RF | FL_VM | (g->trap ? 0 : FL_IF));
    x86_set_cs(c, g->sel, x86_seg_of(g->sel, d), cpl);
    c->s.rip = rip;
}

static void enter_task(struct x86_cpu *c, const struct x86_event *e, const struct gate *g) {
    if (SEL_NULL(g->sel)) raise_gp(c, e->ext);
    x86_task_enter(c, g->sel, TASK_GATE_EVENT, e->rip, e->ext);
    if (!e->has_error) return;
    struct x86_frame f = {.item = {e->error}, .n = 1};
    unsigned width = AR_TYPE(c->s.tr.attr) & 8 ? 4 : 2;
    c->s.gpr[RSP] = x86_push_frame(c, &f, width, &c->s.seg[SS], c->s.gpr[RSP], false, c->s.cpl, e->ext);
}

static void enter(struct x86_cpu *c, const struct x86_event *e) {
    c->step = false; // the handler runs untraced (17.3.1.4)
    if (is_real(c)) {
        enter_real(c, e);
        return;
    }
    if (is_v86(c)) {
        if (redirected(c, e)) {
            enter_redirected(c, e);
            return;
        }
        // INT n, unlike INT3 and INTO, needs IOPL 3 to reach the IDT.
        if (e->kind == EVENT_INT_N && iopl(c) < 3) raise_gp(c, 0);
    }
    struct gate g = read_gate(c, e);
    if (AR_TYPE(g.ar) == SYS_TASK_GATE) enter_task(c, e, &g);
    else enter_gate(c, e, &g);
}

// ---- double and triple faults (table 6-5)

enum exception_class { BENIGN, CONTRIBUTORY, PAGE_FAULT, DOUBLE_FAULT };

static enum exception_class class_of(unsigned vector) {
    switch (vector) {
    case EXC_DE:
    case EXC_TS:
    case EXC_NP:
    case EXC_SS:
    case EXC_GP: return CONTRIBUTORY;
    case EXC_PF: return PAGE_FAULT;
    case EXC_DF: return DOUBLE_FAULT;
    default: return BENIGN;
    }
}

static bool doubles(enum exception_class first, enum exception_class second) {
    if (first == CONTRIBUTORY) return second == CONTRIBUTORY;
    if (first == PAGE_FAULT) return second == CONTRIBUTORY || second == PAGE_FAULT;
    return false;
}

static void triple_fault(struct x86_cpu *c, unsigned vector, u32 error) {
    log_error(c->env->plat,
              "triple fault: exception %u (error code 0x%x) while delivering a double fault at %04x:%016llx, "
              "IDT 0x%llx limit 0x%x, SP 0x%llx, CR0 0x%llx CR2 0x%llx CR3 0x%llx",
              vector, error, c->s.seg[CS].sel, (unsigned long long)c->s.rip, (unsigned long long)c->s.idtr.base, c->s.idtr.limit,
              (unsigned long long)c->s.gpr[RSP], (unsigned long long)c->s.cr0, (unsigned long long)c->s.cr2,
              (unsigned long long)c->s.cr3);
    c->leave = true;
    c->env->finish(c->env->finish_ctx, EMU_TRIPLE_FAULT, 0);
}

static bool has_error_code(unsigned vector) {
    return vector == EXC_DF || (vector >= EXC_TS && vector <= EXC_PF) || vector == EXC_AC;
}

static struct x86_event exception_event(struct x86_cpu *c) {
    unsigned v = c->exc.vector;
    struct x86_event e = {.kind = EVENT_EXCEPTION, .vector = (u8)v, .ext = 1, .rip = c->s.rip, .flags = x86_get_rflags(c)};
    e.has_error = has_error_code(v) && !is_real(c);
    e.error = v == EXC_DF ? 0 : c->exc.error;
    // A fault pushes RF = 1, so that the restarted instruction does not hit its own code breakpoint again (17.3.1.1). Of
    // the #DBs only general detect does so: for an instruction breakpoint the handler must set RF, the others are traps. An abort
    // pushes RF as it is.
    bool fault = v != EXC_DB && v != EXC_DF && v != EXC_MC;
    if (v == EXC_DB) {
        fault = c->exc.error & DR6_BD;
        x86_debug_enter(c, c->exc.error);
    }
    if (fault) e.flags |= FL_RF;
    return e;
}

// Not inlined: see attempt.
[[gnu::noinline]] static void enter_apart(struct x86_cpu *c, const struct x86_event *e) { enter(c, e); }

// One attempt at delivery. False: it raised, and c->exc says what. This must be a function of its own which reads no variable
// after the longjmp: the compiler does not know that control can come back here, and may have reused any stack slot.
[[gnu::noinline]] static bool attempt(struct x86_cpu *c, const struct x86_event *e) {
    void *here[5];
    c->jump_out = here;
    if (__builtin_setjmp(here)) return false;
    enter_apart(c, e);
    return true;
}

static void deliver(struct x86_cpu *c, struct x86_event e) {
    enum exception_class first = e.kind == EVENT_EXCEPTION ? class_of(e.vector) : BENIGN;
    void **outer = c->jump_out;
    c->cur = NULL;
    c->s.halted = 0;
    while (!attempt(c, &e)) {
        enum exception_class second = class_of(c->exc.vector);
        if (first == DOUBLE_FAULT && second != BENIGN) {
            triple_fault(c, c->exc.vector, c->exc.error);
            break;
        }
        if (doubles(first, second)) {
            c->exc.vector = EXC_DF;
            second = DOUBLE_FAULT;
        }
        first = second;
        e = exception_event(c);
    }
    c->jump_out = outer;
}

void x86_deliver_exception(struct x86_cpu *c) {
    vcpu_trapped(&c->v, MEASURE_EXCEPTION);
    deliver(c, exception_event(c));
}

void x86_deliver_interrupt(struct x86_cpu *c, unsigned vector) {
    vcpu_trapped(&c->v, MEASURE_INTERRUPT);
    if (vector == EXC_NMI) c->s.nmi_blocked = 1;
    deliver(c, (struct x86_event){
                   .kind = EVENT_INTERRUPT, .vector = (u8)vector, .ext = 1, .rip = c->s.rip, .flags = x86_get_rflags(c)});
}

void x86_enter_event(struct x86_cpu *c, unsigned vector, enum x86_event_kind kind, u64 next_rip) {
    struct x86_event e = {
        .kind = (u8)kind, .vector = (u8)vector, .ext = kind == EVENT_ICEBP, .rip = next_rip, .flags = x86_get_rflags(c)};
    enter(c, &e);
}

void x86_software_interrupt(struct x86_cpu *c, unsigned vector, u64 next_rip) {
    x86_enter_event(c, vector, EVENT_INT_N, next_rip);
}
