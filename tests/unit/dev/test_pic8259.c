// SPDX-License-Identifier: MIT
// 8259A pair against the data sheet's rules.
#include "dev/pic8259.h"

#include "dev_fixture.h"

struct rig {
    struct dev_fixture *f;
    struct pic8259 *p;
};

static void master(struct rig r, u64 port, u8 v) { out8(&pic8259_master_ops, r.p, port, v); }
static void slave(struct rig r, u64 port, u8 v) { out8(&pic8259_slave_ops, r.p, port, v); }
static u8 from_master(struct rig r, u64 port) { return in8(&pic8259_master_ops, r.p, port); }
static u8 from_slave(struct rig r, u64 port) { return in8(&pic8259_slave_ops, r.p, port); }
static bool intr(struct rig r) { return r.f->probe[0].level; }

static void line(struct rig r, unsigned irq, bool level) {
    struct irq_line l = pic8259_line(r.p, irq);
    irq_set(&l, level);
}

// A rising edge; the line stays up, as the data sheet asks for until the acknowledge.
static void edge(struct rig r, unsigned irq) {
    line(r, irq, false);
    line(r, irq, true);
}

// As Linux does: vectors 0x30 and 0x38, normal EOI, nothing masked.
static struct rig make(struct dev_fixture *f, u8 icw4) {
    struct rig r = {f, pic8259_create(&f->env, probe_line(f, 0))};
    master(r, 0, 0x11);
    master(r, 1, 0x30);
    master(r, 1, 0x04);
    master(r, 1, icw4);
    slave(r, 0, 0x11);
    slave(r, 1, 0x38);
    slave(r, 1, 0x02);
    slave(r, 1, icw4 & 3);
    master(r, 1, 0);
    slave(r, 1, 0);
    return r;
}

static void starts_masked(void **state) {
    struct dev_fixture *f = *state;
    struct rig r = {f, pic8259_create(&f->env, probe_line(f, 0))};
    assert_int_equal(from_master(r, 1), 0xFF);
    edge(r, 0);
    assert_false(intr(r));
    master(r, 1, 0x7B); // the probe of Linux: IMR holds what was written
    assert_int_equal(from_master(r, 1), 0x7B);
}

static void takes_by_priority(void **state) {
    struct rig r = make(*state, 1);
    edge(r, 4);
    edge(r, 1);
    edge(r, 12);
    assert_int_equal(from_master(r, 0), 0x16); // IRR with the cascade
    assert_int_equal(pic_ack(r.p), 0x31);
    assert_false(intr(r)); // all others are lower
    master(r, 0, 0x0B);
    assert_int_equal(from_master(r, 0), 0x02); // ISR
    master(r, 0, 0x20);
    assert_true(intr(r));
    assert_int_equal(pic_ack(r.p), 0x3C);
    assert_int_equal(from_master(r, 0), 0x04);
    slave(r, 0, 0x20);
    master(r, 0, 0x20);
    assert_int_equal(pic_ack(r.p), 0x34);
    assert_false(intr(r));
}

static void higher_interrupts_lower(void **state) {
    struct rig r = make(*state, 1);
    edge(r, 5);
    assert_int_equal(pic_ack(r.p), 0x35);
    edge(r, 3);
    assert_true(intr(r));
    assert_int_equal(pic_ack(r.p), 0x33);
    master(r, 0, 0x63); // specific EOI
    master(r, 0, 0x0B);
    assert_int_equal(from_master(r, 0), 0x20);
}

static void an_edge_is_one_interrupt(void **state) {
    struct rig r = make(*state, 1);
    line(r, 4, true);
    assert_int_equal(pic_ack(r.p), 0x34);
    master(r, 0, 0x20);
    assert_false(intr(r)); // still high, but no new edge
    line(r, 4, false);
    line(r, 4, true);
    assert_true(intr(r));
}

static void a_level_stays(void **state) {
    struct rig r = make(*state, 1);
    out8(&pic8259_elcr_ops, r.p, 0, 0xFF);
    out8(&pic8259_elcr_ops, r.p, 1, 0xFF);
    assert_int_equal(in8(&pic8259_elcr_ops, r.p, 0), 0xF8); // 0, 1, 2 and
    assert_int_equal(in8(&pic8259_elcr_ops, r.p, 1), 0xDE); // 8, 13 are edges for ever
    line(r, 10, true);
    assert_int_equal(pic_ack(r.p), 0x3A);
    slave(r, 0, 0x20);
    master(r, 0, 0x20);
    assert_true(intr(r));
    assert_int_equal(pic_ack(r.p), 0x3A);
    line(r, 10, false);
    slave(r, 0, 0x20);
    master(r, 0, 0x20);
    assert_false(intr(r));
}

// "In both the edge and level triggered modes the IR inputs must remain high until after the falling edge of the first INTA. If
// the IR input goes low before this time a DEFAULT IR7 will occur when the CPU acknowledges" (figure 10), whose ISR bit stays 0.
static void spurious(void **state) {
    for (unsigned level = 0; level < 2; level++) {
        struct rig r = make(*state, 1);
        out8(&pic8259_elcr_ops, r.p, 0, level ? 0x20 : 0);
        line(r, 5, true);
        assert_true(intr(r));
        assert_int_equal(from_master(r, 0), 0x20);
        line(r, 5, false); // gone before the acknowledge
        assert_false(intr(r));
        assert_int_equal(from_master(r, 0), 0);
        assert_int_equal(pic_ack(r.p), 0x37);
        master(r, 0, 0x0B);
        assert_int_equal(from_master(r, 0), 0);
        master(r, 0, 0x0A);
        line(r, 5, true); // a new edge is a new request
        assert_int_equal(pic_ack(r.p), 0x35);
        line(r, 5, false);
        master(r, 0, 0x20);
    }
}

// The slave's request goes with its line, and the master's for the slave with that.
static void spurious_of_the_slave(void **state) {
    struct rig r = make(*state, 1);
    line(r, 12, true);
    assert_int_equal(from_master(r, 0), 0x04);
    line(r, 12, false);
    assert_int_equal(from_master(r, 0), 0);
    assert_int_equal(from_slave(r, 0), 0);
    assert_false(intr(r));
    assert_int_equal(pic_ack(r.p), 0x37);
    line(r, 12, true);
    slave(r, 1, 0x10);
    line(r, 12, false); // masked meanwhile: nothing is kept behind the mask
    slave(r, 1, 0);
    assert_false(intr(r));
}

static void masks(void **state) {
    struct rig r = make(*state, 1);
    master(r, 1, 0x10);
    edge(r, 4);
    assert_false(intr(r));
    master(r, 1, 0x00); // the edge waited
    assert_true(intr(r));
    slave(r, 1, 0xFF);
    pic_ack(r.p);
    master(r, 0, 0x20);
    edge(r, 9);
    assert_false(intr(r));
}

static void second_slave_interrupt(void **state) {
    struct rig r = make(*state, 1);
    edge(r, 14);
    edge(r, 15);
    assert_int_equal(pic_ack(r.p), 0x3E);
    slave(r, 0, 0x20);
    assert_false(intr(r)); // the master still has IR2 in service
    master(r, 0, 0x20);
    assert_true(intr(r));
    assert_int_equal(pic_ack(r.p), 0x3F);
}

static void special_fully_nested(void **state) {
    struct rig r = make(*state, 0x11);
    edge(r, 14);
    assert_int_equal(pic_ack(r.p), 0x3E);
    edge(r, 8); // higher within the slave: passes although IR2 is in service
    assert_true(intr(r));
    assert_int_equal(pic_ack(r.p), 0x38);
}

static void auto_eoi_and_rotation(void **state) {
    struct rig r = make(*state, 3);
    edge(r, 3);
    assert_int_equal(pic_ack(r.p), 0x33);
    master(r, 0, 0x0B);
    assert_int_equal(from_master(r, 0), 0);
    master(r, 0, 0xC3); // IR3 lowest: IR4 highest
    edge(r, 3);
    edge(r, 5);
    edge(r, 0);
    assert_int_equal(pic_ack(r.p), 0x35);
    assert_int_equal(pic_ack(r.p), 0x30);
    assert_int_equal(pic_ack(r.p), 0x33);
}

static void rotation_without_eoi_ends_nothing(void **state) {
    struct rig r = make(*state, 1);
    edge(r, 4);
    pic_ack(r.p);
    master(r, 0, 0xC5); // set priority
    master(r, 0, 0x0B);
    assert_int_equal(from_master(r, 0), 0x10);
    master(r, 0, 0xA0); // rotate on non-specific EOI: IR4 becomes the lowest
    assert_int_equal(from_master(r, 0), 0x00);
    edge(r, 4);
    edge(r, 3);
    edge(r, 5);
    assert_int_equal(pic_ack(r.p), 0x35);
}

static void without_icw4(void **state) {
    struct dev_fixture *f = *state;
    struct rig r = {f, pic8259_create(&f->env, probe_line(f, 0))};
    master(r, 0, 0x10); // IC4 = 0: three words, then the mask
    master(r, 1, 0x40);
    master(r, 1, 0x04);
    master(r, 1, 0xEF);
    assert_int_equal(from_master(r, 1), 0xEF);
    edge(r, 4);
    assert_int_equal(pic_ack(r.p), 0x44);
}

static void special_mask_mode(void **state) {
    struct rig r = make(*state, 1);
    edge(r, 2 + 1);
    assert_int_equal(pic_ack(r.p), 0x33);
    master(r, 1, 0x08);
    edge(r, 6);
    assert_false(intr(r));
    master(r, 0, 0x68);   // set special mask
    assert_true(intr(r)); // the masked level in service holds back nobody
    assert_int_equal(pic_ack(r.p), 0x36);
}

static void poll(void **state) {
    struct rig r = make(*state, 1);
    master(r, 0, 0x0C);
    assert_int_equal(from_master(r, 0), 0);
    edge(r, 6);
    master(r, 0, 0x0C);
    assert_int_equal(from_master(r, 0), 0x86);
    master(r, 0, 0x0B);
    assert_int_equal(from_master(r, 0), 0x40);
    assert_int_equal(from_slave(r, 0), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        DEVICE_TEST(starts_masked),
        DEVICE_TEST(takes_by_priority),
        DEVICE_TEST(higher_interrupts_lower),
        DEVICE_TEST(an_edge_is_one_interrupt),
        DEVICE_TEST(a_level_stays),
        DEVICE_TEST(spurious),
        DEVICE_TEST(spurious_of_the_slave),
        DEVICE_TEST(masks),
        DEVICE_TEST(second_slave_interrupt),
        DEVICE_TEST(special_fully_nested),
        DEVICE_TEST(auto_eoi_and_rotation),
        DEVICE_TEST(special_mask_mode),
        DEVICE_TEST(poll),
        DEVICE_TEST(rotation_without_eoi_ends_nothing),
        DEVICE_TEST(without_icw4),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
