// SPDX-License-Identifier: MIT
// Handlers that access memory, each built up to three times from one body:
//
//   name      any operand in any mode: calls access.c for whatever is not a TLB hit
//   name_x    nothing to check: base and index register
//   name_b    nothing to check: base register (STACK_OP: no memory operand of its own)
//
// The decoder picks one by the operand. name_x and name_b call nothing, so they need no stack frame. On a TLB miss they jump to `name`,
// which starts the instruction from the beginning: so a body must commit nothing before its last memory access.
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

#define MEM_BODY(name) [[gnu::always_inline]] static inline bool name##_body(CPU *c, const struct uop *u, const enum path path)
#define MEM_FAST(name, suffix, path, ending)                                                                                     \
    SOP(name##suffix) {                                                                                                          \
        if (unlikely(!name##_body(c, u, path))) [[clang::musttail]]                                                              \
            return name(c, u);                                                                                                   \
        ending();                                                                                                                \
    }
// ANY alone, for the rare.
#define SLOW_OP_ENDING(name, ending)                                                                                             \
    MEM_BODY(name);                                                                                                              \
    SOP(name) {                                                                                                                  \
        name##_body(c, u, ANY);                                                                                                  \
        ending();                                                                                                                \
    }
#define STACK_OP_ENDING(name, ending)                                                                                            \
    SLOW_OP_ENDING(name, ending)                                                                                                 \
    MEM_FAST(name, _b, BASED, ending)                                                                                            \
    MEM_BODY(name)
#define MEM_OP_ENDING(name, ending)                                                                                              \
    SLOW_OP_ENDING(name, ending)                                                                                                 \
    MEM_FAST(name, _x, INDEXED, ending)                                                                                          \
    MEM_FAST(name, _b, BASED, ending)                                                                                            \
    MEM_BODY(name)
#define GO_NEXT() NEXT
#define SLOW_OP(name)                                                                                                            \
    SLOW_OP_ENDING(name, GO_NEXT)                                                                                                \
    MEM_BODY(name)
#define STACK_OP(name) STACK_OP_ENDING(name, GO_NEXT)
#define MEM_OP(name) MEM_OP_ENDING(name, GO_NEXT)

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
