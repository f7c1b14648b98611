// SPDX-License-Identifier: MIT
// emu/fp against exact arithmetic: finite operands, five rounding modes, tininess before and after rounding, flushed results. And
// the rules for NaNs, infinities and integers out of range of two architectures, value by value. FP_ROUNDS experiments per operation
// and format; FP_SEED for others.
#include "fp/arith.h"
#include "fp/compare.h"
#include "fp/convert.h"
#include "fp_cases.h"
#include "fp_exact.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static unsigned rounds(void) {
    const char *v = getenv("FP_ROUNDS"), *seed = getenv("FP_SEED");
    random_seed = seed ? strtoull(seed, NULL, 0) : 1;
    return v ? (unsigned)atoi(v) : 150000;
}

static struct fp_env any_env(void) {
    struct fp_env e = {.rounding = (u8)below(5), .tiny_before = below(2)};
    if (!below(4)) e.flush_out = true, e.flushed_exact = below(2);
    return e;
}

static bool is_finite(struct format f, u64 v) { return magnitude(f, v) < infinity(f); }

// ---- the exact results, by operation. The sign of a zero: IEEE 754, 6.3.
enum op { ADD, SUB, MUL, DIV, SQRT, MUL_ADD, OPS };
static const char *const op_name[] = {"add", "sub", "mul", "div", "sqrt", "mul_add"};

static u64 rounded_sum(struct format f, const struct exact *a, const struct exact *b, struct fp_env *e) {
    struct exact s = exact_sum(a, b);
    if (exact_is_zero(&s)) s.negative = a->negative == b->negative ? a->negative : e->rounding == FP_DOWN;
    return exact_round(f, &s, e);
}

static struct exact exact_product(struct format f, u64 x, u64 y) {
    u64 a, b;
    int ea, eb;
    exact_parts(f, x, &a, &ea);
    exact_parts(f, y, &b, &eb);
    return exact_of(is_negative(f, x) != is_negative(f, y), (u128)a * b, ea + eb);
}

// To more places than any format has, and a last one that stands for the rest.
static struct exact exact_quotient(struct format f, u64 x, u64 y) {
    u64 a, b;
    int ea, eb, places = 118;
    exact_parts(f, x, &a, &ea);
    exact_parts(f, y, &b, &eb);
    u128 q = 0, rest = a; // long division: a quotient's integral part has 53 bits at most
    u64 whole = a / b;
    rest = a % b;
    q = whole;
    for (; places && q >> 120 == 0; places--) {
        rest <<= 1;
        q = q << 1 | (rest >= b);
        if (rest >= b) rest -= b;
    }
    return exact_of(is_negative(f, x) != is_negative(f, y), q << 1 | (rest != 0), ea - eb - (118 - places) - 1);
}

static struct exact exact_root(struct format f, u64 x) {
    u64 m;
    int exp;
    exact_parts(f, x, &m, &exp);
    u128 n = m;
    while (n && n < (u128)1 << 122) n <<= 2, exp -= 2;
    if (exp % 2) n <<= 1, exp -= 1;
    u64 low = 0, high = BIT(63); // low^2 <= n < high^2
    while (high - low > 1) {
        u64 middle = low + (high - low) / 2;
        if ((u128)middle * middle <= n) low = middle;
        else high = middle;
    }
    return exact_of(is_negative(f, x), (u128)low << 1 | ((u128)low * low != n), exp / 2 - 1);
}

static u64 expected(enum op op, struct format f, const u64 v[3], unsigned negate, struct fp_env *e) {
    struct exact a = exact_float(f, v[0]), b = exact_float(f, v[1]), c = exact_float(f, v[2]), p;
    switch (op) {
    case SUB: b.negative = !b.negative; [[fallthrough]];
    case ADD: return rounded_sum(f, &a, &b, e);
    case MUL: p = exact_product(f, v[0], v[1]); break;
    case DIV: p = exact_quotient(f, v[0], v[1]); break;
    case SQRT: p = exact_root(f, v[0]); break;
    default:
        p = exact_product(f, v[0], v[1]);
        p.negative ^= negate & FP_NEGATE_PRODUCT ? 1 : 0;
        c.negative ^= negate & FP_NEGATE_ADDEND ? 1 : 0;
        return rounded_sum(f, &p, &c, e);
    }
    return exact_round(f, &p, e);
}

static u64 ours_32(enum op op, u32 x, u32 y, u32 z, unsigned negate, struct fp_env *e) {
    switch (op) {
    case ADD: return f32_add(x, y, e);
    case SUB: return f32_sub(x, y, e);
    case MUL: return f32_mul(x, y, e);
    case DIV: return f32_div(x, y, e);
    case SQRT: return f32_sqrt(x, e);
    default: return f32_mul_add(x, y, z, negate, e);
    }
}
static u64 ours_16(enum op op, u16 x, u16 y, u16 z, unsigned negate, struct fp_env *e) {
    switch (op) {
    case ADD: return f16_add(x, y, e);
    case SUB: return f16_sub(x, y, e);
    case MUL: return f16_mul(x, y, e);
    case DIV: return f16_div(x, y, e);
    case SQRT: return f16_sqrt(x, e);
    default: return f16_mul_add(x, y, z, negate, e);
    }
}
static u64 ours_64(enum op op, u64 x, u64 y, u64 z, unsigned negate, struct fp_env *e) {
    switch (op) {
    case ADD: return f64_add(x, y, e);
    case SUB: return f64_sub(x, y, e);
    case MUL: return f64_mul(x, y, e);
    case DIV: return f64_div(x, y, e);
    case SQRT: return f64_sqrt(x, e);
    default: return f64_mul_add(x, y, z, negate, e);
    }
}

static struct format format_of(unsigned i) { return i % 3 == 2 ? HALF : i % 3 ? DOUBLE : SINGLE; }

static unsigned try(enum op op, struct format f, unsigned shown) {
    u64 v[3] = {0};
    unsigned negate = op == MUL_ADD ? below(4) : 0;
    if (op == MUL_ADD) any_triple(f, v);
    else any_pair(f, v);
    for (unsigned i = 0; i < 3; i++)
        if (!is_finite(f, v[i])) return 0;
    if ((op == DIV && !magnitude(f, v[1])) || (op == SQRT && is_negative(f, v[0]))) return 0;
    struct fp_env mine = any_env(), exact;
    mine.flags = below(2) ? FP_NX : 0; // what short paths wait for
    exact = mine;
    u64 r = f.fraction == 52   ? ours_64(op, v[0], v[1], v[2], negate, &mine)
            : f.fraction == 23 ? ours_32(op, (u32)v[0], (u32)v[1], (u32)v[2], negate, &mine)
                               : ours_16(op, (u16)v[0], (u16)v[1], (u16)v[2], negate, &mine);
    u64 wanted = expected(op, f, v, negate, &exact);
    if (r == wanted && mine.flags == exact.flags) return 0;
    if (shown < 20)
        printf("f%u_%s mode %u%s%s negate %u: %llx %llx %llx = exactly %llx %02x, ours %llx %02x\n", f.fraction + f.exponent + 1,
               op_name[op], mine.rounding, mine.tiny_before ? " before" : "", mine.flush_out ? " flush" : "", negate,
               (unsigned long long)v[0], (unsigned long long)v[1], (unsigned long long)v[2], (unsigned long long)wanted,
               exact.flags, (unsigned long long)r, mine.flags);
    return 1;
}

static void arithmetic_is_exact(void **state) {
    unsigned n = rounds(), bad = 0;
    for (enum op op = 0; op < OPS; op++)
        for (unsigned i = 0; i < n; i++) bad += try(op, format_of(i), bad);
    assert_int_equal(bad, 0);
}

// ---- conversions

static unsigned convert_format(struct format from, struct format to, unsigned shown) {
    u64 v = any_convertible(from);
    if (!is_finite(from, v)) return 0;
    struct fp_env mine = any_env(), exact = mine;
    struct exact x = exact_float(from, v);
    u64 wanted = exact_round(to, &x, &exact), r;
    switch (from.fraction + to.fraction) {
    case 10 + 23: r = to.fraction == 10 ? f32_to_f16((u32)v, &mine) : f16_to_f32((u16)v, &mine); break;
    case 10 + 52: r = to.fraction == 10 ? f64_to_f16(v, &mine) : f16_to_f64((u16)v, &mine); break;
    default: r = to.fraction == 23 ? f64_to_f32(v, &mine) : f32_to_f64((u32)v, &mine); break;
    }
    if (r == wanted && mine.flags == exact.flags) return 0;
    if (shown < 20)
        printf("f%u to f%u mode %u: %llx = exactly %llx %02x, ours %llx %02x\n", from.fraction + from.exponent + 1,
               to.fraction + to.exponent + 1, mine.rounding, (unsigned long long)v, (unsigned long long)wanted, exact.flags,
               (unsigned long long)r, mine.flags);
    return 1;
}

static void formats_convert(void **state) {
    unsigned n = rounds(), bad = 0;
    const struct format formats[] = {HALF, SINGLE, DOUBLE};
    for (unsigned i = 0; i < n; i++)
        for (unsigned pair = 1; pair < 9; pair++)
            if (pair / 3 != pair % 3) bad += convert_format(formats[pair / 3], formats[pair % 3], bad);
    assert_int_equal(bad, 0);
}

// The types in the order of the functions below: i32 u32 i64 u64.
static u64 ours_to_integer(struct format f, unsigned type, u64 v, struct fp_env *e) {
    if (f.fraction == 52) switch (type) {
        case 0: return (u32)f64_to_i32(v, e);
        case 1: return f64_to_u32(v, e);
        case 2: return (u64)f64_to_i64(v, e);
        default: return f64_to_u64(v, e);
        }
    switch (type) {
    case 0: return (u32)f32_to_i32((u32)v, e);
    case 1: return f32_to_u32((u32)v, e);
    case 2: return (u64)f32_to_i64((u32)v, e);
    default: return f32_to_u64((u32)v, e);
    }
}
static u64 ours_from_integer(struct format f, unsigned type, u64 v, struct fp_env *e) {
    if (f.fraction == 52) switch (type) {
        case 0: return f64_from_i32((i32)v, e);
        case 1: return f64_from_u32((u32)v, e);
        case 2: return f64_from_i64((i64)v, e);
        default: return f64_from_u64(v, e);
        }
    switch (type) {
    case 0: return f32_from_i32((i32)v, e);
    case 1: return f32_from_u32((u32)v, e);
    case 2: return f32_from_i64((i64)v, e);
    default: return f32_from_u64(v, e);
    }
}

static unsigned to_integer(struct format f, unsigned type, unsigned shown) {
    u64 v = any_convertible(f);
    struct fp_env e = {.rounding = (u8)below(5), .no_integer = (u8)below(3)};
    bool is_signed = !(type & 1), negative = is_negative(f, v), nan = is_nan(f, v), inexact = false, fits = false;
    unsigned width = type < 2 ? 32 : 64;
    u64 least = is_signed ? BIT(width - 1) : 0, greatest = mask(width - 1, 0) >> is_signed, m = 0; // magnitudes
    if (is_finite(f, v)) {
        struct exact x = exact_float(f, v);
        fits = exact_integer(&x, e.rounding, &m, &inexact) && m <= (negative ? least : greatest);
    }
    u64 nearest = negative ? least : greatest, wanted = (negative ? -m : m) & mask(width - 1, 0);
    u32 flags = !fits ? FP_NV : inexact ? FP_NX : 0;
    if (!fits) {
        if (e.no_integer == FP_INDEFINITE) wanted = is_signed ? least : greatest;
        else if (nan) wanted = e.no_integer == FP_NAN_IS_MAX ? greatest : 0;
        else wanted = nearest;
    }
    u64 r = ours_to_integer(f, type, v, &e);
    if (r == wanted && e.flags == flags) return 0;
    if (shown < 20)
        printf("f%u to type %u mode %u: %llx = exactly %llx %02x, ours %llx %02x\n", f.fraction + f.exponent + 1, type,
               e.rounding, (unsigned long long)v, (unsigned long long)wanted, flags, (unsigned long long)r, e.flags);
    return 1;
}

static unsigned from_integer(struct format f, unsigned type, unsigned shown) {
    u64 v = any_integer(), m = v;
    bool negative = false;
    switch (type) {
    case 0: negative = (i32)v < 0, m = negative ? -(u64)(i32)v : (u64)(i32)v; break;
    case 1: m = (u32)v; break;
    case 2: negative = (i64)v < 0, m = negative ? -v : v; break;
    }
    struct fp_env mine = {.rounding = (u8)below(5)}, exact = mine;
    struct exact x = exact_of(negative, m, 0);
    u64 wanted = exact_round(f, &x, &exact), r = ours_from_integer(f, type, v, &mine);
    if (r == wanted && mine.flags == exact.flags) return 0;
    if (shown < 20)
        printf("f%u from type %u mode %u: %llx = exactly %llx %02x, ours %llx %02x\n", f.fraction + f.exponent + 1, type,
               mine.rounding, (unsigned long long)v, (unsigned long long)wanted, exact.flags, (unsigned long long)r, mine.flags);
    return 1;
}

static void integers_convert(void **state) {
    unsigned n = rounds(), bad = 0;
    for (unsigned i = 0; i < n; i++)
        for (unsigned type = 0; type < 4; type++) {
            bad += to_integer(i & 1 ? DOUBLE : SINGLE, type, bad);
            bad += from_integer(i & 1 ? DOUBLE : SINGLE, type, bad);
        }
    assert_int_equal(bad, 0);
}

// ---- order, by subtraction
#define OF_FORMAT(name)                                                                                                          \
    (f.fraction == 52   ? f64_##name(v[0], v[1], &e)                                                                             \
     : f.fraction == 23 ? f32_##name((u32)v[0], (u32)v[1], &e)                                                                   \
                        : f16_##name((u16)v[0], (u16)v[1], &e))
static void values_are_ordered(void **state) {
    unsigned n = rounds();
    for (unsigned i = 0; i < n; i++) {
        struct format f = format_of(i);
        u64 v[2];
        any_pair(f, v);
        if (!below(4)) v[1] = v[0] ^ (u64)below(2) << (f.fraction + f.exponent);
        struct fp_env e = {0};
        bool nan = is_nan(f, v[0]) || is_nan(f, v[1]);
        bool signalling = is_signalling(f, v[0]) || is_signalling(f, v[1]);
        enum fp_relation quiet = OF_FORMAT(compare_quiet);
        assert_int_equal(e.flags, signalling ? FP_NV : 0);
        e.flags = 0;
        enum fp_relation loud = OF_FORMAT(compare_signalling);
        assert_int_equal(e.flags, nan ? FP_NV : 0);
        assert_int_equal(quiet, loud);
        e.flags = 0;
        u64 least = OF_FORMAT(minimum_number);
        u64 most = OF_FORMAT(maximum_number);
        assert_int_equal(e.flags, signalling ? FP_NV : 0);
        if (nan) {
            u64 left = is_nan(f, v[0]) ? v[1] : v[0];
            if (is_nan(f, left)) left = infinity(f) | quiet_bit(f);
            assert_true(quiet == FP_UNORDERED && least == left && most == left);
            continue;
        }
        int order; // of infinities as of values beyond the greatest
        struct exact x = is_inf(f, v[0]) ? exact_of(false, 1, 2000) : exact_float(f, v[0]);
        struct exact y = is_inf(f, v[1]) ? exact_of(false, 1, 2000) : exact_float(f, v[1]);
        x.negative = is_negative(f, v[0]), y.negative = !is_negative(f, v[1]);
        struct exact d = exact_sum(&x, &y);
        order = exact_is_zero(&d) ? 0 : d.negative ? -1 : 1;
        assert_int_equal(quiet, order < 0 ? FP_LESS : order ? FP_GREATER : FP_EQUAL);
        if (!order && !magnitude(f, v[0])) { // -0 is below +0
            assert_int_equal(least, v[0] | v[1]);
            assert_int_equal(most, v[0] & v[1]);
            continue;
        }
        assert_int_equal(least, order <= 0 ? v[0] : v[1]);
        assert_int_equal(most, order >= 0 ? v[0] : v[1]);
    }
}

static void values_have_a_class(void **state) {
    static const struct {
        u32 single;
        u64 wide;
        enum fp_class class;
    } rows[] = {
        {0xff800000, 0xfff0000000000000, FP_MINUS_INFINITY},
        {0xff7fffff, 0xffefffffffffffff, FP_MINUS_NORMAL},
        {0x80800000, 0x8010000000000000, FP_MINUS_NORMAL},
        {0x807fffff, 0x800fffffffffffff, FP_MINUS_SUBNORMAL},
        {0x80000001, 0x8000000000000001, FP_MINUS_SUBNORMAL},
        {0x80000000, 0x8000000000000000, FP_MINUS_ZERO},
        {0, 0, FP_PLUS_ZERO},
        {1, 1, FP_PLUS_SUBNORMAL},
        {0x007fffff, 0x000fffffffffffff, FP_PLUS_SUBNORMAL},
        {0x00800000, 0x0010000000000000, FP_PLUS_NORMAL},
        {0x7f7fffff, 0x7fefffffffffffff, FP_PLUS_NORMAL},
        {0x7f800000, 0x7ff0000000000000, FP_PLUS_INFINITY},
        {0x7f800001, 0x7ff0000000000001, FP_SIGNALLING_NAN},
        {0xffbfffff, 0xfff7ffffffffffff, FP_SIGNALLING_NAN},
        {0x7fc00000, 0x7ff8000000000000, FP_QUIET_NAN},
        {0xffffffff, 0xffffffffffffffff, FP_QUIET_NAN},
    };
    for (unsigned i = 0; i < countof(rows); i++) {
        assert_int_equal(f32_class(rows[i].single), rows[i].class);
        assert_int_equal(f64_class(rows[i].wide), rows[i].class);
    }
}

// ---- NaNs and denormals by architecture: RISC-V F 11.3, Arm ARM FPProcessNaNs3 and FPMulAdd, SDM vol. 1, 4.8.3.5 and 14.5. (x86 on silicon:
// test_fp_silicon.c.)
enum : u64 {
    QNAN = 0x7ff8000000000000,
    QNAN1 = QNAN + 1,
    QNAN2 = QNAN + 2,
    SNAN1 = 0x7ff0000000000001,
    SNAN2 = 0x7ff0000000000002,
    INF = 0x7ff0000000000000,
    ONE = 0x3ff0000000000000,
    MINUS = 0x8000000000000000,
};
static const struct fp_env riscv = {.product_invalid = true};
static const struct fp_env arm = {.nan = FP_NAN_SIGNALLING,
                                  .addend_first = true,
                                  .product_invalid = true,
                                  .tiny_before = true,
                                  .flushed_exact = true,
                                  .denormal = FP_DENORMAL_FLUSHED,
                                  .no_integer = FP_NAN_IS_ZERO};
static const struct fp_env x86 = {
    .nan = FP_NAN_FIRST, .negative_nan = true, .denormal = FP_DENORMAL_USED, .no_integer = FP_INDEFINITE};

static void nans_follow_the_rules(void **state) {
    static const struct {
        u64 x, y, z, riscv, arm, x86; // z = 0: a sum; else a fused multiply-add
        u32 riscv_flags, arm_flags, x86_flags;
    } rows[] = {
        {QNAN1, QNAN2, 0, QNAN, QNAN1, QNAN1, 0, 0, 0},
        {QNAN1, SNAN2, 0, QNAN, QNAN2, QNAN1, FP_NV, FP_NV, FP_NV},
        {SNAN1, SNAN2, 0, QNAN, QNAN1, QNAN1, FP_NV, FP_NV, FP_NV},
        {ONE, QNAN2 | MINUS, 0, QNAN, QNAN2 | MINUS, QNAN2 | MINUS, 0, 0, 0},
        {INF, INF | MINUS, 0, QNAN, QNAN, QNAN | MINUS, FP_NV, FP_NV, FP_NV},
        {INF, MINUS, QNAN1, QNAN, QNAN, QNAN1, FP_NV, FP_NV, 0},
        {INF, MINUS, SNAN1, QNAN, QNAN1, QNAN1, FP_NV, FP_NV, FP_NV},
        {INF, MINUS, ONE, QNAN, QNAN, QNAN | MINUS, FP_NV, FP_NV, FP_NV},
        {INF, ONE, INF | MINUS, QNAN, QNAN, QNAN | MINUS, FP_NV, FP_NV, FP_NV},
        {QNAN1, ONE, QNAN2, QNAN, QNAN2, QNAN1, 0, 0, 0},
        {SNAN1, ONE, QNAN2, QNAN, QNAN1, QNAN1, FP_NV, FP_NV, FP_NV},
        {QNAN1, SNAN1, SNAN2, QNAN, QNAN2, QNAN1, FP_NV, FP_NV, FP_NV},
    };
    for (unsigned i = 0; i < countof(rows); i++) {
        const struct fp_env rules[] = {riscv, arm, x86};
        const u64 wanted[] = {rows[i].riscv, rows[i].arm, rows[i].x86};
        const u32 flags[] = {rows[i].riscv_flags, rows[i].arm_flags, rows[i].x86_flags};
        for (unsigned k = 0; k < 3; k++) {
            struct fp_env e = rules[k];
            u64 r = rows[i].z ? f64_mul_add(rows[i].x, rows[i].y, rows[i].z, 0, &e) : f64_add(rows[i].x, rows[i].y, &e);
            if (r != wanted[k] || e.flags != flags[k])
                fail_msg("row %u, rules %u: %llx %02x, ours %llx %02x", i, k, (unsigned long long)wanted[k], flags[k],
                         (unsigned long long)r, e.flags);
        }
    }
}

static void denormals_follow_the_rules(void **state) {
    struct fp_env e = riscv; // tininess after rounding against before
    assert_int_equal(f64_mul(0x0010000000000001, 0x3feffffffffffffe, &e), 0x0010000000000000);
    assert_int_equal(e.flags, FP_NX);
    e = arm;
    assert_int_equal(f64_mul(0x0010000000000001, 0x3feffffffffffffe, &e), 0x0010000000000000);
    assert_int_equal(e.flags, FP_UF | FP_NX);
    e = arm, e.flush_in = e.flush_out = true;
    assert_int_equal(f64_add(1, ONE, &e), ONE);
    assert_int_equal(e.flags, FP_ID);
    e = arm, e.flush_in = e.flush_out = true;
    assert_int_equal(f64_mul(0x8010000000000000, 0x3fe0000000000000, &e), MINUS);
    assert_int_equal(e.flags, FP_UF);
    e = x86, e.flush_in = true;
    assert_int_equal(f64_compare_quiet(1, MINUS, &e), FP_EQUAL);
    assert_int_equal(e.flags, 0);
    e = x86;
    assert_int_equal(f64_compare_quiet(1, MINUS, &e), FP_GREATER);
    assert_int_equal(e.flags, FP_ID);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arithmetic_is_exact),        cmocka_unit_test(formats_convert),
        cmocka_unit_test(integers_convert),           cmocka_unit_test(values_are_ordered),
        cmocka_unit_test(values_have_a_class),        cmocka_unit_test(nans_follow_the_rules),
        cmocka_unit_test(denormals_follow_the_rules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
