// SPDX-License-Identifier: MIT
// The PC board's rows: each says once where a device answers, and what ACPI says of it. The bus and the ACPI tables are made of them.
#ifndef MACHINE_PC_ROWS_H
#define MACHINE_PC_ROWS_H

#include "bus/bus.h"
#include "machine/acpi/acpi.h"

// Who answers: what the ops of its rows are called with. Not every machine has the last ones: they are NULL then.
enum pc_device {
    PC_PIC,
    PC_PIT,
    PC_RTC,
    PC_KBD,
    PC_SYSPORT,
    PC_FPU,
    PC_DEBUG,
    PC_COM1,
    PC_COM2,
    PC_HOST,
    PC_PM,
    PC_SMBUS,
    PC_IDE0,
    PC_IDE1,
    PC_IOAPIC,
    PC_HPET,
    PC_LAPIC,
    PC_ECAM,         // missing where there is fw_cfg
    PC_DEBUG_OUTPUT, // missing where there is the test device, whose port it is
    PC_TESTDEV,      // mostly missing, as all that follow
    PC_FW_CFG,
    PC_VGA,
    PC_DEVICES
};

// As which device on the ISA bus ACPI tells of a row, if at all; PC_TAKEN: ports that are merely taken.
enum pc_told {
    PC_NOT_TOLD,
    PC_TOLD_RTC,
    PC_TOLD_KBD,
    PC_TOLD_MOUSE,
    PC_TOLD_FPU,
    PC_TOLD_COM1,
    PC_TOLD_COM2,
    PC_TAKEN,
    PC_TOLDS
};

// Addresses that other registers and tables tell of.
#define PC_RTC_AT 0x70
#define PC_SMI_AT 0xb2
#define PC_IDE1_AT 0x170
#define PC_IDE1_CONTROL_AT 0x376
#define PC_IDE0_AT (PC_IDE1_AT + 0x80)
#define PC_IDE0_CONTROL_AT (PC_IDE1_CONTROL_AT + 0x80)
#define PC_ELCR_AT 0x4d0
#define PC_PM_AT 0x600
#define PC_PM_OVMF_AT 0xb000 // the same again for OVMF, which powers off there, wherever the function says that the block is
#define PC_GPE0_AT (PC_PM_AT + 0xc) // GPSTS and GPEN of the PIIX4
#define PC_SMBUS_AT 0x700
#define PC_CONFIG_AT 0xcf8
#define PC_RESET_AT (PC_CONFIG_AT + 1) // inside the former
#define PC_ECAM_AT 0xFEB00000u
#define PC_IOAPIC_AT 0xFEC00000u
#define PC_HPET_AT 0xFED00000u
#define PC_LAPIC_AT 0xFEE00000u

// The ISA interrupt of what is told.
unsigned pc_irq(enum pc_told told);
// Puts all rows on the bus. 0 or bus_add_io's errors; a row whose device was forgotten is a panic.
int pc_add_rows(struct bus *b, struct plat *p, void *const device[PC_DEVICES]);
// The devices on the ISA bus as ACPI describes them.
void pc_tell_isa(struct acpi_isa_device isa[ACPI_ISA_DEVICES]);

#endif
