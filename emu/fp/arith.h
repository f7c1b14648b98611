// SPDX-License-Identifier: MIT
// Addition, subtraction, multiplication, division, square root and the fused multiply-add on bit patterns (IEEE 754, 5.4.1), each
// with one rounding, under the rules of *e, whose flags they add to.
#ifndef FP_ARITH_H
#define FP_ARITH_H

#include "fp/env.h"

u16 f16_add(u16 x, u16 y, struct fp_env *e);
u32 f32_add(u32 x, u32 y, struct fp_env *e);
u64 f64_add(u64 x, u64 y, struct fp_env *e);
u16 f16_sub(u16 x, u16 y, struct fp_env *e);
u32 f32_sub(u32 x, u32 y, struct fp_env *e);
u64 f64_sub(u64 x, u64 y, struct fp_env *e);
u16 f16_mul(u16 x, u16 y, struct fp_env *e);
u32 f32_mul(u32 x, u32 y, struct fp_env *e);
u64 f64_mul(u64 x, u64 y, struct fp_env *e);
u16 f16_div(u16 x, u16 y, struct fp_env *e);
u32 f32_div(u32 x, u32 y, struct fp_env *e);
u64 f64_div(u64 x, u64 y, struct fp_env *e);
u16 f16_sqrt(u16 x, struct fp_env *e);
u32 f32_sqrt(u32 x, struct fp_env *e);
u64 f64_sqrt(u64 x, struct fp_env *e);

// x * y + z. Of the product and of the addend; a NaN keeps its sign.
enum fp_negate { FP_NEGATE_NONE = 0, FP_NEGATE_PRODUCT = 1, FP_NEGATE_ADDEND = 2 };
u16 f16_mul_add(u16 x, u16 y, u16 z, unsigned negate, struct fp_env *e);
u32 f32_mul_add(u32 x, u32 y, u32 z, unsigned negate, struct fp_env *e);
u64 f64_mul_add(u64 x, u64 y, u64 z, unsigned negate, struct fp_env *e);

#endif
