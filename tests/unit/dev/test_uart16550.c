// SPDX-License-Identifier: MIT
// 16550A against its data sheet, and against what Linux's 8250 driver asks of it while probing.
#include "dev/uart16550.h"

#include "dev_fixture.h"

enum { RBR, IER, IIR, LCR, MCR, LSR, MSR, SCR, FCR = IIR, THR = RBR };

static struct uart16550 *make(struct dev_fixture *f) { return uart16550_create(&f->env, "ttyS0", probe_line(f, 4), &f->chardev); }
static u8 in(struct uart16550 *u, unsigned reg) { return in8(&uart16550_ops, u, reg); }
static void out(struct uart16550 *u, unsigned reg, u8 v) { out8(&uart16550_ops, u, reg, v); }
static size_t type(struct dev_fixture *f, const char *text) {
    return f->chardev.input(f->chardev.dev, (const u8 *)text, strlen(text));
}

static void scratch_and_divisor(void **state) {
    struct uart16550 *u = make(*state);
    out(u, SCR, 0xA5);
    assert_int_equal(in(u, SCR), 0xA5);
    out(u, LCR, 0x83);
    out(u, 0, 0x34);
    out(u, 1, 0x12);
    assert_int_equal(in(u, 0), 0x34);
    assert_int_equal(in(u, 1), 0x12);
    out(u, LCR, 0x03);
    assert_int_equal(in(u, IER), 0);
    assert_int_equal(in(u, RBR), 0);
}

static void sends_at_once(void **state) {
    struct dev_fixture *f = *state;
    struct uart16550 *u = make(f);
    for (const char *c = "hello"; *c; c++) {
        assert_int_equal(in(u, LSR) & 0x60, 0x60);
        out(u, THR, (u8)*c);
    }
    assert_string_equal(f->text, "hello");
}

// autoconfig() and autoconfig_16550a() of Linux's 8250 driver
// Table 5: a byte that finds the FIFO full is lost and told as an overrun; without a FIFO it takes the place of the one before.
static void overruns(void **state) {
    struct dev_fixture *f = *state;
    struct uart16550 *u = make(f);
    for (unsigned fifo = 0; fifo < 2; fifo++) {
        out(u, 2, fifo ? 0x07 : 0); // enabled and cleared
        out(u, 4, 0x10);            // loop
        for (unsigned i = 0; i < 17; i++) {
            assert_int_equal(in(u, 5) & 0x02, !fifo && i > 1 ? 2 : 0);
            out(u, 0, (u8)('a' + i));
        }
        assert_int_equal(in(u, 5) & 0x03, 3);
        assert_int_equal(in(u, 5) & 0x03, 1);
        for (unsigned i = 0; i < 16 && fifo; i++) assert_int_equal(in(u, 0), 'a' + i);
        if (!fifo) assert_int_equal(in(u, 0), 'q');
        assert_int_equal(in(u, 5) & 0x01, 0);
    }
}

static void linux_autoconfig(void **state) {
    struct uart16550 *u = make(*state);
    out(u, IER, 0);
    assert_int_equal(in(u, IER) & 0x0F, 0);
    out(u, IER, 0x0F);
    assert_int_equal(in(u, IER), 0x0F);
    out(u, IER, 0xFF);
    assert_int_equal(in(u, IER), 0x0F); // no XScale UUE, no sleep mode
    out(u, IER, 0);
    u8 mcr = in(u, MCR);
    out(u, MCR, 0x10 | 0x0A);                  // loop, OUT2, RTS
    assert_int_equal(in(u, MSR) & 0xF0, 0x90); // DCD, CTS
    out(u, MCR, mcr);
    assert_int_equal(in(u, MSR) & 0xF0, 0xB0); // the real lines again
    out(u, FCR, 1);
    assert_int_equal(in(u, IIR) >> 6, 3); // 16550A
    out(u, LCR, 0x80);
    assert_int_not_equal(in(u, 2), 0); // no EFR: not a 16650
    out(u, LCR, 0xBF);
    assert_int_not_equal(in(u, 2), 0); // not a 16850
    out(u, LCR, 0);
    out(u, FCR, 0x21);
    assert_int_equal(in(u, IIR) >> 5, 6); // no 64-byte FIFO bit: not a 16750
    out(u, FCR, 0);
    assert_int_equal(in(u, IIR), 0x01);
}

// serial8250_do_startup(): THRE must come back when THRI is enabled again
static void linux_thre_test(void **state) {
    struct uart16550 *u = make(*state);
    out(u, IER, 2);
    u8 iir1 = in(u, IIR);
    out(u, IER, 0);
    out(u, IER, 2);
    u8 iir2 = in(u, IIR);
    assert_int_equal(iir1 & 0x0F, 2);
    assert_int_equal(iir2 & 0x0F, 2);
}

static void thre_is_cleared_by_iir_and_raised_by_thr(void **state) {
    struct dev_fixture *f = *state;
    struct uart16550 *u = make(f);
    out(u, MCR, 0x08);
    out(u, IER, 2);
    assert_true(f->probe[4].level);
    assert_int_equal(in(u, IIR), 2);
    assert_false(f->probe[4].level);
    assert_int_equal(in(u, IIR), 1);
    out(u, IER, 2); // no 0 -> 1 change: no new interrupt
    assert_false(f->probe[4].level);
    out(u, THR, 'x');
    assert_true(f->probe[4].level);
    assert_int_equal(in(u, IIR), 2);
}

static void out2_gates_the_interrupt(void **state) {
    struct dev_fixture *f = *state;
    struct uart16550 *u = make(f);
    out(u, IER, 2);
    assert_false(f->probe[4].level);
    out(u, MCR, 0x08);
    assert_true(f->probe[4].level);
    out(u, MCR, 0x18);
    assert_false(f->probe[4].level);
}

static void receives_through_the_fifo(void **state) {
    struct dev_fixture *f = *state;
    struct uart16550 *u = make(f);
    out(u, FCR, 0x81); // trigger at 8
    out(u, MCR, 0x08);
    out(u, IER, 1);
    assert_int_equal(type(f, "abc"), 3);
    assert_true(f->probe[4].level);
    assert_int_equal(in(u, IIR), 0xCC); // below the trigger: character timeout
    assert_int_equal(type(f, "defgh"), 5);
    assert_int_equal(in(u, IIR), 0xC4);
    for (const char *c = "abcdefgh"; *c; c++) {
        assert_int_equal(in(u, LSR) & 1, 1);
        assert_int_equal(in(u, RBR), *c);
    }
    assert_int_equal(in(u, LSR) & 1, 0);
    assert_false(f->probe[4].level);
}

static void takes_only_what_fits(void **state) {
    struct dev_fixture *f = *state;
    struct uart16550 *u = make(f);
    assert_int_equal(type(f, "xy"), 1); // no FIFO: one holding register
    assert_int_equal(in(u, RBR), 'x');
    out(u, FCR, 1);
    assert_int_equal(type(f, "0123456789abcdefg"), 16);
    assert_int_equal(type(f, "g"), 0);
    assert_int_equal(in(u, LSR) & 2, 0); // nothing was lost
    out(u, FCR, 3);
    assert_int_equal(in(u, LSR) & 1, 0); // receiver reset
}

static void loopback(void **state) {
    struct dev_fixture *f = *state;
    struct uart16550 *u = make(f);
    out(u, MCR, 0x10);
    in(u, MSR);
    assert_int_equal(type(f, "z"), 0);
    out(u, THR, 'q');
    assert_int_equal(f->text_length, 0);
    assert_int_equal(in(u, RBR), 'q');
    static const struct {
        u8 mcr, msr;
    } pin[] = {{1, 0x20}, {2, 0x10}, {4, 0x40}, {8, 0x80}};
    for (unsigned i = 0; i < countof(pin); i++) {
        out(u, MCR, 0x10 | pin[i].mcr);
        assert_int_equal(in(u, MSR) & 0xF0, pin[i].msr);
    }
    out(u, THR, '1');
    out(u, THR, '2'); // overrun: without FIFO the second replaces the first
    assert_int_equal(in(u, LSR) & 3, 3);
    assert_int_equal(in(u, LSR) & 3, 1); // OE is cleared by the read
    assert_int_equal(in(u, RBR), '2');
}

static void modem_deltas(void **state) {
    struct dev_fixture *f = *state;
    struct uart16550 *u = make(f);
    assert_int_equal(in(u, MSR), 0xB0);
    out(u, IER, 8);
    out(u, MCR, 0x10);
    assert_int_equal(in(u, IIR), 0);
    assert_int_equal(in(u, MSR), 0x0B); // CTS, DSR, DCD fell
    assert_int_equal(in(u, IIR), 1);
    out(u, MCR, 0x14);
    assert_int_equal(in(u, MSR), 0x40); // RI rose: no TERI
    out(u, MCR, 0x10);
    assert_int_equal(in(u, MSR), 0x04); // RI's trailing edge
}

static void priorities(void **state) {
    struct dev_fixture *f = *state;
    struct uart16550 *u = make(f);
    out(u, IER, 15);
    out(u, MCR, 0x10);
    out(u, THR, '1');
    out(u, THR, '2');
    assert_int_equal(in(u, IIR), 6); // line status
    in(u, LSR);
    assert_int_equal(in(u, IIR), 4); // data
    in(u, RBR);
    assert_int_equal(in(u, IIR), 2); // THRE
    assert_int_equal(in(u, IIR), 0); // modem status
    in(u, MSR);
    assert_int_equal(in(u, IIR), 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        DEVICE_TEST(overruns),
        DEVICE_TEST(scratch_and_divisor),
        DEVICE_TEST(sends_at_once),
        DEVICE_TEST(linux_autoconfig),
        DEVICE_TEST(linux_thre_test),
        DEVICE_TEST(thre_is_cleared_by_iir_and_raised_by_thr),
        DEVICE_TEST(out2_gates_the_interrupt),
        DEVICE_TEST(receives_through_the_fifo),
        DEVICE_TEST(takes_only_what_fits),
        DEVICE_TEST(loopback),
        DEVICE_TEST(modem_deltas),
        DEVICE_TEST(priorities),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
