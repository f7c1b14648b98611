// SPDX-License-Identifier: MIT
// The PC's logic for x87 errors in the MS-DOS way (SDM vol. 1, appendix D.2.1.2; 82371AB datasheet, port F0h): FERR# latches
// IRQ 13; a write to port 0xF0 takes the request back and asserts IGNNE#, until FERR# goes.
#ifndef DEV_COPROCESSOR_H
#define DEV_COPROCESSOR_H

#include "bus/bus.h"
#include "core/env.h"
#include "core/irq.h"

struct coprocessor;

struct coprocessor *coprocessor_create(struct env *e, struct irq_line irq, struct irq_line ignne);
// Where the processor's FERR# ends.
struct irq_line coprocessor_ferr(struct coprocessor *d);

extern const struct io_ops coprocessor_ops; // 1 port, 0xF0 on a PC

#endif
