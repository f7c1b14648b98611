// SPDX-License-Identifier: MIT
// One handler on its own: a processor without a machine. Guest addresses are host addresses.
#ifndef TESTS_X86_ROOM_H
#define TESTS_X86_ROOM_H

#include "isa/x86_64/insn/uop.h"

// 64-bit mode, CPL 0, all of SSE switched on, every page present.
void room_init(struct x86_cpu *c);
// Runs one decoded instruction of n bytes; the vector it raised, 0: none.
unsigned room_run(struct x86_cpu *c, const struct uop *u, unsigned n);
// Arithmetic flags, put together by hand.
void room_put_flags(struct x86_state *s, u32 flags);
u32 room_take_flags(const struct x86_state *s);

#endif
