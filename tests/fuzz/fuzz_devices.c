// SPDX-License-Identifier: MIT
// Any sequence of accesses to the devices of the PC board: ports, MMIO, MSRs, configuration space, ATAPI commands with
// their DMA, time, interrupts, typed input. Nothing may crash, and the same guest must find the same board twice.
// CI: 4200 runs.
#include "board.h"

#include "base/bits.h"
#include "base/le.h"
#include "isa/x86_64/sys/sys.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

#define BUS_MASTER_AT 0xc000
#define EVENTS 64 // that one step waits for

static const struct window {
    u32 at, size;
} ports[] = {{0x20, 2},  {0xa0, 2},  {0x4d0, 2}, {0x40, 4},  {0x61, 1},  {0x70, 2},           {0x60, 1},   {0x64, 1},   {0x92, 1},
             {0xe9, 1},  {0xf4, 4},  {0x3f8, 8}, {0x2f8, 8}, {0xcf8, 8}, {0x600, 12},         {0x60c, 4},  {0x700, 16}, {0xb2, 2},
             {0x1f0, 8}, {0x170, 8}, {0x170, 8}, {0x3f6, 1}, {0x376, 1}, {BUS_MASTER_AT, 16}, {0, 0x10000}},
  memory[] = {{0xfec00000, 0x44},   {0xfed00000, 0x160},   {0xfee00000, 0x400},
              {0xfee00000, 0x1000}, {0xfeb00000, 0x10000}, {0xc0000000, 0x40000}};

// Small, a power of two (or one less), an address in or just outside RAM, or anything: a byte says which.
static u64 value(struct input *in) {
    u8 how = take8(in);
    switch (how >> 6) {
    case 0: return how;
    case 1: return BIT(how & 63) - (take8(in) & 1);
    case 2: return ((u64)(how & 63) << 15) + take8(in) * 8;
    default: return take(in, how & 8 ? 8 : 4);
    }
}

static void port(struct fuzz_board *b, struct input *in, unsigned width, bool write) {
    const struct window *w = &ports[take8(in) % countof(ports)];
    u16 at = (u16)(w->at + (w->size > 256 ? take16(in) : take8(in)) % w->size);
    if (write) bus_out(&b->m->bus, at, width, (u32)value(in));
    else bus_in(&b->m->bus, at, width);
}

static void mmio(struct fuzz_board *b, struct input *in, unsigned width, bool write) {
    const struct window *w = &memory[take8(in) % countof(memory)];
    u64 at = w->at + take16(in) % w->size;
    if (write) bus_write(&b->m->bus, at, width, value(in));
    else bus_read(&b->m->bus, at, width);
}

static void config(struct fuzz_board *b, struct input *in, unsigned width, bool write) {
    u8 devfn = take8(in) % 48, at = take8(in);
    if (width == 8) width = 4;
    if (write) board_config_out(b, devfn, at & ~(width - 1), width, (u32)value(in));
    else board_config_in(b, devfn, at & ~(width - 1), width);
}

static void msr(struct fuzz_board *b, struct input *in, bool write) {
    static const u32 others[] = {0x1b, 0x1b, 0x10, 0x3b, 0x6e0, 0x6e0};
    u8 which = take8(in);
    u32 number = which < 0x80 ? 0x800 + which % 0x40 : others[which % countof(others)];
    u64 v;
    if (write) x86_msr_write(b->cpu, number, value(in));
    else x86_msr_read(b->cpu, number, &v);
}

// A register behind an index, and its data: I/O APIC, RTC.
static void indexed(struct fuzz_board *b, struct input *in, bool write) {
    struct bus *bus = &b->m->bus;
    u8 index = take8(in);
    if (index < 0x80) {
        bus_write(bus, 0xfec00000, 4, index);
        if (write) bus_write(bus, 0xfec00010, 4, value(in));
        else bus_read(bus, 0xfec00010, 4);
    } else {
        bus_out(bus, 0x70, 1, take8(in));
        if (write) bus_out(bus, 0x71, 1, (u32)value(in));
        else bus_in(bus, 0x71, 1);
    }
}

// One port many times, or written and read by turns: queues run full, empty, and round. COM1 may hear itself.
static void flood(struct fuzz_board *b, struct input *in, bool write) {
    const struct window *w = &ports[take8(in) % countof(ports)];
    u16 at = (u16)(w->at + take8(in) % w->size);
    u8 times = take8(in), v = take8(in);
    if (times & 128) {
        bus_out(&b->m->bus, 0x3fc, 1, 0x10);
        at = 0x3f8;
    }
    for (unsigned n = times & 63; n; n--) {
        if (write || times & 64) bus_out(&b->m->bus, at, 1, v);
        if (!write || times & 64) bus_in(&b->m->bus, at, 1);
    }
}

// A command with its packet, as a driver sends it; one kind reads sectors of the disc, up to its end and over it.
static void atapi(struct fuzz_board *b, struct input *in) {
    struct bus *bus = &b->m->bus;
    u8 how = take8(in);
    bus_out(bus, 0x176, 1, 0xa0 | (how >> 2 & 16));
    bus_out(bus, 0x171, 1, how & 1);
    bus_out(bus, 0x174, 1, take8(in));
    bus_out(bus, 0x175, 1, take8(in));
    bus_out(bus, 0x177, 1, how & 0x80 ? take8(in) : 0xa0);
    if (how & 0x10) {
        const u8 packet[12] = {0x28, [5] = take8(in) % (BOARD_CDROM / 2048 + 2), [8] = take8(in) % (BOARD_CDROM / 2048 + 2)};
        for (unsigned i = 0; i < 12; i += 2) bus_out(bus, 0x170, 2, ld16(packet + i));
        return;
    }
    for (unsigned i = 0; i < 6; i++) bus_out(bus, 0x170, 2, take16(in));
}

static void data_words(struct fuzz_board *b, struct input *in, unsigned width, bool write) {
    for (unsigned n = take8(in) * 4u; n; n--) {
        if (write) bus_out(&b->m->bus, 0x170, width, n);
        else bus_in(&b->m->bus, 0x170, width);
    }
}

// A table of physical regions from the input, and the bus master started on it.
static void bus_master(struct fuzz_board *b, struct input *in) {
    u32 table = (u32)take8(in) << 13;
    unsigned n = take8(in) & 15;
    for (unsigned i = 0; i < n; i++)
        bus_write(&b->m->bus, table + 8 * i, 8, (u32)value(in) | (u64)take16(in) << 32 | (u64)take8(in) << 56);
    u8 how = take8(in);
    board_config_out(b, 1 << 3 | 1, 4, 1, how & 2 ? 1 : 5);
    bus_out(&b->m->bus, BUS_MASTER_AT + 12, 4, table);
    bus_out(&b->m->bus, BUS_MASTER_AT + 8, 1, how & 8);
    bus_out(&b->m->bus, BUS_MASTER_AT + 8, 1, 1 | (how & 8));
}

// As a guest does that has no timer running but one, and halts.
static void sleep_until_the_end(struct fuzz_board *b, struct input *in) {
    u64 until = CLOCK_END - BIT(take8(in) % 40);
    if (clock_next(&b->m->clock) > until && b->m->clock.now < until) b->m->clock.now = until;
}

static void step(struct fuzz_board *b, struct input *in) {
    static char typed[17];
    u8 op = take8(in);
    unsigned width = 1u << (op >> 4 & 3);
    bool write = !(op & 0x80);
    switch (op & 15) {
    case 0:
        if (op & 0x40) return flood(b, in, write);
        [[fallthrough]];
    case 1 ... 3: return port(b, in, width == 8 ? 4 : width, write);
    case 4:
        if (op & 0x40) return indexed(b, in, write);
        [[fallthrough]];
    case 5: return mmio(b, in, width, write);
    case 6: return msr(b, in, write);
    case 7: return config(b, in, width, write);
    case 8: return atapi(b, in);
    case 9: return data_words(b, in, width == 8 ? 4 : width, write);
    case 10: return bus_master(b, in);
    case 11: return board_wait(b, take8(in) * 16, EVENTS);
    case 12: return board_wait(b, (u64)1 << take8(in) % 24, EVENTS);
    case 13:
        if (op >> 4 == 15) return sleep_until_the_end(b, in);
        // an hour: as with a host's clock after a pause, but for the timers whose edges are all made up for
        for (unsigned i = 0; i < EVENTS && clock_next(&b->m->clock) < CLOCK_END; i++)
            board_wait(b, clock_next(&b->m->clock) - b->m->clock.now, 1);
        return;
    case 14: return board_acknowledge(b);
    default:
        memset(typed, 'x', op >> 4);
        typed[op >> 4] = 0;
        b->s.input = typed;
        console_poll(b->m->console);
    }
}

static void run(struct fuzz_board *b, struct input *in) {
    while (in->left) step(b, in);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size) { return board_fuzz(run, data, size); }
