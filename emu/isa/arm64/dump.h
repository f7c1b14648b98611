// SPDX-License-Identifier: MIT
// What a processor can tell of itself when a run ends badly.
#ifndef ARM64_DUMP_H
#define ARM64_DUMP_H

#include "isa/arm64/cpu.h"

// Logs registers and the last instructions.
void arm64_dump(struct arm64_cpu *c, enum log_level level);
// "EL0t", "EL1h" ...
const char *arm64_mode_name(const struct arm64_cpu *c);
// What a debugger knows (gdb.c).
extern const struct debug_isa arm64_debug_isa;
// cpu/isa.h
unsigned arm64_look_code(struct vcpu *v, u64 pc, u8 code[15]);
unsigned arm64_disasm_at(struct vcpu *v, const u8 *code, unsigned have, u64 pc, char *text, size_t room);

#endif
