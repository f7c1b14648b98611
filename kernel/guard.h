// SPDX-License-Identifier: MIT
// What code compiled with a stack protector expects of its C library.
#ifndef KERNEL_GUARD_H
#define KERNEL_GUARD_H

// Before the first call into such code, and after the segment registers have been loaded.
void guard_init(void);
[[noreturn]] void __stack_chk_fail(void);

#endif
