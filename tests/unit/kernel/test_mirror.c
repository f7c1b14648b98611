// SPDX-License-Identifier: MIT
// core/mirror.c held against kernel/vt.c: whatever a screen goes through, the terminal shows it, character by character in its colours. And
// what the bytes are, where those matter that read them.
#include "../../../kernel/vt.c"
#include "core/mirror.h"
#include "../../rng.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { MOST_COLUMNS = SCREEN_COLUMNS, MOST_ROWS = SCREEN_ROWS };
static struct vt_cell cells[MOST_COLUMNS * MOST_ROWS];
static struct vt v;
static struct mirror m;
static struct screen s;
static char bytes[65536];
static size_t length;

static void write(void *ctx, const u8 *at, size_t n) {
    vt_write(&v, at, n);
    assert_true(length + n < sizeof bytes);
    memcpy(bytes + length, at, n);
    bytes[length += n] = 0;
}

static void start(unsigned columns, unsigned rows, unsigned terminal_columns, unsigned terminal_rows) {
    memset(cells, 0, sizeof cells);
    vt_init(&v, cells, terminal_columns, terminal_rows);
    mirror_init(&m, write, NULL);
    s = (struct screen){.columns = columns, .rows = rows, .cursor = true};
    for (unsigned i = 0; i < columns * rows; i++) s.cell[i] = 0x0720;
    length = 0;
}

static const char *show(void) {
    length = 0;
    bytes[0] = 0;
    if (!mirror_show(&m, &s)) assert_true(mirror_show(&m, &s));
    return bytes;
}

static void say_at(unsigned x, unsigned y, u8 attribute, const char *words) {
    for (u16 *at = s.cell + y * s.columns + x; *words; at++, words++) *at = (u16)(attribute << 8 | (u8)*words);
    s.x = x, s.y = y;
}

static bool looks_blank(u8 c) { return c == 0 || c == ' ' || c == 0xff; }

// Blanks have no foreground; a black background, and grey on it, may be the terminal's own.
static void check_shown(void) {
    for (unsigned y = 0; y < s.rows; y++)
        for (unsigned x = 0; x < s.columns; x++) {
            const struct vt_cell *is = &cells[y * v.columns + x];
            u16 cell = s.cell[y * s.columns + x];
            u8 c = (u8)cell, colour = (u8)(cell >> 8);
            unsigned background = s.bright ? colour >> 4 : colour >> 4 & 7;
            assert_int_equal(is->colour >> 4, background);
            if (looks_blank(c)) {
                assert_true(is->character == 0 || is->character == ' ');
                continue;
            }
            if (c > 32 && c < 127) assert_int_equal(is->character, c);
            else assert_true(is->character > 127);
            assert_int_equal(is->colour & 15, colour & 15);
        }
    assert_int_equal(v.cursor_visible, s.cursor);
    if (!s.cursor) return;
    assert_int_equal(v.x, s.x);
    assert_int_equal(v.y, s.y);
}

static void only_differences(void **state) {
    start(80, 25, 80, 25);
    assert_string_equal(show(), "\x1b[0m\x1b[2J\x1b[H\x1b[?25h");
    assert_string_equal(show(), "");
    say_at(0, 0, 0x07, "grub>");
    s.x = 6;
    assert_string_equal(show(), "grub> "); // the step over the blank is a blank
    say_at(6, 0, 0x07, "ls");
    s.x = 8;
    assert_string_equal(show(), "ls");
    say_at(7, 0, 0x07, " ");
    s.x = 7;
    assert_string_equal(show(), "\b \b");
    say_at(0, 1, 0x07, "(hd0)");
    s.x = 0, s.y = 2;
    assert_string_equal(show(), "\r\n(hd0)\r\n");
    say_at(10, 10, 0x1f, "Menu");
    s.cursor = false;
    assert_string_equal(show(), "\x1b[11;11H\x1b[0;97;44mMenu\x1b[?25l");
    say_at(10, 10, 0x9f, "M");
    assert_string_equal(show(), "\x1b[11;11H\x1b[0;5;97;44mM");
    say_at(12, 10, 0xc7, "n");
    s.cursor = true, s.x = 20, s.y = 20;
    assert_string_equal(show(), "\x1b[0;97;44me\x1b[0;5;37;41mn\x1b[21;21H\x1b[?25h");
    check_shown();
}

// A character, and the cursor behind it only by the next look.
static void the_cursor_comes_later(void **state) {
    start(80, 25, 80, 25);
    show();
    length = 0;
    say_at(0, 0, 0x07, "mem");
    s.x = 3;
    assert_true(mirror_show(&m, &s));
    say_at(3, 0, 0x07, "o");
    assert_false(mirror_show(&m, &s));
    say_at(4, 0, 0x07, "ry");
    s.x = 6;
    assert_true(mirror_show(&m, &s));
    assert_string_equal(bytes, "memory");
    say_at(6, 0, 0x07, "!");
    assert_string_equal(show(), "!\b"); // it has come to stay
    check_shown();
}

static void words_are_whole(void **state) {
    start(80, 25, 80, 25);
    say_at(5, 5, 0x07, "Select a partition   [other]");
    show();
    say_at(5, 5, 0x07, "Select a language    [other]");
    assert_non_null(strstr(show(), "Select a language"));
    assert_null(strstr(bytes, "other"));
    check_shown();
    say_at(5, 5, 0x07, "                 "); // what goes needs no words
    assert_null(strstr(show(), "Select"));
    check_shown();
}

static void rests_of_lines_are_erased(void **state) {
    start(80, 25, 80, 25);
    for (unsigned y = 0; y < 25; y++)
        say_at(0, y, 0x07, "01234567890123456789012345678901234567890123456789012345678901234567890123456789");
    s.x = 0;
    show();
    check_shown();
    for (unsigned i = 0; i < 80 * 25; i++) s.cell[i] = i % 80 ? 0x0720 : 0x0741;
    assert_true(strlen(show()) < 25 * 12);
    check_shown();
}

static void lines_are_scrolled(void **state) {
    start(80, 25, 100, 40); // a terminal larger than the screen
    for (unsigned y = 0; y < 25; y++) {
        char line[] = "line A";
        line[5] = (char)('A' + y);
        say_at(0, y, 0x07, line);
    }
    show();
    memmove(s.cell, s.cell + 2 * 80, 23 * 80 * sizeof s.cell[0]);
    for (unsigned i = 23 * 80; i < 25 * 80; i++) s.cell[i] = 0x0720;
    say_at(0, 23, 0x07, "new");
    s.x = 3;
    assert_string_equal(show(), "\x1b[1;25r\x1b[25;1H\n\n\x1b[r\x1b[24;1Hnew");
    check_shown();
}

static void is_left_below_its_text(void **state) {
    start(80, 25, 80, 25);
    mirror_leave(&m); // nothing was shown
    assert_int_equal(length, 0);
    say_at(0, 3, 0x1f, "the last");
    s.cursor = false;
    show();
    length = 0;
    mirror_leave(&m);
    assert_string_equal(bytes, "\x1b[0m\x1b[4;1H\r\n\x1b[?25h");
    assert_int_equal(v.y, 4);
    assert_non_null(strstr(show(), "\x1b[2J")); // it begins anew
    check_shown();
}

static void code_page_437(void **state) {
    start(80, 25, 80, 25);
    for (unsigned i = 1; i < 256; i++) s.cell[i] = (u16)(0x0700 | i);
    show();
    check_shown();
    static const struct {
        u8 c;
        u16 u;
    } some[] = {{0x01, 0x263a}, {0x1f, 0x25bc}, {0x7f, 0x2302}, {0x80, 0xc7},   {0x9b, 0xa2}, {0xb3, 0x2502}, {0xba, 0x2551},
                {0xc4, 0x2500}, {0xc9, 0x2554}, {0xda, 0x250c}, {0xdb, 0x2588}, {0xe1, 0xdf}, {0xf0, 0x2261}, {0xfe, 0x25a0}};
    for (unsigned i = 0; i < countof(some); i++) assert_int_equal(cells[some[i].c].character, some[i].u);
}

// Screens of any size that change in any way: cells, words, areas, scrolling, colours, another mode.
static void change(struct rng *r) {
    u64 how = rnd(r) % 16;
    unsigned x = (unsigned)(rnd(r) % s.columns), y = (unsigned)(rnd(r) % s.rows), all = s.columns * s.rows;
    if (how < 8) {
        u8 attribute = rnd(r) & 1 ? 0x07 : (u8)rnd(r);
        for (unsigned i = y * s.columns + x, n = (unsigned)(rnd(r) % 40); n && i < all; n--, i++)
            s.cell[i] = (u16)(attribute << 8 | (rnd(r) & 3 ? (u8)('a' + rnd(r) % 3) : ' '));
    } else if (how < 11) {
        unsigned n = 1 + (unsigned)(rnd(r) % s.rows);
        memmove(s.cell, s.cell + n * s.columns, (all - n * s.columns) * sizeof s.cell[0]);
        for (unsigned i = all - n * s.columns; i < all; i++) s.cell[i] = 0x0720;
    } else if (how == 11) {
        for (unsigned i = y * s.columns + x; i < all; i++) s.cell[i] = (u16)(rnd(r) & 1 ? 0x0720 : rnd(r));
    } else if (how == 12) {
        s.bright = !s.bright;
    } else if (how == 13) {
        s.cursor = !s.cursor;
    } else if (how == 14) {
        for (unsigned i = 0; i < all; i++) s.cell[i] = 0x1720;
    }
    s.x = x, s.y = y;
}

static void any_screen(void **state) {
    for (u64 seed = 1; seed <= 200; seed++) {
        struct rng r = {seed};
        unsigned columns = seed % 3 ? 80 : 1 + (unsigned)(rnd(&r) % MOST_COLUMNS),
                 rows = seed % 3 ? 25 : 1 + (unsigned)(rnd(&r) % MOST_ROWS);
        bool larger = rnd(&r) & 1;
        start(columns, rows, larger ? MOST_COLUMNS : columns, larger ? MOST_ROWS : rows);
        for (unsigned i = 0; i < 40; i++) {
            for (u64 n = rnd(&r) % 4; n < 4; n++) change(&r);
            show();
            check_shown();
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_differences),   cmocka_unit_test(the_cursor_comes_later),
        cmocka_unit_test(words_are_whole),    cmocka_unit_test(rests_of_lines_are_erased),
        cmocka_unit_test(lines_are_scrolled), cmocka_unit_test(is_left_below_its_text),
        cmocka_unit_test(code_page_437),      cmocka_unit_test(any_screen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
