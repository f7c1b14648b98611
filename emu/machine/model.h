// SPDX-License-Identifier: MIT
// `model`: what measured regions miss on a machine of those sizes (cpu/model.h), region by region, and function by function over all of them.
#ifndef MACHINE_MODEL_H
#define MACHINE_MODEL_H

#include "core/text.h"
#include "cpu/measure.h"
#include "machine/machine.h"

// For m->measure, if the configuration asks for it. 0; a negative error (logged): no memory, or `symbols` has none.
int model_open(struct emu_machine *m);
// Of one region: keys of its JSON line, and lines for people.
void model_say(struct text *t, const struct measure_counts *n);
void model_log(struct plat *p, const struct measure_counts *n);
// The sizes, and functions: a table for people, a line for machines each.
void model_tell(struct emu_machine *m);

#endif
