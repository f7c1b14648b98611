// SPDX-License-Identifier: MIT
// ACPI fixed hardware (ACPI 6.5 section 4.8), in the PIIX4's layout: PM1a event and control, PM timer, GPE0, and the
// SMI command port that switches between legacy and ACPI mode.
#ifndef DEV_ACPI_PM_H
#define DEV_ACPI_PM_H

#include "bus/bus.h"
#include "core/env.h"
#include "core/irq.h"

#define ACPI_PM_TIMER_HZ 3579545

// For the FADT and the DSDT: blocks as offsets in the PM window, and the values that mean something here.
enum {
    ACPI_PM1_EVT = 0,
    ACPI_PM1_EVT_LEN = 4,
    ACPI_PM1_CNT = 4,
    ACPI_PM1_CNT_LEN = 2,
    ACPI_PM_TMR = 8,
    ACPI_PM_TMR_LEN = 4,
    ACPI_PM_PORTS = 12,
    ACPI_GPE0_PORTS = 4, // 2 bytes of status, 2 of enable
    ACPI_SMI_PORTS = 2,  // command, data; 0xB2 on a PC
    ACPI_SMI_ENABLE = 0xF1,
    ACPI_SMI_DISABLE = 0xF0,
    ACPI_SLP_TYP_S5 = 0, // as PIIX4: `out 0x2000` to PM1a control powers off
};

struct acpi_pm;

// sci is level. timer_32bit: as told in the FADT (TMR_VAL_EXT).
struct acpi_pm *acpi_pm_create(struct env *e, struct irq_line sci, bool timer_32bit);

// The user presses the power button.
void acpi_pm_power_button(struct acpi_pm *pm);
// General-purpose event line n (0..15): its status bit is set while and after the level is up.
struct irq_line acpi_pm_gpe(struct acpi_pm *pm, unsigned n);

extern const struct io_ops acpi_pm_ops;   // ACPI_PM_PORTS
extern const struct io_ops acpi_gpe0_ops; // ACPI_GPE0_PORTS
extern const struct io_ops acpi_smi_ops;  // ACPI_SMI_PORTS

#endif
