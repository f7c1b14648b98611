// SPDX-License-Identifier: MIT
// Fans text out to serial and screens, takes in what is typed on serial and keyboard, and keeps our own lines apart from the
// guest's.
#include "kernel/console.h"
#include "emu/modes.h"
#include "kernel/keep.h"
#include "kernel/keyboard.h"
#include "kernel/screen.h"
#include "kernel/serial.h"
#include "kernel/time.h"
#include "kernel/usb/usb.h"
#include <string.h>

static struct serial_port *serial;
static bool line_open; // the guest's last byte did not end a line

// Looking at a port takes a microsecond, in a virtual machine ten. A serial FIFO is full after 1.4 ms (kernel/serial.c); a
// keyboard keeps what is typed meanwhile.
enum { SERIAL_NS = 500000, KEYBOARD_NS = 5000000 };

void console_init(struct handoff *h) {
    serial = &h->serial;
    keep_init(h);
    screen_init(h->framebuffer, h->framebuffers);
}

void console_bytes(const u8 *bytes, size_t n) {
    if (!n) return;
    keep_bytes(bytes, n);
    if (serial) serial_write(serial, bytes, n);
    screen_write(bytes, n);
    line_open = bytes[n - 1] != '\n';
}

static struct modes modes;

void console_guest(const u8 *bytes, size_t n) {
    modes_feed(&modes, bytes, n);
    console_bytes(bytes, n);
}

void console_restore(void) {
    char undo[MODES_UNDO];
    size_t n = modes_undo(&modes, undo);
    bool open = line_open; // sequences move on no line
    console_bytes((const u8 *)undo, n);
    line_open = open;
}

void console_text(const char *text) {
    while (*text) {
        size_t n = strcspn(text, "\n");
        console_bytes((const u8 *)text, n);
        text += n;
        if (!*text) break;
        console_bytes((const u8 *)"\r\n", 2);
        text++;
    }
}

void console_line(const char *text) {
    if (line_open) console_text("\n");
    console_text(text);
    console_text("\n");
}

// One of two places where a byte may come from, looked at again `pause` ns after it had none.
static int look(int (*read)(void), u64 pause, u64 *next) {
    u64 now = time_ns();
    if (now < *next) return -1;
    int byte = read();
    if (byte < 0) *next = now + pause;
    return byte;
}

static int read_serial(void) {
    static bool said;
    int byte = serial ? serial_read(serial) : -1;
    if (serial && serial->overrun && !said) {
        said = true;
        console_line("softmetal: warning: bytes came in on the serial port faster than they could be taken, and are lost: "
                     "with hardware flow control (RTS/CTS) the other end would wait");
    }
    return byte;
}

int console_input(void) {
    static u64 next_serial, next_keyboard, next_usb;
    screen_tick();
    int byte = look(read_serial, SERIAL_NS, &next_serial);
    if (byte < 0) byte = look(keyboard_read, KEYBOARD_NS, &next_keyboard);
    return byte >= 0 ? byte : look(usb_read, KEYBOARD_NS, &next_usb);
}

bool console_has_input(void) { return (serial && serial->present) || keyboard_possible() || usb_possible(); }

void console_flush(void) { screen_flush(); }
