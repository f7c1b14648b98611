// SPDX-License-Identifier: MIT
// What a board has for the sake of firmware: fw_cfg with descriptors that say anything, PAM and shadow RAM, addresses and interrupts of PCI
// functions that nobody has assigned yet.
// CI: 4200 runs.
#include "board.h"

#include "base/bits.h"
#include "base/le.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

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

static void step(struct fuzz_board *b, struct input *in) {
    u8 op = take8(in), n = op >> 4;
    switch (op & 7) {
    case 0:
    case 1: return dma(b, in);
    case 2: return ports(b, in, n);
    case 3: return item(b, in, n);
    case 4: return board_config_out(b, 0, 0x59 + n % 7, 1, take8(in)); // PAM
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
