// SPDX-License-Identifier: MIT
// What is right comes from emu/fp, which is integer arithmetic and does not touch the host's: tests hold it against silicon
// (tests/unit/fp/test_fp_silicon.c), and this file, too (test_x86_host_fp.c).
#include "isa/x86_64/vec/host_fp.h"

#include "isa/x86_64/vec/host_fp_row.h"

static const struct host_op *op_at(unsigned op) {
    if (op < host_fp_sse2.n) return &host_fp_sse2.op[op];
    op -= host_fp_sse2.n;
    return op < host_fp_later.n ? &host_fp_later.op[op] : NULL;
}

u32 host_fp_execute(void *ctx, unsigned op, union xmm *d, const union xmm *s, u32 csr) { return op_at(op)->run(d, s, csr); }
const char *host_fp_name(unsigned op) { return op_at(op) ? op_at(op)->name : NULL; }

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
    {0x7ff0000000000abc, 0x7f807d23}, // a signalling NaN; so is its lower half
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
    unsigned number; // the op's
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
    if (o->whole) {
        *r = t->d;
        return o->whole(r, &t->s, t->csr | MX_MASKS);
    }
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
    u32 flags = run(ctx, t->number, &got, &t->s, t->csr), right_flags = right_answer(t, &right);
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

void host_fp_examine(struct host_fp *r, const bool has[F_COUNT], host_fp_run *run, void *ctx) {
    const struct host_op *op;
    *r = (struct host_fp){0};
    for (unsigned i = 0; (op = op_at(i)); i++)
        for (unsigned m = 0; has[op->feature] && m < (op->flags & EXACT ? EXACT_MODES : countof(modes)); m++) {
            struct experiment t = {.op = op, .number = i, .csr = modes[m]};
            if (!examine_op(r, &t, run, ctx)) return;
        }
    r->honest = true;
}
