// SPDX-License-Identifier: MIT
// Files that lie in several ranges (h->file), as one, before the exit: by a root of page tables that is the firmware's with one entry more.
#ifndef BOOT_WINDOW_H
#define BOOT_WINDOW_H

#include "boot/boot.h"

// Once all files are loaded: memory for its tables. Nothing is done when there are no such files. false: there is none; said.
bool window_reserve(struct boot *b);
// From here to window_close FILE_WINDOW is there. The firmware must not be asked for anything but memory meanwhile.
bool window_open(struct boot *b);
void window_close(struct boot *b);

// Where the byte that emu knows by this address truly lies, and how many follow it there.
u8 *window_physical(const struct handoff *h, u8 *data, u64 *room);

#endif
