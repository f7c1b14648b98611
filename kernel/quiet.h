// SPDX-License-Identifier: MIT
// What a measured run's host cycles are worth: what they count, and what could have come in between. Nothing that the guest could see depends on it.
#ifndef KERNEL_QUIET_H
#define KERNEL_QUIET_H

#include "boot/handoff.h"
#include "plat/plat.h"

// Around the run, if it measures: the second tells, to people and as a line of JSON,
//   {"softmetal":"host","hypervisor":...,"tsc_invariant":...,"tsc_hz":N,"tsc_hz_pit":N,"tsc_hz_after":N,"tsc_hz_error":N,"smi":N or null}
// tsc_hz_pit, tsc_hz_after: by a second clock, and by the first one behind the run; 0: there is none. None of them is off by more than tsc_hz_error, and
// none has more digits than that leaves it (kernel/time.h).
void quiet_begin(const struct handoff *h);
void quiet_end(const struct handoff *h, struct plat *p);

#endif
