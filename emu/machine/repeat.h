// SPDX-License-Identifier: MIT
// `repeat = N`: the first visit of a measured region is run once as ever, and then N times more at full speed, each time from a point in this
// process's memory (rewind.h) that is made where the visit begins:
//
//   begin: point -> counted -> end: state -> back -> full speed -> end: the same state? -> back -> ... -> goes on behind the last
//
// All are the same run: a visit that ends in another state than the first, or at another time, ends the run. So while a region is repeated
// nothing comes from outside. What is typed by a person is dropped, a pipe is left waiting. What the guest writes to its console is shown once.
#ifndef MACHINE_REPEAT_H
#define MACHINE_REPEAT_H

#include "cpu/measure.h"
#include "machine/machine.h"

// Once m->measure is made, if the configuration asks for it.
void repeat_open(struct emu_machine *m);
// Between two slices: what there is to do where a visit begins or ends. The run may be over then.
void repeat_step(struct emu_machine *m);
// Where the slice must end at the latest, as a count of instructions: a repeat that has not come to its end there is another run. ~0: nowhere.
u64 repeat_stop(const struct emu_machine *m);
// The machine is to start anew, or the run is over: what has not come to its end will not. m->reason may change.
void repeat_abandon(struct emu_machine *m);

// How often the visit of a region (a number of m->measure's) was repeated: 0, or there is more to tell.
struct repeat_told {
    u64 times;
    u64 instructions;                    // of the visit
    u64 state_hash;                      // where it ends
    const struct measure_cycles *cycles; // of the host, for each time
};
struct repeat_told repeat_tell(const struct emu_machine *m, unsigned region);

#endif
