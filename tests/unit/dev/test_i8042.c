// SPDX-License-Identifier: MIT
// Keyboard controller: the sequences of Linux's i8042, atkbd and psmouse drivers, A20 and reset.
#include "dev/i8042.h"

#include "dev_fixture.h"
#include "emu/emu.h"

enum { KBD = 1, A20 = 2, INIT = 3, AUX = 12 };
enum { OBF = 1, IBF = 2, FROM_AUX = 0x20 };

struct rig {
    struct dev_fixture *f;
    struct i8042 *k;
};

static struct rig make(void **state) {
    struct dev_fixture *f = *state;
    return (struct rig){f,
                        i8042_create(&f->env, probe_line(f, KBD), probe_line(f, AUX), probe_line(f, A20), probe_line(f, INIT))};
}

static u8 status(struct rig r) { return in8(&i8042_command_ops, r.k, 0); }
static void command(struct rig r, u8 v) { out8(&i8042_command_ops, r.k, 0, v); }
static void data(struct rig r, u8 v) { out8(&i8042_data_ops, r.k, 0, v); }
static u8 take(struct rig r) { return in8(&i8042_data_ops, r.k, 0); }

static void expect(struct rig r, bool from_aux, unsigned n, const u8 *bytes) {
    for (unsigned i = 0; i < n; i++) {
        assert_int_equal(status(r) & (OBF | FROM_AUX), OBF | (from_aux ? FROM_AUX : 0));
        assert_int_equal(take(r), bytes[i]);
    }
    assert_int_equal(status(r) & OBF, 0);
}
#define EXPECT(r, aux, ...) expect(r, aux, sizeof(u8[]){__VA_ARGS__}, (const u8[]){__VA_ARGS__})

static void set_ctr(struct rig r, u8 v) {
    command(r, 0x60);
    data(r, v);
}

static u8 ctr(struct rig r) {
    command(r, 0x20);
    return take(r);
}

static void controller(void **state) {
    struct rig r = make(state);
    assert_int_equal(status(r) & (OBF | IBF), 0);
    assert_int_equal(ctr(r), 0x45); // as a BIOS leaves it: translating, keyboard interrupt on
    set_ctr(r, 0x41);
    assert_int_equal(status(r) & 4, 0); // SYS follows the command byte
    set_ctr(r, 0x45);
    assert_int_equal(status(r) & 4, 4);
    command(r, 0x70); // internal RAM byte 16: nothing but storage
    data(r, 0x00);
    assert_int_equal(status(r) & 4, 4);
    command(r, 0xAA);
    EXPECT(r, false, 0x55);
    command(r, 0xAB);
    EXPECT(r, false, 0x00);
    command(r, 0xA9);
    EXPECT(r, false, 0x00);
    set_ctr(r, 0x74);
    assert_int_equal(ctr(r), 0x74);
    command(r, 0xAE);
    assert_int_equal(ctr(r), 0x64);
    command(r, 0xA8);
    assert_int_equal(ctr(r), 0x44);
    command(r, 0xA7);
    assert_int_equal(ctr(r), 0x64);
}

// i8042_check_aux(): loop test, then off and on; i8042_check_mux(): the bytes come back unchanged, so there is no mux
static void linux_aux_probe(void **state) {
    struct rig r = make(state);
    set_ctr(r, 0x74);
    command(r, 0xD3);
    data(r, 0x5A);
    EXPECT(r, true, 0x5A);
    command(r, 0xA7);
    assert_int_equal(ctr(r) & 0x20, 0x20);
    command(r, 0xA8);
    assert_int_equal(ctr(r) & 0x20, 0);
    static const u8 mux[] = {0xF0, 0x56, 0xA4};
    for (unsigned i = 0; i < countof(mux); i++) {
        command(r, 0xD3);
        data(r, mux[i]);
        EXPECT(r, true, mux[i]);
    }
    set_ctr(r, 0x47);
    command(r, 0xD3);
    data(r, 0xA5);
    assert_int_equal(r.f->probe[AUX].rises, 1);
    assert_int_equal(r.f->probe[KBD].rises, 0);
    EXPECT(r, true, 0xA5);
    assert_false(r.f->probe[AUX].level);
}

// atkbd_probe(), atkbd_activate()
static void linux_keyboard(void **state) {
    struct rig r = make(state);
    set_ctr(r, 0x05); // translation off, as i8042_controller_init leaves it for direct mode
    data(r, 0xF2);
    assert_true(r.f->probe[KBD].level);
    EXPECT(r, false, 0xFA, 0xAB, 0x83);
    assert_int_equal(r.f->probe[KBD].rises, 3); // an edge for each byte
    data(r, 0xED);
    EXPECT(r, false, 0xFA);
    data(r, 0x00);
    EXPECT(r, false, 0xFA);
    data(r, 0xF3);
    EXPECT(r, false, 0xFA);
    data(r, 0x00);
    EXPECT(r, false, 0xFA);
    data(r, 0xF0);
    EXPECT(r, false, 0xFA);
    data(r, 0x00);
    EXPECT(r, false, 0xFA, 0x02);
    data(r, 0xF4);
    EXPECT(r, false, 0xFA);
    data(r, 0xFF);
    EXPECT(r, false, 0xFA, 0xAA);
    data(r, 0xEE);
    EXPECT(r, false, 0xEE);
    data(r, 0xE0);
    EXPECT(r, false, 0xFE);
}

static void mouse(struct rig r, u8 v) {
    command(r, 0xD4);
    data(r, v);
}

static void linux_mouse(void **state) {
    struct rig r = make(state);
    set_ctr(r, 0x47);
    mouse(r, 0xFF);
    EXPECT(r, true, 0xFA, 0xAA, 0x00);
    mouse(r, 0xF2);
    EXPECT(r, true, 0xFA, 0x00);
    static const u8 knock[] = {200, 100, 80}; // a wheel mouse would change its id
    for (unsigned i = 0; i < countof(knock); i++) {
        mouse(r, 0xF3);
        EXPECT(r, true, 0xFA);
        mouse(r, knock[i]);
        EXPECT(r, true, 0xFA);
    }
    mouse(r, 0xF2);
    EXPECT(r, true, 0xFA, 0x00);
    mouse(r, 0xE9);
    EXPECT(r, true, 0xFA, 0x00, 0x02, 80);
    static const u8 modes[] = {0xF4, 0xF0, 0xE7};
    for (unsigned i = 0; i < countof(modes); i++) {
        mouse(r, modes[i]);
        EXPECT(r, true, 0xFA);
    }
    mouse(r, 0xE9);
    EXPECT(r, true, 0xFA, 0x70, 0x02, 80);
    mouse(r, 0xEA);
    EXPECT(r, true, 0xFA);
    mouse(r, 0xE9);
    EXPECT(r, true, 0xFA, 0x30, 0x02, 80);
    mouse(r, 0xF6);
    EXPECT(r, true, 0xFA);
    mouse(r, 0xE9);
    EXPECT(r, true, 0xFA, 0x00, 0x02, 100);
    static const u8 setting[] = {0xF4, 0xE7, 0xE8, 3}; // reporting, 2:1, 8 counts per mm ...
    for (unsigned i = 0; i < countof(setting); i++) {
        mouse(r, setting[i]);
        EXPECT(r, true, 0xFA);
    }
    mouse(r, 0xE9);
    EXPECT(r, true, 0xFA, 0x30, 0x03, 100);
    mouse(r, 0xE6); // ... and back, one by one
    EXPECT(r, true, 0xFA);
    mouse(r, 0xE9);
    EXPECT(r, true, 0xFA, 0x20, 0x03, 100);
    mouse(r, 0xF5);
    EXPECT(r, true, 0xFA);
    mouse(r, 0xE9);
    EXPECT(r, true, 0xFA, 0x00, 0x03, 100);
    mouse(r, 0xE1);
    EXPECT(r, true, 0xFE);
    assert_int_equal(r.f->probe[KBD].rises, 0);
}

static void a_disabled_interface_keeps_its_bytes(void **state) {
    struct rig r = make(state);
    data(r, 0xF2);
    command(r, 0xAD);
    take(r); // the byte that was out already
    assert_int_equal(status(r) & OBF, 0);
    command(r, 0xAE);
    assert_int_equal(status(r) & OBF, OBF);
}

static void a20(void **state) {
    struct rig r = make(state);
    command(r, 0xD0);
    assert_int_equal(take(r) & 3, 3);
    command(r, 0xD1);
    data(r, 0xDF);
    assert_true(r.f->probe[A20].level);
    command(r, 0xD1);
    data(r, 0xDD);
    assert_false(r.f->probe[A20].level);
    command(r, 0xDF);
    assert_true(r.f->probe[A20].level);
    assert_int_equal(r.f->finished, 0);
}

static void resets(void **state) {
    struct rig r = make(state);
    command(r, 0xFF); // pulses nothing
    assert_int_equal(r.f->probe[INIT].rises, 0);
    command(r, 0xFE);
    assert_int_equal(r.f->probe[INIT].rises, 1);
    command(r, 0xD1);
    data(r, 0xDE);
    assert_int_equal(r.f->probe[INIT].rises, 2);
    assert_false(r.f->probe[INIT].level);
    assert_int_equal(r.f->finished, 0);
}

// F and the arrow up, pressed and released.
static const u8 f_and_up[] = {0x21, 0xA1, 0xE0, 0x48, 0xE0, 0xC8};

static void keys(void **state) {
    struct rig r = make(state);
    assert_false(i8042_takes_keys(r.k));
    i8042_add_keys(r.k);
    assert_true(i8042_takes_keys(r.k) && i8042_key_interrupts(r.k));
    i8042_key(r.k, f_and_up, sizeof f_and_up);
    assert_false(i8042_takes_keys(r.k)); // until they have been read
    assert_int_equal(r.f->probe[KBD].rises, 1);
    EXPECT(r, false, 0x21, 0xA1, 0xE0, 0x48, 0xE0, 0xC8);
    assert_int_equal(r.f->probe[KBD].rises, 6); // each is an edge
    set_ctr(r, 0x05);                           // the controller translates no more
    i8042_key(r.k, f_and_up, sizeof f_and_up);
    EXPECT(r, false, 0x2B, 0xF0, 0x2B, 0xE0, 0x75, 0xE0, 0xF0, 0x75);
    data(r, 0xF0); // the keyboard's set 1
    data(r, 1);
    EXPECT(r, false, 0xFA, 0xFA);
    i8042_key(r.k, f_and_up, 2);
    EXPECT(r, false, 0x21, 0xA1);
    set_ctr(r, 0x44);
    assert_false(i8042_key_interrupts(r.k));
}

static void a_keyboard_that_does_not_scan(void **state) {
    struct rig r = make(state);
    i8042_add_keys(r.k);
    data(r, 0xF5);
    EXPECT(r, false, 0xFA);
    assert_false(i8042_takes_keys(r.k) || i8042_key_interrupts(r.k));
    data(r, 0xF6); // defaults are not scanning
    EXPECT(r, false, 0xFA);
    assert_false(i8042_takes_keys(r.k));
    data(r, 0xF4);
    assert_false(i8042_takes_keys(r.k)); // its answer comes first
    EXPECT(r, false, 0xFA);
    assert_true(i8042_takes_keys(r.k));
    data(r, 0xED); // and its parameter
    EXPECT(r, false, 0xFA);
    assert_false(i8042_takes_keys(r.k));
    data(r, 0);
    EXPECT(r, false, 0xFA);
    data(r, 0xF5);
    data(r, 0xFF);
    take(r);
    EXPECT(r, false, 0xFA, 0xAA);
    assert_true(i8042_takes_keys(r.k));
}

static void survives_nonsense(void **state) {
    struct rig r = make(state);
    u32 random = 3;
    for (unsigned i = 0; i < 500000; i++) {
        random = random * 1664525 + 1013904223;
        switch (random >> 30) {
        case 0: command(r, (u8)(random >> 16)); break;
        case 1: data(r, (u8)(random >> 16)); break;
        case 2: take(r); break;
        default: status(r); break;
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        DEVICE_TEST(controller),
        DEVICE_TEST(linux_aux_probe),
        DEVICE_TEST(linux_keyboard),
        DEVICE_TEST(linux_mouse),
        DEVICE_TEST(a_disabled_interface_keeps_its_bytes),
        DEVICE_TEST(a20),
        DEVICE_TEST(resets),
        DEVICE_TEST(keys),
        DEVICE_TEST(a_keyboard_that_does_not_scan),
        DEVICE_TEST(survives_nonsense),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
