// SPDX-License-Identifier: MIT
// Keys out of the bytes that a terminal sends (ECMA-48 as xterm and VT220 use it), for where the firmware does not do it.
#ifndef BOOT_KEYS_H
#define BOOT_KEYS_H

#include "boot/edit.h"

struct keys {
    u8 held[8]; // a sequence, or a character of several bytes, that is not complete
    unsigned count;
};

enum : u32 { NO_KEY = 0xffffffff };

// One byte, or none for now (-1), which ends a lone Esc: a key, or NO_KEY. Sequences of no known key are left out.
u32 keys_byte(struct keys *k, int byte);

#endif
