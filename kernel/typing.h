// SPDX-License-Identifier: MIT
// What a PC keyboard's keys type on a terminal: a layout's characters in UTF-8, and the sequences that a VT220 and xterm send for the
// keys that have no character.
#ifndef KERNEL_TYPING_H
#define KERNEL_TYPING_H

#include "kernel/keymap.h"

enum { TYPING_MOST = 8 }; // bytes that one key types

// One keyboard. Zeroed at first but for its layout.
struct typing {
    enum config_keyboard layout;
    u8 modifiers; // bit n: key KEY_LEFT_CTRL + n is down
    bool caps, caps_held, num_off, num_held;
    u16 dead; // a dead key that was pressed last, 0: none
};

// A key, by its usage, goes down or up; one that repeats goes down again. Returns how many bytes it types.
unsigned typing_key(struct typing *t, u8 usage, bool down, u8 out[TYPING_MOST]);

#endif
