// SPDX-License-Identifier: MIT
// Debug registers (17.2). #DB travels as x86_raise(c, EXC_DB, bits): the bits are those that DR6 gets.
#ifndef X86_DEBUG_H
#define X86_DEBUG_H

#include "isa/x86_64/cpu.h"

#define DR6_B mask(3, 0) // B0..B3: the breakpoints that matched
#define DR6_BD BIT(13)   // a debug register was accessed while DR7.GD was set
#define DR6_BS BIT(14)   // single step
#define DR6_BT BIT(15)   // task switch to a TSS with its T flag set
#define DR6_FIXED 0xffff0ff0u
#define DR7_FIXED 0x400u
#define DR7_ENABLES 0xffu
#define DR7_GD BIT(13)

// Whether any breakpoint can hit: run.c and mem.c take their slow paths only then.
static inline bool x86_debug_armed(const struct x86_cpu *c) { return c->s.dr[7] & DR7_ENABLES; }
// B0..B3 of the enabled breakpoints that an instruction fetch at `a`, an access of [a, a + size), or an access of I/O ports
// [port, port + size) hits; 0: none.
u32 x86_debug_code_hit(const struct x86_cpu *c, gva_t a);
u32 x86_debug_data_hit(const struct x86_cpu *c, gva_t a, unsigned size, bool write);
u32 x86_debug_io_hit(const struct x86_cpu *c, u16 port, unsigned size);
// Enters #DB's bits into DR6 and clears DR7.GD: as part of delivering it. B0..B3 tell of this #DB alone, as processors do it ("certain
// debug exceptions may clear bits 0-3", 17.2.3); BD, BS and BT stay until software clears them.
void x86_debug_enter(struct x86_cpu *c, u32 bits);

#endif
