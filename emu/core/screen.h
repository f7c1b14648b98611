// SPDX-License-Identifier: MIT
// A screen of characters, as a text mode of a PC's display adapter has it: between whoever makes it (dev/vga.h) and whoever shows it
// (core/mirror.h).
#ifndef CORE_SCREEN_H
#define CORE_SCREEN_H

#include "base/types.h"

#define SCREEN_COLUMNS 132
#define SCREEN_ROWS 60

// A cell: character 7..0, in the PC's code page 437 | foreground 11..8 | background 14..12 | blinks 15
// Colours: intense 3 | red 2 | green 1 | blue 0. With `bright` bit 15 is the background's intensity.
struct screen {
    unsigned columns, rows; // 1 to SCREEN_COLUMNS, SCREEN_ROWS
    unsigned x, y;          // the cursor's place, inside the screen; of interest while it is shown
    bool cursor, bright;
    u16 cell[SCREEN_ROWS * SCREEN_COLUMNS]; // row by row, `columns` each
};

#endif
