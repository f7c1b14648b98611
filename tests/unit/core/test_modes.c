// SPDX-License-Identifier: MIT
// What a guest's output changes on a terminal is undone, and nothing else (emu/modes.h). The sequences are xterm's (ctlseqs) and
// Linux's (console_codes(4)).
#include "base/types.h"
#include "emu/modes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void expect_undo(const char *output, const char *undo) {
    struct modes m = {0};
    char out[MODES_UNDO + 1];
    for (const char *p = output; *p; p++) modes_feed(&m, (const u8 *)p, 1);
    out[modes_undo(&m, out)] = 0;
    if (strcmp(out, undo))
        fail_msg("after %s: %s, not %s", output + 1, out[0] ? out + 1 : "nothing", undo[0] ? undo + 1 : "nothing");
    assert_int_equal(modes_undo(&m, out), 0); // once
}

#define E "\x1b"
static void each_change_is_undone(void **state) {
    static const struct {
        const char *output, *undo;
    } cases[] = {
        {E "[?1049h", E "[?1049l"},
        {E "[?25l", E "[?25h"},
        {E "[?7l", E "[?7h"},
        {E "[?1;2004h", E "[?1l" E "[?2004l"},
        {E "[?1000h" E "[?1006h", E "[?1000l" E "[?1006l"},
        {E "=", E ">"},
        {E "[1;31m", E "[0m"},
        {E "[38:2:1:2:3m", E "[0m"},
        {E "(0", E "(B" E ")B"},
        {"\x0e", "\x0f"},
        {E "%@", E "%G"},
        {E "[2;10r", E "7" E "[r" E "8"},
        {E "[4 q", E "[0 q"},
        {E "[4h", E "[4l"},
        {E "[>4;2m", E "[>4m"},
        {E "[>1u" E "[>3u", E "[<u" E "[<u"},
        {E "]4;1;rgb:00/00/00\a", E "]104" E "\\"},
        {E "]11;#000000" E "\\", E "]110" E "\\" E "]111" E "\\" E "]112" E "\\"},
        {E "]P1ff0000", E "]R"},
    };
    for (unsigned i = 0; i < countof(cases); i++) expect_undo(cases[i].output, cases[i].undo);
}

static void what_is_as_it_was_is_left_alone(void **state) {
    static const char *const outputs[] = {
        "plain text\r\n",
        E "[2J" E "[H" E "[K",
        E "[m",
        E "[0m",
        E "[1;31m" E "[0m",
        E "[?25l" E "[?25h",
        E "[?1049h" E "[?1049l",
        E "[?25h",
        E "[?7h",
        E "[?2004l",
        E "=" E ">",
        E "(B",
        "\x0e\x0f",
        E "[2;10r" E "[r",
        E "[?1r",
        E "[?12345h",
        E "[4h" E "[4l",
        E "[>1u" E "[<u",
        E "]0;a title\a",
        E "[4 q" E "[0 q",
        E "[?1049h" E "[1m" E "=" E "c",
    };
    for (unsigned i = 0; i < countof(outputs); i++) expect_undo(outputs[i], "");
}

static void a_sequence_left_open_is_ended_first(void **state) {
    expect_undo("x" E, "\x18");
    expect_undo(E "[?25l" E "[12", "\x18" E "[?25h");
    expect_undo(E "]0;half a title", "\x18" E "\\");
    expect_undo(E "P1$r", "\x18" E "\\");
}

// All at once: the text has room.
static void there_is_room_for_everything(void **state) {
    static const char all[] =
        E "[?47;1047;1049;1;5;6;9;66;69;1000;1001;1002;1003;1004h" E "[?1005;1006;1015;1016;2004;2026h" E "[?7;25l" E "=" E
          "[1m" E "(0\x0e" E "%@" E "[2;10r" E "[4 q" E "[4h" E "[>4;2m" E "]4;1;x\a" E "]P1ff0000" E "]10;x\a";
    struct modes m = {0};
    char out[MODES_UNDO];
    modes_feed(&m, (const u8 *)all, sizeof all - 1);
    for (unsigned i = 0; i < 1000; i++) modes_feed(&m, (const u8 *)E "[>1u", 5);
    modes_feed(&m, (const u8 *)E "]0;", 4);
    size_t n = modes_undo(&m, out);
    assert_in_range(n, 200, MODES_UNDO);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_change_is_undone),
        cmocka_unit_test(what_is_as_it_was_is_left_alone),
        cmocka_unit_test(a_sequence_left_open_is_ended_first),
        cmocka_unit_test(there_is_room_for_everything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
