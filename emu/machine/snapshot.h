// SPDX-License-Identifier: MIT
// The whole machine as bytes, and back. What is saved is what the state hash covers (core/state.h), the time, the events on the clock, how
// far the console's script is, RAM, and of each disk what the guest has looked at or written (core/blkdev.h).
//
//   magic | identity: a text for each row of the table in identity.c | run: struct saved_run | events: number, then each one's order and time
//   console | each part of the state: bytes, or what its `save` writes | RAM: runs of pages that are not all zero | state hash
//
// A snapshot is a flush: the processor forgets its translations and decoded blocks in the run that goes on as in the one that is restored.
// So these two are equal for every guest. A run that takes no snapshot is equal to them, too, unless the guest has changed page tables
// without a flush, and could see that.
//
// Every byte of a snapshot may be anything. What it says is looked at before it is used (`enter`), and the hash of the restored machine
// must be the one that was saved; the hash keeps no one from writing a snapshot of his own, the checks do that.
#ifndef MACHINE_SNAPSHOT_H
#define MACHINE_SNAPSHOT_H

#include "emu/stream.h"
#include "machine/machine.h"

// Writes m, between two slices, and makes its processor forget. 0, or a negative error (logged): then `to` holds no snapshot, and m goes on
// all the same.
int snapshot_save(struct emu_machine *m, struct emu_stream *to);
// Puts m, newly made, into the state of a snapshot. 0, or a negative error (logged): then m cannot be run.
int snapshot_restore(struct emu_machine *m, struct emu_stream *from);

// All of it but RAM and what disks hold, to and from this process's own memory (emu_stream.rewinds): for machine/rewind.h. 0, or what the
// stream says.
int snapshot_save_registers(struct emu_machine *m, struct emu_stream *to);
int snapshot_load_registers(struct emu_machine *m, struct emu_stream *from);

// The run loop's: saves to m->inputs.snapshot once the run has come to where the configuration says. The slice before must end there
// (snapshot_stop), which is never when none is wanted any more.
void snapshot_prepare(struct emu_machine *m);
u64 snapshot_stop(const struct emu_machine *m);
void snapshot_take_if_due(struct emu_machine *m);
// When all is told at the run's end: the text that ended it may be the one that the snapshot is made at. One that was wanted and not come to is told.
void snapshot_end(struct emu_machine *m);

// ---- identity.c: what a machine must have in common with the one that was saved
#define IDENTITY_TEXT 200
// Text of row `row` in text, its name in *name. False: there are no more rows.
bool identity_say(const struct emu_machine *m, unsigned row, const char **name, char text[IDENTITY_TEXT]);

// ---- version.c: a hash of all sources of the emulator, 16 digits. The same in every build of a version.
extern const char machine_version[];

#endif
