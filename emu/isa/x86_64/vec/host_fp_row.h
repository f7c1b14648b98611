// SPDX-License-Identifier: MIT
// What the examination of the host's floating point is made of (host_fp.h): one row per instruction, with the host's own and with what
// is right.
#ifndef X86_HOST_FP_ROW_H
#define X86_HOST_FP_ROW_H

#include "fp/soft.h"
#include "isa/x86_64/vec/sse_fp.h"

typedef u32 run_fn(union xmm *d, const union xmm *s, u32 csr);
// One lane's answer; x is the destination's, y the source's.
typedef u64 answer_fn(u64 x, u64 y, struct fp_env *e);

enum {
    KEEPS = 1, // the destination keeps its other bits; else they become zero
    UNARY = 2, // the destination is no operand
    EXACT = 4, // neither rounding nor FZ has a say
};
struct host_op {
    const char *name;
    run_fn *run;
    answer_fn *answer; // of each lane; or `whole`, of all
    run_fn *whole;
    u8 from, to; // width of a source's lane and of a result's, bits
    u8 lanes;
    u8 flags;
    u8 feature; // F_*: without it the row is left out
};
struct host_op_table {
    const struct host_op *op;
    unsigned n;
};
extern const struct host_op_table host_fp_sse2, host_fp_later; // later.c: what came after SSE2

#define HOST(name, text)                                                                                                         \
    static u32 host_##name(union xmm *d, const union xmm *s, u32 csr) {                                                          \
        vec v = to_vec(d);                                                                                                       \
        u32 flags;                                                                                                               \
        FP_ASM(text, [d] "+x"(v), [s] "x"(to_vec(s)));                                                                           \
        *d = from_vec(v);                                                                                                        \
        return flags & MX_FLAGS;                                                                                                 \
    }
#define HOST_NAMED(name) HOST(name, #name " %[s], %[d]")
#define ANSWER(name, expr)                                                                                                       \
    static u64 answer_##name(u64 x, u64 y, struct fp_env *e) { return (expr); }
#define ROW(name, text, answer, from, to, lanes, flags) {text, host_##name, answer_##answer, NULL, from, to, lanes, flags, F_BASE}

#endif
