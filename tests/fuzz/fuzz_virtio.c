// SPDX-License-Identifier: MIT
// virtio devices with a hostile driver: rings that lie, loop, overlap, wrap, leave RAM, change while they are live;
// chains and indirect tables of any shape; configuration and status written at the wrong time; notifications without
// end; resets in between. Rings live in a small arena so that a few bytes of input make a plausible one.
// CI: 3000 runs.
#include "board.h"

#include "base/bits.h"
#include "base/le.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

#define ARENA 0x10000 // guest address of the rings
#define PAGE 0x1000

enum { COMMON = 0, ISR = 0x1000, CONFIG = 0x2000, NOTIFY = 0x3000, BAR_SIZE = 0x4000 };
enum {
    DEVICE_FEATURE_SELECT = 0,
    DRIVER_FEATURE_SELECT = 8,
    DRIVER_FEATURE = 12,
    STATUS = 20,
    QUEUE_SELECT = 22,
    QUEUE_SIZE = 24,
    QUEUE_ENABLE = 28,
    QUEUE_DESC = 32,
    QUEUE_DRIVER = 40,
    QUEUE_DEVICE = 48
};
static const u8 slots[] = {4, 5, 3, 2}; // two disks, console, entropy

struct rig {
    struct fuzz_board *b;
    struct input in;
    u8 devfn;
    u64 bar;
};

static void out(struct rig *r, u64 at, unsigned width, u64 v) { bus_write(&r->b->m->bus, r->bar + at, width, v); }
static void ram(struct rig *r, gpa_t at, unsigned width, u64 v) { bus_write(&r->b->m->bus, at, width, v); }

static void choose(struct rig *r, u8 which) {
    r->devfn = (u8)(slots[which % countof(slots)] << 3);
    r->bar = board_bar(r->b, r->devfn, 4);
}

// Inside the arena for the most part; else near an end of RAM, of the address space, or anywhere.
static u64 address(struct rig *r) {
    u8 how = take8(&r->in);
    switch (how >> 5) {
    case 0 ... 3: return ARENA + how * (u64)PAGE / 4;
    case 4: return ARENA + take16(&r->in);
    case 5: return BOARD_RAM - (how & 31);
    case 6: return (u64)0 - (how & 31);
    default: return how & 1 ? take(&r->in, 8) : (u64)(how & 30) << 27;
    }
}

static u32 length(struct rig *r) {
    static const u32 plain[] = {0, 1, 16, 20, 21, 512, 513, 1024, 4096, 0x10000, MiB, 2 * MiB, 0x7fffffff, 0xffffffff, 16, 512};
    u8 how = take8(&r->in);
    return how < 0x80 ? plain[how & 15] : how < 0xc0 ? (u32)(how & 63) * 512 : (u32)take(&r->in, 4);
}

// The driver's hello: features, rings of queue q somewhere, and (mostly) DRIVER_OK.
static void set_up(struct rig *r) {
    u8 how = take8(&r->in), q = how >> 1 & 1, size = how >> 2 & 7;
    board_config_out(r->b, r->devfn, 4, 1, 6);
    if (how & 1) out(r, STATUS, 1, 0);
    out(r, STATUS, 1, 3);
    out(r, DRIVER_FEATURE_SELECT, 4, 1);
    out(r, DRIVER_FEATURE, 4, 1);
    out(r, DRIVER_FEATURE_SELECT, 4, 0);
    out(r, DRIVER_FEATURE, 4, how & 0x20 ? 3u << 28 : how & 0x40 ? 1u << 28 : 0);
    out(r, STATUS, 1, 11);
    out(r, QUEUE_SELECT, 2, q);
    out(r, QUEUE_SIZE, 2, BIT(size));
    if (how & 0x80) {
        for (unsigned ring = 0; ring < 3; ring++) out(r, QUEUE_DESC + 8 * ring, 8, address(r));
    } else {
        for (unsigned ring = 0; ring < 3; ring++) out(r, QUEUE_DESC + 8 * ring, 8, ARENA + PAGE * (4 * q + ring));
    }
    out(r, QUEUE_ENABLE, 2, 1);
    out(r, STATUS, 1, 15);
}

// Descriptors into a table: queue 0's, queue 1's, or one for indirect use.
static void descriptors(struct rig *r) {
    u8 how = take8(&r->in), at = how >> 4;
    gpa_t table = ARENA + PAGE * (how & 3 ? 4u * (how & 1) : 8);
    for (unsigned n = 1 + (how >> 2 & 3); n; n--, at++) {
        u64 where = address(r);
        u8 shape = take8(&r->in); // flags 2..0, next relative to this one
        ram(r, table + at * 16, 8, where);
        ram(r, table + at * 16 + 8, 4, length(r));
        ram(r, table + at * 16 + 12, 2, shape & 7);
        ram(r, table + at * 16 + 14, 2, (u16)(at + 1 + (i8)(shape & 0xf8) / 8));
    }
}

static void offer(struct rig *r, unsigned queue, u16 head) {
    gpa_t avail = ARENA + PAGE * (4 * queue + 1);
    u16 index = (u16)bus_read(&r->b->m->bus, avail + 2, 2);
    ram(r, avail + 4 + 2 * (index & 7), 2, head);
    ram(r, avail + 2, 2, index + 1u);
}

// On one of the disks, or one sector at its end or just behind it: they have 32 sectors and 16.
static u64 sector(struct rig *r, bool *one) {
    u8 how = take8(&r->in);
    *one = how >= 0xc0;
    return *one ? 15u + (how & 1) + (how & 2) * 8u : how % 40;
}

// A whole request that a block device would take: header, data, status. The header lies in the arena.
static void request(struct rig *r) {
    u8 how = take8(&r->in), q = how & 1, at = how >> 4;
    gpa_t table = ARENA + PAGE * 4 * q, header = ARENA + PAGE * 12 + at * 32u;
    static const u8 types[] = {0, 1, 4, 8};
    bool one = false;
    ram(r, header, 4, types[how >> 1 & 3]);
    ram(r, header + 8, 8, how & 8 ? take(&r->in, 8) : sector(r, &one));
    u64 data = address(r);
    u32 bytes = length(r);
    if (one) bytes = 512;
    bool reads = (how >> 1 & 3) != 1;
    const struct {
        u64 at;
        u32 bytes;
        u16 flags;
    } d[3] = {{header, 16, 1}, {data, bytes, reads ? 3 : 1}, {header + 31, 1, 2}};
    for (unsigned i = 0; i < 3; i++) {
        gpa_t to = table + (at * 3u + i) * 16;
        ram(r, to, 8, d[i].at);
        ram(r, to + 8, 4, d[i].bytes);
        ram(r, to + 12, 2, d[i].flags);
        ram(r, to + 14, 2, at * 3u + i + 1);
    }
    offer(r, q, at * 3u);
}

// An indirect table of more descriptors than a queue has, readable ones first.
static void long_chain(struct rig *r) {
    u8 how = take8(&r->in);
    unsigned n = 2u * take8(&r->in) + (how >> 1 & 1), readable = take8(&r->in) * 2u;
    gpa_t table = ARENA + PAGE * 16, one = ARENA + PAGE * 4 * (how & 1);
    for (unsigned i = 0; i < n; i++) {
        ram(r, table + 16 * i, 8, ARENA + PAGE * 12);
        ram(r, table + 16 * i + 8, 4, i ? how >> 4 : 16);
        ram(r, table + 16 * i + 12, 2, (i + 1 < n) | (i < readable ? 0 : 2));
        ram(r, table + 16 * i + 14, 2, i + 1);
    }
    ram(r, one, 8, table);
    ram(r, one + 8, 4, 16 * n);
    ram(r, one + 12, 2, 4);
    offer(r, how & 1, 0);
}

// Heads and index of the available ring, and used_event behind it.
static void available(struct rig *r) {
    u8 how = take8(&r->in);
    gpa_t ring = ARENA + PAGE * (4 * (how & 1) + 1);
    for (unsigned i = 0; i < (how >> 1 & 7u); i++) ram(r, ring + 4 + 2 * i, 2, take8(&r->in));
    ram(r, ring, 2, how >> 7);
    ram(r, ring + 2, 2, how & 0x40 ? take16(&r->in) : (u16)(bus_read(&r->b->m->bus, ring + 2, 2) + (how >> 4 & 3)));
    if (how & 0x10) ram(r, ring + 4 + 2 * (take8(&r->in) & 127), 2, take16(&r->in));
}

static void anything(struct rig *r, bool write) {
    static const struct {
        u16 at, size;
    } parts[] = {{COMMON, 60}, {ISR, 8}, {CONFIG, 70}, {NOTIFY, 16}, {0, BAR_SIZE}};
    u8 how = take8(&r->in);
    unsigned part = how & 7, width = 1u << (how >> 3 & 3);
    if (part >= countof(parts)) part = 0;
    if (how & 0x80) out(r, QUEUE_SELECT, 2, how >> 5 & 3); // two of these there are at most
    u64 at = r->bar + parts[part].at + (parts[part].size > 256 ? take16(&r->in) : take8(&r->in)) % parts[part].size;
    if (write) bus_write(&r->b->m->bus, at, width, how & 0x20 ? take8(&r->in) : how & 0x40 ? address(r) : take(&r->in, width));
    else bus_read(&r->b->m->bus, at, width);
}

static void enable_msix(struct rig *r, bool masked) {
    unsigned at = board_config_in(r->b, r->devfn, 0x34, 1);
    for (unsigned steps = 0; at && steps < 48; steps++, at = board_config_in(r->b, r->devfn, at + 1, 1))
        if (board_config_in(r->b, r->devfn, at, 1) == 0x11) board_config_out(r->b, r->devfn, at + 2, 2, masked ? 0xc000 : 0x8000);
    for (unsigned i = 0; i < 3; i++) {
        u64 entry = board_bar(r->b, r->devfn, 1) + 16 * i;
        bus_write(&r->b->m->bus, entry, 8, 0xfee00000);
        bus_write(&r->b->m->bus, entry + 8, 8, 0x40 + i);
    }
    out(r, 16, 2, 0);
    out(r, 26, 2, 1);
}

// The BAR through configuration space: the last capability's BAR, offset, length, then its data.
static void window(struct rig *r, bool write) {
    unsigned at;
    for (at = 0xfc; at > 0x40 && board_config_in(r->b, r->devfn, at, 4) >> 24 != 5; at -= 4) {}
    u8 how = take8(&r->in);
    board_config_out(r->b, r->devfn, at + 4, 1, how & 4 ? 4 : how >> 5);
    board_config_out(r->b, r->devfn, at + 8, 4, (how & 8 ? COMMON : NOTIFY) + (how & 0x80 ? take16(&r->in) : take8(&r->in)));
    board_config_out(r->b, r->devfn, at + 12, 4, how & 0x10 ? how : 1u << (how & 3));
    if (write) board_config_out(r->b, r->devfn, at + 16, 4, (u32)take(&r->in, 2));
    else board_config_in(r->b, r->devfn, at + 16, 4);
}

// MSI-X table and control, BARs, bus mastering off and on.
static void pci(struct rig *r) {
    u8 how = take8(&r->in);
    if (how >= 0xe0) return enable_msix(r, how & 1);
    if (how >= 0xd0) return window(r, how & 1);
    u8 at = take8(&r->in);
    u32 v = (u32)take(&r->in, how & 4 ? 4 : 1);
    switch (how & 3) {
    case 0: board_config_out(r->b, r->devfn, at & 0xfc, 4, v); break;
    case 1: board_config_in(r->b, r->devfn, at & 0xfc, 4); break;
    case 2: board_config_out(r->b, r->devfn, 4, 2, how >> 3); break;
    default: bus_write(&r->b->m->bus, board_bar(r->b, r->devfn, 1) + at % 0x40, 4, how & 8 ? 0xfee00000 + (v & 0xff000) : v);
    }
    r->bar = board_bar(r->b, r->devfn, 4);
}

// The board gives the console no input; its queue for it is there all the same.
static void type_input(struct rig *r) {
    u8 typed[32] = "words that somebody types in";
    board_console_input(r->b, typed, take8(&r->in) & 31);
}

static void step(struct rig *r) {
    u8 op = take8(&r->in), n = op >> 4;
    switch (op & 15) {
    case 0: return choose(r, n);
    case 1: return set_up(r);
    case 2: return descriptors(r);
    case 3: return available(r);
    case 4: return request(r);
    case 5: return anything(r, true);
    case 6: return anything(r, false);
    case 7: return pci(r);
    case 8: return type_input(r);
    case 9: return out(r, STATUS, 1, take8(&r->in));
    case 10: // one thing to many places: a ring over another, over its data, over page ends
        for (u64 at = address(r), v = take(&r->in, 2); n; n--) ram(r, at + 2 * n, 2, v);
        return;
    case 11: return board_wait(r->b, (u64)1 << n, 16);
    case 12: return board_acknowledge(r->b);
    default:
        if (op >= 0xc0 && (op & 15) == 15) long_chain(r);
        for (unsigned i = 0; i < 1u + (op & 15) - 13; i++) out(r, NOTIFY + 4 * (n & 3), 2, n & 3);
    }
}

static void run(struct fuzz_board *b, struct input *in) {
    struct rig r = {.b = b, .in = *in};
    choose(&r, take8(&r.in));
    while (r.in.left) step(&r);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size) { return board_fuzz(run, data, size); }
