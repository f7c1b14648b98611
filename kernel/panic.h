// SPDX-License-Identifier: MIT
// The report of a bug of our own: what happened, a symbolised backtrace, the build id; then the machine is left as after any
// bad end (kernel/power.h); `exit = isa-debug-exit` ends QEMU with DEBUG_EXIT_PANIC.
#ifndef KERNEL_PANIC_H
#define KERNEL_PANIC_H

#include "base/types.h"

// The pieces, for kernel/trap.c. A second panic_begin (a fault while reporting) stops the machine at once.
void panic_begin(void);
void panic_print(const char *format, ...) __attribute__((format(printf, 1, 2)));
// Follows frame pointers from rbp; where the chain breaks, lists what on the stack looks like return addresses, with
// '?'.
void panic_backtrace(u64 rip, u64 rbp, u64 rsp);
[[noreturn]] void panic_end(void);

// " (a guard page of a stack)" and the like for an address, or "".
const char *panic_region(u64 at);

// All of it, for a condition found by our own code.
[[noreturn]] void panic(const char *message);

#endif
