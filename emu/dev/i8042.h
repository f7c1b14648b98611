// SPDX-License-Identifier: MIT
// Keyboard controller (8042 as in the PC/AT and PS/2): controller commands, A20 and reset, and a keyboard and a mouse
// that answer every command but never move, unless somebody has the keyboard's keys. Answers come at once.
#ifndef DEV_I8042_H
#define DEV_I8042_H

#include "bus/bus.h"
#include "core/env.h"
#include "core/irq.h"

struct i8042;

// kbd and aux: IRQ 1 and IRQ 12 of a PC. a20 follows bit 1 of the output port, which starts as 1. init pulses with
// a reset by command or output port.
struct i8042 *i8042_create(struct env *e, struct irq_line kbd, struct irq_line aux, struct irq_line a20, struct irq_line init);

// From now on keys may be pressed, which is more state. Once, after creation.
void i8042_add_keys(struct i8042 *k);
// Whether the keyboard scans its keys, and has sent what it had to say.
bool i8042_takes_keys(const struct i8042 *k);
// Up to 12 scan codes of set 1 (0xe0 before some, bit 7 when a key comes up): the machine gets those of the set that it has chosen.
void i8042_key(struct i8042 *k, const u8 *codes, unsigned n);
// Whether a key would ask for an interrupt.
bool i8042_key_interrupts(const struct i8042 *k);

extern const struct io_ops i8042_data_ops;    // 1 port, 0x60
extern const struct io_ops i8042_command_ops; // 1 port, 0x64

#endif
