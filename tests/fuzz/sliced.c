// SPDX-License-Identifier: MIT
#include "sliced.h"

#include "base/bits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct sliced_end {
    u64 device;
    int reason;
    alignas(16) u8 bytes[]; // the state, then RAM
};

static u64 device_read(void *dev, u64 offset, unsigned width) { return offset * 0x0101010101010101u + *(u64 *)dev; }
static void device_write(void *dev, u64 offset, unsigned width, u64 v) { *(u64 *)dev += v + offset; }
static const struct io_ops device_ops = {.read = device_read, .write = device_write, .size = 4096, .widths = IO_ANY};

static void finish(void *ctx, int reason, u32 code) { *(int *)ctx = reason; }

static size_t end_size(const struct sliced *s) { return sizeof(struct sliced_end) + s->cpu->state_size + s->ram_size; }

void sliced_open(struct sliced *s) {
    s->whole = calloc(1, end_size(s)), s->cut = calloc(1, end_size(s));
    if (!s->whole || !s->cut) abort();
    s->m->env.finish = finish;
    if (bus_add_mmio(&s->m->bus, &s->m->plat.plat, "device", SLICED_DEVICE, &device_ops, &s->whole->device)) abort();
}

static void connect(struct sliced *s, struct sliced_end *e) {
    e->device = 0;
    e->reason = -1;
    s->m->env.finish_ctx = &e->reason;
    for (unsigned i = 0; i < s->m->bus.mem.regions; i++)
        if (s->m->bus.mem.region[i].ops) s->m->bus.mem.region[i].dev = &e->device;
}

// How long the next slice is: cut is 0 for as long as can be, up to the next event; else it is of 1 .. cut instructions.
static u64 slice(const struct sliced *s, u64 left, u64 turn, unsigned cut) {
    u64 n = cut ? 1 + turn % cut : left, now = s->m->clock.now, next = clock_next(&s->m->clock);
    if (n > left) n = left;
    return next > now && n > next - now ? next - now : n;
}

// A processor that waits is woken, in both ways of running it alike.
static void run(struct sliced *s, struct input in, unsigned cut, struct sliced_end *e) {
    connect(s, e);
    s->cpu->set_up(s->rig, in);
    for (u64 left = SLICED_TICKS, turn = 0; left && e->reason < 0; turn++) {
        u64 n = slice(s, left, turn, cut), start = s->m->clock.now, did = s->cpu->run(s->rig, n);
        if (did > n) abort();
        s->cpu->legal(s->rig);
        s->m->clock.now = start + did; // (an instruction that asks for the time sets it)
        clock_fire(&s->m->clock);
        if (!s->cpu->wake(s->rig) && !did) left--; // the run is over, or an event was due
        left -= did < left ? did : left;
    }
    memcpy(e->bytes, s->cpu->state(s->rig), s->cpu->state_size);
    memcpy(e->bytes + s->cpu->state_size, s->m->ram, s->ram_size);
}

void sliced_run(struct sliced *s, struct input in, unsigned most) {
    run(s, in, 0, s->whole);
    run(s, in, most, s->cut);
    if (!memcmp(s->whole, s->cut, end_size(s))) return;
    size_t state = s->cpu->state_size;
    fprintf(stderr, "slices of 1..%u end elsewhere: pc %llx and %llx, reason %d and %d, %s\n", most,
            (unsigned long long)s->cpu->pc(s->whole->bytes), (unsigned long long)s->cpu->pc(s->cut->bytes), s->whole->reason,
            s->cut->reason,
            memcmp(s->whole->bytes + state, s->cut->bytes + state, s->ram_size) ? "memory differs" : "memory is equal");
    abort();
}

u64 sliced_value(struct input *in, u64 (*place)(struct input *in, u8 how)) {
    u8 how = take8(in);
    switch (how >> 5) {
    case 0: return how;
    case 1: return BIT(2 * (how & 31)) - take8(in);
    case 5: return (u64)0 - (how & 31);
    case 7: return take(in, how & 1 ? 8 : 4);
    default: return place(in, how);
    }
}
