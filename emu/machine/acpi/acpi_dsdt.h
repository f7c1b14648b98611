// SPDX-License-Identifier: MIT
// The DSDT's definition block: the namespace of the board.
#ifndef MACHINE_ACPI_DSDT_H
#define MACHINE_ACPI_DSDT_H

#include "machine/acpi/acpi.h"
#include "machine/acpi/aml.h"

void acpi_dsdt(const struct acpi_board *b, struct aml *a);

#endif
