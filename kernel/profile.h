// SPDX-License-Identifier: MIT
// `profile_host = N`: where softmetal itself is, N times in a second of the host's: functions of the image, with what has called them, and code that the
// emulator has made, by the guest's address. The local APIC's timer interrupts for a sample, so host cycles are not to be measured meanwhile (the configuration
// refuses it), and a processor that sleeps has none. The guest's run is as it would be without.
//
// Callers are found by frame pointers, from the innermost one on the stack that leads to kernel_main's: functions that keep none (emu/cpu, emu/isa) are not
// among them.
#ifndef KERNEL_PROFILE_H
#define KERNEL_PROFILE_H

#include "kernel/trap.h"
#include "plat/plat.h"

// Around the run, by the function whose frame all stacks begin with; without `rate` neither does anything. The second tells: a table for people, and as JSON
//   {"softmetal":"host_profile","rate":N,"samples":N,"without_room":N}
//   {"softmetal":"host_stack","stack":"OUTERMOST;...;INNERMOST","samples":N}   for each
// It takes memory from the heap; where there is none, or no timer, a warning says so.
void profile_begin(struct plat *p, u64 rate, const struct plat_code *code);
void profile_end(struct plat *p);
// plat's code_named, which is to be asked for nothing without a profile.
void profile_code_named(const u8 *exec, u64 size, const char *name);
// A sample. Called by the tick's interrupt (kernel/entry.S) alone; whatever it calls is compiled without vector registers.
void profile_tick(const struct trap_frame *f);

#endif
