// SPDX-License-Identifier: MIT
// Platform-Level Interrupt Controller: RISC-V PLIC specification 1.0.0, in the layout of SiFive's plic-1.0.0.
//
//   000000 + 4n        priority of source n (0: never), 3 bits; source 0 does not exist
//   001000 + 4w        pending bits of sources 32w..32w+31, read-only
//   002000 + 80c + 4w  enable bits of context c
//   200000 + 1000c     priority threshold of context c, 3 bits: what is not above it does not interrupt
//   200004 + 1000c     read: claim (0: nothing)   write: complete
//
// Registers are of 32 bits: an aligned access of 8 bytes is two of them, low one first; one of 1 or 2 bytes, or a misaligned one, reads 0
// and writes nothing.
#ifndef DEV_PLIC_H
#define DEV_PLIC_H

#include "bus/bus.h"
#include "core/env.h"
#include "core/irq.h"

#define PLIC_SIZE 0x600000
#define PLIC_SOURCES 96 // 1..96
#define PLIC_CONTEXTS 16

struct plic;

// line[c]: the external-interrupt input of context c, which for hart h and its M and S mode is 2h and 2h + 1. contexts: 1..16.
struct plic *plic_create(struct env *e, const struct irq_line *line, unsigned contexts);
// Where interrupt source 1..PLIC_SOURCES ends: level-triggered.
struct irq_line plic_line(struct plic *p, unsigned source);
// Whether some context has enabled the source and would take it: its priority is above the threshold.
bool plic_listens(const struct plic *p, unsigned source);

extern const struct io_ops plic_ops; // PLIC_SIZE bytes

#endif
