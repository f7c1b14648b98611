// SPDX-License-Identifier: MIT
// Shows a PC's text screen on a terminal (ECMA-48, UTF-8): what has changed, and nothing else.
//
// Text that takes the place of other text is written whole, between the blanks around it, and a step of the cursor over a few characters is
// those characters: so what reads the bytes (core/console.h: until, expect) finds the words that a person sees. What scrolls is scrolled.
#ifndef CORE_MIRROR_H
#define CORE_MIRROR_H

#include "core/screen.h"

struct mirror {
    void (*write)(void *ctx, const u8 *bytes, size_t n);
    void *ctx;
    struct screen shown; // on the terminal, blanks made alike; columns is 0 while nobody knows
    u8 attribute;        // that the terminal writes with
    bool placed;         // the terminal's cursor is known to be at x, y
    bool wrote;          // a character, since mirror_show was called
    unsigned x, y;
    size_t pending; // bytes of out
    u8 out[512];
};

void mirror_init(struct mirror *m, void (*write)(void *ctx, const u8 *bytes, size_t n), void *ctx);
// Makes the terminal show s. The first time, or when its size has changed, it is cleared. False: it is to be asked to once more, in a moment.
// That is when the cursor still stands where the last character has just been written: whoever writes moves it next, and to go back for it
// would break a word in two.
bool mirror_show(struct mirror *m, const struct screen *s);
// Somebody else writes to the terminal from now on: below the text, in the terminal's own colours. Or has written: forget.
void mirror_leave(struct mirror *m);
void mirror_forget(struct mirror *m);

#endif
