// SPDX-License-Identifier: MIT
// What several boards do alike.
#ifndef MACHINE_PARTS_H
#define MACHINE_PARTS_H

#include "core/blkdev.h"
#include "machine/machine.h"

// Every machine's first second: 2026-01-01 00:00:00 UTC.
#define MACHINE_START_DATE 1767225600

#define RAM_STATE "ram" // its name among the parts of the state
// Registers all RAM on the bus as state, at its guest-physical order.
void machine_add_ram_state(struct emu_machine *m);

// A drive's back end: the one that was given, else the bytes, in `own`; NULL: there is neither.
struct disk *machine_back_end(struct disk *given, const struct blob *b, struct memory_disk *own, bool read_only);

#endif
