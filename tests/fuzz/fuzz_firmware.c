// SPDX-License-Identifier: MIT
// What a board has for the sake of firmware: fw_cfg with descriptors that say anything, PAM and shadow RAM, addresses and interrupts of PCI
// functions that nobody has assigned yet; the screen, whatever its registers say, and the keyboard, whatever is typed.
// CI: 4200 runs.
#include "board.h"

#include "base/bits.h"
#include "base/le.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

enum { EVENTS = 64 }; // that one step waits for
enum { SELECTOR = 0x510, DATA = 0x511, DMA = 0x514, DESCRIPTOR = 0x1000 };

static u64 be(u64 v, unsigned width) { return __builtin_bswap64(v) >> (64 - 8 * width); }

// Anywhere, or near an edge of what is below 1 MiB, of RAM, or of the ROM.
static u64 address(struct input *in) {
    static const u64 edges[] = {0, 0xA0000, 0xC0000, 0xC4000, 0xE0000, 0xF0000, 0x100000, BOARD_RAM, 0xFFFE0000, 0x100000000};
    u8 how = take8(in);
    if (how >= 0xf0) return take(in, 8);
    return edges[how % countof(edges)] + (how & 0x80 ? take16(in) : take8(in) - (u64)128);
}

static u32 length(struct input *in) {
    u8 how = take8(in);
    return how < 0x80 ? how : how < 0xc0 ? 1u << (how & 31) : how < 0xe0 ? take16(in) : (u32)take(in, 4);
}

static void dma(struct fuzz_board *b, struct input *in) {
    struct bus *bus = &b->m->bus;
    u8 how = take8(in);
    u64 at = how & 0x80 ? address(in) : DESCRIPTOR;
    u32 control = (how & 0x40 ? (u32)take8(in) : 0x20u + take8(in) % 10) << 16 | (how & 31);
    bus_write(bus, at, 4, be(control, 4));
    bus_write(bus, at + 4, 4, be(length(in), 4));
    bus_write(bus, at + 8, 8, be(address(in), 8));
    if (how & 0x20 || at >> 32) bus_out(bus, DMA, 4, (u32)be(at >> 32, 4));
    bus_out(bus, DMA + 4, 4, (u32)be(at, 4));
}

static void ports(struct fuzz_board *b, struct input *in, unsigned n) {
    struct bus *bus = &b->m->bus;
    u16 at = (u16)(SELECTOR + take8(in) % 12);
    unsigned width = 1u << n % 3;
    if (n & 4) bus_out(bus, at, width, (u32)take(in, 4));
    else bus_in(bus, at, width);
}

static void item(struct fuzz_board *b, struct input *in, unsigned n) {
    bus_out(&b->m->bus, SELECTOR, 2, take8(in));
    for (unsigned i = 0; i < n * 16; i++) bus_in(&b->m->bus, DATA, 1);
}

static void memory(struct fuzz_board *b, struct input *in, unsigned n) {
    u64 at = address(in);
    unsigned width = 1u << (n & 3);
    if (n & 4) bus_write(&b->m->bus, at, width, take(in, 4) * 0x100000001);
    else bus_read(&b->m->bus, at, width);
}

// 80 by 25 cells, as a BIOS sets them.
static void text_mode(struct bus *bus) {
    static const u16 indexed[][2] = {{0x3c4, 0x0302}, {0x3c4, 0x0204}, {0x3ce, 0x1005}, {0x3ce, 0x0e06},
                                     {0x3ce, 0xff08}, {0x3d4, 0x4f01}, {0x3d4, 0x1f07}, {0x3d4, 0x4f09},
                                     {0x3d4, 0x8f12}, {0x3d4, 0x2813}, {0x3d4, 0xa317}};
    bus_out(bus, 0x3c2, 1, 0x67);
    for (unsigned i = 0; i < countof(indexed); i++) bus_out(bus, indexed[i][0], 2, indexed[i][1]);
    bus_in(bus, 0x3da, 1);
    bus_out(bus, 0x3c0, 1, 0x20);
}

// A register of the adapter, mostly behind its index; or a text mode.
static void vga(struct fuzz_board *b, struct input *in, unsigned n) {
    static const u16 indexed[] = {0x3c4, 0x3ce, 0x3d4, 0x3b4};
    struct bus *bus = &b->m->bus;
    if (n < 8) {
        bus_out(bus, indexed[n & 3], 2, take8(in) % 26 | (u32)take8(in) << 8);
        return;
    }
    if (n < 12) {
        bus_in(bus, 0x3da, 1);
        bus_out(bus, 0x3c0, 1, take8(in) % 64);
        bus_out(bus, 0x3c0, 1, n == 11 ? 0x20 : take8(in));
        return;
    }
    if (n == 12) {
        text_mode(bus);
        return;
    }
    u16 at = (u16)(0x3b0 + take8(in) % 48);
    if (n & 1) bus_out(bus, at, n & 2 ? 2 : 1, take16(in));
    else bus_in(bus, at, n & 2 ? 2 : 1);
}

static void vga_memory(struct fuzz_board *b, struct input *in, unsigned n) {
    u64 at = (n & 1 ? 0xB8000 : 0xA0000 + ((u64)take8(in) << 9)) + take16(in) % 4096;
    unsigned width = 1u << (n >> 1 & 3);
    if (n & 8) bus_read(&b->m->bus, at, width);
    for (unsigned i = n & 8 ? 64 : take8(in); i < 64; i++)
        bus_write(&b->m->bus, at + i * width, width, take(in, 4) * 0x100000001);
}

static void type(struct fuzz_board *b, struct input *in, unsigned n) {
    static char typed[17];
    for (unsigned i = 0; i < n; i++) typed[i] = (char)take8(in);
    typed[n] = 0;
    b->s.input = typed;
    console_poll(b->m->console);
}

static void step(struct fuzz_board *b, struct input *in) {
    u8 op = take8(in), n = op >> 4;
    switch (op & 15) {
    case 0:
    case 1: return dma(b, in);
    case 2: return ports(b, in, n);
    case 3: return item(b, in, n);
    case 4: return board_config_out(b, 0, 0x59 + n % 7, 1, take8(in)); // PAM
    case 8:
    case 9: return vga(b, in, n);
    case 10: return vga_memory(b, in, n);
    case 11: return type(b, in, n);
    case 12: return board_wait(b, take8(in) << 16, EVENTS);
    case 13: bus_out(&b->m->bus, n & 1 ? 0x60 : n & 8 ? 0x3f8 : 0x64, 1, take8(in)); return;
    case 14: bus_in(&b->m->bus, n & 1 ? 0x60 : 0x64, 1); return;
    case 5: return board_config_out(b, take8(in) % 64, take8(in) & ~3u, 4, (u32)take(in, 4));
    default: return memory(b, in, n);
    }
}

static void run(struct fuzz_board *b, struct input *in) {
    while (in->left) step(b, in);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size) {
    static u8 rom[128 * KiB];
    memset(rom, 0xf4, sizeof rom);
    board_give_firmware(rom, sizeof rom);
    return board_fuzz(run, data, size);
}
