// SPDX-License-Identifier: MIT
// Control registers, MSRs and the time-stamp counter. Writers check everything, then commit; they raise #GP(0) (c->cur set).
#ifndef X86_SYS_H
#define X86_SYS_H

#include "isa/x86_64/cpu.h"

// ---- cr.c (2.5; mode changes 9.8.5, 4.1.2)
void x86_write_cr0(struct x86_cpu *c, u64 v);
void x86_write_cr3(struct x86_cpu *c, u64 v);
void x86_write_cr4(struct x86_cpu *c, u64 v);
int x86_write_efer(struct x86_cpu *c, u64 v);  // 0, or ERR_INVALID: #GP(0)
void x86_write_pkru(struct x86_cpu *c, u32 v); // WRPKRU and XRSTOR; never raises
u64 x86_cr4_allowed(const struct x86_cpu *c);  // the bits of CR4 that this model has

// ---- msr.c. ERR_NOT_FOUND: no such MSR; ERR_INVALID: reserved bits, read-only. Both are #GP(0). clock->now must be exact.
int x86_msr_read(struct x86_cpu *c, u32 number, u64 *value);
int x86_msr_write(struct x86_cpu *c, u32 number, u64 value);
// MSRs that reset to something else than 0.
void x86_msr_reset(struct x86_cpu *c);
static inline u64 x86_tsc(const struct x86_cpu *c) { return c->clock->now + c->s.tsc_adjust; }

#endif
