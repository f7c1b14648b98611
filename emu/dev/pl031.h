// SPDX-License-Identifier: MIT
// PrimeCell Real Time Clock PL031 (Arm DDI 0224): a counter of seconds, and an alarm.
//
//   00  DR    the count                       0c  CR    bit 0: counts; it cannot be stopped      14  RIS   bit 0: the alarm has come
//   04  MR    the alarm: a count              10  IMSC  bit 0: the alarm interrupts              18  MIS   RIS and IMSC
//   08  LR    write: sets the count                                                              1c  ICR   write: clears RIS
//
// Registers are of 32 bits: an aligned access of 8 bytes is two of them, low one first; one of another kind reads 0 and writes nothing.
#ifndef DEV_PL031_H
#define DEV_PL031_H

#include "bus/bus.h"
#include "core/env.h"
#include "core/irq.h"
#include "dev/primecell.h"

struct pl031;

// unix_time: seconds since 1970 at the clock's 0; modulo 2^32.
struct pl031 *pl031_create(struct env *e, struct irq_line irq, u64 unix_time);
// How far the guest has put the clock on, seconds: what a battery keeps over a restart.
u64 pl031_offset(const struct pl031 *r);
void pl031_set_offset(struct pl031 *r, u64 seconds);

extern const struct io_ops pl031_ops; // PRIMECELL_SIZE bytes

#endif
