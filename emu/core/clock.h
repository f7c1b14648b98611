// SPDX-License-Identifier: MIT
// Virtual time and the event queue. One tick is one nanosecond of guest time is one retired instruction; beside that a
// port access takes what it takes on a PC, and a halted guest jumps to its next event. Nothing here knows the host's time.
#ifndef CORE_CLOCK_H
#define CORE_CLOCK_H

#include "base/types.h"

#define CLOCK_NEVER (~(u64)0)
// No guest sleeps until then (146 years): behind it the sum of a time and a period might not fit.
#define CLOCK_END ((u64)1 << 62)

struct event {
    u64 when; // ns; meaningful while queued
    void (*fire)(void *ctx, u64 now);
    void *ctx;
    struct event *next;
    bool queued;
    unsigned order;     // ties fire in the order of event_init: never in the order of queueing alone
    struct event *made; // the one that was initialised before it
};

struct vclock {
    u64 now;            // ns since power-on; exact whenever a device is called
    struct event *head; // soonest first
    unsigned events;    // events initialised so far
    struct event *made; // the last of them
};

// Binds ev to its callback. `fire` is called with the event already off the queue, so it may queue itself again.
void event_init(struct vclock *c, struct event *ev, void (*fire)(void *ctx, u64 now), void *ctx);
// Queues ev for `when` (a past time fires at the next opportunity); moves it if it is queued already.
void event_at(struct vclock *c, struct event *ev, u64 when);
void event_cancel(struct vclock *c, struct event *ev);
// Takes all events off but those of the first `events` event_inits, as if the others had never been: what owns them is gone.
void clock_forget(struct vclock *c, unsigned events);
// All that there are, on the queue or not, the last one initialised first: its `made` leads on.
static inline struct event *clock_events(const struct vclock *c) { return c->made; }
// The soonest event's time, or CLOCK_NEVER.
static inline u64 clock_next(const struct vclock *c) { return c->head ? c->head->when : CLOCK_NEVER; }
// Fires everything due at or before c->now.
void clock_fire(struct vclock *c);
// Moves now on to `to`, and fires on the way what comes due before it, each event at its own time.
void clock_advance(struct vclock *c, u64 to);

// ticks of a counter of `hz` in `ns`, and back (rounded up so that a deadline is never early). Exact for any u64.
static inline u64 ns_to_ticks(u64 ns, u64 hz) { return (u64)((u128)ns * hz / 1000000000u); }
static inline u64 ticks_to_ns(u64 ticks, u64 hz) { return (u64)(((u128)ticks * 1000000000u + hz - 1) / hz); }

#endif
