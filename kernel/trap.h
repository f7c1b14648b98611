// SPDX-License-Identifier: MIT
// Own GDT, TSS and IDT. Interrupts are off but while the processor sleeps, or a profile is taken (kernel/sleep.h), where the local APIC's timer
// may come: every other entry into the IDT is a bug of ours (or broken hardware), which is reported, and the run is over.
#ifndef KERNEL_TRAP_H
#define KERNEL_TRAP_H

#include "base/types.h"

// What the local APIC sends while the processor sleeps, and for a profile: the highest priority class, above what the firmware may have left.
enum { TRAP_VECTOR_TIMER = 0xf0, TRAP_VECTOR_TICK = 0xf1, TRAP_VECTOR_SPURIOUS = 0xff };

// As kernel/entry.S pushes it; the last five are the processor's.
struct trap_frame {
    u64 rax, rbx, rcx, rdx, rsi, rdi, rbp, r8, r9, r10, r11, r12, r13, r14, r15;
    u64 vector, error;
    u64 rip, cs, rflags, rsp, ss;
};

// Loads GDT, TSS and IDT; each exception gets a stack of its own (kernel/layout.h).
void trap_init(void);

#endif
