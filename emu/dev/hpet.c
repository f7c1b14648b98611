// SPDX-License-Identifier: MIT
// HPET. The counter is a function of the clock while it runs; each timer waits for one event, its next match.
//
//   0x000  capabilities    63..32 period in fs | 31..16 vendor | 15 legacy | 13 64-bit | 12..8 timers - 1
//            | 7..0 revision
//   0x010  configuration   1 legacy replacement | 0 enable
//   0x020  interrupt status, bit n: timer n (level-triggered), write 1 to clear
//   0x0F0  main counter
//   0x100 + 0x20 n   timer n configuration and capabilities
//            63..32 routes | 16 FSB capable | 14 FSB enable | 13..9 route | 8 32-bit mode | 6 set value
//            | 5 64-bit capable | 4 periodic capable | 3 periodic | 2 interrupt enable | 1 level
//   0x108 + 0x20 n   comparator
#include "dev/hpet.h"

#include "base/bits.h"

enum { CAPABILITIES = 0x000, CONFIGURATION = 0x010, STATUS = 0x020, COUNTER = 0x0F0, TIMERS = 0x100 };
enum { TIMER_CONFIG = 0x00, TIMER_COMPARATOR = 0x08, TIMER_SIZE = 0x20 };
enum { CONF_ENABLE = 1, CONF_LEGACY = 2 };

#define TN_LEVEL BIT(1)
#define TN_ENABLE BIT(2)
#define TN_PERIODIC BIT(3)
#define TN_PERIODIC_CAP BIT(4)
#define TN_64BIT_CAP BIT(5)
#define TN_SET_VALUE BIT(6)
#define TN_32BIT BIT(8)
#define TN_WRITABLE (TN_LEVEL | TN_ENABLE | TN_PERIODIC | TN_SET_VALUE | TN_32BIT | mask(13, 9))

#define FS_PER_TICK ((u64)HPET_TICK_NS * 1000000)

struct timer_state {
    u64 config, comparator, period;
    u64 due;     // ns of the next match; CLOCK_NEVER: none (halted, or not in this age)
    u64 matched; // the counter at the last match
};

struct hpet_state {
    u64 config, status;
    u64 counter; // at `since`, or where it stands while halted
    u64 since;   // ns
    struct timer_state timer[HPET_TIMERS];
    u8 input[2]; // levels from PIT and RTC
    u8 edges;    // bit n: an edge-triggered timer n has its line up, from a match to the next
    u8 matches;  // bit n: `matched` of timer n holds
    u8 unused[4];
};

struct hpet;

struct hpet_timer {
    struct hpet *hpet;
    unsigned n;
    struct event match;
};

struct hpet {
    struct hpet_state s;
    struct vclock *clock;
    struct irq_line legacy[2], gsi;
    u32 routes;
    struct hpet_timer timer[HPET_TIMERS];
};

static u64 counter_at(const struct hpet_state *s, u64 ns) {
    return s->config & CONF_ENABLE ? s->counter + (ns - s->since) / HPET_TICK_NS : s->counter;
}

static u64 width_mask(const struct timer_state *t) { return t->config & TN_32BIT ? 0xFFFFFFFF : ~(u64)0; }

// In legacy replacement mode timers 0 and 1 are IRQ 0 and IRQ 8, whatever their route says.
static void drive(struct hpet *h, unsigned n, bool level) {
    if (h->s.config & CONF_LEGACY && n < 2) {
        irq_set(&h->legacy[n], level);
        return;
    }
    unsigned route = (unsigned)bits(h->s.timer[n].config, 13, 9);
    if (h->gsi.set && h->routes >> route & 1) h->gsi.set(h->gsi.ctx, route, level);
}

static bool asserted(const struct hpet_state *s, unsigned n) {
    u64 config = s->timer[n].config;
    return config & TN_ENABLE && (config & TN_LEVEL ? s->status : s->edges) >> n & 1;
}

static u64 due_after(u64 ns, u64 ticks) {
    u128 due = (u128)ticks * HPET_TICK_NS + ns;
    return due < CLOCK_NEVER ? (u64)due : CLOCK_NEVER;
}

// Ticks until the counter comes round to where it is; with 64 bits that is never.
static u64 around(const struct timer_state *t) { return t->config & TN_32BIT ? (u64)1 << 32 : CLOCK_NEVER; }

// Waits for the next match; a timer that signals nothing needs no event.
static void wait(struct hpet *h, unsigned n) {
    const struct timer_state *t = &h->s.timer[n];
    if (t->due != CLOCK_NEVER && t->config & (TN_ENABLE | TN_LEVEL)) event_at(h->clock, &h->timer[n].match, t->due);
    else event_cancel(h->clock, &h->timer[n].match);
}

// Finds the time of the next match after a change of counter, comparator or configuration. A match is the counter's arrival at
// the comparator: whatever is written in the tick that it arrived in, that tick has no second one.
static void schedule(struct hpet *h, unsigned n) {
    struct timer_state *t = &h->s.timer[n];
    u64 now = h->clock->now;
    u64 ticks = (t->comparator - counter_at(&h->s, now)) & width_mask(t);
    u64 tick_began = now - (now - h->s.since) % HPET_TICK_NS;
    if (!ticks && h->s.matches >> n & 1 && t->matched == counter_at(&h->s, now)) ticks = around(t);
    t->due = h->s.config & CONF_ENABLE ? due_after(tick_began, ticks) : CLOCK_NEVER;
    wait(h, n);
}

static void note_match(struct hpet *h, unsigned n, u64 at) {
    h->s.timer[n].matched = counter_at(&h->s, at);
    h->s.matches |= (u8)BIT(n);
}

// A periodic comparator moves on by its period with each match. It is brought up to date before it is looked at.
static void advance(struct hpet *h, unsigned n) {
    struct timer_state *t = &h->s.timer[n];
    u64 now = h->clock->now;
    if (!(t->config & TN_PERIODIC) || !t->period || t->due > now) return;
    u64 matches = (now - t->due) / HPET_TICK_NS / t->period + 1;
    t->comparator = (t->comparator + matches * t->period) & width_mask(t);
    note_match(h, n, due_after(t->due, (matches - 1) * t->period));
    t->due = due_after(t->due, matches * t->period);
}

static void match(void *ctx, u64 now) {
    struct hpet_timer *timer = ctx;
    struct hpet *h = timer->hpet;
    unsigned n = timer->n;
    struct timer_state *t = &h->s.timer[n];
    if (t->config & TN_PERIODIC && t->period) {
        advance(h, n);
    } else {
        note_match(h, n, t->due);
        t->due = due_after(t->due, around(t));
    }
    wait(h, n);
    if (t->config & TN_LEVEL) {
        h->s.status |= BIT(n);
    } else { // the line stays up behind the edge, since an 8259 forgets a request whose line falls
        drive(h, n, false);
        h->s.edges |= (u8)BIT(n);
    }
    drive(h, n, asserted(&h->s, n));
}

static void set_input(void *ctx, unsigned which, bool level) {
    struct hpet *h = ctx;
    h->s.input[which] = level;
    if (!(h->s.config & CONF_LEGACY)) irq_set(&h->legacy[which], level);
}

struct irq_line hpet_legacy_input(struct hpet *h, unsigned which) {
    return (struct irq_line){.set = set_input, .ctx = h, .pin = which & 1};
}

static void write_configuration(struct hpet *h, u64 v) {
    struct hpet_state *s = &h->s;
    u64 now = h->clock->now;
    v &= CONF_ENABLE | CONF_LEGACY;
    u64 changed = v ^ s->config;
    for (unsigned n = 0; n < HPET_TIMERS; n++) {
        advance(h, n);
        if (changed & CONF_LEGACY && asserted(s, n)) drive(h, n, false);
    }
    if (changed & CONF_ENABLE) {
        s->counter = counter_at(s, now);
        s->since = now;
    }
    s->config = v;
    if (changed & CONF_LEGACY) s->edges = 0; // an edge is not made by moving the wire
    if (changed & CONF_LEGACY)
        for (unsigned i = 0; i < 2; i++) irq_set(&h->legacy[i], v & CONF_LEGACY ? false : s->input[i]);
    for (unsigned n = 0; n < HPET_TIMERS; n++) {
        if (changed & CONF_LEGACY && asserted(s, n)) drive(h, n, true);
        schedule(h, n);
    }
}

static void write_status(struct hpet *h, u64 v) {
    for (unsigned n = 0; n < HPET_TIMERS; n++) {
        if (!(v >> n & 1) || !(h->s.status >> n & 1)) continue;
        bool was = asserted(&h->s, n);
        h->s.status &= ~BIT(n);
        if (was) drive(h, n, false);
    }
}

static void write_timer_config(struct hpet *h, unsigned n, u64 v) {
    struct timer_state *t = &h->s.timer[n];
    advance(h, n);
    bool was = asserted(&h->s, n);
    if (was) drive(h, n, false); // at the old route
    t->config = v & TN_WRITABLE;
    h->s.edges &= (u8)~BIT(n);
    if (!(h->routes >> bits(v, 13, 9) & 1)) t->config &= ~mask(13, 9); // an illegal route does not stick
    t->comparator &= width_mask(t);
    t->period &= width_mask(t);
    if (!(t->config & TN_LEVEL)) h->s.status &= ~BIT(n);
    if (asserted(&h->s, n)) drive(h, n, true);
    schedule(h, n);
}

// The bytes of `old` that a write of `width` bytes at byte `at` replaces.
static u64 merge(u64 old, unsigned at, unsigned width, u64 value) {
    u64 touched = mask(8 * width - 1, 0) << (8 * at);
    return (old & ~touched) | (value << (8 * at) & touched);
}

// In periodic mode a write is the period; with "set value" it is the next match as well (2.3.9.2.2). A 64-bit value
// comes in two halves on 32-bit machines: "set value" stands until the second.
static void write_comparator(struct hpet *h, unsigned n, unsigned at, unsigned width, u64 value) {
    struct timer_state *t = &h->s.timer[n];
    bool periodic = t->config & TN_PERIODIC;
    advance(h, n);
    if (!periodic || t->config & TN_SET_VALUE) t->comparator = merge(t->comparator, at, width, value) & width_mask(t);
    if (periodic) t->period = merge(t->period, at, width, value) & width_mask(t);
    if (at + width == 8 || t->config & TN_32BIT || !periodic) t->config &= ~TN_SET_VALUE;
    schedule(h, n);
}

static u64 timer_register(struct hpet *h, unsigned n, u64 offset) {
    struct timer_state *t = &h->s.timer[n];
    switch (offset) {
    case TIMER_CONFIG: return t->config | TN_PERIODIC_CAP | TN_64BIT_CAP | (u64)h->routes << 32;
    case TIMER_COMPARATOR: advance(h, n); return t->comparator;
    default: return 0; // FSB route
    }
}

static u64 read_register(struct hpet *h, u64 at) {
    switch (at) {
    case CAPABILITIES: return FS_PER_TICK << 32 | HPET_EVENT_TIMER_BLOCK_ID;
    case CONFIGURATION: return h->s.config;
    case STATUS: return h->s.status;
    case COUNTER: return counter_at(&h->s, h->clock->now);
    default: break;
    }
    u64 n = (at - TIMERS) / TIMER_SIZE;
    if (at < TIMERS || n >= HPET_TIMERS) return 0;
    return timer_register(h, (unsigned)n, at % TIMER_SIZE);
}

static u64 hpet_read(void *dev, u64 offset, unsigned width) {
    return read_register(dev, offset & ~(u64)7) >> (8 * (offset & 7)) & mask(8 * width - 1, 0);
}

static void hpet_write(void *dev, u64 offset, unsigned width, u64 value) {
    struct hpet *h = dev;
    u64 reg = offset & ~(u64)7;
    unsigned at = offset & 7;
    switch (reg) {
    case CAPABILITIES: return;
    case CONFIGURATION: write_configuration(h, merge(h->s.config, at, width, value)); return;
    case STATUS: write_status(h, merge(0, at, width, value)); return;
    case COUNTER:
        if (h->s.config & CONF_ENABLE) return;
        h->s.counter = merge(h->s.counter, at, width, value);
        h->s.matches = 0; // another arrival
        return;
    default: break;
    }
    u64 n = (reg - TIMERS) / TIMER_SIZE;
    if (reg < TIMERS || n >= HPET_TIMERS) return;
    if (reg % TIMER_SIZE == TIMER_CONFIG) write_timer_config(h, (unsigned)n, merge(h->s.timer[n].config, at, width, value));
    else if (reg % TIMER_SIZE == TIMER_COMPARATOR) write_comparator(h, (unsigned)n, at, width, value);
}

const struct io_ops hpet_ops = {hpet_read, hpet_write, .size = HPET_SIZE, .widths = IO_ANY};

// A timer that signals waits for a match to come; one that does not may have missed any number of them.
static bool enter(void *dev) {
    const struct hpet *h = dev;
    if (h->s.since > h->clock->now) return false;
    for (unsigned n = 0; n < HPET_TIMERS; n++)
        if (h->s.timer[n].config & (TN_ENABLE | TN_LEVEL) && h->s.timer[n].due < h->clock->now) return false;
    return true;
}

struct hpet *hpet_create(struct env *e, const struct irq_line legacy[2], struct irq_line gsi, u32 routes) {
    struct hpet *h = ENV_DEVICE(e, "hpet", struct hpet, s);
    env_check(e, "hpet", enter, h);
    h->clock = e->clock;
    h->legacy[0] = legacy[0];
    h->legacy[1] = legacy[1];
    h->gsi = gsi;
    h->routes = routes;
    for (unsigned n = 0; n < HPET_TIMERS; n++) {
        h->timer[n].hpet = h;
        h->timer[n].n = n;
        event_init(e->clock, &h->timer[n].match, match, &h->timer[n]);
        h->s.timer[n].comparator = ~(u64)0; // reset value (2.3.9.2)
        h->s.timer[n].due = CLOCK_NEVER;
    }
    return h;
}
