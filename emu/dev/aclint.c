// SPDX-License-Identifier: MIT
// mtime is computed when it is read. MTIP is a level that changes at two instants: when mtime reaches mtimecmp, and when mtime, which
// the guest may set, wraps around to 0. An event stands at the next of them.
#include "dev/aclint.h"

#include "base/bits.h"

enum { AT_MTIMECMP = 0x4000, AT_MTIME = 0xbff8 };

struct aclint_state {
    u64 offset; // mtime less the ticks of the clock
    u64 mtimecmp[ACLINT_HARTS];
    u32 msip[ACLINT_HARTS];
};

struct timer {
    struct aclint *owner;
    struct event event;
    struct irq_line mtip;
};

struct aclint {
    struct aclint_state s;
    struct vclock *clock;
    struct irq_line msip[ACLINT_HARTS];
    struct timer timer[ACLINT_HARTS];
    unsigned harts;
};

u64 aclint_mtime(const struct aclint *a) { return ns_to_ticks(a->clock->now, ACLINT_HZ) + a->s.offset; }

static void update(struct aclint *a, unsigned hart) {
    struct timer *t = &a->timer[hart];
    u64 now = aclint_mtime(a), compare = a->s.mtimecmp[hart], at;
    bool due = now >= compare;
    u64 ticks = due ? 0 - now : compare - now; // to the next change; 0 is 2^64
    irq_set(&t->mtip, due);
    bool never =
        !ticks || add_overflows(ns_to_ticks(a->clock->now, ACLINT_HZ), ticks, &at) || at > ns_to_ticks(CLOCK_END, ACLINT_HZ);
    if (never) event_cancel(a->clock, &t->event);
    else event_at(a->clock, &t->event, ticks_to_ns(at, ACLINT_HZ));
}

static void fire(void *ctx, u64 now) {
    struct timer *t = ctx;
    update(t->owner, (unsigned)(t - t->owner->timer));
}

void aclint_set_mtimecmp(struct aclint *a, unsigned hart, u64 value) {
    a->s.mtimecmp[hart] = value;
    update(a, hart);
}

static void set_mtime(struct aclint *a, u64 value) {
    a->s.offset = value - ns_to_ticks(a->clock->now, ACLINT_HZ);
    for (unsigned h = 0; h < a->harts; h++) update(a, h);
}

// The 64-bit register that the offset lies in: *hart (mtimecmp) or AT_MTIME; false: neither.
static bool timer_register(const struct aclint *a, u64 offset, bool *mtime, unsigned *hart) {
    *mtime = offset - offset % 8 == AT_MTIME;
    *hart = (unsigned)((offset - AT_MTIMECMP) / 8);
    return *mtime || (offset >= AT_MTIMECMP && offset < AT_MTIMECMP + 8 * a->harts);
}

static bool right(u64 offset, unsigned width) { return width >= 4 && !(offset & (width - 1)); }

static u64 aclint_read(void *dev, u64 offset, unsigned width) {
    const struct aclint *a = dev;
    bool mtime;
    unsigned hart;
    if (!right(offset, width)) return 0;
    if (timer_register(a, offset, &mtime, &hart))
        return (mtime ? aclint_mtime(a) : a->s.mtimecmp[hart]) >> 8 * (offset % 8) & mask(8 * width - 1, 0);
    return width == 4 && offset / 4 < a->harts ? a->s.msip[offset / 4] : 0;
}

static void aclint_write(void *dev, u64 offset, unsigned width, u64 value) {
    struct aclint *a = dev;
    bool mtime;
    unsigned hart;
    if (!right(offset, width)) return;
    if (timer_register(a, offset, &mtime, &hart)) {
        u64 old = mtime ? aclint_mtime(a) : a->s.mtimecmp[hart], touched = mask(8 * width - 1, 0) << 8 * (offset % 8);
        u64 new = (old & ~touched) | (value << 8 * (offset % 8) & touched);
        if (mtime) set_mtime(a, new);
        else aclint_set_mtimecmp(a, hart, new);
    } else if (width == 4 && offset / 4 < a->harts) {
        hart = (unsigned)offset / 4;
        a->s.msip[hart] = value & 1;
        irq_set(&a->msip[hart], value & 1);
    }
}

const struct io_ops aclint_ops = {aclint_read, aclint_write, .size = ACLINT_SIZE, .widths = IO_ANY};

struct aclint *aclint_create(struct env *e, const struct irq_line *msip, const struct irq_line *mtip, unsigned harts) {
    struct aclint *a = ENV_DEVICE(e, "aclint", struct aclint, s);
    a->clock = e->clock;
    a->harts = harts;
    for (unsigned h = 0; h < harts; h++) {
        a->msip[h] = msip[h];
        a->timer[h] = (struct timer){.owner = a, .mtip = mtip[h]};
        event_init(e->clock, &a->timer[h].event, fire, &a->timer[h]);
        a->s.mtimecmp[h] = ~(u64)0; // the specification leaves it open
    }
    return a;
}
