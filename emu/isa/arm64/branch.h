// SPDX-License-Identifier: MIT
// Branches whose target is in a register, and PSTATE.BTYPE, which tells the target how it was come to (FEAT_BTI).
#ifndef ARM64_BRANCH_H
#define ARM64_BRANCH_H

#include "isa/arm64/uop.h"

enum {
    BTYPE_JUMP_ANY = 1, // BR by X16 or X17, or from a page that is not guarded
    BTYPE_CALL = 2,     // BLR
    BTYPE_JUMP = 3,     // any other BR
};

// BranchAddr: the PC keeps no top byte that does not count.
static inline u64 arm64_target(const struct arm64_cpu *c, u64 a) {
    u64 top = a >> 55;
    return likely(!top || top == 0x1ff) ? a : arm64_branch_address(c, a);
}

// ---- op_bti.c
// BTYPE of a BR by register u->base. May raise, with nothing committed.
unsigned arm64_btype_of_br(struct arm64_cpu *c, const struct uop *u);
op_fn arm64_dispatch_typed;

// JUMP, and the target is to look at BTYPE.
#define JUMP_AS(type, target)                                                                                                    \
    do {                                                                                                                         \
        CPU_PC(c) = (target);                                                                                                    \
        c->s.btype = (u8)(type);                                                                                                 \
        LEAVES;                                                                                                                  \
        [[clang::musttail]] return arm64_dispatch_typed(c, u);                                                                   \
    } while (0)

#endif
