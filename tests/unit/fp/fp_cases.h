// SPDX-License-Identifier: MIT
// Floating-point operands that meet the corners of rounding: exponents at the ends of the range, short fractions (so that results
// are exact or ties), operands that cancel, overflow or underflow together. The same sequence for the same random_seed.
#ifndef TESTS_FP_CASES_H
#define TESTS_FP_CASES_H

#include "base/bits.h"
#include "fp/soft.h"
#include "random_operands.h"

u64 any_float(struct format f);
// The third often as large as the product of the first two, or near its last places.
void any_triple(struct format f, u64 v[3]);
// The second often near the first, or such that a sum, product or quotient is at an end of the range.
void any_pair(struct format f, u64 v[2]);
// Often near what rounding in the narrower format, or the edge of an integer type, turns on.
u64 any_convertible(struct format from);
u64 any_integer(void);

#endif
