// SPDX-License-Identifier: MIT
// The text of an instruction, from the row that decodes it: names and operands as LLVM writes them without aliases, with the addresses of
// branch targets in place of their distances.
#ifndef ARM64_DISASM_H
#define ARM64_DISASM_H

#include "isa/arm64/insn.h"

// Writes the instruction as it stands at `pc` to out, NUL-terminated and cut to `room` (>= 1). What is no instruction is "(bad)".
void arm64_disasm(const struct arm64_index *ix, u32 word, u64 pc, char *out, size_t room);

// Name of a condition, and of a system register (by ARM64_SYSREG; NULL: it has none here).
const char *arm64_cond_name(unsigned cond);
const char *arm64_sysreg_name(unsigned reg);

#endif
