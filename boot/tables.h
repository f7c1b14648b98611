// SPDX-License-Identifier: MIT
// What we need of the firmware's ACPI tables. Their bytes come from whoever wrote the firmware: lengths, addresses and
// types are checked, and what cannot be right is as if it were not there.
#ifndef BOOT_TABLES_H
#define BOOT_TABLES_H

#include "boot/handoff.h"

struct tables {
    // `size` bytes at a physical address; NULL when there can be none.
    const u8 *(*at)(const struct tables *t, u64 address, u64 size);
    u64 rsdp; // physical address, 0: no ACPI
};

// Power and timer registers from the FADT, the DSDT and SSDTs. w: zeroed; what is not there stays so.
void tables_power(const struct tables *t, struct acpi_power *w);
// The UART that the SPCR names. false, and s as it was: none, or of a kind we have no driver for.
bool tables_serial(const struct tables *t, struct serial_port *s);

#endif
