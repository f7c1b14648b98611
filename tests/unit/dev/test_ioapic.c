// SPDX-License-Identifier: MIT
// I/O APIC against the 82093AA data sheet.
#include "dev/ioapic.h"

#include "dev_fixture.h"

struct rig {
    struct dev_fixture *f;
    struct ioapic *io;
};

static struct rig make(void **state) {
    struct dev_fixture *f = *state;
    return (struct rig){f, ioapic_create(&f->env, 1, probe_msi(f))};
}

static u32 get(struct rig r, u8 index) {
    out32(&ioapic_ops, r.io, 0, index);
    return in32(&ioapic_ops, r.io, 0x10);
}

static void set(struct rig r, u8 index, u32 v) {
    out32(&ioapic_ops, r.io, 0, index);
    out32(&ioapic_ops, r.io, 0x10, v);
}

static void entry(struct rig r, unsigned pin, u32 high, u32 low) {
    set(r, (u8)(0x11 + 2 * pin), high);
    set(r, (u8)(0x10 + 2 * pin), low);
}

static void line(struct rig r, unsigned pin, bool level) {
    struct irq_line l = ioapic_line(r.io, pin);
    irq_set(&l, level);
}

static void registers(void **state) {
    struct rig r = make(state);
    assert_int_equal(get(r, 0), 0x01000000);
    assert_int_equal(get(r, 1), 0x00170020);
    for (unsigned pin = 0; pin < 24; pin++) assert_int_equal(get(r, (u8)(0x10 + 2 * pin)), 0x10000);
    entry(r, 23, 0x12345678, 0xFFFFFFFF);
    assert_int_equal(get(r, 0x3F), 0x12000000);
    assert_int_equal(get(r, 0x3E), 0x0001AFFF); // delivery status and remote IRR are read-only
    set(r, 0x40, 0xFFFFFFFF);                   // past the last
    assert_int_equal(get(r, 0x40), 0);
    set(r, 0, 0xF5000001);
    assert_int_equal(get(r, 0), 0x05000000);
    set(r, 1, 0xFFFFFFFF);
    assert_int_equal(get(r, 1), 0x00170020);
}

static void an_edge_is_one_message(void **state) {
    struct rig r = make(state);
    entry(r, 4, 0x03000000, 0x0931); // logical, lowest priority
    line(r, 4, true);
    assert_int_equal(r.f->messages, 1);
    assert_int_equal(r.f->address, 0xFEE03004);
    assert_int_equal(r.f->data, 0x4131);
    line(r, 4, true);
    line(r, 4, false);
    assert_int_equal(r.f->messages, 1);
    line(r, 4, true);
    assert_int_equal(r.f->messages, 2);
}

static void a_masked_edge_is_lost(void **state) {
    struct rig r = make(state);
    entry(r, 4, 0, 0x10031);
    line(r, 4, true);
    line(r, 4, false);
    entry(r, 4, 0, 0x31);
    assert_int_equal(r.f->messages, 0);
}

static void a_level_waits_for_eoi(void **state) {
    struct rig r = make(state);
    entry(r, 10, 0, 0x8051);
    line(r, 10, true);
    assert_int_equal(r.f->messages, 1);
    assert_int_equal(r.f->address, 0xFEE00000);
    assert_int_equal(r.f->data, 0xC051);
    assert_int_equal(get(r, 0x10 + 20) >> 14 & 1, 1);
    line(r, 10, false);
    line(r, 10, true); // remote IRR holds it back
    assert_int_equal(r.f->messages, 1);
    ioapic_eoi(r.io, 0x50); // another vector
    assert_int_equal(r.f->messages, 1);
    ioapic_eoi(r.io, 0x51); // still asserted: again
    assert_int_equal(r.f->messages, 2);
    line(r, 10, false);
    out32(&ioapic_ops, r.io, 0x40, 0x51); // the EOI register does the same
    assert_int_equal(r.f->messages, 2);
    assert_int_equal(get(r, 0x10 + 20) >> 14 & 1, 0);
}

static void a_masked_level_is_kept(void **state) {
    struct rig r = make(state);
    entry(r, 10, 0, 0x18051);
    line(r, 10, true);
    assert_int_equal(r.f->messages, 0);
    entry(r, 10, 0, 0x8051);
    assert_int_equal(r.f->messages, 1);
}

// Linux's eoi_ioapic_pin() for old chips: mask and edge, then level again
static void edge_mode_clears_remote_irr(void **state) {
    struct rig r = make(state);
    entry(r, 10, 0, 0x8051);
    line(r, 10, true);
    set(r, 0x10 + 20, 0x10051);
    set(r, 0x10 + 20, 0x8051);
    assert_int_equal(r.f->messages, 2);
}

static void nmi_is_an_edge(void **state) {
    struct rig r = make(state);
    entry(r, 0, 0, 0x8400);
    line(r, 0, true);
    assert_int_equal(r.f->messages, 1);
    assert_int_equal(r.f->data, 0x4400);
    assert_int_equal(get(r, 0x10) >> 14 & 1, 0);
}

static void no_such_pin(void **state) {
    struct rig r = make(state);
    line(r, 24, true);
    assert_int_equal(r.f->messages, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        DEVICE_TEST(registers),
        DEVICE_TEST(an_edge_is_one_message),
        DEVICE_TEST(a_masked_edge_is_lost),
        DEVICE_TEST(a_level_waits_for_eoi),
        DEVICE_TEST(a_masked_level_is_kept),
        DEVICE_TEST(edge_mode_clears_remote_irr),
        DEVICE_TEST(nmi_is_an_edge),
        DEVICE_TEST(no_such_pin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
