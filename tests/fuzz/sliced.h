// SPDX-License-Identifier: MIT
// One guest run twice, in slices as long as can be and in slices of a few instructions: both must end alike, in the processor's state, in RAM,
// in a device and in the reason for which the run ended. A fuzzer brings its processor, on a bare machine.
#ifndef TESTS_FUZZ_SLICED_H
#define TESTS_FUZZ_SLICED_H

#include "bare_machine.h"
#include "input.h"

enum { SLICED_TICKS = 600 };
#define SLICED_DEVICE 0x10000000ull // that remembers what is written to it, and answers by that; of a page

struct sliced_cpu {
    size_t state_size;
    // Processor, RAM and clock as the whole of the input says.
    void (*set_up)(void *rig, struct input in);
    u64 (*run)(void *rig, u64 ticks);
    bool (*wake)(void *rig);         // whether it waited for an interrupt; it does no longer
    void (*legal)(const void *rig);  // aborts, with a message, when no guest can get a processor into this state
    const void *(*state)(void *rig); // of which every byte counts
    u64 (*pc)(const void *state);    // for the message
};

struct sliced {
    const struct sliced_cpu *cpu;
    void *rig;
    struct bare_machine *m;
    u64 ram_size;
    struct sliced_end *whole, *cut;
};

// Once: takes the machine's `finish`, and puts the device on its bus.
void sliced_open(struct sliced *s);
// Runs the input both ways, the second time in slices of 1 .. most instructions. Aborts, with a message, where they end differently.
void sliced_run(struct sliced *s, struct input in, unsigned most);

// A value for a register: a small number, a bit, the top of something, anything, or, of the kinds that an architecture has places for
// (how >> 5 is 2: in RAM, 3: by the device, 4: in a table, 6: an entry of one), what `place` makes of it.
u64 sliced_value(struct input *in, u64 (*place)(struct input *in, u8 how));

#endif
