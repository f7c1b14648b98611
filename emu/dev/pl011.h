// SPDX-License-Identifier: MIT
// PrimeCell UART PL011 (Arm DDI 0183), r1p4, without DMA. Wires as on the PC's serial port: the far end holds CTS, DSR and DCD. A byte
// written is sent at once, so the transmit FIFO is empty but while the UART or its transmitter is off; the transmit interrupt still
// comes after each byte.
#ifndef DEV_PL011_H
#define DEV_PL011_H

#include "bus/bus.h"
#include "core/chardev.h"
#include "core/env.h"
#include "core/irq.h"
#include "dev/primecell.h"

struct pl011;

// name: unique in the machine. irq: UARTINTR. backend may be NULL (bytes are dropped); its input side is filled in here and takes bytes
// only while the receiver is on and has room, so that no input is lost.
struct pl011 *pl011_create(struct env *e, const char *name, struct irq_line irq, struct chardev *backend);

// As firmware leaves a console: on, 8 bits, FIFOs on. At creation; else it is as after a reset, off.
void pl011_enable(struct pl011 *u);

// PRIMECELL_SIZE bytes. Registers are of 32 bits, of which 16 are in use; an access of any width that starts at one is for it, another
// reads 0 and writes nothing.
extern const struct io_ops pl011_ops;

#endif
