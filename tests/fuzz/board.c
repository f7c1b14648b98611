// SPDX-License-Identifier: MIT
#define _GNU_SOURCE
#include "board.h"

#include "base/bits.h"
#include "base/le.h"
#include "core/chardev.h"
#include "machine/pc/pc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

// A copy of every block that the machine got from its platform. The arena of decoded blocks is left out: nothing runs.
#define COPY_MOST (320 * KiB) // a VGA has 257
#define BLOCKS 256
#define MOST 2048 // bytes of input; a step takes one to twenty
static struct block_copy {
    u8 *at, *copy;
    size_t size;
} blocks[BLOCKS];
static unsigned block_count;

static void *(*plain_alloc)(struct plat *, size_t, size_t);

static void *recording_alloc(struct plat *p, size_t bytes, size_t align) {
    u8 *m = plain_alloc(p, bytes, align);
    if (bytes <= COPY_MOST) {
        if (block_count == BLOCKS) abort();
        blocks[block_count++] = (struct block_copy){.at = m, .size = bytes};
    }
    return m;
}

// A guest may be wrong as often as it likes, so an error line for it would be a flood.
static unsigned errors;

static void count_errors(struct plat *p, enum log_level level, const char *line) { errors += level == LOG_ERROR; }

// RAM is a private mapping of its first contents between two pages nobody may touch: what a run changed is forgotten by
// dropping the pages. The first contents are shared, to be compared with.
static u8 *first_ram;
static int ram_file;

static u8 *map(size_t bytes, int flags) {
    u8 *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, flags, ram_file, 0);
    if (at == MAP_FAILED) abort();
    return at;
}

static u8 *map_ram(void) {
    ram_file = memfd_create("ram", 0);
    if (ram_file < 0 || ftruncate(ram_file, BOARD_RAM)) abort();
    first_ram = map(BOARD_RAM, MAP_SHARED);
    u8 *fence = mmap(NULL, 4 * BOARD_RAM, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (fence == MAP_FAILED) abort();
    u8 *at = (u8 *)align_up((hva_t)fence + 1, BOARD_RAM);
    if (mmap(at, BOARD_RAM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, ram_file, 0) != at) abort();
    return at;
}

static struct blob firmware;

void board_give_firmware(u8 *rom, u64 size) { firmware = (struct blob){"firmware", rom, size}; }

static void create(struct fuzz_board *b) {
    static u8 code[] = {0xf4, 0xeb, 0xfd}; // hlt; jmp
    struct emu_config c;
    struct emu_inputs in = {.kernel = {"fuzz", code, sizeof code}};
    scripted_plat_init(&b->s);
    plain_alloc = b->s.plat.alloc;
    b->s.plat.alloc = recording_alloc;
    b->ram = map_ram();
    b->disk = plain_alloc(&b->s.plat, BOARD_DISK, 8);
    b->cdrom = plain_alloc(&b->s.plat, BOARD_CDROM, 8);
    in.disk[0] = (struct blob){"disk", b->disk, BOARD_DISK};
    b->odd = plain_alloc(&b->s.plat, BOARD_ODD, 1); // a sanitizer's red zone behind its last byte
    in.disk[1] = (struct blob){"odd", b->odd, BOARD_ODD};
    in.cdrom = (struct blob){"cdrom", b->cdrom, BOARD_CDROM};
    config_defaults(&c);
    c.has_load_address = !firmware.data;
    c.load_address = 0x7c00;
    in.firmware = in.vga_bios = firmware;
    if (firmware.data) in.kernel = (struct blob){0};
    c.virtio_console = true;
    if (emu_create(&b->m, &c, &in, &b->s.plat, b->ram, BOARD_RAM)) {
        fputs(b->s.log, stderr);
        abort();
    }
    b->cpu = x86_of(b->m->bus.code_ctx);
    b->s.plat.log = count_errors;
}

// The one board.
static struct fuzz_board *board(void) {
    static struct fuzz_board *b;
    if (b) return b;
    b = calloc(1, sizeof *b);
    create(b);
    for (unsigned i = 0; i < block_count; i++) {
        blocks[i].copy = malloc(blocks[i].size);
        memcpy(blocks[i].copy, blocks[i].at, blocks[i].size);
    }
    memcpy(first_ram, b->ram, BOARD_RAM);
    return b;
}

static void again(struct fuzz_board *b) {
    for (unsigned i = 0; i < block_count; i++) memcpy(blocks[i].at, blocks[i].copy, blocks[i].size);
    if (madvise(b->ram, BOARD_RAM, MADV_DONTNEED)) abort();
    memset(b->disk, 0, BOARD_DISK);
    memset(b->odd, 0, BOARD_ODD);
    b->s.input = NULL;
    errors = 0;
    b->s.out_len = b->s.log_len = b->s.records_len = 0;
}

// Of everything but RAM.
static u64 hash_of(struct fuzz_board *b) {
    struct state_set devices = {0};
    for (unsigned i = 0; i < b->m->state.parts; i++)
        if (strcmp(b->m->state.part[i].name, "ram")) devices.part[devices.parts++] = b->m->state.part[i];
    return state_hash(&devices);
}

static u16 select_config(struct fuzz_board *b, unsigned devfn, unsigned at) {
    bus_out(&b->m->bus, 0xcf8, 4, 0x80000000u | devfn << 8 | (at & 0xfc));
    return (u16)(0xcfc + (at & 3));
}

u32 board_config_in(struct fuzz_board *b, unsigned devfn, unsigned at, unsigned width) {
    return bus_in(&b->m->bus, select_config(b, devfn, at), width);
}

void board_config_out(struct fuzz_board *b, unsigned devfn, unsigned at, unsigned width, u32 value) {
    bus_out(&b->m->bus, select_config(b, devfn, at), width, value);
}

u64 board_bar(struct fuzz_board *b, unsigned devfn, unsigned bar) {
    u32 low = board_config_in(b, devfn, 0x10 + 4 * bar, 4);
    if (low & 1) return low & ~3u;
    return (low & ~15u) | ((low & 4) ? (u64)board_config_in(b, devfn, 0x14 + 4 * bar, 4) << 32 : 0);
}

void board_wait(struct fuzz_board *b, u64 ns, unsigned events) {
    struct vclock *c = &b->m->clock;
    u64 end = c->now + ns;
    while (events-- && clock_next(c) <= end && clock_next(c) != CLOCK_NEVER) {
        if (clock_next(c) > c->now) c->now = clock_next(c);
        clock_fire(c);
    }
    c->now = end;
    clock_fire(c);
}

void board_console_input(struct fuzz_board *b, const u8 *bytes, size_t n) {
    struct chardev *c = pc_second_console(b->m);
    if (c->input) c->input(c->dev, bytes, n);
}

void board_acknowledge(struct fuzz_board *b) {
    const struct x86_apic_port *a = &b->cpu->apic;
    if (a->pending(a->ctx) && a->ack(a->ctx) > 255) abort();
}

// What no guest can bring about.
static void check(const struct fuzz_board *b) {
    const struct emu_machine *m = b->m;
    if (m->done && (unsigned)m->reason >= EMU_REASONS) abort();
    if (errors) abort();
    unsigned queued = 0;
    for (const struct event *e = m->clock.head; e; e = e->next)
        if (!e->queued || ++queued > m->clock.events || (e->next && e->next->when < e->when)) abort();
    for (const struct space *s = &m->bus.mem; s; s = s == &m->bus.mem ? &m->bus.io : NULL)
        for (unsigned i = 1; i < s->regions; i++)
            if (s->region[i - 1].start + s->region[i - 1].size > s->region[i].start) abort();
}

static u64 once(void (*run)(struct fuzz_board *b, struct input *in), const u8 *data, size_t size) {
    struct fuzz_board *b = board();
    struct input in = {data, size};
    again(b);
    run(b, &in);
    check(b);
    return hash_of(b);
}

int board_fuzz(void (*run)(struct fuzz_board *b, struct input *in), const u8 *data, size_t size) {
    static u8 ram[BOARD_RAM];
    if (size > MOST) size = MOST;
    u64 first = once(run, data, size);
    if (size % 32) return 0; // comparing costs as much as everything else
    memcpy(ram, board()->ram, sizeof ram);
    if (once(run, data, size) != first || memcmp(ram, board()->ram, sizeof ram)) abort();
    return 0;
}
