// SPDX-License-Identifier: MIT
// Handlers that access memory, each built up to three times from one body:
//
//   name      any operand in any mode: calls mem.c for whatever is not a TLB hit
//   name_x    64-bit code, nothing to check (no MEM_SLOW)
//   name_b    the same without an index register (STACK_OP: without a memory operand)
//
// The decoder picks (struct ops). name_x and name_b call nothing, so they need no stack frame. On a TLB miss they leave for
// `name`, which starts over: so a body commits nothing before its last memory access.
//
//   MEM_OP(add_ge_m32) {
//       LOAD_E(32, y);
//       ...
//       DONE;
//   }
#ifndef X86_MEMOP_H
#define X86_MEMOP_H

#include "isa/x86_64/stack.h"

enum road { ANY, INDEXED, BASED };

#define MEM_BODY(name)                                                                             \
    [[gnu::always_inline]] static inline bool name##_body(struct x86_cpu *c, const struct uop *u, const enum road road)
#define MEM_FAST(name, suffix, road, ending)                                                       \
    SOP(name##suffix) {                                                                            \
        if (unlikely(!name##_body(c, u, road))) [[clang::musttail]] return name(c, u);             \
        ending();                                                                                  \
    }
// ANY alone, for the rare.
#define SLOW_OP_ENDING(name, ending)                                                               \
    MEM_BODY(name);                                                                                \
    SOP(name) {                                                                                    \
        name##_body(c, u, ANY);                                                                    \
        ending();                                                                                  \
    }
#define STACK_OP_ENDING(name, ending)                                                              \
    SLOW_OP_ENDING(name, ending)                                                                   \
    MEM_FAST(name, _b, BASED, ending)                                                              \
    MEM_BODY(name)
#define MEM_OP_ENDING(name, ending)                                                                \
    SLOW_OP_ENDING(name, ending)                                                                   \
    MEM_FAST(name, _x, INDEXED, ending)                                                            \
    MEM_FAST(name, _b, BASED, ending)                                                              \
    MEM_BODY(name)
#define GO_NEXT() NEXT
#define SLOW_OP(name)                                                                              \
    SLOW_OP_ENDING(name, GO_NEXT)                                                                  \
    MEM_BODY(name)
#define STACK_OP(name) STACK_OP_ENDING(name, GO_NEXT) // no memory operand of its own
#define MEM_OP(name) MEM_OP_ENDING(name, GO_NEXT)

// ---- what bodies are made of
#define DONE return true
#define LEAVE return false
#define FAST (road != ANY)

// Address of u's memory operand when there is nothing to check.
#define FAST_ADDRESS                                                                               \
    (c->s.gpr[u->base] + (u64)u->disp + (road == INDEXED ? c->s.gpr[u->index] << (u->mem & 3) : 0))

// To and from the page that holds linear address `at`, when a TLB hit is all it takes.
#define FAST_LOAD(N, v, at)                                                                        \
    do {                                                                                           \
        const u8 *host_ = tlb_read(c, at, N / 8);                                                  \
        if (unlikely(!host_)) LEAVE;                                                               \
        memcpy(&v, host_, N / 8);                                                                  \
    } while (0)
#define FAST_STORE(N, v, at)                                                                       \
    do {                                                                                           \
        u8 *host_ = tlb_write(c, at, N / 8);                                                       \
        if (unlikely(!host_)) LEAVE;                                                               \
        memcpy(host_, &v, N / 8);                                                                  \
    } while (0)

// Declares v, the memory operand.
#define LOAD_E(N, v)                                                                               \
    u##N v;                                                                                        \
    if (FAST) FAST_LOAD(N, v, FAST_ADDRESS);                                                       \
    else v = LOAD##N(c, u)

#define STORE_E(N, value)                                                                          \
    do {                                                                                           \
        u##N v_ = (u##N)(value);                                                                   \
        if (FAST) FAST_STORE(N, v_, FAST_ADDRESS);                                                 \
        else STORE##N(c, u, v_);                                                                   \
    } while (0)

// Read-modify-write: declares x, the memory operand. The right to write is checked before anything is read.
u64 x86_rmw_load(struct x86_cpu *c, const struct uop *u, gva_t a, unsigned size);
#define RMW_READ(N)                                                                                \
    gva_t rmw_at = FAST ? FAST_ADDRESS : operand_address(c, u, N / 8, ACCESS_WRITE);               \
    u8 *rmw_p = tlb_write(c, rmw_at, N / 8);                                                       \
    if (FAST && unlikely(!rmw_p)) LEAVE;                                                           \
    u##N x = FAST || likely(rmw_p) ? (u##N)ld_width(rmw_p, N / 8) : (u##N)x86_rmw_load(c, u, rmw_at, N / 8)
#define RMW_WRITE(N, r)                                                                            \
    do {                                                                                           \
        if (FAST || likely(rmw_p)) st_width(rmw_p, N / 8, r);                                      \
        else x86_store_slow(c, u, MEM_SEG(u), rmw_at, r, N / 8);                                   \
    } while (0)

#define PUSH(N, value)                                                                             \
    do {                                                                                           \
        u##N v_ = (u##N)(value);                                                                   \
        if (FAST) {                                                                                \
            FAST_STORE(N, v_, c->s.gpr[RSP] - N / 8);                                              \
            c->s.gpr[RSP] -= N / 8;                                                                \
        } else {                                                                                   \
            push##N(c, u, v_);                                                                     \
        }                                                                                          \
    } while (0)

// Declares v, the value on top of the stack.
#define PEEK(N, v)                                                                                 \
    u##N v;                                                                                        \
    if (FAST) FAST_LOAD(N, v, c->s.gpr[RSP]);                                                      \
    else v = peek##N(c, u, 0)
#define DROP(bytes) (FAST ? (void)(c->s.gpr[RSP] += (u64)(bytes)) : stack_add(c, (i64)(bytes)))

#endif
