// SPDX-License-Identifier: MIT
// A hart's state in words: when a run ends badly, or somebody asked.
#ifndef RV_DUMP_H
#define RV_DUMP_H

#include "isa/riscv64/cpu.h"

// Logs registers and the last instructions.
void rv_dump(struct rv_cpu *c, enum log_level level);
const char *rv_mode_name(const struct rv_cpu *c);
// What a debugger knows (gdb.c).
extern const struct debug_isa rv_debug_isa;
// For struct isa (cpu/isa.h).
unsigned rv_look_code(struct vcpu *v, u64 pc, u8 code[15]);
unsigned rv_disasm_at(struct vcpu *v, const u8 *code, unsigned have, u64 pc, char *text, size_t room);

#endif
