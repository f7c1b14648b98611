// SPDX-License-Identifier: MIT
// The platform interface on metal: serial console, kernel heap, memory for code, TSC.
#ifndef KERNEL_PLAT_H
#define KERNEL_PLAT_H

#include "boot/handoff.h"

// config.verbose lets LOG_DEBUG lines through. One per kernel.
struct plat *kernel_plat(const struct handoff *h);

#endif
