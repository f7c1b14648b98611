// SPDX-License-Identifier: MIT
// The interrupts' states (IHI 0069, 4.1; IHI 0048, 3.2.4) and their priorities (4.8; 3.3). A level-sensitive interrupt is pending while its
// input is high, and needs no latch for that; what software has made pending is latched until it is acknowledged or cleared.
#include "dev/gic_parts.h"

#include "base/bits.h"

u32 gic_pending(const struct gic *g, unsigned w) { return g->s.latch[w] | (g->s.level[w] & ~g->s.edge[w]); }

static unsigned group_of(const struct gic *g, unsigned intid) { return gic_get(g->s.group, intid); }

// Groups that the distributor selects from. Version 3's CPU interface tells it which it has enabled (IHI 0069, 4.6: Upstream Control); in
// version 2 the distributor does not know, and one of a group that is not enabled there stands in the way of the other's.
static unsigned forwarded(const struct gic *g) {
    if (g->version == 2) return g->s.forwards;
    return g->s.asleep ? 0 : g->s.forwards & g->s.enables;
}

static u32 in_groups(const struct gic *g, unsigned w, unsigned groups) {
    return (groups & 1 ? ~g->s.group[w] : 0) | (groups & 2 ? g->s.group[w] : 0);
}

// Of equal priorities the lowest INTID.
unsigned gic_highest(const struct gic *g) {
    unsigned groups = forwarded(g), found = GIC_NONE;
    for (unsigned w = 0; groups && w < GIC_WORDS; w++) {
        u32 set = gic_pending(g, w) & g->s.enable[w] & ~g->s.active[w] & in_groups(g, w, groups);
        for (; set; set &= set - 1) {
            unsigned intid = 32 * w + (unsigned)__builtin_ctz(set);
            if (g->s.route[intid]) continue;
            if (found == GIC_NONE || g->s.priority[intid] < g->s.priority[found]) found = intid;
        }
    }
    return found;
}

u8 gic_running(const struct gic *g) {
    u32 set = g->s.running[0] | g->s.running[1];
    return set ? (u8)(8 * __builtin_ctz(set)) : GIC_IDLE;
}

// Bits of a priority that decide about preemption. Group 1's binary point counts from one bit higher (IHI 0069, table 4-9; IHI 0048, 3.3.3).
static u8 group_priority(const struct gic *g, unsigned intid) {
    unsigned group = group_of(g, intid);
    unsigned low = group && !g->s.common_bpr ? g->s.bpr[1] : g->s.bpr[0] + 1u;
    return (u8)(g->s.priority[intid] & 0xff << low);
}

static bool signalled(const struct gic *g, unsigned intid) {
    return intid != GIC_NONE && g->s.enables >> group_of(g, intid) & 1 && g->s.priority[intid] < g->s.mask &&
           group_priority(g, intid) < gic_running(g);
}

void gic_update(struct gic *g) {
    unsigned intid = gic_highest(g);
    bool any = signalled(g, intid), fast = any && !group_of(g, intid) && (g->version == 3 || g->s.fiq);
    irq_set(&g->irq, any && !fast);
    irq_set(&g->fiq, fast);
}

unsigned gic_acknowledge(struct gic *g, unsigned groups) {
    unsigned intid = gic_highest(g);
    if (!signalled(g, intid)) return GIC_NONE;
    unsigned group = group_of(g, intid);
    if (!(groups >> group & 1)) return GIC_OTHER_GROUP;
    g->s.running[group] |= (u32)1 << (group_priority(g, intid) >> 3);
    gic_put(g->s.active, intid, true);
    gic_put(g->s.latch, intid, false);
    gic_update(g);
    return intid;
}

void gic_deactivate(struct gic *g, u32 intid) {
    if (intid < GIC_INTIDS) gic_put(g->s.active, intid, false);
    gic_update(g);
}

// The architecture leaves open what the end of something else than the last acknowledged one is.
void gic_end(struct gic *g, unsigned group, u32 intid) {
    u32 set = g->s.running[group], other = g->s.running[!group];
    if (intid >= GIC_INTIDS || !set || (other && __builtin_ctz(other) < __builtin_ctz(set))) return;
    g->s.running[group] = set & (set - 1);
    if (!g->s.split) gic_put(g->s.active, intid, false);
    gic_update(g);
}

u8 gic_binary_point(const struct gic *g, unsigned group) {
    if (!group || !g->s.common_bpr) return g->s.bpr[group];
    return g->s.bpr[0] < 7 ? g->s.bpr[0] + 1 : 7;
}

void gic_set_binary_point(struct gic *g, unsigned group, u64 value) {
    u8 least = group ? GIC_BPR1_MIN : GIC_BPR0_MIN, point = value & 7;
    if (!group || !g->s.common_bpr) g->s.bpr[group] = point < least ? least : point;
    gic_update(g);
}

static void input(void *ctx, unsigned intid, bool level) {
    struct gic *g = ctx;
    if (level && !gic_get(g->s.level, intid) && gic_get(g->s.edge, intid)) gic_put(g->s.latch, intid, true);
    gic_put(g->s.level, intid, level);
    gic_update(g);
}

struct irq_line gic_line(struct gic *g, unsigned intid) { return (struct irq_line){input, g, intid}; }

bool gic_listens(const struct gic *g, unsigned intid) {
    unsigned group = group_of(g, intid);
    return gic_get(g->s.enable, intid) && forwarded(g) >> group & 1 && g->s.enables >> group & 1 && !g->s.route[intid] &&
           g->s.priority[intid] < g->s.mask;
}

bool gic_listens_at_all(const struct gic *g) {
    for (unsigned intid = 0; intid < GIC_INTIDS; intid++)
        if (gic_listens(g, intid)) return true;
    return false;
}

static bool enter(void *dev) {
    const struct gic *g = dev;
    return g->s.bpr[0] <= 7 && g->s.bpr[1] <= 7;
}

struct gic *gic_create(struct env *e, unsigned version, struct irq_line irq, struct irq_line fiq) {
    struct gic *g = ENV_DEVICE(e, "gic", struct gic, s);
    env_check(e, "gic", enter, g);
    g->version = version;
    g->irq = irq, g->fiq = fiq;
    g->s.edge[0] = 0xffff;
    g->s.asleep = version == 3;
    g->s.bpr[0] = GIC_BPR0_MIN, g->s.bpr[1] = GIC_BPR1_MIN;
    return g;
}
