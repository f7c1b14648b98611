// SPDX-License-Identifier: MIT
// A debugger's line over a serial port: 115200 baud, 8 bits, no parity.
#ifndef KERNEL_GDB_H
#define KERNEL_GDB_H

#include "boot/handoff.h"
#include "emu/line.h"
#include "plat/plat.h"

// The only one, on a port that was found to be there; `name` is kept by pointer. Made before the kernel runs, it is used only then.
struct emu_line *gdb_line(struct serial_port *port, const char *name, bool waits);
// Of the heap's bytes that are left most are for the run's past. What is to be said goes to `p`.
void gdb_line_room(struct plat *p, u64 left);

#endif
