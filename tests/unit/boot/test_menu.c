// SPDX-License-Identifier: MIT
// The menu without a firmware: keys out of a terminal's bytes, what they do to list and words, what a screen of 79 columns shows, and what
// an image is taken for. tests/fuzz/fuzz_boot.c presses any others.
#include "../../../boot/disc.c"

#include "../../../boot/edit.c"

#include "../../../boot/keys.c"

#include "../../../boot/menu.c"

#include "../../../boot/names.c"

#define at at_head
#include "../../../boot/peek.c"
#undef at

#include "scripted_plat.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

// --- keys

static void terminal(void **state) {
    static const struct {
        const char *bytes; // '|' is a moment in which nothing comes
        u32 key[4];
    } cases[] = {
        {"a\r", {'a', '\r'}},
        {"\x1b[A\x1b[B\x1b[C\x1b[D", {KEY_UP, KEY_DOWN, KEY_RIGHT, KEY_LEFT}},
        {"\x1bOA\x1bOF\x1b[H", {KEY_UP, KEY_END, KEY_HOME}},
        {"\x1b[1~\x1b[3~\x1b[4~\x1b[21~", {KEY_HOME, KEY_DELETE, KEY_END, KEY_F10}},
        {"\x1b[5~\x1b[6~", {KEY_PAGE_UP, KEY_PAGE_DOWN}},
        {"\x1b|x", {KEY_ESCAPE, 'x'}},
        {"\x1b[|A", {KEY_UP}},
        {"\x1b\x1b|", {KEY_ESCAPE, KEY_ESCAPE}},
        {"\x1b[1;5A\x1b[Zx", {'x'}},
        {"\x1b[123456789x", {'7', '8', '9', 'x'}}, // longer than any: the rest is taken for keys
        {"\xc3\xa4\xe2\x82\xac", {0xe4, 0x20ac}},
        {"\xc3x\x80\xf0\x9f\x98\x80\x7f", {'x', 0x7f}},
        {"\xc0\x80\xed\xa0\x80y", {'y'}}, // a zero in two bytes, a surrogate
    };
    for (unsigned i = 0; i < countof(cases); i++) {
        struct keys k = {.count = 0};
        unsigned n = 0;
        for (const char *p = cases[i].bytes; *p; p++) {
            u32 key = keys_byte(&k, *p == '|' ? -1 : (u8)*p);
            if (key == NO_KEY) continue;
            if (n == 4 || key != cases[i].key[n]) fail_msg("row %u: key %u is 0x%x", i, n, key);
            n++;
        }
        if (n < 4 && cases[i].key[n]) fail_msg("row %u: key %u does not come", i, n);
    }
}

// --- words

static struct edit words;

static void press(const char *keys) {
    for (; *keys; keys++) edit_key(&words, (u8)*keys);
}

static void editing(void **state) {
    edit_open(&words, "kernel = a.iso\nappend = \n");
    press(" x\b.");
    assert_string_equal(words.text, "kernel = a.iso .\nappend = \n");
    edit_key(&words, KEY_DOWN); // to the shorter line's end
    press("quiet");
    assert_string_equal(words.text, "kernel = a.iso .\nappend = quiet\n");
    edit_key(&words, KEY_HOME);
    edit_key(&words, KEY_DELETE);
    edit_key(&words, 0xe4);
    edit_key(&words, 0x20ac);
    assert_string_equal(words.text, "kernel = a.iso .\n\xc3\xa4\xe2\x82\xacppend = quiet\n");
    unsigned row, column;
    edit_cursor(&words, &row, &column);
    assert_int_equal(row, 1);
    assert_int_equal(column, 2);
    edit_key(&words, KEY_LEFT); // a character, not a byte
    edit_key(&words, KEY_BACKSPACE);
    assert_string_equal(words.text, "kernel = a.iso .\n\xe2\x82\xacppend = quiet\n");
    edit_key(&words, KEY_UP);
    edit_key(&words, KEY_UP); // there is none
    press("\x0b\r");          // Ctrl-K, Enter
    assert_string_equal(words.text, "\n\n\xe2\x82\xacppend = quiet\n");
    edit_key(&words, KEY_BACKSPACE);
    edit_key(&words, KEY_BACKSPACE); // at the start
    assert_string_equal(words.text, "\n\xe2\x82\xacppend = quiet\n");
    size_t n;
    assert_non_null(edit_line(&words, 2, &n));
    assert_int_equal(n, 0);
    assert_null(edit_line(&words, 3, &n));
}

static void words_that_are_too_many(void **state) {
    static char text[EDIT_TEXT + 100];
    memset(text, 'x', sizeof text - 1);
    text[99] = '\n';
    edit_open(&words, text);
    assert_int_equal(words.length, 100); // whole lines
    while (words.length + 3 < sizeof words.text) press("y");
    edit_key(&words, 0x20ac);
    assert_true(words.length < sizeof words.text && !words.text[words.length]);
    size_t before = words.length;
    for (unsigned i = 0; i < 5; i++) edit_key(&words, 0x20ac);
    assert_true(words.length < before + 3);
}

// --- the list

static struct menu menu;
static struct menu_entry entry[MENU_ENTRIES];
static struct menu_line line[MENU_LINES];
static unsigned row, column;

static void open_menu(unsigned entries, unsigned chosen, unsigned seconds) {
    for (unsigned i = 0; i < entries; i++) plat_format(entry[i].name, sizeof entry[i].name, "guest-%u.iso", i + 1);
    plat_format(entry[0].about, sizeof entry[0].about, "1 MiB");
    menu_open(&menu, entry, entries, chosen, seconds);
}

static bool shows(const char *text) {
    menu_lines(&menu, line, &row, &column);
    for (unsigned i = 0; i < MENU_LINES; i++)
        if (strstr(line[i].text, text)) return true;
    return false;
}

static void the_countdown_ends_in_what_is_proposed(void **state) {
    open_menu(3, 1, 3);
    assert_true(shows(">  2  guest-2.iso") && shows("It starts in 3 s"));
    assert_int_equal(menu_second(&menu), MENU_REDRAW);
    assert_int_equal(menu_second(&menu), MENU_REDRAW);
    assert_true(shows("It starts in 1 s"));
    assert_int_equal(menu_second(&menu), MENU_START);
    assert_int_equal(menu.chosen, 1);
    open_menu(3, 7, 0); // proposed is what is not there
    assert_int_equal(menu_second(&menu), MENU_START);
    assert_int_equal(menu.chosen, 0);
}

static void any_key_ends_the_countdown(void **state) {
    open_menu(3, 0, 1);
    assert_int_equal(menu_key(&menu, KEY_ESCAPE), MENU_REDRAW);
    for (unsigned i = 0; i < 99; i++) assert_int_equal(menu_second(&menu), MENU_NOTHING);
    assert_false(shows("It starts"));
    assert_true(shows("1 MiB"));
}

static void choosing(void **state) {
    static const struct {
        const char *keys; // A up, B down, P page up, N page down, H home, E end; digits
        unsigned chosen;
    } cases[] = {{"B", 1},   {"BB", 2}, {"A", 29}, {"AB", 0},  {"N", 12},  {"NN", 24}, {"NNN", 29},
                 {"EP", 17}, {"PP", 0}, {"EH", 0}, {"7", 6},   {"12", 11}, {"30", 29}, {"31", 0},
                 {"99", 8},  {"0", 0},  {"50", 4}, {"1B2", 1}, {"jjk", 1}, {"25B", 25}};
    static const u32 named[] = {
        ['A'] = KEY_UP, ['B'] = KEY_DOWN, ['P'] = KEY_PAGE_UP, ['N'] = KEY_PAGE_DOWN, ['H'] = KEY_HOME, ['E'] = KEY_END};
    for (unsigned i = 0; i < countof(cases); i++) {
        open_menu(30, 0, 9);
        for (const char *p = cases[i].keys; *p; p++) {
            u32 key = (u8)*p < countof(named) && named[(u8)*p] ? named[(u8)*p] : (u8)*p;
            assert_int_equal(menu_key(&menu, key), MENU_REDRAW);
            char text[40];
            plat_format(text, sizeof text, ">%3u  guest-%u.iso", menu.chosen + 1, menu.chosen + 1);
            if (!shows(text)) fail_msg("row %u: \"%s\" is not shown", i, text);
        }
        if (menu.chosen != cases[i].chosen) fail_msg("row %u: %u is chosen", i, menu.chosen);
    }
    assert_int_equal(menu_key(&menu, '\r'), MENU_START);
    assert_int_equal(menu_key(&menu, 'e'), MENU_EDIT);
    assert_int_equal(menu_key(&menu, 'q'), MENU_LEAVE);
}

static void words_on_the_screen(void **state) {
    open_menu(2, 0, 5);
    assert_int_equal(menu_key(&menu, 'e'), MENU_EDIT);
    edit_open(&menu.edit, "a = 1\n");
    menu.editing = true;
    for (unsigned i = 0; i < 200; i++) menu_key(&menu, 'q'); // no leaving while words are typed
    assert_true(shows("guest-1.iso") && !shows("a = 1") && shows("qqqq"));
    assert_int_equal(row, 2);
    assert_int_equal(column, MENU_COLUMNS - 1);
    for (unsigned i = 0; i < 30; i++) menu_key(&menu, '\r');
    menu_key(&menu, 'z');
    assert_true(shows("z"));
    assert_int_equal(row, 2 + MENU_LIST - 1);
    assert_int_equal(column, 1);
    assert_int_equal(menu_key(&menu, 'x' & 0x1f), MENU_START);
    assert_true(menu.editing);
    assert_int_equal(menu_key(&menu, KEY_ESCAPE), MENU_REDRAW);
    assert_true(!menu.editing && shows(">  1"));
}

static void names_of_any_length(void **state) {
    open_menu(1, 0, 5);
    for (unsigned i = 0; i + 3 < sizeof entry[0].name; i += 2) memcpy(entry[0].name + i, "\xc3\xa4", 3);
    menu_lines(&menu, line, &row, &column);
    unsigned characters = 0;
    for (const char *p = line[2].text; *p; p++) characters += ((u8)*p & 0xc0) != 0x80;
    assert_int_equal(characters, MENU_COLUMNS);
    assert_true(memchr(line[2].text, 0, sizeof line[2].text));
    // Begin and end of what is too long; also where the list goes on.
    open_menu(30, 0, 5);
    static const char text[] = "A name that somebody has given once, and never looked at again since 2019-11-28 (copy 2).iso";
    for (unsigned i = 0; i < 12; i += 11) strcpy(entry[i].name, text);
    assert_true(shows(">  1  A name that somebody has given once, and never... 2019-11-28 (copy 2).iso"));
    assert_true(shows("  12  A name that somebody has given once, and ne...019-11-28 (copy 2).iso  ..."));
    strcpy(entry[0].place, text);
    assert_true(shows("A name that somebody has given once, and never loo...ce 2019-11-28 (copy 2).iso"));
    entry[0].name[MENU_COLUMNS - 6] = 0; // just fits
    assert_true(shows(entry[0].name));
}

// --- images

static u8 head[PEEK_BYTES];
static bool no_disc(struct disc *d, u64 sector, void *data) { return false; }

static struct peek peek_at(size_t where, const char *magic) {
    struct disc d = {.read = no_disc, .sectors = 2};
    memset(head, 0, sizeof head);
    memcpy(head + where, magic, strlen(magic));
    return peek(head, sizeof head, &d);
}

static void at_a_glance(void **state) {
    assert_string_equal(peek_at(0x202, "HdrS").arch, "x86_64");
    assert_string_equal(peek_at(0x30, "RISCV").arch, "riscv64");
    assert_string_equal(peek_at(0x38, "ARMd").arch, "arm64");
    assert_string_equal(peek_at(0, "\x7f"
                                   "ELF")
                            .kind,
                        "ELF");
    assert_null(peek_at(0, "\x7f"
                           "ELF")
                    .arch);
    assert_string_equal(peek_at(0, "\x1f\x8b").kind, "packed by gzip");
    assert_string_equal(peek_at(0, "").kind, "raw image");
    assert_true(names_first_part("a.iso.001") && !names_first_part("a.iso.002") && !names_first_part("001"));
    assert_int_equal(names_kind("a.iso.001"), NAME_ISO);
    assert_int_equal(names_kind("a.iso.002"), NAME_OTHER);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(terminal),
        cmocka_unit_test(editing),
        cmocka_unit_test(words_that_are_too_many),
        cmocka_unit_test(the_countdown_ends_in_what_is_proposed),
        cmocka_unit_test(any_key_ends_the_countdown),
        cmocka_unit_test(choosing),
        cmocka_unit_test(words_on_the_screen),
        cmocka_unit_test(names_of_any_length),
        cmocka_unit_test(at_a_glance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
