// SPDX-License-Identifier: MIT
// Any instructions in any state that a RISC-V guest can set up: M, S and U mode, every satp mode over page tables with anything in them,
// any CSRs, PMP, code that writes over itself and a device in its reach. Whatever happens stays inside RAM, leaves a legal state, takes
// no more than its ticks, and does not depend on how the run was sliced.
//
// The input: u8 mode, u8 others, u8 slicing, then pieces: 1mmmmmmm and a u32, an instruction of row m whose free bits are the word's;
// 00rrrrr. and a value, register r; 01...... and two bytes, code as it stands.
// CI: 2100 runs.
#include "base/bits.h"
#include "base/le.h"
#include "riscv_rig.h"
#include "sliced.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

enum { ROOT = 0x9000, MIDDLE = 0xa000, LAST = 0xb000, CODE_END = RIG_DATA - 8 };

static u64 place(struct input *in, u8 how) {
    switch (how >> 5) {
    case 2: return RIG_RAM + (take(in, 2) & (RIG_RAM_SIZE - 1));
    case 3: return SLICED_DEVICE - 16 + take(in, 1);
    case 4: return RIG_RAM + ROOT + (take(in, 2) & 0x2fff);
    default: return (RIG_RAM + ((u64)(how & 15) << 12)) >> 2 | 0xcf; // an entry of the tables
    }
}

// Any row's encoding with any free bits: so every instruction is a step away, and not one word in a million.
static u32 encode(unsigned row, u32 word, unsigned *width) {
    unsigned count = 0;
    for (unsigned t = 0; rv_tables[t]; t++) count += rv_tables[t]->count;
    row %= count;
    unsigned t = 0;
    while (row >= rv_tables[t]->count) row -= rv_tables[t++]->count;
    struct rv_pattern p;
    if (!rv_pattern_parse(rv_tables[t]->rows[row].bits, &p)) abort();
    *width = p.width / 8;
    return (word & ~p.mask) | p.match;
}

static void put(struct riscv_rig *r, u64 at, u64 v) { st64(r->ram + at, v); }

// Sv39 by 1 GiB, 2 MiB and 4 KiB pages; for Sv48 and Sv57 the root stands one and two levels higher, and maps itself below.
static void tables(struct riscv_rig *r, unsigned others) {
    u64 flags = 0xcf | (others & 1 ? 0x10 : 0);
    put(r, ROOT + 8 * 0, (RIG_RAM + ROOT) >> 12 << 10 | 1);
    put(r, ROOT + 8 * 2, RIG_RAM >> 12 << 10 | flags);
    put(r, ROOT + 8 * 4, (RIG_RAM + MIDDLE) >> 12 << 10 | 1);
    put(r, MIDDLE, (RIG_RAM + LAST) >> 12 << 10 | 1);
    put(r, MIDDLE + 8, SLICED_DEVICE >> 12 << 10 | flags);
    for (unsigned i = 0; i < 32; i++)
        put(r, LAST + 8 * i, (RIG_RAM + ((u64)(i & 15) << 12)) >> 12 << 10 | (flags & ~(others & 2 ? 0xc0ull : 0)));
}

// What the whole of the input says; the code is at RIG_CODE.
static void set_up(void *rig, struct input in) {
    static const u8 privs[] = {RV_U, RV_S, RV_M, RV_S};
    static const u64 modes[] = {0, 8, 9, 10};
    struct riscv_rig *r = rig;
    riscv_rig_reset(r);
    u8 mode = (u8)take(&in, 1), others = (u8)take(&in, 1);
    take(&in, 1);
    struct rv_state *s = &r->c->s;
    tables(r, others);
    unsigned at = RIG_CODE;
    while (in.left && at < CODE_END) {
        u8 what = (u8)take(&in, 1);
        unsigned bytes = 2;
        if (what & 0x80) st32(r->ram + at, encode((what & 127u) << 1 | (mode & 1), (u32)take(&in, 4), &bytes));
        else if (what & 0x40) st16(r->ram + at, (u16)take(&in, 2));
        else s->x[what >> 1 & 31] = sliced_value(&in, place), bytes = 0;
        at += bytes;
    }
    s->x[0] = 0;
    s->priv = privs[mode >> 1 & 3];
    s->pc = RIG_RAM + RIG_CODE;
    if (s->priv != RV_M) s->satp = modes[mode >> 3 & 3] << 60 | (RIG_RAM + ROOT) >> 12;
    s->medeleg = others & 4 ? RV_DELEGABLE : 0;
    s->mideleg = others & 8 ? RV_S_INTERRUPTS : 0;
    s->menvcfg = others & 16 ? MENVCFG_ADUE : 0;
    s->stvec = others & 32 ? RIG_RAM + RIG_CODE : RIG_RAM + RIG_HANDLER;
    if (others & 64) s->mtvec = RIG_RAM + RIG_CODE;
    if (others & 128) s->mstatus &= ~MSTATUS_FS;
    tlb_flush_all(&r->c->v);
    rv_space_changed(r->c);
}

static void legal(const void *rig) {
    const struct rv_state *s = &((const struct riscv_rig *)rig)->c->s;
    u64 mpp = (s->mstatus & MSTATUS_MPP) >> MSTATUS_MPP_SHIFT, satp = s->satp >> 60;
    bool bad = s->x[0] || (s->priv != RV_U && s->priv != RV_S && s->priv != RV_M) || mpp == 2 ||
               (satp && (satp < 8 || satp > 10)) || s->pc & 1 || s->fcsr > 255 || s->mepc & 1 || s->sepc & 1;
    if (!bad) return;
    fprintf(stderr, "an illegal state: priv %u, mpp %u, satp %llx, pc %llx\n", s->priv, (unsigned)mpp,
            (unsigned long long)s->satp, (unsigned long long)s->pc);
    abort();
}

static u64 run(void *rig, u64 ticks) { return rv_run(((struct riscv_rig *)rig)->c, ticks); }

static bool wake(void *rig) {
    struct rv_state *s = &((struct riscv_rig *)rig)->c->s;
    bool waited = s->waiting;
    s->waiting = 0;
    return waited;
}

static const void *state(void *rig) {
    struct rv_state *s = &((struct riscv_rig *)rig)->c->s;
    s->x[RV_SINK] = s->x[RV_BASE] = 0;
    return s;
}

static u64 pc(const void *s) { return ((const struct rv_state *)s)->pc; }

static const struct sliced_cpu cpu = {sizeof(struct rv_state), set_up, run, wake, legal, state, pc};

int LLVMFuzzerTestOneInput(const u8 *data, size_t size) {
    static struct riscv_rig rig;
    static struct sliced s = {.cpu = &cpu, .rig = &rig, .m = &rig.bare, .ram_size = RIG_RAM_SIZE};
    if (!rig.ram) {
        riscv_rig_open(&rig, "max");
        sliced_open(&s);
    }
    if (size < 4) return 0;
    sliced_run(&s, (struct input){data, size}, 1 + data[2] % 7);
    return 0;
}
