// SPDX-License-Identifier: MIT
// 82C54. Nothing ticks: a channel remembers the CLK edge (counted from power-on) on which its count was loaded, and
// everything else follows from the present edge. Edge k comes at ticks_to_ns(k), so no drift can build up.
//
//   control word  SC1 SC0 | RW1 RW0 | M2 M1 M0 | BCD      SC 3: read-back; RW 0: counter latch
//   read-back     1 1 | COUNT# STATUS# | CNT2 CNT1 CNT0 | 0
//   status byte   OUT | NULL | RW1 RW0 | M2 M1 M0 | BCD
//   port 0x61     . | . | OUT2 | refresh | IOCHK# | PCHK# | speaker data | GATE2
#include "dev/pit8254.h"

enum { RW_LOW = 1, RW_HIGH = 2, RW_BOTH = 3 };
enum { READBACK = 3, READBACK_NO_COUNT = 0x20, READBACK_NO_STATUS = 0x10 };
enum { STATUS_OUT = 0x80, STATUS_NULL = 0x40, STATUS_CONTROL = 0x3F };
enum { B61_GATE2 = 1, B61_WRITABLE = 15, B61_REFRESH = 0x10, B61_OUT2 = 0x20 };
enum { REFRESH_TICKS = 18 };

#define NEVER CLOCK_NEVER

struct channel {
    u64 start;  // edge on which `count` was loaded; in the future until then
    u32 count;  // 1..0x10000 (BCD: 1..10000)
    u32 next;   // count register, loaded at the next load; 0: none waits
    u32 held;   // edges counted when GATE went low (modes 0, 2, 3 and 4 stop)
    u8 control; // low six bits of the control word
    u8 loaded;  // a count was loaded (modes 1 and 5: triggered) since the control word
    u8 gate;
    u8 low, write_high, read_high; // byte toggles for RW_BOTH
    u8 out_idle;                   // OUT while not loaded
    u8 count_latched, status_latched, status;
    u16 latch;
};

struct pit_state {
    struct channel channel[3];
    u8 port61;
};

struct pit8254 {
    struct pit_state s;
    struct vclock *clock;
    struct irq_line irq;
    struct event edge; // channel 0's OUT changes
};

static unsigned mode(const struct channel *c) {
    unsigned m = c->control >> 1 & 7;
    return m > 5 ? m - 4 : m; // M2 is a don't care in modes 2 and 3
}

static unsigned rw(const struct channel *c) { return c->control >> 4; }
static bool bcd(const struct channel *c) { return c->control & 1; }
static bool periodic(const struct channel *c) { return mode(c) == 2 || mode(c) == 3; }
static bool one_shot(const struct channel *c) { return mode(c) == 1 || mode(c) == 5; } // started by GATE
static u32 wrap(const struct channel *c) { return bcd(c) ? 10000 : 0x10000; }

static u64 tick_now(const struct pit8254 *p) { return ns_to_ticks(p->clock->now, PIT8254_HZ); }

// Edges counted since the load.
static u64 elapsed(const struct channel *c, u64 tick) {
    if (!c->gate && !one_shot(c)) return c->held;
    return tick > c->start ? tick - c->start : 0;
}

// Modes 2 and 3 take a new count at the end of the period in progress (count_written has moved `start` to its
// beginning). The chip's mode 3 takes it at the end of the half period; nobody can rely on that and be periodic.
static void settle(struct channel *c, u64 tick) {
    if (!c->loaded || !c->next || !periodic(c) || !c->gate || tick < c->start + c->count) return;
    c->start += c->count;
    c->count = c->next;
    c->next = 0;
}

static u32 counter_value(const struct channel *c, u64 tick) {
    if (!c->loaded) return c->count % wrap(c);
    u64 e = elapsed(c, tick);
    u32 n = c->count, value;
    switch (mode(c)) {
    case 2: value = n - (u32)(e % n); break;
    case 3: {
        // Counts by two from N (odd: from N - 1), once with OUT high and once with OUT low.
        u32 at = (u32)(e % n), high = (n + 1) / 2;
        value = (n & ~1u) - 2 * (at < high ? at : at - high);
        break;
    }
    default: value = (u32)((n + wrap(c) - e % wrap(c)) % wrap(c));
    }
    return value % wrap(c);
}

static bool out_level(const struct channel *c, u64 tick) {
    if (!c->loaded) return c->out_idle;
    u64 e = elapsed(c, tick);
    bool before_load = tick < c->start;
    switch (mode(c)) {
    case 0: return e >= c->count;
    case 1: return before_load || e >= c->count;
    case 2: return !c->gate || before_load || e % c->count != c->count - 1 || c->count == 1;
    case 3: return !c->gate || before_load || e % c->count < (c->count + 1) / 2;
    default: return before_load || e != c->count;
    }
}

// The first edge after `tick` on which OUT may change, or NEVER: of channel 0, whose gate is always on, so that modes 1 and 5, which
// wait for the gate to rise, are never loaded.
static u64 next_change(const struct channel *c, u64 tick) {
    if (!c->loaded) return NEVER;
    if (tick < c->start) return c->start;
    u64 e = tick - c->start, n = c->count;
    if (periodic(c) && n == 1 && !c->next) return NEVER;
    switch (mode(c)) {
    case 2: {
        u64 period = c->start + e / n * n;
        return e % n < n - 1 ? period + n - 1 : period + n;
    }
    case 3: {
        u64 period = c->start + e / n * n, high = (n + 1) / 2;
        return e % n < high ? period + high : period + n;
    }
    case 0: return e < n ? c->start + n : NEVER;
    default: return e < n ? c->start + n : e == n ? c->start + n + 1 : NEVER;
    }
}

// Sets the line for `tick` and waits for the next change.
static void drive(struct pit8254 *p, u64 tick) {
    struct channel *c = &p->s.channel[0];
    settle(c, tick);
    irq_set(&p->irq, out_level(c, tick));
    u64 at = next_change(c, tick);
    if (at == NEVER) event_cancel(p->clock, &p->edge);
    else event_at(p->clock, &p->edge, ticks_to_ns(at, PIT8254_HZ));
}

// On the host's time (`clock = host`) any number of changes may be due at once. No instruction runs between them, and whoever
// latches the edges, 8259A or I/O APIC, has one bit for all: so a load and the period behind it are made up for in order,
// which has a rise for certain, and the rest is passed over, however long the pause was.
enum { MADE_UP = 3 };

static void edge(void *ctx, u64 now) {
    struct pit8254 *p = ctx;
    u64 tick = ns_to_ticks(now, PIT8254_HZ), at = ns_to_ticks(p->edge.when, PIT8254_HZ);
    for (unsigned n = 0; at <= tick; n++) {
        if (n == MADE_UP) at = tick;
        drive(p, at);
        at = next_change(&p->s.channel[0], at);
    }
}

// The count in `next` goes into the counting element on the CLK edge after `tick`.
static void load(struct channel *c, u64 tick) {
    c->count = c->next;
    c->next = 0;
    c->start = tick + 1;
    c->held = 0;
    c->loaded = 1;
}

static void count_written(struct channel *c, u32 value, u64 tick) {
    if (bcd(c)) {
        u32 decimal = 0;
        for (int shift = 12; shift >= 0; shift -= 4) decimal = decimal * 10 + (value >> shift & 15) % 10;
        value = decimal;
    }
    c->next = value ? value : wrap(c);
    if (one_shot(c)) return; // loaded by the trigger
    if (!periodic(c) || !c->loaded) load(c, tick);
    else if (tick > c->start) c->start += (tick - c->start) / c->count * c->count;
}

static void write_count(struct channel *c, u8 v, u64 tick) {
    settle(c, tick);
    switch (rw(c)) {
    case RW_LOW: count_written(c, v, tick); return;
    case RW_HIGH: count_written(c, (u32)v << 8, tick); return;
    default: break;
    }
    if (c->write_high) {
        c->write_high = 0;
        count_written(c, c->low | (u32)v << 8, tick);
        return;
    }
    c->low = v;
    c->write_high = 1;
    if (mode(c) != 0) return;
    c->loaded = 0; // mode 0: the first byte stops the count and OUT goes low
    c->out_idle = 0;
}

static u8 status(const struct channel *c, u64 tick) {
    bool null = c->next || !c->loaded || tick < c->start;
    return (u8)((out_level(c, tick) ? STATUS_OUT : 0) | (null ? STATUS_NULL : 0) | c->control);
}

static u16 count_out(const struct channel *c, u64 tick) {
    u32 value = counter_value(c, tick);
    if (!bcd(c)) return (u16)value;
    return (u16)(value % 10 | value / 10 % 10 << 4 | value / 100 % 10 << 8 | value / 1000 % 10 << 12);
}

static void latch_count(struct channel *c, u64 tick) {
    if (c->count_latched) return; // the first latch stands until it is read
    c->latch = count_out(c, tick);
    c->count_latched = rw(c);
}

static void latch_status(struct channel *c, u64 tick) {
    if (c->status_latched) return;
    c->status = status(c, tick);
    c->status_latched = 1;
}

static u8 read_count(struct channel *c, u64 tick) {
    if (c->status_latched) {
        c->status_latched = 0;
        return c->status;
    }
    u16 value = c->count_latched ? c->latch : count_out(c, tick);
    bool high = rw(c) == RW_HIGH || (rw(c) == RW_BOTH && c->read_high);
    if (rw(c) == RW_BOTH) c->read_high ^= 1;
    if (rw(c) != RW_BOTH || high) c->count_latched = 0;
    return (u8)(high ? value >> 8 : value);
}

static void set_gate(struct channel *c, bool gate, u64 tick) {
    if (gate == (bool)c->gate) return;
    settle(c, tick);
    u64 e = elapsed(c, tick);
    c->gate = gate;
    if (one_shot(c)) {
        bool armed = c->next || c->count;
        if (!c->next) c->next = c->count;
        if (gate && armed) load(c, tick);
        return;
    }
    if (!c->loaded) return;
    if (!gate) {
        c->held = (u32)(periodic(c) ? e % c->count : e < wrap(c) ? e : wrap(c) + e % wrap(c));
        return;
    }
    if (!periodic(c)) {
        c->start = tick - c->held; // goes on where it stood
        return;
    }
    if (!c->next) c->next = c->count;
    load(c, tick);
}

static void write_control_word(struct channel *c, u8 v) {
    c->control = v & STATUS_CONTROL;
    c->loaded = 0;
    c->next = 0;
    c->count = 0;
    c->held = 0;
    c->write_high = c->read_high = c->count_latched = c->status_latched = 0;
    c->out_idle = mode(c) != 0;
}

static void write_control(struct pit8254 *p, u8 v, u64 tick) {
    unsigned which = v >> 6;
    if (which != READBACK) {
        struct channel *c = &p->s.channel[which];
        settle(c, tick);
        if (v & 0x30) write_control_word(c, v);
        else latch_count(c, tick);
        return;
    }
    for (unsigned i = 0; i < 3; i++) {
        struct channel *c = &p->s.channel[i];
        if (!(v >> (i + 1) & 1)) continue;
        settle(c, tick);
        if (!(v & READBACK_NO_COUNT)) latch_count(c, tick);
        if (!(v & READBACK_NO_STATUS)) latch_status(c, tick);
    }
}

static u8 read_byte(void *dev, u64 offset) {
    struct pit8254 *p = dev;
    if (offset == 3) return 0xFF; // the control word cannot be read
    struct channel *c = &p->s.channel[offset];
    u64 tick = tick_now(p);
    settle(c, tick);
    return read_count(c, tick);
}

static void write_byte(void *dev, u64 offset, u8 v) {
    struct pit8254 *p = dev;
    u64 tick = tick_now(p);
    if (offset == 3) write_control(p, v, tick);
    else write_count(&p->s.channel[offset], v, tick);
    drive(p, tick);
}

static u8 speaker_read_byte(void *dev, u64 offset) {
    struct pit8254 *p = dev;
    u64 tick = tick_now(p);
    settle(&p->s.channel[2], tick);
    return (u8)(p->s.port61 | (tick / REFRESH_TICKS & 1 ? B61_REFRESH : 0) | (out_level(&p->s.channel[2], tick) ? B61_OUT2 : 0));
}

static void speaker_write_byte(void *dev, u64 offset, u8 v) {
    struct pit8254 *p = dev;
    p->s.port61 = v & B61_WRITABLE;
    set_gate(&p->s.channel[2], v & B61_GATE2, tick_now(p));
}

static u64 pit_read(void *dev, u64 offset, unsigned width) { return read_byte(dev, offset); }

static void pit_write(void *dev, u64 offset, unsigned width, u64 value) { write_byte(dev, offset, (u8)value); }

static u64 speaker_read(void *dev, u64 offset, unsigned width) { return speaker_read_byte(dev, offset); }

static void speaker_write(void *dev, u64 offset, unsigned width, u64 value) { speaker_write_byte(dev, offset, (u8)value); }

const struct io_ops pit8254_ops = {pit_read, pit_write, .size = 4, .widths = IO_BYTES};
const struct io_ops pit8254_speaker_ops = {speaker_read, speaker_write, .size = 1, .widths = IO_BYTES};

// Times that lie ahead of the clock's would wrap around where the next change is computed.
static bool channel_can_be(const struct channel *c) {
    if (c->control & ~STATUS_CONTROL || c->loaded > 1 || c->gate > 1 || c->count > 0x10000 || c->next > 0x10000) return false;
    return !c->loaded || c->count;
}

static bool enter(void *dev) {
    const struct pit8254 *p = dev;
    for (unsigned i = 0; i < countof(p->s.channel); i++)
        if (!channel_can_be(&p->s.channel[i])) return false;
    return p->s.channel[0].gate && p->s.channel[0].start <= tick_now(p) + 1;
}

struct pit8254 *pit8254_create(struct env *e, struct irq_line irq) {
    struct pit8254 *p = ENV_DEVICE(e, "pit8254", struct pit8254, s);
    env_check(e, "pit8254", enter, p);
    p->clock = e->clock;
    p->irq = irq;
    event_init(e->clock, &p->edge, edge, p);
    for (unsigned i = 0; i < 3; i++) {
        struct channel *c = &p->s.channel[i];
        write_control_word(c, RW_BOTH << 4);
        c->gate = i != 2; // channel 2's gate is port 0x61 bit 0
    }
    return p;
}
