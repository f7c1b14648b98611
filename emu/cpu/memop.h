// SPDX-License-Identifier: MIT
// Handlers that access memory, each built two or three times from one body. Those for the fast path check nothing and call nothing, so they
// need no stack frame. On a TLB miss they jump to the one that calls access.c for whatever is not a TLB hit. That one starts the instruction
// from the beginning: so a body must commit nothing before its last memory access.
//
//                any operand    fast: base register    fast: base and index register
//   MEM_OP       name           name_b                 name_x                           the decoder picks one by the operand
//   STACK_OP     name           name_b                                                  no memory operand of its own
//   SLOW_OP      name                                                                   for the rare
//   BASED_OP     name_any       name                                                    no other operands in the instruction set
//
//   MEM_OP(add_ge_m32) {
//       LOAD_E(32, y);
//       ...
//       DONE;
//   }
//
// Included behind the ISA's uop.h. Its own memory header has tlb_read and tlb_write, its memop.h the accesses that its bodies make
// of FAST_LOAD, FAST_STORE and its slow path, and FAST_ADDRESS.
#ifndef CPU_MEMOP_H
#define CPU_MEMOP_H

#include "base/le.h"

enum path { ANY, INDEXED, BASED };

// How a handler without a stack frame is declared; whoever builds them into others has its own way.
#ifndef FAST_SOP
#define FAST_SOP SOP
#endif

#define MEM_BODY(name) [[gnu::always_inline]] static inline bool name##_body(CPU *c, const struct uop *u, const enum path path)
#define MEM_FAST(fast, any, path, ending)                                                                                        \
    FAST_SOP(fast) {                                                                                                             \
        if (unlikely(!any##_body(c, u, path))) [[clang::musttail]]                                                               \
            return any(c, u);                                                                                                    \
        ending();                                                                                                                \
    }
#define SLOW_OP_ENDING(name, ending)                                                                                             \
    MEM_BODY(name);                                                                                                              \
    SOP(name) {                                                                                                                  \
        name##_body(c, u, ANY);                                                                                                  \
        ending();                                                                                                                \
    }
#define STACK_OP_ENDING(name, ending)                                                                                            \
    SLOW_OP_ENDING(name, ending)                                                                                                 \
    MEM_FAST(name##_b, name, BASED, ending)                                                                                      \
    MEM_BODY(name)
#define MEM_OP_ENDING(name, ending)                                                                                              \
    SLOW_OP_ENDING(name, ending)                                                                                                 \
    MEM_FAST(name##_x, name, INDEXED, ending)                                                                                    \
    MEM_FAST(name##_b, name, BASED, ending)                                                                                      \
    MEM_BODY(name)
#define GO_NEXT() NEXT
#define SLOW_OP(name)                                                                                                            \
    SLOW_OP_ENDING(name, GO_NEXT)                                                                                                \
    MEM_BODY(name)
#define STACK_OP(name) STACK_OP_ENDING(name, GO_NEXT)
#define MEM_OP(name) MEM_OP_ENDING(name, GO_NEXT)
#define BASED_OP(name)                                                                                                           \
    SLOW_OP_ENDING(name##_any, GO_NEXT)                                                                                          \
    MEM_FAST(name, name##_any, BASED, GO_NEXT)                                                                                   \
    MEM_BODY(name##_any)

// ---- what bodies are made of
#define DONE return true
#define LEAVE return false
#define FAST (path != ANY)

// Load and store on the fast path; on a TLB miss they leave for `name`.
#define FAST_LOAD(N, v, at)                                                                                                      \
    do {                                                                                                                         \
        const u8 *host_ = tlb_read(c, at, N / 8);                                                                                \
        if (unlikely(!host_)) LEAVE;                                                                                             \
        memcpy(&v, host_, N / 8);                                                                                                \
    } while (0)
#define FAST_STORE(N, v, at)                                                                                                     \
    do {                                                                                                                         \
        u8 *host_ = tlb_write(c, at, N / 8);                                                                                     \
        if (unlikely(!host_)) LEAVE;                                                                                             \
        memcpy(host_, &v, N / 8);                                                                                                \
    } while (0)

#endif
