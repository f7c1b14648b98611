// SPDX-License-Identifier: MIT
// The platform interface on metal: serial console, kernel heap, TSC.
#ifndef KERNEL_PLAT_H
#define KERNEL_PLAT_H

#include "plat/plat.h"

// `verbose` lets LOG_DEBUG lines through. One per kernel.
struct plat *kernel_plat(bool verbose);

#endif
