// SPDX-License-Identifier: MIT
// `pace`: whether a halted guest's time waits for the host's.
//
// Free: a halted guest jumps to its next event. Real: it gets there no sooner than the host's clock does, so that what a
// person has a minute for takes a minute. Either way an instruction takes a tick, and what the guest sees is the same to the
// last bit as long as nothing is typed: the host's time decides when the next slice runs, never at which guest time.
//
// Host time and guest time are tied together at one pair, the anchor. A guest slower than its clock says lags behind it, and
// what it lags beyond PACE_SLACK is forgotten whenever it halts: it neither hurries to make up for a long boot, nor for
// minutes in which the process or the machine was asleep. The slack itself is made up for, so that sleeping a little too
// long each time does not slow the guest's clock.
#ifndef MACHINE_PACE_H
#define MACHINE_PACE_H

#include "emu/config.h"

#define PACE_SLACK ((u64)20000000) // ns

struct pace {
    bool real;
    u64 guest, host; // the anchor, both in ns
};

// Auto is real when a person sits at the console and nothing scripts or measures the run.
void pace_start(struct pace *a, const struct emu_config *c, struct plat *p, u64 guest);
// The guest has halted at guest time `guest`: what it lags beyond the slack is forgotten.
void pace_halt(struct pace *a, u64 guest, u64 host);
// The guest time that has come at this host time, and how long the host has to wait for guest time `due` (0: it has come).
u64 pace_guest(const struct pace *a, u64 host);
u64 pace_left(const struct pace *a, u64 due, u64 host);

#endif
