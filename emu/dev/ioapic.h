// SPDX-License-Identifier: MIT
// I/O APIC (Intel 82093AA data sheet, version 0x20 with the EOI register of later chips), 24 pins.
#ifndef DEV_IOAPIC_H
#define DEV_IOAPIC_H

#include "bus/bus.h"
#include "core/env.h"
#include "core/irq.h"

#define IOAPIC_PINS 24
#define IOAPIC_SIZE 0x1000 // bytes of its MMIO window, 0xFEC00000 on a PC

struct ioapic;

// Interrupts leave as messages through `out`. id: 0..15, as the MADT tells it.
struct ioapic *ioapic_create(struct env *e, u8 id, struct msi_sink out);

// Where a device's line for pin 0..23 ends. Levels are as asserted: the polarity bit is stored and has no effect,
// because the board's lines are already logical.
struct irq_line ioapic_line(struct ioapic *io, unsigned pin);

// Some pin is unmasked and sends NMI.
bool ioapic_sends_nmi(const struct ioapic *io);

bool ioapic_masked(const struct ioapic *io, unsigned pin);

// The local APIC's EOI message for a level-triggered vector (struct lapic_outputs.eoi).
void ioapic_eoi(void *ioapic, u8 vector);

extern const struct io_ops ioapic_ops;

#endif
