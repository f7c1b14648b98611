// SPDX-License-Identifier: MIT
// Arm's page tables, random ones: the walk against the Arm ARM (arm64_oracle.h), tables in ROM, in a device and nowhere, output sizes,
// halves of the address space without walks, and a debugger's look. The enumeration of what is a product of bits is test_arm64_walk_all.
#include "isa/arm64/paging.h"
#include "walk_driver.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { TABLE_SETS = 100, QUESTIONS = 500 };

static void random_tables(void **state) {
    for (unsigned i = 0; i < countof(walk_rules_arm64); i++) walk_drive(&walk_rules_arm64[i], TABLE_SETS, QUESTIONS);
}

// The top byte is a copy of bit 55 where TCR_EL1.TBIn says that it does not count.
static void top_bytes(void **state) {
    struct arm64_tables t;
    for (unsigned tbi = 0; tbi < 4; tbi++) {
        arm64_tables_make(&t, 16 | 16 << 16 | (u64)tbi << 37, arm64_model_find(""));
        for (unsigned top = 0; top < 512; top++) {
            u64 a = (u64)top << 55 | 0x123456789abc;
            u64 plain = top & 1 ? 0xff80123456789abc : 0x0000123456789abc;
            assert_int_equal(arm64_top_byte(&t, a), tbi >> (top & 1) & 1 ? plain : a);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(random_tables), cmocka_unit_test(top_bytes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
