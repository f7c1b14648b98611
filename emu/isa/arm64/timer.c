// SPDX-License-Identifier: MIT
// The generic timer (D12): a counter of ARM64_COUNTER_HZ, which is time itself, and two timers at EL1. Without EL2 there is no offset
// between the physical and the virtual count.
#include "isa/arm64/cpu.h"

#define NS_PER_COUNT (1000000000u / ARM64_COUNTER_HZ)
_Static_assert(NS_PER_COUNT *ARM64_COUNTER_HZ == 1000000000u, "a count is a whole number of ns");

u64 arm64_count(const struct arm64_cpu *c) { return c->clock->now / NS_PER_COUNT; }

// The wire, as the port knows it, and when to look again.
static void update(struct arm64_cpu *c, enum arm64_timer which, u64 ctl, u64 cval) {
    bool enabled = ctl & CNT_ENABLE, due = arm64_count(c) >= cval;
    bool out = enabled && due && !(ctl & CNT_IMASK);
    if (enabled && !due && cval < CLOCK_END / NS_PER_COUNT) event_at(c->clock, &c->timer[which], cval * NS_PER_COUNT);
    else event_cancel(c->clock, &c->timer[which]);
    if (out == (c->s.timer_out >> which & 1)) return;
    c->s.timer_out ^= (u8)BIT(which);
    if (c->port.timer) c->port.timer(c->port.ctx, which, out);
}

void arm64_timer_update(struct arm64_cpu *c) {
    update(c, ARM64_TIMER_PHYSICAL, c->s.cntp_ctl, c->s.cntp_cval);
    update(c, ARM64_TIMER_VIRTUAL, c->s.cntv_ctl, c->s.cntv_cval);
}

static void fired(void *ctx, u64 now) { arm64_timer_update(ctx); }

// An event each time that bit EVNTI of the virtual count goes up, or with EVNTDIR down. It sets the Event Register, so while that is set
// nobody can tell events apart, and none is waited for: a guest whose stream runs and who never waits has none in its slices.
static u64 next_event(u64 cntkctl, u64 count) {
    u64 half = (u64)1 << (cntkctl >> CNTKCTL_EVNTI & 15), period = 2 * half;
    u64 first = cntkctl & CNTKCTL_EVNTDIR ? 0 : half;
    return count + period - ((count - first) & (period - 1));
}

void arm64_stream_update(struct arm64_cpu *c) {
    if (c->s.event_clear && c->s.cntkctl & CNTKCTL_EVNTEN)
        event_at(c->clock, &c->stream, next_event(c->s.cntkctl, arm64_count(c)) * NS_PER_COUNT);
    else event_cancel(c->clock, &c->stream);
}

static void streamed(void *ctx, u64 now) { ((struct arm64_cpu *)ctx)->s.event_clear = 0; }

void arm64_timer_init(struct arm64_cpu *c) {
    for (unsigned i = 0; i < countof(c->timer); i++) event_init(c->clock, &c->timer[i], fired, c);
    event_init(c->clock, &c->stream, streamed, c);
}
