// SPDX-License-Identifier: MIT
// ACPI tables from a description of the board: RSDP, RSDT, XSDT, FADT, FACS, MADT, HPET, MCFG, DSDT. Nothing in here knows an
// address or an interrupt number of its own. ACPI 6.5, chapter 5.
#ifndef MACHINE_ACPI_H
#define MACHINE_ACPI_H

#include "base/err.h"
#include "base/types.h"
#include "plat/plat.h"

#define ACPI_OVERRIDES 16
#define ACPI_WINDOWS 6
#define ACPI_ISA_DEVICES 16
#define ACPI_ISA_PORTS 10
#define ACPI_LINK_IRQS 4

// ISA interrupt `irq` arrives at global system interrupt `gsi`.
struct acpi_override {
    u8 irq;
    u32 gsi;
    bool level, active_low;
};

struct acpi_window {
    enum { ACPI_WINDOW_MEMORY, ACPI_WINDOW_IO } kind;
    u64 start, size; // size 0: none
};

// A device on the ISA bus, or with hid PNP0C02 ports that are merely taken.
struct acpi_isa_device {
    char name[5];
    const char *hid; // EISA id, "PNP0501"
    u8 uid;
    u16 irqs; // bit n: ISA interrupt n
    struct {
        u16 port;
        u8 count; // 0: none
    } ports[ACPI_ISA_PORTS];
};

struct acpi_board {
    // MADT: one processor, one I/O APIC.
    u8 lapic_id, ioapic_id;
    u32 lapic_base, ioapic_base, ioapic_gsi_base;
    struct acpi_override overrides[ACPI_OVERRIDES];
    unsigned override_count;

    // Fixed hardware, in dev/acpi_pm's layout.
    u16 pm_base, gpe0_base, smi_port;
    u8 sci; // ISA interrupt
    bool pm_timer_32bit;
    u16 reset_port;
    u8 reset_value;
    u8 century; // CMOS index of the century byte; 0: none

    u64 hpet_base;     // 0: none
    u32 hpet_block_id; // low half of its capabilities register
    u16 hpet_min_tick;

    // PCI host bridge: configuration ports, what it passes on, and where INTx goes.
    u16 pci_config_port; // 8 ports
    u64 ecam_base;       // bus 0's configuration space as memory, below 4 GiB; 0: none
    struct acpi_window windows[ACPI_WINDOWS];
    unsigned isa_slot;            // of the PCI-ISA bridge; its function 0 routes PIRQs in registers 60..63
    u32 pirq_gsi[4];              // I/O APIC mode: PIRQA..D
    u8 link_irqs[ACPI_LINK_IRQS]; // PIC mode: what a PIRQ may be routed to; 0: end of list

    struct acpi_isa_device isa[ACPI_ISA_DEVICES]; // up to the first without a name
};

// Writes all tables as they are to lie at guest-physical `at` (64-byte aligned, below 4 GiB); the RSDP is the first.
// For a BIOS-style search `at` lies in 0xE0000..0xFFFFF. Returns the bytes used, or ERR_RANGE when `room` is too small
// (logged).
i64 acpi_build(const struct acpi_board *b, struct plat *p, gpa_t at, u8 *out, size_t room);

#endif
