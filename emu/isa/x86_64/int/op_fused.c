// SPDX-License-Identifier: MIT
// CMP or TEST of registers together with the Jcc after it: the handler decides the branch from the operands. Both keep their own uop:
// the second one holds the branch's displacement, and the block's number of instructions does not change. The flags are computed too.
#include "isa/x86_64/insn/decode.h"
#include "isa/x86_64/insn/ops.h"

// Condition codes as in flags.h's condition(); O and P are left to it.
// clang-format off
#define cmp_holds(N, cc)                                                                           \
    (((cc) >> 1 == 1 ? x < y : (cc) >> 1 == 2 ? x == y : (cc) >> 1 == 3 ? x <= y :                 \
      (cc) >> 1 == 4 ? (i##N)r < 0 : (cc) >> 1 == 6 ? (i##N)x < (i##N)y : (i##N)x <= (i##N)y) != ((cc) & 1))
#define test_holds(N, cc)                                                                          \
    (((cc) >> 1 == 1 ? false : (cc) >> 1 == 2 ? r == 0 : (cc) >> 1 == 3 ? r == 0 :                 \
      (cc) >> 1 == 7 ? (i##N)r <= 0 : (i##N)r < 0) != ((cc) & 1))
// clang-format on

#define PAIR(N, op, shape, X, Y, cc)                                                                                             \
    SOP(op##_##shape##_##cc##_##N) {                                                                                             \
        u##N x = X, y = Y, r;                                                                                                    \
        op##_eval(N);                                                                                                            \
        op##_flags(N);                                                                                                           \
        u++; /* the branch; a bad target is its fault, and the comparison before it is done */                                   \
        u64 next = NEXT_PC;                                                                                                      \
        if (op##_holds(N, cc)) JUMP_LINKED(next + (u64)u->imm, 1);                                                               \
        JUMP_LINKED(next, 0);                                                                                                    \
    }
// clang-format off
#define CC_LIST(M, ...)                                                                            \
    M(__VA_ARGS__, 2) M(__VA_ARGS__, 3) M(__VA_ARGS__, 4) M(__VA_ARGS__, 5) M(__VA_ARGS__, 6) M(__VA_ARGS__, 7)   \
    M(__VA_ARGS__, 8) M(__VA_ARGS__, 9) M(__VA_ARGS__, 12) M(__VA_ARGS__, 13) M(__VA_ARGS__, 14) M(__VA_ARGS__, 15)
// clang-format on
#define PAIRS_OF_SIZE(N, op)                                                                                                     \
    CC_LIST(PAIR, N, op, eg, REG##N(u->b), REG##N(u->a))                                                                         \
    CC_LIST(PAIR, N, op, ei, REG##N(u->b), (u##N)u->imm)
#define PAIRS(op) PAIRS_OF_SIZE(8, op) PAIRS_OF_SIZE(32, op) PAIRS_OF_SIZE(64, op)
PAIRS(cmp)
PAIRS(test)
CC_LIST(PAIR, 8, cmp, ge, REG8(u->a), REG8(u->b))
CC_LIST(PAIR, 32, cmp, ge, REG32(u->a), REG32(u->b))
CC_LIST(PAIR, 64, cmp, ge, REG64(u->a), REG64(u->b))

// By operand size (as in struct ops) and condition code.
#define CELL(N, op, shape, cc) [cc] = op##_##shape##_##cc##_##N,
#define TABLE(op, shape)                                                                                                         \
    {                                                                                                                            \
        {CC_LIST(CELL, 8, op, shape)}, {0}, {CC_LIST(CELL, 32, op, shape)}, { CC_LIST(CELL, 64, op, shape) }                     \
    }
static const struct {
    const struct ops *compare;
    op_fn *both[4][16];
} pairs[] = {
    {&cmp_eg, TABLE(cmp, eg)},   {&cmp_ge, TABLE(cmp, ge)},   {&cmp_ei, TABLE(cmp, ei)},
    {&test_eg, TABLE(test, eg)}, {&test_ei, TABLE(test, ei)},
};

op_fn *x86_fused(const struct decoded *first, const struct decoded *second) {
    if (!first->insn || !second->insn || first->memory || second->size != 3) return NULL;
    const struct ops *branch = second->insn->ops;
    if (branch < jcc_ops || branch >= jcc_ops + 16) return NULL;
    for (unsigned i = 0; i < countof(pairs); i++)
        if (pairs[i].compare == first->insn->ops) return pairs[i].both[first->size][branch - jcc_ops];
    return NULL;
}
