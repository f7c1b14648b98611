// SPDX-License-Identifier: MIT
// The 16550 UART, polled. Also used by boot/ before the exit, where memory is identity mapped too.
#ifndef KERNEL_SERIAL_H
#define KERNEL_SERIAL_H

#include "boot/handoff.h"

// Sets an I/O-port UART to 115200 8N1 with FIFOs (an MMIO one stays as the firmware left it). Clears s->present when
// nothing answers at s->base.
void serial_init(struct serial_port *s);
// Writes n bytes as they are. A port that stops taking bytes is given up (s->present = false) rather than waited for.
void serial_write(struct serial_port *s, const u8 *bytes, size_t n);
// The next received byte, or -1.
int serial_read(struct serial_port *s);

#endif
