// SPDX-License-Identifier: MIT
// Both versions of the interrupt controller, for the tests that use it (IHI 0069, IHI 0048).
#include "kit.h"

enum {
    CTLR = 0x0,
    IGROUPR = 0x80,
    ISENABLER = 0x100,
    ICENABLER = 0x180,
    ISPENDR = 0x200,
    ICPENDR = 0x280,
    ISACTIVER = 0x300,
    ICACTIVER = 0x380,
    IPRIORITYR = 0x400,
    SGIR = 0xf00
};
enum { WAKER = 0x14, SGI_BASE = 0x10000 };
enum { PMR = 0x4, BPR = 0x8, IAR = 0xc, EOIR = 0x10 };
#define ICC_PMR s3_0_c4_c6_0
#define ICC_IAR1 s3_0_c12_c12_0
#define ICC_EOIR1 s3_0_c12_c12_1
#define ICC_BPR1 s3_0_c12_c12_3
#define ICC_CTLR s3_0_c12_c12_4
#define ICC_SRE s3_0_c12_c12_5
#define ICC_IGRPEN1 s3_0_c12_c12_7
#define ICC_SGI1R s3_0_c12_c11_5
#define READ_(reg) READ(reg) // the register's name is made first
#define WRITE_(reg, v) WRITE(reg, v)

bool gic_is_v3(void) { return READ(id_aa64pfr0_el1) >> 24 & 15; }

// Those of one processor are the redistributor's in version 3.
static u64 frame_of(unsigned intid) { return intid < 32 && gic_is_v3() ? GICR + SGI_BASE : GICD; }
volatile u32 *gic_register(unsigned offset, unsigned intid) { return &MMIO32(frame_of(intid) + offset + 4 * (intid / 32)); }
static void set_bit(unsigned offset, unsigned intid) { *gic_register(offset, intid) = (u32)1 << (intid & 31); }
static bool bit_of(unsigned offset, unsigned intid) { return *gic_register(offset, intid) >> (intid & 31) & 1; }

void gic_enable(unsigned intid, unsigned priority) {
    *(volatile u8 *)(frame_of(intid) + IPRIORITYR + intid) = (u8)priority;
    if (intid >= 32 && !gic_is_v3()) *(volatile u8 *)(u64)(GICD + 0x800 + intid) = 1; // ITARGETSR
    set_bit(ISENABLER, intid);
}
void gic_disable(unsigned intid) { set_bit(ICENABLER, intid); }
void gic_pend(unsigned intid) { set_bit(ISPENDR, intid); }
bool gic_pending(unsigned intid) { return bit_of(ISPENDR, intid); }
bool gic_active(unsigned intid) { return bit_of(ISACTIVER, intid); }

void gic_mask(unsigned priority) {
    if (gic_is_v3()) WRITE_(ICC_PMR, priority);
    else MMIO32(GICC + PMR) = priority;
}

unsigned gic_acknowledge(void) {
    unsigned intid = gic_is_v3() ? (unsigned)READ_(ICC_IAR1) & 0xffffff : MMIO32(GICC + IAR) & 0x3ff;
    __asm__ volatile("dsb sy" : : : "memory");
    return intid;
}

void gic_end(unsigned intid) {
    if (gic_is_v3()) WRITE_(ICC_EOIR1, intid);
    else MMIO32(GICC + EOIR) = intid;
}

void gic_send(unsigned intid) {
    if (gic_is_v3()) WRITE_(ICC_SGI1R, (u64)intid << 24 | 1);
    else MMIO32(GICD + SGIR) = 2u << 24 | intid;
}

// Everything disabled, idle, in group 1, of the same priority.
void gic_reset(void) {
    bool v3 = gic_is_v3();
    if (v3) {
        WRITE_(ICC_SRE, 7);
        MMIO32(GICR + WAKER) = MMIO32(GICR + WAKER) & ~2u;
        while (MMIO32(GICR + WAKER) & 4) {}
    }
    MMIO32(GICD + CTLR) = 0;
    for (unsigned intid = 0; intid < 96; intid += 32) {
        *gic_register(ICENABLER, intid) = ~(u32)0;
        *gic_register(ICPENDR, intid) = ~(u32)0;
        *gic_register(ICACTIVER, intid) = ~(u32)0;
        *gic_register(IGROUPR, intid) = v3 ? ~(u32)0 : 0;
        for (unsigned i = 0; i < 32; i += 4) MMIO32(frame_of(intid) + IPRIORITYR + intid + i) = 0xa0a0a0a0;
    }
    for (unsigned i = 0; !v3 && i < 16; i += 4) MMIO32(GICD + 0xf10 + i) = ~(u32)0; // CPENDSGIR
    MMIO32(GICD + CTLR) = v3 ? 0x12 : 1;
    if (v3) {
        WRITE_(ICC_BPR1, 0);
        WRITE_(ICC_CTLR, 0);
        WRITE_(ICC_IGRPEN1, 1);
    } else {
        MMIO32(GICC + BPR) = 0;
        MMIO32(GICC) = 1;
    }
    gic_mask(0xff);
}
