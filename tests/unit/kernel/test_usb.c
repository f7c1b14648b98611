// SPDX-License-Identifier: MIT
// kernel/usb/report.c: what a boot keyboard's reports type (HID 1.11, appendix B.1 and C), and what a held key repeats. kernel/usb/descriptor.c: which
// interface is a keyboard's or hub's (HID 1.11, appendix E; USB 2.0, 11.23.1), in descriptors that are right and in those that are not. The rest of
// kernel/usb is tests/fuzz/fuzz_usb.c's, and tests/boot/run's.
#include "../../../kernel/keymap.c"
#include "../../../kernel/typing.c"
#include "../../../kernel/usb/descriptor.c"
#include "../../../kernel/usb/report.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum : u64 { MS = 1000000 };

static struct report r;
static u64 now;
static char text[REPORT_TYPES + 1];

static const char *typed(unsigned n) {
    text[n] = 0;
    return text;
}

// The keys that are down.
static const char *report(u8 modifiers, u8 a, u8 b, u8 c) {
    const u8 bytes[REPORT_BYTES] = {modifiers, 0xff, a, b, c};
    return typed(report_feed(&r, bytes, now, (u8 *)text));
}

static const char *later(u64 ms) {
    now += ms * MS;
    return typed(report_repeat(&r, now, (u8 *)text));
}

static int new_keyboard(void **state) {
    r = (struct report){0};
    now = 12345;
    return 0;
}

static void keys_that_go_down(void **state) {
    assert_string_equal(report(0, 0x0b, 0, 0), "h");
    assert_string_equal(report(0, 0x0b, 0x0c, 0), "i"); // both are down
    assert_string_equal(report(0, 0x0c, 0x0b, 0), "");  // in no order
    assert_string_equal(report(0, 0x0c, 0, 0), "");     // one comes up
    assert_string_equal(report(0, 0x0c, 0x0b, 0), "h"); // and goes down again
    assert_string_equal(report(0, 0, 0, 0), "");
    assert_string_equal(report(0, 0x04, 0x05, 0x06), "abc");
}

static void modifiers_come_first(void **state) {
    assert_string_equal(report(0x02, 0x04, 0, 0), "A");
    assert_string_equal(report(0x20, 0x05, 0, 0), "B");
    assert_string_equal(report(0x00, 0x06, 0, 0), "c");
    assert_string_equal(report(0x01, 0x04, 0, 0), "\x01");
    assert_string_equal(report(0x04, 0x05, 0, 0), "\x1b"
                                                  "b");
    assert_string_equal(report(0x12, 0x52, 0, 0), "\x1b[1;6A");
}

static void locks_and_moves(void **state) {
    report(0, 0x39, 0, 0);
    assert_string_equal(report(0, 0x39, 0x04, 0), "A");
    assert_string_equal(report(0, 0, 0, 0), "");
    assert_string_equal(report(0, 0x04, 0, 0), "A");
    report(0, 0x39, 0, 0);
    assert_string_equal(report(0, 0x04, 0, 0), "a");
    assert_string_equal(report(0, 0x4a, 0x4f, 0x3e), "\x1b[1~\x1b[C\x1b[15~");
}

static void too_many_keys(void **state) {
    const u8 roll_over[REPORT_BYTES] = {0x02, 0, 1, 1, 1, 1, 1, 1};
    assert_string_equal(report(0, 0x04, 0, 0), "a");
    assert_int_equal(report_feed(&r, roll_over, now, (u8 *)text), 0);
    assert_string_equal(report(0x02, 0x04, 0x05, 0), "B"); // a is still down
}

static void what_is_no_key(void **state) {
    assert_string_equal(report(0, 2, 3, 0xe1), "");
    assert_string_equal(report(0, 0xff, 0x04, 0x04), "aa"); // twice, from a keyboard that is broken
    assert_string_equal(report(0, 0, 0x04, 0), "");
}

static void a_held_key_repeats(void **state) {
    assert_string_equal(report(0, 0x04, 0, 0), "a");
    assert_string_equal(later(499), "");
    assert_string_equal(later(1), "a");
    assert_string_equal(later(32), "");
    assert_string_equal(later(1), "a");
    assert_string_equal(later(5000), "a"); // what was missed is not made up for
    assert_string_equal(later(1), "");
    assert_string_equal(report(0, 0x04, 0x05, 0), "b"); // the last one
    assert_string_equal(later(500), "b");
    assert_string_equal(report(0, 0x04, 0, 0), "");
    assert_string_equal(later(5000), "");
    assert_string_equal(report(0, 0x39, 0, 0), "");
    assert_string_equal(later(600), ""); // a lock
    assert_string_equal(report(0, 0, 0, 0), "");
    assert_string_equal(report(0, 0x04, 0, 0), "A");
}

// --- descriptors

// HID 1.11, appendix E, with a mouse's interface in front.
static const u8 combined[] = {
    9, 2, 59, 0,  2, 3, 0, 0xa0, 50, 9, 4, 0, 0, 1, 3,    1,    2, 0, 9, 0x21, 0x11, 1, 0, 1, 0x22, 50, 0, 7, 5,  0x81,
    3, 4, 0,  10, 9, 4, 1, 0,    1,  3, 1, 1, 0, 9, 0x21, 0x11, 1, 0, 1, 0x22, 63,   0, 7, 5, 0x82, 3,  8, 0, 10,
};
static const u8 hub[] = {9, 2, 25, 0, 1, 1, 0, 0xe0, 0, 9, 4, 0, 0, 1, 9, 0, 0, 0, 7, 5, 0x81, 3, 1, 0, 12};

static void the_keyboard_of_several_interfaces(void **state) {
    struct usb_interface i;
    assert_true(descriptor_keyboard(combined, sizeof combined, &i));
    assert_int_equal(i.configuration, 3);
    assert_int_equal(i.interface, 1);
    assert_int_equal(i.endpoint, 2);
    assert_int_equal(i.packet, 8);
    assert_int_equal(i.interval, 10);
    assert_false(descriptor_hub(combined, sizeof combined, &i));
    assert_true(descriptor_hub(hub, sizeof hub, &i));
    assert_int_equal(i.endpoint, 1);
    assert_int_equal(i.interval, 12);
    assert_false(descriptor_keyboard(hub, sizeof hub, &i));
}

static void descriptors_that_end_early(void **state) {
    struct usb_interface i;
    for (size_t n = 0; n < sizeof combined; n++) {
        u8 *copy = malloc(n + 1); // so that ASan sees a byte too far
        memcpy(copy, combined, n);
        u8 *exact = realloc(copy, n ? n : 1);
        assert_false(descriptor_keyboard(exact, n, &i));
        free(exact);
    }
}

// Each one byte, changed so that this is no keyboard.
static void descriptors_that_are_wrong(void **state) {
    static const struct {
        u8 at, v;
    } changes[] = {
        {9, 0},
        {9, 1},
        {9 + 25, 200},
        {9 + 25 + 3, 1},
        {9 + 25 + 5, 8},
        {9 + 25 + 6, 0},
        {9 + 25 + 7, 2}, // lengths, setting, class
        {9 + 25 + 18, 6},
        {9 + 25 + 20, 0x02},
        {9 + 25 + 20, 0x80},
        {9 + 25 + 21, 2},
        {9 + 25 + 22, 0},
        {9 + 25 + 23, 5}, // endpoint
    };
    for (unsigned n = 0; n < countof(changes); n++) {
        u8 bytes[sizeof combined];
        struct usb_interface i;
        memcpy(bytes, combined, sizeof bytes);
        bytes[changes[n].at] = changes[n].v;
        assert_false(descriptor_keyboard(bytes, sizeof bytes, &i));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(keys_that_go_down, new_keyboard),
        cmocka_unit_test_setup(modifiers_come_first, new_keyboard),
        cmocka_unit_test_setup(locks_and_moves, new_keyboard),
        cmocka_unit_test_setup(too_many_keys, new_keyboard),
        cmocka_unit_test_setup(what_is_no_key, new_keyboard),
        cmocka_unit_test_setup(a_held_key_repeats, new_keyboard),
        cmocka_unit_test(the_keyboard_of_several_interfaces),
        cmocka_unit_test(descriptors_that_end_early),
        cmocka_unit_test(descriptors_that_are_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
