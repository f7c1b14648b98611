// SPDX-License-Identifier: MIT
// The test finisher, as Linux's syscon-poweroff and -reboot, OpenSBI and test suites write to it.
#include "dev/syscon.h"

#include "dev_fixture.h"
#include "emu/emu.h"

static void ends(void **state) {
    static const struct {
        u64 offset;
        unsigned width;
        u64 value;
        int reason;
        u32 code;
    } cases[] = {
        {0, 4, 0x5555, EMU_POWEROFF, 0},
        {0, 4, 0x7777, EMU_RESET, 0},
        {0, 4, 0x00053333, EMU_DEBUG_EXIT, 5},
        {0, 2, 0x5555, EMU_POWEROFF, 0},
        {0, 2, 0x3333, EMU_DEBUG_EXIT, 0},
        {0, 8, 0xffff5555, EMU_POWEROFF, 0},
        {0, 1, 0x55, -1, 0},
        {4, 4, 0x5555, -1, 0},
        {0, 4, 0, -1, 0},
        {0, 4, 0x55550000, -1, 0},
        {2, 2, 0x5555, -1, 0},
        {0xffc, 4, 0x7777, -1, 0},
    };
    struct dev_fixture *f = *state;
    for (unsigned i = 0; i < countof(cases); i++) {
        f->finished = 0, f->reason = -1, f->code = 99;
        syscon_ops.write(&f->env, cases[i].offset, cases[i].width, cases[i].value);
        assert_int_equal(f->finished, cases[i].reason >= 0);
        assert_int_equal(f->reason, cases[i].reason);
        if (f->finished) assert_int_equal(f->code, cases[i].code);
    }
    assert_int_equal(syscon_ops.read(&f->env, 0, 4), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {DEVICE_TEST(ends)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
