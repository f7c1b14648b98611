// SPDX-License-Identifier: MIT
// The guest-physical and port spaces: order, refusal of overlaps, accesses that cross edges, code-page notices.
#include "scripted_plat.h"

#include "base/le.h"
#include "bus/bus.h"

#include <setjmp.h>
#include <stdlib.h>

#include <cmocka.h>

// A device that remembers its last access and answers with a value made of offset and width.
struct probe {
    unsigned reads, writes, width;
    u64 offset, value;
};

static u64 probe_read(void *dev, u64 offset, unsigned width) {
    struct probe *p = dev;
    p->reads++, p->offset = offset, p->width = width;
    return 0x1111111111111111u * (offset + 1); // wider than asked: the bus must cut it
}

static void probe_write(void *dev, u64 offset, unsigned width, u64 value) {
    struct probe *p = dev;
    p->writes++, p->offset = offset, p->width = width, p->value = value;
}

#define PROBE(n)                                                                                                                 \
    ({                                                                                                                           \
        static const struct io_ops ops_ = {probe_read, probe_write, .size = (n), .widths = IO_ANY};                              \
        &ops_;                                                                                                                   \
    })

struct fixture {
    struct scripted_plat s;
    struct bus bus;
    u8 low[4 * PAGE_SIZE], high[2 * PAGE_SIZE], rom[PAGE_SIZE], flags[64];
    struct probe probe;
    unsigned code_calls, remaps;
    gpa_t code_at[8];
    u64 code_len[8];
};

static void on_code(void *ctx, gpa_t at, u64 len) {
    struct fixture *f = ctx;
    assert_true(f->code_calls < 8);
    f->code_at[f->code_calls] = at, f->code_len[f->code_calls++] = len;
}

static void on_remap(void *ctx) { ((struct fixture *)ctx)->remaps++; }

// 0x0000..0x3fff low RAM, 0x4000..0x5fff high RAM (another host block), 0x8000 ROM, 0x9000..0x900b device
static int setup(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    scripted_plat_init(&f->s);
    struct plat *p = &f->s.plat;
    assert_int_equal(bus_add_ram(&f->bus, p, "high", 0x4000, sizeof f->high, f->high, false), 0);
    assert_int_equal(bus_add_mmio(&f->bus, p, "probe", 0x9000, PROBE(12), &f->probe), 0);
    assert_int_equal(bus_add_ram(&f->bus, p, "low", 0, sizeof f->low, f->low, false), 0);
    assert_int_equal(bus_add_ram(&f->bus, p, "rom", 0x8000, sizeof f->rom, f->rom, true), 0);
    assert_int_equal(bus_add_io(&f->bus, p, "ports", 0x60, PROBE(8), &f->probe), 0);
    f->bus.page_flags = f->flags, f->bus.page_count = 9;
    f->bus.code_write = on_code, f->bus.code_ctx = f;
    f->bus.remapped = on_remap, f->bus.remapped_ctx = f;
    *state = f;
    return 0;
}

static int teardown(void **state) {
    free(*state);
    return 0;
}

static void regions_are_ordered_and_found(void **state) {
    struct fixture *f = *state;
    for (unsigned i = 1; i < f->bus.mem.regions; i++)
        assert_true(f->bus.mem.region[i - 1].start + f->bus.mem.region[i - 1].size <= f->bus.mem.region[i].start);
    assert_string_equal(space_find(&f->bus.mem, 0)->name, "low");
    assert_string_equal(space_find(&f->bus.mem, 0x3fff)->name, "low");
    assert_string_equal(space_find(&f->bus.mem, 0x4000)->name, "high");
    assert_string_equal(space_find(&f->bus.mem, 0x900b)->name, "probe");
    assert_null(space_find(&f->bus.mem, 0x900c));
    assert_null(space_find(&f->bus.mem, 0x6000));
    assert_null(space_find(&f->bus.mem, ~(u64)0));
}

static void overlaps_are_refused_by_name(void **state) {
    struct fixture *f = *state;
    struct plat *p = &f->s.plat;
    unsigned before = f->bus.mem.regions;
    assert_int_equal(bus_add_mmio(&f->bus, p, "one byte", 0x3fff, PROBE(1), 0), ERR_OVERLAP);
    assert_true(scripted_logged(&f->s, "one byte") && scripted_logged(&f->s, "low"));
    assert_int_equal(bus_add_mmio(&f->bus, p, "around", 0x7000, PROBE(0x1001), 0), ERR_OVERLAP);
    assert_int_equal(bus_add_mmio(&f->bus, p, "swallow", 0x8fff, PROBE(0x100), 0), ERR_OVERLAP);
    assert_int_equal(bus_add_mmio(&f->bus, p, "to the top", 0x900c, PROBE(0 - (u64)0x900c), 0), 0);
    assert_int_equal(bus_add_mmio(&f->bus, p, "wraps", 0x900c, PROBE(0 - (u64)0x900b), 0), ERR_RANGE);
    assert_int_equal(bus_add_mmio(&f->bus, p, "empty", 0x6000, PROBE(0), 0), ERR_RANGE);
    assert_int_equal(bus_add_ram(&f->bus, p, "half page", 0x6000, 0x800, f->low, false), ERR_INVALID);
    assert_int_equal(bus_add_io(&f->bus, p, "last", 0xffff, PROBE(1), 0), 0);
    assert_int_equal(bus_add_io(&f->bus, p, "past", 0xfffe, PROBE(3), 0), ERR_RANGE);
    assert_int_equal(f->bus.mem.regions, before + 1);
}

static void a_full_table_is_refused(void **state) {
    struct fixture *f = *state;
    int e = 0;
    for (unsigned i = 0; i < BUS_REGIONS && !e; i++)
        e = bus_add_mmio(&f->bus, &f->s.plat, "filler", 0x100000 + 16 * i, PROBE(16), 0);
    assert_int_equal(e, ERR_NO_MEMORY);
    assert_int_equal(f->bus.mem.regions, BUS_REGIONS);
}

static void removal_needs_the_owner_and_is_announced(void **state) {
    struct fixture *f = *state;
    unsigned generation = f->bus.mem.generation;
    bus_remove(&f->bus, &f->bus.mem, 0x9000, f);
    bus_remove(&f->bus, &f->bus.mem, 0x9001, &f->probe);
    assert_int_equal(f->remaps, 0);
    bus_remove(&f->bus, &f->bus.mem, 0x9000, &f->probe);
    assert_int_equal(f->remaps, 1);
    assert_true(f->bus.mem.generation != generation);
    assert_null(space_find(&f->bus.mem, 0x9000));
    assert_int_equal(bus_add_mmio(&f->bus, &f->s.plat, "moved", 0xa000, PROBE(12), &f->probe), 0);
    assert_int_equal(f->remaps, 2);
    bus_remove(&f->bus, &f->bus.io, 0x60, &f->probe);
    assert_int_equal(f->remaps, 2); // ports are not translated
    assert_int_equal(bus_in(&f->bus, 0x60, 1), 0xff);
}

static void ram_is_little_endian_across_pages_and_regions(void **state) {
    struct fixture *f = *state;
    for (gpa_t at = 0x3ff0; at < 0x4008; at++)
        for (unsigned width = 1; width <= 8; width *= 2) {
            u64 v = 0x8877665544332211u >> (64 - 8 * width);
            bus_write(&f->bus, at, width, v);
            assert_int_equal(bus_read(&f->bus, at, width), v);
            for (unsigned i = 0; i < width; i++) {
                u8 *host = at + i < 0x4000 ? &f->low[at + i] : &f->high[at + i - 0x4000];
                assert_int_equal(*host, v >> 8 * i & 0xff);
            }
        }
}

static void nowhere_reads_ones_and_drops_writes(void **state) {
    struct fixture *f = *state;
    assert_int_equal(bus_read(&f->bus, 0x6000, 8), ~(u64)0);
    assert_int_equal(bus_read(&f->bus, 0x6000, 1), 0xff);
    bus_write(&f->bus, 0x6000, 8, 0);
    f->high[sizeof f->high - 1] = 0x5a;
    assert_int_equal(bus_read(&f->bus, 0x5fff, 4), 0xffffff5a); // last byte of RAM, then nothing
    bus_write(&f->bus, 0x5fff, 4, 0x01020304);
    assert_int_equal(f->high[sizeof f->high - 1], 4);
    assert_int_equal(bus_in(&f->bus, 0x1000, 4), 0xffffffff);
    bus_out(&f->bus, 0x1000, 4, 0);
}

static void rom_reads_but_does_not_change(void **state) {
    struct fixture *f = *state;
    f->rom[0] = 0x42;
    bus_write(&f->bus, 0x8000, 4, ~(u64)0);
    assert_int_equal(bus_read(&f->bus, 0x8000, 1), 0x42);
    assert_int_equal(f->rom[0], 0x42);
    u8 byte = 1;
    assert_int_equal(bus_copy_in(&f->bus, 0x8000, &byte, 1), ERR_RANGE);
    assert_int_equal(bus_copy_out(&f->bus, 0x8000, &byte, 1), 0);
    assert_int_equal(byte, 0x42);
}

static void devices_get_offset_and_width_within_a_word(void **state) {
    struct fixture *f = *state;
    assert_int_equal(bus_read(&f->bus, 0x9004, 4), 0x55555555);
    assert_int_equal(f->probe.offset, 4);
    assert_int_equal(f->probe.width, 4);
    bus_write(&f->bus, 0x9000, 2, 0xabcdef);
    assert_int_equal(f->probe.value, 0xcdef);
    unsigned before = f->probe.reads;
    bus_read(&f->bus, 0x9006, 4); // crosses an 8-byte word: four single bytes
    assert_int_equal(f->probe.reads, before + 4);
    assert_int_equal(f->probe.width, 1);
    assert_int_equal(bus_read(&f->bus, 0x900a, 4), 0xffffccbb); // two device bytes, two from nowhere
    before = f->probe.writes;
    bus_write(&f->bus, 0x8ffc, 8, 0x0807060504030201u); // ROM, then four device bytes
    assert_int_equal(f->probe.writes, before + 4);
    assert_int_equal(f->probe.offset, 3);
    assert_int_equal(f->probe.value, 8);
}

static void ports_split_at_the_region_and_at_the_top(void **state) {
    struct fixture *f = *state;
    assert_int_equal(bus_in(&f->bus, 0x60, 4), 0x11111111);
    assert_int_equal(bus_in(&f->bus, 0x67, 2), 0xff88);
    bus_out(&f->bus, 0x5f, 2, 0x1234);
    assert_int_equal(f->probe.offset, 0);
    assert_int_equal(f->probe.value, 0x12);
    assert_int_equal(bus_add_io(&f->bus, &f->s.plat, "zero", 0, PROBE(4), &f->probe), 0);
    assert_int_equal(bus_in(&f->bus, 0xffff, 2), 0xffff); // does not wrap to port 0
}

static void code_pages_are_announced_before_they_change(void **state) {
    struct fixture *f = *state;
    bus_write(&f->bus, 0x1000, 8, 1);
    assert_int_equal(f->code_calls, 0);
    f->flags[1] = f->flags[2] = PAGE_HAS_CODE;
    bus_write(&f->bus, 0x1ffe, 4, 1);
    assert_int_equal(f->code_calls, 2);
    assert_int_equal(f->code_at[0], 0x1ffe);
    assert_int_equal(f->code_len[0], 2);
    assert_int_equal(f->code_at[1], 0x2000);
    assert_int_equal(f->code_len[1], 2);
    static u8 data[0x3000];
    assert_int_equal(bus_copy_in(&f->bus, 0x800, data, sizeof data), 0);
    assert_int_equal(f->code_calls, 4);
    assert_int_equal(f->code_at[2], 0x1000);
    assert_int_equal(f->code_len[2], 0x1000);
    assert_int_equal(f->code_len[3], 0x1000);
    f->flags[4] = PAGE_HAS_CODE; // first page of "high": reached bytewise
    bus_write(&f->bus, 0x3fff, 2, 1);
    assert_int_equal(f->code_calls, 5);
    assert_int_equal(f->code_at[4], 0x4000);
}

static void bulk_copies_are_all_or_nothing(void **state) {
    struct fixture *f = *state;
    u8 in[64], out[64];
    memset(in, 0x5a, sizeof in);
    assert_int_equal(bus_copy_in(&f->bus, 0x3fe0, in, 64), 0); // spans two host blocks
    assert_int_equal(bus_copy_out(&f->bus, 0x3fe0, out, 64), 0);
    assert_memory_equal(in, out, 64);
    assert_int_equal(bus_copy_in(&f->bus, 0x5fe0, in, 33), ERR_RANGE);
    assert_int_equal(f->high[0x1fe0], 0);
    assert_int_equal(bus_copy_out(&f->bus, 0x5fff, out, 2), ERR_RANGE);
    assert_int_equal(bus_copy_in(&f->bus, 0x9000, in, 4), ERR_RANGE); // devices are not memory
    assert_int_equal(bus_copy_in(&f->bus, ~(u64)0, in, 2), ERR_RANGE);
    assert_int_equal(bus_copy_in(&f->bus, 0x7000, in, 0), 0);
    assert_ptr_equal(bus_ram(&f->bus, 0x3ffc, 4), &f->low[0x3ffc]);
    assert_null(bus_ram(&f->bus, 0x3ffc, 5)); // two host blocks are not one pointer
    assert_null(bus_ram(&f->bus, 0x9000, 1));
    assert_non_null(bus_ram(&f->bus, 0x8000, 0x1000));
}

static void every_ram_page_gets_a_flag(void **state) {
    struct fixture *f = *state;
    struct env env = {.plat = &f->s.plat};
    bus_track_pages(&f->bus, &env);
    assert_int_equal(f->bus.page_count, 9); // the ROM at 0x8000 is the highest page with bytes; the device has none
    for (unsigned i = 0; i < 9; i++) assert_int_equal(f->bus.page_flags[i], 0);
    bus_write(&f->bus, 0x5ffc, 8, 0); // one past the last RAM page of "high": must stay inside the flags
    env_free_all(&env);
    assert_null(env.blocks);
}

// bus.h: what a device does not take as one access comes as bytes, the lowest address first; who takes no byte either is not there.
static void widths_that_a_device_does_not_take(void **state) {
    struct fixture *f = *state;
    static const struct io_ops bytes = {probe_read, probe_write, .size = 16, .widths = IO_BYTES};
    static const struct io_ops words = {probe_read, probe_write, .size = 16, .widths = 4},
                               none = {probe_read, probe_write, .size = 16};
    static const struct io_ops odd = {probe_read, probe_write, .size = 16, .widths = 16 | 1};
    struct plat *p = &f->s.plat;
    assert_int_equal(bus_add_mmio(&f->bus, p, "bytes", 0xa000, &bytes, &f->probe), 0);
    assert_int_equal(bus_add_io(&f->bus, p, "words", 0x100, &words, &f->probe), 0);
    assert_int_equal(bus_add_io(&f->bus, p, "no width", 0x200, &none, &f->probe), ERR_INVALID);
    assert_true(scripted_logged(&f->s, "no width"));
    assert_int_equal(bus_add_mmio(&f->bus, p, "odd width", 0xb000, &odd, &f->probe), ERR_INVALID);
    assert_int_equal(bus_read(&f->bus, 0xa002, 4), 0x66554433);
    assert_int_equal(f->probe.reads, 4);
    assert_int_equal(f->probe.width, 1);
    bus_write(&f->bus, 0xa000, 8, 0x0102030405060708);
    assert_int_equal(f->probe.writes, 8);
    assert_int_equal(f->probe.offset, 7);
    assert_int_equal(f->probe.value, 1);
    f->probe.reads = f->probe.writes = 0;
    assert_int_equal(bus_in(&f->bus, 0x104, 4), 0x55555555);
    assert_int_equal(bus_in(&f->bus, 0x104, 2), 0xffff);
    bus_out(&f->bus, 0x104, 1, 1);
    assert_int_equal(f->probe.reads, 1);
    assert_int_equal(f->probe.writes, 0);
}

// bus.h: a device without one of the two reads all ones, and takes writes for nothing.
static void devices_that_only_read_or_only_write(void **state) {
    struct fixture *f = *state;
    static const struct io_ops neither = {.size = 16, .widths = IO_ANY};
    assert_int_equal(bus_add_mmio(&f->bus, &f->s.plat, "mute", 0xa000, &neither, NULL), 0);
    assert_int_equal(bus_add_io(&f->bus, &f->s.plat, "mute port", 0x80, &neither, NULL), 0);
    bus_write(&f->bus, 0xa000, 8, 0);
    bus_out(&f->bus, 0x80, 4, 0);
    assert_true(bus_read(&f->bus, 0xa000, 8) == ~(u64)0);
    assert_int_equal(bus_read(&f->bus, 0xa002, 2), 0xffff);
    assert_int_equal(bus_in(&f->bus, 0x80, 4), 0xffffffff);
}

// Nothing is removed that is not there: above all regions, in a hole, in a region's middle, or another's.
static void removing_what_is_not_there(void **state) {
    struct fixture *f = *state;
    unsigned regions = f->bus.mem.regions;
    static const gpa_t at[] = {0xf0000000, 0x7000, 0x9004, 0x8fff};
    f->remaps = 0;
    for (unsigned i = 0; i < countof(at); i++) bus_remove(&f->bus, &f->bus.mem, at[i], &f->probe);
    assert_int_equal(f->bus.mem.regions, regions);
    assert_int_equal(f->remaps, 0);
}

// Pages behind those that have flags, and pages of code that nobody asked to be told of.
static void writes_that_nobody_watches(void **state) {
    struct fixture *f = *state;
    u8 bytes[2 * PAGE_SIZE] = {0};
    f->bus.page_count = 5;
    f->flags[4] = f->flags[5] = PAGE_HAS_CODE; // the second is behind the flags' end
    assert_int_equal(bus_copy_in(&f->bus, 0x4800, bytes, PAGE_SIZE), 0);
    assert_int_equal(f->code_calls, 1);
    assert_int_equal(f->code_at[0], 0x4800);
    assert_int_equal(f->code_len[0], 0x800);
    assert_int_equal(bus_copy_in(&f->bus, 0x5000, bytes, 16), 0);
    assert_int_equal(f->code_calls, 1);
    f->bus.code_write = NULL;
    bus_write(&f->bus, 0x4000, 8, 0);
    f->bus.page_count = 0;
    bus_write(&f->bus, 0x4000, 8, 1);
    assert_int_equal(f->high[0], 1);
    assert_int_equal(f->code_calls, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(regions_are_ordered_and_found),
        T(overlaps_are_refused_by_name),
        T(a_full_table_is_refused),
        T(removal_needs_the_owner_and_is_announced),
        T(ram_is_little_endian_across_pages_and_regions),
        T(nowhere_reads_ones_and_drops_writes),
        T(rom_reads_but_does_not_change),
        T(devices_get_offset_and_width_within_a_word),
        T(ports_split_at_the_region_and_at_the_top),
        T(code_pages_are_announced_before_they_change),
        T(bulk_copies_are_all_or_nothing),
        T(every_ram_page_gets_a_flag),
        T(widths_that_a_device_does_not_take),
        T(devices_that_only_read_or_only_write),
        T(removing_what_is_not_there),
        T(writes_that_nobody_watches),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
