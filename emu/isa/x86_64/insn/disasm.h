// SPDX-License-Identifier: MIT
// The text of an instruction, from the row that decodes it: Intel syntax, destination first.
#ifndef X86_DISASM_H
#define X86_DISASM_H

#include "isa/x86_64/cpu.h"

// Writes the instruction of `have` bytes (1..15 are looked at) as it stands at `rip` in code of mode MODE_* to out, NUL-terminated
// and cut to `room` (>= 1). Returns its length; 0 when more bytes are needed. What is no instruction is "(bad)".
unsigned x86_disasm(const struct decode_index *ix, u64 mode, const u8 *bytes, unsigned have, u64 rip, char *out, size_t room);

#endif
