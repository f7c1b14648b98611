// SPDX-License-Identifier: MIT
// Exceptions and interrupts (D1.3): how they come to EL1.
#include "cpu/measure.h"
#include "isa/arm64/room.h"

#include "emu/emu.h"

static _Noreturn void leap(struct arm64_cpu *c, enum arm64_ec ec, u64 iss) {
    c->exc.esr = (u64)ec << ESR_EC_SHIFT | ESR_IL | iss;
    c->exc.behind = ec == EC_SVC;
    c->exc.call = 0;
    vcpu_leap(&c->v);
}

void arm64_raise(struct arm64_cpu *c, enum arm64_ec ec, u64 iss) {
    c->exc.has_far = false;
    leap(c, ec, iss);
}

void arm64_raise_at(struct arm64_cpu *c, enum arm64_ec ec, u64 iss, gva_t far) {
    c->exc.has_far = true;
    c->exc.far = far;
    leap(c, ec, iss);
}

void arm64_undefined(struct arm64_cpu *c) { arm64_raise(c, EC_UNKNOWN, 0); }

void arm64_call(struct arm64_cpu *c, bool smc) {
    c->exc.esr = ESR_IL;
    c->exc.behind = c->exc.has_far = false;
    c->exc.call = smc ? 2 : 1;
    vcpu_leap(&c->v);
}

// Of the four groups of vectors: the one for this EL and SP.
static u64 group(const struct arm64_state *s) { return !s->el ? 0x400 : s->sp_sel ? 0x200 : 0; }

// AArch64.TakeException, to EL1.
void arm64_take(struct arm64_cpu *c, unsigned offset) {
    struct arm64_state *s = &c->s;
    u64 vector = s->vbar + group(s) + offset;
    s->spsr = arm64_pstate(c);
    s->elr = s->pc;
    s->btype = 0;
    arm64_select_sp(s, 1, 1);
    s->daif = 15;
    s->il = s->ss = s->uao = 0;
    s->ssbs = (s->sctlr & SCTLR_DSSBS) != 0;
    if (arm64_has(c->model, FEAT_PAN) && !(s->sctlr & SCTLR_SPAN)) s->pan = 1;
    s->pc = vector;
    s->waiting = 0;
    arm64_mode_changed(c);
}

// A handler whose own first instruction cannot be fetched faults for ever: the guest has no way out of that, and the run ends with a
// reason.
static bool handler_is_gone(const struct arm64_cpu *c) {
    const struct arm64_state *s = &c->s;
    unsigned ec = (unsigned)(c->exc.esr >> ESR_EC_SHIFT & 63);
    return s->el && s->sp_sel && ec == EC_FETCH && s->pc == s->vbar + group(s);
}

static void end_run(struct arm64_cpu *c) {
    log_error(c->env->plat, "guest ran off: its exception handler at 0x%llx cannot be fetched (ESR 0x%llx)",
              (unsigned long long)c->s.pc, (unsigned long long)c->exc.esr);
    c->leave = true;
    c->env->finish(c->env->finish_ctx, EMU_UNMAPPED, 0);
}

static bool board_takes(struct arm64_cpu *c) {
    if (!c->exc.call || !c->port.call) return false;
    clock_fire(c->clock); // as for a device: the events of this instant come first
    c->s.pc += 4;
    if (c->port.call(c->port.ctx, c->exc.call == 2)) return true;
    c->s.pc -= 4;
    return false;
}

void arm64_deliver(struct vcpu *v) {
    struct arm64_cpu *c = arm64_of(v);
    if (handler_is_gone(c)) {
        end_run(c);
        return;
    }
    if (board_takes(c)) return;
    if (c->exc.behind) c->s.pc += 4; // a call
    else vcpu_trapped(&c->v, MEASURE_EXCEPTION);
    arm64_take(c, 0);
    c->s.esr = c->exc.esr;
    if (c->exc.has_far) c->s.far = c->exc.far;
}
