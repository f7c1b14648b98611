// SPDX-License-Identifier: MIT
// A case in the emulator: user mode with paging, whose tables put CODE and DATA where the program under QEMU has them. Traps lead to a
// handler, where the processor's registers say what they were. The handler does nothing, and stub k leads over k NOPs to a tail that does
// nothing, either: how far it has come tells how many ticks the case left. So blocks of several lengths are entered by a jump and by a link.
//
// Physical, from RAM on: 00000 tables  10000 CODE  20000 DATA  30000 HANDLER  31000 STUBS
#include "rig.h" // first, for what a handler is to the architecture

#include "base/bits.h"
#include "base/le.h"
#include "cpu/block.h"
#include "bare_machine.h"

#include <stdlib.h>
#include <string.h>

#define HANDLER 0x30000000ul
#define RAM 0x80000000ul
#define TAIL 0x400ul // in STUBS: of stub 0
#define TAIL_BYTES 0x100ul
enum { CODE_AT = 0x10000, DATA_AT = 0x20000, HANDLER_AT = 0x30000, STUBS_AT = 0x31000, RAM_SIZE = 0x40000 };
_Static_assert(CODE_AT + CODE_SIZE <= DATA_AT, "CODE fits");
enum { NOWHERE = BY_SIGNAL - 1 }; // neither by a stub nor by a trap

struct emulator {
    union {
        struct bare_machine bare;
        struct bare_machine;
    };
    struct vcpu *v;
    u8 fresh[DATA_SIZE]; // what DATA holds before every case
};

static u8 *entry_at(struct emulator *m, u64 table, unsigned shift, u64 va) { return m->ram + table + 8 * (va >> shift & 511); }

// One table of each level in a row from 0 on, but for the last level, where `leaf` is that of the 2 MiB that va is in.
static void map(struct emulator *m, u64 va, u64 leaf, u64 to, u64 size, enum use use) {
    u64 table = 0;
    for (unsigned shift = ROOT_SHIFT; shift > 12; shift -= 9) {
        u64 next = shift == 21 ? leaf : table + PAGE_SIZE;
        st64(entry_at(m, table, shift, va), table_entry(RAM + next));
        table = next;
    }
    for (u64 i = 0; i < size; i += PAGE_SIZE) st64(entry_at(m, leaf, 12, va + i), page_entry(RAM + to + i, use));
}

static void fill(struct emulator *m, u64 at, unsigned size) {
    for (unsigned i = 0; i < size; i += 4) st32(m->ram + at + i, NOP);
}

static void write_stubs(struct emulator *m) {
    fill(m, STUBS_AT, PAGE_SIZE);
    for (unsigned k = BY_STUB_0; k <= BY_STUB_3; k++) {
        u64 at = STUB_BYTES * k + 4 * k;
        st32(m->ram + STUBS_AT + at, jump(at, TAIL + TAIL_BYTES * k));
    }
}

struct emulator *emulator_create(enum source source) {
    struct emulator *m = calloc(1, sizeof *m);
    bare_machine_open(&m->bare, RAM, RAM_SIZE);
    m->v = processor_create(&m->env, &m->bus, source);
    map(m, CODE, 0x4000, CODE_AT, CODE_SIZE, USER_CODE);
    map(m, DATA, 0x5000, DATA_AT, DATA_WRITABLE, USER_DATA);
    map(m, DATA + DATA_WRITABLE, 0x5000, DATA_AT + DATA_WRITABLE, DATA_SIZE - DATA_WRITABLE, USER_CONSTANT);
    map(m, HANDLER, 0x6000, HANDLER_AT, PAGE_SIZE, HANDLER_CODE);
    fill(m, HANDLER_AT, PAGE_SIZE);
    map(m, STUBS, 0x7000, STUBS_AT, PAGE_SIZE, USER_CODE);
    write_stubs(m);
    processor_start(m->v, RAM, HANDLER);
    return m;
}

const insn_index *emulator_index(const struct emulator *m) { return processor_index(m->v); }

void emulator_data(struct emulator *m, const u8 *fresh) {
    memcpy(m->fresh, fresh, DATA_SIZE);
    memcpy(m->ram + DATA_AT, fresh, DATA_SIZE);
}

bool emulator_data_whole(const struct emulator *m) { return !memcmp(m->ram + DATA_AT, m->fresh, DATA_SIZE); }

void emulator_code(struct emulator *m, const u8 *code) {
    memcpy(m->ram + CODE_AT, code, CODE_SIZE);
    block_cache_flush(m->v);
}

// Where it has come out, and how far it has come since.
static void came_out(struct emulator *m, struct result *out, struct account *a) {
    u64 pc = processor_pc(m->v);
    if (out->how >= BY_SIGNAL) {
        a->behind = (pc - HANDLER - HANDLER_ENTRY) / 4;
        return;
    }
    u64 k = (pc - STUBS - TAIL) / TAIL_BYTES;
    out->how = k <= BY_STUB_3 ? k : NOWHERE;
    a->behind = k + 1 + (pc - STUBS - TAIL) % TAIL_BYTES / 4;
}

void emulator_run(struct emulator *m, const struct encoding *e, const struct input *in, struct result *out, struct account *a) {
    processor_enter(m->v, &in->r, e->slot + SLOT_CODE);
    u64 traps = processor_traps(m->v);
    *a = (struct account){.ticks = vcpu_run(m->v, e->insns + 1 + TICKS_BEHIND)};
    m->clock.now += a->ticks;
    a->traps = processor_traps(m->v) - traps;
    *out = (struct result){0};
    processor_leave(m->v, out);
    came_out(m, out, a);
    if (!in->window) return;
    u8 *window = m->ram + DATA_AT + (in->window - DATA);
    memcpy(out->memory, window, WINDOW);
    memcpy(window, m->fresh + (in->window - DATA), WINDOW);
}
