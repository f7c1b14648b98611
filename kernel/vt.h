// SPDX-License-Identifier: MIT
// A terminal in memory: bytes in, a grid of cells out. As much of the VT102 (and of ECMA-48 and UTF-8) as installers
// and shells on a serial line use; what it does not know it swallows.
#ifndef KERNEL_VT_H
#define KERNEL_VT_H

#include "base/types.h"
#include "emu/escape.h"

struct vt_cell {
    u16 character; // Unicode, BMP; 0 is a blank
    u8 colour;     // foreground | background << 4, of the 16 VGA colours
};

struct vt {
    struct vt_cell *cell; // columns * rows, line by line
    unsigned columns, rows;
    unsigned x, y; // cursor; x == columns: the next character wraps first
    bool cursor_visible, autowrap;
    unsigned top, bottom; // scrolling region, inclusive
    u8 foreground, background;
    bool bold, reverse;
    bool graphics[2]; // G0 and G1 are the DEC line-drawing set
    unsigned shift;   // which of them is in use
    struct {
        unsigned x, y;
        u8 foreground, background;
        bool bold, reverse;
    } saved;
    struct escape escape;
    u32 utf8;
    unsigned utf8_missing;
};

// cell: columns * rows zeroed cells, the caller's. columns and rows at least 1.
void vt_init(struct vt *v, struct vt_cell *cell, unsigned columns, unsigned rows);
void vt_write(struct vt *v, const u8 *bytes, size_t n);

#endif
