// SPDX-License-Identifier: MIT
// What happens between instructions (SDM vol. 3A, 6.9), and whatever else cpu/run.c asks.
#include "isa/x86_64/room.h"
#include "isa/x86_64/sys/debug.h"
#include "isa/x86_64/sys/dump.h"
#include "isa/x86_64/int/flags.h"
#include "isa/x86_64/sys/mem.h"
#include "isa/x86_64/sys/op_sys.h"

#include "cpu/dispatch.h"
#include "cpu/measure.h"

#include "emu/emu.h"

DISPATCH_HANDLERS

OP(op_ud) { RAISE(EXC_UD, 0); }
OP(op_gp0) { RAISE(EXC_GP, 0); }

// All of 4 GiB behind its base, for reads and writes.
static bool is_whole(const struct x86_seg *g) {
    return (g->attr & (AR_P | AR_W | AR_CODE | AR_DOWN)) == (AR_P | AR_W) && g->limit == 0xffffffff;
}

static u64 segments_of(const struct x86_state *s) {
    const struct x86_seg *g = s->seg;
    bool flat = g[CS].limit == 0xffffffff && is_whole(&g[SS]) && is_whole(&g[DS]) && !(g[CS].base | g[SS].base | g[DS].base);
    return (flat ? MODE_FLAT : 0) | (is_whole(&g[FS]) ? MODE_FS_WHOLE : 0) | (is_whole(&g[GS]) ? MODE_GS_WHOLE : 0);
}

static u64 mode_of(const struct x86_state *s) {
    u64 mode;
    bool real = !(s->cr0 & CR0_PE) || s->rflags & FL_VM;
    if (s->efer & EFER_LMA && s->seg[CS].attr & AR_L) mode = MODE_CODE64 | MODE_STACK64;
    else
        mode = (s->seg[CS].attr & AR_DB ? MODE_CODE32 : MODE_CODE16) | (s->seg[SS].attr & AR_DB ? MODE_STACK32 : MODE_STACK16) |
               (real ? MODE_REAL : 0);
    if ((mode & (MODE_CODE_MASK | MODE_REAL)) == MODE_CODE32) mode |= segments_of(s);
    if (s->cpl == 3 && s->cr0 & CR0_AM && s->rflags & FL_AC) mode |= MODE_ALIGN;
    return mode;
}

// The context is a part of the mode, as translated code has its table's address in it.
static void set_context(struct x86_cpu *c) {
    u64 context = x86_context(c, c->s.cpl == 3, c->s.rflags & FL_AC);
    c->mode = (c->mode & ~(u64)MODE_CONTEXT_MASK) | context << MODE_CONTEXT_SHIFT;
    vcpu_set_data_key(&c->v, (c->fetch_key & ~(u64)(TLB_CONTEXTS - 1)) | context);
}

void x86_ac_changed(struct x86_cpu *c) {
    set_context(c);
    vcpu_rekey(&c->v);
}

void x86_mode_changed(struct x86_cpu *c) {
    const struct x86_state *s = &c->s;
    c->mode = mode_of(s);
    u64 asid = (u64)(s->cpl == 3 ? c->asid : c->asid_global) << KEY_ASID_SHIFT;
    // AC opens no page to fetches.
    c->fetch_key = asid | x86_context(c, s->cpl == 3, false);
    set_context(c);
    // The jump cache is looked up by RIP alone, so it is good for one CS base and limit only.
    const struct x86_seg *cs = &s->seg[CS];
    if (cs->base != c->jump_cs_base || cs->limit != c->jump_cs_limit) {
        c->jump_cs_base = cs->base;
        c->jump_cs_limit = cs->limit;
        vcpu_new_jump_generation(&c->v);
    }
    vcpu_rekey(&c->v);
}

static void mode_changed(struct vcpu *v) { x86_mode_changed(x86_of(v)); }

// 0 is a base that the jump cache was filled under as good as any: it is empty.
static void reload(struct vcpu *v) {
    struct x86_cpu *c = x86_of(v);
    c->step = c->freeze = c->partial = false;
    c->jump_cs_base = c->jump_cs_limit = 0;
    x86_mode_changed(c);
}

static bool globals(const struct vcpu *v) { return x86_of((struct vcpu *)(hva_t)v)->s.cr4 & CR4_PGE; }

void x86_set_ferr(struct x86_cpu *c, bool level) {
    c->s.ferr = level;
    if (c->apic.ferr) c->apic.ferr(c->apic.ctx, level);
}

void x86_freeze(struct x86_cpu *c) {
    c->freeze = true;
    vcpu_leap(&c->v);
}

static void deliver(struct vcpu *v) { x86_deliver_exception(x86_of(v)); }

// A delivery costs one tick (cpu/run.c).
static void deliver_debug(struct x86_cpu *c, u32 bits) {
    c->exc.vector = EXC_DB;
    c->exc.software = false;
    c->exc.error = bits;
    vcpu_sync_clock(&c->v);
    c->left--;
    x86_deliver_exception(c);
}

bool x86_wakes(const struct x86_cpu *c) {
    const struct x86_state *s = &c->s;
    if (s->pending_db || s->init_pending) return true;
    if (s->nmi_pending && !s->nmi_blocked) return true;
    return s->rflags & FL_IF && c->apic.pending && c->apic.pending(c->apic.ctx);
}

// Takes, in this order: INIT, debug traps of the previous instruction, NMI, interrupts. True when one was taken.
static bool between_instructions(struct x86_cpu *c) {
    struct x86_state *s = &c->s;
    if (s->init_pending) {
        vcpu_sync_clock(&c->v);
        c->left--;
        vcpu_unretired(&c->v);
        x86_init(c);
        if (c->apic.init) c->apic.init(c->apic.ctx);
        return true;
    }
    if (s->pending_db && s->shadow != 2) {
        u32 bits = s->pending_db;
        s->pending_db = 0;
        deliver_debug(c, bits);
        return true;
    }
    if (s->shadow) return false;
    if (s->nmi_pending && !s->nmi_blocked) {
        s->nmi_pending = 0;
        s->nmi_blocked = 1;
        vcpu_sync_clock(&c->v);
        c->left--;
        x86_deliver_interrupt(c, EXC_NMI);
        return true;
    }
    if (!(s->rflags & FL_IF) || !c->apic.pending || !c->apic.pending(c->apic.ctx)) return false;
    vcpu_sync_clock(&c->v);
    int vector = c->apic.ack(c->apic.ctx);
    if (vector < 0) return false;
    c->left--;
    x86_deliver_interrupt(c, (unsigned)vector);
    return true;
}

static enum between between(struct vcpu *v) {
    struct x86_cpu *c = x86_of(v);
    struct x86_state *s = &c->s;
    if (s->halted) {
        if (!x86_wakes(c)) return BETWEEN_HALT;
        s->halted = 0;
    }
    if (between_instructions(c)) return BETWEEN_TOOK;
    if (s->shadow || s->rflags & FL_TF || x86_debug_armed(c)) return BETWEEN_ALONE;
    s->rflags &= ~(u32)FL_RF; // lasts for one instruction, and only a breakpoint would see it
    return BETWEEN_GO;
}

// The same questions as the loop's and between's, for the answer BETWEEN_GO.
bool x86_goes_on(struct x86_cpu *c) {
    struct x86_state *s = &c->s;
    if (c->left <= 0 || c->single || c->leave || s->halted || s->init_pending || s->pending_db || s->shadow) return false;
    if (s->nmi_pending || s->rflags & FL_TF || x86_debug_armed(c) || clock_next(c->clock) < c->slice_end) return false;
    if (s->rflags & FL_IF && c->apic.pending && c->apic.pending(c->apic.ctx)) return false;
    s->rflags &= ~(u32)FL_RF;
    return true;
}

static bool alone_before(struct vcpu *v) {
    struct x86_cpu *c = x86_of(v);
    struct x86_state *s = &c->s;
    bool resume = s->rflags & FL_RF || s->shadow == 2; // behind MOV SS as if RF were 1 (6.8.3)
    c->step = s->rflags & FL_TF;
    c->partial = false;
    c->db_before = s->pending_db;
    s->rflags &= ~(u32)FL_RF;
    if (x86_debug_armed(c) && !resume) {
        u32 hit = x86_debug_code_hit(c, s->seg[CS].base + s->rip);
        if (hit) {
            deliver_debug(c, hit);
            return true;
        }
    }
    s->shadow = 0;
    return false;
}

static void alone_after(struct vcpu *v) {
    struct x86_cpu *c = x86_of(v);
    if (c->step && c->s.shadow != 2) c->s.pending_db |= DR6_BS; // that of MOV SS is suppressed, not put off (6.8.3)
}

static void nothing_at(struct vcpu *v, gpa_t at) {
    const struct x86_state *s = &x86_of(v)->s;
    log_error(v->env->plat,
              "guest ran off into unmapped memory: fetch at RIP 0x%llx (CS 0x%x), physical address 0x%llx is not RAM",
              (unsigned long long)s->rip, s->seg[CS].sel, (unsigned long long)at);
    v->leave = true;
    v->env->finish(v->env->finish_ctx, EMU_UNMAPPED, 0);
}

// The instruction that runs alone has raised. Data breakpoints that it had met are forgotten: it will meet them again when it is
// restarted. A gather is different, because the elements that it has loaded stay loaded: the trap for their breakpoints is delivered
// in place of the fault, with RF set (vol. 2, VPGATHERDD). Returns true then.
static bool traps_instead(struct x86_cpu *c) {
    struct x86_state *s = &c->s;
    if (!c->partial) {
        s->pending_db = c->db_before;
        return false;
    }
    if (c->step) s->pending_db |= DR6_BS;
    if (s->pending_db) s->rflags |= FL_RF;
    return s->pending_db;
}

// The processor waits before an x87 instruction, as it would after HLT. The error is reported here, not by the instruction that
// caused it: so do the Intel486 and the Pentium (appendix D.2.1.1), and the interrupt comes at a defined instruction.
static void stand_frozen(struct x86_cpu *c, bool alone) {
    c->freeze = false;
    if (alone) c->s.pending_db = c->db_before;
    c->s.halted = 1;
    vcpu_sync_clock(&c->v);
    if (!c->s.ferr) x86_set_ferr(c, true);
}

static bool raised(struct vcpu *v, bool alone) {
    struct x86_cpu *c = x86_of(v);
    if (c->freeze) {
        stand_frozen(c, alone);
        return false;
    }
    return !(alone && traps_instead(c));
}

// A kernel has its stacks to itself in all of its page tables, and Linux returns to one of its threads in any. A program has its
// own, but may have another PCID now (CR3, bits 0..11).
static void place(const struct vcpu *v, struct measure_place *p) {
    const struct x86_state *s = &x86_of((struct vcpu *)(hva_t)v)->s;
    *p = (struct measure_place){.sp = s->gpr[RSP], .root = s->cpl == 3 ? s->cr3 & mask(51, 12) : 0, .privilege = s->cpl};
}

// CALL has pushed the return address.
static bool caller(struct vcpu *v, u64 *pc, u64 *sp) {
    struct x86_cpu *c = x86_of(v);
    u64 base = (c->mode & MODE_CODE_MASK) == MODE_CODE64 ? 0 : c->s.seg[SS].base - c->s.seg[CS].base;
    unsigned size = (c->mode & MODE_CODE_MASK) == MODE_CODE64 ? 8 : (c->mode & MODE_CODE_MASK) == MODE_CODE32 ? 4 : 2;
    u8 bytes[15];
    if (x86_look_code(v, base + c->s.gpr[RSP], bytes) < size) return false;
    *pc = ld_width(bytes, size);
    *sp = c->s.gpr[RSP] + size;
    return true;
}

// push rbp; mov rbp, rsp
static bool frame(struct vcpu *v, struct code_frame *f) {
    struct x86_cpu *c = x86_of(v);
    u64 code = c->mode & MODE_CODE_MASK;
    bool flat = code == MODE_CODE32 && c->s.seg[SS].base == c->s.seg[CS].base;
    if (code == MODE_CODE64) *f = (struct code_frame){c->s.gpr[RBP], 0, 8, 8};
    else if (flat) *f = (struct code_frame){(u32)c->s.gpr[RBP], 0, 4, 4};
    return code == MODE_CODE64 || flat;
}

// Translated code knows nothing of accesses that are counted.
static void enter(struct vcpu *v, const struct block *b, unsigned at) {
    bool handler = at || (v->counting && !b->point);
    (handler ? b->u[at].fn : b->enter)(x86_of(v), &b->u[at]);
}

static u64 pc_linear(const struct vcpu *v, u64 pc) { return x86_code_address(x86_of((struct vcpu *)(hva_t)v), pc); }

// Code whose branches within a page need no look at CS: it has no base and no limit there, in 64-bit mode and where it is flat.
static bool links_near(u64 mode) { return (mode & MODE_CODE_MASK) == MODE_CODE64 || mode & MODE_FLAT; }

#define FROM_VCPU(field) ((ptrdiff_t)offsetof(struct x86_cpu, field) - (ptrdiff_t)offsetof(struct x86_cpu, v))

const struct isa x86_isa = {
    .name = "x86_64",
    .pc = FROM_VCPU(s.rip),
    .base = FROM_VCPU(s.gpr[17]),
    .enter = enter,
    .block_end = x86_block_end,
    .exit_end = x86_exit_end,
    .part_end = x86_part_end,
    .point = x86_point,
    .decode = x86_build_decode,
    .finish_block = x86_build_finish,
    .links_near = links_near,
    .code_at = x86_code_at,
    .wrap = x86_wrap,
    .past_end = x86_code_past_end,
    .nothing_at = nothing_at,
    .look_code = x86_look_code,
    .disasm = x86_disasm_at,
    .debug = &x86_debug_isa,
    .linear = pc_linear,
    .classify = x86_classify,
    .place = place,
    .caller = caller,
    .frame = frame,
    .between = between,
    .alone_before = alone_before,
    .alone_after = alone_after,
    .raised = raised,
    .deliver = deliver,
    .walk_init = x86_mem_walk_init,
    .walk_fault = x86_mem_walk_fault,
    .second_part = x86_second_part,
    .watching = x86_watching,
    .watch = x86_watch,
    .filled = x86_tlb_filled,
    .flushed = x86_tlb_flushed,
    .globals = globals,
    .reload = reload,
    .mode_changed = mode_changed,
};
