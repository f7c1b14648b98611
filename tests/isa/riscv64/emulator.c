// SPDX-License-Identifier: MIT
// A case in the emulator: U-mode without address translation, RAM where the program under QEMU has its pages.
#include "base/le.h"
#include "isa/riscv64/insn.h"

#include "cpu/block.h"
#include "isa/riscv64/sys.h"
#include "rig.h"
#include "../../unit/scripted_plat.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define HANDLER 0x30000000ul

struct emulator {
    struct scripted_plat plat;
    struct vclock clock;
    struct state_set state;
    struct env env;
    struct bus bus;
    struct rv_cpu *c;
    u8 *code, *data, *handler;
    u8 fresh[DATA_SIZE];  // what DATA holds before every case
};

static void finish(void *ctx, int reason, u32 code) { abort(); } // nothing a case does may end the run

static u8 *ram(struct emulator *m, u64 at, u64 size) {
    u8 *p = aligned_alloc(4096, size);
    memset(p, 0, size);
    if (bus_add_ram(&m->bus, &m->plat.plat, "ram", at, size, p, false)) abort();
    return p;
}

struct emulator *emulator_create(void) {
    struct emulator *m = calloc(1, sizeof *m);
    scripted_plat_init(&m->plat);
    m->env = (struct env){.plat = &m->plat.plat, .clock = &m->clock, .state = &m->state, .finish = finish};
    m->code = ram(m, CODE, CODE_SIZE);
    m->data = ram(m, DATA, DATA_SIZE);
    m->handler = ram(m, HANDLER, 4096);
    bus_track_pages(&m->bus, &m->env);
    m->c = rv_create(&m->env, &m->bus, rv_model_find("max"), 1);
    st32(m->handler, 0x0000006f); // jal x0, 0
    return m;
}

const struct rv_index *emulator_index(const struct emulator *m) { return m->c->index; }

void emulator_data(struct emulator *m, const u8 *fresh) {
    memcpy(m->fresh, fresh, DATA_SIZE);
    memcpy(m->data, fresh, DATA_SIZE);
}

bool emulator_data_whole(const struct emulator *m) { return !memcmp(m->data, m->fresh, DATA_SIZE); }

void emulator_code(struct emulator *m, const u8 *code) {
    memcpy(m->code, code, CODE_SIZE);
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
    case 4: case 6: return SIGBUS;
    default: return SIGSEGV;
    }
}

// The budget is that of the code and of the jump to a stub; behind a fault the handler uses up what is left.
void emulator_run(struct emulator *m, const struct encoding *e, const struct input *in, struct result *out) {
    struct rv_cpu *c = m->c;
    memcpy(&c->s.x[1], in->r.x, sizeof in->r.x);
    memcpy(c->s.f, in->r.f, sizeof in->r.f);
    c->s.fcsr = (u32)in->r.fcsr;
    c->s.pc = e->slot + SLOT_CODE;
    c->s.priv = RV_U;
    c->s.reserved_bytes = 0;
    rv_mode_changed(c);
    vcpu_run(&c->v, e->insns + 1);

    *out = (struct result){0};
    memcpy(out->r.x, &c->s.x[1], sizeof out->r.x);
    memcpy(out->r.f, c->s.f, sizeof out->r.f);
    out->r.fcsr = c->s.fcsr;
    if (c->s.priv == RV_M) {
        out->how = BY_SIGNAL + signal_of(csr(m, 0x342));
        out->r.pc = csr(m, 0x341);
        out->address = csr(m, 0x343);
    } else {
        out->how = c->s.pc - STUBS < 4 * STUB_BYTES ? (c->s.pc - STUBS) / STUB_BYTES : 15;
    }
    if (!in->window) return;
    u8 *window = m->data + (in->window - DATA);
    memcpy(out->memory, window, WINDOW);
    memcpy(window, m->fresh + (in->window - DATA), WINDOW);
}
