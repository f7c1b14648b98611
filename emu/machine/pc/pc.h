// SPDX-License-Identifier: MIT
// The PC board: i440FX, PIIX4, APICs and the devices that every PC operating system knows. The only place with their
// addresses and interrupt numbers.
#ifndef MACHINE_PC_H
#define MACHINE_PC_H

#include "machine/board.h"

extern const struct board pc_board;

// The back end of the second console; its input is NULL where there is none. Nothing types there but a test.
struct chardev *pc_second_console(const struct emu_machine *m);

#endif
