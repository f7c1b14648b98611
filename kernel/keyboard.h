// SPDX-License-Identifier: MIT
// A PS/2 keyboard on the PC's keyboard controller (8042), polled. Nothing here waits for long or for ever, whatever a
// controller that is broken or not there answers.
#ifndef KERNEL_KEYBOARD_H
#define KERNEL_KEYBOARD_H

#include "emu/config.h"

// Takes the controller over from the firmware: no interrupts, no mouse, scan codes of set 1. Whether a keyboard answers. Needs
// kernel/time.h.
bool keyboard_init(enum config_keyboard layout);
// Whether there is a controller, on which a keyboard may be plugged in later.
bool keyboard_possible(void);
// The next byte typed (kernel/typing.h), or -1.
int keyboard_read(void);

#endif
