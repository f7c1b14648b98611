// SPDX-License-Identifier: MIT
// x87 handlers: one-operand instructions, partial remainders, transcendentals.
#include "isa/x86_64/x87/op_x87.h"

typedef struct x87_reg unary(struct x87_op *o, struct x87_reg a);
typedef struct x87_reg binary(struct x87_op *o, struct x87_reg a, struct x87_reg b);

static inline void on_top(struct x86_cpu *c, const struct uop *u, unary *f, u16 cc) {
    x87_enter(c, u);
    struct x87_op o = x87_begin(c);
    o.cc = cc;
    struct x87_reg r = X87_INDEFINITE;
    if (unlikely(x87_empty(c, 0))) o.fsw = X87_UNDERFLOW;
    else r = f(&o, ST(0));
    if (x87_commit(c, u, &o)) x87_set(c, 0, r);
}

static struct x87_reg negated(struct x87_op *o, struct x87_reg a) {
    a.exp ^= X87_SIGN;
    return a;
}
static struct x87_reg magnitude(struct x87_op *o, struct x87_reg a) {
    a.exp &= X87_EXP_MAX;
    return a;
}

#define UNARY(name, f, cc)                                                                                                       \
    SOP(x87_##name) {                                                                                                            \
        on_top(c, u, f, cc);                                                                                                     \
        NEXT;                                                                                                                    \
    }
UNARY(chs, negated, X87_C1)
UNARY(abs, magnitude, X87_C1)
UNARY(fsqrt, x87_sqrt, X87_C1)
UNARY(frndint, x87_round_to_int, X87_C1)
UNARY(f2xm1, x87_exp2m1, X87_C1)
UNARY(fsin, x87_sin, X87_C1 | X87_C2)
UNARY(fcos, x87_cos, X87_C1 | X87_C2)

SOP(x87_fxam) {
    static const u16 code[] = {
        [X87_UNSUPPORTED] = 0,
        [X87_QNAN] = X87_C0,
        [X87_SNAN] = X87_C0,
        [X87_NORMAL] = X87_C2,
        [X87_INF] = X87_C2 | X87_C0,
        [X87_ZERO] = X87_C3,
        [X87_DENORMAL] = X87_C3 | X87_C2,
    };
    x87_enter(c, u);
    x87_note(c, u);
    struct x87_reg r = ST(0);
    u16 cc = x87_empty(c, 0) ? X87_C3 | X87_C0 : code[x87_classify(r)];
    c->s.fpu.fsw = (u16)((c->s.fpu.fsw & ~X87_CC) | cc | (x87_sign(r) ? X87_C1 : 0));
    NEXT;
}

// ---- two operands on the stack
static inline bool on_two(struct x86_cpu *c, const struct uop *u, struct x87_op *o, binary *f, unsigned to) {
    x87_enter(c, u);
    struct x87_reg r = X87_INDEFINITE;
    if (unlikely(x87_empty(c, 0) || x87_empty(c, 1))) o->fsw = X87_UNDERFLOW;
    else r = f(o, ST(0), ST(1));
    if (!x87_commit(c, u, o)) return false;
    x87_set(c, to, r);
    return true;
}

static struct x87_reg truncating(struct x87_op *o, struct x87_reg a, struct x87_reg b) { return x87_remainder(o, a, b, false); }
static struct x87_reg nearest(struct x87_op *o, struct x87_reg a, struct x87_reg b) { return x87_remainder(o, a, b, true); }

SOP(x87_fprem) {
    struct x87_op o = x87_begin(c);
    o.cc = X87_C1 | X87_C2; // all of them when there is a quotient
    on_two(c, u, &o, truncating, 0);
    NEXT;
}
SOP(x87_fprem1) {
    struct x87_op o = x87_begin(c);
    o.cc = X87_C1 | X87_C2; // all of them when there is a quotient
    on_two(c, u, &o, nearest, 0);
    NEXT;
}

SOP(x87_fscale) {
    struct x87_op o = x87_begin(c);
    on_two(c, u, &o, x87_scale, 0);
    NEXT;
}

// f(ST(1), ST(0)) replaces ST(1), and the stack is popped
static struct x87_reg yl2x(struct x87_op *o, struct x87_reg x, struct x87_reg y) { return x87_ylog2(o, y, x); }
static struct x87_reg yl2xp1(struct x87_op *o, struct x87_reg x, struct x87_reg y) { return x87_ylog2p1(o, y, x); }
static struct x87_reg patan(struct x87_op *o, struct x87_reg x, struct x87_reg y) { return x87_atan2(o, y, x); }
#define BINARY_POP(name, f)                                                                                                      \
    SOP(x87_##name) {                                                                                                            \
        struct x87_op o = x87_begin(c);                                                                                          \
        if (on_two(c, u, &o, f, 1)) x87_pop(c);                                                                                  \
        NEXT;                                                                                                                    \
    }
BINARY_POP(fyl2x, yl2x)
BINARY_POP(fyl2xp1, yl2xp1)
BINARY_POP(fpatan, patan)

// ---- one operand, two results: the second is pushed
struct pair {
    struct x87_reg lower, upper; // for the old ST(0), for the register pushed above it
    bool partial;                // out of range: nothing is pushed
};
typedef struct pair splitter(struct x87_op *o, struct x87_reg a);

static inline void split(struct x86_cpu *c, const struct uop *u, splitter *f, u16 cc) {
    x87_enter(c, u);
    struct x87_op o = x87_begin(c);
    o.cc = cc;
    struct pair p = {X87_INDEFINITE, X87_INDEFINITE, false};
    if (unlikely(x87_empty(c, 0))) o.fsw = X87_UNDERFLOW;
    else if (unlikely(!x87_empty(c, 7))) o.fsw = X87_OVERFLOW;
    else p = f(&o, ST(0));
    if (!x87_commit(c, u, &o) || p.partial) return;
    x87_set(c, 0, p.lower);
    x87_push(c, p.upper);
}

static struct pair extract(struct x87_op *o, struct x87_reg a) {
    struct pair p = {0};
    p.upper = x87_extract(o, a, &p.lower);
    return p;
}
SOP(x87_fxtract) {
    split(c, u, extract, X87_C1);
    NEXT;
}

// FPTAN pushes 1, so that the quotient of ST(1) and ST(0) is the tangent on every processor; a NaN is pushed as it is.
static struct pair tangent(struct x87_op *o, struct x87_reg a) {
    struct x87_reg t = x87_tan(o, a);
    bool number = x87_classify(t) < X87_QNAN;
    return (struct pair){t, number ? x87_pack(false, X87_BIAS, X87_J) : t, o->fsw & X87_C2};
}
static struct pair sine_cosine(struct x87_op *o, struct x87_reg a) {
    struct x87_reg s = x87_sin(o, a);
    o->fsw &= (u16)~X87_C1;
    struct x87_reg k = x87_cos(o, a);
    return (struct pair){s, k, o->fsw & X87_C2};
}
SOP(x87_fptan) {
    split(c, u, tangent, X87_C1 | X87_C2);
    NEXT;
}
SOP(x87_fsincos) {
    split(c, u, sine_cosine, X87_C1 | X87_C2);
    NEXT;
}

// ---- rows
// clang-format off
static const struct insn rows[] = {
    {MAP_1, 0xd9, PFX_ANY, EXT(4) | RM(0), "fchs", {}, X87_R(chs), .feature = F_FPU},
    {MAP_1, 0xd9, PFX_ANY, EXT(4) | RM(1), "fabs", {}, X87_R(abs), .feature = F_FPU},
    {MAP_1, 0xd9, PFX_ANY, EXT(4) | RM(5), "fxam", {}, X87_R(fxam), .feature = F_FPU},
    {MAP_1, 0xd9, PFX_ANY, EXT(6) | RM(0), "f2xm1", {}, X87_R(f2xm1), .feature = F_FPU},
    {MAP_1, 0xd9, PFX_ANY, EXT(6) | RM(1), "fyl2x", {}, X87_R(fyl2x), .feature = F_FPU},
    {MAP_1, 0xd9, PFX_ANY, EXT(6) | RM(2), "fptan", {}, X87_R(fptan), .feature = F_FPU},
    {MAP_1, 0xd9, PFX_ANY, EXT(6) | RM(3), "fpatan", {}, X87_R(fpatan), .feature = F_FPU},
    {MAP_1, 0xd9, PFX_ANY, EXT(6) | RM(4), "fxtract", {}, X87_R(fxtract), .feature = F_FPU},
    {MAP_1, 0xd9, PFX_ANY, EXT(6) | RM(5), "fprem1", {}, X87_R(fprem1), .feature = F_FPU},
    {MAP_1, 0xd9, PFX_ANY, EXT(7) | RM(0), "fprem", {}, X87_R(fprem), .feature = F_FPU},
    {MAP_1, 0xd9, PFX_ANY, EXT(7) | RM(1), "fyl2xp1", {}, X87_R(fyl2xp1), .feature = F_FPU},
    {MAP_1, 0xd9, PFX_ANY, EXT(7) | RM(2), "fsqrt", {}, X87_R(fsqrt), .feature = F_FPU},
    {MAP_1, 0xd9, PFX_ANY, EXT(7) | RM(3), "fsincos", {}, X87_R(fsincos), .feature = F_FPU},
    {MAP_1, 0xd9, PFX_ANY, EXT(7) | RM(4), "frndint", {}, X87_R(frndint), .feature = F_FPU},
    {MAP_1, 0xd9, PFX_ANY, EXT(7) | RM(5), "fscale", {}, X87_R(fscale), .feature = F_FPU},
    {MAP_1, 0xd9, PFX_ANY, EXT(7) | RM(6), "fsin", {}, X87_R(fsin), .feature = F_FPU},
    {MAP_1, 0xd9, PFX_ANY, EXT(7) | RM(7), "fcos", {}, X87_R(fcos), .feature = F_FPU},
};
// clang-format on
X86_TABLE(x87_math);
