// SPDX-License-Identifier: MIT
// Goldfish RTC as Linux drives it (read, set, alarm), and accesses that no driver makes.
#include "dev/goldfish_rtc.h"

#include "dev_fixture.h"
#include "hostile_io.h"

#define START 1767225600
#define SECOND ((u64)1000000000)

static u64 rd(struct goldfish_rtc *r, u64 at) { return in32(&goldfish_rtc_ops, r, at); }
static void wr(struct goldfish_rtc *r, u64 at, u32 v) { out32(&goldfish_rtc_ops, r, at, v); }
static u64 read_time(struct goldfish_rtc *r) {
    u64 low = rd(r, 0);
    return low | rd(r, 4) << 32;
}
static void set_time(struct goldfish_rtc *r, u64 ns) { wr(r, 4, (u32)(ns >> 32)), wr(r, 0, (u32)ns); }
static void set_alarm(struct goldfish_rtc *r, u64 ns) { wr(r, 12, (u32)(ns >> 32)), wr(r, 8, (u32)ns), wr(r, 16, 1); }
static struct goldfish_rtc *make(struct dev_fixture *f) { return goldfish_rtc_create(&f->env, probe_line(f, 0), START); }

static void time_passes(void **state) {
    struct dev_fixture *f = *state;
    struct goldfish_rtc *r = make(f);
    assert_int_equal(read_time(r), START * SECOND);
    run_to(f, 5 * SECOND + 7);
    assert_int_equal(read_time(r), (START + 5) * SECOND + 7);
    u64 low = rd(r, 0);
    run_for(f, 10 * SECOND); // more than 2^32 ns: the high half is the one of when the low half was read
    assert_int_equal(low | rd(r, 4) << 32, (START + 5) * SECOND + 7);
}

static void setting(void **state) {
    struct dev_fixture *f = *state;
    struct goldfish_rtc *r = make(f);
    run_to(f, 3 * SECOND);
    set_time(r, 123456789012345678);
    assert_int_equal(read_time(r), 123456789012345678);
    run_for(f, SECOND);
    assert_int_equal(read_time(r), 123456789012345678 + SECOND);
    u64 kept = goldfish_rtc_offset(r);
    f->state.parts = 0;
    struct goldfish_rtc *next = make(f);
    goldfish_rtc_set_offset(next, kept);
    assert_int_equal(read_time(next), read_time(r));
}

static void the_alarm(void **state) {
    struct dev_fixture *f = *state;
    struct goldfish_rtc *r = make(f);
    set_alarm(r, (START + 2) * SECOND);
    assert_int_equal(rd(r, 0x18), 1);
    run_to(f, 2 * SECOND - 1);
    assert_false(f->probe[0].level);
    run_to(f, 2 * SECOND);
    assert_true(f->probe[0].level);
    assert_int_equal(rd(r, 0x18), 0);
    wr(r, 0x1c, 1);
    assert_false(f->probe[0].level);
    set_alarm(r, (START + 1) * SECOND); // past: at once
    assert_true(f->probe[0].level);
    wr(r, 16, 0);
    assert_false(f->probe[0].level);
    wr(r, 16, 1);
    assert_true(f->probe[0].level);
    wr(r, 0x1c, 0);
    set_alarm(r, (START + 9) * SECOND);
    wr(r, 0x14, 0);
    assert_int_equal(rd(r, 0x18), 0);
    run_to(f, 20 * SECOND);
    assert_int_equal(f->probe[0].rises, 3);
    set_alarm(r, (START + 1000) * SECOND);
    set_time(r, (START + 999) * SECOND); // the clock is put on: the alarm stays where it is
    run_for(f, SECOND);
    assert_int_equal(f->probe[0].rises, 4);
}

static void hostile(void **state) {
    struct dev_fixture *f = *state;
    struct goldfish_rtc *r = make(f);
    u64 seed = 4;
    goldfish_rtc_ops.write(r, 0, 2, 0), goldfish_rtc_ops.write(r, 2, 4, 0), goldfish_rtc_ops.write(r, 3, 1, 0);
    assert_int_equal(read_time(r), START * SECOND);
    assert_int_equal(goldfish_rtc_ops.read(r, 0, 8), START * SECOND);
    for (unsigned i = 0; i < 300000; i++) {
        hostile_access(&goldfish_rtc_ops, r, GOLDFISH_RTC_SIZE, &seed);
        hostile_access(&goldfish_rtc_ops, r, 0x20, &seed);
        run_for(f, splitmix64(&seed) >> 44);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {DEVICE_TEST(time_passes), DEVICE_TEST(setting), DEVICE_TEST(the_alarm),
                                       DEVICE_TEST(hostile)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
