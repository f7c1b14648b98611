// SPDX-License-Identifier: MIT
// The count is computed when it is read. The alarm comes at the instant at which the count becomes what MR says, an event; a count that is
// set to it, or an MR that is, has come to it as well.
#include "dev/pl031.h"

#include "base/bits.h"

enum { DR = 0x00, MR = 0x04, LR = 0x08, CR = 0x0c, IMSC = 0x10, RIS = 0x14, MIS = 0x18, ICR = 0x1c };
#define ID 0x00041031 // part 031, designer 41
#define SECOND 1000000000

struct pl031_state {
    u32 offset; // the count less the clock's, as the guest has set it
    u32 match, loaded;
    u8 pending, enabled;
};

struct pl031 {
    struct pl031_state s;
    struct vclock *clock;
    struct event event;
    struct irq_line irq;
    u32 start; // the count at the clock's 0
};

static u32 count(const struct pl031 *r) { return r->start + (u32)(r->clock->now / SECOND) + r->s.offset; }

static void update_irq(struct pl031 *r) { irq_set(&r->irq, r->s.pending && r->s.enabled); }

// In at most 2^32 seconds it is time again.
static void arm(struct pl031 *r) {
    u32 left = r->s.match - count(r);
    u64 at = (r->clock->now / SECOND + (left ? left : (u64)1 << 32)) * SECOND;
    if (!left) r->s.pending = 1;
    update_irq(r);
    if (at < CLOCK_END) event_at(r->clock, &r->event, at);
    else event_cancel(r->clock, &r->event);
}

static void fire(void *ctx, u64 now) { arm(ctx); }

static u32 read_register(const struct pl031 *r, u64 offset) {
    switch (offset) {
    case DR: return count(r);
    case MR: return r->s.match;
    case LR: return r->s.loaded;
    case CR: return 1;
    case IMSC: return r->s.enabled;
    case RIS: return r->s.pending;
    case MIS: return r->s.pending & r->s.enabled;
    default: return offset >= PRIMECELL_IDS ? primecell_id(ID, offset) : 0;
    }
}

static void write_register(struct pl031 *r, u64 offset, u32 value) {
    switch (offset) {
    case MR: r->s.match = value; return arm(r);
    case LR:
        r->s.loaded = value;
        r->s.offset += value - count(r);
        return arm(r);
    case IMSC: r->s.enabled = value & 1; return update_irq(r);
    case ICR: r->s.pending &= (u8)~value; return update_irq(r);
    }
}

static u64 pl031_read(void *dev, u64 offset, unsigned width) {
    if (width < 4 || offset & (width - 1)) return 0;
    u64 value = read_register(dev, offset);
    return width == 8 ? value | (u64)read_register(dev, offset + 4) << 32 : value;
}

static void pl031_write(void *dev, u64 offset, unsigned width, u64 value) {
    if (width < 4 || offset & (width - 1)) return;
    write_register(dev, offset, (u32)value);
    if (width == 8) write_register(dev, offset + 4, (u32)(value >> 32));
}

const struct io_ops pl031_ops = {pl031_read, pl031_write, .size = PRIMECELL_SIZE, .widths = IO_ANY};

u64 pl031_offset(const struct pl031 *r) { return r->s.offset; }
void pl031_set_offset(struct pl031 *r, u64 seconds) { r->s.offset = (u32)seconds; }

struct pl031 *pl031_create(struct env *e, struct irq_line irq, u64 unix_time) {
    struct pl031 *r = ENV_DEVICE(e, "pl031", struct pl031, s);
    r->clock = e->clock;
    r->irq = irq;
    r->start = (u32)unix_time;
    event_init(e->clock, &r->event, fire, r);
    return r;
}
