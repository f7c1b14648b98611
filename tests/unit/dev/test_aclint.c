// SPDX-License-Identifier: MIT
// ACLINT against its specification: mtime, mtimecmp and MTIP to the tick, msip, and accesses that no driver makes.
#include "dev/aclint.h"

#include "dev_fixture.h"
#include "hostile_io.h"

enum { HARTS = 2, MSIP = 0, MTIP = 4 };
#define MTIME 0xbff8
#define CMP(h) (0x4000 + 8 * (h))
#define TICK 100 // ns

static struct aclint *make(struct dev_fixture *f) {
    struct irq_line msip[HARTS], mtip[HARTS];
    for (unsigned h = 0; h < HARTS; h++) msip[h] = probe_line(f, MSIP + h), mtip[h] = probe_line(f, MTIP + h);
    return aclint_create(&f->env, msip, mtip, HARTS);
}
static u64 rd(struct aclint *a, u64 at, unsigned width) { return aclint_ops.read(a, at, width); }
static void wr(struct aclint *a, u64 at, unsigned width, u64 v) { aclint_ops.write(a, at, width, v); }

static void time_passes(void **state) {
    struct dev_fixture *f = *state;
    struct aclint *a = make(f);
    assert_int_equal(ACLINT_HZ, 10000000);
    run_to(f, TICK - 1);
    assert_int_equal(rd(a, MTIME, 8), 0);
    run_to(f, TICK);
    assert_int_equal(rd(a, MTIME, 8), 1);
    run_to(f, (u64)TICK << 33);
    assert_int_equal(rd(a, MTIME, 4), 0);
    assert_int_equal(rd(a, MTIME + 4, 4), 2);
    assert_int_equal(aclint_mtime(a), (u64)2 << 32);
}

static void the_timer(void **state) {
    struct dev_fixture *f = *state;
    struct aclint *a = make(f);
    run_to(f, 50);
    assert_int_equal(f->probe[MTIP].rises, 0);
    wr(a, CMP(0), 8, 1000);
    run_to(f, 1000 * TICK - 1);
    assert_false(f->probe[MTIP].level);
    run_to(f, 1000 * TICK);
    assert_true(f->probe[MTIP].level);
    assert_int_equal(f->probe[MTIP].rose_at, 1000 * TICK);
    assert_false(f->probe[MTIP + 1].level);
    run_for(f, 12345678);
    assert_true(f->probe[MTIP].level); // a level, until mtimecmp moves
    wr(a, CMP(0), 8, ~(u64)0);
    assert_false(f->probe[MTIP].level);
    wr(a, CMP(0), 8, aclint_mtime(a)); // equal is due
    assert_true(f->probe[MTIP].level);
    wr(a, CMP(0), 8, aclint_mtime(a) + 1);
    assert_false(f->probe[MTIP].level);
    run_for(f, TICK);
    assert_true(f->probe[MTIP].level);
    aclint_set_mtimecmp(a, 0, ~(u64)0);
    assert_false(f->probe[MTIP].level);
    assert_int_equal(rd(a, CMP(0), 8), ~(u64)0);
    wr(a, CMP(1), 8, 0);
    assert_true(f->probe[MTIP + 1].level);
}

// As 32-bit firmware does: -1 into the high half first, so that no compare value on the way is due.
static void halves(void **state) {
    struct dev_fixture *f = *state;
    struct aclint *a = make(f);
    run_to(f, 1000000);
    wr(a, CMP(1) + 4, 4, 0xffffffff);
    wr(a, CMP(1), 4, 0x12345678);
    assert_int_equal(rd(a, CMP(1), 8), 0xffffffff12345678);
    wr(a, CMP(1) + 4, 4, 0);
    assert_int_equal(rd(a, CMP(1), 8), 0x12345678);
    assert_int_equal(rd(a, CMP(1) + 4, 4), 0);
    assert_int_equal(f->probe[MTIP + 1].rises, 0);
    run_to(f, (u64)0x12345678 * TICK);
    assert_int_equal(f->probe[MTIP + 1].rose_at, (u64)0x12345678 * TICK);
}

static void setting_the_time(void **state) {
    struct dev_fixture *f = *state;
    struct aclint *a = make(f);
    wr(a, CMP(0), 8, 1000);
    wr(a, MTIME, 8, 990);
    assert_int_equal(rd(a, MTIME, 8), 990);
    run_to(f, 10 * TICK);
    assert_int_equal(f->probe[MTIP].rose_at, 10 * TICK);
    wr(a, MTIME, 8, 0);
    assert_false(f->probe[MTIP].level);
    wr(a, CMP(0), 8, ~(u64)0 - 3);
    wr(a, MTIME, 8, ~(u64)0 - 5);
    run_for(f, 2 * TICK);
    assert_true(f->probe[MTIP].level);
    run_for(f, 3 * TICK);
    assert_true(f->probe[MTIP].level);
    run_for(f, TICK); // mtime wraps around: it is below mtimecmp again
    assert_int_equal(rd(a, MTIME, 8), 0);
    assert_false(f->probe[MTIP].level);
}

static void software_interrupts(void **state) {
    struct dev_fixture *f = *state;
    struct aclint *a = make(f);
    wr(a, 4, 4, 0xffffffff);
    assert_true(f->probe[MSIP + 1].level);
    assert_false(f->probe[MSIP].level);
    assert_int_equal(rd(a, 4, 4), 1);
    wr(a, 4, 4, 0xfffffffe);
    assert_false(f->probe[MSIP + 1].level);
    wr(a, 0, 1, 1), wr(a, 0, 8, 1), wr(a, 2, 2, 1); // not of 32 bits
    assert_false(f->probe[MSIP].level);
    wr(a, 8, 4, 1); // there is no hart 2
    assert_int_equal(rd(a, 8, 4), 0);
    assert_int_equal(rd(a, CMP(2), 8), 0);
}

static void hostile(void **state) {
    struct dev_fixture *f = *state;
    struct aclint *a = make(f);
    u64 seed = 3;
    for (unsigned i = 0; i < 300000; i++) {
        u64 r = splitmix64(&seed);
        if (r % 4 == 0) wr(a, r & 0x100 ? MTIME : CMP(r >> 9 & 1), 8, splitmix64(&seed) >> (r >> 10 & 63));
        else hostile_access(&aclint_ops, a, ACLINT_SIZE, &seed);
        run_for(f, r >> 50);
        for (unsigned h = 0; h < HARTS; h++) assert_int_equal(f->probe[MTIP + h].level, rd(a, MTIME, 8) >= rd(a, CMP(h), 8));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        DEVICE_TEST(time_passes),      DEVICE_TEST(the_timer),           DEVICE_TEST(halves),
        DEVICE_TEST(setting_the_time), DEVICE_TEST(software_interrupts), DEVICE_TEST(hostile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
