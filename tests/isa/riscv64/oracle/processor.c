// SPDX-License-Identifier: MIT
// The emulator's RISC-V processor: U-mode under Sv39, whose traps lead to S-mode.
#include "isa/riscv64/sys.h"
#include "rig.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum { PTE_V = 1, PTE_R = 2, PTE_W = 4, PTE_X = 8, PTE_U = 16, PTE_A = 64, PTE_D = 128 };
enum { SEPC = 0x141, SCAUSE, STVAL };

u64 table_entry(u64 physical) { return physical >> 12 << 10 | PTE_V; }

u64 page_entry(u64 physical, enum use use) {
    static const u64 flags[] = {[USER_CODE] = PTE_R | PTE_X | PTE_U,
                                [USER_DATA] = PTE_R | PTE_W | PTE_U,
                                [USER_CONSTANT] = PTE_R | PTE_U,
                                [HANDLER_CODE] = PTE_X};
    return physical >> 12 << 10 | flags[use] | PTE_A | PTE_D | PTE_V;
}

const char *qemu_cpu(enum source source) {
    const char *cpu = getenv("QEMU_RISCV64_CPU");
    return cpu ? cpu : "rv64,zbc=off,Zfhmin=true";
}

struct vcpu *processor_create(struct env *env, struct bus *bus, enum source source) {
    return &rv_create(env, bus, rv_model_find("max"))->v;
}

const struct rv_index *processor_index(struct vcpu *v) { return rv_of(v)->index; }

void processor_start(struct vcpu *v, u64 root, u64 handler) {
    struct rv_cpu *c = rv_of(v);
    rv_start_supervisor(c, handler, 0);
    c->s.stvec = handler;
    c->s.mstatus |= MSTATUS_FS;
    c->s.satp = (u64)8 << 60 | root >> 12;
    rv_space_changed(c);
    rv_mode_changed(c);
}

void processor_enter(struct vcpu *v, const struct registers *r, u64 pc) {
    struct rv_cpu *c = rv_of(v);
    memcpy(&c->s.x[1], r->x, sizeof r->x);
    memcpy(c->s.f, r->f, sizeof r->f);
    c->s.fcsr = (u32)r->fcsr;
    c->s.pc = pc;
    c->s.priv = RV_U;
    c->s.reserved_bytes = 0;
    rv_mode_changed(c);
}

static u64 csr(struct rv_cpu *c, unsigned number) {
    u64 v = 0;
    rv_csr(c, number, RV_CSR_READ, 0, &v);
    return v;
}

static unsigned long signal_of(u64 cause) {
    switch (cause) {
    case 2: return SIGILL;
    case 3: return SIGTRAP;
    case 4:
    case 6: return SIGBUS;
    default: return SIGSEGV;
    }
}

void processor_leave(struct vcpu *v, struct result *out) {
    struct rv_cpu *c = rv_of(v);
    memcpy(out->r.x, &c->s.x[1], sizeof out->r.x);
    memcpy(out->r.f, c->s.f, sizeof out->r.f);
    out->r.fcsr = c->s.fcsr;
    if (c->s.priv != RV_S) return;
    out->how = BY_SIGNAL + signal_of(csr(c, SCAUSE));
    out->r.pc = csr(c, SEPC);
    out->address = csr(c, STVAL);
}

u64 processor_pc(struct vcpu *v) { return rv_of(v)->s.pc; }

u64 processor_traps(struct vcpu *v) { return rv_of(v)->unretired; }
