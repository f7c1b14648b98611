// SPDX-License-Identifier: MIT
// Registers in groups of four, and the code at the PC as the page tables show it now, without side effects.
#include "isa/arm64/dump.h"

#include "base/le.h"
#include "cpu/dump.h"
#include "isa/arm64/disasm.h"
#include "isa/arm64/room.h"

typedef unsigned long long ull;

const char *arm64_mode_name(const struct arm64_cpu *c) { return !c->s.el ? "EL0t" : c->s.sp_sel ? "EL1h" : "EL1t"; }

// Physical address of code at a, or false: a debugger's look.
static bool look(struct arm64_cpu *c, gva_t a, gpa_t *gpa) {
    struct walk w = {0};
    *gpa = a;
    a = arm64_wrap(&c->v, a, true);
    if (arm64_mem_walk_init(&c->v, &w, a, c->fetch_key) > 0) return true;
    w.look = true;
    if (w.fault || mmu_walk(&w, c->bus, a, MMU_EXEC)) return false;
    *gpa = w.page + (a & (((u64)1 << w.shift) - 1));
    return true;
}

unsigned arm64_look_code(struct vcpu *v, u64 pc, u8 code[15]) {
    gpa_t gpa;
    const u8 *p = !(pc & 3) && look(arm64_of(v), pc, &gpa) ? bus_ram(v->bus, gpa, 4) : NULL;
    if (p) memcpy(code, p, 4);
    return p ? 4 : 0;
}

unsigned arm64_disasm_at(struct vcpu *v, const u8 *code, unsigned have, u64 pc, char *text, size_t room) {
    if (have < 4) return 0;
    arm64_disasm(arm64_of(v)->index, ld32(code), pc, text, room);
    return 4;
}

void arm64_dump(struct arm64_cpu *c, enum log_level level) {
    struct arm64_state *s = &c->s;
    struct plat *p = c->env->plat;
    log_at(p, level, "guest processor: pc %016llx  %s  pstate %08llx  %s", (ull)s->pc, arm64_mode_name(c), (ull)arm64_pstate(c),
           s->waiting ? "waiting" : "running");
    for (unsigned i = 0; i < 32; i += 4)
        log_at(p, level, "  x%-2u %016llx  x%-2u %016llx  x%-2u %016llx  %s %016llx", i, (ull)s->x[i], i + 1, (ull)s->x[i + 1],
               i + 2, (ull)s->x[i + 2], i == 28 ? "sp " : "x..", (ull)s->x[i == 28 ? ARM64_SP : i + 3]);
    log_at(p, level, "  sp_el0 %llx  sp_el1 %llx  elr %llx  spsr %llx  esr %llx  far %llx  vbar %llx", (ull)*arm64_sp(s, 0),
           (ull)*arm64_sp(s, 1), (ull)s->elr, (ull)s->spsr, (ull)s->esr, (ull)s->far, (ull)s->vbar);
    log_at(p, level, "  sctlr %llx  tcr %llx  ttbr0 %llx  ttbr1 %llx  mair %llx  cpacr %llx  irq %u  fiq %u", (ull)s->sctlr,
           (ull)s->tcr, (ull)s->ttbr0, (ull)s->ttbr1, (ull)s->mair, (ull)s->cpacr, s->irq, s->fiq);
    log_at(p, level, "  cntv: ctl %llx  cval %llx  cntp: ctl %llx  cval %llx  count %llx", (ull)s->cntv_ctl, (ull)s->cntv_cval,
           (ull)s->cntp_ctl, (ull)s->cntp_cval, (ull)arm64_count(c));
    vcpu_dump_code(&c->v, level);
}
