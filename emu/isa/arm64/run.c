// SPDX-License-Identifier: MIT
// What happens between instructions, and whatever else cpu/run.c asks.
#include "base/le.h"
#include "cpu/measure.h"
#include "isa/arm64/dump.h"
#include "isa/arm64/insn.h"
#include "isa/arm64/paging.h"
#include "isa/arm64/room.h"

#include "cpu/dispatch.h"

DISPATCH_HANDLERS

OP(arm64_op_undefined) { UNDEFINED; }
SOP(illegal_state) {
    SYNC;
    arm64_raise(c, EC_ILLEGAL_STATE, 0);
}
// ISS for AArch64: condition "always", and nothing else.
OP(arm64_op_fp_trapped) {
    SYNC;
    arm64_raise(c, EC_FP, BIT(24) | 14 << 20);
}

u64 arm64_run(struct arm64_cpu *c, u64 n) { return vcpu_run(&c->v, n); }

// ---- PSTATE

unsigned arm64_nzcv(const struct arm64_state *s) {
    return (unsigned)(s->n >> 63 << 3 | (u64)!s->z << 2 | (s->c & 1) << 1 | s->o >> 63);
}

void arm64_set_nzcv(struct arm64_state *s, unsigned nzcv) {
    s->n = (u64)(nzcv >> 3 & 1) << 63;
    s->z = !(nzcv >> 2 & 1);
    s->c = nzcv >> 1 & 1;
    s->o = (u64)(nzcv & 1) << 63;
}

u64 arm64_pstate(const struct arm64_cpu *c) {
    const struct arm64_state *s = &c->s;
    return (u64)arm64_nzcv(s) << PSR_V_SHIFT | (u64)s->daif << PSR_DAIF_SHIFT | (s->il ? PSR_IL : 0) | (s->ss ? PSR_SS : 0) |
           (s->pan ? PSR_PAN : 0) | (s->uao ? PSR_UAO : 0) | (s->ssbs ? PSR_SSBS : 0) | (u64)s->btype << PSR_BTYPE_SHIFT |
           (u64)s->el << 2 | (s->el ? s->sp_sel : 0u);
}

static bool sp_is_el1s(const struct arm64_state *s) { return s->el && s->sp_sel; }

u64 *arm64_sp(struct arm64_state *s, unsigned el) { return sp_is_el1s(s) == (el == 1) ? &s->x[ARM64_SP] : &s->sp_other; }

void arm64_select_sp(struct arm64_state *s, unsigned sp_sel, unsigned el) {
    bool was = sp_is_el1s(s);
    s->sp_sel = (u8)sp_sel;
    s->el = (u8)el;
    if (was == sp_is_el1s(s)) return;
    u64 other = s->sp_other;
    s->sp_other = s->x[ARM64_SP];
    s->x[ARM64_SP] = other;
}

// ---- modes

static bool fp_off(const struct arm64_state *s) {
    unsigned fpen = (unsigned)(s->cpacr >> CPACR_FPEN_SHIFT & 3);
    return !(fpen & 1) || (fpen == 1 && !s->el);
}

void arm64_mode_changed(struct arm64_cpu *c) {
    const struct arm64_state *s = &c->s;
    c->aligned = s->sctlr & SCTLR_A || !(s->sctlr & SCTLR_M);
    c->mode = (fp_off(s) ? ARM64_MODE_FP_OFF : 0) | (s->el ? 0 : ARM64_MODE_EL0) | (c->aligned ? ARM64_MODE_ALIGNED : 0) |
              (s->el && !s->sp_sel ? ARM64_MODE_EL1T : 0) | (s->il ? ARM64_MODE_ILLEGAL : 0);
    // EL1's keys name the space, too: a kernel's pages need not be global (Linux's are not, under KASLR without E0PD), and what is not would
    // have to be dropped at every change of spaces.
    u64 space = (u64)c->asid << KEY_ASID_SHIFT;
    // PAN closes no page to fetches: jump cache and links stay good across it.
    c->fetch_key = space | (s->el ? KEY_EL1 : KEY_EL0);
    vcpu_set_data_key(&c->v, space | (!s->el ? KEY_EL0 : s->pan ? KEY_EL1_PAN : KEY_EL1));
    c->user_key = s->uao ? c->tlb_key : space | KEY_EL0;
    vcpu_rekey(&c->v);
}

static void mode_changed(struct vcpu *v) { arm64_mode_changed(arm64_of(v)); }

static void reload(struct vcpu *v) {
    struct arm64_cpu *c = arm64_of(v);
    arm64_tables_make(c->tables, c->s.tcr, c->model);
    arm64_space_changed(c);
}

// ---- interrupts

void arm64_set_line(struct arm64_cpu *c, enum arm64_line line, bool level) {
    if (line == ARM64_IRQ) c->s.irq = level;
    else c->s.fiq = level;
}

static bool takes_irq(const struct arm64_state *s) { return s->irq && !(s->daif & DAIF_I); }
static bool takes_fiq(const struct arm64_state *s) { return s->fiq && !(s->daif & DAIF_F); }
bool arm64_interrupted(const struct arm64_cpu *c) { return takes_irq(&c->s) || takes_fiq(&c->s); }
// D1.6.1, D1.6.2
bool arm64_wakes(const struct arm64_cpu *c) {
    if (c->s.waiting == ARM64_WFE) return !c->s.event_clear || arm64_interrupted(c);
    return c->s.irq || c->s.fiq;
}
bool arm64_may_wake(const struct arm64_cpu *c, bool interrupts) {
    if (c->s.waiting != ARM64_WFE) return interrupts;
    bool masked = c->s.daif & DAIF_I && c->s.daif & DAIF_F;
    return c->s.cntkctl & CNTKCTL_EVNTEN || (interrupts && !masked);
}

static enum between between(struct vcpu *v) {
    struct arm64_cpu *c = arm64_of(v);
    if (c->s.waiting) {
        if (!arm64_wakes(c)) return BETWEEN_HALT;
        c->s.waiting = 0;
    }
    if (unlikely(arm64_interrupted(c))) {
        vcpu_sync_clock(v);
        c->left--;
        vcpu_trapped(v, MEASURE_INTERRUPT);
        arm64_take(c, takes_fiq(&c->s) ? 0x100 : 0x80);
        return BETWEEN_TOOK;
    }
    return BETWEEN_GO;
}

// ---- blocks

static bool decode(struct vcpu *v, struct uop *u, const u8 *code, unsigned have, unsigned at, unsigned n, unsigned *length,
                   bool *ends) {
    struct arm64_cpu *c = arm64_of(v);
    if (have < 4) return false;
    struct arm64_decoded *d = &c->decoded[n];
    if (unlikely(c->mode & ARM64_MODE_ILLEGAL)) { // whatever is there, if it can be fetched (D1.3.5.4)
        *d = (struct arm64_decoded){.ends = true};
        *u = (struct uop){.fn = illegal_state, .off = (u16)at};
        *length = 4;
        return *ends = true;
    }
    arm64_decode(c->index, c->mode, ld32(code), at, d);
    *u = d->uop;
    *length = 4;
    *ends = d->ends;
    return true;
}

// What is wrong with the next instruction's address comes before all else (D1.3.5.4).
static void code_at(struct vcpu *v, struct code_place *p) {
    struct arm64_cpu *c = arm64_of(v);
    p->at = c->s.pc;
    if (unlikely(p->at & 3)) arm64_raise_at(c, EC_PC_ALIGNMENT, 0, p->at);
}

static void nothing_at(struct vcpu *v, gpa_t at) {
    struct arm64_cpu *c = arm64_of(v);
    arm64_raise_at(c, c->s.el ? EC_FETCH : EC_FETCH_LOWER, FSC_EXTERNAL, c->s.pc);
}

static bool raised(struct vcpu *v, bool alone) { return true; }

static void place(const struct vcpu *v, struct measure_place *p) {
    const struct arm64_state *s = &arm64_of((struct vcpu *)(hva_t)v)->s;
    *p = (struct measure_place){.sp = s->x[ARM64_SP], .root = s->el ? 0 : s->ttbr0 & mask(47, 1), .privilege = s->el};
}

static bool caller(struct vcpu *v, u64 *pc, u64 *sp) {
    const struct arm64_state *s = &arm64_of(v)->s;
    *pc = s->x[30];
    *sp = s->x[ARM64_SP];
    return true;
}

// A frame record; AAPCS64, 6.4.6.
static bool frame(struct vcpu *v, struct code_frame *f) {
    *f = (struct code_frame){arm64_of(v)->s.x[29], 0, 8, 8};
    return true;
}

static void enter(struct vcpu *v, const struct block *b, unsigned at) {
    struct arm64_cpu *c = arm64_of(v);
    if (unlikely(c->s.btype)) arm64_arrive(c, b);
    (at ? b->u[at].fn : b->enter)(c, &b->u[at]);
}

static void filled(struct vcpu *v, const struct walk *w) {
    if (w->attr & ATTR_GUARDED) arm64_of(v)->guards |= w->user ? 1 : 2;
}

#define FROM_VCPU(field) ((ptrdiff_t)offsetof(struct arm64_cpu, field) - (ptrdiff_t)offsetof(struct arm64_cpu, v))

const struct isa arm64_isa = {
    .name = "arm64",
    .pc = FROM_VCPU(s.pc),
    .base = FROM_VCPU(s.x[ARM64_BASE]),
    .enter = enter,
    .block_end = arm64_block_end,
    .exit_end = arm64_exit_end,
    .part_end = arm64_part_end,
    .point = arm64_point,
    .decode = decode,
    .code_at = code_at,
    .wrap = arm64_wrap,
    .nothing_at = nothing_at,
    .look_code = arm64_look_code,
    .disasm = arm64_disasm_at,
    .classify = arm64_classify,
    .debug = &arm64_debug_isa,
    .place = place,
    .caller = caller,
    .frame = frame,
    .between = between,
    .raised = raised,
    .deliver = arm64_deliver,
    .walk_init = arm64_mem_walk_init,
    .walk_fault = arm64_mem_walk_fault,
    .physical = arm64_physical,
    .filled = filled,
    .reload = reload,
    .mode_changed = mode_changed,
};
