// SPDX-License-Identifier: MIT
#include "kernel/quiet.h"
#include "kernel/io.h"
#include "kernel/time.h"
#include <string.h>

typedef unsigned long long ull;

enum { MSR_SMI_COUNT = 0x34 };
#define FAR_OFF 1000 // parts in a million between two clocks of a PC: their crystals differ by less

static u64 smi_before;
static struct time_rate by_pit;

static bool is_virtual(void) { return cpuid(1, 0).ecx >> 31; }
static bool is_invariant(void) { return cpuid(0x80000000, 0).eax >= 0x80000007 && cpuid(0x80000007, 0).edx >> 8 & 1; }

// SDM vol. 4, tables 2-3 ff.: Intel's since Nehalem (family 6, model 1Ah) have it, but not the first Atoms. Whoever has it not faults at a read, and a
// virtual machine may, too.
static bool counts_smi(void) {
    static const u8 without[] = {0x1c, 0x26, 0x27, 0x35, 0x36};
    u32 v = cpuid(1, 0).eax, family = v >> 8 & 15, model = (v >> 4 & 15) | (v >> 12 & 0xf0);
    if (is_virtual() || cpuid(0, 0).ebx != 0x756e6547 || family != 6 || model < 0x1a) return false; // "Genu"
    return !memchr(without, (int)model, sizeof without);
}

void quiet_begin(const struct handoff *h) {
    if (!h->config.measures) return;
    by_pit = time_rate_by_pit();
    if (counts_smi()) smi_before = rdmsr(MSR_SMI_COUNT);
}

static bool differ(struct time_rate a, struct time_rate b) {
    u64 by = a.hz > b.hz ? a.hz - b.hz : b.hz - a.hz;
    return a.hz && b.hz && by > a.hz / 1000000 * FAR_OFF + a.error + b.error;
}

static u64 largest_error(struct time_rate a, struct time_rate b, struct time_rate c) {
    u64 most = a.error > b.error ? a.error : b.error;
    return most > c.error ? most : c.error;
}

static void name_disturbers(struct plat *p, const struct handoff *h, bool counted, u64 smi, struct time_rate after) {
    struct time_rate rate = time_rate();
    log_info(p, "quiet: interrupts are off while the guest runs; between slices of at most 32768 instructions input is polled%s",
             h->framebuffers ? ", and the screen is drawn" : "");
    if (is_virtual())
        log_warn(p, "quiet: a hypervisor is there, which may take the processor away at any time: host cycles have that in them");
    if (counted && smi)
        log_warn(p, "quiet: %llu system management interrupts came during the run: host cycles have them in them", (ull)smi);
    else if (counted) log_info(p, "quiet: no system management interrupt came during the run");
    else log_info(p, "quiet: this processor does not say how many system management interrupts there were");
    if (!is_invariant()) log_warn(p, "quiet: the TSC is not said to be invariant: its cycles may not all be of one length");
    if (differ(rate, by_pit) || differ(rate, after))
        log_warn(
            p,
            "quiet: the TSC's frequency is not certain: %llu Hz by the first clock, %llu by the 8254, %llu by the first behind the run",
            (ull)rate.hz, (ull)by_pit.hz, (ull)after.hz);
}

void quiet_end(const struct handoff *h, struct plat *p) {
    char line[300], count[24] = "null";
    if (!h->config.measures) return;
    bool counted = counts_smi();
    u64 smi = counted ? rdmsr(MSR_SMI_COUNT) - smi_before : 0;
    struct time_rate rate = time_rate(), after = time_rate_by_pm(&h->power);
    name_disturbers(p, h, counted, smi, after);
    if (counted) plat_format(count, sizeof count, "%llu", (ull)smi);
    plat_format(line, sizeof line,
                "{\"softmetal\":\"host\",\"hypervisor\":%s,\"tsc_invariant\":%s,\"tsc_hz\":%llu,\"tsc_hz_pit\":%llu,"
                "\"tsc_hz_after\":%llu,\"tsc_hz_error\":%llu,\"smi\":%s}",
                is_virtual() ? "true" : "false", is_invariant() ? "true" : "false", (ull)rate.hz, (ull)by_pit.hz, (ull)after.hz,
                (ull)largest_error(rate, by_pit, after), count);
    p->record(p, line);
}
