// SPDX-License-Identifier: MIT
// What holds of a processor's registers whatever a guest does: asked of a state that comes from elsewhere (a snapshot), and by fuzzers of
// one that a guest has brought about.
#ifndef X86_LEGAL_H
#define X86_LEGAL_H

#include "isa/x86_64/cpu.h"

// Between two instructions: what does not hold, in a few words; NULL: all does. `shut_down`: after a triple fault, which a task switch that
// failed half way may have come before, CS may be anything.
const char *x86_illegal(const struct x86_cpu *c, bool shut_down);

#endif
