// SPDX-License-Identifier: MIT
// Which keys a PC keyboard's scan codes (set 1, as the 8042 translates them) tell of.
#ifndef KERNEL_SCANCODES_H
#define KERNEL_SCANCODES_H

#include "base/types.h"

struct scancodes {
    u8 prefix;  // 0xe0 or 0xe1 came before
    u8 skipped; // codes of Pause, which begins with 0xe1, still to come
};

// One more scan code. s: zeroed at first. The key's HID usage (kernel/keymap.h), and in *down whether it has gone down; 0: no key yet.
u8 scancodes_feed(struct scancodes *s, u8 code, bool *down);

#endif
