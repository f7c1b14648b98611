// SPDX-License-Identifier: MIT
// Measured regions (cpu/measure.h): what is to be measured, and what is told of it.
#ifndef MACHINE_MEASURE_H
#define MACHINE_MEASURE_H

#include "machine/machine.h"

// Refuses what names no function of the kernel's. 0 or a negative error (logged).
int measure_check(const struct emu_config *c, const struct emu_inputs *in, struct plat *p);
// Makes m->measure, if the configuration asks for it. 0 or a negative error (logged).
int measure_open(struct emu_machine *m);
// The guest has reset its machine: what is open ends without its end.
void measure_restart(struct emu_machine *m);
// A table for people, and a line for machines for each region.
void measure_tell(struct emu_machine *m);

#endif
