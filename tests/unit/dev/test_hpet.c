// SPDX-License-Identifier: MIT
// HPET against the IA-PC HPET specification 1.0a and Linux's driver.
#include "dev/hpet.h"

#include "base/bits.h"
#include "dev_fixture.h"

enum { CAP = 0, CONF = 0x10, STATUS = 0x20, COUNTER = 0xF0, T0 = 0x100, T1 = 0x120, T2 = 0x140, CMP = 8 };
enum { LEVEL = 2, ENABLE = 4, PERIODIC = 8, SETVAL = 0x40, BITS32 = 0x100 };
enum { LEGACY0 = 30, LEGACY1 = 31 }; // probes; the GSIs are 0..29

struct rig {
    struct dev_fixture *f;
    struct hpet *h;
};

static struct rig make(void **state) {
    struct dev_fixture *f = *state;
    const struct irq_line legacy[2] = {probe_line(f, LEGACY0), probe_line(f, LEGACY1)};
    return (struct rig){f, hpet_create(&f->env, legacy, probe_line(f, 0), 0x00F00000)};
}

static u64 get(struct rig r, u64 at) { return hpet_ops.read(r.h, at, 8); }
static void set(struct rig r, u64 at, u64 v) { hpet_ops.write(r.h, at, 8, v); }
static void set_low(struct rig r, u64 at, u32 v) { out32(&hpet_ops, r.h, at, v); }
static u64 route(unsigned pin) { return (u64)pin << 9; }

static void capabilities(void **state) {
    struct rig r = make(state);
    assert_int_equal(get(r, CAP) >> 32, 10000000); // fs
    assert_int_equal(get(r, CAP) & 0xFFFFFFFF, HPET_EVENT_TIMER_BLOCK_ID);
    assert_int_equal(in32(&hpet_ops, r.h, 4), 10000000);
    assert_int_equal(get(r, T0) >> 32, 0x00F00000);
    assert_int_equal(get(r, T0) & 0x30, 0x30); // 64 bits, periodic
    assert_int_equal(get(r, T0) & 0xC000, 0);  // no FSB
    assert_int_equal(get(r, T0 + CMP), ~(u64)0);
    assert_int_equal(get(r, 0x160), 0); // no fourth timer
}

static void counter_runs_while_enabled(void **state) {
    struct rig r = make(state);
    run_to(r.f, 1000);
    assert_int_equal(get(r, COUNTER), 0);
    set(r, COUNTER, 0xFFFFFFFF0);
    set(r, CONF, 1);
    run_for(r.f, 1005);
    assert_int_equal(get(r, COUNTER), 0xFFFFFFFF0 + 100);
    set(r, COUNTER, 0); // only while halted
    assert_int_equal(get(r, COUNTER), 0xFFFFFFFF0 + 100);
    assert_int_equal(in32(&hpet_ops, r.h, COUNTER + 4), 0x10);
    set(r, CONF, 0);
    run_for(r.f, 1000);
    assert_int_equal(get(r, COUNTER), 0xFFFFFFFF0 + 100);
}

static void one_shot_edge(void **state) {
    struct rig r = make(state);
    run_to(r.f, 3);
    set(r, CONF, 1);
    set(r, T2, ENABLE | route(21));
    set(r, T2 + CMP, 1000);
    run_to(r.f, 3 + 9999);
    assert_int_equal(r.f->probe[21].rises, 0);
    run_to(r.f, 3 + 10000);
    assert_int_equal(r.f->probe[21].rises, 1);
    assert_int_equal(r.f->probe[21].rose_at, 10003);
    assert_true(r.f->probe[21].level); // for an 8259, until something else is asked of the timer
    run_to(r.f, 1000000000000);
    assert_int_equal(r.f->probe[21].rises, 1);
    set(r, T2 + CMP, 5); // long past: not before the counter comes round
    run_for(r.f, 1000000000000);
    assert_int_equal(r.f->probe[21].rises, 1);
    assert_int_equal(get(r, STATUS), 0);
}

// A match is the counter's arrival: what is written in the same tick of 10 ns makes no second one, and a new arrival is one.
static void rewritten_within_the_tick(void **state) {
    const u64 configs[] = {ENABLE | BITS32 | route(21), ENABLE | route(21), ENABLE | PERIODIC | SETVAL | route(21)};
    for (unsigned i = 0; i < 3; i++) {
        struct rig r = make(state);
        unsigned before = r.f->probe[21].rises;
        u64 began = r.f->clock.now;
        set(r, CONF, 1);
        set(r, T2, configs[i]);
        set(r, T2 + CMP, 100);
        run_to(r.f, began + 1000);
        assert_int_equal(r.f->probe[21].rises, before + 1);
        for (unsigned ns = 0; ns < 10; ns += 3) {
            run_to(r.f, began + 1000 + ns);
            set(r, T2, configs[i]);
            set(r, T2 + CMP, 100);
            run_for(r.f, 0);
        }
        run_to(r.f, began + 1015);
        assert_int_equal(r.f->probe[21].rises, before + 1);
        set(r, CONF, 1); // changes nothing
        set(r, T2, configs[i]);
        set(r, T2 + CMP, 102);
        run_to(r.f, began + 1020);
        assert_int_equal(r.f->probe[21].rises, before + 2);
        set(r, CONF, 0);
        set(r, COUNTER, 102); // arrives anew
        set(r, T2, configs[i]);
        set(r, T2 + CMP, 102);
        set(r, CONF, 1);
        run_for(r.f, 1);
        assert_int_equal(r.f->probe[21].rises, before + 3);
        set(r, T2, 0);
        set(r, CONF, 0);
        set(r, COUNTER, 0);
    }
}

static void comes_round_in_32_bits(void **state) {
    struct rig r = make(state);
    set(r, CONF, 1);
    run_to(r.f, 1000);
    set(r, T0, ENABLE | BITS32 | route(20));
    set(r, T0 + CMP, 50);
    run_to(r.f, (BIT(32) + 50) * 10);
    assert_int_equal(r.f->probe[20].rises, 1);
    assert_int_equal(r.f->probe[20].rose_at, (BIT(32) + 50) * 10);
    run_to(r.f, (2 * BIT(32) + 50) * 10);
    assert_int_equal(r.f->probe[20].rises, 2);
}

static void level(void **state) {
    struct rig r = make(state);
    set(r, CONF, 1);
    set(r, T1, ENABLE | LEVEL | route(22));
    set(r, T1 + CMP, 10);
    run_to(r.f, 1000);
    assert_true(r.f->probe[22].level);
    assert_int_equal(get(r, STATUS), 2);
    set(r, STATUS, 5); // others
    assert_true(r.f->probe[22].level);
    set(r, STATUS, 2);
    assert_false(r.f->probe[22].level);
    assert_int_equal(get(r, STATUS), 0);
    set(r, T1, LEVEL | route(22)); // status without interrupt
    set(r, T1 + CMP, 200);
    run_to(r.f, 3000);
    assert_int_equal(get(r, STATUS), 2);
    assert_false(r.f->probe[22].level);
}

// 2.3.8: a level stays with its timer when the timer is led elsewhere, and a timer without a legal route leads nowhere.
static void a_level_moves_with_its_route(void **state) {
    struct rig r = make(state);
    set(r, CONF, 1);
    set(r, T1, ENABLE | LEVEL | route(22));
    set(r, T1 + CMP, 10);
    run_to(r.f, 1000);
    assert_true(r.f->probe[22].level);
    set(r, T1, ENABLE | LEVEL | route(23)); // another pin
    assert_false(r.f->probe[22].level);
    assert_true(r.f->probe[23].level);
    set(r, CONF, 3); // timer 1 is IRQ 8 now ...
    assert_false(r.f->probe[23].level);
    assert_true(r.f->probe[LEGACY1].level);
    set(r, CONF, 1); // ... and is not any more
    assert_true(r.f->probe[23].level);
    assert_false(r.f->probe[LEGACY1].level);
    set(r, T1, LEVEL | route(23)); // the status stays when no interrupt is wanted
    assert_false(r.f->probe[23].level);
    assert_int_equal(get(r, STATUS), 2);
    unsigned falls = r.f->probe[23].falls;
    set(r, STATUS, 2);
    assert_int_equal(get(r, STATUS), 0);
    assert_int_equal(r.f->probe[23].falls, falls);
    set(r, T0, ENABLE | LEVEL); // route 0 is not among its routes
    set(r, T0 + CMP, get(r, COUNTER) + 10);
    run_for(r.f, 1000);
    assert_int_equal(get(r, STATUS), 1);
    for (unsigned i = 0; i < 30; i++) assert_false(r.f->probe[i].level);
}

// Table 2: legacy replacement is for timers 0 and 1; the third goes by its route.
static void the_third_timer_has_no_legacy_line(void **state) {
    struct rig r = make(state);
    set(r, CONF, 3);
    set(r, T2, ENABLE | route(21));
    set(r, T2 + CMP, 100);
    run_to(r.f, 2000);
    assert_int_equal(r.f->probe[21].rises, 1);
    assert_int_equal(r.f->probe[LEGACY0].rises + r.f->probe[LEGACY1].rises, 0);
}

// 2.3.9.2: the period is what was written last with the value set; with none there is one match.
static void periodic_without_a_period(void **state) {
    struct rig r = make(state);
    set(r, T0, ENABLE | BITS32 | route(20));
    set(r, T0 + CMP, 100);
    set(r, T0, ENABLE | PERIODIC | BITS32 | route(20));
    set(r, CONF, 1);
    run_to(r.f, 1000000);
    assert_int_equal(r.f->probe[20].rises, 1);
    run_to(r.f, (BIT(32) + 100) * 10);
    assert_int_equal(r.f->probe[20].rises, 2); // round
}

// hpet_clkevt_set_state_periodic() of Linux, legacy replacement: HZ=1000 on timer 0
static void linux_periodic_tick(void **state) {
    struct rig r = make(state);
    set_low(r, CONF, 0);
    set_low(r, COUNTER, 0);
    set_low(r, COUNTER + 4, 0);
    set_low(r, CONF, 3);
    run_to(r.f, 12345);
    set_low(r, CONF, 2);
    u32 now = in32(&hpet_ops, r.h, COUNTER), delta = 100000;
    set_low(r, T0, ENABLE | PERIODIC | SETVAL | BITS32);
    set_low(r, T0 + CMP, now + delta);
    run_for(r.f, 1000);
    set_low(r, T0 + CMP, delta);
    set_low(r, CONF, 3);
    u64 started = r.f->clock.now;
    for (u64 i = 1; i <= 1000; i++) {
        run_to(r.f, started + i * 1000000);
        assert_int_equal(r.f->probe[LEGACY0].rises, i);
        assert_int_equal(r.f->probe[LEGACY0].rose_at, started + i * 1000000);
    }
    assert_int_equal(in32(&hpet_ops, r.h, T0 + CMP), now + 1001 * delta);
}

static void periodic_in_64_bits(void **state) {
    struct rig r = make(state);
    set(r, T0, ENABLE | PERIODIC | SETVAL | route(23));
    set(r, T0 + CMP, 70); // first match and period
    assert_int_equal(get(r, T0) & SETVAL, 0);
    set(r, CONF, 1);
    run_to(r.f, 10 * 70 * 4);
    assert_int_equal(r.f->probe[23].rises, 4);
    set(r, T0 + CMP, 30); // a new period, from the next match on
    run_to(r.f, 10 * (70 * 5 + 30 * 2));
    assert_int_equal(r.f->probe[23].rises, 7);
    assert_int_equal(get(r, T0 + CMP), 70 * 5 + 30 * 3);
}

static void comparator_moves_without_interrupts(void **state) {
    struct rig r = make(state);
    set(r, T0, PERIODIC | SETVAL);
    set(r, T0 + CMP, 100);
    set(r, CONF, 1);
    run_to(r.f, 10 * 100 * 1000000ull + 5);
    assert_int_equal(get(r, T0 + CMP), 100 * 1000001ull);
    assert_int_equal(clock_next(&r.f->clock), CLOCK_NEVER);
}

// A change of anything else, late in the life of a periodic timer, leaves its rhythm alone.
static void rhythm_survives_changes(void **state) {
    struct rig r = make(state);
    set(r, T0, ENABLE | PERIODIC | SETVAL | route(23));
    set(r, T0 + CMP, 100);
    set(r, CONF, 1);
    run_to(r.f, 1000 * 1000 + 300);
    set(r, T0, ENABLE | PERIODIC | route(22)); // another line
    run_to(r.f, 1001 * 1000);
    assert_int_equal(r.f->probe[22].rises, 1);
    set(r, CONF, 3); // legacy
    run_to(r.f, 1002 * 1000);
    assert_int_equal(r.f->probe[LEGACY0].rises, 1);
    set(r, CONF, 0);
    run_for(r.f, 123456);
    assert_int_equal(get(r, COUNTER), 100200);
    set(r, CONF, 1);
    u64 on = r.f->clock.now;
    run_to(r.f, on + 1000);
    assert_int_equal(r.f->probe[22].rises, 2);
    assert_int_equal(r.f->probe[22].rose_at, on + 1000);
}

static void no_interrupt_needs_no_event(void **state) {
    struct rig r = make(state);
    set(r, T0, PERIODIC | SETVAL | route(23));
    set(r, T0 + CMP, 100);
    set(r, CONF, 1);
    run_to(r.f, 1000 * 1000 + 300);
    set(r, T0, ENABLE | PERIODIC | route(23));
    assert_int_equal(clock_next(&r.f->clock), 1001 * 1000);
    set(r, T0, PERIODIC | route(23));
    run_to(r.f, 2000 * 1000 + 300);
    set(r, T0 + CMP, 50); // a new period without set value
    assert_int_equal(get(r, T0 + CMP), 200100);
}

static void legacy_replacement_takes_the_lines(void **state) {
    struct rig r = make(state);
    struct irq_line pit = hpet_legacy_input(r.h, 0), rtc = hpet_legacy_input(r.h, 1);
    irq_set(&pit, true);
    irq_set(&rtc, true);
    assert_true(r.f->probe[LEGACY0].level && r.f->probe[LEGACY1].level);
    set(r, CONF, 3);
    assert_false(r.f->probe[LEGACY0].level || r.f->probe[LEGACY1].level);
    irq_set(&pit, false);
    irq_set(&pit, true);
    assert_int_equal(r.f->probe[LEGACY0].rises, 1);
    set(r, T1, ENABLE | route(20));
    set(r, T1 + CMP, 10);
    run_to(r.f, 100);
    assert_int_equal(r.f->probe[LEGACY1].rises, 2);
    assert_int_equal(r.f->probe[20].rises, 0);
    set(r, CONF, 1);
    assert_true(r.f->probe[LEGACY0].level && r.f->probe[LEGACY1].level);
}

static void a_wrong_route_does_not_stick(void **state) {
    struct rig r = make(state);
    set(r, T0, route(5) | ENABLE);
    assert_int_equal(get(r, T0) >> 9 & 31, 0);
    set(r, T0, route(20) | ENABLE);
    assert_int_equal(get(r, T0) >> 9 & 31, 20);
}

static void survives_nonsense(void **state) {
    struct rig r = make(state);
    u32 random = 7;
    for (unsigned i = 0; i < 200000; i++) {
        random = random * 1664525 + 1013904223;
        u64 at = (random >> 8 & 0x17F), value = (u64)random << (random & 31);
        unsigned width = 1u << (random >> 30);
        at &= ~(u64)(width - 1);
        if (random & 0x10000000) hpet_ops.write(r.h, at, width, value);
        else hpet_ops.read(r.h, at, width);
        run_for(r.f, random >> 20 & 0xFF);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        DEVICE_TEST(capabilities),
        DEVICE_TEST(counter_runs_while_enabled),
        DEVICE_TEST(one_shot_edge),
        DEVICE_TEST(rewritten_within_the_tick),
        DEVICE_TEST(comes_round_in_32_bits),
        DEVICE_TEST(level),
        DEVICE_TEST(linux_periodic_tick),
        DEVICE_TEST(a_level_moves_with_its_route),
        DEVICE_TEST(the_third_timer_has_no_legacy_line),
        DEVICE_TEST(periodic_without_a_period),
        DEVICE_TEST(periodic_in_64_bits),
        DEVICE_TEST(comparator_moves_without_interrupts),
        DEVICE_TEST(rhythm_survives_changes),
        DEVICE_TEST(no_interrupt_needs_no_event),
        DEVICE_TEST(legacy_replacement_takes_the_lines),
        DEVICE_TEST(a_wrong_route_does_not_stick),
        DEVICE_TEST(survives_nonsense),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
