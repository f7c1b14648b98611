// SPDX-License-Identifier: MIT
// What a guest's output has changed on the terminal behind its console, and the bytes that change it back: for the end of a run
// that comes while the guest still draws (ECMA-48; xterm's ctlseqs; Linux, console_codes(4)).
//
// Followed are: the alternate screen, cursor (shown, shape), colours and other attributes, character sets, scroll region, insert,
// origin and wrap mode, cursor and keypad keys, mouse and focus reports, bracketed paste, keyboard protocols, palette. Not so the
// window's title, which cannot be asked for. What was not changed is not touched.
#ifndef EMU_MODES_H
#define EMU_MODES_H

#include "emu/escape.h"

#define MODES_UNDO 512 // bytes that are always enough

struct modes {
    struct escape escape;
    u64 changed;     // bits: rows of the tables in emu/core/modes.c
    unsigned osc;    // number of the OSC that is being read
    bool osc_number; // its digits are not over
    u8 keyboards;    // protocols pushed (CSI > u)
};

// m: zeroed at first.
void modes_feed(struct modes *m, const u8 *bytes, size_t n);
// Writes what undoes it all, and returns how much that is; then nothing is changed any more. Async-signal-safe.
size_t modes_undo(struct modes *m, char out[MODES_UNDO]);

#endif
