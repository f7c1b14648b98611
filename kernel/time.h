// SPDX-License-Identifier: MIT
// Host time: the TSC, calibrated against the ACPI PM timer or the PIT.
#ifndef KERNEL_TIME_H
#define KERNEL_TIME_H

#include "boot/handoff.h"

// A frequency as another clock's edges bound it: the roundest number between these bounds, which are at most `error` apart. So two measures of a
// frequency that is round are equal, and neither has digits that it does not know. hz = 0: there is no such clock.
struct time_rate {
    u64 hz, error; // error: a power of ten
};

// The roundest number from `low` to `high`, 0 < low <= high.
struct time_rate time_rate_between(u64 low, u64 high);

// Measures the TSC for some 20 ms. Returns its rate in Hz.
u64 time_calibrate(const struct acpi_power *power);
// What it has found; and the same once more, by either clock.
struct time_rate time_rate(void);
struct time_rate time_rate_by_pm(const struct acpi_power *power);
struct time_rate time_rate_by_pit(void);
u64 time_ns(void); // since time_calibrate
void time_wait_us(u32 us);

#endif
