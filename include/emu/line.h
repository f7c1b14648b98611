// SPDX-License-Identifier: MIT
// A line to a debugger: bytes both ways. Whoever calls emu_create owns it, and knows what it is: a socket, a serial port.
#ifndef EMU_LINE_H
#define EMU_LINE_H

#include "base/err.h"
#include "base/types.h"

struct emu_line {
    const char *name; // as the user named it, for messages
    bool waits;       // the guest starts once somebody is there
    // A wire of which nobody knows whether anything is at its other end: bytes may change and be lost, and be noise of nobody's. Somebody is there once a
    // whole packet has come, and somebody else where a session begins anew.
    bool bare;
    u64 room; // bytes of memory that the run's past may take; 0: as much as it would
    // Up to n bytes that have come: how many, 0: none now; ERR_IO: whoever was there is gone, told once. Never blocks.
    int (*read)(struct emu_line *l, u8 *to, size_t n);
    // All of them; what nobody takes is dropped. May block.
    void (*write)(struct emu_line *l, const u8 *from, size_t n);
    // Sleeps until there is something to read, or for `ns`; may return at once.
    void (*wait)(struct emu_line *l, u64 ns);
};

#endif
