// SPDX-License-Identifier: MIT
#include "kernel/gdb.h"
#include "kernel/console.h"
#include "kernel/serial.h"
#include "kernel/sleep.h"

enum { LOOK_US = 300 }; // a port holds 16 bytes, which is 1.4 ms

static struct {
    struct emu_line line;
    struct serial_port *port;
    struct plat *plat;
    bool told_lost, told_gone;
} g;

// A port that takes nothing is given up by its driver: nobody is there any more.
static int get(struct emu_line *l, u8 *to, size_t n) {
    size_t got = 0;
    if (!g.port->present) {
        if (g.told_gone) return 0;
        g.told_gone = true;
        log_warn(g.plat, "gdb: the serial port %s takes nothing any more, and is left alone", l->name);
        return ERR_IO;
    }
    for (int byte; got < n && (byte = serial_read(g.port)) >= 0; got++) to[got] = (u8)byte;
    if (g.port->overrun && !g.told_lost) {
        g.told_lost = true;
        log_warn(g.plat,
                 "gdb: bytes came in on %s faster than they could be taken, and are lost: what was damaged is asked for again",
                 l->name);
    }
    return (int)got;
}

static void put(struct emu_line *l, const u8 *from, size_t n) { serial_write(g.port, from, n); }

static void wait(struct emu_line *l, u64 ns) { sleep_us(ns / 1000 < LOOK_US ? (u32)(ns / 1000) : LOOK_US); }

struct emu_line *gdb_line(struct serial_port *port, const char *name, bool waits) {
    g.line = (struct emu_line){.name = name, .waits = waits, .bare = true, .read = get, .write = put, .wait = wait};
    g.port = port;
    return &g.line;
}

void gdb_line_room(struct plat *p, u64 left) {
    g.plat = p;
    g.line.room = left / 8 * 7;
    log_info(p, "gdb: %llu MiB are there for going back", (unsigned long long)(g.line.room / MiB));
}
