// SPDX-License-Identifier: MIT
// The text font: 8x16 glyphs in PSF1 form, linked in from Debian's console-setup-linux at build time.
#ifndef KERNEL_FONT_H
#define KERNEL_FONT_H

#include "base/types.h"

enum { FONT_WIDTH = 8, FONT_HEIGHT = 16 };

// Reads the font's table of characters. Needs the heap. false: no usable font, then font_glyph must not be called.
bool font_init(void);
// FONT_HEIGHT rows, the leftmost pixel in bit 7; a replacement for characters that the font does not have.
const u8 *font_glyph(u16 character);

#endif
