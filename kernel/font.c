// SPDX-License-Identifier: MIT
// PSF1:  36 04 | mode (bit 0: 512 glyphs, bit 1: Unicode table) | bytes per glyph | glyphs | Unicode table
// The table has for each glyph the characters it shows, each 16 bits; fffe starts a sequence, ffff ends the glyph's
// list.
#include "kernel/font.h"
#include "base/le.h"
#include "kernel/heap.h"
#include <string.h>

enum { HEADER = 4, MODE_512 = 1, MODE_TABLE = 2, SEQUENCE = 0xfffe, END = 0xffff, CHARACTERS = 0x10000 };

extern const u8 font_start[], font_end[];
static u16 *glyph_of; // by character

bool font_init(void) {
    size_t size = (size_t)(font_end - font_start);
    if (size < HEADER || font_start[0] != 0x36 || font_start[1] != 0x04 || font_start[3] != FONT_HEIGHT) return false;
    unsigned glyphs = font_start[2] & MODE_512 ? 512 : 256;
    if (size < HEADER + glyphs * FONT_HEIGHT) return false;
    glyph_of = heap_alloc(CHARACTERS * sizeof *glyph_of, 8);
    if (!glyph_of) return false;
    if (!(font_start[2] & MODE_TABLE)) {
        for (unsigned i = 0; i < glyphs; i++) glyph_of[i] = (u16)i;
        return true;
    }
    bool sequence = false;
    unsigned glyph = 0;
    for (const u8 *p = font_start + HEADER + glyphs * FONT_HEIGHT; p + 2 <= font_end && glyph < glyphs; p += 2) {
        u16 c = ld16(p);
        if (c == SEQUENCE) sequence = true;
        else if (c == END) sequence = false, glyph++;
        else if (!sequence) glyph_of[c] = (u16)glyph;
    }
    u16 replacement = glyph_of[0xfffd] ? glyph_of[0xfffd] : glyph_of['?'];
    for (unsigned c = 0; c < CHARACTERS; c++)
        if (!glyph_of[c]) glyph_of[c] = c == 0xa0 ? glyph_of[' '] : replacement;
    return true;
}

const u8 *font_glyph(u16 character) { return font_start + HEADER + glyph_of[character] * FONT_HEIGHT; }
