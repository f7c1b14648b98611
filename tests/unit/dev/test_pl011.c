// SPDX-License-Identifier: MIT
// PL011 against its manual (DDI 0183): as Linux drives it, FIFOs and their levels, loopback, what is off, and accesses that no driver makes.
#include "dev/pl011.h"

#include "dev_fixture.h"
#include "hostile_io.h"

enum {
    DR = 0,
    RSR = 4,
    FR = 0x18,
    IBRD = 0x24,
    FBRD = 0x28,
    LCR_H = 0x2c,
    CR = 0x30,
    IFLS = 0x34,
    IMSC = 0x38,
    RIS = 0x3c,
    MIS = 0x40,
    ICR = 0x44
};
enum { RXFE = 0x10, TXFF = 0x20, RXFF = 0x40, TXFE = 0x80, BUSY = 8 };
enum { RX = 0x10, TX = 0x20, RT = 0x40, OE = 0x400 };

static u32 rd(struct pl011 *u, u64 at) { return in32(&pl011_ops, u, at); }
static void wr(struct pl011 *u, u64 at, u32 v) { out32(&pl011_ops, u, at, v); }
static struct pl011 *make(struct dev_fixture *f) { return pl011_create(&f->env, "uart", probe_line(f, 0), &f->chardev); }
static size_t type(struct dev_fixture *f, const char *text) {
    return f->chardev.input(f->chardev.dev, (const u8 *)text, strlen(text));
}
static void sent(struct dev_fixture *f, const char *text) {
    assert_int_equal(f->text_length, strlen(text));
    assert_memory_equal(f->text, text, strlen(text));
    f->text_length = 0;
}

static struct pl011 *on(struct dev_fixture *f) {
    struct pl011 *u = make(f);
    wr(u, IBRD, 39), wr(u, FBRD, 4), wr(u, LCR_H, 0x70), wr(u, CR, 0x301);
    return u;
}

static void after_reset(void **state) {
    struct dev_fixture *f = *state;
    struct pl011 *u = make(f);
    assert_int_equal(rd(u, CR), 0x300);
    assert_int_equal(rd(u, IFLS), 0x12);
    assert_int_equal(rd(u, FR), TXFE | RXFE | 7);
    assert_int_equal(rd(u, RIS) | rd(u, IMSC) | rd(u, LCR_H), 0);
    u32 id = 0, cell = 0;
    for (unsigned i = 0; i < 4; i++) id |= rd(u, 0xfe0 + 4 * i) << 8 * i, cell |= rd(u, 0xff0 + 4 * i) << 8 * i;
    assert_int_equal(id & 0xfffff, 0x41011); // amba-pl011.c: pl011_ids
    assert_true(id >> 20 < 3);               // FIFOs of 16
    assert_int_equal(cell, 0xb105f00d);
    assert_int_equal(type(f, "x"), 0); // off
    f->state.parts = 0;
    u = make(f);
    pl011_enable(u);
    wr(u, DR, 'e'); // as earlycon writes, without a word before
    sent(f, "e");
}

// The transmit interrupt comes when the FIFO drains past its level, not when it is enabled.
static void transmitting(void **state) {
    struct dev_fixture *f = *state;
    struct pl011 *u = on(f);
    wr(u, IMSC, TX);
    assert_false(f->probe[0].level);
    pl011_ops.write(u, DR, 1, 'a'), pl011_ops.write(u, DR, 2, 'b'), wr(u, DR, 'c');
    sent(f, "abc");
    assert_int_equal(rd(u, FR) & (TXFE | TXFF | BUSY), TXFE);
    assert_true(f->probe[0].level);
    assert_int_equal(rd(u, MIS), TX);
    wr(u, ICR, TX);
    assert_false(f->probe[0].level);
    wr(u, DR, 'd');
    assert_true(f->probe[0].level);
    wr(u, IMSC, 0);
    assert_false(f->probe[0].level);
    assert_int_equal(rd(u, RIS), TX);
}

static void receiving(void **state) {
    struct dev_fixture *f = *state;
    struct pl011 *u = on(f);
    assert_false(f->chardev.listens(f->chardev.dev));
    wr(u, IMSC, RX | RT);
    assert_true(f->chardev.listens(f->chardev.dev));
    assert_int_equal(type(f, "ab"), 2);
    assert_int_equal(rd(u, RIS), RT); // below the level, and nothing more comes
    assert_true(f->probe[0].level);
    assert_int_equal(rd(u, DR), 'a');
    assert_true(f->probe[0].level);
    assert_int_equal(rd(u, DR), 'b');
    assert_false(f->probe[0].level);
    assert_int_equal(rd(u, FR) & (RXFE | RXFF), RXFE);
    assert_int_equal(type(f, "0123456789abcdefXY"), 16); // and no more are taken
    assert_int_equal(rd(u, FR) & (RXFE | RXFF), RXFF);
    assert_int_equal(rd(u, RIS), RX | RT);
    static const u8 levels[8] = {2, 4, 8, 12, 14, 14, 14, 14};
    for (unsigned i = 0; i < 8; i++) {
        while (!(rd(u, FR) & RXFE)) rd(u, DR);
        wr(u, IFLS, i << 3);
        for (unsigned n = 1; n <= 16; n++) {
            type(f, "x");
            assert_int_equal(rd(u, RIS) & RX, n >= levels[i] ? RX : 0);
        }
        for (unsigned n = 15; n < 16; n--) {
            assert_int_equal(rd(u, DR), 'x');
            assert_int_equal(rd(u, RIS), (n >= levels[i] ? RX : 0) | (n ? RT : 0));
        }
    }
    type(f, "y");
    wr(u, ICR, RT); // a driver that clears it reads until the FIFO is empty
    assert_false(f->probe[0].level);
    type(f, "z");
    assert_true(f->probe[0].level);
    wr(u, CR, 0x101); // the receiver off
    assert_false(f->chardev.listens(f->chardev.dev));
    assert_int_equal(type(f, "x"), 0);
}

static void without_fifos(void **state) {
    struct dev_fixture *f = *state;
    struct pl011 *u = on(f);
    type(f, "abc");
    wr(u, LCR_H, 0x60);
    assert_int_equal(rd(u, FR) & RXFE, RXFE); // what was in them is gone
    assert_int_equal(type(f, "xy"), 1);
    assert_int_equal(rd(u, RIS) & RX, RX);
    assert_int_equal(rd(u, FR) & (RXFE | RXFF), RXFF);
    assert_int_equal(rd(u, DR), 'x');
    assert_int_equal(rd(u, RIS) & RX, 0);
}

// What is written while the transmitter is off waits in the FIFO, as far as it fits.
static void while_it_is_off(void **state) {
    struct dev_fixture *f = *state;
    struct pl011 *u = on(f);
    wr(u, CR, 0x300);
    for (unsigned i = 0; i < 18; i++) {
        wr(u, DR, 'a' + i);
        assert_int_equal(rd(u, FR) & (TXFE | TXFF | BUSY), BUSY | (i >= 15 ? TXFF : 0));
    }
    sent(f, "");
    assert_int_equal(rd(u, RIS), 0);
    wr(u, CR, 0x201);
    sent(f, "");
    wr(u, CR, 0x301);
    sent(f, "abcdefghijklmnop");
    assert_int_equal(rd(u, FR) & (TXFE | TXFF | BUSY), TXFE);
    assert_int_equal(rd(u, RIS), TX);
}

static void loopback(void **state) {
    struct dev_fixture *f = *state;
    struct pl011 *u = on(f);
    wr(u, CR, 0x381);
    assert_int_equal(type(f, "x"), 0);
    wr(u, DR, 'q');
    sent(f, "");
    assert_int_equal(rd(u, DR), 'q');
    assert_int_equal(rd(u, FR) & 0x107, 0); // RTS, DTR, OUT1, OUT2 are off
    assert_int_equal(rd(u, RIS) & 15, 2 | 4 | 8);
    wr(u, ICR, 0x7ff);
    static const struct {
        u32 out, in, interrupt;
    } wires[] = {{0x800, 1, 2}, {0x400, 2, 8}, {0x1000, 4, 4}, {0x2000, 0x100, 1}};
    for (unsigned i = 0; i < 4; i++) {
        wr(u, CR, 0x381 | wires[i].out);
        assert_int_equal(rd(u, FR) & 0x107, wires[i].in);
        assert_int_equal(rd(u, RIS) & 15, wires[i].interrupt);
        wr(u, CR, 0x381), wr(u, ICR, 15);
    }
    for (unsigned i = 0; i < 17; i++) wr(u, DR, i); // one too many
    assert_int_equal(rd(u, RIS) & OE, OE);
    assert_int_equal(rd(u, DR), 0x800); // the overrun
    assert_int_equal(rd(u, RSR), 8);
    wr(u, RSR, 0);
    assert_int_equal(rd(u, RSR), 0);
    for (unsigned i = 1; i < 16; i++) assert_int_equal(rd(u, DR), i);
    assert_int_equal(rd(u, FR) & RXFE, RXFE);
    assert_int_equal(rd(u, DR), 0);
}

static void hostile(void **state) {
    struct dev_fixture *f = *state;
    struct pl011 *u = make(f);
    u64 seed = 5;
    for (unsigned i = 0; i < 500000; i++) {
        hostile_access(&pl011_ops, u, PRIMECELL_SIZE, &seed);
        if (splitmix64(&seed) % 8 == 0) type(f, "hello, world, and more of it");
        f->text_length = 0;
    }
    wr(u, CR, 0x301);
    wr(u, LCR_H, 0), wr(u, LCR_H, 0x10);
    type(f, "k");
    assert_int_equal(rd(u, DR) & 0xff, 'k');
}

int main(void) {
    const struct CMUnitTest tests[] = {
        DEVICE_TEST(after_reset),     DEVICE_TEST(transmitting), DEVICE_TEST(receiving), DEVICE_TEST(without_fifos),
        DEVICE_TEST(while_it_is_off), DEVICE_TEST(loopback),     DEVICE_TEST(hostile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
