// SPDX-License-Identifier: MIT
// MC146818 against its data sheet; dates are checked against the C library's calendar.
#define _DEFAULT_SOURCE
#include "dev/rtc_cmos.h"

#include "dev_fixture.h"
#include <time.h>

#define SECOND 1000000000ull
#define START 1767225599 // 2025-12-31 23:59:59 UTC, a Wednesday

struct rig {
    struct dev_fixture *f;
    struct rtc_cmos *r;
};

static struct rig make_at(void **state, i64 start) {
    struct dev_fixture *f = *state;
    return (struct rig){f, rtc_cmos_create(&f->env, probe_line(f, 8), start, 2 * GiB, 4 * GiB)};
}
static struct rig make(void **state) { return make_at(state, START); }

static u8 get(struct rig r, u8 reg) {
    out8(&rtc_cmos_ops, r.r, 0, reg);
    return in8(&rtc_cmos_ops, r.r, 1);
}

static void set(struct rig r, u8 reg, u8 v) {
    out8(&rtc_cmos_ops, r.r, 0, reg);
    out8(&rtc_cmos_ops, r.r, 1, v);
}

static u8 to_bcd(int v) { return (u8)(v / 10 << 4 | v % 10); }

static void assert_date_bcd24(struct rig r, time_t date) {
    struct tm tm;
    gmtime_r(&date, &tm);
    assert_int_equal(get(r, 0), to_bcd(tm.tm_sec));
    assert_int_equal(get(r, 2), to_bcd(tm.tm_min));
    assert_int_equal(get(r, 4), to_bcd(tm.tm_hour));
    assert_int_equal(get(r, 6), tm.tm_wday + 1);
    assert_int_equal(get(r, 7), to_bcd(tm.tm_mday));
    assert_int_equal(get(r, 8), to_bcd(tm.tm_mon + 1));
    assert_int_equal(get(r, 9), to_bcd(tm.tm_year % 100));
    assert_int_equal(get(r, RTC_CENTURY), to_bcd((tm.tm_year + 1900) / 100));
}

static void shows_the_date(void **state) {
    struct rig r = make(state);
    assert_int_equal(get(r, 0x0B) & 0x86, 0x02); // BCD, 24 h
    assert_date_bcd24(r, START);
    run_to(r.f, SECOND - 1);
    assert_date_bcd24(r, START);
    run_to(r.f, SECOND);
    assert_date_bcd24(r, START + 1);
    assert_int_equal(get(r, RTC_CENTURY), 0x20);
    assert_int_equal(get(r, 9), 0x26);
}

static void knows_the_calendar(void **state) {
    struct rig r = make_at(state, 0);
    // steps of 13 days and a bit: a century and its leap years
    for (u64 date = 0; date < 4102444800; date += 13 * 86400 + 12345) {
        run_to(r.f, date * SECOND);
        assert_date_bcd24(r, (time_t)date);
    }
}

static void reads_in_binary_and_12_hours(void **state) {
    struct rig r = make(state);
    set(r, 0x0B, 0x06);
    assert_int_equal(get(r, 4), 23);
    assert_int_equal(get(r, 0), 59);
    assert_int_equal(get(r, 7), 31);
    set(r, 0x0B, 0x04);
    assert_int_equal(get(r, 4), 0x80 | 11);
    set(r, 0x0B, 0x00);
    assert_int_equal(get(r, 4), 0x80 | 0x11);
    static const u8 twelve[24] = {0x12, 1,    2,    3,    4,    5,    6,    7,    8,    9,    0x10, 0x11,
                                  0x92, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x90, 0x91};
    for (unsigned h = 0; h < 24; h++) {
        run_to(r.f, SECOND + h * 3600 * SECOND);
        assert_int_equal(get(r, 4), twelve[h]);
    }
}

// Linux's mc146818_set_time(): SET, divider reset, write, restore; the first update follows half a second later
static void sets_the_date(void **state) {
    struct rig r = make(state);
    run_to(r.f, 10 * SECOND + 123);
    u8 b = get(r, 0x0B), a = get(r, 0x0A);
    set(r, 0x0B, b | 0x80);
    set(r, 0x0A, a | 0x70);
    set(r, 9, 0x24);
    set(r, 8, 0x02);
    set(r, 7, 0x28);
    set(r, 4, 0x23);
    set(r, 2, 0x59);
    set(r, 0, 0x58);
    set(r, 6, 0x04);
    set(r, RTC_CENTURY, 0x20);
    run_for(r.f, 100 * SECOND);
    assert_int_equal(get(r, 0), 0x58); // stands
    set(r, 0x0B, b);
    set(r, 0x0A, a);
    u64 started = r.f->clock.now;
    assert_int_equal(get(r, 0), 0x58);
    run_to(r.f, started + SECOND / 2 - 1);
    assert_int_equal(get(r, 0), 0x58);
    run_to(r.f, started + SECOND / 2);
    assert_int_equal(get(r, 0), 0x59);
    run_for(r.f, SECOND);
    assert_int_equal(get(r, 7), 0x29); // 2024 is a leap year
    assert_int_equal(get(r, 8), 0x02);
    assert_int_equal(get(r, 6), 0x05);
    run_for(r.f, 86400 * SECOND);
    assert_int_equal(get(r, 7), 0x01);
    assert_int_equal(get(r, 8), 0x03);
}

static void sets_in_binary_12_hours(void **state) {
    struct rig r = make(state);
    set(r, 0x0B, 0x84);
    set(r, 4, 0x80 | 12);
    set(r, 2, 30);
    set(r, 0, 0);
    set(r, 0x0B, 0x04);
    assert_int_equal(get(r, 4), 0x8C);
    set(r, 0x0B, 0x06);
    assert_int_equal(get(r, 4), 12);
    set(r, 0x0B, 0x82); // midnight is 12 AM
    set(r, 4, 0x12);
    set(r, 0x0B, 0x80);
    set(r, 4, 0x12);
    set(r, 0x0B, 0x00);
    set(r, 0x0B, 0x02);
    assert_int_equal(get(r, 4), 0x00);
}

static void divider_reset_stops_the_date(void **state) {
    struct rig r = make(state);
    set(r, 0x0A, 0x76);
    run_for(r.f, 100 * SECOND);
    assert_int_equal(get(r, 0), 0x59);
    set(r, 0x0B, 0x82);
    set(r, 0x0A, 0x26); // running, but SET
    run_for(r.f, 100 * SECOND);
    assert_int_equal(get(r, 0), 0x59);
    set(r, 0x0B, 0x02);
    run_for(r.f, SECOND);
    assert_int_equal(get(r, 0), 0x00);
}

static void writes_while_running(void **state) {
    struct rig r = make(state);
    set(r, 2, 0x30);
    run_for(r.f, 2 * SECOND);
    assert_int_equal(get(r, 2), 0x31);
    assert_int_equal(get(r, 0), 0x01);
}

static void update_in_progress(void **state) {
    struct rig r = make(state);
    run_to(r.f, SECOND - 250000);
    assert_int_equal(get(r, 0x0A) & 0x80, 0);
    run_to(r.f, SECOND - 244000);
    assert_int_equal(get(r, 0x0A) & 0x80, 0x80);
    run_to(r.f, SECOND);
    assert_int_equal(get(r, 0x0A) & 0x80, 0);
    set(r, 0x0B, 0x82);
    run_to(r.f, 2 * SECOND - 1000);
    assert_int_equal(get(r, 0x0A) & 0x80, 0); // no update while SET
}

static void periodic_rates(void **state) {
    struct rig r = make(state);
    static const unsigned hz[16] = {0, 256, 128, 8192, 4096, 2048, 1024, 512, 256, 128, 64, 32, 16, 8, 4, 2};
    get(r, 0x0C);
    for (unsigned rs = 0; rs < 16; rs++) {
        set(r, 0x0B, 0x02);
        set(r, 0x0A, (u8)(0x20 | rs));
        get(r, 0x0C);
        set(r, 0x0B, 0x42);
        u64 end = (r.f->clock.now / SECOND + 1) * SECOND;
        unsigned seen = 0;
        while (clock_next(&r.f->clock) <= end) {
            run_to(r.f, clock_next(&r.f->clock));
            assert_true(r.f->probe[8].level);
            assert_int_equal(get(r, 0x0C) & 0xC0, 0xC0);
            assert_false(r.f->probe[8].level);
            seen++;
        }
        run_to(r.f, end);
        assert_int_equal(seen, hz[rs]);
    }
}

static void flags_without_interrupts(void **state) {
    struct rig r = make(state);
    set(r, 0x0A, 0x2F); // 2 Hz
    get(r, 0x0C);
    assert_int_equal(get(r, 0x0C), 0);
    run_to(r.f, SECOND / 2);
    assert_int_equal(get(r, 0x0C), 0x40);
    run_to(r.f, SECOND);
    assert_int_equal(get(r, 0x0C) & 0xD0, 0x50); // PF, UF; no IRQF; AF: midnight matches alarm 0
    assert_int_equal(r.f->probe[8].rises, 0);
    assert_int_equal(clock_next(&r.f->clock), CLOCK_NEVER);
}

static void update_interrupt(void **state) {
    struct rig r = make(state);
    set(r, 0x0A, 0x20);
    get(r, 0x0C);
    set(r, 0x0B, 0x12);
    run_to(r.f, 5 * SECOND + 1);
    assert_int_equal(r.f->probe[8].rises, 1); // level until C is read
    assert_int_equal(r.f->probe[8].rose_at, SECOND);
    assert_int_equal(get(r, 0x0C) & 0x90, 0x90);
    run_to(r.f, 6 * SECOND);
    assert_int_equal(r.f->probe[8].rose_at, 6 * SECOND);
    set(r, 0x0B, 0x92);
    assert_int_equal(get(r, 0x0B) & 0x10, 0); // SET clears UIE
}

static void alarm_at(struct rig r, u8 h, u8 m, u8 s, u64 expect_seconds) {
    set(r, 0x0B, 0x02);
    set(r, 5, h);
    set(r, 3, m);
    set(r, 1, s);
    get(r, 0x0C);
    set(r, 0x0B, 0x22);
    u64 limit = r.f->clock.now + 2 * 86400 * SECOND;
    run_to(r.f, clock_next(&r.f->clock) < limit ? clock_next(&r.f->clock) : limit);
    assert_int_equal(get(r, 0x0C) & 0xA0, 0xA0);
    assert_int_equal(r.f->clock.now, expect_seconds * SECOND);
}

static void alarms(void **state) {
    struct rig r = make(state); // 23:59:59 at 0 s, midnight at 1 s
    alarm_at(r, 0x00, 0x00, 0x10, 11);
    alarm_at(r, 0x06, 0x30, 0x00, 1 + 6 * 3600 + 30 * 60);
    alarm_at(r, 0xFF, 0xFF, 0x05, 1 + 6 * 3600 + 30 * 60 + 5);
    alarm_at(r, 0xC0, 0x00, 0x00, 1 + 7 * 3600);
    alarm_at(r, 0xFF, 0xFF, 0xFF, 1 + 7 * 3600 + 1);
    alarm_at(r, 0x07, 0x00, 0x01, 1 + 31 * 3600 + 1); // this very second: tomorrow
    set(r, 0x0B, 0x22);
    set(r, 3, 0x7F); // minute 85
    assert_int_equal(clock_next(&r.f->clock), CLOCK_NEVER);
}

static void memory_and_ports(void **state) {
    struct rig r = make(state);
    set(r, 0x50, 0x5A);
    assert_int_equal(get(r, 0x50), 0x5A);
    assert_int_equal(get(r, 0x15) | get(r, 0x16) << 8, 640);
    assert_int_equal(get(r, 0x30) | get(r, 0x31) << 8, 63 * 1024);
    assert_int_equal(get(r, 0x34) | get(r, 0x35) << 8, (2 * GiB - 16 * MiB) / (64 * KiB));
    assert_int_equal(get(r, 0x5B) | get(r, 0x5C) << 8 | get(r, 0x5D) << 16, 4 * GiB / (64 * KiB));
    unsigned sum = 0;
    for (u8 i = 0x10; i < 0x2E; i++) sum += get(r, i);
    assert_int_equal(get(r, 0x2E) << 8 | get(r, 0x2F), sum);
    assert_int_equal(get(r, 0x0D), 0x80);
    set(r, 0x0D, 0x00);
    assert_int_equal(get(r, 0x0D), 0x80);
    assert_true(rtc_cmos_nmi_enabled(r.r));
    out8(&rtc_cmos_ops, r.r, 0, 0x80 | 0x50);
    assert_false(rtc_cmos_nmi_enabled(r.r));
    assert_int_equal(in8(&rtc_cmos_ops, r.r, 1), 0x5A);
}

static void survives_nonsense(void **state) {
    struct rig r = make(state);
    u32 random = 1;
    for (unsigned i = 0; i < 200000; i++) {
        random = random * 1664525 + 1013904223;
        if (random >> 30) set(r, random >> 8 & 0x3F, (u8)(random >> 16));
        else get(r, random >> 8 & 0x3F);
        run_for(r.f, random >> 12);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        DEVICE_TEST(shows_the_date),
        DEVICE_TEST(knows_the_calendar),
        DEVICE_TEST(reads_in_binary_and_12_hours),
        DEVICE_TEST(sets_the_date),
        DEVICE_TEST(sets_in_binary_12_hours),
        DEVICE_TEST(writes_while_running),
        DEVICE_TEST(divider_reset_stops_the_date),
        DEVICE_TEST(update_in_progress),
        DEVICE_TEST(periodic_rates),
        DEVICE_TEST(flags_without_interrupts),
        DEVICE_TEST(update_interrupt),
        DEVICE_TEST(alarms),
        DEVICE_TEST(memory_and_ports),
        DEVICE_TEST(survives_nonsense),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
