// SPDX-License-Identifier: MIT
// The GIC against its specifications (IHI 0069, IHI 0048): as Linux drives both versions, then groups, priorities and preemption, split
// ends, software-generated interrupts; the rules a second time as a model under random operations; and accesses that no driver makes.
#include "dev/gic.h"

#include "dev_fixture.h"
#include "hostile_io.h"

enum { IRQ, FIQ };
#define SYSREG(crn, crm, op2) (0xc000u | (crn) << 7 | (crm) << 3 | (op2))
#define PMR SYSREG(4, 6, 0)
#define IAR0 SYSREG(12, 8, 0)
#define EOIR0 SYSREG(12, 8, 1)
#define HPPIR0 SYSREG(12, 8, 2)
#define BPR0 SYSREG(12, 8, 3)
#define AP0R0 SYSREG(12, 8, 4)
#define AP1R0 SYSREG(12, 9, 0)
#define DIR SYSREG(12, 11, 1)
#define RPR SYSREG(12, 11, 3)
#define SGI1R SYSREG(12, 11, 5)
#define ASGI1R SYSREG(12, 11, 6)
#define SGI0R SYSREG(12, 11, 7)
#define IAR1 SYSREG(12, 12, 0)
#define EOIR1 SYSREG(12, 12, 1)
#define HPPIR1 SYSREG(12, 12, 2)
#define BPR1 SYSREG(12, 12, 3)
#define CTLR SYSREG(12, 12, 4)
#define SRE SYSREG(12, 12, 5)
#define IGRPEN0 SYSREG(12, 12, 6)
#define IGRPEN1 SYSREG(12, 12, 7)

static struct gic *make(struct dev_fixture *f, unsigned version) {
    f->state.parts = 0;
    return gic_create(&f->env, version, probe_line(f, IRQ), probe_line(f, FIQ));
}
static void dw(struct gic *g, u32 at, u32 v) { out32(&gic_dist_ops, g, at, v); }
static u32 dr(struct gic *g, u32 at) { return in32(&gic_dist_ops, g, at); }
static void rw(struct gic *g, u32 at, u32 v) { out32(&gic_redist_ops, g, at, v); }
static u32 rr(struct gic *g, u32 at) { return in32(&gic_redist_ops, g, at); }
static void cw(struct gic *g, u32 at, u32 v) { out32(&gic_cpu_ops, g, at, v); }
static u32 cr(struct gic *g, u32 at) { return in32(&gic_cpu_ops, g, at); }
static void sw(struct gic *g, unsigned reg, u64 v) { assert_true(gic_sysreg(g, reg, true, &v)); }
static u64 sr(struct gic *g, unsigned reg) {
    u64 v = 0xdead;
    assert_true(gic_sysreg(g, reg, false, &v));
    return v;
}
static void level(struct gic *g, unsigned intid, bool v) {
    struct irq_line l = gic_line(g, intid);
    irq_set(&l, v);
}

// irq-gic-v3.c: gic_dist_init, gic_enable_redist, gic_cpu_init, gic_cpu_sys_reg_init.
static struct gic *as_linux_v3(struct dev_fixture *f) {
    struct gic *g = make(f, 3);
    assert_int_equal(dr(g, 0xffe8) & 0xf0, 0x30);
    assert_int_equal(rr(g, 0xffe8) & 0xf0, 0x30);
    assert_int_equal(dr(g, 4) & 31, GIC_INTIDS / 32 - 1);
    dw(g, 0, 0);
    for (u32 i = 32; i < GIC_INTIDS; i += 32) dw(g, 0x80 + i / 8, ~0u);
    for (u32 i = 32; i < GIC_INTIDS; i += 4) dw(g, 0x400 + i, 0xa0a0a0a0);
    dw(g, 0, 0x12);
    assert_int_equal(dr(g, 0), 0x52); // ARE and DS are always on
    for (u32 i = 32; i < GIC_INTIDS; i++) gic_dist_ops.write(g, 0x6000 + 8 * i, 8, 0);
    assert_int_equal(gic_redist_ops.read(g, 8, 8), 0x10); // the last one, of affinity 0.0.0.0
    assert_int_equal(rr(g, 0x14) & 6, 6);
    rw(g, 0x14, rr(g, 0x14) & ~2u);
    assert_int_equal(rr(g, 0x14) & 4, 0);
    rw(g, 0x10080, ~0u);
    for (u32 i = 0; i < 32; i += 4) rw(g, 0x10400 + i, 0xa0a0a0a0);
    assert_int_equal(sr(g, SRE) & 1, 1);
    sw(g, PMR, 0xf0);
    sw(g, BPR1, 0);
    sw(g, CTLR, 0);
    assert_int_equal(sr(g, CTLR) >> 8 & 7, 4); // five bits of priority
    sw(g, IGRPEN1, 1);
    return g;
}

static void a_v3_interrupt(void **state) {
    struct dev_fixture *f = *state;
    struct gic *g = as_linux_v3(f);
    assert_false(gic_listens(g, 33) || gic_listens_at_all(g));
    level(g, 33, true);
    assert_int_equal(dr(g, 0x204), 2);
    assert_false(f->probe[IRQ].level);
    dw(g, 0x104, 2);
    assert_true(gic_listens(g, 33) && gic_listens_at_all(g));
    assert_true(f->probe[IRQ].level);
    assert_false(f->probe[FIQ].level);
    assert_int_equal(sr(g, HPPIR1), 33);
    assert_int_equal(sr(g, HPPIR0), 1023);
    assert_int_equal(sr(g, IAR0), 1023);
    assert_int_equal(sr(g, RPR), 0xff);
    assert_int_equal(sr(g, IAR1), 33);
    assert_int_equal(sr(g, RPR), 0xa0);
    assert_int_equal(sr(g, AP1R0), 1u << 20);
    assert_false(f->probe[IRQ].level); // active: what is pending of it waits
    assert_int_equal(dr(g, 0x304), 2);
    assert_int_equal(sr(g, IAR1), 1023);
    sw(g, EOIR1, 33);
    assert_true(f->probe[IRQ].level); // the level is high still
    assert_int_equal(sr(g, IAR1), 33);
    level(g, 33, false);
    sw(g, EOIR1, 33);
    assert_false(f->probe[IRQ].level);
    assert_int_equal(sr(g, IAR1), 1023);
    assert_int_equal(dr(g, 0x304) | dr(g, 0x204), 0);
    // The timer, which is private.
    rw(g, 0x10100, 1u << 27);
    level(g, 27, true);
    assert_int_equal(sr(g, IAR1), 27);
    assert_int_equal(rr(g, 0x10300), 1u << 27);
    level(g, 27, false);
    sw(g, EOIR1, 27);
    assert_int_equal(sr(g, RPR), 0xff);
}

// What stands between an interrupt and the processor, one after the other.
static void gates(void **state) {
    struct dev_fixture *f = *state;
    struct gic *g = as_linux_v3(f);
    dw(g, 0x104, 2), level(g, 33, true);
#define CLOSED_BY(close, open)                                                                                                   \
    do {                                                                                                                         \
        assert_true(f->probe[IRQ].level);                                                                                        \
        close;                                                                                                                   \
        assert_false(f->probe[IRQ].level);                                                                                       \
        assert_false(gic_listens(g, 33));                                                                                        \
        assert_int_equal(sr(g, IAR1), 1023);                                                                                     \
        open;                                                                                                                    \
    } while (0)
    CLOSED_BY(dw(g, 0, 1), dw(g, 0, 2));
    CLOSED_BY(dw(g, 0x184, 2), dw(g, 0x104, 2));
    CLOSED_BY(sw(g, IGRPEN1, 0), sw(g, IGRPEN1, 1));
    CLOSED_BY(sw(g, PMR, 0xa0), sw(g, PMR, 0xa8));
    CLOSED_BY(rw(g, 0x14, 2), rw(g, 0x14, 0));
    CLOSED_BY(gic_dist_ops.write(g, 0x6000 + 8 * 33, 8, 1), gic_dist_ops.write(g, 0x6000 + 8 * 33, 8, 0));
    CLOSED_BY(gic_dist_ops.write(g, 0x421, 1, 0xf8), gic_dist_ops.write(g, 0x421, 1, 0x80));
    dw(g, 0x304, 2);
    assert_false(f->probe[IRQ].level);
    dw(g, 0x384, 2);
    assert_true(f->probe[IRQ].level);
    level(g, 33, false);
    assert_false(f->probe[IRQ].level);
}

static void groups(void **state) {
    struct dev_fixture *f = *state;
    struct gic *g = as_linux_v3(f);
    dw(g, 0, 3), sw(g, IGRPEN0, 1);
    dw(g, 0x84, ~1u); // 32 is of group 0
    dw(g, 0x104, 3);
    level(g, 32, true);
    assert_true(f->probe[FIQ].level);
    assert_false(f->probe[IRQ].level);
    assert_int_equal(sr(g, IAR1), 1023);
    assert_int_equal(sr(g, HPPIR1), 1023);
    assert_int_equal(sr(g, HPPIR0), 32);
    assert_int_equal(sr(g, IAR0), 32);
    assert_int_equal(sr(g, AP0R0), 1u << 20);
    sw(g, EOIR1, 32); // of the other group: no end
    assert_int_equal(sr(g, RPR), 0xa0);
    level(g, 32, false);
    sw(g, EOIR0, 32);
    assert_int_equal(sr(g, RPR), 0xff);
    // A group that the processor does not take is not in the way of the other.
    level(g, 32, true), level(g, 33, true);
    assert_true(f->probe[FIQ].level);
    sw(g, IGRPEN0, 0);
    assert_false(f->probe[FIQ].level);
    assert_true(f->probe[IRQ].level);
    assert_int_equal(sr(g, IAR1), 33);
}

static void set_priority(struct gic *g, unsigned intid, u8 v) { gic_dist_ops.write(g, 0x400 + intid, 1, v); }

static void priorities_preempt(void **state) {
    struct dev_fixture *f = *state;
    struct gic *g = as_linux_v3(f);
    dw(g, 0x104, 0xff);
    set_priority(g, 32, 0x90), set_priority(g, 33, 0x80), set_priority(g, 34, 0x80), set_priority(g, 35, 0x47);
    assert_int_equal(gic_dist_ops.read(g, 0x400 + 35, 1), 0x40); // three bits are not there
    assert_int_equal(dr(g, 0x420), 0x40808090);
    level(g, 32, true);
    assert_int_equal(sr(g, IAR1), 32);
    level(g, 34, true);
    assert_true(f->probe[IRQ].level); // higher: preempts
    level(g, 33, true);
    assert_int_equal(sr(g, IAR1), 33); // equals: the lowest number
    assert_false(f->probe[IRQ].level); // 34 has no higher priority than 33
    level(g, 35, true);
    assert_int_equal(sr(g, IAR1), 35);
    assert_int_equal(sr(g, AP1R0), 1u << 18 | 1u << 16 | 1u << 8);
    level(g, 32, false), level(g, 33, false), level(g, 35, false);
    sw(g, EOIR1, 35);
    assert_int_equal(sr(g, RPR), 0x80);
    assert_false(f->probe[IRQ].level);
    sw(g, EOIR1, 33);
    assert_int_equal(sr(g, RPR), 0x90);
    assert_true(f->probe[IRQ].level);
    assert_int_equal(sr(g, IAR1), 34);
    level(g, 34, false);
    sw(g, EOIR1, 34), sw(g, EOIR1, 32);
    assert_int_equal(sr(g, AP1R0), 0);
}

// Binary points: which bits decide about preemption. Group 1's is one more than group 0's for the same split.
static void binary_points(void **state) {
    struct dev_fixture *f = *state;
    struct gic *g = as_linux_v3(f);
    dw(g, 0, 3), sw(g, IGRPEN0, 1);
    assert_int_equal(sr(g, BPR0), 2);
    assert_int_equal(sr(g, BPR1), 3);
    for (unsigned v = 0; v < 8; v++) {
        sw(g, BPR0, v), sw(g, BPR1, v);
        assert_int_equal(sr(g, BPR0), v < 2 ? 2 : v);
        assert_int_equal(sr(g, BPR1), v < 3 ? 3 : v);
    }
    dw(g, 0x104, 3);
    set_priority(g, 32, 0x90), set_priority(g, 33, 0x80);
    for (unsigned group = 0; group < 2; group++) {
        dw(g, 0x84, group ? ~0u : 0);
        for (unsigned point = 2; point < 8; point++) {
            sw(g, group ? BPR1 : BPR0, point);
            level(g, 32, true);
            assert_int_equal(sr(g, group ? IAR1 : IAR0), 32);
            unsigned low = group ? point < 3 ? 3 : point : point + 1; // the lowest bit that counts
            assert_int_equal(sr(g, RPR), low > 7 ? 0 : 0x90 >> low << low);
            level(g, 33, true);
            assert_int_equal(f->probe[group ? IRQ : FIQ].level, low <= 4);
            level(g, 33, false), level(g, 32, false);
            sw(g, group ? EOIR1 : EOIR0, 32);
        }
    }
    sw(g, BPR0, 4), sw(g, BPR1, 3), sw(g, CTLR, 1); // CBPR
    assert_int_equal(sr(g, BPR1), 5);
    sw(g, BPR1, 7); // has no effect now
    sw(g, CTLR, 0);
    assert_int_equal(sr(g, BPR1), 3);
    sw(g, CTLR, 1), sw(g, BPR0, 7);
    assert_int_equal(sr(g, BPR1), 7);
}

static void split_ends(void **state) {
    struct dev_fixture *f = *state;
    struct gic *g = as_linux_v3(f);
    dw(g, 0x104, 2);
    level(g, 33, true);
    assert_int_equal(sr(g, IAR1), 33);
    sw(g, DIR, 33); // not while an end is both
    assert_int_equal(dr(g, 0x304), 2);
    sw(g, CTLR, 2);
    assert_int_equal(sr(g, CTLR) & 3, 2);
    sw(g, EOIR1, 33);
    assert_int_equal(sr(g, RPR), 0xff);
    assert_int_equal(dr(g, 0x304), 2);
    assert_false(f->probe[IRQ].level);
    sw(g, DIR, 33);
    assert_true(f->probe[IRQ].level);
    static const u32 nothing[] = {256, 1019, 1020, 1023, 8192, 0xffffff};
    for (unsigned i = 0; i < countof(nothing); i++) sw(g, DIR, nothing[i]), sw(g, EOIR1, nothing[i]);
}

static void edges(void **state) {
    struct dev_fixture *f = *state;
    struct gic *g = as_linux_v3(f);
    dw(g, 0x104, 2);
    dw(g, 0xc08, 2 << 2); // 33
    assert_int_equal(dr(g, 0xc08), 2 << 2);
    level(g, 33, true), level(g, 33, false);
    assert_true(f->probe[IRQ].level);
    assert_int_equal(dr(g, 0x204), 2);
    assert_int_equal(sr(g, IAR1), 33);
    assert_int_equal(dr(g, 0x204), 0);
    level(g, 33, true); // again while it is active
    assert_int_equal(dr(g, 0x204), 2);
    sw(g, EOIR1, 33);
    assert_true(f->probe[IRQ].level);
    dw(g, 0x284, 2);
    assert_false(f->probe[IRQ].level); // cleared, and the level does not count
    // A level-sensitive one that software has made pending.
    dw(g, 0x104, 4), dw(g, 0x204, 4);
    assert_int_equal(sr(g, IAR1), 34);
    sw(g, EOIR1, 34);
    assert_false(f->probe[IRQ].level);
    level(g, 34, true);
    dw(g, 0x284, 4);
    assert_true(f->probe[IRQ].level); // the input keeps it pending
    rw(g, 0x10c00, 0);                // SGIs have edges
    assert_int_equal(rr(g, 0x10c00), 0xaaaaaaaa);
}

static void software_generated_v3(void **state) {
    struct dev_fixture *f = *state;
    struct gic *g = as_linux_v3(f);
    rw(g, 0x10100, 0xffff);
    static const struct {
        u64 value;
        bool arrives;
    } cases[] = {{(u64)5 << 24 | 1, true},
                 {(u64)5 << 24 | 2, false},
                 {(u64)5 << 24, false},
                 {(u64)5 << 24 | 0xffff, true},
                 {(u64)5 << 24 | 1 | 1 << 16, false},
                 {(u64)5 << 24 | 1 | (u64)1 << 32, false},
                 {(u64)5 << 24 | (u64)1 << 40, false},
                 {(u64)5 << 24 | 1 | (u64)1 << 48, false}};
    for (unsigned i = 0; i < countof(cases); i++) {
        sw(g, SGI1R, cases[i].value);
        assert_int_equal(f->probe[IRQ].level, cases[i].arrives);
        assert_int_equal(sr(g, IAR1), cases[i].arrives ? 5 : 1023);
        if (cases[i].arrives) sw(g, EOIR1, 5);
    }
    sw(g, SGI0R, (u64)5 << 24 | 1), sw(g, ASGI1R, (u64)5 << 24 | 1); // it is of group 1
    assert_int_equal(rr(g, 0x10200), 0);
    rw(g, 0x10200, 1 << 7);
    assert_int_equal(sr(g, IAR1), 7);
    sw(g, EOIR1, 7);
    rw(g, 0x10080, 0), dw(g, 0, 3), sw(g, IGRPEN0, 1);
    sw(g, SGI0R, (u64)5 << 24 | 1);
    assert_true(f->probe[FIQ].level);
    assert_int_equal(sr(g, IAR0), 5);
}

static void what_is_no_sysreg(void **state) {
    struct gic *g = as_linux_v3(*state);
    static const unsigned read_only[] = {IAR0, IAR1, HPPIR0, HPPIR1, RPR},
                          write_only[] = {EOIR0, EOIR1, DIR, SGI1R, ASGI1R, SGI0R};
    u64 v = 0;
    for (unsigned i = 0; i < countof(read_only); i++) assert_false(gic_sysreg(g, read_only[i], true, &v));
    for (unsigned i = 0; i < countof(write_only); i++) assert_false(gic_sysreg(g, write_only[i], false, &v));
    for (unsigned n = 1; n < 4; n++) { // more than 32 priorities would want them
        assert_false(gic_sysreg(g, AP0R0 + n, false, &v));
        assert_false(gic_sysreg(g, AP1R0 + n, true, &v));
    }
    unsigned there = 0;
    for (unsigned reg = 0; reg < 0x10000; reg++) there += gic_sysreg(g, reg, false, &v);
    assert_int_equal(there, 14);
    sw(g, SRE, 0);
    assert_int_equal(sr(g, SRE), 7);
}

// Affinity routing is on: SGIs and PPIs are the redistributor's alone, and there are no target registers.
static void frames_of_v3(void **state) {
    struct gic *g = make(*state, 3);
    dw(g, 0x80, ~0u), dw(g, 0x100, ~0u), dw(g, 0x400, ~0u), dw(g, 0x800, ~0u), dw(g, 0xc00, ~0u), dw(g, 0xf00, 0x2000005);
    assert_int_equal(dr(g, 0x80) | dr(g, 0x100) | dr(g, 0x400) | dr(g, 0x800) | dr(g, 0xc00), 0);
    assert_int_equal(rr(g, 0x10080) | rr(g, 0x10100) | rr(g, 0x10400) | rr(g, 0x10200), 0);
    rw(g, 0x10084, ~0u), rw(g, 0x10104, ~0u), rw(g, 0x10420, ~0u), rw(g, 0x80, ~0u);
    assert_int_equal(dr(g, 0x84) | dr(g, 0x104) | dr(g, 0x420) | rr(g, 0x80), 0);
    dw(g, 0x100 + GIC_INTIDS / 8, ~0u), dw(g, 0x17c, ~0u), dw(g, 0x7fc, ~0u);
    assert_int_equal(dr(g, 0x100 + GIC_INTIDS / 8) | dr(g, 0x17c) | dr(g, 0x7fc), 0);
    gic_dist_ops.write(g, 0x6000 + 8 * 32, 8, ~(u64)0);
    assert_int_equal(gic_dist_ops.read(g, 0x6000 + 8 * 32, 8), 0xffffff); // no 1-of-N, no fourth level of affinity
    gic_dist_ops.write(g, 0x6000 + 8 * 31, 8, ~(u64)0);
    gic_dist_ops.write(g, 0x6000 + 8 * GIC_INTIDS, 8, ~(u64)0);
    assert_int_equal(gic_dist_ops.read(g, 0x6000 + 8 * 31, 8) | gic_dist_ops.read(g, 0x6000 + 8 * GIC_INTIDS, 8), 0);
}

// ---- version 2

// irq-gic.c: gic_dist_init, gic_cpu_init, gic_cpu_if_up. All is of group 0, and comes as IRQ.
static struct gic *as_linux_v2(struct dev_fixture *f) {
    struct gic *g = make(f, 2);
    assert_int_equal(dr(g, 0xfe8) & 0xf0, 0x20);
    assert_int_equal((dr(g, 4) & 31) + 1, GIC_INTIDS / 32);
    assert_int_equal(dr(g, 4) >> 5 & 7, 0); // one processor
    dw(g, 0, 0);
    for (u32 i = 32; i < GIC_INTIDS; i += 4) dw(g, 0x800 + i, 0x01010101);
    assert_int_equal(dr(g, 0x820), 0); // which is the only target
    for (u32 i = 0; i < GIC_INTIDS; i += 4) dw(g, 0x400 + i, 0xa0a0a0a0);
    dw(g, 0, 1);
    cw(g, 4, 0xf0);
    cw(g, 0, 1);
    return g;
}

static void a_v2_interrupt(void **state) {
    struct dev_fixture *f = *state;
    struct gic *g = as_linux_v2(f);
    dw(g, 0x104, 2);
    assert_true(gic_listens(g, 33));
    level(g, 33, true);
    assert_true(f->probe[IRQ].level);
    assert_false(f->probe[FIQ].level);
    assert_int_equal(cr(g, 0x18), 33);
    assert_int_equal(cr(g, 0x28), 1023);
    assert_int_equal(cr(g, 0xc), 33);
    assert_int_equal(cr(g, 0x14), 0xa0);
    assert_int_equal(cr(g, 0xd0), 1u << 20);
    assert_int_equal(cr(g, 0xc), 1023);
    level(g, 33, false);
    cw(g, 0x10, 33);
    assert_int_equal(cr(g, 0x14), 0xff);
    assert_false(f->probe[IRQ].level);
    cw(g, 0, 9); // FIQEn
    level(g, 33, true);
    assert_true(f->probe[FIQ].level);
    assert_false(f->probe[IRQ].level);
    assert_int_equal(cr(g, 0), 9);
    assert_int_equal(cr(g, 0xfc) >> 16 & 15, 2);
}

static void groups_of_v2(void **state) {
    struct dev_fixture *f = *state;
    struct gic *g = as_linux_v2(f);
    dw(g, 0, 3), cw(g, 0, 3), dw(g, 0x84, 2), dw(g, 0x104, 3); // 33 is of group 1
    level(g, 33, true);
    assert_int_equal(cr(g, 0x18), 1022);
    assert_int_equal(cr(g, 0xc), 1022);
    assert_int_equal(cr(g, 0x28), 33);
    assert_int_equal(cr(g, 0x20), 33); // AIAR
    assert_int_equal(cr(g, 0xe0), 1u << 20);
    level(g, 33, false);
    cw(g, 0x24, 33);
    assert_int_equal(cr(g, 0x14), 0xff);
    cw(g, 0, 7); // AckCtl
    level(g, 33, true);
    assert_int_equal(cr(g, 0x18), 33);
    assert_int_equal(cr(g, 0xc), 33);
    cw(g, 0x10, 33);
    assert_int_equal(cr(g, 0x14), 0xff);
    // One whose group the CPU interface does not take is in the way: the distributor does not know.
    cw(g, 0, 2), level(g, 32, true);
    assert_false(f->probe[IRQ].level);
    cw(g, 0, 3);
    assert_true(f->probe[IRQ].level);
    assert_int_equal(cr(g, 0x20), 1023);
    assert_int_equal(cr(g, 0xc), 32);
    cw(g, 0, 0x203);
    level(g, 32, false);
    cw(g, 0x10, 32);
    assert_int_equal(dr(g, 0x304), 1);
    cw(g, 0x1000, 32); // DIR
    assert_int_equal(dr(g, 0x304), 0);
    for (unsigned i = 0; i < 8; i++) {
        cw(g, 8, i), cw(g, 0x1c, i);
        assert_int_equal(cr(g, 8), i < 2 ? 2 : i);
        assert_int_equal(cr(g, 0x1c), i < 3 ? 3 : i);
    }
}

static void software_generated_v2(void **state) {
    struct dev_fixture *f = *state;
    struct gic *g = as_linux_v2(f);
    dw(g, 0x100, 0xffff);
    static const struct {
        u32 value;
        bool arrives;
    } cases[] = {{0x10005, true}, {0x20005, false}, {0x1010005, false}, {0x2000005, true}, {0x5, false}, {0x3010005, false}};
    for (unsigned i = 0; i < countof(cases); i++) {
        dw(g, 0xf00, cases[i].value);
        assert_int_equal(f->probe[IRQ].level, cases[i].arrives);
        assert_int_equal(cr(g, 0xc), cases[i].arrives ? 5 : 1023);
        cw(g, 0x10, 5);
    }
    dw(g, 0x200, 0xff); // has no effect on them
    assert_int_equal(dr(g, 0x200), 0);
    dw(g, 0xf24, 1 << 8); // 5, from processor 0
    assert_int_equal(dr(g, 0xf14), 1 << 8);
    assert_int_equal(dr(g, 0x200), 1 << 5);
    dw(g, 0xf14, 1 << 8);
    assert_int_equal(dr(g, 0xf24) | dr(g, 0x200), 0);
}

static void widths(void **state) {
    struct dev_fixture *f = *state;
    struct gic *g = as_linux_v2(f);
    gic_dist_ops.write(g, 0x420, 8, 0x1020304050607080);
    assert_int_equal(dr(g, 0x420), 0x50607080);
    assert_int_equal(gic_dist_ops.read(g, 0x420, 8), 0x1020304050607080);
    dw(g, 0x104, 2), level(g, 33, true);
    assert_int_equal(gic_cpu_ops.read(g, 0xc, 1), 0);
    assert_int_equal(gic_cpu_ops.read(g, 0xc, 2), 0);
    assert_int_equal(gic_cpu_ops.read(g, 0xd, 4), 0);
    assert_true(f->probe[IRQ].level); // none of them has taken it
    gic_dist_ops.write(g, 0x184, 1, 2), gic_dist_ops.write(g, 0x184, 2, 2), gic_dist_ops.write(g, 0x420, 2, 0);
    assert_int_equal(dr(g, 0x104), 2);
    assert_int_equal(gic_cpu_ops.read(g, 8, 8), (u64)33 << 32 | 2);
}

// ---- the specification's words again, interrupt by interrupt (version 3, end and deactivation in one)

enum { MODELLED = 64 };
struct model {
    bool level[MODELLED], latch[MODELLED], enable[MODELLED], active[MODELLED], group[MODELLED], edge[MODELLED];
    u8 priority[MODELLED];
    bool forwards[2], enables[2];
    u8 mask, bpr[2];
    u8 stack[MODELLED], stack_group[MODELLED], taken[MODELLED]; // group priorities of what runs, the highest last
    unsigned depth;
};
static bool is_pending(const struct model *m, unsigned n) { return m->latch[n] || (!m->edge[n] && m->level[n]); }
static unsigned winner(const struct model *m) {
    for (unsigned priority = 0; priority < 256; priority += 8)
        for (unsigned n = 0; n < MODELLED; n++)
            if (is_pending(m, n) && m->enable[n] && !m->active[n] && m->forwards[m->group[n]] && m->enables[m->group[n]] &&
                m->priority[n] == priority)
                return n;
    return 1023;
}
static unsigned grouped(const struct model *m, unsigned n) {
    unsigned low = m->group[n] ? m->bpr[1] : m->bpr[0] + 1u;
    return m->priority[n] / (1u << low) * (1u << low);
}
static bool would(const struct model *m, unsigned n) {
    return n != 1023 && m->priority[n] < m->mask && (!m->depth || grouped(m, n) < m->stack[m->depth - 1]);
}

static void as_the_model(void **state) {
    struct dev_fixture *f = *state;
    struct gic *g = as_linux_v3(f);
    static struct model m;
    memset(&m, 0, sizeof m);
    for (unsigned n = 0; n < MODELLED; n++) m.priority[n] = 0xa0, m.group[n] = true, m.edge[n] = n < 16;
    m.forwards[1] = m.enables[1] = true, m.mask = 0xf0, m.bpr[0] = 2, m.bpr[1] = 3;
    u64 seed = 1;
    unsigned taken = 0, deepest = 0;
    for (unsigned i = 0; i < 400000; i++) {
        u64 r = splitmix64(&seed);
        unsigned n = (unsigned)(r >> 8) % MODELLED, group = r >> 20 & 1;
        u8 v = (u8)(r >> 32);
        u32 bit = 1u << n % 32, at = n < 32 ? 0 : 4;
        const struct io_ops *ops = n < 32 ? &gic_redist_ops : &gic_dist_ops;
        u32 base = n < 32 ? 0x10000 : 0;
        switch (r % 16) {
        case 0:
        case 1:
            if (n < 16) break;
            if (v & 1 && !m.level[n] && m.edge[n]) m.latch[n] = true;
            level(g, n, m.level[n] = v & 1);
            break;
        case 2: ops->write(g, base + 0x400 + n, 1, v), m.priority[n] = v & 0xf8; break;
        case 3: out32(ops, g, base + (v & 3 ? 0x100 : 0x180) + at, bit), m.enable[n] = v & 3; break;
        case 4: out32(ops, g, base + (v & 1 ? 0x200 : 0x280) + at, bit), m.latch[n] = v & 1; break;
        case 5: {
            u32 word = in32(ops, g, base + 0x80 + at);
            out32(ops, g, base + 0x80 + at, v & 1 ? word | bit : word & ~bit);
            m.group[n] = v & 1;
            break;
        }
        case 6: {
            if (n < 16) break;
            u32 cfg = base + 0xc00 + n / 16 * 4, word = in32(ops, g, cfg), two = 2u << n % 16 * 2;
            out32(ops, g, cfg, v & 1 ? word | two : word & ~two);
            m.edge[n] = v & 1;
            break;
        }
        case 7: sw(g, PMR, v | 0x80), m.mask = (v | 0x80) & 0xf8; break;
        case 8:
            if (v < 32) sw(g, group ? IGRPEN1 : IGRPEN0, v & 1), m.enables[group] = v & 1;
            else sw(g, group ? IGRPEN1 : IGRPEN0, 1), m.enables[group] = true;
            break;
        case 9: dw(g, 0, v % 8 ? 3 : v >> 6), m.forwards[0] = v % 8 || v >> 6 & 1, m.forwards[1] = v % 8 || v >> 7; break;
        case 10:
            if (m.depth) break; // what runs was taken by the binary point of then
            sw(g, group ? BPR1 : BPR0, v & 3), m.bpr[group] = group ? 3 : (v & 3) < 3 ? 2 : 3;
            break;
        case 11 ... 13: {
            unsigned won = winner(&m);
            bool take = would(&m, won) && m.group[won] == group;
            assert_int_equal(sr(g, group ? IAR1 : IAR0), take ? won : 1023);
            if (!take) break;
            m.taken[m.depth] = (u8)won, m.stack[m.depth] = (u8)grouped(&m, won), m.stack_group[m.depth++] = (u8)group;
            m.active[won] = true, m.latch[won] = false;
            taken++;
            if (m.depth > deepest) deepest = m.depth;
            break;
        }
        case 14:
            dw(g, 0x384, ~0u), rw(g, 0x10380, ~0u);
            memset(m.active, 0, sizeof m.active);
            break;
        default:
            if (m.depth && v % 4) n = m.taken[m.depth - 1], group = m.stack_group[m.depth - 1];
            bit = 1u << n % 32, at = n < 32 ? 0 : 4, base = n < 32 ? 0x10000 : 0;
            ops = n < 32 ? &gic_redist_ops : &gic_dist_ops;
            sw(g, group ? EOIR1 : EOIR0, n);
            if (m.depth && m.stack_group[m.depth - 1] == group) m.depth--, m.active[n] = false;
        }
        unsigned won = winner(&m);
        assert_int_equal(f->probe[IRQ].level, would(&m, won) && m.group[won]);
        assert_int_equal(f->probe[FIQ].level, would(&m, won) && !m.group[won]);
        assert_int_equal(sr(g, RPR), m.depth ? m.stack[m.depth - 1] : 0xff);
        assert_int_equal(in32(ops, g, base + 0x200 + at) >> n % 32 & 1, is_pending(&m, n));
        assert_int_equal(in32(ops, g, base + 0x300 + at) >> n % 32 & 1, m.active[n]);
    }
    assert_true(taken > 3000 && deepest > 2);
}

static void hostile(void **state) {
    u64 seed = 2, v;
    for (unsigned version = 2; version <= 3; version++) {
        struct gic *g = make(*state, version);
        for (unsigned i = 0; i < 400000; i++) {
            u64 r = splitmix64(&seed);
            hostile_access(&gic_dist_ops, g, r & 1 ? GIC_DIST_SIZE : 0x1000, &seed);
            if (version == 2) hostile_access(&gic_cpu_ops, g, r & 2 ? GIC_CPU_SIZE : 0x100, &seed);
            else hostile_access(&gic_redist_ops, g, GIC_REDIST_SIZE, &seed);
            v = splitmix64(&seed);
            gic_sysreg(g, r & 4 ? SYSREG(12, 8 + (r >> 8 & 7), r >> 16 & 7) : PMR, r & 8, &v);
            level(g, 16 + (unsigned)(r >> 20) % (GIC_INTIDS - 16), r >> 40 & 1);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        DEVICE_TEST(a_v3_interrupt),
        DEVICE_TEST(gates),
        DEVICE_TEST(groups),
        DEVICE_TEST(priorities_preempt),
        DEVICE_TEST(binary_points),
        DEVICE_TEST(split_ends),
        DEVICE_TEST(edges),
        DEVICE_TEST(software_generated_v3),
        DEVICE_TEST(what_is_no_sysreg),
        DEVICE_TEST(frames_of_v3),
        DEVICE_TEST(a_v2_interrupt),
        DEVICE_TEST(groups_of_v2),
        DEVICE_TEST(software_generated_v2),
        DEVICE_TEST(widths),
        DEVICE_TEST(as_the_model),
        DEVICE_TEST(hostile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
