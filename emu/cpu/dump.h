// SPDX-License-Identifier: MIT
// Where a processor has come from: told when a run ends badly.
#ifndef CPU_DUMP_H
#define CPU_DUMP_H

#include "cpu/vcpu.h"

// Logs earlier blocks by their first instruction, the last one whole up to the PC, and what would have come next.
void vcpu_dump_code(struct vcpu *v, enum log_level level);

#endif
