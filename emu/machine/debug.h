// SPDX-License-Identifier: MIT
// A debugger at a machine: what gdb orders (debug/gdb.h), and the run loop's part in it. A machine that has none pays a test of a pointer.
//
// The run stops between two slices, which leaves no trace in the guest, and at a count of instructions: that is what a place in a run is. Going
// back (debug_past.c) is to go to an earlier point of the run (rewind.h) and to run forward from there, without breakpoints or looking for them.
// Points are made at counts that follow from where the debugger came in, and from nothing else; so the run from a point on is the same each
// time, and the one that led here.
#ifndef MACHINE_DEBUG_H
#define MACHINE_DEBUG_H

#include "machine/machine.h"

// When m->inputs has a line for it. `c` is the machine's own: a debugged guest does not wait in real time unless that is asked for. 0, or
// ERR_INVALID (logged).
int debug_open(struct emu_machine *m, struct emu_config *c);

// ---- the run loop's
void debug_start(struct emu_machine *m); // before the first slice: waits for a debugger, if it should
// Where the slice must end at the latest; ~0: nowhere.
u64 debug_next(const struct emu_machine *m);
// Behind a slice. While the debugger has stopped the guest it does not return; then the machine may be in its past.
void debug_look(struct emu_machine *m);
// Before the console is polled: types again what was typed here.
void debug_type(struct emu_machine *m);
// The run is over: a debugger that is there may go back (m->done is false then), or leaves.
void debug_ended(struct emu_machine *m);
void debug_restarted(struct emu_machine *m); // there is a new machine

#endif
