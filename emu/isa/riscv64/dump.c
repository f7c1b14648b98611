// SPDX-License-Identifier: MIT
// Registers in groups of four, and the code at the PC as the page tables show it now, without side effects.
#include "isa/riscv64/dump.h"

#include "cpu/dump.h"
#include "isa/riscv64/disasm.h"
#include "isa/riscv64/room.h"

typedef unsigned long long ull;

const char *rv_mode_name(const struct rv_cpu *c) {
    return c->s.priv == RV_M ? "M-mode" : c->s.priv == RV_S ? "S-mode" : "U-mode";
}

// Physical address of code at a, or false: a debugger's look.
static bool look(struct rv_cpu *c, gva_t a, gpa_t *gpa) {
    struct walk w = {0};
    *gpa = a;
    if (rv_mem_walk_init(&c->v, &w, a, c->fetch_key) > 0) return true;
    w.look = true;
    if (w.fault || mmu_walk(&w, c->bus, a, MMU_EXEC)) return false;
    *gpa = w.page + (a & (((u64)1 << w.shift) - 1));
    return true;
}

unsigned rv_look_code(struct vcpu *v, u64 pc, u8 code[15]) {
    unsigned n = 0;
    for (; n < 4; n++) {
        gpa_t gpa;
        const u8 *p = look(rv_of(v), pc + n, &gpa) ? bus_ram(v->bus, gpa, 1) : NULL;
        if (!p) break;
        code[n] = *p;
    }
    return n;
}

unsigned rv_disasm_at(struct vcpu *v, const u8 *code, unsigned have, u64 pc, char *text, size_t room) {
    return rv_disasm(rv_of(v)->index, code, have, pc, text, room);
}

void rv_dump(struct rv_cpu *c, enum log_level level) {
    const struct rv_state *s = &c->s;
    struct plat *p = c->env->plat;
    log_at(p, level, "guest processor: pc %016llx  %s  %s", (ull)s->pc, rv_mode_name(c), s->waiting ? "waiting" : "running");
    for (unsigned i = 0; i < 32; i += 4)
        log_at(p, level, "  %-4s %016llx  %-4s %016llx  %-4s %016llx  %-4s %016llx", rv_x_name(i), (ull)s->x[i], rv_x_name(i + 1),
               (ull)s->x[i + 1], rv_x_name(i + 2), (ull)s->x[i + 2], rv_x_name(i + 3), (ull)s->x[i + 3]);
    log_at(p, level, "  mstatus %llx  mie %llx  mip %llx  satp %llx  fcsr %x", (ull)s->mstatus, (ull)s->mie, (ull)rv_mip(c),
           (ull)s->satp, s->fcsr);
    log_at(p, level, "  S: stvec %llx  sepc %llx  scause %llx  stval %llx", (ull)s->stvec, (ull)s->sepc, (ull)s->scause,
           (ull)s->stval);
    log_at(p, level, "  M: mtvec %llx  mepc %llx  mcause %llx  mtval %llx", (ull)s->mtvec, (ull)s->mepc, (ull)s->mcause,
           (ull)s->mtval);
    vcpu_dump_code(&c->v, level);
}
