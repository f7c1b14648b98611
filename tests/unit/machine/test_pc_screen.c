// SPDX-License-Identifier: MIT
// One terminal for a PC's screen and COM1: who has it, what is typed to whom, and what a run that goes back shows.
#include "machine/board.h"
#include "machine/machine.h"
#include "machine/rewind.h"
#include "scripted_plat.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define RAM (4 * MiB)
static u8 rom[64 * KiB], *ram;
static struct scripted_plat s;
static struct emu_config c;
static struct emu_machine *m;

static int setup(void **state) {
    scripted_plat_init(&s);
    config_defaults(&c);
    memset(rom, 0xf4, sizeof rom);
    ram = s.plat.alloc(&s.plat, RAM, 2 * MiB);
    memset(ram, 0, RAM);
    return 0;
}

static int teardown(void **state) {
    emu_destroy(m);
    s.plat.free(&s.plat, ram, RAM);
    return 0;
}

static void out(u16 port, u8 value) { bus_out(&m->bus, port, 1, value); }
static u8 in(u16 port) { return (u8)bus_in(&m->bus, port, 1); }

static void make(enum config_screen screen) {
    struct emu_inputs i = {.firmware = {"rom", rom, sizeof rom}, .vga_bios = {"vga", rom, sizeof rom}};
    c.screen = screen;
    assert_int_equal(emu_create(&m, &c, &i, &s.plat, ram, RAM), 0);
}

static void text_mode(void) {
    static const u16 indexed[][2] = {{0x3c4, 0x0302}, {0x3c4, 0x0204}, {0x3ce, 0x1005}, {0x3ce, 0x0e06},
                                     {0x3ce, 0xff08}, {0x3d4, 0x4f01}, {0x3d4, 0x1f07}, {0x3d4, 0x4f09},
                                     {0x3d4, 0x8f12}, {0x3d4, 0x2813}, {0x3d4, 0xa317}};
    out(0x3c2, 0x67);
    for (unsigned i = 0; i < countof(indexed); i++) bus_out(&m->bus, indexed[i][0], 2, indexed[i][1]);
    for (u32 i = 0; i < 2000; i++) bus_write(&m->bus, 0xb8000 + 2 * i, 2, 0x0720);
    in(0x3da);
    out(0x3c0, 0x20);
}

static void say(u32 at, const char *text) {
    for (; *text; at += 2) bus_write(&m->bus, 0xb8000 + at, 1, (u8)*text++);
}

static void wait(u64 ns) { clock_advance(&m->clock, m->clock.now + ns); }
static const char *shown(void) {
    wait(2000000);
    s.out[s.out_len] = 0;
    s.out_len = 0;
    return s.out;
}

static void type(const char *text) {
    s.input = text;
    s.kind = CONSOLE_INPUT_OPEN;
    console_poll(m->console);
}
static void keys(const char *codes) {
    for (; *codes; codes++) {
        for (unsigned i = 0; i < 50 && !(in(0x64) & 1); i++) {
            wait(1000000);
            console_poll(m->console);
        }
        assert_int_equal(in(0x64) & 1, 1);
        assert_int_equal(in(0x60), (u8)*codes);
    }
    assert_int_equal(in(0x64) & 1, 0);
}

static void the_screen_comes_first(void **state) {
    make(SCREEN_AUTO);
    shown();
    text_mode();
    say(0, "Booting");
    assert_non_null(strstr(shown(), "Booting"));
    say(160, "second");
    s.out_len = 0;
    wait(500000); // not yet
    assert_int_equal(s.out_len, 0);
    assert_non_null(strstr(shown(), "second"));
    assert_string_equal(shown(), "");
    assert_false(m->kind->input_wakes(m)); // IRQ 1 is masked at first
    type("a\x1b[A");
    keys("\x1e\x9e\xe0\x48\xe0\xc8");
    type("\x1b"); // a key, when nothing follows
    keys("\x01\x81");
    assert_int_equal(in(0x3fd) & 1, 0); // nothing of it came to COM1
}

static void com1_takes_it(void **state) {
    make(SCREEN_AUTO);
    text_mode();
    say(0, "loader");
    out(0x3f8, 'L'); // what the screen was to show comes first
    const char *text = shown();
    assert_non_null(strstr(text, "loader"));
    assert_string_equal(text + strlen(text) - 1, "L");
    assert_true(strstr(text, "loader") < text + strlen(text) - 1);
    assert_true(scripted_logged(&s, "COM1 is written to"));
    say(0, "hidden");
    assert_string_equal(shown(), "");
    out(0x3f8, 'M');
    assert_string_equal(shown(), "M");
    type("k");
    assert_int_equal(in(0x64) & 1, 0);
    assert_int_equal(in(0x3fd) & 1, 1);
    assert_int_equal(in(0x3f8), 'k');
}

static void the_screen_keeps_it(void **state) {
    make(SCREEN_VGA);
    text_mode();
    say(0, "loader");
    out(0x3f8, 'L');
    assert_null(strchr(shown(), 'L'));
    say(0, "shown ");
    assert_non_null(strstr(shown(), "shown"));
    type("k");
    keys("\x25\xa5");
}

static void graphics_are_told(void **state) {
    make(SCREEN_AUTO);
    text_mode();
    bus_out(&m->bus, 0x3ce, 2, 0x0506);
    assert_non_null(strstr(shown(), "(graphics, 640 x 25: this screen shows text modes only)"));
    bus_out(&m->bus, 0x3ce, 2, 0x0e06);
    say(0, "back");
    assert_non_null(strstr(shown(), "back"));
}

// The terminal may show anything by then; and what was typed goes on.
static void goes_back(void **state) {
    struct rewind *point;
    make(SCREEN_AUTO);
    text_mode();
    say(0, "before");
    shown();
    assert_int_equal(rewind_mark(m, &point), 0);
    out(0x3f8, 'x');
    say(0, "after!");
    shown();
    assert_int_equal(rewind_to(m, point), 0);
    const char *text = shown();
    assert_non_null(strstr(text, "\x1b[2J"));
    assert_non_null(strstr(text, "before"));
    type("k"); // COM1 does not have it yet
    keys("\x25\xa5");
    assert_int_equal(rewind_to(m, point), 0); // what is shown has changed meanwhile, or was muted: it is drawn from nothing
    assert_non_null(strstr(shown(), "\x1b[2J"));
}

int main(void) {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {T(the_screen_comes_first), T(com1_takes_it), T(the_screen_keeps_it), T(graphics_are_told),
                                       T(goes_back)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
