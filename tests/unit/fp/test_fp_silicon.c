// SPDX-License-Identifier: MIT
// emu/fp under x86's rules against the processor: every operation that SSE2 has, NaNs, infinities and denormals among the operands, in
// each rounding mode, with and without DAZ and FZ; all flags. And short paths (quick.h) against the long ones. FP_ROUNDS experiments
// per operation; FP_SEED for others.
#include "fp/arith.h"
#include "fp/compare.h"
#include "fp/convert.h"
#include "fp/quick.h"
#include "fp_cases.h"
#include "isa/x86_64/vec/sse_fp.h"
#include "native.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static unsigned rounds(void) {
    const char *v = getenv("FP_ROUNDS"), *seed = getenv("FP_SEED");
    random_seed = seed ? strtoull(seed, NULL, 0) : 1;
    return v ? (unsigned)atoi(v) : 50000;
}

// ---- x op y on silicon: flags are returned, the result is in *r
typedef u32 silicon_fn(u64 x, u64 y, u32 csr, u64 *r);
typedef u64 ours_fn(u64 x, u64 y, struct fp_env *e);
#define VECTOR(name, text, call)                                                                                                 \
    static u32 silicon_##name(u64 x, u64 y, u32 csr, u64 *r) {                                                                   \
        union xmm d = {.q = {x}}, s = {.q = {y}};                                                                                \
        vec v = to_vec(&d);                                                                                                      \
        u32 flags;                                                                                                               \
        asm volatile("ldmxcsr %[csr]\n\t" text "\n\tstmxcsr %[flags]\n\tldmxcsr %[host]"                                         \
                     : [flags] "=m"(flags), [d] "+x"(v)                                                                          \
                     : [csr] "m"(csr), [host] "m"(host_mxcsr), [s] "x"(to_vec(&s)));                                             \
        *r = from_vec(v).q[0];                                                                                                   \
        return flags & MX_FLAGS;                                                                                                 \
    }                                                                                                                            \
    static u64 ours_##name(u64 x, u64 y, struct fp_env *e) { return call; }
#define ARITH(name)                                                                                                              \
    VECTOR(name##32, #name "ss %[s], %[d]", f32_##name((u32)x, (u32)y, e))                                                       \
    VECTOR(name##64, #name "sd %[s], %[d]", f64_##name(x, y, e))
ARITH(add)
ARITH(sub)
ARITH(mul)
ARITH(div)
VECTOR(sqrt32, "sqrtss %[s], %[d]", f32_sqrt((u32)y, e))
VECTOR(sqrt64, "sqrtsd %[s], %[d]", f64_sqrt(y, e))
VECTOR(narrow, "cvtsd2ss %[s], %[d]", f64_to_f32(y, e))
VECTOR(widen, "cvtss2sd %[s], %[d]", f32_to_f64((u32)y, e))

#define TO_INTEGER(name, insn, type, zero, call)                                                                                 \
    static u32 silicon_##name(u64 x, u64 y, u32 csr, u64 *r) {                                                                   \
        union xmm s = {.q = {y}};                                                                                                \
        type v;                                                                                                                  \
        u32 flags;                                                                                                               \
        asm volatile("ldmxcsr %[csr]\n\t" insn " %[s], %[d]\n\tstmxcsr %[flags]\n\tldmxcsr %[host]"                              \
                     : [flags] "=m"(flags), [d] "=r"(v)                                                                          \
                     : [csr] "m"(csr), [host] "m"(host_mxcsr), [s] "x"(to_vec(&s)));                                             \
        *r = v;                                                                                                                  \
        return flags & MX_FLAGS;                                                                                                 \
    }                                                                                                                            \
    static u64 ours_##name(u64 x, u64 y, struct fp_env *e) {                                                                     \
        if (zero) e->rounding = FP_ZERO;                                                                                         \
        e->denormal = FP_DENORMAL_SILENT; /* these raise no DE */                                                                \
        return (type)call;                                                                                                       \
    }
TO_INTEGER(f32_to_i32, "cvtss2si", u32, false, f32_to_i32((u32)y, e))
TO_INTEGER(f32_to_i64, "cvtss2si", u64, false, f32_to_i64((u32)y, e))
TO_INTEGER(f64_to_i32, "cvtsd2si", u32, false, f64_to_i32(y, e))
TO_INTEGER(f64_to_i64, "cvtsd2si", u64, false, f64_to_i64(y, e))
TO_INTEGER(f32_to_i64_zero, "cvttss2si", u64, true, f32_to_i64((u32)y, e))
TO_INTEGER(f64_to_i32_zero, "cvttsd2si", u32, true, f64_to_i32(y, e))

#define FROM_INTEGER(name, insn, type, call)                                                                                     \
    static u32 silicon_##name(u64 x, u64 y, u32 csr, u64 *r) {                                                                   \
        union xmm d = {0};                                                                                                       \
        vec v = to_vec(&d);                                                                                                      \
        u32 flags;                                                                                                               \
        asm volatile("ldmxcsr %[csr]\n\t" insn " %[s], %[d]\n\tstmxcsr %[flags]\n\tldmxcsr %[host]"                              \
                     : [flags] "=m"(flags), [d] "+x"(v)                                                                          \
                     : [csr] "m"(csr), [host] "m"(host_mxcsr), [s] "r"((type)y));                                                \
        *r = from_vec(v).q[0];                                                                                                   \
        return flags & MX_FLAGS;                                                                                                 \
    }                                                                                                                            \
    static u64 ours_##name(u64 x, u64 y, struct fp_env *e) { return call; }
FROM_INTEGER(i32_to_f32, "cvtsi2ss", u32, f32_from_i32((i32)y, e))
FROM_INTEGER(i64_to_f32, "cvtsi2ss", u64, f32_from_i64((i64)y, e))
FROM_INTEGER(i32_to_f64, "cvtsi2sd", u32, f64_from_i32((i32)y, e))
FROM_INTEGER(i64_to_f64, "cvtsi2sd", u64, f64_from_i64((i64)y, e))

#define COMPARE(name, insn, call)                                                                                                \
    static u32 silicon_##name(u64 x, u64 y, u32 csr, u64 *r) {                                                                   \
        union xmm d = {.q = {x}}, s = {.q = {y}};                                                                                \
        u8 zf, pf, cf;                                                                                                           \
        u32 flags;                                                                                                               \
        asm volatile("ldmxcsr %[csr]\n\t" insn " %[s], %[d]\n\tsetz %[zf]\n\tsetp %[pf]\n\tsetc %[cf]\n\t"                       \
                     "stmxcsr %[flags]\n\tldmxcsr %[host]"                                                                       \
                     : [flags] "=m"(flags), [zf] "=&q"(zf), [pf] "=&q"(pf), [cf] "=&q"(cf)                                       \
                     : [csr] "m"(csr), [host] "m"(host_mxcsr), [d] "x"(to_vec(&d)), [s] "x"(to_vec(&s))                          \
                     : "cc");                                                                                                    \
        *r = pf ? FP_UNORDERED : zf ? FP_EQUAL : cf ? FP_LESS : FP_GREATER;                                                      \
        return flags & MX_FLAGS;                                                                                                 \
    }                                                                                                                            \
    static u64 ours_##name(u64 x, u64 y, struct fp_env *e) { return call; }
COMPARE(ucomis32, "ucomiss", f32_compare_quiet((u32)x, (u32)y, e))
COMPARE(ucomis64, "ucomisd", f64_compare_quiet(x, y, e))
COMPARE(comis32, "comiss", f32_compare_signalling((u32)x, (u32)y, e))
COMPARE(comis64, "comisd", f64_compare_signalling(x, y, e))

enum operands { PAIR32, PAIR64, ONE32, ONE64, INTEGER };
static const struct {
    const char *name;
    enum operands operands;
    unsigned width; // of the result
    silicon_fn *silicon;
    ours_fn *ours;
} rows[] = {
#define ROW(name, operands, width) {#name, operands, width, silicon_##name, ours_##name}
    ROW(add32, PAIR32, 32),          ROW(add64, PAIR64, 64),          ROW(sub32, PAIR32, 32),       ROW(sub64, PAIR64, 64),
    ROW(mul32, PAIR32, 32),          ROW(mul64, PAIR64, 64),          ROW(div32, PAIR32, 32),       ROW(div64, PAIR64, 64),
    ROW(sqrt32, PAIR32, 32),         ROW(sqrt64, PAIR64, 64),         ROW(narrow, ONE64, 32),       ROW(widen, ONE32, 64),
    ROW(f32_to_i32, ONE32, 32),      ROW(f32_to_i64, ONE32, 64),      ROW(f64_to_i32, ONE64, 32),   ROW(f64_to_i64, ONE64, 64),
    ROW(f32_to_i64_zero, ONE32, 64), ROW(f64_to_i32_zero, ONE64, 32), ROW(i32_to_f32, INTEGER, 32), ROW(i64_to_f32, INTEGER, 32),
    ROW(i32_to_f64, INTEGER, 64),    ROW(i64_to_f64, INTEGER, 64),    ROW(ucomis32, PAIR32, 64),    ROW(ucomis64, PAIR64, 64),
    ROW(comis32, PAIR32, 64),        ROW(comis64, PAIR64, 64),
};

static void any_operands(enum operands kind, u64 v[2]) {
    v[0] = 0;
    switch (kind) {
    case PAIR32: any_pair(SINGLE, v); break;
    case PAIR64: any_pair(DOUBLE, v); break;
    case ONE32: v[1] = (u32)any_convertible(SINGLE); break;
    case ONE64: v[1] = any_convertible(DOUBLE); break;
    case INTEGER: v[1] = any_integer(); break;
    }
}

static void operations_match_silicon(void **state) {
    if (native_is_emulated()) {
        printf("SKIP: this host's floating point is an emulator's\n");
        skip();
    }
    unsigned n = rounds(), bad = 0;
    for (unsigned k = 0; k < countof(rows); k++)
        for (unsigned i = 0; i < n; i++) {
            u64 v[2], real;
            any_operands(rows[k].operands, v);
            u32 csr = MX_MASKS | (i & 3) << MX_RC_SHIFT | (below(4) ? 0 : (u32)rnd() & (MX_FZ | MX_DAZ));
            u32 flags = rows[k].silicon(v[0], v[1], csr, &real);
            struct fp_env e = sse_env(csr);
            u64 mine = rows[k].ours(v[0], v[1], &e);
            if (rows[k].width == 32) real = (u32)real;
            if (mine == real && e.flags == flags) continue;
            if (bad++ < 20)
                printf("%s mxcsr %04x: %llx %llx = real %llx %02x, ours %llx %02x\n", rows[k].name, csr, (unsigned long long)v[0],
                       (unsigned long long)v[1], (unsigned long long)real, flags, (unsigned long long)mine, e.flags);
        }
    assert_int_equal(bad, 0);
}

// ---- short paths: what they answer is the long path's answer, and no flag but FP_NX; and they do answer
#define SHORT(name, quick, type)                                                                                                 \
    static bool quick_##name(u64 x, u64 y, u64 z, u64 *r) {                                                                      \
        type v;                                                                                                                  \
        bool done = quick;                                                                                                       \
        *r = v;                                                                                                                  \
        return done;                                                                                                             \
    }
#define SHORT_BINARY(name)                                                                                                       \
    SHORT(name##32, f32_quick_##name((u32)x, (u32)y, &v), u32)                                                                   \
    SHORT(name##64, f64_quick_##name(x, y, &v), u64)
SHORT_BINARY(add)
SHORT_BINARY(sub)
SHORT_BINARY(mul)
SHORT_BINARY(div)
SHORT(sqrt32, f32_quick_sqrt((u32)y, &v), u32)
SHORT(sqrt64, f64_quick_sqrt(y, &v), u64)
SHORT(narrow, f32_quick_from_f64(y, &v), u32)
SHORT(widen, f64_quick_from_f32((u32)y, &v), u64)

#define EXACT_BINARY(name)                                                                                                       \
    static bool exact_##name##32(u64 x, u64 y, u64 r) { return f32_exact_##name((u32)x, (u32)y, (u32)r); }                       \
    static bool exact_##name##64(u64 x, u64 y, u64 r) { return f64_exact_##name(x, y, r); }
EXACT_BINARY(add)
EXACT_BINARY(sub)
EXACT_BINARY(mul)
EXACT_BINARY(div)
static bool exact_sqrt32(u64 x, u64 y, u64 r) { return f32_exact_sqrt((u32)y, (u32)r); }
static bool exact_sqrt64(u64 x, u64 y, u64 r) { return f64_exact_sqrt(y, r); }

static const struct {
    bool (*quick)(u64 x, u64 y, u64 z, u64 *r);
    ours_fn *ours;
    enum operands operands;
    bool (*exact)(u64 x, u64 y, u64 r); // what answers with FP_NX clear; NULL: nothing
} short_paths[] = {
    {quick_add32, ours_add32, PAIR32, exact_add32},    {quick_add64, ours_add64, PAIR64, exact_add64},
    {quick_sub32, ours_sub32, PAIR32, exact_sub32},    {quick_sub64, ours_sub64, PAIR64, exact_sub64},
    {quick_mul32, ours_mul32, PAIR32, exact_mul32},    {quick_mul64, ours_mul64, PAIR64, exact_mul64},
    {quick_div32, ours_div32, PAIR32, exact_div32},    {quick_div64, ours_div64, PAIR64, exact_div64},
    {quick_sqrt32, ours_sqrt32, PAIR32, exact_sqrt32}, {quick_sqrt64, ours_sqrt64, PAIR64, exact_sqrt64},
    {quick_narrow, ours_narrow, ONE64, NULL},          {quick_widen, ours_widen, ONE32, NULL},
};

static void short_paths_agree(void **state) {
    unsigned n = rounds();
    for (unsigned k = 0; k < countof(short_paths); k++) {
        unsigned taken = 0;
        for (unsigned i = 0; i < n; i++) {
            u64 v[2], quick;
            any_operands(short_paths[k].operands, v);
            if (!short_paths[k].quick(v[0], v[1], 0, &quick)) continue;
            struct fp_env e = {.nan = FP_NAN_DEFAULT};
            u64 slow = short_paths[k].ours(v[0], v[1], &e);
            taken++;
            if (quick != slow || e.flags & ~(u32)FP_NX)
                fail_msg("short path %u: %llx %llx = %llx %02x, the short path's %llx", k, (unsigned long long)v[0],
                         (unsigned long long)v[1], (unsigned long long)slow, e.flags, (unsigned long long)quick);
        }
        assert_true(taken > n / 4);
    }
}

// A number of 1 to 30 bits (or the square of one of 1 to 12), at one of some 60 exponents: results of such are often exact.
static u64 few_bits(bool wide, bool square) {
    double v = (double)(rnd() >> (square ? 52 + below(12) : 34 + below(30)));
    if (square) v *= v;
    else if (below(2)) v = -v;
    double by = below(2) ? 4 : 0.25;
    for (unsigned n = below(15); n--;) v *= by;
    return wide ? f64_bits(v) : f32_bits((float)v);
}

// With FP_NX clear: what is said to be exact raises nothing on the long path; and what is not, but of a few bits, is told so.
static void exact_ones_are_told(void **state) {
    unsigned n = 4 * rounds();
    for (unsigned k = 0; k < countof(short_paths); k++) {
        unsigned exact = 0, missed = 0, inexact = 0;
        for (unsigned i = 0; short_paths[k].exact && i < n; i++) {
            u64 v[2], r;
            bool one = short_paths[k].operands == ONE32 || short_paths[k].operands == ONE64;
            bool wide = short_paths[k].operands == PAIR64 || short_paths[k].operands == ONE64;
            if (i & 1) any_operands(short_paths[k].operands, v);
            else v[0] = few_bits(wide, one), v[1] = few_bits(wide, one);
            if (!short_paths[k].quick(v[0], v[1], 0, &r)) continue;
            struct fp_env e = {.nan = FP_NAN_DEFAULT};
            short_paths[k].ours(v[0], v[1], &e);
            bool told = short_paths[k].exact(v[0], v[1], r);
            if (told && e.flags)
                fail_msg("short path %u: %llx %llx = %llx is said to be exact, but raises %02x", k, (unsigned long long)v[0],
                         (unsigned long long)v[1], (unsigned long long)r, e.flags);
            exact += told, missed += !told && !e.flags && !(i & 1), inexact += !told && e.flags;
        }
        if (!short_paths[k].exact) continue;
        assert_int_equal(missed, 0);
        assert_true(exact > n / 500);
        assert_true(inexact > n / 20);
    }
}

// To integers, toward zero: in range, for any flags. From integers, the host's own conversions.
static void short_integers_agree(void **state) {
    unsigned n = 4 * rounds(), taken = 0;
    for (unsigned i = 0; i < n; i++) {
        u64 v = any_convertible(i & 1 ? DOUBLE : SINGLE);
        i64 whole;
        bool inexact;
        if (!(i & 1 ? f64_quick_to_zero(v, &whole, &inexact) : f32_quick_to_zero((u32)v, &whole, &inexact))) continue;
        struct fp_env e = {.rounding = FP_ZERO};
        taken++;
        assert_int_equal(whole, i & 1 ? f64_to_i64(v, &e) : f32_to_i64((u32)v, &e));
        assert_int_equal(inexact ? FP_NX : 0, e.flags);
    }
    assert_true(taken > n / 2);
    for (unsigned i = 0; i < n; i++) {
        u64 v = any_integer();
        struct fp_env e = {.rounding = FP_NEAREST};
        assert_int_equal(f64_bits((double)v), f64_from_u64(v, &e));
        assert_int_equal(f32_bits((float)v), f32_from_u64(v, &e));
        assert_int_equal(f64_bits((double)(i64)v), f64_from_i64((i64)v, &e));
        assert_int_equal(f32_bits((float)(i64)v), f32_from_i64((i64)v, &e));
        assert_int_equal(f32_bits((float)(u32)v), f32_from_u32((u32)v, &e));
    }
}

static void short_mul_add_agrees(void **state) {
    unsigned n = 4 * rounds(), taken = 0;
    for (unsigned i = 0; i < n; i++) {
        u64 v[3];
        u32 quick;
        unsigned negate = below(4);
        any_triple(SINGLE, v);
        if (!f32_quick_mul_add((u32)v[0], (u32)v[1], (u32)v[2], negate, &quick)) continue;
        struct fp_env e = {.flags = 0}; // without FP_NX the long path is taken
        u32 slow = f32_mul_add((u32)v[0], (u32)v[1], (u32)v[2], negate, &e);
        taken++;
        if (quick != slow || e.flags & ~(u32)FP_NX)
            fail_msg("%x * %x + %x, negate %u: %x %02x, the short path's %x", (u32)v[0], (u32)v[1], (u32)v[2], negate, slow,
                     e.flags, quick);
    }
    assert_true(taken > n / 4);
}

// The host's fused multiply-add, alone and as f64_mul_add and f32_mul_add take it.
static bool fused(bool wide, const u64 v[3], unsigned negate, u64 *r) {
    u32 narrow = 0;
    if (wide) return f64_quick_fused(v[0], v[1], v[2], negate, r);
    bool done = f32_quick_fused((u32)v[0], (u32)v[1], (u32)v[2], negate, &narrow);
    return *r = narrow, done;
}

static u64 mul_add(bool wide, const u64 v[3], unsigned negate, struct fp_env *e) {
    return wide ? f64_mul_add(v[0], v[1], v[2], negate, e) : f32_mul_add((u32)v[0], (u32)v[1], (u32)v[2], negate, e);
}

static void fused_agrees(void **state) {
    unsigned n = 8 * rounds(), taken = 0;
    if (!fp_host_fuses()) {
        printf("SKIP fused: this host has no FMA\n");
        return;
    }
    for (unsigned i = 0; i < n; i++) {
        u64 v[3], quick = 0;
        bool wide = i & 1;
        unsigned negate = below(4);
        any_triple(wide ? DOUBLE : SINGLE, v);
        struct fp_env e = {.flags = 0}, inexact = {.fuses = true, .flags = FP_NX}; // without FP_NX the long path is taken
        u64 slow = mul_add(wide, v, negate, &e);
        assert_int_equal(mul_add(wide, v, negate, &inexact), slow);
        assert_int_equal(inexact.flags, e.flags | FP_NX);
        if (!fused(wide, v, negate, &quick)) continue;
        taken++;
        if (quick != slow || e.flags & ~(u32)FP_NX)
            fail_msg("%llx * %llx + %llx, negate %u: %llx %02x, fused %llx", (unsigned long long)v[0], (unsigned long long)v[1],
                     (unsigned long long)v[2], negate, (unsigned long long)slow, e.flags, (unsigned long long)quick);
    }
    assert_true(taken > n / 4);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(operations_match_silicon), cmocka_unit_test(short_paths_agree),
                                       cmocka_unit_test(exact_ones_are_told),      cmocka_unit_test(short_integers_agree),
                                       cmocka_unit_test(short_mul_add_agrees),     cmocka_unit_test(fused_agrees)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
