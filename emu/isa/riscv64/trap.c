// SPDX-License-Identifier: MIT
// Traps, the returns from them, WFI and SFENCE.VMA (privileged specification, "Trap-Return Instructions", "Wait for Interrupt",
// "Supervisor Memory-Management Fence Instruction").
#include "cpu/measure.h"
#include "isa/riscv64/paging.h"
#include "isa/riscv64/room.h"
#include "isa/riscv64/sys.h"

#include "emu/emu.h"

void rv_raise(struct rv_cpu *c, u64 cause, u64 tval) {
    c->exc.cause = cause;
    c->exc.tval = tval;
    vcpu_leap(&c->v);
}

static u64 vector(u64 tvec, u64 cause) {
    bool vectored = tvec & 1 && cause & RV_CAUSE_INTERRUPT;
    return (tvec & ~(u64)3) + (vectored ? 4 * (cause & 63) : 0);
}

static void enter_s(struct rv_cpu *c, u64 cause, u64 tval) {
    struct rv_state *s = &c->s;
    s->scause = cause;
    s->sepc = s->pc;
    s->stval = tval;
    s->mstatus = (s->mstatus & ~(MSTATUS_SPIE | MSTATUS_SIE | MSTATUS_SPP)) | (s->mstatus & MSTATUS_SIE ? MSTATUS_SPIE : 0) |
                 (s->priv == RV_S ? MSTATUS_SPP : 0);
    s->priv = RV_S;
    s->pc = vector(s->stvec, cause);
}

static void enter_m(struct rv_cpu *c, u64 cause, u64 tval) {
    struct rv_state *s = &c->s;
    s->mcause = cause;
    s->mepc = s->pc;
    s->mtval = tval;
    s->mstatus = (s->mstatus & ~(MSTATUS_MPIE | MSTATUS_MIE | MSTATUS_MPP)) | (s->mstatus & MSTATUS_MIE ? MSTATUS_MPIE : 0) |
                 (u64)s->priv << MSTATUS_MPP_SHIFT;
    s->priv = RV_M;
    s->pc = vector(s->mtvec, cause);
}

void rv_trap(struct rv_cpu *c, u64 cause, u64 tval) {
    struct rv_state *s = &c->s;
    bool interrupt = cause & RV_CAUSE_INTERRUPT, call = cause >= RV_ECALL_U && cause <= RV_ECALL_U + RV_M;
    if (!call) vcpu_trapped(&c->v, interrupt ? MEASURE_INTERRUPT : MEASURE_EXCEPTION);
    u64 delegated = cause & RV_CAUSE_INTERRUPT ? s->mideleg : s->medeleg;
    if (s->priv != RV_M && delegated >> (cause & 63) & 1) enter_s(c, cause, tval);
    else enter_m(c, cause, tval);
    s->waiting = 0;
    s->reserved_bytes = 0;
    rv_mode_changed(c);
}

// A handler whose own first instruction cannot be fetched traps to itself for ever: the guest has no way out of that, and the run
// ends with a reason.
static bool handler_is_gone(struct rv_cpu *c) {
    const struct rv_state *s = &c->s;
    if (c->exc.cause != RV_FETCH_ACCESS && c->exc.cause != RV_FETCH_PAGE) return false;
    bool to_s = s->priv != RV_M && s->medeleg >> c->exc.cause & 1;
    if (to_s ? s->priv != RV_S : s->priv != RV_M) return false;
    return s->pc == vector(to_s ? s->stvec : s->mtvec, c->exc.cause);
}

static void end_run(struct rv_cpu *c) {
    log_error(c->env->plat, "guest ran off: its trap handler at 0x%llx cannot be fetched (cause %u, %s-mode)",
              (unsigned long long)c->s.pc, (unsigned)c->exc.cause, c->s.priv == RV_M ? "M" : "S");
    c->leave = true;
    c->env->finish(c->env->finish_ctx, EMU_UNMAPPED, 0);
}

void rv_deliver(struct vcpu *v) {
    struct rv_cpu *c = rv_of(v);
    c->unretired++; // an instruction that traps does not retire (ECALL and EBREAK neither)
    if (handler_is_gone(c)) {
        end_run(c);
        return;
    }
    if (c->exc.cause == RV_ECALL_S && c->port.ecall) {
        c->s.pc += 4;
        if (c->port.ecall(c->port.ctx)) return;
        c->s.pc -= 4;
    }
    rv_trap(c, c->exc.cause, c->exc.tval);
}

// ---- returns

bool rv_return(struct rv_cpu *c, unsigned from) {
    struct rv_state *s = &c->s;
    if (s->priv < from || (from == RV_S && s->priv == RV_S && s->mstatus & MSTATUS_TSR)) return false;
    u64 m = s->mstatus;
    if (from == RV_M) {
        s->priv = (u8)((m & MSTATUS_MPP) >> MSTATUS_MPP_SHIFT);
        m = (m & ~(MSTATUS_MIE | MSTATUS_MPP)) | (m & MSTATUS_MPIE ? MSTATUS_MIE : 0) | MSTATUS_MPIE;
        s->pc = s->mepc;
    } else {
        s->priv = m & MSTATUS_SPP ? RV_S : RV_U;
        m = (m & ~(MSTATUS_SIE | MSTATUS_SPP)) | (m & MSTATUS_SPIE ? MSTATUS_SIE : 0) | MSTATUS_SPIE;
        s->pc = s->sepc;
    }
    if (s->priv != RV_M) m &= ~MSTATUS_MPRV;
    s->mstatus = m;
    s->reserved_bytes = 0;
    rv_mode_changed(c);
    return true;
}

bool rv_wait(struct rv_cpu *c) {
    const struct rv_state *s = &c->s;
    if (s->priv == RV_U || (s->priv == RV_S && s->mstatus & MSTATUS_TW)) return false;
    c->s.waiting = 1;
    return true;
}

// ---- address spaces

// What entries of the TLB depend on beside their context's two bits: one number for cpu/tlb.c.
// Of global pages it is the same without an ASID.
static u32 kind_id(u64 mode, bool mxr) { return (u32)mode << 16 | (mxr ? BIT(20) : 0); }
static u32 space_id(u64 asid, u64 mode, bool mxr) { return (u32)(asid & 0xffff) | kind_id(mode, mxr); }

void rv_space_changed(struct rv_cpu *c) {
    u64 satp = c->s.satp, mode = satp >> RV_SATP_MODE_SHIFT;
    bool mxr = c->s.mstatus & MSTATUS_MXR;
    tlb_globals_enter(&c->v, kind_id(mode, mxr));
    tlb_space_enter(&c->v, space_id(satp >> RV_SATP_ASID_SHIFT, mode, mxr), true);
}

// More may be forgotten than was asked for: global pages with the rest.
bool rv_fence_vma(struct rv_cpu *c, const gva_t *at, const u64 *asid) {
    const struct rv_state *s = &c->s;
    if (s->priv == RV_U || (s->priv == RV_S && s->mstatus & MSTATUS_TVM)) return false;
    if (at) {
        tlb_flush_page(&c->v, *at);
    } else if (asid) {
        // Whatever mode satp is in now, and was in then. What Bare has kept is no translation.
        for (unsigned mode = RV_MODE_SV39; mode <= c->model->satp_mode_max; mode++)
            for (unsigned mxr = 0; mxr < 2; mxr++) tlb_space_flush(&c->v, space_id(*asid, mode, mxr));
    } else {
        tlb_flush_all(&c->v);
        rv_space_changed(c);
    }
    return true;
}
