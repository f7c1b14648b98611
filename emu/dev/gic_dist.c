// SPDX-License-Identifier: MIT
// Distributor and redistributor. Their banks of registers about interrupts have the same offsets (IHI 0069, 12.9 and 12.11; IHI 0048, 4.3); in
// version 3 affinity routing is always on, and so the distributor has those of SPIs, the redistributor's second frame those of SGIs and
// PPIs. In version 2 a system of one processor has no targets to choose (IHI 0048, 4.3.12: RAZ/WI).
#include "dev/gic_parts.h"

#include "base/bits.h"

enum {
    CTLR = 0x000,
    TYPER = 0x004,
    IIDR = 0x008,
    IGROUPR = 0x080,
    ISENABLER = 0x100,
    ICENABLER = 0x180,
    ISPENDR = 0x200,
    ICPENDR = 0x280,
    ISACTIVER = 0x300,
    ICACTIVER = 0x380,
    IPRIORITYR = 0x400,
    ITARGETSR = 0x800,
    ICFGR = 0xc00,
    IGRPMODR = 0xd00,
    SGIR = 0xf00,
    CPENDSGIR = 0xf10,
    SPENDSGIR = 0xf20,
    IDS2 = 0xfd0,     // version 2
    IROUTER = 0x6000, // version 3: 8 bytes each
    IDS3 = 0xffd0,    // in every frame of 64 KiB
};
enum { R_CTLR = 0x00, R_IIDR = 0x04, R_TYPER = 0x08, R_WAKER = 0x14, R_SGI_FRAME = 0x10000 };
enum { BANK_END = IGRPMODR };
enum { ENABLE_GROUPS = 3, CTLR_ARE = BIT(4), CTLR_DS = BIT(6) };
enum { WAKER_SLEEP = BIT(1), WAKER_CHILDREN_ASLEEP = BIT(2), REDIST_LAST = BIT(4) };
#define IMPLEMENTER 0x43b // Arm, by JEP106, with no product's number
#define TYPER3_ID_BITS (9u << 19)
#define TYPER3_NO_1_OF_N (1u << 25)
#define ROUTE_AFFINITY 0xffffff

// Identification registers from IDS on: peripheral IDs 4..7 and 0..3, component IDs.
static u32 id(unsigned version, u64 n) {
    static const u8 v2[12] = {0x04, 0, 0, 0, 0x90, 0xb4, 0x2b, 0x00, 0x0d, 0xf0, 0x05, 0xb1};
    static const u8 v3[12] = {0x44, 0, 0, 0, 0x92, 0xb4, 0x3b, 0x00, 0x0d, 0xf0, 0x05, 0xb1};
    return n < countof(v3) ? (version == 2 ? v2 : v3)[n] : 0;
}

// ---- registers about interrupts `first` to `end`, as one frame has them

struct frame {
    unsigned first, end; // multiples of 32
};

static u32 priorities(const struct gic *g, unsigned n) {
    u32 value = 0;
    for (unsigned i = 0; i < 4; i++) value |= (u32)g->s.priority[n + i] << 8 * i;
    return value;
}

static u32 configuration(const struct gic *g, unsigned n) {
    u32 value = 0;
    for (unsigned i = 0; i < 16; i++) value |= (u32)gic_get(g->s.edge, n + i) << (2 * i + 1);
    return value;
}

static void configure(struct gic *g, unsigned n, u32 value) {
    for (unsigned i = 0; n >= GIC_PPI && i < 16; i++) gic_put(g->s.edge, n + i, value >> (2 * i + 1) & 1);
}

// The first of the interrupts that a register at `offset` is about, each having so many bits of it.
static unsigned about(u64 offset, u64 bank, unsigned bits) { return (unsigned)(offset - bank) * 8 / bits; }
static bool has(const struct frame *f, unsigned n) { return n >= f->first && n < f->end; }

static u32 bank_read(const struct gic *g, const struct frame *f, u64 offset) {
    unsigned n;
    if (offset < IPRIORITYR) {
        n = about(offset & 0x7f, 0, 1);
        if (!has(f, n)) return 0;
        switch (offset & ~(u64)0x7f) {
        case IGROUPR: return g->s.group[n / 32];
        case ISENABLER:
        case ICENABLER: return g->s.enable[n / 32];
        case ISPENDR:
        case ICPENDR: return gic_pending(g, n / 32);
        default: return g->s.active[n / 32];
        }
    }
    if (offset < ITARGETSR) return has(f, n = about(offset, IPRIORITYR, 8)) ? priorities(g, n) : 0;
    if (offset >= ICFGR) return has(f, n = about(offset, ICFGR, 2)) ? configuration(g, n) : 0;
    return 0;
}

static void change(u32 *word, u32 bits, bool set) { *word = set ? *word | bits : *word & ~bits; }

static void set_write(struct gic *g, u64 offset, u32 value) {
    unsigned w = (unsigned)(offset & 0x7f) / 4;
    bool set = !(offset & 0x80);
    // In version 2 SGIs are made pending by registers of their own (IHI 0048, 4.3.7).
    u32 latched = g->version == 2 && !w ? value & 0xffff0000 : value;
    switch (offset & ~(u64)0x7f) {
    case IGROUPR: g->s.group[w] = value; break;
    case ISENABLER:
    case ICENABLER: change(&g->s.enable[w], value, set); break;
    case ISPENDR:
    case ICPENDR: change(&g->s.latch[w], latched, set); break;
    default: change(&g->s.active[w], value, set); break;
    }
}

static void bank_write(struct gic *g, const struct frame *f, u64 offset, u32 value) {
    unsigned n;
    if (offset < IPRIORITYR) {
        if (has(f, about(offset & 0x7f, 0, 1))) set_write(g, offset, value);
    } else if (offset < ITARGETSR) {
        n = about(offset, IPRIORITYR, 8);
        for (unsigned i = 0; has(f, n) && i < 4; i++) g->s.priority[n + i] = (u8)(value >> 8 * i) & GIC_PRIORITY;
    } else if (offset >= ICFGR && has(f, n = about(offset, ICFGR, 2))) {
        configure(g, n, value);
    }
    gic_update(g);
}

// ---- version 2's software-generated interrupts: the source is always processor 0

static void send(struct gic *g, u32 value) {
    enum { TO_LIST, TO_OTHERS, TO_SELF };
    unsigned filter = value >> 24 & 3;
    if (filter == TO_SELF || (filter == TO_LIST && value >> 16 & 1)) gic_put(g->s.latch, value & 15, true);
    gic_update(g);
}

static u32 sgi_sources(const struct gic *g, unsigned n) {
    u32 value = 0;
    for (unsigned i = 0; i < 4; i++) value |= (u32)gic_get(g->s.latch, n + i) << 8 * i;
    return value;
}

static void set_sgi_sources(struct gic *g, unsigned n, u32 value, bool pending) {
    for (unsigned i = 0; i < 4; i++)
        if (value >> 8 * i & 1) gic_put(g->s.latch, n + i, pending);
    gic_update(g);
}

static u32 sgi_read(const struct gic *g, u64 offset) {
    return offset >= CPENDSGIR && offset < SPENDSGIR + 16 ? sgi_sources(g, (unsigned)offset & 15) : 0;
}

static void sgi_write(struct gic *g, u64 offset, u32 value) {
    if (offset == SGIR) send(g, value);
    else if (offset >= CPENDSGIR && offset < SPENDSGIR + 16)
        set_sgi_sources(g, (unsigned)offset & 15, value, offset >= SPENDSGIR);
}

// ---- distributor

static struct frame shared(const struct gic *g) { return (struct frame){g->version == 2 ? 0 : GIC_SPI, GIC_INTIDS}; }

static u32 *route_of(struct gic *g, u64 offset) {
    u64 n = (offset - IROUTER) / 8;
    return g->version == 3 && offset >= IROUTER && !(offset & 4) && n >= GIC_SPI && n < GIC_INTIDS ? &g->s.route[n] : NULL;
}

static u32 dist_read(struct gic *g, u64 offset) {
    const struct frame f = shared(g);
    bool v2 = g->version == 2;
    switch (offset) {
    case CTLR: return g->s.forwards | (v2 ? 0 : CTLR_ARE | CTLR_DS);
    case TYPER: return (GIC_WORDS - 1) | (v2 ? 0 : TYPER3_ID_BITS | TYPER3_NO_1_OF_N);
    case IIDR: return IMPLEMENTER;
    }
    if (offset >= IGROUPR && offset < BANK_END) return bank_read(g, &f, offset);
    if (v2) return offset >= IDS2 && offset < 0x1000 ? id(2, (offset - IDS2) / 4) : sgi_read(g, offset);
    const u32 *route = route_of(g, offset);
    return route ? *route : offset >= IDS3 ? id(3, (offset - IDS3) / 4) : 0;
}

static void dist_write(struct gic *g, u64 offset, u32 value) {
    const struct frame f = shared(g);
    u32 *route = route_of(g, offset);
    if (offset == CTLR) g->s.forwards = value & ENABLE_GROUPS;
    else if (offset >= IGROUPR && offset < BANK_END) bank_write(g, &f, offset, value);
    else if (route) *route = value & ROUTE_AFFINITY;
    else if (g->version == 2) sgi_write(g, offset, value);
    gic_update(g);
}

// ---- redistributor

static const struct frame own = {0, GIC_SPI};

static u32 redist_read(struct gic *g, u64 offset) {
    u64 in_frame = offset % R_SGI_FRAME;
    if (in_frame >= IDS3) return id(3, (in_frame - IDS3) / 4);
    if (offset >= R_SGI_FRAME) return in_frame >= IGROUPR && in_frame < BANK_END ? bank_read(g, &own, in_frame) : 0;
    switch (offset) {
    case R_IIDR: return IMPLEMENTER;
    case R_TYPER: return REDIST_LAST;
    case R_WAKER: return g->s.asleep ? WAKER_SLEEP | WAKER_CHILDREN_ASLEEP : 0;
    default: return 0;
    }
}

static void redist_write(struct gic *g, u64 offset, u32 value) {
    u64 in_frame = offset % R_SGI_FRAME;
    if (offset == R_WAKER) g->s.asleep = (value & WAKER_SLEEP) != 0;
    else if (offset >= R_SGI_FRAME && in_frame >= IGROUPR && in_frame < BANK_END) bank_write(g, &own, in_frame, value);
    gic_update(g);
}

// ---- accesses

static bool right(u64 offset, unsigned width) { return width >= 4 && !(offset & (width - 1)); }

// The interrupt that a byte at `offset` is the priority of, in frame f; GIC_NONE: it is none.
static unsigned prioritised(const struct frame *f, u64 offset, unsigned width) {
    unsigned n = (unsigned)(offset - IPRIORITYR);
    return width == 1 && offset >= IPRIORITYR && offset < ITARGETSR && has(f, n) ? n : GIC_NONE;
}

static void set_priority(struct gic *g, unsigned n, u64 value) {
    g->s.priority[n] = value & GIC_PRIORITY;
    gic_update(g);
}

static u64 gicd_read(void *dev, u64 offset, unsigned width) {
    struct gic *g = dev;
    const struct frame f = shared(g);
    unsigned n = prioritised(&f, offset, width);
    if (n != GIC_NONE) return g->s.priority[n];
    if (!right(offset, width)) return 0;
    u64 value = dist_read(g, offset);
    return width == 8 ? value | (u64)dist_read(g, offset + 4) << 32 : value;
}

static void gicd_write(void *dev, u64 offset, unsigned width, u64 value) {
    struct gic *g = dev;
    const struct frame f = shared(g);
    unsigned n = prioritised(&f, offset, width);
    if (n != GIC_NONE) return set_priority(g, n, value);
    if (!right(offset, width)) return;
    dist_write(g, offset, (u32)value);
    if (width == 8) dist_write(g, offset + 4, (u32)(value >> 32));
}

static u64 gicr_read(void *dev, u64 offset, unsigned width) {
    struct gic *g = dev;
    unsigned n = offset >= R_SGI_FRAME ? prioritised(&own, offset - R_SGI_FRAME, width) : GIC_NONE;
    if (n != GIC_NONE) return g->s.priority[n];
    if (!right(offset, width)) return 0;
    u64 value = redist_read(g, offset);
    return width == 8 ? value | (u64)redist_read(g, offset + 4) << 32 : value;
}

static void gicr_write(void *dev, u64 offset, unsigned width, u64 value) {
    struct gic *g = dev;
    unsigned n = offset >= R_SGI_FRAME ? prioritised(&own, offset - R_SGI_FRAME, width) : GIC_NONE;
    if (n != GIC_NONE) return set_priority(g, n, value);
    if (!right(offset, width)) return;
    redist_write(g, offset, (u32)value);
    if (width == 8) redist_write(g, offset + 4, (u32)(value >> 32));
}

const struct io_ops gic_dist_ops = {gicd_read, gicd_write, .size = GIC_DIST_SIZE, .widths = IO_ANY};
const struct io_ops gic_redist_ops = {gicr_read, gicr_write, .size = GIC_REDIST_SIZE, .widths = IO_ANY};
