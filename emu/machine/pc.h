// SPDX-License-Identifier: MIT
// The PC board: i440FX, PIIX4, APICs and the devices that every PC operating system knows. The only place with their
// addresses and interrupt numbers.
#ifndef MACHINE_PC_H
#define MACHINE_PC_H

#include "machine/machine.h"

// Fills m->bus and m->cpu, loads the guest image and puts the processor at its start. 0 or a negative error (logged).
// Called again after pc_keep, when everything else of the board before is gone: with what pc_keep has saved.
int pc_create(struct emu_machine *m, const struct emu_inputs *in, u8 *ram, u64 ram_size);
// Whether a key typed now would interrupt the guest, as far as the interrupt controllers' masks say.
bool pc_input_wakes(const struct emu_machine *m);

// Whether pc_create would, as far as the images and the RAM are concerned.
int pc_check(struct plat *p, const struct emu_config *c, const struct emu_inputs *in, u64 ram_size);
// The machine is about to restart: saves what lives on a battery.
void pc_keep(struct emu_machine *m);

#endif
