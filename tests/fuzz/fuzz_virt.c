// SPDX-License-Identifier: MIT
// Any sequence of accesses to the devices of the board `virt`, virtio rings that lie among them, time, and typed input. Nothing may
// crash or take for ever, and the same guest must find the same board twice.
// CI: 1400 runs.
#include "base/bits.h"
#include "base/le.h"
#include "input.h"
#include "machine/virt/arch.h"
#include "scripted_plat.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

#define RAM (128 * KiB)
#define DISK (8 * KiB)
#define STEPS 500
#define EVENTS 64

// Of which architecture the board is, the input's first byte says.
struct kind {
    const struct virt_rows *rows;
    gpa_t ram, virtio;
};
static const struct kind kinds[] = {{&virt_rows_riscv64, VIRT_RISCV64_RAM, 0x10001000},
                                    {&virt_rows_gicv3, VIRT_ARM64_RAM, 0xa000000},
                                    {&virt_rows_gicv2, VIRT_ARM64_RAM, 0xa000000}};

struct bench {
    const struct kind *kind;
    struct scripted_plat s;
    struct emu_machine m;
    struct emu_config c;
    struct virt_devices d;
    u8 ram[RAM] __attribute__((aligned(4096)));
    u8 disk[DISK], cdrom[DISK];
    bool level[6];
};

// Small, a power of two (or one less), an address in or just outside RAM, or anything: a byte says which.
static u64 value(const struct bench *b, struct input *in) {
    u8 how = take8(in);
    switch (how >> 6) {
    case 0: return how;
    case 1: return BIT(how & 63) - (take8(in) & 1);
    case 2: return b->kind->ram + ((u64)(how & 63) << 12) + take8(in) * 16;
    default: return take(in, how & 8 ? 8 : 4);
    }
}

static void line(void *ctx, unsigned pin, bool level) { ((struct bench *)ctx)->level[pin] = level; }
static void finish(void *ctx, int reason, u32 code) {}

static struct bench *make(const struct kind *kind) {
    struct bench *b = aligned_alloc(4096, sizeof *b);
    memset(b, 0, sizeof *b);
    b->kind = kind;
    struct emu_machine *m = &b->m;
    scripted_plat_init(&b->s);
    b->c.virtio_console = true;
    m->plat = &b->s.plat;
    m->config = &b->c;
    m->env = (struct env){.plat = m->plat, .clock = &m->clock, .state = &m->state, .finish = finish};
    m->console = console_create(&m->env, &b->c);
    struct emu_inputs in = {.disk = {[0] = {"disk", b->disk, DISK}}};
    const struct blob cdrom = {"cdrom", b->cdrom, DISK - 1};
    const struct virt_lines lines = {.msip = {line, b, 0},
                                     .mtip = {line, b, 1},
                                     .meip = {line, b, 2},
                                     .seip = {line, b, 3},
                                     .irq = {line, b, 4},
                                     .fiq = {line, b, 5}};
    if (bus_add_ram(&m->bus, m->plat, "RAM", kind->ram, RAM, b->ram, false)) abort();
    bus_track_pages(&m->bus, &m->env);
    if (virt_add_devices(&b->d, m, &in, &cdrom, kind->rows, &lines)) abort();
    return b;
}

static void access(struct bench *b, struct input *in, unsigned width, bool write) {
    const struct virt_row *r = &b->kind->rows->row[take8(in) % b->kind->rows->count];
    u64 offset = take(in, 2),
        at = r->at + (offset & 0x8000 ? (offset << 8) % r->size : offset % (r->size < 0x400 ? r->size : 0x400));
    if (write) bus_write(&b->m.bus, at, width, value(b, in));
    else bus_read(&b->m.bus, at, width);
}

static void reg(struct bench *b, u64 at, u32 offset, u32 v) { bus_write(&b->m.bus, at + offset, 4, v); }

// As a driver brings a device up, with its rings somewhere in RAM.
static void bring_up(struct bench *b, struct input *in) {
    u64 at = b->kind->virtio + (u64)(take8(in) % 8) * 0x1000;
    reg(b, at, 0x70, 0), reg(b, at, 0x70, 3);
    reg(b, at, 0x24, 1), reg(b, at, 0x20, 1);
    reg(b, at, 0x24, 0), reg(b, at, 0x20, (u32)take8(in) << 24);
    reg(b, at, 0x70, 11);
    for (unsigned q = 0; q < 2; q++) {
        reg(b, at, 0x30, q), reg(b, at, 0x38, 1u << take8(in) % 9);
        for (u32 ring = 0x80; ring <= 0xa0; ring += 0x10) reg(b, at, ring, (u32)(b->kind->ram + take8(in) * 0x100));
        reg(b, at, 0x44, 1);
    }
    reg(b, at, 0x70, 15);
}

static void descriptor(struct bench *b, struct input *in) {
    u8 *d = b->ram + take8(in) * 16;
    st64(d, value(b, in)), st32(d + 8, (u32)value(b, in)), st16(d + 12, take8(in) & 7), st16(d + 14, take8(in) & 15);
}

static void wait(struct bench *b, u64 ns) {
    struct vclock *c = &b->m.clock;
    u64 end = c->now + ns;
    for (unsigned n = 0; n < EVENTS && clock_next(c) <= end && clock_next(c) != CLOCK_NEVER; n++) {
        if (clock_next(c) > c->now) c->now = clock_next(c);
        clock_fire(c);
    }
    c->now = end;
    clock_fire(c);
}

// What a processor does about interrupts: a claim, or a system register of the GIC.
static void controller(struct bench *b, struct input *in, unsigned how) {
    if (b->kind->rows->gic != 3) {
        (void)bus_read(&b->m.bus, b->kind->rows->gic ? 0x801000c : 0xc200004 + (how & 8 ? 0x1000 : 0), 4);
        return;
    }
    u64 v = how & 4 ? value(b, in) : take8(in);
    u8 reg = take8(in);
    gic_sysreg(b->d.gic, how & 1 ? 0xc230 : 0xc640 | (reg & 0x3f), how & 8, &v);
}

static void step(struct bench *b, struct input *in) {
    static char typed[17];
    u8 op = take8(in);
    switch (op & 15) {
    case 0 ... 5: return access(b, in, 1u << (op >> 4 & 3), !(op & 0x80));
    case 6 ... 7: return access(b, in, 4, !(op & 0x80));
    case 8: return bring_up(b, in);
    case 9: return descriptor(b, in);
    case 10: // bytes of a ring, or of a request
        for (unsigned n = op >> 4, at = (unsigned)take(in, 2) % (RAM - 64); n; n--) b->ram[at + n] = take8(in);
        return;
    case 11: st16(b->ram + (unsigned)(take8(in) * 0x100 + 2) % RAM, (u16)take8(in)); return; // the index of an available ring
    case 12: return reg(b, b->kind->virtio + (u64)(op >> 4 & 7) * 0x1000, 0x50, take8(in) & 3);
    case 13: return wait(b, (u64)1 << take8(in) % 40);
    case 14: return controller(b, in, op >> 4);
    default:
        memset(typed, 'x', op >> 4);
        typed[op >> 4] = 0;
        b->s.input = typed;
        console_poll(b->m.console);
    }
}

static u64 run(const u8 *data, size_t size) {
    struct input in = {data, size};
    struct bench *b = make(&kinds[take8(&in) % countof(kinds)]);
    for (unsigned n = 0; in.left && n < STEPS; n++) step(b, &in);
    struct hash h;
    hash_init(&h);
    hash_bytes(&h, b->level, sizeof b->level);
    hash_bytes(&h, b->ram, RAM);
    u64 devices = state_hash(&b->m.state);
    hash_bytes(&h, &devices, sizeof devices);
    env_free_all(&b->m.env);
    free(b);
    return hash_final(&h);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size) {
    u64 first = run(data, size);
    if (size % 16 == 0 && run(data, size) != first) abort();
    return 0;
}
