// SPDX-License-Identifier: MIT
// The processor's state in words: for a run that ended badly, and for those who ask.
#ifndef X86_DUMP_H
#define X86_DUMP_H

#include "isa/x86_64/cpu.h"

// Logs registers, control state and the last blocks and the instructions at RIP. Changes nothing, raises nothing.
void x86_dump(struct x86_cpu *c, enum log_level level);
// Mode, privilege and place, as one line without an end.
void x86_where(const struct x86_cpu *c, char *text, size_t room);
// Where RIP leads: with the code segment's base, outside of 64-bit mode.
gva_t x86_code_address(const struct x86_cpu *c, u64 rip);
// What a debugger knows (gdb.c).
extern const struct debug_isa x86_debug_isa;
// A halted processor would, once woken, come straight back to its HLT: hlt; jmp, as an OS ends that has shut down. What runs
// into a HLT by accident has something else behind it.
bool x86_halts_in_loop(struct x86_cpu *c);

#endif
