// SPDX-License-Identifier: MIT
// The stub's side of GDB's remote serial protocol (the GDB manual, appendix E), over a line of bytes. What is debugged is behind struct
// gdb_target; when it runs, and where to, is its owner's business, whom gdb_poll tells what was ordered:
//
//   owner                            gdb.c, gdb_command.c, gdb_query.c, gdb_xml.c
//   gdb_poll -> GDB_CONTINUE    <-   $vCont;c#a8
//   ... runs ...
//   gdb_stopped                 ->   $T05swbreak:;thread:1;#...
//
// Every byte that comes may be anything.
#ifndef DEBUG_GDB_H
#define DEBUG_GDB_H

#include "core/text.h"
#include "cpu/debug.h"
#include "emu/line.h"

#define GDB_PACKET 8192 // bytes between $ and #, in either direction
#define GDB_XML 32768

enum gdb_order {
    GDB_NOTHING, // so far
    GDB_ATTACHED,
    GDB_INTERRUPT, // Ctrl-C
    GDB_CONTINUE,
    GDB_STEP,
    GDB_BACK_CONTINUE,
    GDB_BACK_STEP,
    GDB_DETACH,
    GDB_KILL,
};

enum gdb_point { GDB_SOFTWARE, GDB_HARDWARE, GDB_WATCH_WRITE, GDB_WATCH_READ, GDB_WATCH_ACCESS }; // as Z packets number them

struct gdb_target {
    void *ctx;
    const struct debug_isa *(*isa)(void *ctx);
    // debug_get and debug_put, by number.
    unsigned (*get)(void *ctx, unsigned reg, u8 bytes[DEBUG_REG_MOST]);
    bool (*put)(void *ctx, unsigned reg, const u8 bytes[DEBUG_REG_MOST]);
    // Memory; how many bytes from the first on are there, and were read or written. No device is asked.
    size_t (*read)(void *ctx, u64 at, bool physical, u8 *to, size_t n);
    size_t (*write)(void *ctx, u64 at, bool physical, const u8 *from, size_t n);
    // False: there is no room for it, or it makes no sense.
    bool (*point)(void *ctx, enum gdb_point kind, u64 at, u64 size, bool set);
    bool (*goes_back)(void *ctx); // reverse execution
    // `monitor WORDS`: what it says is sent, line by line or in one.
    void (*monitor)(void *ctx, const char *words, struct text *say);
};

enum gdb_why { GDB_WHY_STOPPED, GDB_WHY_BREAK, GDB_WHY_WATCH, GDB_WHY_INTERRUPT, GDB_WHY_BEGIN, GDB_WHY_DEAD };
struct gdb_stop {
    enum gdb_why why;
    u64 at; // GDB_WHY_BREAK: where; GDB_WHY_WATCH: the address that is watched
    bool reads, writes;
};

struct gdb {
    struct emu_line *line;
    const struct gdb_target *target;
    enum { GDB_OUTSIDE, GDB_INSIDE, GDB_SUM_HIGH, GDB_SUM_LOW } state;
    u8 sum, said; // of the packet that comes in
    bool escaped, too_long;
    char packet[GDB_PACKET + 1]; // NUL-terminated; may hold NULs
    size_t length;
    char reply[GDB_PACKET + 8]; // the last one, framed, for whoever asks for it again
    size_t replied;
    u8 in[256];
    unsigned in_at, in_n; // bytes read and not looked at
    bool attached;
    bool held;  // the packet that has told of somebody is still to be answered
    bool runs;  // the guest does: Ctrl-C is that wherever it comes
    bool heard; // bytes came when the line was asked last
    bool no_ack, physical;
    bool knows_soft, knows_hard; // the debugger wants to be told what kind of breakpoint it was
    struct gdb_stop stop;        // where it stands
    u64 hard[DEBUG_BREAKS];      // hardware breakpoints, for that
    unsigned hards;
    char said_words[GDB_PACKET]; // by the target, to `monitor`
    unsigned xml_length;
    char xml[GDB_XML];
};

void gdb_open(struct gdb *g, struct emu_line *line, const struct gdb_target *target);
// Takes in what has come, and answers it; no more than a buffer of it while the guest runs, which noise without an end must not stop. While the
// guest runs only GDB_INTERRUPT, GDB_DETACH (also when whoever was there is gone) and GDB_ATTACHED should come. GDB_ATTACHED may come at any
// time: from a bare line, of a debugger that knows nothing of the one before.
enum gdb_order gdb_poll(struct gdb *g);
// What was ordered has come to its end.
void gdb_stopped(struct gdb *g, const struct gdb_stop *stop);
// The run is over, with this status.
void gdb_exited(struct gdb *g, unsigned status);
// A text for the person, while the guest runs.
void gdb_say(struct gdb *g, const char *text);

// ---- among the files
void gdb_reply(struct gdb *g, const char *body, size_t n);
static inline void gdb_answer(struct gdb *g, const char *body) { gdb_reply(g, body, __builtin_strlen(body)); }
void gdb_reply_stop(struct gdb *g);
enum gdb_order gdb_command(struct gdb *g);
bool gdb_query(struct gdb *g, const char *p); // false: not known
void gdb_make_xml(struct gdb *g);
// Hex digits at *p, which moves behind them; false: there is none, or too many.
bool gdb_hex(const char **p, u64 *value);
unsigned gdb_hex_bytes(const char *p, size_t digits, u8 *to, size_t most); // how many whole bytes
void gdb_put_hex(char *to, const u8 *from, size_t n);                      // 2 * n digits, and a NUL

#endif
