// SPDX-License-Identifier: MIT
// ACPI tables that a guest's firmware puts into memory itself: the tables as if they lay at address 0, and a script of where an address
// has to be added and what has to be sealed again then. QEMU: etc/table-loader, hw/acpi/bios-linker-loader.c.
#ifndef MACHINE_ACPI_SCRIPT_H
#define MACHINE_ACPI_SCRIPT_H

#include "machine/acpi/acpi.h"

#define ACPI_SCRIPT_MOST 8192
#define ACPI_RSDP_SIZE 36

// Names of the two files that the script speaks of; the RSDP is a file of its own, since it must lie below 1 MiB.
#define ACPI_RSDP_FILE "etc/acpi/rsdp"
#define ACPI_TABLES_FILE "etc/acpi/tables"

// Of tables that acpi_build has written for address 0: moves the RSDP to `rsdp`, and writes the script. Returns its length.
u32 acpi_script(u8 *tables, u8 rsdp[ACPI_RSDP_SIZE], u8 script[ACPI_SCRIPT_MOST]);

#endif
