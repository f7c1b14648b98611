// SPDX-License-Identifier: MIT
// 82C54 programmable interval timer (Intel 82C54 data sheet) with the PC's port 0x61: 1.193182 MHz, channel 0 is the
// system timer, channel 2 the speaker. All six modes, BCD, counter latch and read-back.
#ifndef DEV_PIT8254_H
#define DEV_PIT8254_H

#include "bus/bus.h"
#include "core/env.h"
#include "core/irq.h"

#define PIT8254_HZ 1193182

struct pit8254;

// irq follows channel 0's OUT.
struct pit8254 *pit8254_create(struct env *e, struct irq_line irq);

extern const struct io_ops pit8254_ops;         // 4 ports, 0x40 on a PC
extern const struct io_ops pit8254_speaker_ops; // 1 port, 0x61

#endif
