// SPDX-License-Identifier: MIT
// Sleeping without keeping the core busy: HLT, ended by the local APIC's timer (Intel SDM 3A, chapter 10).
#ifndef KERNEL_SLEEP_H
#define KERNEL_SLEEP_H

#include "base/types.h"

// Where the local APIC's registers are in memory, or 0 (it is off, or an x2APIC): the page that sleep_init wants mapped.
u64 sleep_xapic(void);
// Takes the local APIC as the firmware left it, lets through nothing but its timer, and finds out how fast that counts and
// whether it interrupts at all. After trap_init and time_calibrate. False: sleep_us will wait busily.
bool sleep_init(void);
// For `us` microseconds or a little less or more.
void sleep_us(u32 us);

// From now on interrupts are on, and profile_tick (kernel/profile.h) is called each `us` microseconds in which the processor does not sleep: the kernel and
// the emulator are indifferent to it. False: there is no timer for it.
bool sleep_ticks(u32 us);
void sleep_ticks_end(void); // interrupts are off again
void sleep_tick_done(void); // at a tick's end

#endif
