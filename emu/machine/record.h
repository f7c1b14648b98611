// SPDX-License-Identifier: MIT
// What came from outside in a run, and a run that takes all of it from there: then it is the same run, whoever types and whatever the host's
// clock says. A log is text, a line each:
//
//   softmetal record 1
//   is NAME: TEXT              identity (snapshot.h), and the script
//   from COUNT NS              where the run starts: 0 0, or where a snapshot was made
//   time COUNT NS TO           at this instruction count and guest time the host's clock moved guest time to TO
//   idle COUNT NS TO           the same while the guest was halted
//   wake COUNT NS TO BYTES     the same because something was typed then: BYTES, two hex digits each
//   type COUNT NS BYTES        typed while it ran, or while nothing else could wake it; `more` before it: the first of them
//   stop COUNT NS              somebody stopped the run
//   end COUNT NS HASH          how it ended
//
// The count and the time of a line are those at which the run loop looked outside: between two slices, which leave no trace (run.c).
#ifndef MACHINE_RECORD_H
#define MACHINE_RECORD_H

#include "machine/machine.h"

// Opens what m->inputs has: the log that is written, or the one that is followed, if either. 0; ERR_UNSUPPORTED or ERR_INVALID (logged): the log is
// none, or is another machine's.
int record_open(struct emu_machine *m);
// At the run's end. True: the log that was followed ends otherwise, which is logged.
bool record_close(struct emu_machine *m, u64 hash);

// Where a log that is followed is: kept, and gone back to (any number of times).
void record_keep(struct emu_machine *m);
void record_back(struct emu_machine *m);

// ---- while a log is written; else nothing happens
void record_time(struct emu_machine *m, u64 to);
void record_idle(struct emu_machine *m, u64 to);
void record_wake(struct emu_machine *m, u64 to); // what was typed since the last of these and of record_typed
void record_typed(struct emu_machine *m);
void record_stop(struct emu_machine *m);

// ---- while one is followed. A line is taken at the place in the run loop that has written it.
static inline bool replays(const struct emu_machine *m) { return m->inputs.replay.data; }
// Where the slice must end at the latest: the next line's count. ~0: none.
u64 replay_stop(const struct emu_machine *m);
// The next line is for this instant.
bool replay_is_here(const struct emu_machine *m);
// Stops the run, or moves time, if the next line says so. False: the run has passed it by, which is logged.
bool replay_time(struct emu_machine *m);
// The guest is halted. True: the next line is for this instant, whoever takes it; it has moved time, if it is idle or wake.
bool replay_wait(struct emu_machine *m);
void replay_type(struct emu_machine *m);

#endif
