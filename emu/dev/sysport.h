// SPDX-License-Identifier: MIT
// The PC's two system control ports: 0x92 (fast A20, fast reset) and 0xCF9 (reset control; 82371AB datasheet, 4.3.7). A hard reset
// ends the run with EMU_RESET.
#ifndef DEV_SYSPORT_H
#define DEV_SYSPORT_H

#include "bus/bus.h"
#include "core/env.h"
#include "core/irq.h"

struct sysport;

// a20 follows bit 1 of port 0x92, which starts as 1; init pulses with each soft reset.
struct sysport *sysport_create(struct env *e, struct irq_line a20, struct irq_line init);

extern const struct io_ops sysport_ops; // 1 port, 0x92
// 1 port, 0xCF9. It lies inside PCI's 0xCF8 (a 32-bit port): the PCI host bridge passes byte accesses on.
extern const struct io_ops sysport_reset_ops;

#endif
