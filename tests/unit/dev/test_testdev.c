// SPDX-License-Identifier: MIT
// The test device as kvm-unit-tests use it (lib/x86, x86/ioapic, x86/emulator): registers of any width, lines, fw_cfg.
#include "dev/testdev.h"

#include "dev_fixture.h"

static struct testdev *make(struct dev_fixture *f) {
    struct irq_line lines[TESTDEV_LINES];
    for (unsigned i = 0; i < TESTDEV_LINES; i++) lines[i] = probe_line(f, i);
    return testdev_create(&f->env, lines, 0x123456789a);
}

static void registers(void **state) {
    struct testdev *d = make(*state);
    const struct io_ops *o = &testdev_register_ops;
    o->write(d, 0, 4, 0x11223344);
    assert_int_equal(o->read(d, 0, 4), 0x11223344);
    assert_int_equal(o->read(d, 2, 1), 0x22);
    o->write(d, 1, 2, 0xaabb);
    assert_int_equal(o->read(d, 0, 4), 0x11aabb44);
    assert_int_equal(o->read(d, 2, 2), 0x11aa);
}

static void memory(void **state) {
    struct testdev *d = make(*state);
    const struct io_ops *o = &testdev_memory_ops;
    o->write(d, TESTDEV_MEMORY - 8, 8, 0x1122334455667788);
    assert_int_equal(o->read(d, TESTDEV_MEMORY - 8, 8), 0x1122334455667788);
    assert_int_equal(o->read(d, TESTDEV_MEMORY - 1, 1), 0x11);
    assert_int_equal(o->read(d, 0, 4), 0);
}

static void lines(void **state) {
    struct dev_fixture *f = *state;
    struct testdev *d = make(f);
    const struct io_ops *o = &testdev_line_ops;
    o->write(d, 14, 1, 1);
    assert_true(f->probe[14].level);
    o->write(d, 23, 1, 0x80);
    assert_true(f->probe[23].level);
    o->write(d, 14, 1, 0);
    assert_false(f->probe[14].level);
    assert_int_equal(f->probe[14].rises, 1);
}

static u64 key(struct testdev *d, u16 k, unsigned bytes) {
    u64 v = 0;
    testdev_fw_cfg_ops.write(d, 0, 2, k);
    for (unsigned i = 0; i < bytes; i++) v |= testdev_fw_cfg_ops.read(d, 1, 1) << (8 * i);
    return v;
}

static void fw_cfg(void **state) {
    struct testdev *d = make(*state);
    assert_int_equal(key(d, 0, 4), 0x554d4551);
    assert_int_equal(key(d, 5, 2), 1);
    assert_int_equal(key(d, 15, 2), 1);
    assert_int_equal(key(d, 3, 8), 0x123456789a);
    assert_int_equal(key(d, 5, 8), 1);
    for (unsigned i = 0; i < 70000; i++) assert_int_equal(testdev_fw_cfg_ops.read(d, 1, 1), 0); // behind its end
    assert_int_equal(key(d, 0x4242, 8), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {DEVICE_TEST(registers), DEVICE_TEST(memory), DEVICE_TEST(lines), DEVICE_TEST(fw_cfg)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
