// SPDX-License-Identifier: MIT
// The text of an instruction, from the row that decodes it: names and operands as LLVM writes them without aliases, with the
// addresses of branch targets in place of their distances.
#ifndef RV_DISASM_H
#define RV_DISASM_H

#include "isa/riscv64/insn.h"

// Writes the instruction of `have` bytes as it stands at `pc` to out, NUL-terminated and cut to `room` (>= 1). Returns its length; 0 when
// more bytes are needed. What is no instruction is "(bad)".
unsigned rv_disasm(const struct rv_index *ix, const u8 *bytes, unsigned have, u64 pc, char *out, size_t room);

// Names of the registers in the standard calling convention, r in 0..31.
const char *rv_x_name(unsigned r);
const char *rv_f_name(unsigned r);

// Name of a control and status register, and the number that belongs behind it (RV_CSR_ALONE: none). NULL: it has no name here.
enum { RV_CSR_ALONE = 0xffff };
const char *rv_csr_name(unsigned csr, unsigned *number);

#endif
