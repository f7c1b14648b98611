// SPDX-License-Identifier: MIT
// A processor whose instructions are counted one by one (cpu/measure.h), for tests that this changes nothing of a run.
#ifndef TESTS_COUNTED_H
#define TESTS_COUNTED_H

#include "cpu/vcpu.h"

// From now on, between two slices. One processor at a time.
void counted_on(struct vcpu *v, struct plat *p);
// No longer. Since counted_on `ticks` have passed: each was for an instruction of exactly one class, or is known to be for none.
void counted_off(struct vcpu *v, u64 ticks);

#endif
