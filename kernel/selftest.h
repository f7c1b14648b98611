// SPDX-License-Identifier: MIT
// Faults of our own on request: the words of the file softmetal.selftest on the volume, for tests of the fault report.
#ifndef KERNEL_SELFTEST_H
#define KERNEL_SELFTEST_H

#include "boot/handoff.h"
#include "plat/plat.h"

// Does what h->selftest asks for (kernel/selftest.c lists the words); returns when that is survivable.
void selftest(struct handoff *h, struct plat *p);

#endif
