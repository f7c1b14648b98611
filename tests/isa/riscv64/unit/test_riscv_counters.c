// SPDX-License-Identifier: MIT
// What the counters count: instret the instructions that retire, and no trap; cycle and time what passes.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/le.h"
#include "riscv_rig.h"

enum {
    READ_A0 = 0xb0202573,
    READ_A1 = 0xb02025f3,
    NOP = 0x00000013,
    ECALL = 0x00000073,
    ILLEGAL = 0,
    CYCLE_A1 = 0xb00025f3,
    CYCLE_A0 = 0xb0002573
};

// Both reads of the counter, with `word` between them; the handler, which the traps among the words lead to, has the second.
static u64 between(u32 first, u32 word, u32 second, bool traps) {
    struct riscv_rig r;
    riscv_rig_open(&r, "rva22");
    if (traps) st32(r.ram + RIG_HANDLER, second);
    RIG_RUN(&r, RV_M, 3, first, word, second);
    u64 by = r.c->s.x[11] - r.c->s.x[10];
    riscv_rig_close(&r);
    return by;
}

static void what_retires(void **state) {
    assert_int_equal(between(READ_A0, NOP, READ_A1, false), 2);
    assert_int_equal(between(READ_A0, ECALL, READ_A1, true), 1);
    assert_int_equal(between(READ_A0, ILLEGAL, READ_A1, true), 1);
    assert_int_equal(between(CYCLE_A0, ILLEGAL, CYCLE_A1, true), 2); // but time has passed
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_retires)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
