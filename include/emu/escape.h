// SPDX-License-Identifier: MIT
// The escape sequences in a terminal's output (ECMA-48 section 5; DEC VT102 User Guide, chapter 5; Linux, console_codes(4)):
// which bytes belong to one, and where it ends. What a sequence does is the reader's business.
//
//   ESC I.. F            I 0x20..0x2f, F 0x30..0x7e
//   ESC [ P.. I.. F      P 0x30..0x3f, F 0x40..0x7e: a control sequence
//   ESC ] .. end         OSC; P DCS, X SOS, ^ PM, _ APC: strings, ended by BEL or ST (ESC \)
//   ESC ] R              Linux: reset the palette, and
//   ESC ] P n rr gg bb   Linux: set one colour, seven hex digits; they end by themselves
//
// ESC begins anew wherever it comes, CAN and SUB end everything, and what is longer than ESCAPE_LONGEST bytes was none: so
// nothing that a guest leaves unfinished swallows the rest of its output.
#ifndef EMU_ESCAPE_H
#define EMU_ESCAPE_H

#include "base/types.h"

#define ESCAPE_LONGEST 4096
#define ESCAPE_PARAMETERS 16

enum escape_state { ESCAPE_NONE, ESCAPE_BEGUN, ESCAPE_MORE, ESCAPE_CSI, ESCAPE_OSC, ESCAPE_STRING, ESCAPE_PALETTE };

struct escape {
    enum escape_state state;
    unsigned length; // bytes since ESC
    u8 intermediate; // the first I, or 0
    u8 private_mark; // of a control sequence: '?' and the like, or 0
    // Of a control sequence: numbers between ';' or ':', 0 when left out, below 10^6. None was written: parameters is 0.
    unsigned parameter[ESCAPE_PARAMETERS], parameters;
};

enum escape_byte {
    ESCAPE_BYTE_TEXT,    // part of no sequence, and no control character
    ESCAPE_BYTE_CONTROL, // 0x00..0x1f, acts at once: outside, or within a sequence that goes on behind it
    ESCAPE_BYTE_INSIDE,  // swallowed: ESC, part of a sequence, or the end of one that has no meaning
    ESCAPE_BYTE_FINAL,   // F of an ESC sequence: *e says which
    ESCAPE_BYTE_CSI,     // F of a control sequence: *e says which
};

// One more byte of the stream. e: zeroed at first.
enum escape_byte escape_feed(struct escape *e, u8 byte);

#endif
