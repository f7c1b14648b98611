// SPDX-License-Identifier: MIT
// Order, minimum, maximum and class of bit patterns (IEEE 754, 5.6.1, 9.6 and 5.7.2), under the rules of *e.
#ifndef FP_COMPARE_H
#define FP_COMPARE_H

#include "fp/env.h"

enum fp_relation { FP_LESS, FP_EQUAL, FP_GREATER, FP_UNORDERED };
// Quiet: a signalling NaN is invalid. Signalling: any NaN is.
enum fp_relation f16_compare_quiet(u16 x, u16 y, struct fp_env *e);
enum fp_relation f32_compare_quiet(u32 x, u32 y, struct fp_env *e);
enum fp_relation f64_compare_quiet(u64 x, u64 y, struct fp_env *e);
enum fp_relation f16_compare_signalling(u16 x, u16 y, struct fp_env *e);
enum fp_relation f32_compare_signalling(u32 x, u32 y, struct fp_env *e);
enum fp_relation f64_compare_signalling(u64 x, u64 y, struct fp_env *e);

// minimumNumber, maximumNumber: a number wins over a NaN, -0 is below +0; a signalling NaN is invalid and still loses to a number.
u16 f16_minimum_number(u16 x, u16 y, struct fp_env *e);
u32 f32_minimum_number(u32 x, u32 y, struct fp_env *e);
u64 f64_minimum_number(u64 x, u64 y, struct fp_env *e);
u16 f16_maximum_number(u16 x, u16 y, struct fp_env *e);
u32 f32_maximum_number(u32 x, u32 y, struct fp_env *e);
u64 f64_maximum_number(u64 x, u64 y, struct fp_env *e);

enum fp_class {
    FP_MINUS_INFINITY,
    FP_MINUS_NORMAL,
    FP_MINUS_SUBNORMAL,
    FP_MINUS_ZERO,
    FP_PLUS_ZERO,
    FP_PLUS_SUBNORMAL,
    FP_PLUS_NORMAL,
    FP_PLUS_INFINITY,
    FP_SIGNALLING_NAN,
    FP_QUIET_NAN,
};
enum fp_class f32_class(u32 x);
enum fp_class f64_class(u64 x);

#endif
