// SPDX-License-Identifier: MIT
// The instruction table by itself, and instructions that user mode does not show (tests/isa/arm64/oracle has the others).
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "arm64_rig.h"
#include "rng.h"

static void the_notation_is_checked(void **state) {
    struct arm64_pattern p;
    static const char *const wrong[] = {"",
                                        "0 00 01010 00 0 Rm 000000 Rn Rdd",
                                        "0 00 01010 00 0 Rm 000000 Rn 0Rd",
                                        "0 00 01010 00 0 Rm 00000 Rn Rd",
                                        "0 00 01010 00 0 Rm 0 imm6<0:4> Rn Rd",
                                        "0 00 01010 00 0 Rm imm6<6:1> Rn Rd",
                                        "0 00 01010 00 0 Rm 0 imm6<4:0 Rn Rd"};
    for (unsigned i = 0; i < countof(wrong); i++) assert_false(arm64_pattern_parse(wrong[i], &p));
    assert_true(arm64_pattern_parse("0 00 01010 shift 0 Rm 0 imm6<4:0> Rn Rd", &p));
    assert_int_equal(p.mask, 0xff208000);
    assert_int_equal(p.match, 0x0a000000);
}

// Every row's notation and operands are, or arm64_index_create panics.
static void every_model_has_an_index(void **state) {
    for (unsigned m = 0; arm64_model_at(m); m++) {
        struct arm64_rig r;
        arm64_rig_open(&r, arm64_model_at(m)->name);
        arm64_rig_close(&r);
    }
}

static void a_few_instructions_run(void **state) {
    struct arm64_rig r;
    arm64_rig_open(&r, "armv8.0");
    r.c->s.x[1] = 7;
    // add x2, x1, #5; sub w3, w2, w1; subs xzr, x3, #5; b.eq +8; movz x4, #1; movz x5, #0x1234, lsl #16; bl .
    assert_int_equal(RIG_RUN(&r, 1, 6, 0x91001422, 0x4b010043, 0xf100147f, 0x54000040, 0xd2800024, 0xd2a24685, 0x94000000), -1);
    assert_int_equal(r.c->s.x[2], 12);
    assert_int_equal(r.c->s.x[3], 5);
    assert_int_equal(r.c->s.x[4], 0);
    assert_int_equal(r.c->s.x[5], 0x12340000);
    assert_int_equal(r.c->s.x[30], RIG_RAM + RIG_CODE + 28);
    assert_int_equal(arm64_nzcv(&r.c->s), 6);
    arm64_rig_close(&r);
}

static void undefined_words_raise(void **state) {
    struct arm64_rig r;
    arm64_rig_open(&r, "max");
    for (unsigned el = 0; el < 2; el++) {
        assert_int_equal(RIG_RUN(&r, el, 1, 0), EC_UNKNOWN);
        assert_int_equal(r.c->s.esr, ESR_IL);
        assert_int_equal(r.c->s.elr, RIG_RAM + RIG_CODE);
        assert_int_equal(r.c->s.pc, RIG_RAM + RIG_VECTORS + (el ? 0x200 : 0x400));
    }
    arm64_rig_close(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_notation_is_checked),
        cmocka_unit_test(every_model_has_an_index),
        cmocka_unit_test(a_few_instructions_run),
        cmocka_unit_test(undefined_words_raise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
