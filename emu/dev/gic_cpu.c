// SPDX-License-Identifier: MIT
// The CPU interface in its two forms: version 3's system registers (IHI 0069, 12.2; as Non-secure EL1 sees them where there is no EL3) and
// version 2's registers in memory (IHI 0048, 4.4).
#include "dev/gic_parts.h"

#include "base/bits.h"

// ---- version 3

#define REG(crn, crm, op2) (3 << 14 | (crn) << 7 | (crm) << 3 | (op2)) // op0 3, op1 0
enum {
    ICC_PMR = REG(4, 6, 0),
    ICC_IAR0 = REG(12, 8, 0),
    ICC_EOIR0 = REG(12, 8, 1),
    ICC_HPPIR0 = REG(12, 8, 2),
    ICC_BPR0 = REG(12, 8, 3),
    ICC_AP0R0 = REG(12, 8, 4),
    ICC_AP1R0 = REG(12, 9, 0),
    ICC_DIR = REG(12, 11, 1),
    ICC_RPR = REG(12, 11, 3),
    ICC_SGI1R = REG(12, 11, 5),
    ICC_ASGI1R = REG(12, 11, 6),
    ICC_SGI0R = REG(12, 11, 7),
    ICC_IAR1 = REG(12, 12, 0),
    ICC_EOIR1 = REG(12, 12, 1),
    ICC_HPPIR1 = REG(12, 12, 2),
    ICC_BPR1 = REG(12, 12, 3),
    ICC_CTLR = REG(12, 12, 4),
    ICC_SRE = REG(12, 12, 5),
    ICC_IGRPEN0 = REG(12, 12, 6),
    ICC_IGRPEN1 = REG(12, 12, 7),
};
enum { ICC_CBPR = 1, ICC_EOIMODE = 2, ICC_PRIBITS = 4 << 8, ICC_SRE_ALWAYS = 7 };
#define ICC_INTID 0xffffff

// Of a group that is not asked for there is nothing.
static unsigned only(unsigned intid) { return intid == GIC_OTHER_GROUP ? GIC_NONE : intid; }

// What waits, if it is of that group.
static unsigned waiting(const struct gic *g, unsigned group) {
    unsigned intid = gic_highest(g);
    return intid != GIC_NONE && gic_get(g->s.group, intid) == group ? intid : GIC_NONE;
}

// To a processor whose affinity is 0.0.0.0: bit 0 of the target list, the other levels 0; "all but this one" are none.
static void send(struct gic *g, unsigned group, u64 value) {
    enum { INTID = 24, IRM = 40 };
    const u64 others = mask(23, 16) | mask(39, 32) | mask(47, 44) | mask(55, 48);
    unsigned intid = value >> INTID & 15;
    if (value >> IRM & 1 || value & others || !(value & 1) || gic_get(g->s.group, intid) != group) return;
    gic_put(g->s.latch, intid, true);
    gic_update(g);
}

static void enable_group(struct gic *g, unsigned group, u64 value) {
    g->s.enables = (u8)((g->s.enables & ~(1u << group)) | (value & 1) << group);
    gic_update(g);
}

static bool icc_read(struct gic *g, unsigned reg, u64 *value) {
    const struct gic_state *s = &g->s;
    switch (reg) {
    case ICC_PMR: *value = s->mask; break;
    case ICC_IAR0: *value = only(gic_acknowledge(g, 1)); break;
    case ICC_IAR1: *value = only(gic_acknowledge(g, 2)); break;
    case ICC_HPPIR0: *value = waiting(g, 0); break;
    case ICC_HPPIR1: *value = waiting(g, 1); break;
    case ICC_BPR0: *value = gic_binary_point(g, 0); break;
    case ICC_BPR1: *value = gic_binary_point(g, 1); break;
    case ICC_AP0R0: *value = s->running[0]; break;
    case ICC_AP1R0: *value = s->running[1]; break;
    case ICC_RPR: *value = gic_running(g); break;
    case ICC_CTLR: *value = ICC_PRIBITS | (s->common_bpr ? ICC_CBPR : 0) | (s->split ? ICC_EOIMODE : 0); break;
    case ICC_SRE: *value = ICC_SRE_ALWAYS; break;
    case ICC_IGRPEN0: *value = s->enables & 1; break;
    case ICC_IGRPEN1: *value = s->enables >> 1; break;
    default: return false;
    }
    return true;
}

static bool icc_write(struct gic *g, unsigned reg, u64 value) {
    struct gic_state *s = &g->s;
    switch (reg) {
    case ICC_PMR: s->mask = value & GIC_PRIORITY; break;
    case ICC_EOIR0: gic_end(g, 0, value & ICC_INTID); break;
    case ICC_EOIR1: gic_end(g, 1, value & ICC_INTID); break;
    case ICC_DIR:
        if (s->split) gic_deactivate(g, value & ICC_INTID);
        break;
    case ICC_BPR0: gic_set_binary_point(g, 0, value); break;
    case ICC_BPR1: gic_set_binary_point(g, 1, value); break;
    case ICC_AP0R0: s->running[0] = (u32)value; break;
    case ICC_AP1R0: s->running[1] = (u32)value; break;
    case ICC_SGI0R: send(g, 0, value); break;
    case ICC_SGI1R: send(g, 1, value); break;
    case ICC_ASGI1R: break; // of the other security state, which is not there
    case ICC_CTLR: s->common_bpr = value & ICC_CBPR, s->split = (value & ICC_EOIMODE) != 0; break;
    case ICC_SRE: break; // the system registers are the only interface there is
    case ICC_IGRPEN0: enable_group(g, 0, value); break;
    case ICC_IGRPEN1: enable_group(g, 1, value); break;
    default: return false;
    }
    gic_update(g);
    return true;
}

bool gic_sysreg(struct gic *g, unsigned reg, bool write, u64 *value) {
    return write ? icc_write(g, reg, *value) : icc_read(g, reg, value);
}

// ---- version 2

enum {
    CTLR = 0x00,
    PMR = 0x04,
    BPR = 0x08,
    IAR = 0x0c,
    EOIR = 0x10,
    RPR = 0x14,
    HPPIR = 0x18,
    ABPR = 0x1c,
    AIAR = 0x20,
    AEOIR = 0x24,
    AHPPIR = 0x28,
    APR0 = 0xd0,
    NSAPR0 = 0xe0,
    IIDR = 0xfc,
    DIR = 0x1000,
};
enum { ENABLE_GROUPS = 3, ACK_CTL = BIT(2), FIQ_EN = BIT(3), CBPR = BIT(4), EOI_MODE = BIT(9) };
#define GICC_IIDR 0x0002043b // architecture version 2, Arm

// With AckCtl the first registers are for both groups.
static unsigned acknowledged_groups(const struct gic *g) { return g->s.ack_any ? 3 : 1; }

static unsigned waiting_for(const struct gic *g, unsigned groups) {
    unsigned intid = gic_highest(g);
    if (intid == GIC_NONE || groups >> gic_get(g->s.group, intid) & 1) return intid;
    return groups & 1 ? GIC_OTHER_GROUP : GIC_NONE;
}

static u32 control(const struct gic *g) {
    const struct gic_state *s = &g->s;
    return s->enables | (s->ack_any ? ACK_CTL : 0) | (s->fiq ? FIQ_EN : 0) | (s->common_bpr ? CBPR : 0) |
           (s->split ? EOI_MODE : 0);
}

static void set_control(struct gic_state *s, u32 value) {
    s->enables = value & ENABLE_GROUPS;
    s->ack_any = (value & ACK_CTL) != 0;
    s->fiq = (value & FIQ_EN) != 0;
    s->common_bpr = (value & CBPR) != 0;
    s->split = (value & EOI_MODE) != 0;
}

// EOIR is for both groups, as some guests that do not know of AckCtl count on: the interrupt tells its own.
static void end(struct gic *g, u32 intid) {
    intid &= 0x3ff;
    if (intid < GIC_INTIDS) gic_end(g, gic_get(g->s.group, intid), intid);
}

static u32 read_register(struct gic *g, u64 offset) {
    switch (offset) {
    case CTLR: return control(g);
    case PMR: return g->s.mask;
    case BPR: return gic_binary_point(g, 0);
    case IAR: return gic_acknowledge(g, acknowledged_groups(g));
    case RPR: return gic_running(g);
    case HPPIR: return waiting_for(g, acknowledged_groups(g));
    case ABPR: return gic_binary_point(g, 1);
    case AIAR: return only(gic_acknowledge(g, 2));
    case AHPPIR: return waiting_for(g, 2);
    case APR0: return g->s.running[0];
    case NSAPR0: return g->s.running[1];
    case IIDR: return GICC_IIDR;
    default: return 0;
    }
}

static void write_register(struct gic *g, u64 offset, u32 value) {
    struct gic_state *s = &g->s;
    switch (offset) {
    case CTLR: set_control(s, value); break;
    case PMR: s->mask = value & GIC_PRIORITY; break;
    case BPR: gic_set_binary_point(g, 0, value); break;
    case EOIR: end(g, value); break;
    case ABPR: gic_set_binary_point(g, 1, value); break;
    case AEOIR: gic_end(g, 1, value & 0x3ff); break;
    case APR0: s->running[0] = value; break;
    case NSAPR0: s->running[1] = value; break;
    case DIR:
        if (s->split) gic_deactivate(g, value & 0x3ff);
        break;
    }
    gic_update(g);
}

static u64 gicc_read(void *dev, u64 offset, unsigned width) {
    if (width < 4 || offset & (width - 1)) return 0;
    u64 value = read_register(dev, offset);
    return width == 8 ? value | (u64)read_register(dev, offset + 4) << 32 : value;
}

static void gicc_write(void *dev, u64 offset, unsigned width, u64 value) {
    if (width < 4 || offset & (width - 1)) return;
    write_register(dev, offset, (u32)value);
    if (width == 8) write_register(dev, offset + 4, (u32)(value >> 32));
}

const struct io_ops gic_cpu_ops = {gicc_read, gicc_write, .size = GIC_CPU_SIZE, .widths = IO_ANY};
