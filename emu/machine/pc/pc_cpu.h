// SPDX-License-Identifier: MIT
// The processor's corner of the PC board: CPU, local APIC, and the wires between them, the 8259 pair and the I/O APIC.
#ifndef MACHINE_PC_CPU_H
#define MACHINE_PC_CPU_H

#include "dev/ioapic.h"
#include "dev/lapic.h"
#include "dev/pic8259.h"
#include "loader/image.h"
#include "machine/machine.h"

// ERR_NOT_FOUND: no such `cpu` model (logged).
int pc_cpu_check(struct plat *p, const struct emu_config *c);
// Of the `cpu` model, which is there: MAXPHYADDR.
unsigned pc_cpu_address_bits(const struct emu_config *c);
// Makes CPU and local APIC (RAM is on the bus already) and fills m->cpu. Errors as above.
int pc_cpu_create(struct emu_machine *m);
struct lapic *pc_cpu_lapic(struct emu_machine *m);
// Where the 8259 pair's INTR ends.
struct irq_line pc_cpu_pic_line(struct emu_machine *m);
void pc_cpu_set_pic(struct emu_machine *m, struct pic8259 *pic);
// Pulses: INIT.
struct irq_line pc_cpu_init_line(struct emu_machine *m);
// IGNNE#, and where FERR# ends.
struct irq_line pc_cpu_ignne(struct emu_machine *m);
void pc_cpu_set_ferr(struct emu_machine *m, struct irq_line ferr);
void pc_cpu_set_ioapic(struct emu_machine *m, struct ioapic *io);
// The processor is left as it is after power-up, and starts in a ROM below 4 GiB, as after each INIT; that ROM has the BIOS's services.
void pc_cpu_start_rom(struct emu_machine *m);
// The state that the image wants to start in.
void pc_cpu_start(struct emu_machine *m, const struct image *image);

#endif
