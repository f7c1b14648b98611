// SPDX-License-Identifier: MIT
#include "dev/goldfish_rtc.h"

#include "base/bits.h"

enum {
    TIME_LOW = 0,
    TIME_HIGH = 4,
    ALARM_LOW = 8,
    ALARM_HIGH = 0xc,
    IRQ_ENABLED = 0x10,
    CLEAR_ALARM = 0x14,
    ALARM_STATUS = 0x18,
    CLEAR_INTERRUPT = 0x1c
};

struct rtc_state {
    u64 offset; // the time less the clock's, as the guest has set it; modulo 2^64
    u64 alarm;
    u32 latched; // by TIME_LOW
    u8 running, pending, enabled;
};

struct goldfish_rtc {
    struct rtc_state s;
    struct vclock *clock;
    struct event event;
    struct irq_line irq;
    u64 start; // ns since 1970 at the clock's 0
};

static u64 now(const struct goldfish_rtc *r) { return r->start + r->clock->now + r->s.offset; }

static void update_irq(struct goldfish_rtc *r) { irq_set(&r->irq, r->s.pending && r->s.enabled); }

// An alarm that lies in the past comes at once.
static void arm(struct goldfish_rtc *r) {
    u64 at;
    event_cancel(r->clock, &r->event);
    if (!r->s.running) return;
    u64 t = now(r);
    if (r->s.alarm <= t) {
        r->s.running = 0;
        r->s.pending = 1;
        update_irq(r);
    } else if (!add_overflows(r->clock->now, r->s.alarm - t, &at) && at < CLOCK_END) {
        event_at(r->clock, &r->event, at);
    }
}

static void fire(void *ctx, u64 at) { arm(ctx); }

static void set_time(struct goldfish_rtc *r, u64 value) {
    r->s.offset += value - now(r);
    arm(r);
}

static u64 with_low(u64 v, u32 low) { return (v & mask(63, 32)) | low; }
static u64 with_high(u64 v, u32 high) { return (v & mask(31, 0)) | (u64)high << 32; }

static u32 read_register(struct goldfish_rtc *r, u64 offset) {
    switch (offset) {
    case TIME_LOW: {
        u64 t = now(r);
        r->s.latched = (u32)(t >> 32);
        return (u32)t;
    }
    case TIME_HIGH: return r->s.latched;
    case ALARM_LOW: return (u32)r->s.alarm;
    case ALARM_HIGH: return (u32)(r->s.alarm >> 32);
    case IRQ_ENABLED: return r->s.enabled;
    case ALARM_STATUS: return r->s.running;
    default: return 0;
    }
}

static void write_register(struct goldfish_rtc *r, u64 offset, u32 value) {
    switch (offset) {
    case TIME_LOW: return set_time(r, with_low(now(r), value));
    case TIME_HIGH: return set_time(r, with_high(now(r), value));
    case ALARM_LOW:
        r->s.alarm = with_low(r->s.alarm, value);
        r->s.running = 1;
        return arm(r);
    case ALARM_HIGH: r->s.alarm = with_high(r->s.alarm, value); return;
    case IRQ_ENABLED: r->s.enabled = value & 1; return update_irq(r);
    case CLEAR_ALARM: r->s.running = 0; return arm(r);
    case CLEAR_INTERRUPT: r->s.pending = 0; return update_irq(r);
    }
}

static u64 rtc_read(void *dev, u64 offset, unsigned width) {
    if (width < 4 || offset & (width - 1)) return 0;
    u64 value = read_register(dev, offset);
    return width == 8 ? value | (u64)read_register(dev, offset + 4) << 32 : value;
}

static void rtc_write(void *dev, u64 offset, unsigned width, u64 value) {
    if (width < 4 || offset & (width - 1)) return;
    write_register(dev, offset, (u32)value);
    if (width == 8) write_register(dev, offset + 4, (u32)(value >> 32));
}

const struct io_ops goldfish_rtc_ops = {rtc_read, rtc_write, .size = GOLDFISH_RTC_SIZE, .widths = IO_ANY};

u64 goldfish_rtc_offset(const struct goldfish_rtc *r) { return r->s.offset; }
void goldfish_rtc_set_offset(struct goldfish_rtc *r, u64 ns) { r->s.offset = ns; }

struct goldfish_rtc *goldfish_rtc_create(struct env *e, struct irq_line irq, u64 unix_time) {
    struct goldfish_rtc *r = ENV_DEVICE(e, "goldfish-rtc", struct goldfish_rtc, s);
    r->clock = e->clock;
    r->irq = irq;
    r->start = unix_time * 1000000000;
    event_init(e->clock, &r->event, fire, r);
    return r;
}
