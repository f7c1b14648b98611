// SPDX-License-Identifier: MIT
// What happens between instructions, and whatever else cpu/run.c asks.
#include "cpu/measure.h"
#include "isa/riscv64/dump.h"
#include "isa/riscv64/insn.h"
#include "isa/riscv64/room.h"

#include "cpu/dispatch.h"

DISPATCH_HANDLERS

OP(rv_op_illegal) { RAISE(RV_ILLEGAL_INSTRUCTION, (u64)u->imm); }

u64 rv_run(struct rv_cpu *c, u64 n) {
    c->began = c->clock->now;
    c->running = true;
    u64 ns = vcpu_run(&c->v, n);
    c->retired += ns;
    c->running = false;
    return ns;
}

// ---- modes

static u64 key_of(const struct rv_cpu *c, unsigned priv, bool sum) {
    if (priv == RV_M) return (u64)c->asid_flat << KEY_ASID_SHIFT | KEY_M;
    if (priv == RV_U) return (u64)c->asid << KEY_ASID_SHIFT | KEY_U;
    return (u64)c->asid_global << KEY_ASID_SHIFT | (sum ? KEY_S_SUM : KEY_S);
}

void rv_mode_changed(struct rv_cpu *c) {
    const struct rv_state *s = &c->s;
    c->mode = s->mstatus & MSTATUS_FS ? 0 : RV_MODE_FP_OFF;
    // SUM opens no page to fetches: jump cache and links stay good across it.
    c->fetch_key = key_of(c, s->priv, false);
    // MPRV: loads and stores are those of the mode in MPP.
    bool other = s->priv == RV_M && s->mstatus & MSTATUS_MPRV;
    vcpu_set_data_key(&c->v,
                      key_of(c, other ? (s->mstatus & MSTATUS_MPP) >> MSTATUS_MPP_SHIFT : s->priv, s->mstatus & MSTATUS_SUM));
    vcpu_rekey(&c->v);
}

static void mode_changed(struct vcpu *v) { rv_mode_changed(rv_of(v)); }

static void reload(struct vcpu *v) {
    struct rv_cpu *c = rv_of(v);
    c->pmp_fine = rv_pmp_fine(&c->s.pmp);
    rv_space_changed(c);
}

// ---- interrupts

void rv_set_irq(struct rv_cpu *c, unsigned bit, bool level) {
    c->s.lines = level ? c->s.lines | BIT(bit) : c->s.lines & ~BIT(bit);
}

u64 rv_mip(const struct rv_cpu *c) {
    // With Sstc the timer alone says what STIP is.
    u64 written = c->s.menvcfg & MENVCFG_STCE ? c->s.mip & ~BIT(RV_STI) : c->s.mip;
    return written | c->s.lines;
}

bool rv_wakes(const struct rv_cpu *c) { return rv_mip(c) & c->s.mie; }

// The interrupts that would be taken now, of all that are pending and enabled.
static u64 takeable(const struct rv_cpu *c, u64 pending) {
    const struct rv_state *s = &c->s;
    u64 m = pending & ~s->mideleg, super = pending & s->mideleg;
    if (m && (s->priv != RV_M || s->mstatus & MSTATUS_MIE)) return m;
    if (super && (s->priv == RV_U || (s->priv == RV_S && s->mstatus & MSTATUS_SIE))) return super;
    return 0;
}

bool rv_interrupted(const struct rv_cpu *c) { return takeable(c, rv_mip(c) & c->s.mie); }

// In the order of the specification: external, software, timer; machine's first.
static unsigned first_of(u64 pending) {
    static const u8 order[] = {RV_MEI, RV_MSI, RV_MTI, RV_SEI, RV_SSI, RV_STI};
    for (unsigned i = 0; i < countof(order); i++)
        if (pending >> order[i] & 1) return order[i];
    __builtin_unreachable(); // mie has no other bits
}

static enum between between(struct vcpu *v) {
    struct rv_cpu *c = rv_of(v);
    u64 pending = rv_mip(c) & c->s.mie;
    if (c->s.waiting) {
        if (!pending) return BETWEEN_HALT;
        c->s.waiting = 0;
    }
    if (unlikely(pending)) {
        u64 take = takeable(c, pending);
        if (take) {
            vcpu_sync_clock(v);
            c->left--;
            c->unretired++;
            rv_trap(c, RV_CAUSE_INTERRUPT | first_of(take), 0);
            return BETWEEN_TOOK;
        }
    }
    // Where protection changes within a page, each fetch is asked about by itself.
    return c->pmp_fine ? BETWEEN_ALONE : BETWEEN_GO;
}

// ---- blocks

static bool decode(struct vcpu *v, struct uop *u, const u8 *code, unsigned have, unsigned at, unsigned n, unsigned *length,
                   bool *ends) {
    struct rv_cpu *c = rv_of(v);
    struct rv_decoded *d = &c->decoded[n];
    if (!rv_decode(c->index, c->mode, code, have, at, d)) return false;
    *u = d->uop;
    *length = d->length;
    *ends = d->ends;
    return true;
}

static void finish_block(struct vcpu *v, struct block *b, unsigned n) {
    const struct rv_decoded *d = rv_of(v)->decoded;
    for (unsigned i = 0; i + 1 < n; i++) {
        op_fn *both = rv_fused(d[i].fuse, d[i + 1].fuse);
        if (both) b->u[i++].fn = both;
    }
}

// Where protection changes within a page, the second half of an instruction is asked about, too, each time that it runs.
static void code_at(struct vcpu *v, struct code_place *p) {
    struct rv_cpu *c = rv_of(v);
    p->at = c->s.pc;
    if (!c->pmp_fine) return;
    const u8 *first = vcpu_fetch(v, p->at);
    if (first && (*first & 3) == 3 && (p->at & (PAGE_SIZE - 1)) != PAGE_SIZE - 2) vcpu_fetch(v, p->at + 2);
}

// The first page of the instruction is there, if it is the second that is not.
static void nothing_at(struct vcpu *v, gpa_t at) {
    struct rv_cpu *c = rv_of(v);
    bool second = (at & (PAGE_SIZE - 1)) != (c->s.pc & (PAGE_SIZE - 1));
    rv_raise(c, RV_FETCH_ACCESS, second ? align_up(c->s.pc, PAGE_SIZE) : c->s.pc);
}

static bool raised(struct vcpu *v, bool alone) { return true; }

static void place(const struct vcpu *v, struct measure_place *p) {
    const struct rv_state *s = &rv_of((struct vcpu *)(hva_t)v)->s;
    *p = (struct measure_place){.sp = s->x[2], .root = s->priv == RV_U ? s->satp & mask(43, 0) : 0, .privilege = s->priv};
}

static bool caller(struct vcpu *v, u64 *pc, u64 *sp) {
    const struct rv_state *s = &rv_of(v)->s;
    *pc = s->x[1];
    *sp = s->x[2];
    return true;
}

// s0 is the stack pointer of the caller; RISC-V ABIs Specification 1.0, "Frame Pointer Convention".
static bool frame(struct vcpu *v, struct code_frame *f) {
    *f = (struct code_frame){rv_of(v)->s.x[8], -16, -8, 8};
    return true;
}

static void enter(struct vcpu *v, const struct block *b, unsigned at) { (at ? b->u[at].fn : b->enter)(rv_of(v), &b->u[at]); }

#define FROM_VCPU(field) ((ptrdiff_t)offsetof(struct rv_cpu, field) - (ptrdiff_t)offsetof(struct rv_cpu, v))

const struct isa rv_isa = {
    .name = "riscv64",
    .pc = FROM_VCPU(s.pc),
    .base = FROM_VCPU(s.x[RV_BASE]),
    .enter = enter,
    .block_end = rv_block_end,
    .exit_end = rv_exit_end,
    .part_end = rv_part_end,
    .point = rv_point,
    .decode = decode,
    .finish_block = finish_block,
    .code_at = code_at,
    .nothing_at = nothing_at,
    .look_code = rv_look_code,
    .disasm = rv_disasm_at,
    .classify = rv_classify,
    .debug = &rv_debug_isa,
    .place = place,
    .caller = caller,
    .frame = frame,
    .between = between,
    .raised = raised,
    .deliver = rv_deliver,
    .walk_init = rv_mem_walk_init,
    .walk_fault = rv_mem_walk_fault,
    .page_rights = rv_page_rights,
    .physical = rv_physical,
    .reload = reload,
    .mode_changed = mode_changed,
};
