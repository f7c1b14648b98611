// SPDX-License-Identifier: MIT
// What the instructions of op_sys.c ask of system.c. c->cur is set, and where it raises nothing has changed.
#ifndef ARM64_SYS_H
#define ARM64_SYS_H

#include "isa/arm64/cpu.h"

// ERET at EL1: PSTATE and c->s.pc are those of SPSR_EL1 and ELR_EL1.
void arm64_return(struct arm64_cpu *c);
// TLBI, by what is forgotten. More may be forgotten than was asked for.
void arm64_tlbi_all(struct arm64_cpu *c);
void arm64_tlbi_asid(struct arm64_cpu *c, u64 xt);
void arm64_tlbi_va(struct arm64_cpu *c, u64 xt);
void arm64_tlbi_range(struct arm64_cpu *c, u64 xt);
// AT: PAR_EL1 is what a translation of `a` gives; el0: with the rights of EL0; pan: with PSTATE.PAN counting.
void arm64_translate_to_par(struct arm64_cpu *c, gva_t a, bool write, bool el0, bool pan);

#endif
