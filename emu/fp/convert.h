// SPDX-License-Identifier: MIT
// Conversions among formats and integers on bit patterns (IEEE 754, 5.4.1 and 5.4.2), under the rules of *e, whose flags they add to.
#ifndef FP_CONVERT_H
#define FP_CONVERT_H

#include "fp/env.h"

// A NaN keeps its sign and the upper bits of its payload, unless the env says otherwise. Widening is exact.
u32 f16_to_f32(u16 x, struct fp_env *e);
u64 f16_to_f64(u16 x, struct fp_env *e);
u64 f32_to_f64(u32 x, struct fp_env *e);
u16 f32_to_f16(u32 x, struct fp_env *e);
u16 f64_to_f16(u64 x, struct fp_env *e);
u32 f64_to_f32(u64 x, struct fp_env *e);

// By e->rounding, and FP_NX when that changed the value; what does not fit is e->no_integer's and NV alone.
i32 f32_to_i32(u32 x, struct fp_env *e);
u32 f32_to_u32(u32 x, struct fp_env *e);
i64 f32_to_i64(u32 x, struct fp_env *e);
u64 f32_to_u64(u32 x, struct fp_env *e);
i16 f64_to_i16(u64 x, struct fp_env *e);
u16 f64_to_u16(u64 x, struct fp_env *e);
i32 f64_to_i32(u64 x, struct fp_env *e);
u32 f64_to_u32(u64 x, struct fp_env *e);
i64 f64_to_i64(u64 x, struct fp_env *e);
u64 f64_to_u64(u64 x, struct fp_env *e);

u32 f32_from_i32(i32 x, struct fp_env *e);
u32 f32_from_u32(u32 x, struct fp_env *e);
u32 f32_from_i64(i64 x, struct fp_env *e);
u32 f32_from_u64(u64 x, struct fp_env *e);
u64 f64_from_i32(i32 x, struct fp_env *e);
u64 f64_from_u32(u32 x, struct fp_env *e);
u64 f64_from_i64(i64 x, struct fp_env *e);
u64 f64_from_u64(u64 x, struct fp_env *e);

#endif
