// SPDX-License-Identifier: MIT
// A few lines of text being edited, key by key, and what of them a small screen shows. No firmware is asked anything here.
#ifndef BOOT_EDIT_H
#define BOOT_EDIT_H

#include "base/types.h"

// A key: a character of UCS-2, or one of these. Enter is '\r'.
enum : u32 {
    KEY_UP = 0x10000,
    KEY_DOWN,
    KEY_LEFT,
    KEY_RIGHT,
    KEY_HOME,
    KEY_END,
    KEY_PAGE_UP,
    KEY_PAGE_DOWN,
    KEY_DELETE,
    KEY_F10,
    KEY_ESCAPE,
    KEY_BACKSPACE = '\b',
    KEY_CTRL_X = 'x' & 0x1f,
};

enum { EDIT_TEXT = 6144 };

struct edit {
    char text[EDIT_TEXT]; // UTF-8, lines ended by '\n' (the last one perhaps not), and a NUL
    size_t length, at;    // bytes; the cursor stands before the byte `at`, which begins a character
};

// The text is taken over as it is, cut to whole lines that fit; the cursor stands at the first line's end.
void edit_open(struct edit *e, const char *text);
// A key that means something to an editor; others do nothing.
void edit_key(struct edit *e, u32 key);

// Line `row` from 0 on: its bytes, without the '\n', and their number; NULL past the last one.
const char *edit_line(const struct edit *e, unsigned row, size_t *bytes);
// Where the cursor is: line, and characters before it there.
void edit_cursor(const struct edit *e, unsigned *row, unsigned *column);

// Copies what fits of the characters from the `skip`-th on: at most `columns` of them and `room` bytes with the NUL.
void edit_cut(char *out, size_t room, const char *text, size_t bytes, unsigned skip, unsigned columns);

#endif
