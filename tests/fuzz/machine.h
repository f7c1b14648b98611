// SPDX-License-Identifier: MIT
// A small machine for fuzzing the processor: CPU, two pieces of RAM, one device with interrupts. tests/isa/x86_64/unit/x86_rig.h sets
// up its modes. The same input runs in long slices and in short ones, interpreted and translated, and must end in the same state.
//
//   0x00000..0x1ffff RAM, as x86_rig.h    0x30000..0x30fff device    0x100000..0x103fff RAM (page tables)
#ifndef TESTS_FUZZ_MACHINE_H
#define TESTS_FUZZ_MACHINE_H

#include "x86_both.h"

#define LOW_RAM 0x20000u
#define HIGH_RAM 0x4000u
#define ALL_RAM (LOW_RAM + HIGH_RAM)
#define DEVICE_AT 0x30000u

// What the device is: reads tell the time and what was written, so that an access too many, too few, or at another time
// shows. A write to port n & 0xff arms its timer: after the low 6 bits + 1 ticks, bit 6: an NMI, bit 7: nothing, else vector
// 0x20 + 3 low bits of the port.
struct device {
    u64 written, reads;
    u64 due;
    u8 waits, vector, nmi, unused[5];
};

struct machine {
    struct x86_rig r;
    struct device dev;
    struct event timer;
    u8 *ram; // ALL_RAM bytes between pages nobody may touch
    u8 first_ram[ALL_RAM];
    struct x86_state first;
};

struct machine *machine(void);
// By which engine it runs from now on: at first it interprets.
void machine_engine(struct machine *m, enum engine engine);
void machine_again(struct machine *m); // RAM zero, time zero, device quiet; the CPU is x86_rig's to set up
// The CPU in this state, ALL_RAM bytes of RAM, time zero, the device quiet.
void machine_put(struct machine *m, const struct x86_state *s, const u8 *ram);
// Remembers RAM and CPU as they are; goes back to there.
void machine_remember(struct machine *m);
void machine_recall(struct machine *m);
// Runs `ticks`, `slice` at a time (0: as far as the next event), until the run is over or nothing can wake the CPU.
void machine_run(struct machine *m, u64 ticks, u64 slice);
// Of CPU, device and time; RAM is compared by itself.
u64 machine_hash(struct machine *m);
// What holds whatever a guest does; aborts with a line that says what does not.
void machine_check(const struct machine *m);
// Prints registers and the bytes at RIP (of RAM mapped one to one), for whoever looks into a finding.
void machine_show(const struct machine *m, const struct x86_state *s, const u8 *ram);

#endif
