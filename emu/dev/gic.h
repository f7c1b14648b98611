// SPDX-License-Identifier: MIT
// Arm's Generic Interrupt Controller for one processor, in one security state (GICD_CTLR.DS is 1):
//   version 3  Arm IHI 0069: distributor, one redistributor, and the CPU interface as system registers, ICC_*_EL1. No LPIs, no ITS
//   version 2  Arm IHI 0048, with grouping, without Security Extensions: distributor, and the CPU interface in memory (GICC)
//
// INTIDs: 0..15 software generated (SGI), 16..31 private (PPI), 32..GIC_INTIDS-1 shared (SPI). Priorities have 5 bits, 7..3; a lower number
// is a higher priority. Group 0 is signalled as FIQ (version 2: if GICC_CTLR.FIQEn says so, else as IRQ), group 1 as IRQ.
#ifndef DEV_GIC_H
#define DEV_GIC_H

#include "bus/bus.h"
#include "core/env.h"
#include "core/irq.h"

#define GIC_INTIDS 256
#define GIC_PPI 16 // INTID of PPI 0
#define GIC_SPI 32 // INTID of SPI 0

#define GIC_DIST_SIZE 0x10000
#define GIC_REDIST_SIZE 0x20000 // RD_base and SGI_base
#define GIC_CPU_SIZE 0x10000

struct gic;

// version: 2 or 3. irq, fiq: the processor's inputs.
struct gic *gic_create(struct env *e, unsigned version, struct irq_line irq, struct irq_line fiq);
// Where interrupt 16..GIC_INTIDS-1 ends: level-sensitive or edge-triggered, as the guest has configured it.
struct irq_line gic_line(struct gic *g, unsigned intid);
// Whether the processor would be interrupted by it: enabled, as its group is, and not masked by its priority.
bool gic_listens(const struct gic *g, unsigned intid);
// Whether it would be interrupted by any.
bool gic_listens_at_all(const struct gic *g);
// Version 3: a read or write of the system register whose op0, op1, CRn, CRm and op2 are bits 15..0 of `reg` (bits 20..5 of MRS and MSR).
// False: there is none, or not for this access.
bool gic_sysreg(struct gic *g, unsigned reg, bool write, u64 *value);

// dev: the struct gic *. Registers are of 32 bits, and an aligned access of 8 bytes is two of them, low one first; of a register of
// priorities a byte can be accessed alone. An access of another kind reads 0 and writes nothing.
extern const struct io_ops gic_dist_ops;   // GICD, GIC_DIST_SIZE bytes
extern const struct io_ops gic_redist_ops; // version 3: GICR
extern const struct io_ops gic_cpu_ops;    // version 2: GICC

#endif
