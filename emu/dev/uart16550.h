// SPDX-License-Identifier: MIT
// 16550A UART (TI TL16C550C data sheet) with the PC's wiring: OUT2 gates the interrupt, the far end holds CTS, DSR and
// DCD. A byte written is sent at once, so THR is always empty; the THRE interrupt still comes after each byte.
#ifndef DEV_UART16550_H
#define DEV_UART16550_H

#include "bus/bus.h"
#include "core/chardev.h"
#include "core/env.h"
#include "core/irq.h"

#define UART16550_PORTS 8
#define UART16550_MEMORY 0x100

struct uart16550;

// name: unique in the machine. backend may be NULL (bytes are dropped); its input side is filled in here and takes
// bytes only while the receiver has room, so that no input is lost. Lives as long as env.
struct uart16550 *uart16550_create(struct env *e, const char *name, struct irq_line irq, struct chardev *backend);

// For boards whose interrupt line no OUT2 gates. At creation.
void uart16550_ungate(struct uart16550 *u);

extern const struct io_ops uart16550_ops;        // UART16550_PORTS ports
extern const struct io_ops uart16550_memory_ops; // UART16550_MEMORY bytes: the ports, again and again

#endif
