// SPDX-License-Identifier: MIT
// The processor's state in words, for a run that ended badly.
#ifndef X86_DUMP_H
#define X86_DUMP_H

#include "isa/x86_64/cpu.h"

// Logs registers, control state and the last blocks and the instructions at RIP. Changes nothing, raises nothing.
void x86_dump(struct x86_cpu *c);

#endif
