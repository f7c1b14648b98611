// SPDX-License-Identifier: MIT
// TSC calibration: how far it goes while a timer of known rate runs for 20 ms, from an edge of the timer's to another one. An edge was between two
// readings of the TSC: the one before the last look at the timer that did not show it, and the one behind the first look that did. On a PC a look takes a
// microsecond, so the frequency is known to some 100 millionths.
#include "kernel/time.h"
#include "kernel/io.h"

enum { PM_HZ = 3579545, PIT_HZ = 1193182, MEASURE_US = 20000 };
// 8254 channel 2, gated and read back through port 0x61: 0 GATE2, 1 speaker, 5 OUT2.
enum { PIT_CHANNEL2 = 0x42, PIT_COMMAND = 0x43, PIT_CH2_MODE0 = 0xb0, PORT_B = 0x61, GATE2 = 1, SPEAKER = 2, OUT2 = 0x20 };
enum { PATIENCE = 50000000 };      // looks at a timer that stands still
enum { TRIES = 3, FAR_OFF = 500 }; // millionths between the bounds: somebody else had the processor at an edge

static struct time_rate tsc = {.hz = 1000000000};
static u64 tsc_start;

// The last two looks at a timer, by the TSC; the newer one has shown `count`.
struct looks {
    u64 before, from, to; // when the older one began; when the newer one began and ended
    u32 count;
};

struct bounds {
    u64 low, high; // Hz; high = 0: there is no such clock
};

struct time_rate time_rate_between(u64 low, u64 high) {
    u64 step = 1, error = 1, middle = low + (high - low) / 2;
    while (step <= high / 10 && high / (step * 10) * (step * 10) >= low) step *= 10;
    while (error < high - low) error *= 10;
    return (struct time_rate){.hz = (middle + step / 2) / step * step, .error = error};
}

static struct bounds narrower(struct bounds a, struct bounds b) {
    if (!a.high || !b.high) return a.high ? a : b;
    return a.high - a.low < b.high - b.low ? a : b;
}

static bool is_narrow(struct bounds b) { return b.high - b.low < b.high / 1000000 * FAR_OFF; }

static u32 read_pm(const struct acpi_power *w) {
    u32 v = w->pm_timer.mmio ? *(volatile const u32 *)(uintptr_t)w->pm_timer.address : inl((u16)w->pm_timer.address);
    return v & 0xffffff; // 24 bits are enough and always there
}

static void look_at_pm(const struct acpi_power *w, struct looks *s) {
    s->before = s->from;
    s->from = rdtsc();
    s->count = read_pm(w);
    s->to = rdtsc();
}

// Looks until it has counted on by `ticks`. False: it stands still.
static bool wait_pm(const struct acpi_power *w, u32 ticks, struct looks *s) {
    u32 from = s->count, gone = 0;
    for (u32 i = 0; gone < ticks; i++) {
        if (i > PATIENCE || (i > 100000 && !gone)) return false;
        look_at_pm(w, s);
        gone = (s->count - from) & 0xffffff;
    }
    return true;
}

static struct bounds between_edges(const struct looks *a, const struct looks *b, u64 hz, u32 least, u32 most) {
    u64 shortest = b->before > a->to ? b->before - a->to : 0, longest = b->to - a->before;
    return (struct bounds){shortest * hz / most, longest * hz / least};
}

static struct bounds measure_pm(const struct acpi_power *w) {
    struct looks at = {0};
    look_at_pm(w, &at);
    if (!wait_pm(w, 1, &at)) return (struct bounds){0};
    struct looks start = at;
    if (!wait_pm(w, (u32)((u64)PM_HZ * MEASURE_US / 1000000), &at)) return (struct bounds){0};
    u32 gone = (at.count - start.count) & 0xffffff;
    return between_edges(&start, &at, PM_HZ, gone, gone);
}

// It counts from the edge behind the write of its count, and is through one edge later than that says. most: TSC cycles to wait at most; 0: nobody knows
// its rate yet.
static struct bounds measure_pit(u64 most) {
    const u16 count = (u16)((u64)PIT_HZ * MEASURE_US / 1000000);
    outb(PORT_B, (inb(PORT_B) & ~SPEAKER) | GATE2);
    outb(PIT_COMMAND, PIT_CH2_MODE0);
    outb(PIT_CHANNEL2, (u8)count);
    struct looks start = {.before = rdtsc()};
    outb(PIT_CHANNEL2, (u8)(count >> 8));
    start.to = rdtsc();
    struct looks at = {.from = start.to};
    bool out = false;
    for (u32 i = 0; !out; i++) {
        if (i > PATIENCE || (most && at.from - start.to > most)) return (struct bounds){0};
        at.before = at.from;
        at.from = rdtsc();
        out = inb(PORT_B) & OUT2;
    }
    at.to = rdtsc();
    return between_edges(&start, &at, PIT_HZ, count, count + 1);
}

// By the ACPI timer, if `power` names one, else by the 8254.
static struct time_rate measure(const struct acpi_power *power, u64 most) {
    struct bounds best = {0};
    for (unsigned i = 0; i < TRIES && (!best.high || !is_narrow(best)); i++) {
        struct bounds b = power ? measure_pm(power) : measure_pit(most);
        if (!b.high) break;
        best = narrower(best, b);
    }
    return best.low ? time_rate_between(best.low, best.high) : (struct time_rate){0};
}

u64 time_calibrate(const struct acpi_power *power) {
    struct time_rate rate = time_rate_by_pm(power);
    if (!rate.hz) rate = measure(NULL, 0);
    if (rate.hz) tsc = rate;
    tsc_start = rdtsc();
    return rate.hz;
}

struct time_rate time_rate(void) { return tsc; }
struct time_rate time_rate_by_pm(const struct acpi_power *power) {
    return power->pm_timer.present ? measure(power, 0) : (struct time_rate){0};
}

// A port behind which there is nothing says at once that the time is over.
struct time_rate time_rate_by_pit(void) {
    struct time_rate rate = measure(NULL, tsc.hz / 10);
    return rate.hz > tsc.hz / 2 ? rate : (struct time_rate){0};
}

u64 time_ns(void) { return (u64)((u128)(rdtsc() - tsc_start) * 1000000000u / tsc.hz); }

void time_wait_us(u32 us) {
    u64 until = rdtsc() + (u64)((u128)us * tsc.hz / 1000000);
    while (rdtsc() < until) cpu_relax();
}
