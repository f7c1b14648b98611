// SPDX-License-Identifier: MIT
// How an instruction uses emu/fp: the env that FPCR makes (A1.5), and the flags that go to FPSR.
//
// Tininess is detected before rounding; with FPCR.FZ denormal operands count as zeros (IDC) and tiny results become zeros (UFC alone).
// A signalling NaN wins over a quiet one, the first over the second; with FPCR.DN, and for invalid operations, the positive default NaN.
#ifndef ARM64_VEC_FP_H
#define ARM64_VEC_FP_H

#include "fp/compare.h"
#include "fp/convert.h"
#include "fp/quick.h"
#include "isa/arm64/vec/simd.h"

// Of half precision FPCR.FZ16 says so in FZ's place, and a flushed operand leaves no trace.
static inline struct fp_env arm64_env(const struct arm64_cpu *c) {
    static const u8 rounding[4] = {FP_NEAREST, FP_UP, FP_DOWN, FP_ZERO};
    u32 fpcr = c->s.fpcr;
    bool flush = fpcr & FPCR_FZ;
    return (struct fp_env){.rounding = rounding[fpcr >> FPCR_RMODE_SHIFT & 3],
                           .flush_in = flush,
                           .flush_out = flush,
                           .nan = fpcr & FPCR_DN ? FP_NAN_DEFAULT : FP_NAN_SIGNALLING,
                           .addend_first = true,
                           .product_invalid = true,
                           .tiny_before = true,
                           .flushed_exact = true,
                           .denormal = FP_DENORMAL_FLUSHED,
                           .no_integer = FP_NAN_IS_ZERO,
                           .flags = c->s.fpsr & FPSR_IXC ? FP_NX : 0};
}
static inline struct fp_env arm64_env_16(const struct arm64_cpu *c) {
    struct fp_env e = arm64_env(c);
    e.flush_in = e.flush_out = (c->s.fpcr & FPCR_FZ16) != 0;
    e.denormal = FP_DENORMAL_SILENT;
    return e;
}
#define arm64_env_32 arm64_env
#define arm64_env_64 arm64_env
static inline void arm64_raise_flags(struct arm64_cpu *c, const struct fp_env *e) {
    u32 f = e->flags;
    c->s.fpsr |= (u32)((f & FP_NV ? FPSR_IOC : 0) | (f & FP_DZ ? FPSR_DZC : 0) | (f & FP_OF ? FPSR_OFC : 0) |
                       (f & FP_UF ? FPSR_UFC : 0) | (f & FP_NX ? FPSR_IXC : 0) | (f & FP_ID ? FPSR_IDC : 0));
}
// The short paths of fp/quick.h may be taken.
static inline bool arm64_quick(const struct arm64_cpu *c) { return FP_QUICK && !c->s.fpcr && c->s.fpsr & FPSR_IXC; }

// ---- an operation once for all formats: x's type says which, and a handler's e is the env
#define FP_OF(name, x, ...) _Generic((x), u16: f16_##name, u32: f32_##name, u64: f64_##name)(x __VA_OPT__(, ) __VA_ARGS__, &e)
#define ARM64_OF(name, x, ...)                                                                                                   \
    _Generic((x), u16: arm64_##name##_16, u32: arm64_##name##_32, u64: arm64_##name##_64)(x __VA_OPT__(, ) __VA_ARGS__, &e)
#define FORMAT_16 HALF
#define FORMAT_32 SINGLE
#define FORMAT_64 DOUBLE
#define FP_SIGN(x) ((typeof(x))((u64)1 << (sizeof(x) * 8 - 1)))
#define FP_ABS(x) ((typeof(x))((x) & (FP_SIGN(x) - 1)))
#define FP_MINUS(x) ((typeof(x))((x) ^ FP_SIGN(x)))
#define FP_ZERO_OF(x) ((typeof(x))0)
// A lane as an integer, sign-extended.
#define FP_SEXT(x) _Generic((x), u16: (u64)(i16)(x), u32: (u64)(i32)(x), u64: (u64)(x))

// ---- what emu/fp has no name for; fp.c
enum arm64_extremum { ARM64_MIN = 0, ARM64_MAX_OF = 1, ARM64_NUMBER = 2 }; // NUMBER: a number wins over a quiet NaN
u16 arm64_extremum_16(u16 x, u16 y, unsigned which, struct fp_env *e);
u32 arm64_extremum_32(u32 x, u32 y, unsigned which, struct fp_env *e);
u64 arm64_extremum_64(u64 x, u64 y, unsigned which, struct fp_env *e);
// To an integral value by e->rounding; `exact`: FP_NX when that changed it.
u16 arm64_integral_16(u16 x, bool exact, struct fp_env *e);
u32 arm64_integral_32(u32 x, bool exact, struct fp_env *e);
u64 arm64_integral_64(u64 x, bool exact, struct fp_env *e);
// NZCV of a comparison (FPCompare).
static inline unsigned arm64_fp_nzcv(enum fp_relation r) {
    static const u8 nzcv[] = {[FP_LESS] = 8, [FP_EQUAL] = 6, [FP_GREATER] = 2, [FP_UNORDERED] = 3};
    return nzcv[r];
}
// Integers of `fbits` fraction bits (FPToFixed, FixedToFP).
u64 arm64_to_fixed_64(u64 x, unsigned width, bool is_signed, unsigned fbits, struct fp_env *e);
u64 arm64_to_fixed_32(u32 x, unsigned width, bool is_signed, unsigned fbits, struct fp_env *e);
u64 arm64_to_fixed_16(u16 x, unsigned width, bool is_signed, unsigned fbits, struct fp_env *e);
u64 arm64_from_fixed_64(u64 x, bool is_signed, unsigned fbits, struct fp_env *e);
u32 arm64_from_fixed_32(u64 x, bool is_signed, unsigned fbits, struct fp_env *e);
u16 arm64_from_fixed_16(u64 x, bool is_signed, unsigned fbits, struct fp_env *e);

#endif
