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

// Each screen is a terminal of its own: they may differ in size.
struct screen {
    const struct framebuffer *frame;
    struct vt vt;
    struct vt_cell *shown; // what is on the screen
    unsigned scale;        // screen pixels per glyph pixel
    u32 colour[16];        // the palette as the framebuffer's pixels
};

static struct screen screens[HANDOFF_SCREENS];
static unsigned screen_count;
static bool dirty;
static u64 drawn_at;

static u32 *line_at(const struct framebuffer *f, u64 y) { return (u32 *)(uintptr_t)f->base + y * f->pitch; }

static void clear_frame(const struct screen *s) {
    for (u32 y = 0; y < s->frame->height; y++) {
        u32 *line = line_at(s->frame, y);
        for (u32 x = 0; x < s->frame->width; x++) line[x] = s->colour[0];
    }
}

// Eight bits of a colour, where and as many as the pixel has of them: the best where there are fewer, zeros below where more.
static u32 component(u32 value, u32 bits) {
    if (!bits) return 0;
    unsigned low = (unsigned)__builtin_ctz(bits), width = (unsigned)__builtin_popcount(bits);
    return (width < 8 ? value >> (8 - width) : value << (width - 8)) << low & bits;
}

static bool open_screen(struct screen *s, const struct framebuffer *f) {
    *s = (struct screen){.frame = f, .scale = f->width >= DOUBLE_FROM ? 2 : 1};
    unsigned columns = f->width / (FONT_WIDTH * s->scale), rows = f->height / (FONT_HEIGHT * s->scale);
    if (columns < COLUMNS_MIN || rows < ROWS_MIN) return false;
    struct vt_cell *cell = heap_alloc(columns * rows * sizeof *cell, 8);
    s->shown = heap_alloc(columns * rows * sizeof *s->shown, 8);
    if (!cell || !s->shown) return false;
    for (unsigned i = 0; i < 16; i++)
        s->colour[i] = component(palette[i] >> 16, f->red) | component(palette[i] >> 8 & 0xff, f->green) |
                       component(palette[i] & 0xff, f->blue);
    vt_init(&s->vt, cell, columns, rows);
    clear_frame(s);
    return true;
}

void screen_init(const struct framebuffer *fb, unsigned n) {
    screen_count = 0;
    if (!n || !font_init()) return;
    for (unsigned i = 0; i < n; i++)
        if (open_screen(&screens[screen_count], &fb[i])) screen_count++;
}

static void draw(const struct screen *s, unsigned x, unsigned y, struct vt_cell c) {
    const u8 *glyph = font_glyph(c.character ? c.character : ' ');
    u32 ink[2] = {s->colour[c.colour >> 4], s->colour[c.colour & 15]};
    u32 *at = line_at(s->frame, (u64)y * FONT_HEIGHT * s->scale) + x * FONT_WIDTH * s->scale;
    for (unsigned row = 0; row < FONT_HEIGHT * s->scale; row++, at += s->frame->pitch) {
        u8 line = glyph[row / s->scale];
        for (unsigned i = 0; i < FONT_WIDTH * s->scale; i++) at[i] = ink[line >> (7 - i / s->scale) & 1];
    }
}

static void flush(struct screen *s) {
    const struct vt *vt = &s->vt;
    unsigned cursor = vt->cursor_visible ? vt->y * vt->columns + (vt->x < vt->columns ? vt->x : vt->columns - 1) : ~0u;
    for (unsigned y = 0, i = 0; y < vt->rows; y++)
        for (unsigned x = 0; x < vt->columns; x++, i++) {
            struct vt_cell c = vt->cell[i];
            if (i == cursor) c.colour = (u8)(c.colour >> 4 | c.colour << 4);
            if (c.character == s->shown[i].character && c.colour == s->shown[i].colour) continue;
            draw(s, x, y, c);
            s->shown[i] = c;
        }
}

void screen_flush(void) {
    for (unsigned i = 0; i < screen_count; i++) flush(&screens[i]);
    dirty = false;
    drawn_at = time_ns();
}

void screen_tick(void) {
    if (dirty && time_ns() - drawn_at >= FRAME_NS) screen_flush();
}

void screen_write(const u8 *bytes, size_t n) {
    if (!screen_count) return;
    for (unsigned i = 0; i < screen_count; i++) vt_write(&screens[i].vt, bytes, n);
    dirty = true;
    screen_tick();
}
