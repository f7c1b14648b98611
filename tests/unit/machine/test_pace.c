// SPDX-License-Identifier: MIT
// Guest time beside the host's (machine/pace.h): real pace waits and free pace does not, nothing else differs, and a guest that
// only a key can wake is waited for as long as one can come.
#include "machine/machine.h"
#include "scripted_plat.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define RAM (4 * MiB)
#define MS ((u64)1000000)

struct bench {
    struct scripted_plat s;
    struct emu_config c;
    struct emu_inputs in;
    u8 *ram;
    u64 host_ns, overshoot; // the host's clock, which only sleeping moves, and a little further than it was asked to
    u64 idled, sleeps;
    u64 leap_at, leap; // with this sleep the host's clock leaps as well
    u64 key_at;        // with this sleep comes what `keys` holds, and input ends
    const char *keys;
    struct emu_machine *m;
};

static struct bench *b; // the platform's functions get no other

static u64 host_ns(struct plat *p) { return b->host_ns; }

static void idle(struct plat *p, u64 ns) {
    assert_true(ns);
    if (ns > 100 * MS) ns = 100 * MS;
    b->host_ns += ns + b->overshoot;
    b->idled += ns;
    b->sleeps++;
    if (b->sleeps == b->leap_at) b->host_ns += b->leap;
    if (b->sleeps != b->key_at) return;
    b->s.input = b->keys;
    b->s.kind = CONSOLE_INPUT_ENDED;
}

static int setup(void **state) {
    static struct bench bench;
    b = &bench;
    memset(b, 0, sizeof *b);
    scripted_plat_init(&b->s);
    b->s.plat.host_ns = host_ns, b->s.plat.idle = idle;
    config_defaults(&b->c);
    b->c.has_load_address = true, b->c.load_address = 0x7c00;
    b->ram = b->s.plat.alloc(&b->s.plat, RAM, 2 * MiB);
    return 0;
}

static int teardown(void **state) {
    b->s.plat.free(&b->s.plat, b->ram, RAM);
    return 0;
}

// 50 interrupts of the 8254, 1193 of its ticks apart, each awaited by HLT; then isa-debug-exit.
static const u8 ticks[] = {
    0x31, 0xc0, 0x8e, 0xd8,                         // xor ax,ax; mov ds,ax
    0xc7, 0x06, 0x80, 0x00, 0x38, 0x7c, 0xa3, 0x82, // vector 20h: 0:7C38
    0x00, 0xb0, 0x11, 0xe6, 0x20, 0xb0, 0x20, 0xe6, // 8259: ICW1..4, all masked but IR0
    0x21, 0xb0, 0x04, 0xe6, 0x21, 0xb0, 0x01, 0xe6, 0x21, 0xb0, 0xfe, 0xe6, 0x21,
    0xb0, 0x34, 0xe6, 0x43, 0xb0, 0xa9, 0xe6, 0x40, 0xb0, 0x04, 0xe6, 0x40, // 8254: channel 0, mode 2, 1193
    0xb9, 0x32, 0x00, 0xfb, 0xf4, 0xe2, 0xfc,                               // mov cx,50; sti; hlt; loop
    0xb0, 0x10, 0xe6, 0xf4,                                                 // out f4h,10h
    0x50, 0xb0, 0x20, 0xe6, 0x20, 0x58, 0xcf,                               // the handler: EOI
};
#define TICKS_NS (50 * (u64)1193 * 1000000000 / 1193182)

// Echoes what COM1's receive interrupt brings until it is a q; no timer.
static const u8 echo[] = {0x31, 0xc0, 0x8e, 0xd8, 0xc7, 0x06, 0x90, 0x00, 0x35, 0x7c, 0xa3, 0x92, 0x00, // vector 24h: 0:7C35
                          0xb0, 0x11, 0xe6, 0x20, 0xb0, 0x20, 0xe6, 0x21, 0xb0, 0x04, 0xe6, 0x21, 0xb0,
                          0x01, 0xe6, 0x21, 0xb0, 0xef, 0xe6, 0x21, // all masked but IR4
                          0xb0, 0x30, 0xe6, 0x43,                   // 8254: channel 0 waits for a count that never comes
                          0xba, 0xfc, 0x03, 0xb0, 0x08, 0xee,       // MCR: OUT2
                          0xba, 0xf9, 0x03, 0xb0, 0x01, 0xee,       // IER: received data
                          0xfb, 0xf4, 0xeb, 0xfc,                   // sti; hlt; jmp
                          0xba, 0xf8, 0x03, 0xec, 0xee, 0x3c, 0x71, 0x74, 0x05, 0xb0, 0x20, 0xe6, 0x20,
                          0xcf, 0xb0, 0x10, 0xe6, 0xf4};
enum { ECHO_IMR = 30, ECHO_MCR = 41, ECHO_IER = 47 };

static void give(const u8 *code, size_t n) { b->in.kernel = (struct blob){"code", (u8 *)(uintptr_t)code, n}; }

static struct emu_result run(void) {
    struct emu_result r;
    memset(b->ram, 0, RAM);
    assert_int_equal(emu_create(&b->m, &b->c, &b->in, &b->s.plat, b->ram, RAM), 0);
    b->s.out_len = b->s.log_len = b->s.records_len = 0;
    b->s.out[0] = b->s.records[0] = 0;
    b->host_ns = 5000 * MS;
    b->idled = b->sleeps = 0;
    emu_run(b->m, &r);
    emu_destroy(b->m);
    return r;
}

static void nothing_but_waiting_differs(void **state) {
    static char records[sizeof b->s.records];
    give(ticks, sizeof ticks);
    b->c.state_hashes = 3;
    memcpy(b->c.state_hash, (u64[]){21, 22, 200}, 3 * sizeof(u64)); // 22: behind the first HLT
    b->c.pace = PACE_FREE;
    struct emu_result free = run();
    assert_int_equal(free.reason, EMU_DEBUG_EXIT);
    assert_int_equal(b->idled, 0);
    strcpy(records, b->s.records);
    b->c.pace = PACE_REAL;
    for (b->overshoot = 0; b->overshoot < 40 * MS; b->overshoot = b->overshoot * 7 + 12345) {
        struct emu_result real = run();
        assert_int_equal(real.instructions, free.instructions);
        assert_int_equal(real.virtual_ns, free.virtual_ns);
        assert_int_equal(real.state_hash, free.state_hash);
        assert_string_equal(b->s.records, records);
        assert_true(b->sleeps);
    }
}

// What each sleep takes too long is made up for by the next ones: the guest's clock is not slower than the host's for it.
static void real_pace_takes_as_long_as_the_guest_says(void **state) {
    give(ticks, sizeof ticks);
    b->c.pace = PACE_REAL;
    for (b->overshoot = 0; b->overshoot < MS; b->overshoot += MS / 10) {
        run();
        assert_in_range(b->host_ns - 5000 * MS, TICKS_NS - 2 * MS, TICKS_NS + 2 * MS);
    }
}

// An hour in which the process was stopped is not made up for: the guest waits for what is left as if nothing had been.
static void an_hour_asleep_does_not_make_the_guest_race(void **state) {
    give(ticks, sizeof ticks);
    b->c.pace = PACE_REAL;
    b->leap_at = 10, b->leap = 3600 * 1000 * MS;
    run();
    assert_true(b->idled >= TICKS_NS - PACE_SLACK - 2 * MS);
    assert_true(b->host_ns >= 5000 * MS + b->leap + TICKS_NS - PACE_SLACK - 2 * MS);
}

static void auto_is_real_for_a_person_alone(void **state) {
    static const struct {
        const char *key, *value;
        enum console_input kind;
        bool real;
    } cases[] = {{"pace", "auto", CONSOLE_INPUT_LIVE, true},      {"pace", "auto", CONSOLE_INPUT_OPEN, false},
                 {"pace", "auto", CONSOLE_INPUT_ENDED, false},    {"pace", "real", CONSOLE_INPUT_ENDED, true},
                 {"pace", "free", CONSOLE_INPUT_LIVE, false},     {"until", "x", CONSOLE_INPUT_LIVE, false},
                 {"expect", "x", CONSOLE_INPUT_LIVE, false},      {"max_instructions", "1M", CONSOLE_INPUT_LIVE, false},
                 {"state_hash", "1M", CONSOLE_INPUT_LIVE, false}, {"clock", "host", CONSOLE_INPUT_LIVE, false}};
    for (unsigned i = 0; i < countof(cases); i++) {
        struct pace pace;
        config_defaults(&b->c);
        assert_int_equal(config_set(&b->c, &b->s.plat, "test", cases[i].key, cases[i].value), 0);
        b->s.kind = cases[i].kind;
        pace_start(&pace, &b->c, &b->s.plat, 0);
        if (pace.real != cases[i].real) fail_msg("%s = %s, input %d", cases[i].key, cases[i].value, cases[i].kind);
    }
}

static void a_key_is_waited_for_while_one_can_come(void **state) {
    give(echo, sizeof echo);
    assert_int_equal(run().reason, EMU_HALTED); // nothing can be typed
    assert_int_equal(b->sleeps, 0);
    for (enum config_pace pace = PACE_REAL; pace <= PACE_FREE; pace++) {
        b->c.pace = pace;
        b->s.kind = CONSOLE_INPUT_OPEN;
        b->key_at = 7, b->keys = "abcq";
        struct emu_result r = run();
        assert_int_equal(r.reason, EMU_DEBUG_EXIT);
        assert_string_equal(b->s.out, "abcq");
        assert_in_range(b->sleeps, 7, 10); // and a tick of the console's for each further byte
        // In real pace the key comes at the guest time that the host's clock had got to.
        if (pace == PACE_REAL) assert_in_range(r.virtual_ns, 700 * MS - PACE_SLACK, 700 * MS + PACE_SLACK);
        else assert_in_range(r.virtual_ns, 0, PACE_SLACK);
        b->s.kind = CONSOLE_INPUT_OPEN;
        b->keys = "abc"; // and then the end
        r = run();
        assert_int_equal(r.reason, EMU_HALTED);
        assert_string_equal(b->s.out, "abc");
    }
}

static void a_key_that_interrupts_nobody_is_not_waited_for(void **state) {
    static const unsigned deaf[] = {ECHO_IMR, ECHO_MCR, ECHO_IER};
    for (unsigned i = 0; i < countof(deaf); i++) {
        u8 code[sizeof echo];
        memcpy(code, echo, sizeof echo);
        code[deaf[i]] = deaf[i] == ECHO_IMR ? 0xff : 0;
        give(code, sizeof code);
        b->s.kind = CONSOLE_INPUT_LIVE;
        assert_int_equal(run().reason, EMU_HALTED);
        assert_int_equal(b->sleeps, 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(nothing_but_waiting_differs),
        T(real_pace_takes_as_long_as_the_guest_says),
        T(an_hour_asleep_does_not_make_the_guest_race),
        T(auto_is_real_for_a_person_alone),
        T(a_key_is_waited_for_while_one_can_come),
        T(a_key_that_interrupts_nobody_is_not_waited_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
