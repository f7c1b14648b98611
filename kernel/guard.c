// SPDX-License-Identifier: MIT
// Debian's libraries are compiled with the stack protector of the x86-64 psABI: functions with arrays read a canary at FS:0x28 and
// call __stack_chk_fail when its copy on the stack has changed. Our own code is compiled without it; libz.a needs both.
#include "kernel/guard.h"
#include "kernel/io.h"
#include "kernel/panic.h"

#define MSR_FS_BASE 0xc0000100

// The start of a thread control block. Any value will do, but one with a zero byte is one that no string can write.
static const struct {
    u64 before[5], canary;
} block = {.canary = 0x5ac0ff1ce0ddba00};
static_assert(offsetof(typeof(block), canary) == 0x28);

void guard_init(void) { wrmsr(MSR_FS_BASE, (uintptr_t)&block); }

void __stack_chk_fail(void) { panic("a library function has overrun its stack frame"); }
