// SPDX-License-Identifier: MIT
// What the files of debug.h ask of each other:
//
//   debug.c        orders, stops, the target's memory and registers      debug_words.c   what `monitor` can say
//   debug_past.c   points of the run, and going back to them
#ifndef MACHINE_DEBUG_PARTS_H
#define MACHINE_DEBUG_PARTS_H

#include "debug/gdb.h"
#include "machine/debug.h"

#define PAST_POINTS 256
#define PAST_TYPED 4096         // bytes typed that are remembered
#define PAST_BYTES (1024 * MiB) // kept for all points: the oldest go when it is more
// Instructions from one point to the next at first, later this part of all that has run since the first. A point takes some 10 ms, most of it to
// translate anew what the processor has forgotten: at these distances that is 3 % of the time, as fast as either engine is.
#define PAST_FIRST_TRANSLATED ((u64)400 * 1000 * 1000)
#define PAST_FIRST_INTERPRETED ((u64)32 * 1000 * 1000)
#define PAST_SHARE 16

struct past {
    bool kept; // there are points
    struct {
        struct rewind *at;
        u64 count;
    } point[PAST_POINTS]; // oldest first
    unsigned points;
    u64 base;     // the first one's count, though it may be gone
    u64 next;     // where the next is due
    u64 frontier; // the run has come as far as this
    struct {
        u64 count, now;
        u8 byte;
    } typed[PAST_TYPED];
    unsigned typed_n, typed_at; // the next one to be typed again
    bool full;                  // more was typed than there is room for: the past begins anew
};

enum debug_mode {
    DEBUG_FREE,    // nobody is there
    DEBUG_STOPPED, // orders are awaited
    DEBUG_RUN,     // to a breakpoint, or as far as `target`
    DEBUG_SEEK,    // to `target`, whatever is on the way
    DEBUG_SEARCH,  // to `until`, and the last breakpoint on the way is noted
};

struct debugger {
    struct gdb gdb;
    struct gdb_target target_ops;
    enum debug_mode mode;
    u64 target;          // a count of instructions; ~0: none
    struct gdb_stop why; // what is told there
    u64 limit;           // instructions that the next order to run may take; 0: nobody has said
    bool changed;        // registers or memory were written: what was before cannot have led here
    unsigned polls, eager;
    struct {
        u64 least, until; // counts: no farther back than this; where this part of the search ends
        unsigned from;    // the point that it began at
        bool found;
        u64 at;
        struct gdb_stop why;
    } search;
    struct past past;
};

// ---- debug_past.c
// Why there is no going back in this run; NULL: there is.
const char *past_why_not(const struct emu_machine *m);
void past_begin(struct emu_machine *m); // here: what was before is gone
void past_end(struct emu_machine *m);
void past_look(struct emu_machine *m); // behind each slice
u64 past_next(const struct emu_machine *m);
// The number of the newest point at this count or before it; -1: there is none.
int past_point(const struct past *p, u64 count);
// Goes there. False: it cannot be done (logged); the past is gone then.
bool past_go(struct emu_machine *m, int point);

// ---- debug_words.c
void debug_monitor(struct emu_machine *m, const char *words, struct text *t);

// ---- debug.c
size_t debug_read(struct emu_machine *m, u64 at, bool physical, u8 *to, size_t n);

#endif
