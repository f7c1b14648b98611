// SPDX-License-Identifier: MIT
// Comparison, minimum and maximum, class.
#include "fp/compare.h"
#include "fp/soft.h"

// A number that orders as x does, -0 just below +0.
FP_INLINE i64 order(FMT, u64 x) { return is_negative(f, x) ? ~(i64)magnitude(f, x) : (i64)x; }

FP_INLINE enum fp_relation compare(FMT, u64 x, u64 y, bool signalling, struct fp_env *e) {
    x = flush_operand(f, x, e);
    y = flush_operand(f, y, e);
    if (unlikely(is_nan(f, x) || is_nan(f, y))) {
        if (signalling || is_signalling(f, x) || is_signalling(f, y)) e->flags |= FP_NV;
        return FP_UNORDERED;
    }
    use_operand(f, x, e);
    use_operand(f, y, e);
    if (x == y || !magnitude(f, x | y)) return FP_EQUAL;
    return order(f, x) < order(f, y) ? FP_LESS : FP_GREATER;
}

enum fp_relation f16_compare_quiet(u16 x, u16 y, struct fp_env *e) { return compare(HALF, x, y, false, e); }
enum fp_relation f32_compare_quiet(u32 x, u32 y, struct fp_env *e) { return compare(SINGLE, x, y, false, e); }
enum fp_relation f64_compare_quiet(u64 x, u64 y, struct fp_env *e) { return compare(DOUBLE, x, y, false, e); }
enum fp_relation f16_compare_signalling(u16 x, u16 y, struct fp_env *e) { return compare(HALF, x, y, true, e); }
enum fp_relation f32_compare_signalling(u32 x, u32 y, struct fp_env *e) { return compare(SINGLE, x, y, true, e); }
enum fp_relation f64_compare_signalling(u64 x, u64 y, struct fp_env *e) { return compare(DOUBLE, x, y, true, e); }

FP_INLINE u64 extremum(FMT, u64 x, u64 y, bool greater, struct fp_env *e) {
    x = flush_operand(f, x, e);
    y = flush_operand(f, y, e);
    if (unlikely(is_nan(f, x) || is_nan(f, y))) {
        u64 nan = propagate_nan(f, (const u64[]){x, y}, 2, e);
        return !is_nan(f, x) ? x : !is_nan(f, y) ? y : nan;
    }
    use_operand(f, x, e);
    use_operand(f, y, e);
    return (order(f, x) < order(f, y)) != greater ? x : y;
}

u16 f16_minimum_number(u16 x, u16 y, struct fp_env *e) { return (u16)extremum(HALF, x, y, false, e); }
u32 f32_minimum_number(u32 x, u32 y, struct fp_env *e) { return (u32)extremum(SINGLE, x, y, false, e); }
u64 f64_minimum_number(u64 x, u64 y, struct fp_env *e) { return extremum(DOUBLE, x, y, false, e); }
u16 f16_maximum_number(u16 x, u16 y, struct fp_env *e) { return (u16)extremum(HALF, x, y, true, e); }
u32 f32_maximum_number(u32 x, u32 y, struct fp_env *e) { return (u32)extremum(SINGLE, x, y, true, e); }
u64 f64_maximum_number(u64 x, u64 y, struct fp_env *e) { return extremum(DOUBLE, x, y, true, e); }

FP_INLINE enum fp_class class_of(FMT, u64 x) {
    if (is_nan(f, x)) return is_signalling(f, x) ? FP_SIGNALLING_NAN : FP_QUIET_NAN;
    unsigned size = is_inf(f, x) ? 3 : is_normal(f, x) ? 2 : is_denormal(f, x) ? 1 : 0;
    return is_negative(f, x) ? FP_MINUS_ZERO - size : FP_PLUS_ZERO + size;
}
enum fp_class f32_class(u32 x) { return class_of(SINGLE, x); }
enum fp_class f64_class(u64 x) { return class_of(DOUBLE, x); }
