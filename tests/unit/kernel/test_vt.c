// SPDX-License-Identifier: MIT
// kernel/vt.c: what a screen shows after given bytes, and that no bytes lead outside of the grid.
#include "../../../kernel/vt.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

enum { COLUMNS = 10, ROWS = 4, GUARD = 64 };
static struct vt_cell memory[GUARD + COLUMNS * ROWS + GUARD];
static struct vt v;

static int setup(void **state) {
    memset(memory, 0x5a, sizeof memory);
    memset(memory + GUARD, 0, COLUMNS * ROWS * sizeof *memory);
    vt_init(&v, memory + GUARD, COLUMNS, ROWS);
    return 0;
}

static void feed(const char *s) { vt_write(&v, (const u8 *)s, strlen(s)); }

// The line's characters, blanks at its end left out; anything beyond ASCII as \xHHHH.
static const char *line(unsigned y) {
    static char text[COLUMNS * 8];
    char *p = text, *end = text;
    for (unsigned x = 0; x < COLUMNS; x++) {
        u16 c = memory[GUARD + y * COLUMNS + x].character;
        p += c < 0x7f ? sprintf(p, "%c", c ? c : ' ') : sprintf(p, "\\x%04x", c);
        if (c && c != ' ') end = p;
    }
    *end = 0;
    return text;
}

static u8 colour_at(unsigned x, unsigned y) { return memory[GUARD + y * COLUMNS + x].colour; }

static void shows(const char *a, const char *b, const char *c, const char *d) {
    assert_string_equal(line(0), a);
    assert_string_equal(line(1), b);
    assert_string_equal(line(2), c);
    assert_string_equal(line(3), d);
}

static void test_text_wraps_and_scrolls(void **state) {
    feed("one\r\ntwo\r\n0123456789");
    assert_int_equal(v.y, 2); // the wrap waits for the next character
    feed("ab\r\nlast");
    shows("two", "0123456789", "ab", "last");
}

static void test_controls(void **state) {
    feed("abc\b\bX\r\n\tT\r");
    shows("aXc", "        T", "", "");
    assert_int_equal(v.x, 0);
}

static void test_cursor_addresses(void **state) {
    feed("\x1b[3;4Hx\x1b[Hy\x1b[99;99Hz\x1b[2;2f\x1b[1Cw\x1b[2Dv\x1b[1A\x1b[5Gu\x1b[4du");
    shows("y   u", " vw", "   x", "     u   z");
}

static void test_erase(void **state) {
    feed("aaaaaaaaaa\r\nbbbbbbbbbb\r\ncccccccccc\r\ndddddddddd");
    feed("\x1b[2;5H\x1b[K\x1b[3;3H\x1b[1K\x1b[4;1H\x1b[2K");
    shows("aaaaaaaaaa", "bbbb", "   ccccccc", "");
    feed("\x1b[2;3H\x1b[1J");
    shows("", "   b", "   ccccccc", "");
    feed("\x1b[3;6H\x1b[J");
    shows("", "   b", "   cc", "");
    feed("\x1b[2J");
    shows("", "", "", "");
}

static void test_insert_and_delete(void **state) {
    feed("0123456789\x1b[1;3H\x1b[2P\x1b[1;6H\x1b[@");
    shows("01456 789", "", "", "");
    feed("\r\nb\r\nc\r\nd\x1b[2;1H\x1b[L");
    shows("01456 789", "", "b", "c");
    feed("\x1b[2M");
    shows("01456 789", "c", "", "");
    feed("\x1b[1;2H\x1b[3X");
    shows("0   6 789", "c", "", "");
}

static void test_scrolling_region(void **state) {
    feed("top\x1b[4;1Hend\x1b[2;3r\x1b[2;1Ha\r\nb\r\nc");
    shows("top", "b", "c", "end");
    feed("\x1b[2;1H\x1bMz");
    shows("top", "z", "b", "end");
    feed("\x1b[r\x1b[4;1H\r\n");
    shows("z", "b", "end", "");
}

static void test_colours(void **state) {
    feed("a\x1b[1;31mb\x1b[0;44mc\x1b[7md\x1b[me\x1b[38;5;2mf\x1b[38;2;1;2;3;7mg");
    assert_int_equal(colour_at(0, 0), 0x07);
    assert_int_equal(colour_at(1, 0), 0x0c); // VGA's light red
    assert_int_equal(colour_at(2, 0), 0x17); // on VGA's blue
    assert_int_equal(colour_at(3, 0), 0x71);
    assert_int_equal(colour_at(4, 0), 0x07);
    assert_int_equal(colour_at(5, 0), 0x02);
    assert_int_equal(colour_at(6, 0), 0x20); // r;g;b is swallowed, the 7 after it is not
    feed("\x1b[0;41m\x1b[2J");
    assert_int_equal(colour_at(9, 3), 0x47); // erased cells have the background colour
}

static void test_characters(void **state) {
    feed("\xc3\xa9\xe2\x94\x80\xf0\x9f\x98\x80\x1b(0qx\x1b(Bq");
    assert_string_equal(line(0), "\\x00e9\\x2500\\xfffd\\x2500\\x2502q");
    feed("\r\n\xe2\x94z\x80");
    assert_string_equal(line(1), "\\xfffdz\\xfffd");
    feed("\r\n\x1b)0\x0elk\x0fl");
    assert_string_equal(line(2), "\\x250c\\x2510l");
}

static void test_swallows_what_it_does_not_know(void **state) {
    feed("a\x1b]0;title\ab\x1b]0;title\x1b\\c\x1bPq#0\x1b\\d\x1b[?2004he\x1b[>cf\x1b[!pg\x1b#8h");
    assert_string_equal(line(0), "abcdefgh");
}

// What nobody ended must not swallow the rest (Linux, console_codes(4): ESC ] R and ESC ] P end by themselves).
static void test_unfinished_sequences_end(void **state) {
    feed("a\x1b]Rb\x1b]P1a0B0c0c\x1b]Pxd");
    assert_string_equal(line(0), "abcxd");
    feed("\r\n\x1b]0;t \x1b[1me\x1bP1\x1b_\x1b^\x1bX\x1b[0mf");
    assert_string_equal(line(1), "ef");
    assert_int_equal(colour_at(0, 1), 0x0f);
    assert_int_equal(colour_at(1, 1), 0x07);
    feed("\r\n\x1b]0\x18g\x1bP1\x1ah\x1b[3\x18i\x1b(\x1aj\x1b\x18k");
    assert_string_equal(line(2), "ghijk");
    feed("\x1b[2J\x1b[H\x1b_");
    for (unsigned i = 0; i < ESCAPE_LONGEST; i++) feed("x");
    assert_string_equal(line(0), "x"); // the string had one byte more of its own
    feed("\x1b[1\xc3\xa9");
    assert_string_equal(line(0), "x\\x00e9");
}

static void test_sequences_with_intermediate_bytes(void **state) {
    feed("ab\x1b[1 @c\x1b%/Gd\x1b[!pe\x1b[?1$pf"); // none of them is ours
    assert_string_equal(line(0), "abcdef");
}

static void test_save_restore_and_reset(void **state) {
    feed("\x1b[2;3H\x1b[32m\x1b"
         "7\x1b[0m\x1b[4;4H\x1b"
         "8x\x1b[?25l");
    shows("", "  x", "", "");
    assert_int_equal(colour_at(2, 1), 0x02);
    assert_false(v.cursor_visible);
    feed("\x1b"
         "c");
    shows("", "", "", "");
    assert_true(v.cursor_visible);
}

// Random sequences with large and missing parameters: the cursor stays on the grid, nothing around it is written.
static void test_hostile_bytes(void **state) {
    static const char alphabet[] =
        "\x1b[;0123456789?@ABCDEFGHJKLMPSTXabcdefhlmrsu()78DEMc\n\r\b\t\x0e\x0f xyz\xc3\xe2\xf0\x80]P\\\a";
    u32 seed = 1;
    for (int i = 0; i < 300000; i++) {
        seed = seed * 1664525 + 1013904223;
        u8 c = seed >> 30 ? (u8)alphabet[(seed >> 8) % (sizeof alphabet - 1)] : (u8)(seed >> 16);
        if ((seed >> 12 & 7) == 0) vt_write(&v, (const u8 *)"\x1b[", 2);
        vt_write(&v, &c, 1);
        assert_true(v.x <= COLUMNS && v.y < ROWS);
        assert_true(v.top < v.bottom && v.bottom < ROWS);
    }
    const u8 *m = (const u8 *)memory;
    size_t guard = GUARD * sizeof *memory;
    for (size_t i = 0; i < guard; i++) {
        assert_int_equal(m[i], 0x5a);
        assert_int_equal(m[sizeof memory - 1 - i], 0x5a);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_text_wraps_and_scrolls, setup),
        cmocka_unit_test_setup(test_controls, setup),
        cmocka_unit_test_setup(test_cursor_addresses, setup),
        cmocka_unit_test_setup(test_erase, setup),
        cmocka_unit_test_setup(test_insert_and_delete, setup),
        cmocka_unit_test_setup(test_scrolling_region, setup),
        cmocka_unit_test_setup(test_colours, setup),
        cmocka_unit_test_setup(test_characters, setup),
        cmocka_unit_test_setup(test_swallows_what_it_does_not_know, setup),
        cmocka_unit_test_setup(test_unfinished_sequences_end, setup),
        cmocka_unit_test_setup(test_sequences_with_intermediate_bytes, setup),
        cmocka_unit_test_setup(test_save_restore_and_reset, setup),
        cmocka_unit_test_setup(test_hostile_bytes, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
