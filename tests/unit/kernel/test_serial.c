// SPDX-License-Identifier: MIT
// kernel/serial.c and kernel/console.c over a UART as a PC16550D's data sheet has it, in time: a FIFO of 16 bytes at 115200 baud,
// which loses what it has no room for, and a sender at the other end, which may heed RTS.
#define KERNEL_IO_H
#include "base/types.h"

static u8 inb(u16 port);
static void outb(u16 port, u8 v);
static void cpu_relax(void) {}

#include "../../../kernel/serial.c"

#include "../../../kernel/console.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { BYTE_NS = 86806, REACTION = 4, MUCH = 100000 }; // REACTION: bytes that are still sent after RTS is gone

static u64 now, sent_at;
static u8 fifo[16], sent[MUCH], got[MUCH];
static unsigned in_fifo, sent_count, got_count, to_send, reaction;
static bool heeds_rts, overrun, gone, zeros, receives_break;
static u8 mcr, ier;

static void pass(u64 ns) {
    now += ns;
    for (; sent_at + BYTE_NS <= now; sent_at += BYTE_NS) {
        reaction = mcr & MCR_RTS ? 0 : reaction + 1;
        if (sent_count == to_send || (heeds_rts && reaction > REACTION)) continue;
        u8 byte = (u8)(sent_count * 7 + sent_count / 256);
        sent[sent_count++] = byte;
        if (in_fifo < sizeof fifo) fifo[in_fifo++] = byte;
        else overrun = true;
    }
}

static u8 inb(u16 port) {
    pass(1000);
    if (gone) return 0xff;
    switch (port - 0x3f8) {
    case RBR: {
        u8 byte = in_fifo ? fifo[0] : 0;
        if (in_fifo) memmove(fifo, fifo + 1, --in_fifo);
        receives_break = false;
        return byte;
    }
    case MCR: return mcr;
    case IER: return ier;
    case LSR: {
        u8 lsr = (u8)(0x60 | (in_fifo || receives_break) | (overrun ? LSR_OVERRUN : 0) | (receives_break ? LSR_BREAK : 0));
        overrun = false;
        return lsr;
    }
    default: return 0;
    }
}

static void outb(u16 port, u8 v) {
    pass(1000);
    if (port - 0x3f8 == MCR) mcr = v;
    if (port - 0x3f8 == IER && !zeros) ier = v & 0x0f;
}

// --- what else the console stands on

u64 time_ns(void) { return now; }
int keyboard_read(void) { return -1; }
int usb_read(void) { return -1; }
static bool keyboard;
bool keyboard_possible(void) { return keyboard; }
bool usb_possible(void) { return false; }
void keep_init(const struct handoff *h) {}
void keep_bytes(const u8 *bytes, size_t n) {}
void screen_init(const struct framebuffer *fb, unsigned n) {}
void screen_write(const u8 *bytes, size_t n) {}
void screen_tick(void) {}
void screen_flush(void) {}

static struct handoff h;

static int plug_in(void **state) {
    static u64 later;
    h = (struct handoff){.serial = {.stride = 1, .base = 0x3f8}};
    now = sent_at = later += 1000000000000ull; // the console's pauses are over
    in_fifo = sent_count = got_count = to_send = reaction = 0;
    heeds_rts = overrun = gone = zeros = receives_break = false;
    mcr = 0;
    serial_init(&h.serial);
    console_init(&h);
    return 0;
}

// As emu/core/console.c reads: all there is, as long as it has room. The guest takes one byte in `takes_ns`.
static void read_for(u64 ns, u64 interval, u64 takes_ns) {
    for (u64 end = now + ns, taken = 0, queued = 0; now < end; pass(interval)) {
        u64 can = (now - (end - ns)) / takes_ns - taken;
        if (can > queued) can = queued;
        taken += can, queued -= can;
        while (queued < 4096) {
            int byte = console_input();
            if (byte < 0) break;
            got[got_count++] = (u8)byte;
            queued++;
        }
    }
}

static void all_came(void) {
    assert_int_equal(sent_count, to_send);
    assert_int_equal(got_count, to_send);
    assert_memory_equal(got, sent, to_send);
    assert_false(h.serial.overrun);
}

// Nobody has to heed anything as long as the guest is quick. Slices of the run loop take some hundred microseconds.
static void a_pasted_text_is_read_whole(void **state) {
    for (u64 interval = 20000; interval <= 700000; interval += 170000) {
        plug_in(state);
        to_send = 20000;
        read_for(to_send * (u64)BYTE_NS + 100000000, interval, 1);
        all_came();
    }
}

// The guest takes a byte in 300 us, a third of what the line brings.
static void a_sender_that_heeds_rts_waits_for_a_slow_guest(void **state) {
    to_send = 20000;
    heeds_rts = true;
    read_for(to_send * 300000ull + 100000000, 200000, 300000);
    all_came();
}

static void one_that_does_not_loses_bytes_and_that_is_said(void **state) {
    to_send = 20000;
    read_for(to_send * 300000ull + 100000000, 200000, 300000);
    assert_true(got_count < to_send);
    assert_true(h.serial.overrun);
}

static void rts_comes_back(void **state) {
    assert_true(mcr & MCR_RTS);
    to_send = 5;
    pass(1000000);
    assert_true(console_input() >= 0);
    assert_false(mcr & MCR_RTS);
    while (console_input() >= 0) continue;
    assert_true(mcr & MCR_RTS);
}

// An empty bus reads as ones. Before, each look at it typed thousands of bytes 0xff into the guest.
static void a_port_that_is_taken_away_types_nothing(void **state) {
    gone = true;
    read_for(1000000000, 100000, 1);
    assert_int_equal(got_count, 0);
    console_text("nobody reads this\n");
    gone = false;
    to_send = 3;
    read_for(10000000, 100000, 1);
    all_came();
}

static void ports_without_a_uart(void **state) {
    gone = true;
    serial_init(&h.serial);
    assert_false(h.serial.present);
    gone = false, zeros = true;
    serial_init(&h.serial);
    assert_false(h.serial.present);
}

// Either will do for a person to type on, and to be waited for.
static void what_can_be_typed_on(void **state) {
    assert_true(console_has_input());
    h.serial.present = false;
    assert_false(console_has_input());
    keyboard = true;
    assert_true(console_has_input());
    keyboard = false;
}

static void a_break_types_nothing(void **state) {
    receives_break = true;
    assert_int_equal(console_input(), -1);
    assert_int_equal(got_count, 0);
}

// Its clock is unknown: only RTS is ours.
static void a_port_that_stays_as_it_is(void **state) {
    mcr = 0x29;
    h.serial = (struct serial_port){.stride = 1, .base = 0x3f8, .as_is = true};
    serial_init(&h.serial);
    assert_true(h.serial.present);
    assert_int_equal(mcr, 0x29);
    assert_int_equal(serial_read(&h.serial), -1);
    assert_int_equal(mcr, 0x2b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_pasted_text_is_read_whole, plug_in),
        cmocka_unit_test_setup(a_sender_that_heeds_rts_waits_for_a_slow_guest, plug_in),
        cmocka_unit_test_setup(one_that_does_not_loses_bytes_and_that_is_said, plug_in),
        cmocka_unit_test_setup(rts_comes_back, plug_in),
        cmocka_unit_test_setup(a_port_that_is_taken_away_types_nothing, plug_in),
        cmocka_unit_test_setup(ports_without_a_uart, plug_in),
        cmocka_unit_test_setup(what_can_be_typed_on, plug_in),
        cmocka_unit_test_setup(a_break_types_nothing, plug_in),
        cmocka_unit_test_setup(a_port_that_stays_as_it_is, plug_in),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
