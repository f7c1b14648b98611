// SPDX-License-Identifier: MIT
// A case in the emulator: EL0 with the MMU on, whose tables put CODE and DATA where the program under QEMU has them. Exceptions lead to
// vectors that go nowhere; what they were is in EL1's registers.
//
// Physical, from RAM on: 00000 tables  10000 CODE  20000 DATA  30000 VECTORS
#include "base/le.h"
#include "isa/arm64/insn.h"
#include "isa/arm64/paging.h"

#include "cpu/block.h"
#include "rig.h"
#include "scripted_plat.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define VECTORS 0x30000000ul
#define RAM 0x40000000ul
enum { CODE_AT = 0x10000, DATA_AT = 0x20000, VECTORS_AT = 0x30000, RAM_SIZE = 0x40000 };
_Static_assert(CODE_AT + CODE_SIZE <= DATA_AT, "CODE fits");
enum { PTE_PAGE = 3, PTE_EL0 = 1 << 6, PTE_RO = 1 << 7, PTE_AF = 1 << 10 };
#define PTE_PXN BIT(53)
#define PTE_UXN BIT(54)

struct emulator {
    struct scripted_plat plat;
    struct vclock clock;
    struct state_set state;
    struct env env;
    struct bus bus;
    struct arm64_cpu *c;
    u8 *ram;
    u8 fresh[DATA_SIZE]; // what DATA holds before every case
};

static void finish(void *ctx, int reason, u32 code) { abort(); } // nothing a case does may end the run

static void entry(struct emulator *m, u64 at, unsigned shift, u64 va, u64 to, u64 flags) {
    st64(m->ram + at + 8 * (va >> shift & 511), (RAM + to) | flags | PTE_PAGE);
}

// Level 0 at 0000, level 1 at 1000, level 2 at 2000, and level 3 `table` for the 2 MiB that va is in.
static void map(struct emulator *m, u64 va, u64 table, u64 to, u64 size, u64 flags) {
    entry(m, 0x0000, 39, va, 0x1000, 0);
    entry(m, 0x1000, 30, va, 0x2000, 0);
    entry(m, 0x2000, 21, va, table, 0);
    for (u64 i = 0; i < size; i += PAGE_SIZE) entry(m, table, 12, va + i, to + i, flags | PTE_AF);
}

struct emulator *emulator_create(const char *model) {
    struct emulator *m = calloc(1, sizeof *m);
    scripted_plat_init(&m->plat);
    m->env = (struct env){.plat = &m->plat.plat, .clock = &m->clock, .state = &m->state, .finish = finish};
    m->ram = aligned_alloc(2 << 20, 2 << 20);
    memset(m->ram, 0, RAM_SIZE);
    if (bus_add_ram(&m->bus, &m->plat.plat, "ram", RAM, RAM_SIZE, m->ram, false)) abort();
    bus_track_pages(&m->bus, &m->env);
    m->c = arm64_create(&m->env, &m->bus, arm64_model_find(model));
    map(m, CODE, 0x3000, CODE_AT, CODE_SIZE, PTE_EL0 | PTE_RO | PTE_PXN);
    map(m, DATA, 0x4000, DATA_AT, DATA_WRITABLE, PTE_EL0 | PTE_PXN | PTE_UXN);
    map(m, DATA + DATA_WRITABLE, 0x4000, DATA_AT + DATA_WRITABLE, DATA_SIZE - DATA_WRITABLE,
        PTE_EL0 | PTE_RO | PTE_PXN | PTE_UXN);
    map(m, VECTORS, 0x5000, VECTORS_AT, PAGE_SIZE, PTE_RO | PTE_UXN);
    for (unsigned i = 0; i < 16; i++) st32(m->ram + VECTORS_AT + i * 0x80, 0x14000000); // b .
    struct arm64_state *s = &m->c->s;
    s->vbar = VECTORS;
    s->cpacr = 3 << CPACR_FPEN_SHIFT;
    s->ttbr0 = RAM;
    s->tcr = 16 | TCR_EPD1 | TCR_TBI0 | (u64)5 << TCR_IPS;
    s->sctlr |= SCTLR_M | SCTLR_DZE | SCTLR_UCT | SCTLR_UCI | SCTLR_NTWE | SCTLR_NTWI;
    arm64_tables_make(m->c->tables, s->tcr, m->c->model);
    tlb_flush_all(&m->c->v);
    arm64_space_changed(m->c);
    arm64_mode_changed(m->c);
    return m;
}

const struct arm64_index *emulator_index(const struct emulator *m) { return m->c->index; }

void emulator_data(struct emulator *m, const u8 *fresh) {
    memcpy(m->fresh, fresh, DATA_SIZE);
    memcpy(m->ram + DATA_AT, fresh, DATA_SIZE);
}

bool emulator_data_whole(const struct emulator *m) { return !memcmp(m->ram + DATA_AT, m->fresh, DATA_SIZE); }

void emulator_code(struct emulator *m, const u8 *code) {
    memcpy(m->ram + CODE_AT, code, CODE_SIZE);
    block_cache_flush(&m->c->v);
}

// As Linux tells user programs.
static unsigned long signal_of(u64 esr) {
    switch (esr >> ESR_EC_SHIFT) {
    case EC_FETCH_LOWER:
    case EC_DATA_LOWER: return (esr & 63) == FSC_ALIGNMENT ? SIGBUS : SIGSEGV;
    case EC_PC_ALIGNMENT:
    case EC_SP_ALIGNMENT: return SIGBUS;
    case EC_BRK: return SIGTRAP;
    default: return SIGILL;
    }
}

// The budget is that of the code and of the jump to a stub; behind a fault the handler uses up what is left.
void emulator_run(struct emulator *m, const struct encoding *e, const struct input *in, struct result *out) {
    struct arm64_cpu *c = m->c;
    struct arm64_state *s = &c->s;
    arm64_select_sp(s, 0, 0);
    memcpy(s->x, in->r.x, sizeof in->r.x);
    s->x[ARM64_SP] = in->r.sp;
    memcpy(s->v, in->r.v, sizeof in->r.v);
    arm64_set_nzcv(s, (unsigned)(in->r.nzcv >> PSR_V_SHIFT));
    s->fpsr = (u32)in->r.fpsr;
    s->fpcr = (u32)in->r.fpcr;
    s->pc = e->slot + SLOT_CODE;
    s->exclusive_bytes = 0;
    s->daif = 0;
    arm64_mode_changed(c);
    vcpu_run(&c->v, e->insns + 1);

    *out = (struct result){0};
    memcpy(out->r.x, s->x, sizeof out->r.x);
    out->r.sp = *arm64_sp(s, 0);
    memcpy(out->r.v, s->v, sizeof out->r.v);
    out->r.nzcv = (u64)arm64_nzcv(s) << PSR_V_SHIFT;
    out->r.fpsr = s->fpsr;
    out->r.fpcr = s->fpcr;
    if (s->el) {
        out->how = BY_SIGNAL + signal_of(s->esr);
        out->r.pc = s->elr;
        out->address = s->far;
    } else {
        out->how = s->pc - STUBS < 4 * STUB_BYTES ? (s->pc - STUBS) / STUB_BYTES : 15;
    }
    if (!in->window) return;
    u8 *window = m->ram + DATA_AT + (in->window - DATA);
    memcpy(out->memory, window, WINDOW);
    memcpy(window, m->fresh + (in->window - DATA), WINDOW);
}
