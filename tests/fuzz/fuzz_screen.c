// SPDX-License-Identifier: MIT
// Any bytes as a guest's console output, on a screen of any size with any font: kernel/vt.c, screen.c and font.c as they
// are, drawing into memory that is exactly the framebuffer. What is shown at the end is drawn a second time by other
// means; between the end of a line and the start of the next nothing may change.
// Input: u8 width, u8 height, u8 pitch, u8 how, the font's table of characters (16 bytes), then output.
// CI: 6200 runs.
#include "../../kernel/vt.c"

// A million pixels are no news: nothing is learnt from how they are drawn.
#pragma clang attribute push(__attribute__((no_sanitize("coverage"))), apply_to = function)
#include "../../kernel/screen.c"
#pragma clang attribute pop

#include "../../kernel/font.c"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

enum { HEAD = 4, TABLE = 16, GLYPHS = 512, FONT = HEADER + GLYPHS * FONT_HEIGHT + TABLE, CHUNK = 16, UNTOUCHED = 0x5a };
enum { RED_FIRST = 1, NO_FRAME = 2, SMALL_FONT = 4, NO_TABLE = 8, BAD_FONT = 16, WIDE = 0xe0 };

#define UNSEEN __attribute__((noinline, no_sanitize("coverage")))

// One object for kernel/font.c's two symbols.
static u8 font[FONT] __asm__("font_start") __attribute__((used, visibility("default")));
__asm__(".globl font_end; .set font_end, font_start + 8212");
static_assert(FONT == 8212);

static void *pieces_of_heap[3];
static unsigned pieces;
static u64 now;

void *heap_alloc(size_t bytes, size_t align) { return pieces_of_heap[pieces++] = calloc(1, bytes); }
u64 time_ns(void) { return now += FRAME_NS / 40; }

static UNSEEN void check(bool ok) {
    if (!ok) __builtin_trap();
}

static UNSEEN void make_font(u8 how, const u8 *table) {
    for (unsigned i = 0; i < FONT; i++) font[i] = (u8)(i * 37 >> 3);
    memcpy(
        font,
        (u8[]){how & BAD_FONT ? 0 : 0x36, 4, (how & SMALL_FONT ? 0 : MODE_512) | (how & NO_TABLE ? 0 : MODE_TABLE), FONT_HEIGHT},
        HEADER);
    memcpy(font + FONT - TABLE, table, TABLE);
}

static void check_terminal(void) {
    const struct vt *v = &screens[0].vt;
    check(v->x <= v->columns && v->y < v->rows && v->top <= v->bottom && v->bottom < v->rows);
    check(v->saved.x <= v->columns && v->saved.y < v->rows && v->utf8_missing <= 3);
    check(v->escape.parameters <= ESCAPE_PARAMETERS && (!v->escape.state || v->escape.length <= ESCAPE_LONGEST));
}

// The pixel that a terminal of this state shows.
static UNSEEN u32 pixel(unsigned x, unsigned y) {
    const struct vt *v = &screens[0].vt;
    unsigned scale = screens[0].scale, column = x / (8 * scale), row = y / (16 * scale);
    if (column >= v->columns || row >= v->rows) return 0;
    struct vt_cell c = v->cell[row * v->columns + column];
    unsigned at = v->x < v->columns ? v->x : v->columns - 1;
    bool cursor = v->cursor_visible && row == v->y && column == at;
    u16 glyph = glyph_of[c.character ? c.character : ' '];
    bool set = font[4 + 16 * glyph + y / scale % 16] & (0x80 >> x / scale % 8);
    return palette[(set ^ cursor ? c.colour : c.colour >> 4) & 15];
}

static UNSEEN void check_pixels(const struct framebuffer *fb) {
    const u32 *at = (const u32 *)(uintptr_t)fb->base;
    for (u32 y = 0; y < fb->height; y++, at += fb->pitch) {
        for (u32 x = 0; x < fb->width; x++) {
            u32 want = pixel(x, y);
            if (fb->red == 0xff) want = (want & 0xff) << 16 | (want & 0xff00) | want >> 16;
            check(at[x] == want);
        }
        for (u32 x = fb->width; x < fb->pitch; x++) check(at[x] == UNTOUCHED * 0x01010101u);
    }
}

static void run(const struct framebuffer *fb, unsigned given, const u8 *data, size_t size) {
    size_t size_of_all = size;
    unsigned scale = fb->width >= DOUBLE_FROM ? 2 : 1;
    screen_init(fb, given);
    check(!screen_count == (!given || font[0] != 0x36 || fb->width / scale < 160 || fb->height / scale < 64));
    for (size_t n; size; data += n, size -= n) {
        n = size < CHUNK ? size : CHUNK;
        screen_write(data, n);
        if (screen_count) check_terminal();
        screen_tick();
    }
    screen_flush();
    if (screen_count && size_of_all % 4 == 0) check_pixels(fb); // as dear as all the rest
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size) {
    if (size < HEAD + TABLE) return 0;
    u8 how = data[3];
    struct framebuffer fb = {.red = 0xff0000, .green = 0xff00, .blue = 0xff};
    if (how & RED_FIRST) fb.red = 0xff, fb.blue = 0xff0000;
    fb.width = ((how & WIDE) == WIDE ? DOUBLE_FROM - 8 : 140) + data[0] % 64;
    fb.height = ((how & WIDE) == WIDE ? 120 : 56) + data[1] % 64;
    fb.pitch = fb.width + data[2] % 40;
    fb.size = (u64)fb.pitch * fb.height * 4;
    void *pixels = malloc(fb.size);
    memset(pixels, UNTOUCHED, fb.size);
    fb.base = (uintptr_t)pixels;
    make_font(how, data + HEAD);
    dirty = false;
    run(&fb, !(how & NO_FRAME), data + HEAD + TABLE, size - HEAD - TABLE);
    while (pieces) free(pieces_of_heap[--pieces]);
    free(pixels);
    return 0;
}
