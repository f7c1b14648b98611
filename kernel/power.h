// SPDX-License-Identifier: MIT
// How the machine is left: ACPI power-off and reset, QEMU's isa-debug-exit, or a halt.
#ifndef KERNEL_POWER_H
#define KERNEL_POWER_H

#include "boot/handoff.h"

// Remembers how (h stays owned by the caller and alive).
void power_init(const struct handoff *h);
// As `exit` says; isa-debug-exit passes on `value` (boot/debug_exit.h). Says so and halts when the machine does not
// obey.
[[noreturn]] void power_leave(u32 value);
[[noreturn]] void power_stop_after_panic(void);
// Stops the processor for good.
[[noreturn]] void power_halt(void);

#endif
