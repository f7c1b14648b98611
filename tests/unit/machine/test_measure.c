// SPDX-License-Identifier: MIT
// Visits of measured regions (cpu/measure.h) by a processor that is nothing but its place and its count: what a hostile guest's marks can do.
#include "cpu/measure_parts.h"
#include "base/le.h"
#include "cpu/isa.h"
#include "scripted_plat.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct scripted_plat s;
static struct measure m;
static struct vcpu v;
static struct vclock clock;
static struct measure_place here;
static u8 memory[64 * KiB];

static void place(const struct vcpu *w, struct measure_place *p) { *p = here; }
static unsigned look_code(struct vcpu *w, u64 pc, u8 code[15]) {
    unsigned n = 0;
    for (; n < 15 && pc + n < sizeof memory; n++) code[n] = memory[pc + n];
    return n;
}
static const struct isa isa = {.place = place, .look_code = look_code};

static int setup(void **state) {
    scripted_plat_init(&s);
    m = (struct measure){.plat = &s.plat, .marks = true};
    v = (struct vcpu){.isa = &isa, .measure = &m, .clock = &clock};
    clock.now = 0;
    here = (struct measure_place){.sp = 1000, .root = 1, .privilege = 3};
    v.slice_end = v.left = 1 << 30;
    measure_slice_begins(&v, clock.now);
    return 0;
}

static void run(u64 n) { v.left -= (i64)n; }

// A mark whose name lies `back` bytes in front of it.
static void begin(const char *name, unsigned back, unsigned length) {
    const u64 at = 4096;
    memset(memory + at - 512, 0, 512);
    memcpy(memory + at - back, name, strlen(name));
    st16(memory + at - 4, (u16)back);
    st16(memory + at - 2, (u16)length);
    run(1);
    measure_mark(&v, MARK_BEGIN, at, 0);
}
static void begin_named(const char *name) { begin(name, (unsigned)strlen(name) + 4, (unsigned)strlen(name)); }
static void end(void) {
    run(1);
    measure_mark(&v, MARK_END, 4096, 0);
}
static const struct measure_region *region(const char *name) {
    for (unsigned i = 0; i < m.regions; i++)
        if (!strcmp(m.region[i].name, name)) return &m.region[i];
    fail_msg("there is no region %s", name);
    return NULL;
}

static void names_are_bounded(void **state) {
    for (unsigned i = 0; i < 1000; i++) {
        char name[20];
        snprintf(name, sizeof name, "r%u", i);
        begin_named(name);
        run(10);
        end();
    }
    assert_int_equal(m.regions, MEASURE_REGIONS);
    assert_int_equal(region("r62")->own.instructions, 10);
    assert_int_equal(region("none")->visits, 1000 - (MEASURE_REGIONS - 1));
    assert_int_equal(region("none")->own.instructions, 10 * (1000 - (MEASURE_REGIONS - 1)));
    const char *first = strstr(s.log, "names more than 63 regions; \"r63\"");
    assert_non_null(first);
    assert_null(strstr(first + 1, "names more than"));
}

static void open_visits_are_bounded(void **state) {
    for (unsigned i = 0; i < 1000; i++) begin_named("a");
    assert_int_equal(m.visits, MEASURE_VISITS);
    run(5);
    for (unsigned i = 0; i < 1000; i++) end();
    assert_int_equal(m.visits, 0);
    assert_int_equal(region("a")->visits, 1);
    assert_int_equal(region("a")->own.instructions, 999 + 5 + 999);
    end();
    assert_int_equal(region("a")->visits, 1);
    const char *first = strstr(s.log, "regions are open at one time");
    assert_non_null(first);
    assert_null(strstr(first + 1, "regions are open"));
}

static void bad_names_are_none(void **state) {
    begin("far", 500, 3);
    end();
    begin("long", 8, 60000);
    end();
    begin("short", 9, 5);
    end();
    assert_int_equal(region("")->visits, 2);
    assert_int_equal(region("short")->visits, 1);
    begin("\x01\"\\\x7f\xff.", 10, 6);
    end();
    assert_int_equal(region("?????.")->visits, 1);
    char name[201] = {0};
    memset(name, 'x', 200);
    begin_named(name);
    end();
    name[MARK_NAME - 1] = 0;
    assert_int_equal(region(name)->visits, 1);
    run(1);
    measure_mark(&v, MARK_BEGIN, 2, 0); // where nothing lies in front of it
    measure_mark(&v, MARK_BEGIN, sizeof memory + 100, 0);
}

static void an_exception_is_apart_until_its_return(void **state) {
    begin_named("a");
    run(3);
    run(1), measure_trapped(&v, MEASURE_INTERRUPT);
    here = (struct measure_place){.sp = 77, .privilege = 0};
    run(10);
    run(1), measure_trapped(&v, MEASURE_EXCEPTION); // in the handler
    run(4);
    here.sp = 50;
    measure_returned(&v);
    here.sp = 77;
    measure_returned(&v); // from the inner one
    run(6);
    here = (struct measure_place){.sp = 1000, .root = 2, .privilege = 3};
    measure_returned(&v); // to another program, which has its stack at the same address
    run(100);
    run(1), measure_trapped(&v, MEASURE_INTERRUPT);
    here.root = 1;
    run(1), measure_returned(&v);
    run(4);
    end();
    assert_int_equal(region("a")->own.instructions, 7);
    assert_int_equal(region("a")->apart, 10 + 4 + 6 + 100 + 1);
    assert_int_equal(region("a")->interrupts, 1);
    assert_int_equal(region("a")->exceptions, 0);
    assert_int_equal(region("a")->virtual_ns, 3 + 1 + 10 + 1 + 4 + 6 + 100 + 1 + 1 + 4);
}

// Two programs, each with a region of its own, one interrupted by the other.
static void programs_do_not_end_each_others(void **state) {
    begin_named("a");
    run(1), measure_trapped(&v, MEASURE_INTERRUPT);
    here.root = 2;
    run(1), measure_returned(&v);
    begin_named("b");
    run(20);
    run(1), measure_trapped(&v, MEASURE_INTERRUPT);
    here.root = 1;
    run(1), measure_returned(&v);
    run(7);
    end();
    assert_int_equal(region("a")->own.instructions, 7);
    assert_int_equal(region("b")->visits, 0);
    run(1), measure_trapped(&v, MEASURE_INTERRUPT);
    here.root = 2;
    run(1), measure_returned(&v);
    run(5);
    end();
    assert_int_equal(region("b")->own.instructions, 25);
}

static void slices_and_ports_do_not_show(void **state) {
    begin_named("a");
    run(10);
    v.stalled = 300, v.left -= 300;
    u64 ns = v.slice_end - (u64)v.left;
    measure_slice_ended(&v, ns - 300);
    clock.now = ns;
    v.stalled = 0, v.slice_end = ns + 50, v.left = 50;
    measure_slice_begins(&v, clock.now);
    run(10);
    vcpu_unretired(&v);
    end();
    assert_int_equal(region("a")->own.instructions, 19);
    assert_int_equal(region("a")->virtual_ns, 320);
}

static void marks_of_sde(void **state) {
    run(1), measure_mark(&v, MARK_SSC, 0, 0x333);
    run(1), measure_mark(&v, MARK_SSC, 0, 0x111);
    run(2);
    run(1), measure_mark(&v, MARK_SSC, 0, 0x222);
    run(1), measure_mark(&v, MARK_SSC, 0, 111);
    run(1), measure_mark(&v, MARK_SSC, 0, 222);
    assert_int_equal(region("ssc")->visits, 2);
    assert_int_equal(region("ssc")->own.instructions, 2);
    assert_int_equal(m.regions, 1);
}

static void quantiles(void **state) {
    static struct measure_cycles cycles[MEASURE_REGIONS];
    s.plat.cycles = NULL;
    m.cycles = cycles;
    struct measure_cycles *y = &cycles[0];
    assert_int_equal(measure_quantile(y, 50), 0);
    const u64 most = 1000000;
    for (u64 n = 1; n <= most; n += 7) measure_note_cycles(y, n);
    for (unsigned percent = 1; percent < 100; percent++) {
        u64 is = measure_quantile(y, percent), right = most / 100 * percent;
        assert_true(is <= right + 7 && is >= right - right / 128 - 7);
    }
    assert_int_equal(y->least, 1);
    measure_note_cycles(y, ~(u64)0);
    assert_int_equal(y->most, ~(u64)0);
    for (unsigned i = 0; i < 10; i++) measure_note_cycles(&cycles[1], 12345);
    assert_int_equal(measure_quantile(&cycles[1], 50), 12345);
    assert_int_equal(measure_quantile(&cycles[1], 99), 12345);
}

// A program that was ended inside a region leaves its visit behind; the next one with its page tables begins anew.
static void ended_programs_make_room(void **state) {
    for (unsigned i = 0; i < 100; i++) {
        here = (struct measure_place){.sp = 1000, .root = 1 + i, .privilege = 3};
        begin_named("a");
        run(3);
        run(1), measure_trapped(&v, MEASURE_EXCEPTION);
    }
    assert_int_equal(region("a")->visits, 0);
    here = (struct measure_place){.sp = 1000, .root = 100, .privilege = 3};
    begin_named("a");
    run(5);
    end();
    assert_int_equal(region("a")->visits, 1);
    assert_int_equal(region("a")->own.instructions, 5);
    assert_null(strstr(s.log, "regions are open"));
}

static void what_is_not_measured_is_not(void **state) {
    m.marks = false;
    begin_named("a");
    end();
    assert_int_equal(m.regions, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(names_are_bounded, setup),
        cmocka_unit_test_setup(open_visits_are_bounded, setup),
        cmocka_unit_test_setup(bad_names_are_none, setup),
        cmocka_unit_test_setup(an_exception_is_apart_until_its_return, setup),
        cmocka_unit_test_setup(programs_do_not_end_each_others, setup),
        cmocka_unit_test_setup(slices_and_ports_do_not_show, setup),
        cmocka_unit_test_setup(marks_of_sde, setup),
        cmocka_unit_test_setup(quantiles, setup),
        cmocka_unit_test_setup(ended_programs_make_room, setup),
        cmocka_unit_test_setup(what_is_not_measured_is_not, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
