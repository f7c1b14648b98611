// SPDX-License-Identifier: MIT
// x87 handlers: one-operand instructions, partial remainders, transcendentals.
#include "isa/x86_64/op_x87.h"

typedef struct x87_reg unary(struct x87_op *o, struct x87_reg a);
typedef struct x87_reg binary(struct x87_op *o, struct x87_reg a, struct x87_reg b);

static inline void on_top(struct x86_cpu *c, const struct uop *u, unary *f) {
    x87_enter(c, u);
    struct x87_op o = x87_begin(c);
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

#define UNARY(name, f)                                                                             \
    OP(x87_##name) {                                                                               \
        on_top(c, u, f);                                                                           \
        NEXT;                                                                                      \
    }
UNARY(chs, negated)
UNARY(abs, magnitude)
UNARY(fsqrt, x87_sqrt)
UNARY(frndint, x87_round_to_int)

OP(x87_fxam) {
    static const u16 code[] = {
        [X87_UNSUPPORTED] = 0, [X87_QNAN] = X87_C0, [X87_SNAN] = X87_C0, [X87_NORMAL] = X87_C2,
        [X87_INF] = X87_C2 | X87_C0, [X87_ZERO] = X87_C3, [X87_DENORMAL] = X87_C3 | X87_C2,
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

OP(x87_fprem) {
    struct x87_op o = x87_begin(c);
    o.cc = X87_C1 | X87_C2; // all of them when there is a quotient
    on_two(c, u, &o, truncating, 0);
    NEXT;
}
OP(x87_fprem1) {
    struct x87_op o = x87_begin(c);
    o.cc = X87_C1 | X87_C2; // all of them when there is a quotient
    on_two(c, u, &o, nearest, 0);
    NEXT;
}

OP(x87_fscale) {
    struct x87_op o = x87_begin(c);
    on_two(c, u, &o, x87_scale, 0);
    NEXT;
}

// ---- one operand, two results: the second is pushed
struct pair {
    struct x87_reg lower, upper; // for the old ST(0), for the register pushed above it
    bool partial;                // out of range: nothing is pushed
};
typedef struct pair splitter(struct x87_op *o, struct x87_reg a);

static inline void split(struct x86_cpu *c, const struct uop *u, splitter *f) {
    x87_enter(c, u);
    struct x87_op o = x87_begin(c);
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
OP(x87_fxtract) {
    split(c, u, extract);
    NEXT;
}
