// SPDX-License-Identifier: MIT
// What the rooms op_*.c of the system level share.
#ifndef X86_OP_SYS_H
#define X86_OP_SYS_H

#include "isa/x86_64/insn/insn.h"

// Operand sizes 16, 32, 64; the same for rows without ModRM, register and memory operands.
#define OPS_SIZES(w, d, q)                                                                                                       \
    {                                                                                                                            \
        {0, w, d, q}, { 0, w, d, q }                                                                                             \
    }

// RIP of the next instruction as the stack or a TSS gets it: 32 bits wide outside 64-bit code.
static inline u64 x86_next_rip(const struct x86_cpu *c, const struct uop *u) {
    return (c->mode & MODE_CODE_MASK) == MODE_CODE64 ? NEXT_RIP : (u32)NEXT_RIP;
}

// run.c: the loop would go on with the next instruction, and nothing else, in this slice; says so only after having done all else that
// the loop does then.
bool x86_goes_on(struct x86_cpu *c);
// EXIT that spares itself the way by the loop where it can. Only in rows marked ENDS.
#define GO_ON(target)                                                                                                            \
    do {                                                                                                                         \
        u64 to_ = (target);                                                                                                      \
        if (likely(x86_goes_on(c))) JUMP(to_);                                                                                   \
        EXIT(to_);                                                                                                               \
    } while (0)

#endif
