// SPDX-License-Identifier: MIT
// Roots of integers by what a root is: its square and the rest are the number, and the rest is too small for the next square.
#include "fp/root.h"
#include "rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void look(u128 n) {
    struct root r = integer_root(n);
    if ((u128)r.root * r.root + r.rest != n || r.rest > 2 * (u128)r.root)
        fail_msg("the root of %016llx%016llx is not %llx", (unsigned long long)(n >> 64), (unsigned long long)n,
                 (unsigned long long)r.root);
}

// Where a root begins and ends, and its half's: ones, zeros, and digits that are nearly so.
static void about(u64 root) {
    u128 square = (u128)root * root;
    for (int i = -2; i <= 2; i++) {
        if ((square + (u128)(i64)i) >> 126) look(square + (u128)(i64)i);
        u128 last = square + 2 * (u128)root + (u128)(i64)i;
        if (last > square) look(last);
    }
}

static void of_all_kinds(void **state) {
    (void)state;
    struct rng g = {1};
    about(BIT(63));
    about(~(u64)0);
    look(~(u128)0);
    look((u128)1 << 126);
    for (unsigned a = 0; a < 64; a++)
        for (unsigned b = 0; b < 64; b++) {
            about(BIT(63) | BIT(a) | BIT(b));
            about(~(BIT(a) & mask(62, 0)) & ~(BIT(b) & mask(62, 0)));
            about(BIT(63) | (BIT(a) - BIT(b)));
        }
    for (unsigned i = 0; i < 300000; i++) {
        about(BIT(63) | rnd(&g));
        about(BIT(63) | (rnd(&g) << below(&g, 64)));
        look((u128)(rnd(&g) | BIT(62)) << 64 | rnd(&g));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(of_all_kinds)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
