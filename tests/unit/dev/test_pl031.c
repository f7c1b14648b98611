// SPDX-License-Identifier: MIT
// PL031 against its manual (DDI 0224), as Linux drives it (read, set, alarm), and accesses that no driver makes.
#include "dev/pl031.h"

#include "dev_fixture.h"
#include "hostile_io.h"

#define START 1767225600
#define SECOND ((u64)1000000000)

static u32 rd(struct pl031 *r, u64 at) { return in32(&pl031_ops, r, at); }
static void wr(struct pl031 *r, u64 at, u32 v) { out32(&pl031_ops, r, at, v); }
static struct pl031 *make(struct dev_fixture *f) { return pl031_create(&f->env, probe_line(f, 0), START); }

static void time_passes(void **state) {
    struct dev_fixture *f = *state;
    struct pl031 *r = make(f);
    assert_int_equal(rd(r, 0), START);
    run_to(f, 5 * SECOND - 1);
    assert_int_equal(rd(r, 0), START + 4);
    run_to(f, 5 * SECOND);
    assert_int_equal(rd(r, 0), START + 5);
    assert_int_equal(rd(r, 0xc), 1);
    wr(r, 0xc, 0); // cannot be stopped
    assert_int_equal(rd(r, 0xc), 1);
    wr(r, 0, 7); // nor set here
    assert_int_equal(rd(r, 0), START + 5);
}

static void setting(void **state) {
    struct dev_fixture *f = *state;
    struct pl031 *r = make(f);
    run_to(f, 3 * SECOND + SECOND / 2);
    wr(r, 8, 1000);
    assert_int_equal(rd(r, 8), 1000);
    assert_int_equal(rd(r, 0), 1000);
    run_for(f, SECOND);
    assert_int_equal(rd(r, 0), 1001);
    u64 kept = pl031_offset(r);
    f->state.parts = 0;
    struct pl031 *next = make(f);
    pl031_set_offset(next, kept);
    assert_int_equal(rd(next, 0), 1001);
    wr(r, 8, 0xffffffff);
    run_for(f, SECOND);
    assert_int_equal(rd(r, 0), 0);
}

static void the_alarm(void **state) {
    struct dev_fixture *f = *state;
    struct pl031 *r = make(f);
    wr(r, 4, START + 2), wr(r, 0x10, 1);
    assert_int_equal(rd(r, 4), START + 2);
    run_to(f, 2 * SECOND - 1);
    assert_false(f->probe[0].level);
    run_to(f, 2 * SECOND);
    assert_true(f->probe[0].level);
    assert_int_equal(f->probe[0].rose_at, 2 * SECOND);
    assert_int_equal(rd(r, 0x14), 1);
    assert_int_equal(rd(r, 0x18), 1);
    wr(r, 0x10, 0);
    assert_false(f->probe[0].level);
    assert_int_equal(rd(r, 0x14), 1);
    assert_int_equal(rd(r, 0x18), 0);
    wr(r, 0x10, 1);
    assert_true(f->probe[0].level);
    wr(r, 0x1c, 1);
    assert_false(f->probe[0].level);
    wr(r, 4, START + 1); // past: in 136 years
    run_for(f, 1000 * SECOND);
    assert_int_equal(f->probe[0].rises, 2);
    wr(r, 8, START + 1); // the count is set to it
    assert_true(f->probe[0].level);
    wr(r, 0x1c, 1);
    run_for(f, ((u64)1 << 32) * SECOND);
    assert_int_equal(f->probe[0].rises, 4);
    wr(r, 0x1c, 1);
    wr(r, 4, rd(r, 0) + 10);
    wr(r, 8, rd(r, 0) + 9); // put on
    run_for(f, SECOND);
    assert_int_equal(f->probe[0].rises, 5);
}

// What amba_device_add and rtc-pl031's table look for.
static void identity(void **state) {
    struct pl031 *r = make(*state);
    u32 id = 0, cell = 0;
    for (unsigned i = 0; i < 4; i++) id |= rd(r, 0xfe0 + 4 * i) << 8 * i, cell |= rd(r, 0xff0 + 4 * i) << 8 * i;
    assert_int_equal(id & 0xfffff, 0x41031);
    assert_int_equal(cell, 0xb105f00d);
}

static void hostile(void **state) {
    struct dev_fixture *f = *state;
    struct pl031 *r = make(f);
    u64 seed = 4;
    pl031_ops.write(r, 8, 2, 0), pl031_ops.write(r, 10, 4, 0), pl031_ops.write(r, 8, 1, 0);
    assert_int_equal(rd(r, 0), START);
    assert_int_equal(pl031_ops.read(r, 0, 8), START);
    for (unsigned i = 0; i < 300000; i++) {
        hostile_access(&pl031_ops, r, PRIMECELL_SIZE, &seed);
        hostile_access(&pl031_ops, r, 0x20, &seed);
        run_for(f, splitmix64(&seed) >> 34);
    }
    run_to(f, CLOCK_END - 5);
    wr(r, 4, rd(r, 0) + 1);
    run_to(f, CLOCK_END);
}

int main(void) {
    const struct CMUnitTest tests[] = {DEVICE_TEST(time_passes), DEVICE_TEST(setting), DEVICE_TEST(the_alarm),
                                       DEVICE_TEST(identity), DEVICE_TEST(hostile)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
