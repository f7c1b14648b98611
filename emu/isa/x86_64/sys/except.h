// SPDX-License-Identifier: MIT
// What is delivered through the IDT, and where it came from: that decides privilege checks and the EXT bit (6.13).
#ifndef X86_EXCEPT_H
#define X86_EXCEPT_H

#include "isa/x86_64/cpu.h"

enum x86_event_kind {
    EVENT_EXCEPTION, // raised by the processor
    EVENT_INTERRUPT, // external, NMI
    EVENT_INT_N,     // INT n: gate DPL checked, virtual-8086 IOPL checked
    EVENT_INT3,      // INT3, INTO: gate DPL checked
    EVENT_ICEBP,     // INT1: neither
};

struct x86_event {
    u8 kind, vector;
    bool has_error;
    u32 ext; // 0 or 1: the EXT bit of errors met on the way
    u32 error;
    u32 flags; // RFLAGS as pushed
    u64 rip;   // as pushed
};

// INT n, INT3, INTO, INT1 as an instruction that goes on at next_rip. May raise, with nothing committed.
void x86_enter_event(struct x86_cpu *c, unsigned vector, enum x86_event_kind kind, u64 next_rip);

#endif
