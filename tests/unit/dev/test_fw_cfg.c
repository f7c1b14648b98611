// SPDX-License-Identifier: MIT
// fw_cfg as docs/specs/fw_cfg of QEMU has it, and what a guest may ask of it that makes no sense.
#include "dev/fw_cfg.h"

#include "base/le.h"
#include "dev_fixture.h"

#define RAM (32 * MiB)
enum { ERROR = 1, READ = 2, SKIP = 4, SELECT = 8, WRITE = 16 };

struct rig {
    struct fw_cfg *d;
    u8 *ram;
};

static const char text[] = "some words";

static struct rig make(struct dev_fixture *f) {
    static struct bus bus;
    bus = (struct bus){0};
    struct rig r = {.ram = env_alloc(&f->env, RAM)};
    assert_int_equal(bus_add_ram(&bus, &f->plat.plat, "RAM", 0, RAM, r.ram, false), 0);
    r.d = fw_cfg_create(&f->env, &bus);
    fw_cfg_add(r.d, FW_CFG_CPUS, 0x1234, 2);
    fw_cfg_add_file(r.d, "etc/words", text, sizeof text);
    fw_cfg_add_file(r.d, "other", text, 4);
    return r;
}

static void select(const struct rig *r, u16 item) { fw_cfg_ops.write(r->d, 0, 2, item); }
static u8 byte(const struct rig *r) { return in8(&fw_cfg_ops, r->d, 1); }
static u64 bytes(const struct rig *r, unsigned n) {
    u64 v = 0;
    for (unsigned i = 0; i < n; i++) v |= (u64)byte(r) << (8 * i);
    return v;
}

static void items_by_port(void **state) {
    struct rig r = make(*state);
    assert_int_equal(bytes(&r, 4), 0x554d4551); // item 0 is selected at first
    select(&r, 1);
    assert_int_equal(bytes(&r, 4), 3);
    select(&r, 5);
    assert_int_equal(bytes(&r, 8), 0x1234);
    for (unsigned i = 0; i < 70000; i++) assert_int_equal(byte(&r), 0);
    select(&r, 0x4711);
    assert_int_equal(bytes(&r, 8), 0);
    assert_int_equal(fw_cfg_ops.read(r.d, 0, 2), 0xffff);
    out8(&fw_cfg_ops, r.d, 1, 7); // data cannot be written, and a selector is 16 bits
    out8(&fw_cfg_ops, r.d, 0, 5);
    assert_int_equal(bytes(&r, 8), 0);
}

static void files_are_in_the_directory(void **state) {
    struct rig r = make(*state);
    u8 entry[64];
    select(&r, 0x19);
    assert_int_equal(bytes(&r, 4), __builtin_bswap32(2));
    for (unsigned i = 0; i < sizeof entry; i++) entry[i] = byte(&r);
    assert_int_equal(__builtin_bswap32(ld32(entry)), sizeof text);
    assert_string_equal((const char *)entry + 8, "etc/words");
    select(&r, __builtin_bswap16(ld16(entry + 4)));
    for (unsigned i = 0; i < sizeof text; i++) assert_int_equal(byte(&r), text[i]);
    assert_int_equal(byte(&r), 0);
}

// Returns what is in the descriptor's control then.
static u32 dma(const struct rig *r, u32 control, u32 length, u64 to) {
    u8 *d = r->ram + 0x100;
    st32(d, __builtin_bswap32(control));
    st32(d + 4, __builtin_bswap32(length));
    st64(d + 8, __builtin_bswap64(to));
    out32(&fw_cfg_dma_ops, r->d, 4, __builtin_bswap32(0x100));
    return __builtin_bswap32(ld32(d));
}

static void dma_reads(void **state) {
    struct rig r = make(*state);
    assert_int_equal(in32(&fw_cfg_dma_ops, r.d, 0), 0x554d4551); // "QEMU", the lowest address first
    assert_int_equal(in32(&fw_cfg_dma_ops, r.d, 4), 0x47464320); // " CFG"
    memset(r.ram + 0x1000, 0xaa, 0x3000);
    assert_int_equal(dma(&r, 0x20u << 16 | SELECT | READ, 4, 0x1000), 0);
    assert_memory_equal(r.ram + 0x1000, "some\xaa", 5);
    assert_int_equal(dma(&r, SKIP, 1, 0), 0);
    assert_int_equal(dma(&r, READ, 0x2000, 0x1000), 0); // over its end: zeros
    assert_memory_equal(r.ram + 0x1000, "words", 6);
    for (unsigned i = 6; i < 0x2000; i++) assert_int_equal(r.ram[0x1000 + i], 0);
    assert_int_equal(r.ram[0x3000], 0xaa);
    assert_int_equal(dma(&r, 0x4711u << 16 | SELECT | READ, 1, 0x3000), 0);
    assert_int_equal(r.ram[0x3000], 0);
}

static void dma_refuses(void **state) {
    struct rig r = make(*state);
    u32 select_and_read = 0x20u << 16 | SELECT | READ;
    assert_int_equal(dma(&r, select_and_read, 16, RAM - 8), ERROR);
    assert_int_equal(ld64(r.ram + RAM - 8), 0);
    assert_int_equal(dma(&r, select_and_read, 16, ~(u64)0 - 3), ERROR);
    assert_int_equal(dma(&r, select_and_read, FW_CFG_MOST + 1, 0x1000), ERROR);
    assert_int_equal(dma(&r, select_and_read, FW_CFG_MOST, 0x1000), 0);
    assert_int_equal(dma(&r, 0x20u << 16 | SELECT | WRITE, 4, 0x1000), ERROR);
    for (unsigned i = 0; i < 3; i++) assert_int_equal(dma(&r, SKIP, 0xffffffff, 0), 0); // it stays behind the end
    assert_int_equal(dma(&r, READ, 4, 0x1000), 0);
    assert_int_equal(ld32(r.ram + 0x1000), 0);
    assert_int_equal(dma(&r, 0, 4, 0x1000), 0);
    out32(&fw_cfg_dma_ops, r.d, 0, 1); // the descriptor itself is not in RAM
    out32(&fw_cfg_dma_ops, r.d, 4, __builtin_bswap32(0x100));
    out32(&fw_cfg_dma_ops, r.d, 4, __builtin_bswap32(RAM - 8));
    assert_int_equal(dma(&r, select_and_read, 4, 0x1000), 0); // and the upper half is forgotten with each start
    assert_memory_equal(r.ram + 0x1000, "some", 4);
}

int main(void) {
    const struct CMUnitTest tests[] = {DEVICE_TEST(items_by_port), DEVICE_TEST(files_are_in_the_directory),
                                       DEVICE_TEST(dma_reads), DEVICE_TEST(dma_refuses)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
