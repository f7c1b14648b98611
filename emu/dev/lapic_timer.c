// SPDX-License-Identifier: MIT
// The local APIC's timer. One number tells it all: when it expires next; the current count follows from that.
#include "dev/lapic_timer.h"

// Divide configuration: bits 3, 1, 0 are log2(divider) - 1, modulo 8.
static u64 divider(const struct lapic_timer_state *s) {
    unsigned code = (s->divide >> 1 & 4) | (s->divide & 3);
    return (u64)1 << ((code + 1) & 7);
}

static u64 period(const struct lapic_timer_state *s) { return s->initial * divider(s); }

static void expire_at(struct lapic_timer *t, u64 when) {
    t->s->next = when;
    if (when) event_at(t->clock, &t->expiry, when);
    else event_cancel(t->clock, &t->expiry);
}

static void expire(void *ctx, u64 now) {
    struct lapic_timer *t = ctx;
    u64 next = 0;
    if (t->s->mode == TIMER_PERIODIC && t->s->initial) {
        // Counted on from the expiry, not from now: no drift. Expiries missed would be one interrupt anyway.
        u64 late = now - t->s->next;
        next = t->s->next + (late / period(t->s) + 1) * period(t->s);
    }
    expire_at(t, next);
    t->expired(t->ctx);
}

void lapic_timer_init(struct lapic_timer *t, struct lapic_timer_state *s, struct vclock *clock, void (*expired)(void *ctx),
                      void *ctx) {
    t->s = s;
    t->clock = clock;
    t->expired = expired;
    t->ctx = ctx;
    event_init(clock, &t->expiry, expire, t);
}

void lapic_timer_reset(struct lapic_timer *t) {
    expire_at(t, 0);
    t->s->initial = 0;
    t->s->divide = 0;
    t->s->mode = TIMER_ONE_SHOT;
}

// A change between one-shot and periodic matters at the next expiry; to or from TSC-deadline it disarms.
void lapic_timer_set_mode(struct lapic_timer *t, enum lapic_timer_mode mode) {
    if ((mode == TIMER_DEADLINE) != (t->s->mode == TIMER_DEADLINE)) expire_at(t, 0);
    t->s->mode = (u8)mode;
}

void lapic_timer_set_initial(struct lapic_timer *t, u32 count) {
    if (t->s->mode == TIMER_DEADLINE) return;
    t->s->initial = count;
    expire_at(t, count ? t->clock->now + period(t->s) : 0);
}

// The count goes on from where it is, at the new rate.
void lapic_timer_set_divide(struct lapic_timer *t, u8 divide) {
    u64 count = lapic_timer_current(t);
    t->s->divide = divide;
    if (count) expire_at(t, t->clock->now + count * divider(t->s));
}

u32 lapic_timer_current(const struct lapic_timer *t) {
    u64 now = t->clock->now;
    if (t->s->mode == TIMER_DEADLINE || t->s->next <= now) return 0;
    return (u32)((t->s->next - now + divider(t->s) - 1) / divider(t->s));
}

void lapic_timer_set_deadline(struct lapic_timer *t, u64 when) {
    if (t->s->mode != TIMER_DEADLINE) return;
    expire_at(t, when);
}

u64 lapic_timer_deadline(const struct lapic_timer *t) { return t->s->mode == TIMER_DEADLINE ? t->s->next : 0; }
