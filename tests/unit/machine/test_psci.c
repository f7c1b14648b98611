// SPDX-License-Identifier: MIT
// The built-in PSCI against its specification (DEN 0022, 1.0), as Linux asks it, and calls that nobody makes.
#include "machine/virt/psci.h"

#include "base/splitmix.h"
#include "dev_fixture.h"
#include "emu/emu.h"

static struct {
    unsigned waits, ends;
    int reason;
    struct psci_host host;
} w;

static void wait(void *ctx) { w.waits++; }
static void finish(void *ctx, int reason) { w.ends++, w.reason = reason; }

static int set_up(void **state) {
    memset(&w, 0, sizeof w);
    w.reason = -1;
    w.host = (struct psci_host){.wait = wait, .finish = finish};
    return 0;
}

static i64 call(u64 function, u64 a, u64 b, u64 c) {
    u64 x[4] = {function, a, b, c};
    psci_call(&w.host, x);
    assert_true(x[1] == a && x[2] == b && x[3] == c);
    return (i64)x[0];
}

// drivers/firmware/psci: the six calls of a boot, and the last one.
static void as_linux_asks(void **state) {
    assert_int_equal(call(0x84000000, 0, 0, 0), 0x10000);
    assert_int_equal(call(0x84000006, 0, 0, 0), 2);
    assert_int_equal(call(0x8400000a, 0x80000000, 0, 0), -1); // SMCCC_VERSION
    assert_int_equal(call(0x8400000a, 0xc4000001, 0, 0), 0);  // CPU_SUSPEND: original format
    assert_int_equal(call(0x8400000a, 0xc400000e, 0, 0), -1); // SYSTEM_SUSPEND
    assert_int_equal(call(0x8400000a, 0xc4000012, 0, 0), -1); // SYSTEM_RESET2
    assert_int_equal(w.ends, 0);
    call(0x84000008, 0, 0, 0);
    assert_int_equal(w.ends, 1);
    assert_int_equal(w.reason, EMU_POWEROFF);
    call(0x84000009, 0, 0, 0);
    assert_int_equal(w.reason, EMU_RESET);
}

static void processors(void **state) {
    static const u64 wide[] = {0x84000000, 0xc4000000};
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(call(wide[i] | 3, 0, 0x40000000, 7), -4); // CPU_ON: is on
        assert_int_equal(call(wide[i] | 3, 1, 0x40000000, 7), -2); // there is no other
        assert_int_equal(call(wide[i] | 4, 0, 0, 0), 0);           // AFFINITY_INFO
        assert_int_equal(call(wide[i] | 4, 0, 3, 0), 0);
        assert_int_equal(call(wide[i] | 4, 0, 4, 0), -2);
        assert_int_equal(call(wide[i] | 4, 0x100, 0, 0), -2);
        assert_int_equal(call(wide[i] | 4, (u64)1 << 32, 0, 0), i ? -2 : 0); // 32 bits of it count
        assert_int_equal(call(wide[i] | 1, 0, 0x40000000, 7), 0);            // CPU_SUSPEND
        assert_int_equal(call(wide[i] | 1, 0x3010005, 0x40000000, 7), 0);
        assert_int_equal(call(wide[i] | 1, 0x80000000, 0, 0), -2);
        assert_int_equal(w.waits, 2 * (i + 1));
        assert_int_equal(w.ends, 0);
    }
    call(0x84000002, 0, 0, 0); // CPU_OFF: nobody is left
    assert_int_equal(w.reason, EMU_HALTED);
}

// FEATURES says 0 of what a call does not refuse, and of nothing else.
static void features(void **state) {
    unsigned there = 0;
    for (u32 n = 0; n < 0x40; n++)
        for (u32 wide = 0; wide < 2; wide++) {
            u32 function = 0x84000000 | wide << 30 | n;
            bool has = !call(0x8400000a, function, 0, 0);
            assert_int_equal(call(function, 0, 0, 0) != -1 || function == 0x8400000a, has);
            there += has;
        }
    assert_int_equal(there, 6 + 3 * 2);
}

static void what_nobody_calls(void **state) {
    static const u64 functions[] = {0, 1, 0x80000001, 0x86000000, 0x84000005, 0xc4000008, 0xc4000000, 0x4000000, ~(u64)0};
    for (unsigned i = 0; i < countof(functions); i++) assert_int_equal(call(functions[i], 1, 2, 3), -1);
    u64 seed = 3;
    for (unsigned i = 0; i < 100000; i++) call(splitmix64(&seed), splitmix64(&seed), splitmix64(&seed), splitmix64(&seed));
    assert_int_equal(call(0xffffffff84000000, 0, 0, 0), 0x10000); // W0 is what counts
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(as_linux_asks, set_up),
        cmocka_unit_test_setup(processors, set_up),
        cmocka_unit_test_setup(features, set_up),
        cmocka_unit_test_setup(what_nobody_calls, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
