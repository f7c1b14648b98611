// SPDX-License-Identifier: MIT
// kernel/scancodes.c, typing.c: what scan codes type (the sequences are those of xterm and the VT220; codes as in the IBM PS/2 Hardware
// Interface Technical Reference). kernel/keyboard.c: a controller that works, and those that do not: nothing hangs, nothing is typed.
#define KERNEL_IO_H
#include "base/types.h"

static u8 inb(u16 port);
static void outb(u16 port, u8 v);

#include "../../../kernel/keyboard.c"

#include "../../../kernel/scancodes.c"

#include "../../../kernel/keymap.c"
#include "../../../kernel/typing.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

// --- the controller, and time that its registers take

static u8 data[4096];
static unsigned data_at, data_end;
static u8 command_byte, last_command, status_bits;
static bool floating, deaf, no_keyboard, full_for_ever;
static u64 microseconds;

void time_wait_us(u32 us) { microseconds += us; }

static void give(const void *bytes, size_t n) {
    memcpy(data + data_end, bytes, n);
    data_end += (unsigned)n;
}

static u8 inb(u16 port) {
    microseconds++;
    if (floating) return 0xff;
    if (port == 0x64) return full_for_ever ? OUTPUT_FULL : (u8)((data_at < data_end) | status_bits);
    if (full_for_ever) return 0x1e;
    return data_at < data_end ? data[data_at++] : 0;
}

static void outb(u16 port, u8 v) {
    if (deaf || floating) return;
    if (port == 0x64) {
        last_command = v;
        if (v == READ_BYTE) give(&command_byte, 1);
    } else if (last_command == WRITE_BYTE) {
        command_byte = v;
        last_command = 0;
    } else if (!no_keyboard) {
        give(&(u8){ACKNOWLEDGE}, 1);
    }
}

static int new_controller(void **state) {
    data_at = data_end = typed_at = typed_end = run = 0;
    codes = (struct scancodes){0};
    keys = (struct typing){0};
    command_byte = 0x03;
    last_command = status_bits = 0;
    floating = deaf = no_keyboard = full_for_ever = false;
    microseconds = 0;
    return 0;
}

// --- what is typed

static const char *typed_by(const char *scan, size_t n) {
    static char text[256];
    size_t length = 0;
    struct scancodes s = {0};
    struct typing k = {0};
    for (size_t i = 0; i < n; i++) {
        bool down;
        u8 usage = scancodes_feed(&s, (u8)scan[i], &down);
        if (usage) length += typing_key(&k, usage, down, (u8 *)text + length);
    }
    text[length] = 0;
    return text;
}

#define TYPES(scan, text) assert_string_equal(typed_by(scan, sizeof scan - 1), text)

static void letters_and_signs(void **state) {
    TYPES("\x23\xa3\x12\x92\x26\xa6\x26\xa6\x18\x98\x39\xb9\x02\x82\x0d\x8d\x1c\x9c", "hello 1=\r");
    TYPES("\x2a\x23\xa3\x02\x28\xaa\x28", "H!\"'");
    TYPES("\x36\x1e\x9e\xb6\x1e", "Aa"); // the other Shift
    TYPES("\x0e\x0f\x01", "\x7f\t\x1b");
    TYPES("\x1e\x1e\x1e\x9e", "aaa"); // repeated by the keyboard
    TYPES("\x2a\x0f\xaa", "\x1b[Z");
}

static void every_printable_character_can_be_typed(void **state) {
    for (enum config_keyboard layout = KEYBOARD_US; layout <= KEYBOARD_ES; layout++) {
        bool seen[128] = {0};
        for (unsigned chosen = 0; chosen < 3; chosen++)
            for (unsigned usage = 1; usage < 0x100; usage++) {
                static const u8 modifiers[] = {0, 0x02, 0x40}; // none, Shift, AltGr
                struct typing k = {.layout = layout, .modifiers = modifiers[chosen]};
                u8 out[TYPING_MOST];
                unsigned n = typing_key(&k, (u8)usage, true, out);
                if (!n && k.dead) n = typing_key(&k, KEY_SPACE, true, out);
                if (n == 1) seen[out[0] & 127] = true;
            }
        for (unsigned c = ' '; c < 127; c++) assert_true(seen[c]);
    }
}

static void control_and_alt(void **state) {
    TYPES("\x1d\x2e\x9d\x2e", "\x03"
                              "c");
    TYPES("\xe0\x1d\x1e\xe0\x9d\x1e", "\x01"
                                      "a"); // the right one
    TYPES("\x1d\x1a\x2b\x1b\x35\x09\x0e", "\x1b\x1c\x1d\x1f\x7f\b");
    TYPES("\x38\x30\xb8\x30", "\x1b"
                              "bb");
    TYPES("\xe0\x38\x30\xe0\xb8", "\x1b"
                                  "b");
    TYPES("\x1d\x38\x2e", "\x1b\x03");
    struct typing k = {.modifiers = 0x01};
    u8 out[TYPING_MOST];
    assert_int_equal(typing_key(&k, KEY_SPACE, true, out), 1);
    assert_int_equal(out[0], 0);
}

static void locks(void **state) {
    TYPES("\x3a\xba\x1e\x02\x2a\x1e\x02\xaa\x3a\xba\x1e", "A1a!a");
    TYPES("\x3a\x3a\x3a\xba\x1e", "A"); // held, it repeats
    TYPES("\x47\x4c\x52\x53\x4a\x4e\x37\xe0\x35\xe0\x1c", "750.-+*/\r");
    TYPES("\x45\xc5\x48\x47\x53\x4c\x4e", "\x1b[A\x1b[1~\x1b[3~\x1b[E+");
}

static void keys_without_a_character(void **state) {
    TYPES("\xe0\x48\xe0\x50\xe0\x4d\xe0\x4b", "\x1b[A\x1b[B\x1b[C\x1b[D");
    TYPES("\xe0\x47\xe0\x52\xe0\x53\xe0\x4f\xe0\x49\xe0\x51", "\x1b[1~\x1b[2~\x1b[3~\x1b[4~\x1b[5~\x1b[6~");
    TYPES("\x3b\x3c\x3d\x3e\x3f\x40\x44\x57\x58", "\x1bOP\x1bOQ\x1bOR\x1bOS\x1b[15~\x1b[17~\x1b[21~\x1b[23~\x1b[24~");
    TYPES("\x1d\xe0\x4d\xe0\x53\x2a\x38\xe0\x48", "\x1b[1;5C\x1b[3;5~\x1b[1;8A");
    TYPES("\x2a\x3b\x58", "\x1b[1;2P\x1b[24;2~");
    TYPES("\xe0\x2a\xe0\x4b\xe0\xcb\xe0\xaa\x1e", "\x1b[Da"); // a Shift that nobody pressed
    TYPES("\x1e\xe1\x1d\x45\xe1\x9d\xc5\x30\x47", "ab7");     // Pause is neither Ctrl nor Num Lock
    TYPES("\x46\xe0\x5b\xe0\x37\xe0\x5d\x54\xfa\xfe\xaa\xff", "");
}

// Any codes, any layout: never more than there is room for.
static void any_codes(void **state) {
    struct scancodes c = {0};
    struct typing k = {0};
    u8 out[TYPING_MOST + 8];
    u32 seed = 7;
    for (unsigned i = 0; i < 1000000; i++) {
        bool down = false;
        seed = seed * 1664525 + 1013904223;
        k.layout = (enum config_keyboard)(i / 1000 % 5);
        memset(out, 0x5a, sizeof out);
        u8 usage = scancodes_feed(&c, (u8)(seed >> 20), &down);
        assert_true(typing_key(&k, i & 1 ? usage : (u8)(seed >> 18), down, out) <= TYPING_MOST);
        for (unsigned n = TYPING_MOST; n < sizeof out; n++) assert_int_equal(out[n], 0x5a);
    }
}

// --- the controller

static void a_keyboard_types(void **state) {
    give("\x1e\x9e", 2); // before it was asked for: for the firmware
    assert_true(keyboard_init(KEYBOARD_US));
    assert_int_equal(command_byte, TRANSLATE | NO_MOUSE);
    assert_int_equal(keyboard_read(), -1);
    give("\x1e\x9e\xe0\x48\xe0\xc8", 6);
    assert_int_equal(keyboard_read(), 'a');
    assert_int_equal(keyboard_read(), 0x1b);
    assert_int_equal(keyboard_read(), '[');
    assert_int_equal(keyboard_read(), 'A');
    assert_int_equal(keyboard_read(), -1);
    status_bits = 0x20; // the mouse's
    give("\x1e", 1);
    assert_int_equal(keyboard_read(), -1);
}

static void a_keyboard_that_is_plugged_in_later(void **state) {
    no_keyboard = true;
    assert_false(keyboard_init(KEYBOARD_US));
    give("\xaa\x1e", 2);
    assert_int_equal(keyboard_read(), 'a');
}

static void no_controller(void **state) {
    floating = true;
    assert_false(keyboard_init(KEYBOARD_US));
    assert_int_equal(keyboard_read(), -1);
    floating = false, deaf = true; // reads as zeros
    assert_false(keyboard_init(KEYBOARD_US));
    assert_true(microseconds < 1000000);
    give("\x1e", 1);
    assert_int_equal(keyboard_read(), -1);
    new_controller(state);
    status_bits = INPUT_FULL; // takes no commands
    assert_false(keyboard_init(KEYBOARD_US));
    assert_true(microseconds < 1000000);
}

static void a_controller_that_goes_away(void **state) {
    assert_true(keyboard_init(KEYBOARD_US));
    floating = true;
    for (unsigned i = 0; i < 10; i++) assert_int_equal(keyboard_read(), -1);
}

static void a_controller_that_is_stuck(void **state) {
    full_for_ever = true;
    assert_false(keyboard_init(KEYBOARD_US)); // the acknowledgement never comes
    assert_true(microseconds < 1000000);
    unsigned n = 0;
    while (keyboard_read() >= 0) assert_true(++n < 2000);
    assert_int_equal(keyboard_read(), -1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(letters_and_signs),
        cmocka_unit_test(every_printable_character_can_be_typed),
        cmocka_unit_test(control_and_alt),
        cmocka_unit_test(locks),
        cmocka_unit_test(keys_without_a_character),
        cmocka_unit_test(any_codes),
        cmocka_unit_test_setup(a_keyboard_types, new_controller),
        cmocka_unit_test_setup(a_keyboard_that_is_plugged_in_later, new_controller),
        cmocka_unit_test_setup(no_controller, new_controller),
        cmocka_unit_test_setup(a_controller_that_goes_away, new_controller),
        cmocka_unit_test_setup(a_controller_that_is_stuck, new_controller),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
