// SPDX-License-Identifier: MIT
// Between the rooms of the GIC (gic.h): gic.c has the interrupts' states and what the processor is told, gic_dist.c the registers of
// distributor and redistributor, gic_cpu.c the two CPU interfaces.
#ifndef DEV_GIC_PARTS_H
#define DEV_GIC_PARTS_H

#include "dev/gic.h"

#define GIC_WORDS (GIC_INTIDS / 32)
#define GIC_NONE 1023        // no interrupt (INTID)
#define GIC_OTHER_GROUP 1022 // version 2: there is one, of group 1
#define GIC_PRIORITY 0xf8    // bits that are there
#define GIC_IDLE 0xff        // running priority while nothing is active
#define GIC_BPR0_MIN 2       // binary points: what leaves all 5 bits to the group priority
#define GIC_BPR1_MIN 3

// Sets of interrupts are a bit for each INTID.
struct gic_state {
    u32 level[GIC_WORDS]; // of the inputs
    u32 latch[GIC_WORDS]; // pending by an edge or by software
    u32 enable[GIC_WORDS];
    u32 active[GIC_WORDS];
    u32 group[GIC_WORDS];  // 1: group 1
    u32 edge[GIC_WORDS];   // configured as edge-triggered; SGIs are
    u32 route[GIC_INTIDS]; // version 3, SPIs: affinity of the processor that is asked for; this one's is 0
    u8 priority[GIC_INTIDS];
    u8 forwards; // GICD_CTLR: bit g enables group g
    u8 asleep;   // GICR_WAKER.ProcessorSleep
    // CPU interface
    u8 enables; // bit g: group g is signalled
    u8 mask;    // PMR
    u8 bpr[2];
    u8 common_bpr, split; // CBPR, EOImode
    u8 ack_any, fiq;      // version 2: AckCtl, FIQEn
    u32 running[2];       // active priorities of each group: bit n for priority 8n
};

struct gic {
    struct gic_state s;
    unsigned version;
    struct irq_line irq, fiq;
};

static inline bool gic_get(const u32 *set, unsigned intid) { return set[intid / 32] >> intid % 32 & 1; }
static inline void gic_put(u32 *set, unsigned intid, bool value) {
    u32 bit = (u32)1 << intid % 32;
    set[intid / 32] = value ? set[intid / 32] | bit : set[intid / 32] & ~bit;
}

// Those of word w that are pending.
u32 gic_pending(const struct gic *g, unsigned w);
// The pending interrupt of the highest priority that is forwarded to the CPU interface, whatever runs; GIC_NONE.
unsigned gic_highest(const struct gic *g);
// Tells the processor what is new: after every change.
void gic_update(struct gic *g);

// ---- what CPU interfaces do
// Takes the interrupt that is signalled, if it is of one of `groups` (bit 0, bit 1). Its INTID; GIC_NONE: there is none to take;
// GIC_OTHER_GROUP: there is, of the other group.
unsigned gic_acknowledge(struct gic *g, unsigned groups);
// The end of what was taken last, of that group; of another it is ignored. Deactivates the interrupt, too, unless that is split off.
void gic_end(struct gic *g, unsigned group, u32 intid);
void gic_deactivate(struct gic *g, u32 intid);
// Priority of what runs; GIC_IDLE.
u8 gic_running(const struct gic *g);
u8 gic_binary_point(const struct gic *g, unsigned group);
void gic_set_binary_point(struct gic *g, unsigned group, u64 value);

#endif
