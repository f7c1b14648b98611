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
#include "input.h"
#include "riscv_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

enum { TICKS = 600, DEVICE_SIZE = 4096, ROOT = 0x9000, MIDDLE = 0xa000, LAST = 0xb000, CODE_END = RIG_DATA - 8 };
#define DEVICE_AT 0x10000000ull

// A small number, a bit, an address of RAM, of the device or of a table, the top of something, or anything.
static u64 value(struct input *in) {
    u8 how = (u8)take(in, 1);
    switch (how >> 5) {
    case 0: return how;
    case 1: return BIT(2 * (how & 31)) - take(in, 1);
    case 2: return RIG_RAM + (take(in, 2) & (RIG_RAM_SIZE - 1));
    case 3: return DEVICE_AT - 16 + take(in, 1);
    case 4: return RIG_RAM + ROOT + (take(in, 2) & 0x2fff);
    case 5: return (u64)0 - (how & 31);
    case 6: return (RIG_RAM + ((u64)(how & 15) << 12)) >> 2 | 0xcf; // an entry of the tables
    default: return take(in, how & 1 ? 8 : 4);
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

static u64 device_read(void *dev, u64 offset, unsigned width) { return offset * 0x0101010101010101u + *(u64 *)dev; }
static void device_write(void *dev, u64 offset, unsigned width, u64 v) { *(u64 *)dev += v + offset; }
static const struct io_ops device_ops = {.read = device_read, .write = device_write, .size = DEVICE_SIZE, .widths = IO_ANY};

static void finish(void *ctx, int reason, u32 code) { *(int *)ctx = reason; }

static void put(struct riscv_rig *r, u64 at, u64 v) { st64(r->ram + at, v); }

// Sv39 by 1 GiB, 2 MiB and 4 KiB pages; for Sv48 and Sv57 the root stands one and two levels higher, and maps itself below.
static void tables(struct riscv_rig *r, unsigned others) {
    u64 flags = 0xcf | (others & 1 ? 0x10 : 0);
    put(r, ROOT + 8 * 0, (RIG_RAM + ROOT) >> 12 << 10 | 1);
    put(r, ROOT + 8 * 2, RIG_RAM >> 12 << 10 | flags);
    put(r, ROOT + 8 * 4, (RIG_RAM + MIDDLE) >> 12 << 10 | 1);
    put(r, MIDDLE, (RIG_RAM + LAST) >> 12 << 10 | 1);
    put(r, MIDDLE + 8, DEVICE_AT >> 12 << 10 | flags);
    for (unsigned i = 0; i < 32; i++)
        put(r, LAST + 8 * i, (RIG_RAM + ((u64)(i & 15) << 12)) >> 12 << 10 | (flags & ~(others & 2 ? 0xc0ull : 0)));
}

// What the whole of the input says; the code is at RIG_CODE.
static void set_up(struct riscv_rig *r, struct input in, u64 *device) {
    static const u8 privs[] = {RV_U, RV_S, RV_M, RV_S};
    static const u64 modes[] = {0, 8, 9, 10};
    riscv_rig_reset(r);
    *device = 0;
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
        else s->x[what >> 1 & 31] = value(&in), bytes = 0;
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

struct end {
    struct rv_state s;
    u8 ram[RIG_RAM_SIZE];
    u64 device;
    int reason;
};

static void legal(const struct riscv_rig *r) {
    const struct rv_state *s = &r->c->s;
    u64 mpp = (s->mstatus & MSTATUS_MPP) >> MSTATUS_MPP_SHIFT, satp = s->satp >> 60;
    bool bad = s->x[0] || (s->priv != RV_U && s->priv != RV_S && s->priv != RV_M) || mpp == 2 ||
               (satp && (satp < 8 || satp > 10)) || s->pc & 1 || s->fcsr > 255 || s->mepc & 1 || s->sepc & 1;
    if (!bad) return;
    fprintf(stderr, "an illegal state: priv %u, mpp %u, satp %llx, pc %llx\n", s->priv, (unsigned)mpp,
            (unsigned long long)s->satp, (unsigned long long)s->pc);
    abort();
}

// cut: 0 for slices as long as can be; else of 1 .. cut instructions. A hart that waits is woken, in both alike.
static void run(struct riscv_rig *r, struct input in, unsigned cut, struct end *e) {
    u64 *device = &e->device;
    e->reason = -1;
    r->env.finish_ctx = &e->reason;
    struct region *region = &r->bus.mem.region[0];
    for (unsigned i = 0; i < r->bus.mem.regions; i++)
        if (r->bus.mem.region[i].ops) region = &r->bus.mem.region[i];
    region->dev = device;
    set_up(r, in, device);
    for (u64 left = TICKS, turn = 0; left && e->reason < 0; turn++) {
        u64 n = cut ? 1 + turn % cut : left, start = r->clock.now;
        if (n > left) n = left;
        u64 did = rv_run(r->c, n);
        if (did > n) abort();
        legal(r);
        r->clock.now = start + did;
        clock_fire(&r->clock);
        if (!did && !r->c->s.waiting) left--; // the run is over, or an event was due
        left -= did < left ? did : left;
        r->c->s.waiting = 0;
    }
    e->s = r->c->s;
    e->s.x[RV_SINK] = e->s.x[RV_BASE] = 0;
    memcpy(e->ram, r->ram, RIG_RAM_SIZE);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size) {
    static struct riscv_rig rig;
    static struct end whole, cut;
    if (!rig.ram) {
        riscv_rig_open(&rig, "max");
        rig.env.finish = finish;
        if (bus_add_mmio(&rig.bus, &rig.plat.plat, "device", DEVICE_AT, &device_ops, &whole.device)) abort();
    }
    if (size < 4) return 0;
    struct input in = {data, size};
    run(&rig, in, 0, &whole);
    run(&rig, in, 1 + data[2] % 7, &cut);
    if (!memcmp(&whole, &cut, sizeof whole)) return 0;
    fprintf(stderr, "slices of 1..%u end elsewhere: pc %llx and %llx, %s\n", 1 + data[2] % 7, (unsigned long long)whole.s.pc,
            (unsigned long long)cut.s.pc, memcmp(whole.ram, cut.ram, RIG_RAM_SIZE) ? "memory differs" : "memory is equal");
    abort();
}
