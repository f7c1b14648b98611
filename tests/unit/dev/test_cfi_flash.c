// SPDX-License-Identifier: MIT
// Flash as OVMF's driver looks for it and writes it, by the words of CFI and of Intel's data sheet; and command sequences that no driver makes.
#include "dev/cfi_flash.h"

#include "dev_fixture.h"
#include "hostile_io.h"

enum { SIZE = 4 * CFI_FLASH_BLOCK };

static struct back {
    struct disk disk;
    u8 bytes[SIZE];
    unsigned writes, flushes;
    bool fails;
} back;

static int back_read(struct disk *d, u64 at, void *to, u64 n) {
    memcpy(to, back.bytes + at, n);
    return back.fails ? ERR_IO : 0;
}
static int back_write(struct disk *d, u64 at, const void *from, u64 n) {
    assert_true(at + n <= SIZE);
    back.writes++;
    if (back.fails) return ERR_IO;
    memcpy(back.bytes + at, from, n);
    return 0;
}
static int back_flush(struct disk *d) {
    back.flushes++;
    return 0;
}

static struct cfi_flash *make(struct dev_fixture *f) {
    back = (struct back){.disk = {.name = "vars", .size = SIZE, .read = back_read, .write = back_write, .flush = back_flush}};
    for (unsigned i = 0; i < SIZE; i++) back.bytes[i] = (u8)(i * 7 + 1);
    struct cfi_flash *made = cfi_flash_create(&f->env, &back.disk);
    assert_non_null(made);
    assert_int_equal(cfi_flash_ops(made)->size, SIZE);
    return made;
}

static u8 rd(struct cfi_flash *f, u64 at) { return (u8)cfi_flash_ops(f)->read(f, at, 1); }
static void wr(struct cfi_flash *f, u64 at, u8 v) { cfi_flash_ops(f)->write(f, at, 1, v); }

static void is_found_as_flash(void **state) {
    struct cfi_flash *f = make(*state);
    u8 was = rd(f, 5);
    wr(f, 5, 0x50);
    assert_int_equal(rd(f, 5), was); // not RAM
    wr(f, 5, 0x70);
    assert_int_equal(rd(f, 5), 0); // not ROM, and not RAM
    wr(f, 5, 0xff);
    assert_int_equal(rd(f, 5), was);
    wr(f, 0x55, 0x98);
    assert_int_equal(rd(f, 0x10), 'Q');
    assert_int_equal(rd(f, 0x11), 'R');
    assert_int_equal(rd(f, 0x12), 'Y');
    assert_int_equal(1u << rd(f, 0x27), SIZE);
    assert_int_equal((rd(f, 0x2d) | rd(f, 0x2e) << 8) + 1, SIZE / CFI_FLASH_BLOCK);
    assert_int_equal((rd(f, 0x2f) | rd(f, 0x30) << 8) * 256, CFI_FLASH_BLOCK);
    wr(f, 0, 0x90);
    assert_int_equal(rd(f, 0), 0x89);
    wr(f, 0, 0xff);
    assert_int_equal(back.writes, 0);
    assert_false(back.disk.written);
}

// Programming clears bits, erasing sets them, and the disk has it once reads are of the array again.
static void is_programmed_and_erased(void **state) {
    struct cfi_flash *f = make(*state);
    const u64 at = CFI_FLASH_BLOCK + 10;
    u8 was = rd(f, at);
    wr(f, at, 0x10), wr(f, at, 0x0f);
    assert_int_equal(rd(f, 0), 0x80); // the status
    wr(f, at, 0xff);
    assert_int_equal(rd(f, at), was & 0x0f);
    assert_int_equal(back.bytes[at], was & 0x0f);
    assert_int_equal(back.flushes, 1);
    assert_true(back.disk.written);
    wr(f, at, 0x20), wr(f, at, 0xd0);
    assert_int_equal(rd(f, at), 0x80);
    wr(f, at, 0x40), wr(f, at, 0xa5);
    wr(f, at, 0xff);
    for (u64 i = 0; i < SIZE; i++) {
        u8 right = i / CFI_FLASH_BLOCK != 1 ? (u8)(i * 7 + 1) : i == at ? 0xa5 : 0xff;
        assert_int_equal(rd(f, i), right);
        assert_int_equal(back.bytes[i], right);
    }
    assert_int_equal(back.writes, 2);
}

static void is_programmed_by_the_buffer(void **state) {
    struct cfi_flash *f = make(*state);
    wr(f, 0, 0x20), wr(f, 0, 0xd0);
    wr(f, 100, 0xe8);
    assert_int_equal(rd(f, 100), 0x80); // the buffer is free
    wr(f, 100, 31);
    for (u8 i = 0; i < 32; i++) wr(f, 100u + i, i);
    wr(f, 100, 0xd0);
    wr(f, 100, 0xff);
    for (u8 i = 0; i < 32; i++) assert_int_equal(back.bytes[100 + i], i);
    assert_int_equal(back.bytes[132], 0xff);
    // Too many, not in a row, beyond the block, not confirmed: nothing is programmed, and the status says so.
    static const struct {
        u64 at[2];
        u8 count, end;
    } bad[] = {{{0, 1}, 200, 0xd0}, {{0, 2}, 1, 0xd0}, {{CFI_FLASH_BLOCK - 1, CFI_FLASH_BLOCK}, 1, 0xd0}, {{0, 1}, 1, 0x11}};
    for (unsigned i = 0; i < countof(bad); i++) {
        wr(f, 0, 0x50);
        wr(f, 0, 0xe8), wr(f, 0, bad[i].count);
        if (bad[i].count < 32) wr(f, bad[i].at[0], 0), wr(f, bad[i].at[1], 0);
        if (i != 1 && i != 2 && bad[i].count < 32) wr(f, 0, bad[i].end);
        wr(f, 0, 0x70);
        assert_int_equal(rd(f, 0) & 0x90, 0x90);
        wr(f, 0, 0xff);
        assert_int_equal(rd(f, 0), 0xff);
        assert_int_equal(rd(f, CFI_FLASH_BLOCK - 1), 0xff);
    }
}

static void nonsense_and_failures_are_told(void **state) {
    struct cfi_flash *f = make(*state);
    wr(f, 0, 0x20), wr(f, 0, 0x00);
    assert_int_equal(rd(f, 0), 0xb0);
    wr(f, 0, 0x50);
    assert_int_equal(rd(f, 0), back.bytes[0]);
    back.fails = true;
    wr(f, 0, 0x10), wr(f, 0, 0), wr(f, 0, 0xff);
    assert_int_equal(rd(f, 0), 0);
    wr(f, 0, 0x70);
    assert_int_equal(rd(f, 0) & 0x10, 0x10);
    ((struct dev_fixture *)*state)->state.parts = 0;
    assert_null(cfi_flash_create(&((struct dev_fixture *)*state)->env, &back.disk));
}

static void any_access(void **state) {
    struct cfi_flash *f = make(*state);
    u64 seed = 1;
    for (unsigned i = 0; i < 300000; i++) {
        if (i % 8) hostile_access(cfi_flash_ops(f), f, SIZE, &seed);
        else wr(f, splitmix64(&seed) % SIZE, (const u8[]){0x10, 0x20, 0xd0, 0xe8, 0xff, 0x50, 0x70, 0x1f}[splitmix64(&seed) % 8]);
    }
    wr(f, 0, 0xff), wr(f, 0, 0xff), wr(f, 0, 0xd0), wr(f, 0, 0xff);
}

int main(void) {
    const struct CMUnitTest tests[] = {DEVICE_TEST(is_found_as_flash), DEVICE_TEST(is_programmed_and_erased),
                                       DEVICE_TEST(is_programmed_by_the_buffer), DEVICE_TEST(nonsense_and_failures_are_told),
                                       DEVICE_TEST(any_access)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
