// SPDX-License-Identifier: MIT
// IEEE 754's rounding stated a second time, on numbers wide enough to hold any sum, product or integer exactly: what lies below the
// result's last place is compared with half of it, and nothing is ever shifted away.
#ifndef TESTS_FP_EXACT_H
#define TESTS_FP_EXACT_H

#include "fp/soft.h"

// A magnitude in units of 2^-EXACT_POINT.
enum { EXACT_POINT = 2304, EXACT_WORDS = 72 };
struct exact {
    bool negative;
    u64 word[EXACT_WORDS]; // lowest first
};

struct exact exact_zero(bool negative);
// m * 2^exp, exp >= -EXACT_POINT
struct exact exact_of(bool negative, u128 m, int exp);
// A finite value.
struct exact exact_float(struct format f, u64 v);
// With the sign that is left; when nothing is left, `negative` is of no meaning.
struct exact exact_sum(const struct exact *a, const struct exact *b);
bool exact_is_zero(const struct exact *a);

// Rounded: e's rounding, flush_out and tiny_before; flags are ORed into e->flags.
u64 exact_round(struct format f, const struct exact *a, struct fp_env *e);
// Rounded to a multiple of 1; false: it does not fit 64 bits and more. *inexact: it was none.
bool exact_integer(const struct exact *a, unsigned rounding, u64 *magnitude, bool *inexact);

// A finite value taken apart by its definition: v = m * 2^exp.
void exact_parts(struct format f, u64 v, u64 *m, int *exp);

#endif
