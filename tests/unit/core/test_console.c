// SPDX-License-Identifier: MIT
// The guest's console: texts found across writes and colours, answers typed in order and at fixed guest times.
#include "scripted_plat.h"

#include "core/console.h"
#include "emu/emu.h"
#include "emu/escape.h"

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct scripted_plat s;
static struct vclock clock;
static struct env env;
static struct emu_config c;
static struct console *con;
static int finished;

// The device: takes what fits.
static char typed[8192];
static size_t typed_len, room;

static size_t device_input(void *dev, const u8 *bytes, size_t n) {
    if (n > room) n = room;
    memcpy(typed + typed_len, bytes, n);
    typed_len += n;
    room -= n;
    return n;
}

static void on_finish(void *ctx, int reason, u32 code) {
    assert_int_equal(reason, EMU_UNTIL);
    finished++;
}

static int setup(void **state) {
    scripted_plat_init(&s);
    clock = (struct vclock){.now = 1000};
    env = (struct env){.plat = &s.plat, .clock = &clock, .finish = on_finish};
    config_defaults(&c);
    finished = 0;
    typed_len = 0;
    room = sizeof typed;
    memset(typed, 0, sizeof typed);
    return 0;
}

static int teardown(void **state) {
    env_free_all(&env);
    return 0;
}

static void set(const char *key, const char *value) { assert_int_equal(config_set(&c, &s.plat, "test", key, value), 0); }

static void create(void) {
    con = console_create(&env, &c);
    console_port(con)->input = device_input;
}

static void show(const char *text) { console_port(con)->write(console_port(con)->ctx, (const u8 *)text, strlen(text)); }

static void run_to(u64 when) {
    while (clock_next(&clock) <= when) {
        clock.now = clock_next(&clock);
        clock_fire(&clock);
    }
    clock.now = when;
}

static void output_passes_through_unchanged(void **state) {
    create();
    show("a\x1b[1mb\r\n");
    show("");
    show("c");
    assert_string_equal(s.out, "a\x1b[1mb\r\nc");
    assert_null(console_until_missing(con));
    assert_null(console_expect_missing(con));
    assert_int_equal(finished, 0);
}

static void until_is_found_once_and_across_writes(void **state) {
    set("until", "hello");
    create();
    assert_string_equal(console_until_missing(con), "hello");
    for (const char *p = "hehelhellhell"; *p; p++) show((char[]){*p, 0});
    assert_int_equal(finished, 0);
    show("o");
    assert_int_equal(finished, 1);
    assert_null(console_until_missing(con));
    show("hello");
    assert_int_equal(finished, 1);
}

// Every text over {a,b} of 1..5 letters against every stream of 8: the rule restated is strstr.
static void matching_agrees_with_strstr(void **state) {
    for (unsigned len = 1; len <= 5; len++)
        for (unsigned t = 0; t < 1u << len; t++)
            for (unsigned stream = 0; stream < 256; stream += 3) {
                char text[6] = {0}, bytes[9] = {0};
                for (unsigned i = 0; i < len; i++) text[i] = t >> i & 1 ? 'a' : 'b';
                for (unsigned i = 0; i < 8; i++) bytes[i] = stream >> i & 1 ? 'a' : 'b';
                config_defaults(&c);
                set("until", text);
                create();
                finished = 0;
                show(bytes);
                assert_int_equal(finished, strstr(bytes, text) != NULL);
                env_free_all(&env);
            }
}

static void escape_sequences_are_looked_through(void **state) {
    const char *streams[] = {
        "Choose a language",
        "Cho\x1b[31;1mose\x1b[0m a \x1b[?25llanguage",
        "Choose\x1b[m \x1b(Ba\x1b)0 langu\x1b"
        "7age",
        "Choose a\x1b]0;title\a lan\x1b]0;t\x1b\\guage",
        "\x0e"
        "Choose\x0f a lan\x00guage",
        "Cho\x1b[1\x1b[2mose a language",
        "Cho\x1bP1$r0m\x1b\\ose a language",
        "Choose a lang\x1b#8uage",
        "Choose\x1b\x1b[m a language",                // ESC starts anew
        "Choose a \x1b%/Glanguage",                   // ECMA-35: two intermediate bytes before the final one
        "Choose a \x1b[38;5;1mlang\x1b]8;\x1b[xuage", // ESC in a string begins anew
        "Choose \x1b]Ra language",                    // Linux: ends by itself
        "Choose\x1b]P1a0B0c0 a \x1b]Planguage",       // seven hex digits, and none
        "Choose\x1b]0;t \x1b[0m a language",          // nobody ended it
        "Choose\x1bPq#0\x18 a lang\x1b_x\x1auage",    // CAN and SUB end every string
        "Choose\x1b^p\x1b\\ a lang\x1bXs\r\n\x1bMuage",
        "Choose\x1b[1\x18 a language",
        "Choose\x1b(\x18 a language", // CAN: no intermediate byte, and no final one
    };
    for (unsigned i = 0; i < countof(streams); i++) {
        set("until", "Choose a language");
        create();
        finished = 0;
        show(streams[i]);
        if (i == 4) console_port(con)->write(console_port(con)->ctx, (const u8 *)"\0guage", 6);
        assert_int_equal(finished, 1);
        env_free_all(&env);
    }
    create();
    finished = 0;
    show("\x1b[Choose a language"); // the C ends the sequence and is part of it
    assert_int_equal(finished, 0);
}

// A string that goes on for ever is none: what comes behind its first ESCAPE_LONGEST bytes is text.
static void a_string_without_end_is_over_at_last(void **state) {
    for (const char *kind = "]PX^_"; *kind; kind++) {
        set("until", "Choose");
        create();
        finished = 0;
        show((char[]){0x1b, *kind, 0});
        for (unsigned i = 0; i + 16 < ESCAPE_LONGEST; i += 8) show("Choose\r\n");
        assert_int_equal(finished, 0);
        for (unsigned i = 0; i < 4; i++) show("Choose\r\n");
        assert_int_equal(finished, 1);
        env_free_all(&env);
    }
    create();
}

static void a_text_with_an_escape_sees_the_raw_stream(void **state) {
    set("until", "\\e[1mOK");
    create();
    show("OK \x1b[0mOK");
    assert_int_equal(finished, 0);
    show("\x1b[1mOK");
    assert_int_equal(finished, 1);
}

static void an_expected_text_with_an_escape_sees_the_raw_stream(void **state) {
    set("expect", "\\e[6n");
    set("send", "\\e[1;1R");
    create();
    show("[6n\x1b[7m");
    run_to(clock.now + 1000000000);
    assert_int_equal(typed_len, 0);
    show("\x1b[6n");
    run_to(clock.now + 1000000000);
    assert_string_equal(typed, "\x1b[1;1R");
}

static void answers_follow_their_texts_in_order(void **state) {
    set("expect", "login:");
    set("send", "root\\n");
    set("expect", "word:");
    set("send", "pw\\n");
    set("expect", "# ");
    create();
    show("word: # login"); // out of order: not seen
    run_to(clock.now + 1000000000);
    assert_int_equal(typed_len, 0);
    assert_string_equal(console_expect_missing(con), "login:");
    u64 shown = clock.now;
    show(": ");
    assert_string_equal(console_expect_missing(con), "word:");
    run_to(shown + CONSOLE_THINK - 1);
    assert_int_equal(typed_len, 0);
    run_to(shown + CONSOLE_THINK);
    assert_string_equal(typed, "root\n");
    show("Password: x\r\n# ");
    assert_null(console_expect_missing(con));
    run_to(clock.now + CONSOLE_THINK);
    assert_string_equal(typed, "root\npw\n");
    assert_int_equal(clock_next(&clock), CLOCK_NEVER);
}

// "each from the byte after the one before"
static void one_write_may_hold_several_texts_but_not_share_bytes(void **state) {
    set("expect", "ab");
    set("send", "1");
    set("expect", "ba");
    set("send", "2");
    create();
    show("aba");
    run_to(clock.now + CONSOLE_THINK);
    assert_string_equal(typed, "1");
    show("ba");
    run_to(clock.now + CONSOLE_THINK);
    assert_string_equal(typed, "12");
}

static void typing_has_a_pace_and_waits_for_the_device(void **state) {
    set("expect", ">");
    set("send", "0123456789abcdefghij");
    create();
    u64 start = clock.now;
    show(">");
    room = 3;
    run_to(start + CONSOLE_THINK);
    assert_string_equal(typed, "012");
    run_to(start + CONSOLE_THINK + 10 * CONSOLE_TICK);
    assert_string_equal(typed, "012");
    room = 100;
    run_to(clock.now + CONSOLE_TICK - 1);
    assert_string_equal(typed, "012");
    run_to(clock.now + 1);
    assert_int_equal(typed_len, 3 + CONSOLE_BURST);
    run_to(clock.now + 2 * CONSOLE_TICK);
    assert_string_equal(typed, "0123456789abcdefghij");
    assert_int_equal(clock_next(&clock), CLOCK_NEVER);
}

static void live_input_is_moved_when_polled(void **state) {
    create();
    console_poll(con);
    s.input = "keys";
    assert_int_equal(typed_len, 0);
    console_poll(con);
    assert_string_equal(typed, "keys");
    console_poll(con);
}

static char pressed[8];

static void on_pressed(void *ctx, enum keys_action key) {
    assert_ptr_equal(ctx, &s);
    strcat(pressed, key == KEYS_STOP ? "x" : key == KEYS_WHERE ? "s" : key == KEYS_HELP ? "h" : "?");
}

static void create_for_a_person(void) {
    create();
    s.kind = CONSOLE_INPUT_LIVE;
    pressed[0] = 0;
    console_on_key(con, on_pressed, &s);
}

// A person's Ctrl-A and one more are softmetal's; a file's are the guest's.
static void keys_that_are_not_the_guests(void **state) {
    static const char text[] = "a\x01xb\x01"
                               "ac\x01\x01"
                               "d\x01se\x01hf\x01?";
    create_for_a_person();
    for (const char *p = text; *p; p++) { // a read may end between the two
        char one[2] = {*p};
        s.input = one;
        console_poll(con);
    }
    assert_string_equal(typed, "ab\x01"
                               "c\x01"
                               "def");
    assert_string_equal(pressed, "xshh");
    create();
    s.kind = CONSOLE_INPUT_OPEN;
    typed_len = 0;
    s.input = text;
    console_poll(con);
    run_to(clock.now + 10 * CONSOLE_TICK);
    assert_memory_equal(typed, text, strlen(text));
}

// A guest that reads nothing must not keep its user from leaving, however much he has typed.
static void a_deaf_guest_can_be_left(void **state) {
    static char much[20003];
    create_for_a_person();
    memset(much, 'm', 20000);
    strcpy(much + 20000, "\x01x");
    room = 0;
    s.input = much;
    console_poll(con);
    run_to(clock.now + CONSOLE_DEAF);
    console_poll(con);
    assert_string_equal(pressed, "x");
    assert_true(scripted_logged(&s, "the guest does not read its input"));
}

static void no_live_byte_is_lost_when_the_guest_is_slow(void **state) {
    static char much[6001];
    for (unsigned i = 0; i < 6000; i++) much[i] = (char)('a' + i % 26);
    create();
    room = 0;
    s.input = much;
    for (unsigned i = 0; i < 3; i++) console_poll(con);
    room = sizeof typed;
    for (unsigned i = 0; i < 3000; i++) {
        run_to(clock.now + CONSOLE_TICK);
        console_poll(con);
    }
    assert_string_equal(typed, much);
}

static void a_port_without_a_device_drops_input(void **state) {
    create();
    console_port(con)->input = NULL;
    s.input = "x";
    console_poll(con);
    assert_int_equal(clock_next(&clock), CLOCK_NEVER);
}

static void an_answer_to_a_deaf_guest_is_cut_with_a_warning(void **state) {
    static char much[4097];
    memset(much, 'x', 4096);
    set("expect", ">");
    set("send", "y");
    create();
    room = 0;
    s.input = much;
    console_poll(con);
    show(">");
    assert_true(scripted_logged(&s, "does not read its input"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(output_passes_through_unchanged),
        T(until_is_found_once_and_across_writes),
        T(matching_agrees_with_strstr),
        T(escape_sequences_are_looked_through),
        T(a_string_without_end_is_over_at_last),
        T(an_expected_text_with_an_escape_sees_the_raw_stream),
        T(a_text_with_an_escape_sees_the_raw_stream),
        T(answers_follow_their_texts_in_order),
        T(one_write_may_hold_several_texts_but_not_share_bytes),
        T(typing_has_a_pace_and_waits_for_the_device),
        T(live_input_is_moved_when_polled),
        T(keys_that_are_not_the_guests),
        T(a_deaf_guest_can_be_left),
        T(no_live_byte_is_lost_when_the_guest_is_slow),
        T(a_port_without_a_device_drops_input),
        T(an_answer_to_a_deaf_guest_is_cut_with_a_warning),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
