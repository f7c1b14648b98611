// SPDX-License-Identifier: MIT
// virtio-mmio as a driver meets it (Virtual I/O Device 1.2, 4.2.3): an empty transport, negotiation, a queue of each device type,
// interrupts, stopping and resetting; accesses that no driver makes.
#include "base/bits.h"
#include "base/le.h"
#include "dev/virtio_blk.h"
#include "dev/virtio_console.h"
#include "dev/virtio_mmio.h"
#include "dev/virtio_rng.h"
#include "dev_fixture.h"
#include "hostile_io.h"

#include <stdlib.h>

#define RAM_AT 0x80000000
#define RAM_SIZE (1 * MiB)
#define AT 0x10001000
#define Q 8
#define DESC(n) (0x10000u + (n) * 0x10000)
#define AVAIL(n) (DESC(n) + 0x1000)
#define USED(n) (DESC(n) + 0x2000)
#define DATA 0x80000u
#define SECTORS 64

struct bench {
    struct dev_fixture *f;
    struct bus bus;
    u8 *ram;
    u16 avail[2];
    struct memory_disk disk;
    u8 medium[SECTORS * 512];
};
static struct bench *b;

static u32 rd(u32 at) { return (u32)bus_read(&b->bus, AT + at, 4); }
static void wr(u32 at, u32 v) { bus_write(&b->bus, AT + at, 4, v); }

static struct virtio_place start(void **state) {
    b = calloc(1, sizeof *b);
    b->f = *state;
    b->ram = aligned_alloc(4096, RAM_SIZE);
    memset(b->ram, 0, RAM_SIZE);
    assert_int_equal(bus_add_ram(&b->bus, &b->f->plat.plat, "RAM", RAM_AT, RAM_SIZE, b->ram, false), 0);
    struct virtio_mmio *t = virtio_mmio_create(&b->f->env, &b->bus, probe_line(b->f, 0));
    assert_int_equal(bus_add_mmio(&b->bus, &b->f->plat.plat, "virtio", AT, &virtio_mmio_ops, t), 0);
    return virtio_mmio_place(t);
}
static void end(void) { free(b->ram), free(b); }

static void start_blk(void **state) {
    struct virtio_place place = start(state);
    for (unsigned i = 0; i < sizeof b->medium; i++) b->medium[i] = (u8)(i * 31 + (i >> 9));
    memory_disk_init(&b->disk, "disk", b->medium, sizeof b->medium, false);
    assert_non_null(virtio_blk_create(&b->f->env, place, "disk0", &b->disk.disk));
}

static u64 offered(void) {
    wr(0x14, 0);
    u64 v = rd(0x10);
    wr(0x14, 1);
    return v | (u64)rd(0x10) << 32;
}

static void set_up_queue(unsigned n) {
    wr(0x30, n);
    assert_int_equal(rd(0x44), 0);
    assert_true(rd(0x34) >= Q);
    wr(0x38, Q);
    wr(0x80, RAM_AT + DESC(n)), wr(0x84, 0);
    wr(0x90, RAM_AT + AVAIL(n)), wr(0x94, 0);
    wr(0xa0, RAM_AT + USED(n)), wr(0xa4, 0);
    wr(0x44, 1);
    assert_int_equal(rd(0x44), 1);
    b->avail[n] = 0;
    memset(b->ram + AVAIL(n), 0, 0x2000);
}

static void initialise(u64 features, unsigned queues) {
    wr(0x70, 0);
    assert_int_equal(rd(0x70), 0);
    wr(0x70, 1);
    wr(0x70, 3);
    for (unsigned i = 0; i < 2; i++) wr(0x24, i), wr(0x20, (u32)(features >> 32 * i));
    wr(0x70, 11);
    assert_int_equal(rd(0x70), 11);
    for (unsigned n = 0; n < queues; n++) set_up_queue(n);
    wr(0x70, 15);
    assert_int_equal(rd(0x70), 15);
}

static void desc(unsigned queue, unsigned i, u32 at, u32 length, u16 flags, u16 next) {
    u8 *d = b->ram + DESC(queue) + 16 * i;
    st64(d, RAM_AT + (u64)at);
    st32(d + 8, length);
    st16(d + 12, flags);
    st16(d + 14, next);
}
enum { NEXT = 1, WRITE = 2 };

static void offer(unsigned n, u16 head) {
    st16(b->ram + AVAIL(n) + 4 + 2 * (b->avail[n] % Q), head);
    st16(b->ram + AVAIL(n) + 2, ++b->avail[n]);
    wr(0x50, n);
}
static u16 used(unsigned n) { return ld16(b->ram + USED(n) + 2); }

static u8 blk(u32 type, u64 sector, u32 bytes) {
    st32(b->ram + DATA, type), st64(b->ram + DATA + 8, sector);
    b->ram[DATA + 16] = 0xee;
    desc(0, 0, DATA, 16, NEXT, 1);
    desc(0, 1, DATA + 512, bytes, (u16)(NEXT | (type == 1 ? 0 : WRITE)), 2);
    desc(0, 2, DATA + 16, 1, WRITE, 0);
    offer(0, 0);
    return b->ram[DATA + 16];
}

static void empty(void **state) {
    start(state);
    assert_int_equal(rd(0), 0x74726976);
    assert_int_equal(rd(4), 2);
    assert_int_equal(rd(8), 0);
    u64 seed = 5;
    struct virtio_mmio *t = space_find(&b->bus.mem, AT)->dev;
    for (unsigned i = 0; i < 100000; i++) hostile_access(&virtio_mmio_ops, t, VIRTIO_MMIO_SIZE, &seed);
    for (u32 at = 0; at < VIRTIO_MMIO_SIZE; at += 4)
        assert_int_equal(rd(at), at == 0 ? 0x74726976 : at == 4 ? 2 : at == 12 ? 0x1af4 : 0);
    end();
}

static void identity(void **state) {
    start_blk(state);
    assert_int_equal(rd(8), 2);
    assert_true(offered() & BIT(32));
    wr(0x14, 2);
    assert_int_equal(rd(0x10), 0);
    assert_int_equal(bus_read(&b->bus, AT + 0x100, 8), SECTORS);
    assert_int_equal(bus_read(&b->bus, AT + 0x100, 1), SECTORS);
    assert_int_equal(rd(0x100 + 20), 512);
    assert_int_equal(rd(0xfc), 0);
    assert_int_equal(rd(0xb0), 0xffffffff); // 4.2.2: no shared memory region
    assert_int_equal(rd(0xb4), 0xffffffff);
    static const u32 none[] = {1, 2, 0xffff, 0x10000, 0x10001, 0xffffffff};
    for (unsigned i = 0; i < countof(none); i++) {
        wr(0x30, none[i]);
        assert_int_equal(rd(0x34), 0);
        wr(0x44, 1);
        assert_int_equal(rd(0x44), 0);
    }
    end();
}

static void a_disk(void **state) {
    start_blk(state);
    initialise(BIT(32), 1);
    assert_int_equal(blk(0, 3, 1024), 0);
    assert_memory_equal(b->ram + DATA + 512, b->medium + 3 * 512, 1024);
    assert_int_equal(used(0), 1);
    assert_true(b->f->probe[0].level);
    assert_int_equal(rd(0x60), 1);
    wr(0x64, 2); // another bit
    assert_true(b->f->probe[0].level);
    wr(0x64, 1);
    assert_false(b->f->probe[0].level);
    assert_int_equal(rd(0x60), 0);
    memset(b->ram + DATA + 512, 0x5a, 512);
    assert_int_equal(blk(1, 7, 512), 0);
    assert_int_equal(b->medium[7 * 512], 0x5a);
    assert_int_equal(b->f->probe[0].rises, 2);
    wr(0x50, 1), wr(0x50, 0xffffffff); // there are no such queues
    // What is ready may not change.
    wr(0x80, 0x1234), wr(0x38, 16);
    assert_int_equal(blk(0, 0, 512), 0);
    // Stopped, and set up again.
    wr(0x44, 0);
    assert_int_equal(rd(0x44), 0);
    assert_int_equal(blk(0, 0, 512), 0xee);
    set_up_queue(0);
    assert_int_equal(blk(0, 0, 512), 0);
    assert_int_equal(used(0), 1);
    assert_true(b->f->probe[0].level);
    wr(0x70, 0); // a reset takes the interrupt back
    assert_false(b->f->probe[0].level);
    assert_int_equal(rd(0x60), 0);
    assert_int_equal(rd(0x44), 0);
    end();
}

static void negotiation(void **state) {
    start_blk(state);
    wr(0x70, 3);
    wr(0x24, 0), wr(0x20, 1u << 31), wr(0x24, 1), wr(0x20, 1); // a bit that nobody offers
    wr(0x70, 11);
    assert_int_equal(rd(0x70), 3);
    wr(0x70, 0), wr(0x70, 3); // without VERSION_1
    wr(0x70, 11);
    assert_int_equal(rd(0x70), 3);
    wr(0x70, 0);
    initialise(BIT(32), 0);
    wr(0x30, 0), wr(0x80, 8), wr(0x44, 1); // misaligned
    assert_int_equal(rd(0x44), 0);
    assert_int_equal(rd(0x70), 15 | 0x40);
    assert_int_equal(rd(0x60), 2); // a configuration change
    assert_true(b->f->probe[0].level);
    end();
}

static void entropy_and_console(void **state) {
    struct virtio_place place = start(state);
    assert_non_null(virtio_rng_create(&b->f->env, place, "rng", 42));
    assert_int_equal(rd(8), 4);
    initialise(BIT(32), 1);
    desc(0, 0, DATA, 16, WRITE, 0);
    offer(0, 0);
    u64 seed = 42;
    assert_int_equal(ld64(b->ram + DATA), splitmix64(&seed));
    end();
    place = start(state);
    assert_non_null(virtio_console_create(&b->f->env, place, "console", &b->f->chardev));
    assert_int_equal(rd(8), 3);
    initialise(BIT(32), 2);
    memcpy(b->ram + DATA, "hello", 5);
    desc(1, 0, DATA, 5, 0, 0);
    offer(1, 0);
    assert_string_equal(b->f->text, "hello");
    desc(0, 0, DATA + 100, 8, WRITE, 0);
    offer(0, 0);
    assert_int_equal(used(0), 0);
    assert_int_equal(b->f->chardev.input(b->f->chardev.dev, (const u8 *)"ab", 2), 2);
    assert_int_equal(used(0), 1);
    assert_memory_equal(b->ram + DATA + 100, "ab", 2);
    end();
}

static void hostile(void **state) {
    start_blk(state);
    struct virtio_mmio *t = space_find(&b->bus.mem, AT)->dev;
    u64 seed = 6;
    for (unsigned i = 0; i < 400000; i++) {
        u64 r = splitmix64(&seed);
        if (r % 64 == 0) initialise(BIT(32), 1);
        if (r % 16 == 1) wr(0x80 + (r >> 8 & 0x24), (u32)(RAM_AT + (r >> 20 & 0xffff0)));
        if (r % 16 == 2) st64(b->ram + (r >> 16) % (RAM_SIZE - 8), splitmix64(&seed));
        if (r % 16 == 3) wr(0x50, 0);
        hostile_access(&virtio_mmio_ops, t, VIRTIO_MMIO_SIZE, &seed);
        assert_int_equal(b->f->probe[0].level, rd(0x60) != 0);
    }
    initialise(BIT(32), 1);
    assert_int_equal(blk(0, 3, 512), 0);
    end();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        DEVICE_TEST(empty),
        DEVICE_TEST(identity),
        DEVICE_TEST(a_disk),
        DEVICE_TEST(negotiation),
        DEVICE_TEST(entropy_and_console),
        DEVICE_TEST(hostile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
