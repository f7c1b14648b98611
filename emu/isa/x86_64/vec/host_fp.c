// SPDX-License-Identifier: MIT
// What is right comes from emu/fp, which is integer arithmetic and does not touch the host's: tests hold it against silicon
// (tests/unit/fp/test_fp_silicon.c), and this file, too (test_x86_host_fp.c).
#include "isa/x86_64/vec/host_fp.h"

#include "fp/arith.h"
#include "fp/compare.h"
#include "fp/convert.h"
#include "fp/soft.h"
#include "isa/x86_64/vec/sse_fp.h"

// ---- the host's instructions

typedef u32 run_fn(union xmm *d, const union xmm *s, u32 csr);
// One lane's answer; x is the destination's, y the source's.
typedef u64 answer_fn(u64 x, u64 y, struct fp_env *e);

#define HOST(name, text)                                                                                                         \
    static u32 host_##name(union xmm *d, const union xmm *s, u32 csr) {                                                          \
        vec v = to_vec(d);                                                                                                       \
        u32 flags;                                                                                                               \
        FP_ASM(text, [d] "+x"(v), [s] "x"(to_vec(s)));                                                                           \
        *d = from_vec(v);                                                                                                        \
        return flags & MX_FLAGS;                                                                                                 \
    }
#define HOST_NAMED(name) HOST(name, #name " %[s], %[d]")
#define HOST_FROM_INTEGER(name, text, type)                                                                                      \
    static u32 host_##name(union xmm *d, const union xmm *s, u32 csr) {                                                          \
        vec v = to_vec(d);                                                                                                       \
        u32 flags;                                                                                                               \
        FP_ASM(text " %[s], %[d]", [d] "+x"(v), [s] "r"((type)s->q[0]));                                                         \
        *d = from_vec(v);                                                                                                        \
        return flags & MX_FLAGS;                                                                                                 \
    }
#define HOST_TO_INTEGER(name, text, type)                                                                                        \
    static u32 host_##name(union xmm *d, const union xmm *s, u32 csr) {                                                          \
        type v;                                                                                                                  \
        u32 flags;                                                                                                               \
        FP_ASM(text " %[s], %[d]", [d] "=r"(v), [s] "x"(to_vec(s)));                                                             \
        *d = (union xmm){.q = {v}};                                                                                              \
        return flags & MX_FLAGS;                                                                                                 \
    }
// ZF, PF and CF in d->q[0], as in RFLAGS.
#define HOST_COMPARE(name)                                                                                                       \
    static u32 host_##name(union xmm *d, const union xmm *s, u32 csr) {                                                          \
        const u32 masked_csr = csr | MX_MASKS;                                                                                   \
        u8 zf, pf, cf;                                                                                                           \
        u32 flags;                                                                                                               \
        asm volatile("ldmxcsr %[csr]\n\t" #name " %[s], %[d]\n\tsetz %[zf]\n\tsetp %[pf]\n\tsetc %[cf]\n\t"                      \
                     "stmxcsr %[flags]\n\tldmxcsr %[host]"                                                                       \
                     : [flags] "=m"(flags), [zf] "=&q"(zf), [pf] "=&q"(pf), [cf] "=&q"(cf)                                       \
                     : [csr] "m"(masked_csr), [host] "m"(host_mxcsr), [d] "x"(to_vec(d)), [s] "x"(to_vec(s))                     \
                     : "cc");                                                                                                    \
        *d = (union xmm){.q = {(u64)(zf * FL_ZF | pf * FL_PF | cf * FL_CF)}};                                                    \
        return flags & MX_FLAGS;                                                                                                 \
    }

// ---- what is right

// MIN and MAX (vol. 2, MINSD): the source, unless the destination wins; any NaN is invalid.
static u64 extreme(FMT, enum fp_relation wins, u64 x, u64 y, struct fp_env *e) {
    x = flush_operand(f, x, e);
    y = flush_operand(f, y, e);
    enum fp_relation is = f.fraction == 23 ? f32_compare_signalling((u32)x, (u32)y, e) : f64_compare_signalling(x, y, e);
    return is == wins ? x : y;
}

// CMPPD's predicates (vol. 2, table 3-1): which relations are true of the lower two bits, the third turns it around.
static u64 compared(unsigned predicate, u64 ones, enum fp_relation r) {
    static const u8 holds[] = {BIT(FP_EQUAL), BIT(FP_LESS), BIT(FP_LESS) | BIT(FP_EQUAL), BIT(FP_UNORDERED)};
    return (holds[predicate & 3] >> r & 1) != predicate >> 2 ? ones : 0;
}

static u64 compare_flags(enum fp_relation r) {
    static const u8 flags[] = {[FP_LESS] = FL_CF, [FP_EQUAL] = FL_ZF, [FP_GREATER] = 0, [FP_UNORDERED] = FL_ZF | FL_PF | FL_CF};
    return flags[r];
}

#define ANSWER(name, expr)                                                                                                       \
    static u64 answer_##name(u64 x, u64 y, struct fp_env *e) { return (expr); }
#define BINARY(name)                                                                                                             \
    HOST_NAMED(name##ss)                                                                                                         \
    HOST_NAMED(name##sd)                                                                                                         \
    HOST_NAMED(name##ps) HOST_NAMED(name##pd) ANSWER(name##s, f32_##name((u32)x, (u32)y, e)) ANSWER(name##d, f64_##name(x, y, e))
BINARY(add)
BINARY(sub)
BINARY(mul)
BINARY(div)
#define EXTREME(name, wins)                                                                                                      \
    HOST_NAMED(name##ss)                                                                                                         \
    HOST_NAMED(name##sd)                                                                                                         \
    HOST_NAMED(name##ps)                                                                                                         \
    HOST_NAMED(name##pd) ANSWER(name##s, extreme(SINGLE, wins, x, y, e)) ANSWER(name##d, extreme(DOUBLE, wins, x, y, e))
EXTREME(min, FP_LESS)
EXTREME(max, FP_GREATER)
HOST_NAMED(sqrtss)
HOST_NAMED(sqrtsd)
HOST_NAMED(sqrtps)
HOST_NAMED(sqrtpd)
ANSWER(sqrts, f32_sqrt((u32)y, e))
ANSWER(sqrtd, f64_sqrt(y, e))

#define PREDICATE(n, kind)                                                                                                       \
    HOST(cmpss##n, "cmpss $" #n ", %[s], %[d]")                                                                                  \
    HOST(cmpsd##n, "cmpsd $" #n ", %[s], %[d]")                                                                                  \
    HOST(cmpps##n, "cmpps $" #n ", %[s], %[d]")                                                                                  \
    HOST(cmppd##n, "cmppd $" #n ", %[s], %[d]")                                                                                  \
    ANSWER(cmps##n, compared(n, ~(u32)0, f32_compare_##kind((u32)x, (u32)y, e)))                                                 \
    ANSWER(cmpd##n, compared(n, ~(u64)0, f64_compare_##kind(x, y, e)))
PREDICATE(0, quiet)
PREDICATE(1, signalling)
PREDICATE(2, signalling)
PREDICATE(3, quiet)
PREDICATE(4, quiet)
PREDICATE(5, signalling)
PREDICATE(6, signalling)
PREDICATE(7, quiet)
HOST_COMPARE(ucomiss)
HOST_COMPARE(ucomisd)
HOST_COMPARE(comiss)
HOST_COMPARE(comisd)
ANSWER(ucomiss, compare_flags(f32_compare_quiet((u32)x, (u32)y, e)))
ANSWER(ucomisd, compare_flags(f64_compare_quiet(x, y, e)))
ANSWER(comiss, compare_flags(f32_compare_signalling((u32)x, (u32)y, e)))
ANSWER(comisd, compare_flags(f64_compare_signalling(x, y, e)))

HOST_NAMED(cvtss2sd)
HOST_NAMED(cvtps2pd)
HOST_NAMED(cvtsd2ss)
HOST_NAMED(cvtpd2ps)
ANSWER(widen, f32_to_f64((u32)y, e))
ANSWER(narrow, f64_to_f32(y, e))

HOST_FROM_INTEGER(cvtsi2ss32, "cvtsi2ssl", u32)
HOST_FROM_INTEGER(cvtsi2ss64, "cvtsi2ssq", u64)
HOST_FROM_INTEGER(cvtsi2sd32, "cvtsi2sdl", u32)
HOST_FROM_INTEGER(cvtsi2sd64, "cvtsi2sdq", u64)
HOST_NAMED(cvtdq2ps)
HOST_NAMED(cvtdq2pd)
ANSWER(i32_to_s, f32_from_i32((i32)y, e))
ANSWER(i64_to_s, f32_from_i64((i64)y, e))
ANSWER(i32_to_d, f64_from_i32((i32)y, e))
ANSWER(i64_to_d, f64_from_i64((i64)y, e))

HOST_TO_INTEGER(cvtss2si32, "cvtss2si", u32)
HOST_TO_INTEGER(cvtss2si64, "cvtss2si", u64)
HOST_TO_INTEGER(cvtsd2si32, "cvtsd2si", u32)
HOST_TO_INTEGER(cvtsd2si64, "cvtsd2si", u64)
HOST_TO_INTEGER(cvttss2si32, "cvttss2si", u32)
HOST_TO_INTEGER(cvttss2si64, "cvttss2si", u64)
HOST_TO_INTEGER(cvttsd2si32, "cvttsd2si", u32)
HOST_TO_INTEGER(cvttsd2si64, "cvttsd2si", u64)
HOST_NAMED(cvtps2dq)
HOST_NAMED(cvttps2dq)
HOST_NAMED(cvtpd2dq)
HOST_NAMED(cvttpd2dq)
// These raise no DE.
static struct fp_env *to_integer(struct fp_env *e, bool truncate) {
    e->denormal = FP_DENORMAL_SILENT;
    if (truncate) e->rounding = FP_ZERO;
    return e;
}
#define TO_INTEGER(name, truncate)                                                                                               \
    ANSWER(s##name##32, (u32)f32_to_i32((u32)y, to_integer(e, truncate)))                                                        \
    ANSWER(s##name##64, (u64)f32_to_i64((u32)y, to_integer(e, truncate)))                                                        \
    ANSWER(d##name##32, (u32)f64_to_i32(y, to_integer(e, truncate)))                                                             \
    ANSWER(d##name##64, (u64)f64_to_i64(y, to_integer(e, truncate)))
TO_INTEGER(_to_i, false)
TO_INTEGER(_trunc_i, true)

// ---- the instructions

enum {
    KEEPS = 1, // the destination keeps its other bits; else they become zero
    UNARY = 2, // the destination is no operand
    EXACT = 4, // neither rounding nor FZ has a say
};
struct host_op {
    const char *name;
    run_fn *run;
    answer_fn *answer;
    u8 from, to; // width of a source's lane and of a result's, bits
    u8 lanes;
    u8 flags;
};
#define ROW(name, text, answer, from, to, lanes, flags) {text, host_##name, answer_##answer, from, to, lanes, flags}
#define FOUR(name, text, flags)                                                                                                  \
    ROW(name##sd, text "SD", name##d, 64, 64, 1, KEEPS | flags), ROW(name##ss, text "SS", name##s, 32, 32, 1, KEEPS | flags),    \
        ROW(name##pd, text "PD", name##d, 64, 64, 2, flags), ROW(name##ps, text "PS", name##s, 32, 32, 4, flags)
#define CMP(n, text)                                                                                                             \
    ROW(cmpsd##n, "CMP" text "SD", cmpd##n, 64, 64, 1, KEEPS | EXACT),                                                           \
        ROW(cmpss##n, "CMP" text "SS", cmps##n, 32, 32, 1, KEEPS | EXACT),                                                       \
        ROW(cmppd##n, "CMP" text "PD", cmpd##n, 64, 64, 2, EXACT), ROW(cmpps##n, "CMP" text "PS", cmps##n, 32, 32, 4, EXACT)

static const struct host_op ops[] = {
    FOUR(add, "ADD", 0),
    FOUR(sub, "SUB", 0),
    FOUR(mul, "MUL", 0),
    FOUR(div, "DIV", 0),
    FOUR(min, "MIN", EXACT),
    FOUR(max, "MAX", EXACT),
    FOUR(sqrt, "SQRT", UNARY),
    CMP(0, "EQ"),
    CMP(1, "LT"),
    CMP(2, "LE"),
    CMP(3, "UNORD"),
    CMP(4, "NEQ"),
    CMP(5, "NLT"),
    CMP(6, "NLE"),
    CMP(7, "ORD"),
    ROW(ucomisd, "UCOMISD", ucomisd, 64, 64, 1, EXACT),
    ROW(ucomiss, "UCOMISS", ucomiss, 32, 64, 1, EXACT),
    ROW(comisd, "COMISD", comisd, 64, 64, 1, EXACT),
    ROW(comiss, "COMISS", comiss, 32, 64, 1, EXACT),
    ROW(cvtss2sd, "CVTSS2SD", widen, 32, 64, 1, KEEPS | UNARY),
    ROW(cvtps2pd, "CVTPS2PD", widen, 32, 64, 2, UNARY),
    ROW(cvtsd2ss, "CVTSD2SS", narrow, 64, 32, 1, KEEPS | UNARY),
    ROW(cvtpd2ps, "CVTPD2PS", narrow, 64, 32, 2, UNARY),
    ROW(cvtsi2ss32, "CVTSI2SS (32 bits)", i32_to_s, 32, 32, 1, KEEPS | UNARY),
    ROW(cvtsi2ss64, "CVTSI2SS (64 bits)", i64_to_s, 64, 32, 1, KEEPS | UNARY),
    ROW(cvtsi2sd32, "CVTSI2SD (32 bits)", i32_to_d, 32, 64, 1, KEEPS | UNARY),
    ROW(cvtsi2sd64, "CVTSI2SD (64 bits)", i64_to_d, 64, 64, 1, KEEPS | UNARY),
    ROW(cvtdq2ps, "CVTDQ2PS", i32_to_s, 32, 32, 4, UNARY),
    ROW(cvtdq2pd, "CVTDQ2PD", i32_to_d, 32, 64, 2, UNARY),
    ROW(cvtss2si32, "CVTSS2SI (32 bits)", s_to_i32, 32, 32, 1, UNARY),
    ROW(cvtss2si64, "CVTSS2SI (64 bits)", s_to_i64, 32, 64, 1, UNARY),
    ROW(cvtsd2si32, "CVTSD2SI (32 bits)", d_to_i32, 64, 32, 1, UNARY),
    ROW(cvtsd2si64, "CVTSD2SI (64 bits)", d_to_i64, 64, 64, 1, UNARY),
    ROW(cvttss2si32, "CVTTSS2SI (32 bits)", s_trunc_i32, 32, 32, 1, UNARY),
    ROW(cvttss2si64, "CVTTSS2SI (64 bits)", s_trunc_i64, 32, 64, 1, UNARY),
    ROW(cvttsd2si32, "CVTTSD2SI (32 bits)", d_trunc_i32, 64, 32, 1, UNARY),
    ROW(cvttsd2si64, "CVTTSD2SI (64 bits)", d_trunc_i64, 64, 64, 1, UNARY),
    ROW(cvtps2dq, "CVTPS2DQ", s_to_i32, 32, 32, 4, UNARY),
    ROW(cvttps2dq, "CVTTPS2DQ", s_trunc_i32, 32, 32, 4, UNARY),
    ROW(cvtpd2dq, "CVTPD2DQ", d_to_i32, 64, 32, 2, UNARY),
    ROW(cvttpd2dq, "CVTTPD2DQ", d_trunc_i32, 64, 32, 2, UNARY),
};

u32 host_fp_execute(void *ctx, unsigned op, union xmm *d, const union xmm *s, u32 csr) { return ops[op].run(d, s, csr); }
const char *host_fp_name(unsigned op) { return op < countof(ops) ? ops[op].name : NULL; }

// ---- the operands

// The same kind of value as a double and as a single (integers take the patterns as they are).
static const struct {
    u64 d;
    u32 s;
} values[] = {
    {0, 0},
    {BIT(63), BIT(31)},               // -0
    {1, 1},                           // the smallest denormal
    {0x800fffffffffffff, 0x807fffff}, // the largest, negative
    {0x0010000000000000, 0x00800000}, // the smallest normal
    {0x3ff0000000000000, 0x3f800000}, // 1
    {0xbff0000000000001, 0xbf800001}, // -(1 + ulp)
    {0x3feffffffffffffe, 0x3f7ffffe}, // 1 - ulp
    {0x4008000000000000, 0x40400000}, // 3
    {0x7fefffffffffffff, 0x7f7fffff}, // the largest
    {0xffefffffffffffff, 0xff7fffff}, //
    {0x7ff0000000000000, 0x7f800000}, // infinities
    {0xfff0000000000000, 0xff800000}, //
    {0x7ff0000000000abc, 0x7f800abc}, // a signalling NaN
    {0xfff8000000000123, 0xffc00123}, // quiet NaNs
    {0x7ff8000000000456, 0x7fc00456}, //
    {0x1a70000000000001, 0x1c800001}, // two whose product, (1 - ulp^2) times the smallest normal, is rounded up to that:
    {0x258ffffffffffffe, 0x237ffffe}, // tiny before rounding, not after it
    {0x41e0000000000000, 0x4f000000}, // 2^31
    {0x43e0000000000000, 0x5f000000}, // 2^63
    {0xc1e0000000100000, 0xc0200000}, // -2^31 - 0.5: 32 bits hold it or not, by rounding mode; -2.5
    {0x41dfffffffe00000, 0x3fc00000}, // 2^31 - 0.5; 1.5
    {0x380fffffff800000, 0x000116c2}, // narrowed: tiny before rounding, not after it; a denormal
    {0x37a16c262777579c, 0x80000003}, // narrowed: an inexact denormal
    {0x7e37e43c8800759c, 0x7e967699}, // narrowed: overflow
};
enum { VALUES = countof(values), ONE = 5, DENORMAL = 3, SHUFFLED = 3 };
// Beside each value with 1, a denormal with each, and each with another.
static const u8 pairs[][2] = {{16, 17}, {13, 14}, {14, 13}, {15, 14}, {14, 15}, {0, 1}, {1, 0},   {0, 0},
                              {11, 12}, {11, 0},  {9, 9},   {6, 7},   {10, 10}, {5, 0}, {12, 12}, {13, 13}};
enum { PAIRS = countof(pairs) + 3 * VALUES };

static void pair_at(unsigned i, unsigned *x, unsigned *y) {
    i %= PAIRS;
    unsigned v = i / 3 % VALUES;
    if (i >= 3 * VALUES) *x = pairs[i - 3 * VALUES][0], *y = pairs[i - 3 * VALUES][1];
    else if (i % 3 == 0) *x = v, *y = ONE;
    else if (i % 3 == 1) *x = DENORMAL, *y = v;
    else *x = v, *y = (v * 7 + SHUFFLED) % VALUES;
}

// Beside nearest rounding: what is exact needs but the first two.
static const u32 modes[] = {0,
                            MX_DAZ,
                            MX_FZ,
                            MX_DAZ | MX_FZ,
                            1 << MX_RC_SHIFT,
                            2 << MX_RC_SHIFT,
                            3 << MX_RC_SHIFT,
                            1 << MX_RC_SHIFT | MX_FZ,
                            2 << MX_RC_SHIFT | MX_DAZ};
enum { EXACT_MODES = 2 };

static u64 lane_of(const union xmm *v, unsigned width, unsigned i) { return width == 32 ? v->d[i] : v->q[i]; }
static void set_lane(union xmm *v, unsigned width, unsigned i, u64 x) {
    if (width == 32) v->d[i] = (u32)x;
    else v->q[i] = x;
}

// ---- the examination

struct experiment {
    const struct host_op *op;
    u32 csr;
    union xmm d, s;
};

static void fill(struct experiment *t, unsigned pair) {
    t->d = t->s = (union xmm){.q = {0x0123456789abcdef, 0xfedcba9876543210}};
    for (unsigned i = 0; i < t->op->lanes; i++) {
        unsigned x, y;
        pair_at(pair + i, &x, &y);
        set_lane(&t->d, t->op->from, i, t->op->from == 32 ? values[x].s : values[x].d);
        set_lane(&t->s, t->op->from, i, t->op->from == 32 ? values[y].s : values[y].d);
    }
}

static u32 right_answer(const struct experiment *t, union xmm *r) {
    const struct host_op *o = t->op;
    u32 flags = 0;
    *r = o->flags & KEEPS ? t->d : (union xmm){0};
    for (unsigned i = 0; i < o->lanes; i++) {
        struct fp_env e = sse_env(t->csr | MX_MASKS);
        set_lane(r, o->to, i, o->answer(lane_of(&t->d, o->from, i), lane_of(&t->s, o->from, i), &e));
        flags |= e.flags;
    }
    return flags;
}

typedef unsigned long long ull;

static const char *flag_name(u32 flags) {
    static const char *const names[] = {"IE", "DE", "ZE", "OE", "UE", "PE"};
    return names[__builtin_ctz(flags)];
}

static void tell_flags(struct host_fp *r, const struct experiment *t, u32 got, u32 right) {
    u32 missing = right & ~got;
    plat_format(r->wrong, sizeof r->wrong, "%s %s %s (0x%llx, 0x%llx, MXCSR 0x%x)", t->op->name,
                missing ? "does not set" : "sets", flag_name(missing ? missing : got & ~right), (ull)t->d.q[0], (ull)t->s.q[0],
                t->csr | MX_MASKS);
}

static void tell_result(struct host_fp *r, const struct experiment *t, const union xmm *got, const union xmm *right) {
    unsigned i = got->q[0] == right->q[0]; // the half that differs
    plat_format(r->wrong, sizeof r->wrong, "%s gives 0x%llx, where 0x%llx is right (0x%llx, 0x%llx, MXCSR 0x%x)", t->op->name,
                (ull)got->q[i], (ull)right->q[i], (ull)t->d.q[i], (ull)t->s.q[i], t->csr | MX_MASKS);
}

static bool is_right(struct host_fp *r, const struct experiment *t, host_fp_run *run, void *ctx) {
    union xmm right, got = t->d;
    u32 flags = run(ctx, (unsigned)(t->op - ops), &got, &t->s, t->csr), right_flags = right_answer(t, &right);
    r->experiments++;
    if (flags != right_flags) tell_flags(r, t, flags, right_flags);
    else if (got.q[0] != right.q[0] || got.q[1] != right.q[1]) tell_result(r, t, &got, &right);
    else return true;
    return false;
}

// One instruction in one mode, on all pairs; of what reads but one operand, on all values.
static bool examine_op(struct host_fp *r, struct experiment *t, host_fp_run *run, void *ctx) {
    bool unary = t->op->flags & UNARY;
    for (unsigned pair = unary ? 1 : 0; pair < PAIRS; pair += unary ? 3 : t->op->lanes) {
        fill(t, pair);
        if (!is_right(r, t, run, ctx)) return false;
    }
    return true;
}

void host_fp_examine(struct host_fp *r, host_fp_run *run, void *ctx) {
    *r = (struct host_fp){0};
    for (unsigned i = 0; i < countof(ops); i++)
        for (unsigned m = 0; m < (ops[i].flags & EXACT ? EXACT_MODES : countof(modes)); m++) {
            struct experiment t = {.op = &ops[i], .csr = modes[m]};
            if (!examine_op(r, &t, run, ctx)) return;
        }
    r->honest = true;
}
