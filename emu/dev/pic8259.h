// SPDX-License-Identifier: MIT
// The PC's pair of 8259A interrupt controllers (Intel 8259A data sheet; ELCR as in the PIIX3 data sheet): the slave's
// INT is wired to the master's IR2. Lines are numbered 0..15; line 2 is the cascade and is not for use.
#ifndef DEV_PIC8259_H
#define DEV_PIC8259_H

#include "bus/bus.h"
#include "core/env.h"
#include "core/irq.h"

struct pic8259;

// intr follows the master's INT pin.
struct pic8259 *pic8259_create(struct env *e, struct irq_line intr);

// Where a device's line for IRQ `irq` (0..15) ends.
struct irq_line pic8259_line(struct pic8259 *p, unsigned irq);

// The processor's interrupt acknowledge: the vector to take, 0..255. When no request is left it is the spurious one
// (IR7 of the chip asked).
int pic_ack(struct pic8259 *p);

// The mask of this input (0..15), or of the slave's way through the master.
bool pic8259_masked(const struct pic8259 *p, unsigned irq);

extern const struct io_ops pic8259_master_ops; // 2 ports, 0x20 on a PC; dev is the pair
extern const struct io_ops pic8259_slave_ops;  // 2 ports, 0xA0
extern const struct io_ops pic8259_elcr_ops;   // 2 ports, 0x4D0: edge/level control, 1 = level

#endif
