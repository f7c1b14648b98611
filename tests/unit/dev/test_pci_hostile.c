// SPDX-License-Identifier: MIT
// A guest gone mad: random accesses to every port, register and ring of the PCI devices, with plausible values mixed
// in. Nothing may crash, hang or reach outside RAM (the sanitizers look), and two such guests end in the same state.
#include "base/bits.h"
#include "base/le.h"
#include "base/splitmix.h"
#include "dev/ide.h"
#include "dev/virtio_blk.h"
#include "dev/virtio_console.h"
#include "dev/virtio_pci.h"
#include "dev/virtio_rng.h"
#include "pci_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define DISK_BYTES (64 * 1024)
#define IO_AT 0xc000
#define MEM_AT 0xe0000000
#define SLOTS 7
#define STEPS 150000

struct bench {
    struct pci_rig r;
    struct memory_disk disk[3];
    struct chardev chardev;
    u64 random;
};

static void swallow(void *ctx, const u8 *bytes, size_t n) {
    volatile u8 last = 0;
    for (size_t i = 0; i < n; i++) last = bytes[i];
    (void)last;
}

static u64 any(struct bench *b, u64 below) { return splitmix64(&b->random) % below; }

static void assign(struct bench *b) {
    struct pci_windows w = {.io_start = IO_AT, .io_size = 0x1000, .mem_start = MEM_AT, .mem_size = 0x100000};
    pci_assign(b->r.pci, &w);
    for (unsigned slot = 1; slot < SLOTS; slot++)
        for (unsigned fn = 0; fn < 2; fn++) cfg_out(&b->r, slot, fn, PCI_COMMAND, 1, 7);
}

static void init(struct bench *b, u64 seed) {
    memset(b, 0, sizeof *b);
    rig_init(&b->r);
    b->random = seed;
    for (unsigned i = 0; i < 3; i++) memory_disk_init(&b->disk[i], "disk", calloc(1, DISK_BYTES), DISK_BYTES - 100 * i, false);
    struct ide_config c = {.slot = 1, .function = 1, .irq = {rig_isa_line(&b->r, 14), rig_isa_line(&b->r, 15)}};
    c.drive[0][0].kind = c.drive[1][1].kind = IDE_DISK;
    c.drive[0][0].disk = &b->disk[0].disk;
    c.drive[1][1].disk = &b->disk[1].disk;
    c.drive[0][1].kind = c.drive[1][0].kind = IDE_CDROM;
    c.drive[0][1].disk = c.drive[1][0].disk = &b->disk[2].disk;
    struct ide *ide = ide_create(&b->r.env, b->r.pci, &c);
    static const u16 ports[2][2] = {{0x1f0, 0x3f6}, {0x170, 0x376}};
    for (unsigned n = 0; n < 2; n++) {
        assert_int_equal(0, bus_add_io(&b->r.bus, b->r.env.plat, "ide", ports[n][0], &ide_command_ops, &ide->channel[n]));
        assert_int_equal(0, bus_add_io(&b->r.bus, b->r.env.plat, "ide", ports[n][1], &ide_control_ops, &ide->channel[n]));
    }
    b->chardev.write = swallow;
    virtio_blk_create(&b->r.env, virtio_pci(b->r.pci, 3), "virtio-blk0", &b->disk[0].disk);
    virtio_console_create(&b->r.env, virtio_pci(b->r.pci, 4), "virtio-console", &b->chardev);
    virtio_rng_create(&b->r.env, virtio_pci(b->r.pci, 5), "virtio-rng", seed);
    assign(b);
}

// Small numbers, powers of two, RAM addresses, or anything.
static u64 value(struct bench *b) {
    switch (any(b, 5)) {
    case 0: return any(b, 256);
    case 1: return BIT(any(b, 64));
    case 2: return any(b, RIG_RAM) & ~(u64)15;
    case 3: return any(b, 4);
    default: return splitmix64(&b->random);
    }
}

static unsigned width(struct bench *b, unsigned most) { return 1u << any(b, most == 8 ? 4 : 3); }

static void port(struct bench *b) {
    static const u16 bases[] = {0x1f0, 0x1f0, 0x170, 0x170, 0x3f6, 0x376, IO_AT, IO_AT + 8, 0xcf8};
    u16 at = (u16)(bases[any(b, countof(bases))] + any(b, 8));
    unsigned w = width(b, 4);
    if (any(b, 3)) bus_out(&b->r.bus, at, w, (u32)value(b));
    else bus_in(&b->r.bus, at, w);
}

// A whole command on one of the channels, so that data phases are reached.
static void ata_command(struct bench *b) {
    static const u8 commands[] = {0x20, 0x24, 0x25, 0x29, 0x30, 0x34, 0x35, 0x39, 0xa0, 0xa0, 0xa0, 0xa1, 0xc4,
                                  0xc5, 0xc6, 0xc8, 0xca, 0xe7, 0xec, 0xef, 0x08, 0x90, 0xf8, 0x27, 0x40};
    u16 base = any(b, 2) ? 0x1f0 : 0x170;
    bus_out(&b->r.bus, base + 6, 1, 0xa0 | (any(b, 2) << 4) | (any(b, 2) << 6));
    for (u16 i = 1; i < 6; i++) bus_out(&b->r.bus, base + i, 1, (u32)any(b, any(b, 2) ? 4 : 256));
    u8 command = commands[any(b, countof(commands))];
    bus_out(&b->r.bus, base + 7, 1, command);
    if (command != 0xa0) return;
    static const u8 opcodes[] = {0x00, 0x03, 0x12, 0x1b, 0x1e, 0x25, 0x28, 0x2b, 0x43, 0x46, 0x4a, 0x51, 0x5a, 0xa8, 0xbd, 0xbe};
    u8 cdb[12] = {opcodes[any(b, countof(opcodes))]};
    for (unsigned i = 1; i < 12; i++) cdb[i] = (u8)(any(b, 3) ? 0 : any(b, 256));
    for (unsigned i = 0; i < 12; i += 2) bus_out(&b->r.bus, base, 2, ld16(cdb + i));
}

static void data_words(struct bench *b) {
    u16 base = any(b, 2) ? 0x1f0 : 0x170;
    unsigned n = (unsigned)any(b, 600), w = width(b, 4);
    bool out = any(b, 2);
    for (unsigned i = 0; i < n; i++) {
        if (out) bus_out(&b->r.bus, base, w, (u32)i);
        else bus_in(&b->r.bus, base, w);
    }
}

static void config(struct bench *b) {
    unsigned slot = (unsigned)any(b, SLOTS), fn = (unsigned)any(b, 4), at = (unsigned)any(b, 256) & ~3u;
    if (any(b, 2)) cfg_out(&b->r, slot, fn, at, 4, (u32)value(b));
    else cfg_in(&b->r, slot, fn, at, 4);
}

static void memory(struct bench *b) {
    // Mostly the first pages of the virtio structures: the windows were assigned in this order.
    u64 at = MEM_AT + (any(b, 16) << 12) + any(b, any(b, 2) ? 64 : 4096);
    unsigned w = width(b, 8);
    if (any(b, 3)) bus_write(&b->r.bus, at & ~(u64)(w - 1), w, value(b));
    else bus_read(&b->r.bus, at & ~(u64)(w - 1), w);
}

// Brings a virtio device up with random rings, then rings its bell.
static void virtio(struct bench *b, unsigned slot) {
    u64 bar = cfg_in(&b->r, slot, 0, 0x20, 4) & ~15u;
    static const u8 steps[][3] = {{20, 1, 0}, {20, 1, 3}, {8, 4, 1}, {12, 4, 1}, {8, 4, 0}, {12, 4, 0}, {20, 1, 11}};
    for (unsigned i = 0; i < countof(steps); i++) bus_write(&b->r.bus, bar + steps[i][0], steps[i][1], steps[i][2]);
    for (unsigned q = 0; q < 2; q++) {
        u64 at = any(b, RIG_RAM) & ~(u64)0xfff;
        bus_write(&b->r.bus, bar + 22, 2, q);
        bus_write(&b->r.bus, bar + 24, 2, BIT(any(b, 8)));
        for (unsigned ring = 0; ring < 3; ring++) bus_write(&b->r.bus, bar + 32 + 8 * ring, 8, at + 0x400 * ring * any(b, 4));
        bus_write(&b->r.bus, bar + 28, 2, 1);
        for (unsigned i = 0; i < 0x1000 && at + i < RIG_RAM; i += 16) {
            u8 *d = b->r.ram + at + i;
            st64(d, value(b));
            st32(d + 8, (u32)any(b, 1024));
            st16(d + 12, (u16)any(b, 8));
            st16(d + 14, (u16)any(b, 8));
        }
    }
    bus_write(&b->r.bus, bar + 20, 1, 15);
    for (unsigned q = 0; q < 2; q++) bus_write(&b->r.bus, bar + 0x3000 + 4 * q, 2, q);
}

static void prd_table(struct bench *b) {
    u32 table = (u32)any(b, RIG_RAM) & ~(u32)7;
    for (unsigned i = 0; i < 64 && table + 8 * i + 8 <= RIG_RAM; i++) {
        st32(b->r.ram + table + 8 * i, (u32)value(b));
        st32(b->r.ram + table + 8 * i + 4, (u32)value(b));
    }
    unsigned channel = 8 * (unsigned)any(b, 2);
    bus_out(&b->r.bus, (u16)(IO_AT + channel + 4), 4, table);
    bus_out(&b->r.bus, (u16)(IO_AT + channel), 1, 0);
    bus_out(&b->r.bus, (u16)(IO_AT + channel), 1, 1 | (u32)any(b, 2) << 3);
}

static void step(struct bench *b) {
    switch (any(b, 64)) {
    case 0: return assign(b);
    case 1 ... 4: return virtio(b, 3 + (unsigned)any(b, 3));
    case 5 ... 8: return prd_table(b);
    case 9 ... 16: return ata_command(b);
    case 17 ... 20: return data_words(b);
    case 21 ... 24: b->chardev.input(b->chardev.dev, (const u8 *)"input", 5); return;
    case 25 ... 28: return config(b);
    case 29 ... 44: return memory(b);
    default: b->r.msis = 0; return port(b);
    }
}

static u64 run(u64 seed) {
    static struct bench b;
    init(&b, seed);
    for (unsigned i = 0; i < STEPS; i++) step(&b);
    u64 h = state_hash(&b.r.state);
    for (unsigned i = 0; i < 3; i++) free(b.disk[i].data);
    rig_free(&b.r);
    return h;
}

static void mad_guest(void **state) {
    for (u64 seed = 1; seed <= 2; seed++) assert_true(run(seed) == run(seed));
    assert_true(run(1) != run(3));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(mad_guest)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
