// SPDX-License-Identifier: MIT
// The kernel's entry from boot/.
#ifndef KERNEL_MAIN_H
#define KERNEL_MAIN_H

#include "boot/handoff.h"

// Called once, after ExitBootServices, on the firmware's stack and page tables, with interrupts off. Never returns.
[[noreturn]] void kernel_enter(struct handoff *h);

#endif
