// SPDX-License-Identifier: MIT
// High-precision event timers (IA-PC HPET specification 1.0a): 64-bit counter at 100 MHz, three 64-bit comparators, all
// periodic-capable, legacy replacement, no FSB delivery.
#ifndef DEV_HPET_H
#define DEV_HPET_H

#include "bus/bus.h"
#include "core/env.h"
#include "core/irq.h"

#define HPET_SIZE 0x400 // bytes of its MMIO window, 0xFED00000 on a PC
#define HPET_TIMERS 3
#define HPET_TICK_NS 10
#define HPET_EVENT_TIMER_BLOCK_ID 0x8086A201u // for the ACPI HPET table: the low half of the capabilities

struct hpet;

// legacy[0], legacy[1]: the board's IRQ 0 and IRQ 8, which the HPET takes from the PIT and the RTC in legacy
// replacement mode: give hpet_legacy_input to those two as their line. gsi: called with a pin (0..31) of the I/O APIC;
// its own pin number is not used. routes: bit n set: pin n may be chosen.
struct hpet *hpet_create(struct env *e, const struct irq_line legacy[2], struct irq_line gsi, u32 routes);

// The line for the PIT (0) or the RTC (1): passes to legacy[which] while legacy replacement is off.
struct irq_line hpet_legacy_input(struct hpet *h, unsigned which);

extern const struct io_ops hpet_ops;

#endif
