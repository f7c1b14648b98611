// SPDX-License-Identifier: MIT
// What a PC keyboard's scan codes (set 1, as the 8042 translates them) type on a terminal: a US layout, and the sequences that a
// VT220 and xterm send for the keys that have no character.
#ifndef KERNEL_SCANCODES_H
#define KERNEL_SCANCODES_H

#include "base/types.h"

enum { SCANCODE_TYPES = 8 }; // bytes that one scan code types

struct scancodes {
    bool left_shift, right_shift, left_ctrl, right_ctrl, left_alt, right_alt;
    bool caps, caps_held, num_off, num_held;
    u8 prefix;  // 0xe0 or 0xe1 came before
    u8 skipped; // codes of Pause, which begins with 0xe1, still to come
};

// One more scan code; returns how many bytes it types. k: zeroed at first. A key that repeats does so in the keyboard.
unsigned scancodes_feed(struct scancodes *k, u8 code, u8 out[SCANCODE_TYPES]);

#endif
