// SPDX-License-Identifier: MIT
// What of a disk is in the state hash, and what a drive tells its guest when the host fails.
#include "core/blkdev.h"
#include "base/splitmix.h"
#include "dev_fixture.h"

#include <stdlib.h>

#define SECTORS 300
#define BYTES (SECTORS * BLK_SECTOR)

struct bench {
    struct dev_fixture *f;
    struct memory_disk disk;
    struct blkdev b;
    u8 bytes[BYTES];
};

static void open_disk(struct bench *t, void **state, u8 first) {
    dev_fixture_new(state);
    t->f = *state;
    for (unsigned i = 0; i < BYTES; i++) t->bytes[i] = (u8)(first + i + i / BLK_SECTOR);
    memory_disk_init(&t->disk, "disk", t->bytes, BYTES, false);
    assert_int_equal(blkdev_init(&t->b, &t->f->env, "contents", &t->disk.disk), 0);
}

static void close_disk(struct bench *t) { dev_fixture_free((void **)&t->f); }

static u64 hash_of(const struct bench *t) { return state_hash(&t->f->state); }

static void read_sectors(struct bench *t, u64 at, u64 n) {
    static u8 to[BYTES];
    assert_int_equal(blkdev_read(&t->b, at * BLK_SECTOR, to, n * BLK_SECTOR), 0);
    assert_memory_equal(to, t->bytes + at * BLK_SECTOR, n * BLK_SECTOR);
}

static void write_sectors(struct bench *t, u64 at, u64 n, u8 value) {
    static u8 from[BYTES];
    memset(from, value, n * BLK_SECTOR);
    assert_int_equal(blkdev_write(&t->b, at * BLK_SECTOR, from, n * BLK_SECTOR), 0);
    assert_memory_equal(from, t->bytes + at * BLK_SECTOR, n * BLK_SECTOR);
}

// Two disks that differ have different hashes once, and only when, the guest has seen where.
static void two_disks_that_differ(void **state) {
    static struct bench a, b;
    open_disk(&a, state, 0);
    open_disk(&b, state, 0);
    b.bytes[7 * BLK_SECTOR + 100] ^= 1;
    assert_true(hash_of(&a) == hash_of(&b));
    struct state_set nothing = {0};
    assert_true(hash_of(&a) == state_hash(&nothing));
    read_sectors(&a, 0, 7), read_sectors(&b, 0, 7);
    assert_true(hash_of(&a) == hash_of(&b));
    assert_true(hash_of(&a) != state_hash(&nothing));
    read_sectors(&a, 7, 1), read_sectors(&b, 7, 1);
    assert_true(hash_of(&a) != hash_of(&b));
    write_sectors(&a, 7, 1, 9), write_sectors(&b, 7, 1, 9);
    assert_true(hash_of(&a) == hash_of(&b));
    write_sectors(&a, 8, 1, 1), write_sectors(&b, 8, 1, 2);
    assert_true(hash_of(&a) != hash_of(&b));
    close_disk(&a), close_disk(&b);
}

// Sectors that change places are another disk.
static void the_place_counts(void **state) {
    static struct bench a, b;
    open_disk(&a, state, 0);
    open_disk(&b, state, 0);
    write_sectors(&a, 3, 1, 1), write_sectors(&a, 4, 1, 2);
    write_sectors(&b, 3, 1, 2), write_sectors(&b, 4, 1, 1);
    assert_true(hash_of(&a) != hash_of(&b));
    write_sectors(&b, 4, 1, 2), write_sectors(&b, 3, 1, 1);
    assert_true(hash_of(&a) == hash_of(&b));
    close_disk(&a), close_disk(&b);
}

// The definition, computed anew: the hash is that of a drive that has read the same sectors as they are now, in any order and in
// pieces of any size.
static void incremental_is_the_same_as_anew(void **state) {
    static struct bench a, b;
    open_disk(&a, state, 0);
    u64 random = 5;
    u8 touched[SECTORS] = {0};
    for (unsigned i = 0; i < 400; i++) {
        u64 at = splitmix64(&random) % SECTORS, n = 1 + splitmix64(&random) % (i % 20 ? 8 : 200);
        if (n > SECTORS - at) n = SECTORS - at;
        memset(touched + at, 1, n);
        if (splitmix64(&random) & 1) write_sectors(&a, at, n, (u8)splitmix64(&random));
        else read_sectors(&a, at, n);
        if (i % 50) continue;
        open_disk(&b, state, 0);
        memcpy(b.bytes, a.bytes, BYTES);
        for (unsigned s = SECTORS; s--;)
            if (touched[s]) read_sectors(&b, s, 1);
        assert_true(hash_of(&a) == hash_of(&b));
        close_disk(&b);
    }
    close_disk(&a);
}

// ---- a host that fails

static int fails_read, fails_write, fails_flush, flushes;
static int failing_read(struct disk *d, u64 at, void *to, u64 n) {
    memset(to, 0x11, n);
    return fails_read ? ERR_IO : 0;
}
static int failing_write(struct disk *d, u64 at, const void *from, u64 n) { return fails_write ? ERR_IO : 0; }
static int failing_flush(struct disk *d) { return flushes++, fails_flush ? ERR_IO : 0; }

static void errors_are_handed_on(void **state) {
    struct disk d = {.name = "failing", .size = BYTES, .read = failing_read, .write = failing_write, .flush = failing_flush};
    static u8 bytes[BYTES];
    dev_fixture_new(state);
    struct dev_fixture *f = *state;
    struct blkdev b;
    assert_int_equal(blkdev_init(&b, &f->env, "contents", &d), 0);
    fails_read = fails_write = fails_flush = 1;
    assert_int_equal(blkdev_read(&b, 0, bytes, 512), ERR_IO);
    assert_int_equal(b.state.sectors, 0);
    assert_int_equal(blkdev_write(&b, 0, bytes, 512), ERR_IO);
    assert_int_equal(b.state.sectors, 0);
    assert_int_equal(blkdev_flush(&b), ERR_IO);
    assert_true(d.written);
    fails_read = fails_write = fails_flush = 0;
    assert_int_equal(blkdev_read(&b, 0, bytes, 1024), 0);
    assert_int_equal(b.state.sectors, 2);
    fails_write = 1; // what the sector holds is unknown now: it counts no more
    assert_int_equal(blkdev_write(&b, 0, bytes, 512), ERR_IO);
    assert_int_equal(b.state.sectors, 1);
    fails_write = 0;
    assert_int_equal(blkdev_read(&b, 0, bytes, 1024), 0);
    assert_int_equal(b.state.sectors, 2);
    dev_fixture_free(state);
}

static void *no_memory(struct plat *p, size_t bytes, size_t align) { return NULL; }

static void a_disk_too_large_for_its_notes(void **state) {
    struct disk d = {.name = "huge.img", .size = (u64)1 << 62, .read = failing_read};
    struct blkdev b;
    dev_fixture_new(state);
    struct dev_fixture *f = *state;
    f->plat.plat.alloc = no_memory;
    assert_int_equal(blkdev_init(&b, &f->env, "contents", &d), ERR_NO_MEMORY);
    assert_true(scripted_logged(&f->plat, "huge.img: no memory for a note"));
    dev_fixture_free(state);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_disks_that_differ),           cmocka_unit_test(the_place_counts),
        cmocka_unit_test(incremental_is_the_same_as_anew), cmocka_unit_test(errors_are_handed_on),
        cmocka_unit_test(a_disk_too_large_for_its_notes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
