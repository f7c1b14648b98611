// SPDX-License-Identifier: MIT
// Host time: the TSC, calibrated against the ACPI PM timer or the PIT.
#ifndef KERNEL_TIME_H
#define KERNEL_TIME_H

#include "boot/handoff.h"

// Measures the TSC for some 20 ms. Returns its rate in Hz.
u64 time_calibrate(const struct acpi_power *power);
// What it has found; and the same once more, by either clock. 0: there is no such clock.
u64 time_hz(void);
u64 time_hz_by_pm(const struct acpi_power *power);
u64 time_hz_by_pit(void);
u64 time_ns(void); // since time_calibrate
void time_wait_us(u32 us);

#endif
