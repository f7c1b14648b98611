// SPDX-License-Identifier: MIT
// `profile = N`: where the guest is after each N instructions, by function, with the functions that have called it. A sample is taken between two slices,
// which leave no trace, and reads registers and RAM alone: the run is as it would be without, and the samples are the same in every build and engine.
//
// Callers are found by frame pointers (cpu/isa.h, struct code_frame). What has none (a program that was compiled without, a function before it has made
// its frame) shows with fewer callers than it has.
#ifndef MACHINE_PROFILE_H
#define MACHINE_PROFILE_H

#include "machine/machine.h"

// Makes m->profile, if the configuration asks for it. 0; ERR_INVALID (logged): `symbols` has none.
int profile_open(struct emu_machine *m);
// Takes a sample if one is due, between two slices. The slice before must end there.
void profile_sample(struct emu_machine *m);
u64 profile_stop(const struct emu_machine *m);
// The run is over: a table for people; lines for machines, one for each stack.
void profile_tell(struct emu_machine *m);

#endif
