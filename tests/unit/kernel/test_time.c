// SPDX-License-Identifier: MIT
// kernel/time.c beside clocks whose true rates are known: an ACPI timer and an 8254, read by ports that take their time, on a machine whose processor is
// taken away now and then. What it states of the TSC's frequency is never farther off than it says, and where the frequency is round it is that very number.
#define KERNEL_IO_H
#include "base/types.h"

static u8 inb(u16 port);
static u32 inl(u16 port);
static void outb(u16 port, u8 v);
static u64 rdtsc(void);
static void cpu_relax(void) {}

#include "../../../kernel/time.c"

#include "../../rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { PM_PORT = 0x608 };
#define PS ((u64)1000000) // of a microsecond

static u64 now, hz, read_ps, pit_from; // picoseconds
static u32 phase, taken_away;
static bool stuck, pit_is_late;
static struct rng rng;

static void pass(u64 ps) {
    now += ps;
    if (taken_away && one_in(&rng, taken_away)) now += 5000 * PS;
}

static u64 ticks(u64 rate, u64 ps) { return (u64)((u128)ps * rate / 1000000000000u); }

static u64 rdtsc(void) {
    pass(10000);
    return ticks(hz, now);
}

static u32 inl(u16 port) {
    assert_int_equal(port, PM_PORT);
    pass(read_ps / 2);
    u32 v = stuck ? 17 : (u32)ticks(PM_HZ, now + phase);
    pass(read_ps / 2);
    return v;
}

static u8 inb(u16 port) {
    pass(read_ps / 2);
    assert_int_equal(port, PORT_B);
    bool out = now >= pit_from && ticks(PIT_HZ, now - pit_from) >= (u64)PIT_HZ * MEASURE_US / 1000000;
    pass(read_ps / 2);
    return stuck || !out ? 0 : OUT2;
}

// Its count begins with the write, as QEMU has it, or at the clock's next edge, as an 8254 does.
static void outb(u16 port, u8 v) {
    pass(read_ps / 2);
    if (port == PIT_CHANNEL2) pit_from = now + (pit_is_late ? below(&rng, 1000000000000u / PIT_HZ) : 0);
    pass(read_ps / 2);
}

static const struct acpi_power power = {.pm_timer = {.present = true, .address = PM_PORT}};

static void boot_a_machine(u64 frequency, u32 look, u32 stolen) {
    hz = frequency, read_ps = look, taken_away = stolen, stuck = false;
    phase = (u32)below(&rng, 280000);
    pit_is_late = below(&rng, 2);
    now = below(&rng, 1000000000);
}

static void is_true(struct time_rate r) {
    u64 by = r.hz > hz ? r.hz - hz : hz - r.hz;
    assert_true(r.hz && by <= r.error);
}

static void a_round_frequency_is_that_number(void **state) {
    static const u64 round[] = {1000000000, 2600000000, 3700000000, 2400000000};
    for (unsigned i = 0; i < 40; i++) {
        boot_a_machine(round[i % 4], i & 1 ? 20000 : 700000, 0);
        assert_int_equal(time_calibrate(&power), hz);
        assert_int_equal(time_rate_by_pm(&power).hz, hz);
        assert_int_equal(time_rate_by_pit().hz, hz);
        assert_true(time_rate().error <= 1000000);
    }
}

static void it_is_never_farther_off_than_it_says(void **state) {
    for (unsigned i = 0; i < 200; i++) {
        boot_a_machine(800000000 + (u64)below(&rng, 4000000000u), 20000 + below(&rng, 3000000), i & 1 ? 20000 : 0);
        assert_true(time_calibrate(&power));
        is_true(time_rate());
        is_true(time_rate_by_pm(&power));
        is_true(time_rate_by_pit());
    }
}

static void clocks_that_stand_still_are_none(void **state) {
    boot_a_machine(1000000000, 20000, 0);
    stuck = true;
    assert_int_equal(time_rate_by_pm(&power).hz, 0);
    assert_int_equal(time_rate_by_pit().hz, 0);
    assert_int_equal(time_rate_by_pm(&(struct acpi_power){0}).hz, 0);
}

static void the_roundest_number_between_two(void **state) {
    static const struct {
        u64 low, high, hz, error;
    } row[] = {{999990000, 1000010000, 1000000000, 100000},
               {2592123456, 2592123456, 2592123456, 1},
               {2599100000, 2599300000, 2599200000, 1000000}, // the one in the middle of three
               {1, 9, 5, 10},
               {1, 10, 10, 10},
               {~(u64)0 - 9, ~(u64)0, ~(u64)0 / 10 * 10, 10}};
    for (unsigned i = 0; i < countof(row); i++) {
        struct time_rate r = time_rate_between(row[i].low, row[i].high);
        assert_int_equal(r.hz, row[i].hz);
        assert_int_equal(r.error, row[i].error);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_round_frequency_is_that_number),
        cmocka_unit_test(it_is_never_farther_off_than_it_says),
        cmocka_unit_test(clocks_that_stand_still_are_none),
        cmocka_unit_test(the_roundest_number_between_two),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
