// SPDX-License-Identifier: MIT
// The text mirror. Output changes cells in RAM only; drawing happens some 30 times a second at most and touches only
// cells that differ from what is shown, because video memory is slow to write and very slow to read.
#include "kernel/screen.h"
#include "kernel/font.h"
#include "kernel/heap.h"
#include "kernel/io.h"
#include "kernel/time.h"
#include "kernel/vt.h"
#include <string.h>

enum { FRAME_NS = 33000000, COLUMNS_MIN = 20, ROWS_MIN = 4, DOUBLE_FROM = 2560 };

static const u32 palette[16] = {0x000000, 0x0000aa, 0x00aa00, 0x00aaaa, 0xaa0000, 0xaa00aa, 0xaa5500, 0xaaaaaa,
                                0x555555, 0x5555ff, 0x55ff55, 0x55ffff, 0xff5555, 0xff55ff, 0xffff55, 0xffffff};

static const struct framebuffer *frame; // NULL: no screen
static struct vt vt;
static struct vt_cell *shown; // what is on the screen
static unsigned scale;        // screen pixels per glyph pixel
static u32 colour[16];        // the palette in the framebuffer's order
static bool dirty;
static u64 drawn_at;

static void clear_frame(void) {
    for (u32 y = 0; y < frame->height; y++) {
        u32 *line = (u32 *)(uintptr_t)frame->base + (u64)y * frame->pitch;
        for (u32 x = 0; x < frame->width; x++) line[x] = colour[0];
    }
}

void screen_init(const struct framebuffer *fb) {
    if (!fb->present || !font_init()) return;
    scale = fb->width >= DOUBLE_FROM ? 2 : 1;
    unsigned columns = fb->width / (FONT_WIDTH * scale), rows = fb->height / (FONT_HEIGHT * scale);
    if (columns < COLUMNS_MIN || rows < ROWS_MIN) return;
    struct vt_cell *cell = heap_alloc(columns * rows * sizeof *cell, 8);
    shown = heap_alloc(columns * rows * sizeof *shown, 8);
    if (!cell || !shown) return;
    frame = fb;
    for (unsigned i = 0; i < 16; i++) colour[i] = fb->red_first ? __builtin_bswap32(palette[i]) >> 8 : palette[i];
    vt_init(&vt, cell, columns, rows);
    clear_frame();
}

static void draw(unsigned x, unsigned y, struct vt_cell c) {
    const u8 *glyph = font_glyph(c.character ? c.character : ' ');
    u32 ink[2] = {colour[c.colour >> 4], colour[c.colour & 15]};
    u32 *at = (u32 *)(uintptr_t)frame->base + (u64)y * FONT_HEIGHT * scale * frame->pitch + x * FONT_WIDTH * scale;
    for (unsigned row = 0; row < FONT_HEIGHT * scale; row++, at += frame->pitch) {
        u8 line = glyph[row / scale];
        for (unsigned i = 0; i < FONT_WIDTH * scale; i++) at[i] = ink[line >> (7 - i / scale) & 1];
    }
}

void screen_flush(void) {
    if (!frame) return;
    unsigned cursor = vt.cursor_visible ? vt.y * vt.columns + (vt.x < vt.columns ? vt.x : vt.columns - 1) : ~0u;
    for (unsigned y = 0, i = 0; y < vt.rows; y++)
        for (unsigned x = 0; x < vt.columns; x++, i++) {
            struct vt_cell c = vt.cell[i];
            if (i == cursor) c.colour = (u8)(c.colour >> 4 | c.colour << 4);
            if (c.character == shown[i].character && c.colour == shown[i].colour) continue;
            draw(x, y, c);
            shown[i] = c;
        }
    dirty = false;
    drawn_at = time_ns();
}

void screen_tick(void) {
    if (dirty && time_ns() - drawn_at >= FRAME_NS) screen_flush();
}

void screen_write(const u8 *bytes, size_t n) {
    if (!frame) return;
    vt_write(&vt, bytes, n);
    dirty = true;
    screen_tick();
}
