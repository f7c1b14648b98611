// SPDX-License-Identifier: MIT
// Fans text out to serial and screen, and keeps our own lines apart from the guest's.
#include "kernel/console.h"
#include "kernel/screen.h"
#include "kernel/serial.h"
#include <string.h>

static struct serial_port *serial;
static bool line_open; // the guest's last byte did not end a line

void console_init(struct handoff *h) {
    serial = &h->serial;
    screen_init(h->framebuffer, h->framebuffers);
}

void console_bytes(const u8 *bytes, size_t n) {
    if (!n) return;
    if (serial) serial_write(serial, bytes, n);
    screen_write(bytes, n);
    line_open = bytes[n - 1] != '\n';
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

int console_input(void) {
    screen_tick();
    return serial ? serial_read(serial) : -1;
}

void console_flush(void) { screen_flush(); }
