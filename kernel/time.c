// SPDX-License-Identifier: MIT
// TSC calibration: how far it goes while a timer of known rate runs for 20 ms.
#include "kernel/time.h"
#include "kernel/io.h"

enum { PM_HZ = 3579545, PIT_HZ = 1193182, MEASURE_US = 20000 };
// 8254 channel 2, gated and read back through port 0x61: 0 GATE2, 1 speaker, 5 OUT2.
enum { PIT_CHANNEL2 = 0x42, PIT_COMMAND = 0x43, PIT_CH2_MODE0 = 0xb0, PORT_B = 0x61, GATE2 = 1, SPEAKER = 2, OUT2 = 0x20 };
enum { PATIENCE = 50000000 }; // reads of a timer that stands still

static u64 tsc_hz = 1000000000, tsc_start;

static u32 read_pm(const struct acpi_power *w) {
    u32 v = w->pm_timer.mmio ? *(volatile const u32 *)(uintptr_t)w->pm_timer.address : inl((u16)w->pm_timer.address);
    return v & 0xffffff; // 24 bits are enough and always there
}

static u64 measure_pm(const struct acpi_power *w) {
    const u32 ticks = (u32)((u64)PM_HZ * MEASURE_US / 1000000);
    u32 start = read_pm(w), gone = 0;
    u64 from = rdtsc();
    for (u32 i = 0; gone < ticks; i++) {
        if (i > PATIENCE || (i > 100000 && !gone)) return 0;
        gone = (read_pm(w) - start) & 0xffffff;
    }
    return (rdtsc() - from) * PM_HZ / gone;
}

// most: TSC cycles to wait at most; 0: nobody knows its rate yet.
static u64 measure_pit(u64 most) {
    const u16 count = (u16)((u64)PIT_HZ * MEASURE_US / 1000000);
    outb(PORT_B, (inb(PORT_B) & ~SPEAKER) | GATE2);
    outb(PIT_COMMAND, PIT_CH2_MODE0);
    outb(PIT_CHANNEL2, (u8)count);
    outb(PIT_CHANNEL2, (u8)(count >> 8));
    u64 from = rdtsc();
    for (u32 i = 0; !(inb(PORT_B) & OUT2); i++)
        if (i > PATIENCE || (most && rdtsc() - from > most)) return 0;
    return (rdtsc() - from) * PIT_HZ / count;
}

u64 time_calibrate(const struct acpi_power *power) {
    u64 hz = power->pm_timer.present ? measure_pm(power) : 0;
    if (!hz) hz = measure_pit(0);
    if (hz) tsc_hz = hz;
    tsc_start = rdtsc();
    return hz;
}

u64 time_hz(void) { return tsc_hz; }
u64 time_hz_by_pm(const struct acpi_power *power) { return power->pm_timer.present ? measure_pm(power) : 0; }

// A port behind which there is nothing says at once that the time is over.
u64 time_hz_by_pit(void) {
    u64 hz = measure_pit(tsc_hz / 10);
    return hz > tsc_hz / 2 ? hz : 0;
}

u64 time_ns(void) { return (u64)((u128)(rdtsc() - tsc_start) * 1000000000u / tsc_hz); }

void time_wait_us(u32 us) {
    u64 until = rdtsc() + (u64)((u128)us * tsc_hz / 1000000);
    while (rdtsc() < until) cpu_relax();
}
