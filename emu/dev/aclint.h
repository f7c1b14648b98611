// SPDX-License-Identifier: MIT
// Machine timer and software interrupts: RISC-V Advanced Core Local Interruptor specification 1.0, MTIMER and MSWI, in the layout of
// SiFive's CLINT that they are backwards compatible with.
//
//   0000 + 4h   msip of hart h: bit 0 is its MSIP
//   4000 + 8h   mtimecmp of hart h: MTIP is high while mtime >= mtimecmp (unsigned)
//   bff8        mtime
//
// mtime and mtimecmp are of 64 bits, and their halves of 32; msip is of 32 bits. An access of another kind reads 0 and writes nothing.
#ifndef DEV_ACLINT_H
#define DEV_ACLINT_H

#include "bus/bus.h"
#include "core/env.h"
#include "core/irq.h"

#define ACLINT_SIZE 0x10000
#define ACLINT_HARTS 8

// mtime's frequency: that of QEMU's virt, which kernels without a device tree have built in. One of its ticks is 100 ns of guest time
// to the nanosecond, so a compare value is met exactly; a clock of 1 GHz would be as exact and finer, but those kernels' timers would
// come a hundred times too often.
#define ACLINT_HZ 10000000

struct aclint;

// msip[h], mtip[h]: hart h's MSIP and MTIP. harts: 1..ACLINT_HARTS.
struct aclint *aclint_create(struct env *e, const struct irq_line *msip, const struct irq_line *mtip, unsigned harts);
// Now: what the hart's `time` register shows.
u64 aclint_mtime(const struct aclint *a);
// mtimecmp, for a timer that firmware sets for an operating system; ~0 is never, but for the last tick there is.
void aclint_set_mtimecmp(struct aclint *a, unsigned hart, u64 value);

extern const struct io_ops aclint_ops; // ACLINT_SIZE bytes

#endif
