// SPDX-License-Identifier: MIT
// How the machine is left: ACPI power-off and reset, QEMU's isa-debug-exit, or a halt.
#ifndef KERNEL_POWER_H
#define KERNEL_POWER_H

#include "boot/handoff.h"

// Remembers how (h stays owned by the caller and alive).
void power_init(const struct handoff *h);
// As `exit` says; isa-debug-exit passes on `value` (boot/debug_exit.h). `read_first`: what is on the screen is to be read, so
// before a power-off or reset that waits for a key, or POWER_READING_S seconds, and says so. Says so and halts when the machine
// does not obey.
[[noreturn]] void power_leave(u32 value, bool read_first);
#define POWER_READING_S 60
// Where nothing can be relied upon any more.
[[noreturn]] void power_stop_after_panic(void);
// Stops the processor for good.
[[noreturn]] void power_halt(void);

#endif
