// SPDX-License-Identifier: MIT
// What a terminal sends, as the keys of a US keyboard that would have been pressed (ECMA-48; xterm's ctlseqs, "PC-Style Function Keys";
// Linux, console_codes(4)). Bytes beyond ASCII are on no key.
#ifndef CORE_STROKES_H
#define CORE_STROKES_H

#include "base/types.h"

#define STROKES_MOST 12 // codes that one byte leads to

enum strokes_state { STROKES_NONE, STROKES_ESC, STROKES_CSI, STROKES_SS3, STROKES_LINUX };

struct strokes {
    u8 state;                        // enum strokes_state
    u8 number, modifiers, parameter; // of a control sequence: its first two parameters, and which one is being read
};

// One more byte. Writes scan codes of set 1 (0xe0 before some, bit 7 when a key comes up), and returns how many: 0 when the
// sequence goes on, or means no key.
unsigned strokes_feed(struct strokes *s, u8 byte, u8 out[STROKES_MOST]);
// Nothing has come for a while: an ESC was the key of that name, and a sequence was none.
unsigned strokes_end(struct strokes *s, u8 out[STROKES_MOST]);

#endif
