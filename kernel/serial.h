// SPDX-License-Identifier: MIT
// The 16550 UART, polled. Also used by boot/ before the exit, where memory is identity mapped too.
#ifndef KERNEL_SERIAL_H
#define KERNEL_SERIAL_H

#include "boot/handoff.h"

// Sets the UART to 115200 8N1 with FIFOs, unless it is to stay as it is. Clears s->present when nothing answers at s->base.
void serial_init(struct serial_port *s);
// Writes n bytes as they are. A port that stops taking bytes is given up (s->present = false) rather than waited for; while
// nothing answers they are dropped.
void serial_write(struct serial_port *s, const u8 *bytes, size_t n);
// The next received byte, or -1: then the sender is told to go on (RTS), which it is not while bytes are left.
int serial_read(struct serial_port *s);

#endif
