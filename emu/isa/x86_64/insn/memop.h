// SPDX-License-Identifier: MIT
// Handlers that access memory: what bodies (cpu/memop.h) are made of on x86.
#ifndef X86_MEMOP_H
#define X86_MEMOP_H

#include "isa/x86_64/insn/stack.h"

#include "cpu/memop.h"

// Address of u's memory operand when there is nothing to check.
#define FAST_ADDRESS (c->s.gpr[u->base] + (u64)u->disp + (path == INDEXED ? c->s.gpr[u->index] << (u->mem & 3) : 0))

// Declares v, the memory operand.
#define LOAD_E(N, v)                                                                                                             \
    u##N v;                                                                                                                      \
    if (FAST) FAST_LOAD(N, v, FAST_ADDRESS);                                                                                     \
    else v = LOAD##N(c, u)

#define STORE_E(N, value)                                                                                                        \
    do {                                                                                                                         \
        u##N v_ = (u##N)(value);                                                                                                 \
        if (FAST) FAST_STORE(N, v_, FAST_ADDRESS);                                                                               \
        else STORE##N(c, u, v_);                                                                                                 \
    } while (0)

// Read-modify-write: declares x, the memory operand. The right to write is checked before anything is read.
u64 x86_rmw_load(struct x86_cpu *c, const struct uop *u, gva_t a, unsigned size);
#define RMW_READ(N)                                                                                                              \
    gva_t rmw_at = FAST ? FAST_ADDRESS : operand_address(c, u, N / 8, ACCESS_WRITE);                                             \
    u8 *rmw_p = tlb_write(c, rmw_at, N / 8);                                                                                     \
    if (FAST && unlikely(!rmw_p)) LEAVE;                                                                                         \
    u##N x = FAST || likely(rmw_p) ? (u##N)ld_width(rmw_p, N / 8) : (u##N)x86_rmw_load(c, u, rmw_at, N / 8)
#define RMW_WRITE(N, r)                                                                                                          \
    do {                                                                                                                         \
        if (FAST || likely(rmw_p)) st_width(rmw_p, N / 8, r);                                                                    \
        else x86_store_slow(c, u, MEM_SEG(u), rmw_at, r, N / 8);                                                                 \
    } while (0)

#define PUSH(N, value)                                                                                                           \
    do {                                                                                                                         \
        u##N v_ = (u##N)(value);                                                                                                 \
        if (FAST) {                                                                                                              \
            FAST_STORE(N, v_, c->s.gpr[RSP] - N / 8);                                                                            \
            c->s.gpr[RSP] -= N / 8;                                                                                              \
        } else {                                                                                                                 \
            push##N(c, u, v_);                                                                                                   \
        }                                                                                                                        \
    } while (0)

// Declares v, the value on top of the stack.
#define PEEK(N, v)                                                                                                               \
    u##N v;                                                                                                                      \
    if (FAST) FAST_LOAD(N, v, c->s.gpr[RSP]);                                                                                    \
    else v = peek##N(c, u, 0)
#define DROP(bytes) (FAST ? (void)(c->s.gpr[RSP] += (u64)(bytes)) : stack_add(c, (i64)(bytes)))

#endif
