// SPDX-License-Identifier: MIT
// A case in the emulator: U-mode under Sv39, whose tables put CODE and DATA where the program under QEMU has them. Traps lead to a
// handler in S-mode, whose CSRs say what they were. The handler does nothing, and stub k leads over k NOPs to a tail that does nothing,
// either: how far it has come tells how many ticks the case left. So blocks of several lengths are entered by a jump and by a link.
//
// Physical, from RAM on: 00000 tables  10000 CODE  20000 DATA  30000 HANDLER  31000 STUBS
#include "base/bits.h"
#include "base/le.h"
#include "isa/riscv64/insn.h"

#include "cpu/block.h"
#include "isa/riscv64/sys.h"
#include "rig.h"
#include "scripted_plat.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define HANDLER 0x30000000ul
#define RAM 0x80000000ul
#define NOP 0x00000013u // addi x0, x0, 0
#define TAIL 0x400ul    // in STUBS: of stub 0
#define TAIL_BYTES 0x100ul
enum { CODE_AT = 0x10000, DATA_AT = 0x20000, HANDLER_AT = 0x30000, STUBS_AT = 0x31000, RAM_SIZE = 0x40000 };
_Static_assert(CODE_AT + CODE_SIZE <= DATA_AT, "CODE fits");
enum { PTE_V = 1, PTE_R = 2, PTE_W = 4, PTE_X = 8, PTE_U = 16, PTE_A = 64, PTE_D = 128 };
enum { SEPC = 0x141, SCAUSE, STVAL };
enum { NOWHERE = BY_SIGNAL - 1 }; // neither by a stub nor by a trap

struct emulator {
    struct scripted_plat plat;
    struct vclock clock;
    struct state_set state;
    struct env env;
    struct bus bus;
    struct rv_cpu *c;
    u8 *ram;
    u8 fresh[DATA_SIZE]; // what DATA holds before every case
};

static void finish(void *ctx, int reason, u32 code) { abort(); } // nothing a case does may end the run

// Entry for `va` in the table `at` of a level whose entries cover 1 << shift bytes.
static void entry(struct emulator *m, u64 at, unsigned shift, u64 va, u64 to, unsigned flags) {
    st64(m->ram + at + 8 * (va >> shift & 511), (RAM + to) >> 12 << 10 | flags | PTE_V);
}

// Root table 0000, second level 1000, and third level `table` for the 2 MiB that va is in.
static void map(struct emulator *m, u64 va, u64 table, u64 to, u64 size, unsigned flags) {
    entry(m, 0x0000, 30, va, 0x1000, 0);
    entry(m, 0x1000, 21, va, table, 0);
    for (u64 i = 0; i < size; i += PAGE_SIZE) entry(m, table, 12, va + i, to + i, flags | PTE_A | PTE_D);
}

static void fill(struct emulator *m, u64 at, unsigned size) {
    for (unsigned i = 0; i < size; i += 4) st32(m->ram + at + i, NOP);
}

static void write_stubs(struct emulator *m) {
    fill(m, STUBS_AT, PAGE_SIZE);
    for (unsigned k = BY_STUB_0; k <= BY_STUB_3; k++) {
        u64 at = STUB_BYTES * k + 4 * k, by = TAIL + TAIL_BYTES * k - at;
        st32(m->ram + STUBS_AT + at, (u32)(bits(by, 10, 1) << 21 | bits(by, 11, 11) << 20) | 0x6f); // jal x0, by
    }
}

struct emulator *emulator_create(void) {
    struct emulator *m = calloc(1, sizeof *m);
    scripted_plat_init(&m->plat);
    m->env = (struct env){.plat = &m->plat.plat, .clock = &m->clock, .state = &m->state, .finish = finish};
    m->ram = aligned_alloc(2 << 20, 2 << 20);
    memset(m->ram, 0, RAM_SIZE);
    if (bus_add_ram(&m->bus, &m->plat.plat, "ram", RAM, RAM_SIZE, m->ram, false)) abort();
    bus_track_pages(&m->bus, &m->env);
    m->c = rv_create(&m->env, &m->bus, rv_model_find("max"));
    map(m, CODE, 0x2000, CODE_AT, CODE_SIZE, PTE_R | PTE_X | PTE_U);
    map(m, DATA, 0x3000, DATA_AT, DATA_WRITABLE, PTE_R | PTE_W | PTE_U);
    map(m, DATA + DATA_WRITABLE, 0x3000, DATA_AT + DATA_WRITABLE, DATA_SIZE - DATA_WRITABLE, PTE_R | PTE_U);
    map(m, HANDLER, 0x4000, HANDLER_AT, PAGE_SIZE, PTE_X);
    fill(m, HANDLER_AT, PAGE_SIZE);
    map(m, STUBS, 0x5000, STUBS_AT, PAGE_SIZE, PTE_X | PTE_U);
    write_stubs(m);
    rv_start_supervisor(m->c, HANDLER, 0);
    m->c->s.stvec = HANDLER;
    m->c->s.mstatus |= MSTATUS_FS;
    m->c->s.satp = (u64)8 << 60 | RAM >> 12;
    rv_space_changed(m->c);
    rv_mode_changed(m->c);
    return m;
}

const struct rv_index *emulator_index(const struct emulator *m) { return m->c->index; }

void emulator_data(struct emulator *m, const u8 *fresh) {
    memcpy(m->fresh, fresh, DATA_SIZE);
    memcpy(m->ram + DATA_AT, fresh, DATA_SIZE);
}

bool emulator_data_whole(const struct emulator *m) { return !memcmp(m->ram + DATA_AT, m->fresh, DATA_SIZE); }

void emulator_code(struct emulator *m, const u8 *code) {
    memcpy(m->ram + CODE_AT, code, CODE_SIZE);
    block_cache_flush(&m->c->v);
}

static u64 csr(struct emulator *m, unsigned number) {
    u64 v = 0;
    rv_csr(m->c, number, RV_CSR_READ, 0, &v);
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

void emulator_run(struct emulator *m, const struct encoding *e, const struct input *in, struct result *out, struct account *a) {
    struct rv_cpu *c = m->c;
    memcpy(&c->s.x[1], in->r.x, sizeof in->r.x);
    memcpy(c->s.f, in->r.f, sizeof in->r.f);
    c->s.fcsr = (u32)in->r.fcsr;
    c->s.pc = e->slot + SLOT_CODE;
    c->s.priv = RV_U;
    c->s.reserved_bytes = 0;
    rv_mode_changed(c);
    u64 unretired = c->unretired;
    *a = (struct account){.ticks = vcpu_run(&c->v, e->insns + 1 + TICKS_BEHIND)};
    m->clock.now += a->ticks;
    a->traps = c->unretired - unretired;

    *out = (struct result){0};
    memcpy(out->r.x, &c->s.x[1], sizeof out->r.x);
    memcpy(out->r.f, c->s.f, sizeof out->r.f);
    out->r.fcsr = c->s.fcsr;
    if (c->s.priv == RV_S) {
        out->how = BY_SIGNAL + signal_of(csr(m, SCAUSE));
        out->r.pc = csr(m, SEPC);
        out->address = csr(m, STVAL);
        a->behind = (c->s.pc - HANDLER) / 4;
    } else {
        u64 k = (c->s.pc - STUBS - TAIL) / TAIL_BYTES;
        out->how = k <= BY_STUB_3 ? k : NOWHERE;
        a->behind = k + 1 + (c->s.pc - STUBS - TAIL) % TAIL_BYTES / 4;
    }
    if (!in->window) return;
    u8 *window = m->ram + DATA_AT + (in->window - DATA);
    memcpy(out->memory, window, WINDOW);
    memcpy(window, m->fresh + (in->window - DATA), WINDOW);
}
