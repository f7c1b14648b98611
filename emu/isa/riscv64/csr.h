// SPDX-License-Identifier: MIT
// Which control and status registers a model has.
#ifndef RV_CSR_H
#define RV_CSR_H

#include "isa/riscv64/cpu.h"

enum { RV_CSRS = 4096 };

// By CSR number: a row of csr.c, 0 where the model has no such register.
const u8 *rv_csr_index_create(struct env *env, const struct rv_model *model);

// For a debugger: what a register reads as, whoever may read it; false: the model has none. And to write it, between two slices.
bool rv_csr_look(const struct rv_cpu *c, unsigned csr, u64 *value);
bool rv_csr_put(struct rv_cpu *c, unsigned csr, u64 value);

// The bits of menvcfg that a model can set.
u64 rv_menvcfg_bits(const struct rv_model *model);

#endif
