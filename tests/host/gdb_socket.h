// SPDX-License-Identifier: MIT
// A debugger's line as a socket: one debugger at a time.
#ifndef TESTS_HOST_GDB_SOCKET_H
#define TESTS_HOST_GDB_SOCKET_H

#include "emu/line.h"
#include "plat/plat.h"

// `where` as the configuration has it: "tcp:PORT" (of this machine alone), "unix:PATH", ",nowait" behind it. 0, or a negative error (logged).
int gdb_socket_open(struct plat *p, const char *where, struct emu_line **out);
void gdb_socket_close(struct emu_line *l); // NULL is allowed

#endif
