// SPDX-License-Identifier: MIT
// Points of a run that the same process can go back to: the machine's registers are copied, RAM and disks are not. A page's bytes, and a
// sector's, are kept when they are written for the first time behind the newest point. So a point costs nothing between points but one slow
// write to each page that is written at all, and to go back costs what was written since.
//
//   point 1 <- point 2 <- point 3 (m->rewind)      each has what was overwritten between it and the next one
//
// A point is a flush of the processor, as a snapshot is (machine/snapshot.h): runs from it are the same each time.
#ifndef MACHINE_REWIND_H
#define MACHINE_REWIND_H

#include "machine/machine.h"

// Makes a point of here, between two slices. 0, or ERR_NO_MEMORY (logged).
int rewind_mark(struct emu_machine *m, struct rewind **out);
// Goes back to `to`, which stays; those behind it are gone. The run is not over any more. 0; ERR_NO_MEMORY (logged) when something that was overwritten
// could not be kept, or ERR_IO when a disk cannot be written: then the machine is where it was, or of no use.
int rewind_to(struct emu_machine *m, struct rewind *to);
// The same to the newest point, for the same again: the bytes that it has kept stay, and those pages are not asked for once more, so what
// writes to them runs as fast as without a point. A stop that was asked for is still to come.
int rewind_again(struct emu_machine *m);
// There was memory for all that has been overwritten since the newest point.
bool rewind_is_whole(const struct emu_machine *m);
// Two runs from the newest point are in the same state if this is the same in both: a hash of all that the state hash covers, of RAM only of
// what is other than at the point.
u64 rewind_hash(struct emu_machine *m);
// The oldest point is gone, unless it is the only one; and how many bytes all of them have.
void rewind_drop_oldest(struct emu_machine *m);
u64 rewind_bytes(const struct emu_machine *m);
// No point is left.
void rewind_forget(struct emu_machine *m);

#endif
