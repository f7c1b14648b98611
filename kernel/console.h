// SPDX-License-Identifier: MIT
// The kernel's console: the serial port, mirrored as text on the screens, and the keyboards.
#ifndef KERNEL_CONSOLE_H
#define KERNEL_CONSOLE_H

#include "boot/handoff.h"

void console_init(struct handoff *h);
// Bytes as they are.
void console_bytes(const u8 *bytes, size_t n);
// The guest's: what they change on the terminal, console_restore changes back.
void console_guest(const u8 *bytes, size_t n);
void console_restore(void);
// Our own text, '\n' becomes CR LF.
void console_text(const char *text);
// One whole line of our own: on a fresh line whatever the guest has written, the newline added.
void console_line(const char *text);
// The next byte typed, on serial or keyboard, or -1. To be asked every millisecond, and until it is -1.
int console_input(void);
bool console_has_input(void); // there is something to type on
// Brings the screen up to date.
void console_flush(void);

#endif
