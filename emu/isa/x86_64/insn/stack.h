// SPDX-License-Identifier: MIT
// The guest's stack, for handlers: push, pop and peek with the stack size of the running code (SS.B; 64 bits in 64-bit
// mode) and CPL's rights. Each commits RSP only after its memory access, so an instruction whose only access is one push
// or pop is restartable as it stands.
#ifndef X86_STACK_H
#define X86_STACK_H

#include "isa/x86_64/sys/mem.h"

// Which bits of RSP address the stack.
static inline u64 stack_mask(const struct x86_cpu *c) {
    u64 m = c->mode & MODE_STACK_MASK;
    return likely(m == MODE_STACK64) ? ~(u64)0 : m == MODE_STACK32 ? 0xffffffff : 0xffff;
}

// RSP moved by `by`, cut to the stack size: the upper bits of a 16-bit SP stay (vol. 1, 6.2.3).
static inline u64 stack_moved(const struct x86_cpu *c, i64 by) {
    u64 m = stack_mask(c), sp = c->s.gpr[RSP];
    u64 moved = (sp + (u64)by) & m;
    return m == 0xffff ? (sp & ~m) | moved : moved;
}

static inline void stack_add(struct x86_cpu *c, i64 by) { c->s.gpr[RSP] = stack_moved(c, by); }

// Linear address of the `size` bytes at SP + at. Raises #SS(0).
static inline gva_t stack_linear(struct x86_cpu *c, const struct uop *u, i64 at, unsigned size, enum access access) {
    u64 offset = (c->s.gpr[RSP] + (u64)at) & stack_mask(c);
    if (likely((c->mode & (MODE_STACK_MASK | MODE_ALIGN)) == MODE_STACK64)) return offset;
    SYNC;
    return x86_linear(c, SS, offset, size, access);
}

// pushN: one value. popN: the value on top. peekN: the value `at` bytes above the top, RSP untouched.
#define STACK_ACCESSORS(N)                                                                                                       \
    static inline void push##N(struct x86_cpu *c, const struct uop *u, u##N v) {                                                 \
        store##N(c, u, SS, stack_linear(c, u, -(N / 8), N / 8, ACCESS_WRITE), v);                                                \
        stack_add(c, -(N / 8));                                                                                                  \
    }                                                                                                                            \
    static inline u##N peek##N(struct x86_cpu *c, const struct uop *u, unsigned at) {                                            \
        return load##N(c, u, SS, stack_linear(c, u, at, N / 8, ACCESS_READ));                                                    \
    }                                                                                                                            \
    static inline u##N pop##N(struct x86_cpu *c, const struct uop *u) {                                                          \
        u##N v = peek##N(c, u, 0);                                                                                               \
        stack_add(c, N / 8);                                                                                                     \
        return v;                                                                                                                \
    }
STACK_ACCESSORS(16)
STACK_ACCESSORS(32)
STACK_ACCESSORS(64)
#undef STACK_ACCESSORS

#endif
