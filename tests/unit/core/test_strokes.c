// SPDX-License-Identifier: MIT
// What terminals send, as scan codes of set 1 (Microsoft's "USB HID to PS/2 Scan Code Translation Table"; xterm's ctlseqs).
#include "core/strokes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

// In hexadecimal what comes of the bytes, and of waiting behind them.
static const char *codes(const char *typed) {
    static char text[400];
    struct strokes s = {0};
    char *p = text;
    *p = 0;
    for (const char *c = typed; *c; c++) {
        u8 out[STROKES_MOST];
        unsigned n = strokes_feed(&s, (u8)*c, out);
        assert_true(n <= STROKES_MOST);
        for (unsigned i = 0; i < n; i++) p += sprintf(p, "%02x ", out[i]);
    }
    u8 out[STROKES_MOST];
    unsigned n = strokes_end(&s, out);
    for (unsigned i = 0; i < n; i++) p += sprintf(p, "%02x ", out[i]);
    return text;
}

static void characters(void **state) {
    assert_string_equal(codes("a"), "1e 9e ");
    assert_string_equal(codes("A"), "2a 1e 9e aa ");
    assert_string_equal(codes("1!"), "02 82 2a 02 82 aa ");
    assert_string_equal(codes(" "), "39 b9 ");
    assert_string_equal(codes("\\|"), "2b ab 2a 2b ab aa ");
    assert_string_equal(codes("`~"), "29 a9 2a 29 a9 aa ");
    assert_string_equal(codes("'\""), "28 a8 2a 28 a8 aa ");
    assert_string_equal(codes("/?"), "35 b5 2a 35 b5 aa ");
    assert_string_equal(codes("=+-_"), "0d 8d 2a 0d 8d aa 0c 8c 2a 0c 8c aa ");
    assert_string_equal(codes("]}"), "1b 9b 2a 1b 9b aa ");
    assert_string_equal(codes("\r\n"), "1c 9c 1c 9c ");
    assert_string_equal(codes("\t\b\x7f"), "0f 8f 0e 8e 0e 8e ");
    assert_string_equal(codes("\x03"), "1d 2e ae 9d ");
    assert_string_equal(codes("\x1c\x1d"), "1d 2b ab 9d 1d 1b 9b 9d ");
    assert_string_equal(codes("\x1e\x1f"), "1d 2a 07 87 aa 9d 1d 2a 0c 8c aa 9d ");
    assert_string_equal(codes("\xc3\xa4"), ""); // on no key
}

// Every printable character has a key, and no two are alike.
static void all_characters(void **state) {
    char seen[128][40];
    for (int c = 0x20; c < 0x7f; c++) {
        char typed[2] = {(char)c};
        strcpy(seen[c], codes(typed));
        assert_int_not_equal(strlen(seen[c]), 0);
        for (int d = 0x20; d < c; d++) assert_string_not_equal(seen[c], seen[d]);
    }
}

static void keys(void **state) {
    assert_string_equal(codes("\x1b[A\x1b[B\x1b[C\x1b[D"), "e0 48 e0 c8 e0 50 e0 d0 e0 4d e0 cd e0 4b e0 cb ");
    assert_string_equal(codes("\x1bOA\x1bOH\x1bOF"), "e0 48 e0 c8 e0 47 e0 c7 e0 4f e0 cf ");
    assert_string_equal(codes("\x1bOP\x1bOS"), "3b bb 3e be ");
    assert_string_equal(codes("\x1b[[A\x1b[[E"), "3b bb 3f bf ");
    assert_string_equal(codes("\x1b[1~\x1b[2~\x1b[3~\x1b[4~\x1b[5~\x1b[6~"),
                        "e0 47 e0 c7 e0 52 e0 d2 e0 53 e0 d3 e0 4f e0 cf e0 49 e0 c9 e0 51 e0 d1 ");
    assert_string_equal(codes("\x1b[11~\x1b[15~\x1b[17~\x1b[21~\x1b[23~\x1b[24~"), "3b bb 3f bf 40 c0 44 c4 57 d7 58 d8 ");
    assert_string_equal(codes("\x1b[16~\x1b[22~\x1b[99~\x1b[999999999999~\x1b[~\x1b[;;;;;~"), "");
    assert_string_equal(codes("\x1b[1;5C"), "1d e0 4d e0 cd 9d ");
    assert_string_equal(codes("\x1b[3;8~"), "38 1d 2a e0 53 e0 d3 aa 9d b8 ");
    assert_string_equal(codes("\x1b[Z"), "2a 0f 8f aa ");
}

static void escape(void **state) {
    assert_string_equal(codes("\x1b"), "01 81 ");
    assert_string_equal(codes("\x1b\x1b"), "01 81 01 81 ");
    assert_string_equal(codes("\x1b\x1b[A"), "01 81 e0 48 e0 c8 ");
    assert_string_equal(codes("\x1bx"), "38 2d ad b8 ");
    assert_string_equal(codes("\x1b["), ""); // a sequence that does not go on is none
    assert_string_equal(codes("\x1b[1\x1b[Ba"), "e0 50 e0 d0 1e 9e ");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(characters), cmocka_unit_test(all_characters), cmocka_unit_test(keys),
                                       cmocka_unit_test(escape)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
