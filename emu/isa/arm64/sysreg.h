// SPDX-License-Identifier: MIT
// System registers: what MRS and MSR ask of sysreg.c.
#ifndef ARM64_SYSREG_H
#define ARM64_SYSREG_H

#include "isa/arm64/insn.h"

// By ARM64_SYSREG - ARM64_SYSREGS, the row of sysreg.c + 1 of the registers that the model has; 0: none.
#define ARM64_SYSREGS 0x8000u
const u8 *arm64_sysreg_index_create(struct env *env, const struct arm64_model *model);
// Lets a uop of MRS or MSR (register) be what the register needs. False: the next instruction may follow in the same block.
bool arm64_sysreg_decode(const u8 *index, const struct arm64_insn *in, u64 mode, struct uop *u);
// MRS and MSR. c->cur is set, the clock exact; both raise where the access is UNDEFINED or trapped, with nothing changed. rt: the general
// register's number, which a trap tells.
u64 arm64_sysreg_read(struct arm64_cpu *c, unsigned reg, unsigned rt);
void arm64_sysreg_write(struct arm64_cpu *c, unsigned reg, unsigned rt, u64 value);
// Raises what EL0 gets where a control bit of EL1 traps an MSR, MRS or SYS (op0..op2 as ARM64_SYSREG has them).
_Noreturn void arm64_sysreg_trap(struct arm64_cpu *c, unsigned reg, unsigned rt, bool read);

// For a debugger: what a register reads as, whoever may read it; false: the model has none. And to write it, between two slices.
bool arm64_sysreg_look(struct arm64_cpu *c, unsigned reg, u64 *value);
bool arm64_sysreg_put(struct arm64_cpu *c, unsigned reg, u64 value);

#endif
