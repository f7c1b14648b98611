// SPDX-License-Identifier: MIT
// The local APIC's timer (SDM 3A 11.5.4), a part of lapic.c: a count-down of LAPIC_TIMER_HZ / divider, or a deadline.
#ifndef DEV_LAPIC_TIMER_H
#define DEV_LAPIC_TIMER_H

#include "core/clock.h"

enum lapic_timer_mode { TIMER_ONE_SHOT, TIMER_PERIODIC, TIMER_DEADLINE, TIMER_RESERVED }; // LVT bits 18..17

struct lapic_timer_state {
    u64 next;    // ns of the next expiry; 0: stopped
    u32 initial; // initial-count register
    u8 divide;   // divide-configuration register
    u8 mode;     // enum lapic_timer_mode
    u8 unused[2];
};

struct lapic_timer {
    struct lapic_timer_state *s;
    struct vclock *clock;
    struct event expiry;
    void (*expired)(void *ctx);
    void *ctx;
};

void lapic_timer_init(struct lapic_timer *t, struct lapic_timer_state *s, struct vclock *clock, void (*expired)(void *ctx),
                      void *ctx);
void lapic_timer_reset(struct lapic_timer *t);
void lapic_timer_set_mode(struct lapic_timer *t, enum lapic_timer_mode mode);
void lapic_timer_set_initial(struct lapic_timer *t, u32 count);
void lapic_timer_set_divide(struct lapic_timer *t, u8 divide);
u32 lapic_timer_current(const struct lapic_timer *t);
void lapic_timer_set_deadline(struct lapic_timer *t, u64 when);
u64 lapic_timer_deadline(const struct lapic_timer *t);

#endif
