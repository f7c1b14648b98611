// SPDX-License-Identifier: MIT
// Timers, to the instruction: one instruction is one tick of the TSC, so the place in a row of NOPs where an interrupt arrives says
// when it came (SDM 3A 11.5.4; 82C54, HPET and MC146818 data sheets). Under QEMU, whose devices do not see each tick, they must only
// come soon; on a machine whose time is not the count of instructions these tests are skipped.
#include "kit.h"

#define NOPS 6000
CODE(nops, "rdtsc; sti\nnops_0: .fill 6000, 1, 0x90\nnops_end: cli; mov %eax, %eax; ret");
LABEL(nops_0);
LABEL(nops_end);
CODE(two_readings, "rdtsc; mov %eax, %ecx; nop; nop; nop; rdtsc; sub %ecx, %eax; ret");
CODE(out_now, "mov %edi, %edx; mov %esi, %eax; out %al, %dx; rdtsc; shl $32, %rdx; or %rdx, %rax; ret");
CODE(store_now, "mov %rsi, (%rdi); rdtsc; shl $32, %rdx; or %rdx, %rax; ret");
CODE(store_now_32, "mov %esi, (%rdi); rdtsc; shl $32, %rdx; or %rdx, %rax; ret");

enum { ISA_NS = 1000, PCI_NS = 300 }; // what an access to a port takes
static bool exact;
static void need_exact_time(void) {
    exact = !(cpuid(1, 0, ECX) >> 31); // QEMU tells of a hypervisor
    for (unsigned i = 0; i < 5; i++)
        if (((u32 (*)(void))two_readings)() != 5) kit_skip("time is not the count of instructions");
}

static unsigned count;
static u64 place[64], tsc_then[64];
static bool note(struct frame *f) {
    if (count < countof(place)) place[count] = f->ip - (u64)nops_0, tsc_then[count] = rdtsc();
    count++;
    APIC(APIC_EOI) = 0;
    if (f->vector < 0x30) outb(0x20, 0x20);
    return true;
}

// Runs the NOPs: the time at the boundary where the first interrupt came. RDTSC counts itself, and STI is one more before
// the NOPs.
static u64 arrival(void) {
    u64 high = rdtsc() >> 32 << 32;
    count = 0;
    u64 read = ((u64 (*)(void))nops)() | high;
    HOLDS(count >= 1);
    HOLDS(place[0] < NOPS);
    return read + 1 + place[0];
}
static void is_due(u64 at, u64 want, int line) {
    bool soon = at + 900 > want && at < want + 3000; // QEMU's PIT knows no edges
    if (exact || !soon) kit_is("arrival", at, want, __FILE_NAME__, line);
}
#define IS_DUE(t) is_due(arrival(), t, __LINE__)
#define AFTER(i, t) is_due(tsc_then[i] - tsc_then[0], t, __LINE__)

TEST(one_instruction_is_one_tick) {
    need_exact_time();
    u64 a = rdtsc();
    asm volatile("mov $1000, %%ecx\n1: dec %%ecx\n jnz 1b" ::: "ecx");
    u64 b = rdtsc();
    HOLDS(b - a >= 2002 && b - a < 2020);
}

// A loop that is calibrated on the ISA bus's pace gets it: a byte takes a microsecond there, wider accesses one for each byte; PCI
// is quicker. Repeated ones pay for each element.
CODE(in_time, "mov %edi, %edx; rdtsc; mov %eax, %ecx; mov %edi, %edx; in %dx, %al; rdtsc; sub %ecx, %eax; ret");
CODE(in_time_16, "mov %edi, %edx; rdtsc; mov %eax, %ecx; mov %edi, %edx; in %dx, %ax; rdtsc; sub %ecx, %eax; ret");
CODE(out_time, "rdtsc; mov %eax, %r8d; mov %edi, %edx; xor %eax, %eax; out %al, %dx; rdtsc; sub %r8d, %eax; ret");
CODE(outs_time, "rdtsc; mov %eax, %r8d; mov %edi, %edx; mov $10, %ecx; rep outsb; rdtsc; sub %r8d, %eax; ret");
TEST(ports_take_time) {
    need_exact_time();
    if (!exact) kit_skip("ports take no time here");
    IS(((u32 (*)(u64))in_time)(0x21), 4 + ISA_NS);
    IS(((u32 (*)(u64))in_time_16)(0x84), 4 + 2 * ISA_NS);
    IS(((u32 (*)(u64))in_time)(0x376), 4 + PCI_NS); // the IDE function
    IS(((u32 (*)(u64))in_time_16)(0xcf8), 4 + PCI_NS);
    IS(((u32 (*)(u64))in_time)(0x5555), 4 + PCI_NS); // nobody
    IS(((u32 (*)(u64))out_time)(0x80), 5 + ISA_NS);
    static const u8 bytes[10];
    IS(((u32 (*)(u64, const u8 *))outs_time)(0x80, bytes), 14 + 10 * ISA_NS);
}

// What comes due while the processor waits for a port comes at its own time: the next instruction is late, and all are there.
TEST(events_within_a_port_access) {
    need_exact_time();
    if (!exact) kit_skip("ports take no time here");
    hooks[0x50] = note;
    APIC(APIC_LVT_TIMER) = 0x20050;
    APIC(APIC_DIVIDE) = 0xb;
    count = 0;
    APIC(APIC_INITIAL) = 300;
    u64 before = APIC(APIC_CURRENT), after;
    inb(0x80);
    after = APIC(APIC_CURRENT);
    APIC(APIC_INITIAL) = 0;
    HOLDS(before < 300 && after < 300);
    u64 passed = (before + 3 * 300 - after) % 300; // IN, and the instructions up to the next reading
    HOLDS(passed > ISA_NS % 300 && passed < ISA_NS % 300 + 20);
    asm volatile("sti\n nop\n cli");
    IS(count, 1); // three expiries, one request
}

// ---- the local APIC's timer

static void lvt(u32 v) {
    hooks[0x50] = note;
    APIC(APIC_LVT_TIMER) = v;
}
static u64 start(u32 n) { return ((u64 (*)(u64, u64))store_now_32)(0xfee00000 + APIC_INITIAL, n) - 1; }

TEST(apic_one_shot) {
    need_exact_time();
    static const struct {
        u8 code, by;
    } dividers[] = {{0xb, 1}, {0, 2}, {1, 4}, {2, 8}, {3, 16}, {8, 32}, {9, 64}, {10, 128}};
    lvt(0x50);
    for (unsigned i = 0; i < countof(dividers); i++)
        for (unsigned n = 8; n < 20; n++) {
            APIC(APIC_DIVIDE) = dividers[i].code;
            u32 ticks = 2000 / dividers[i].by + n;
            u64 began = start(ticks);
            IS_DUE(began + ticks * dividers[i].by);
            IS(count, 1);
        }
}

TEST(apic_periodic) {
    need_exact_time();
    lvt(0x20050);
    APIC(APIC_DIVIDE) = 0xb;
    for (unsigned period = 501; period < 700; period += 37) {
        u64 began = start(period);
        IS_DUE(began + period);
        HOLDS(count > 6);
        for (unsigned i = 1; i < 6; i++) AFTER(i, (u64)i * period); // no drift
        APIC(APIC_INITIAL) = 0;
        ((u64 (*)(void))nops)(); // takes what was requested last
    }
}

CODE(current_now, "mov (%rdi), %ecx; rdtsc; shl $32, %rdx; or %rdx, %rax; mov %rcx, (%rsi); ret");
TEST(apic_current_count) {
    need_exact_time();
    lvt(0x10050);
    APIC(APIC_DIVIDE) = 0;
    u64 began = start(1000), left;
    for (unsigned i = 0; i < 20; i++) {
        u64 now = ((u64 (*)(u64, u64 *))current_now)(0xfee00000 + APIC_CURRENT, &left) - 1;
        IS(left, now - began < 2000 ? 1000 - (now - began) / 2 : 0);
    }
    APIC(APIC_INITIAL) = 0;
}

// A new divider counts on from where the count is; a new initial count starts over.
TEST(apic_changes_under_way) {
    need_exact_time();
    lvt(0x50);
    APIC(APIC_DIVIDE) = 0xb;
    start(3000);
    u64 began = start(1500);
    IS_DUE(began + 1500);
    lvt(0x20050);
    start(1500);
    lvt(0x50); // from periodic to one-shot: the count goes on, and ends
    arrival();
    IS(count, 1);
    IS(APIC(APIC_CURRENT), 0);
    start(1500);
    APIC(APIC_INITIAL) = 0; // stops
    count = 0;
    ((u64 (*)(void))nops)();
    IS(count, 0);
}

// ---- TSC deadline

TEST(deadline_to_the_tick) {
    if (!(cpuid(1, 0, ECX) & 1 << 24)) kit_skip("no TSC-deadline timer");
    need_exact_time();
    lvt(0x40050);
    for (unsigned i = 0; i < 50; i++) {
        u64 due = rdtsc() + 1000 + 13 * i;
        wrmsr(MSR_TSC_DEADLINE, due);
        IS(rdmsr(MSR_TSC_DEADLINE), due);
        IS_DUE(due);
        IS(count, 1);
        IS(rdmsr(MSR_TSC_DEADLINE), 0);
    }
    // The TSC moves, and the deadline stays what it is.
    u64 due = rdtsc() + 100000;
    wrmsr(MSR_TSC_DEADLINE, due);
    wrmsr(0x3b, 98000);
    IS(rdmsr(MSR_TSC_DEADLINE), due);
    IS_DUE(due);
    wrmsr(0x3b, 0);
}

TEST(deadline_rules) { // 11.5.4.1
    if (!(cpuid(1, 0, ECX) & 1 << 24)) kit_skip("no TSC-deadline timer");
    count = 0;
    wrmsr(MSR_TSC_DEADLINE, 1); // not in that mode: ignored, reads 0
    IS(rdmsr(MSR_TSC_DEADLINE), 0);
    lvt(0x40050);
    IS(APIC(APIC_LVT_TIMER), 0x40050);
    APIC(APIC_INITIAL) = 1000; // ignored in it
    IS(APIC(APIC_CURRENT), 0);
    ((u64 (*)(void))nops)();
    IS(count, 0);
    static const u64 past[] = {1, 2};
    for (unsigned i = 0; i < countof(past); i++) { // at once
        count = 0;
        wrmsr(MSR_TSC_DEADLINE, past[i]);
        ((u64 (*)(void))nops)();
        IS(count, 1);
        IS(rdmsr(MSR_TSC_DEADLINE), 0);
    }
    count = 0;
    wrmsr(MSR_TSC_DEADLINE, rdtsc() + 2000);
    wrmsr(MSR_TSC_DEADLINE, 0); // disarmed
    ((u64 (*)(void))nops)();
    IS(count, 0);
    wrmsr(MSR_TSC_DEADLINE, rdtsc() + 2000);
    lvt(0x50), lvt(0x40050); // a change of mode disarms
    IS(rdmsr(MSR_TSC_DEADLINE), 0);
    ((u64 (*)(void))nops)();
    IS(count, 0);
    wrmsr(MSR_TSC_DEADLINE, ~(u64)0); // far away
    IS(rdmsr(MSR_TSC_DEADLINE), ~(u64)0);
    ((u64 (*)(void))nops)();
    IS(count, 0);
    lvt(0x50050); // masked: passes, says nothing
    wrmsr(MSR_TSC_DEADLINE, 1);
    lvt(0x40050);
    ((u64 (*)(void))nops)();
    IS(count, 0);
}

// ---- PIT: edge k of its clock is at k / 1193182 s, from power-on, as the TSC is

#define PIT_HZ 1193182
static u64 pit_edge(u64 ns) { return ns * PIT_HZ / 1000000000; } // the last one
static u64 pit_time(u64 edge) { return (edge * 1000000000 + PIT_HZ - 1) / PIT_HZ; }
static void pit_through_pic(void) {
    hooks[0x20] = note;
    APIC(APIC_LINT0) = 0x700;
    outb(0x43, 0x30), outb(0x40, 0), outb(0x40, 0); // low, and nothing for 55 ms
    outb(0x21, 0xfe);
}
// The count is loaded with the clock's next edge; that edge. RDTSC comes a port access and its own tick later.
static u64 pit_start(unsigned mode, unsigned n) {
    outb(0x43, (u8)(0x30 | mode << 1)), outb(0x40, (u8)n);
    return pit_edge(((u64 (*)(u64, u64))out_now)(0x40, n >> 8) - (exact ? ISA_NS : 0) - 1) + 1;
}
TEST(pit_terminal_count) {
    need_exact_time();
    pit_through_pic();
    for (unsigned n = 2; n < 6; n++) {
        u64 loaded = pit_start(0, n);
        IS_DUE(pit_time(loaded + n));
        IS(count, 1);
    }
    outb(0x21, 0xff);
}
TEST(pit_rate_generator) {
    need_exact_time();
    pit_through_pic();
    outb(0x43, 0x34); // OUT is high in this mode: an edge already
    ((u64 (*)(void))nops)();
    // OUT falls one clock before the count is over and rises with the end of each period.
    u64 loaded = pit_start(2, 2);
    IS_DUE(pit_time(loaded + 2));
    HOLDS(count >= 3);
    for (unsigned i = 1; i < 3; i++) AFTER(i, pit_time(loaded + 2 + 2 * i) - pit_time(loaded + 2));
    outb(0x21, 0xff);
    outb(0x43, 0x30);
}

// ---- HPET: 10 ns a tick (its first register says so)

#define HPET(offset) (*(volatile u64 *)(0xfed00000u + (offset)))
enum { HPET_CAPS = 0, HPET_CONFIG = 0x10, HPET_STATUS = 0x20, HPET_COUNTER = 0xf0, HPET_T0 = 0x100, HPET_T0_AT = 0x108 };
static u64 hpet_period_ns(void) { return (HPET(HPET_CAPS) >> 32) / 1000000; }
TEST(hpet_one_shot_and_periodic) {
    need_exact_time();
    u64 tick = hpet_period_ns();
    HPET(HPET_CONFIG) = 0;
    HPET(HPET_COUNTER) = 0;
    hooks[0x20] = note;
    APIC(APIC_LINT0) = 0x700;
    outb(0x21, 0xfe);
    HPET(HPET_T0) = 4; // edge, on
    HPET(HPET_T0_AT) = 2000 / tick;
    u64 began = ((u64 (*)(u64, u64))store_now)(0xfed00000u + HPET_CONFIG, 3) - 1; // legacy: IRQ 0
    IS_DUE(began + 2000 / tick * tick);
    IS(count, 1);
    HPET(HPET_CONFIG) = 0;
    HPET(HPET_COUNTER) = 0;
    HPET(HPET_T0) = 4 | 8 | 0x40;
    HPET(HPET_T0_AT) = 1500 / tick;
    HPET(HPET_T0_AT) = 1700 / tick; // more than the handler takes
    began = ((u64 (*)(u64, u64))store_now)(0xfed00000u + HPET_CONFIG, 3) - 1;
    IS_DUE(began + 1500 / tick * tick);
    HOLDS(count >= 4);
    for (unsigned i = 1; i < 4; i++) AFTER(i, i * (1700 / tick * tick));
    HPET(HPET_CONFIG) = 0;
    HPET(HPET_T0) = 0;
    outb(0x21, 0xff);
}

// A match is one, whatever is written to the timer in the tick of 10 ns in which it falls: by its own handler, which runs
// within it, or by an instruction that ends at its very instant.
//   edi: n, rsi: the timer's configuration register, rdx: what is written there. Returns how often the handler came.
CODE(write_after, "xor %r8d, %r8d; mov %edi, %ecx; sti; 1: dec %ecx; jnz 1b; mov %rdx, (%rsi)\n"
                  "mov $1000, %ecx; 2: dec %ecx; jnz 2b; cli; mov %r8d, %eax; ret");
CODE(rewrites,
     "mov %rdx, (%rsi); mov %rdx, (%rsi); inc %r8d; push %rbx; mov $0xfee000b0, %ebx; movl $0, (%rbx); pop %rbx; iretq");
static unsigned matches_of_one(unsigned wait, u64 config, u64 at) {
    HPET(HPET_CONFIG) = 0;
    HPET(HPET_COUNTER) = 0;
    HPET(HPET_T0) = config;
    HPET(HPET_T0_AT) = at / hpet_period_ns();
    HPET(HPET_CONFIG) = 1;
    return ((u32 (*)(u64, u64, u64))write_after)(wait, 0xfed00000u + HPET_T0, config);
}
TEST(hpet_rewritten_at_its_match) {
    need_exact_time();
    volatile u32 *select = (u32 *)0xfec00000u, *window = (u32 *)0xfec00010u;
    unsigned pin = (unsigned)__builtin_ctz((u32)(HPET(HPET_T0) >> 32));
    outb(0x43, 0x30), outb(0x40, 0), outb(0x40, 0); // the PIT may share the pin: low for 55 ms
    *select = 0x11 + 2 * pin, *window = APIC(APIC_ID);
    *select = 0x10 + 2 * pin, *window = 0x61;
    set_gate_to(0x61, SEL_CODE, (ureg)rewrites, 0x8e, 0);
    for (unsigned wait = 95; wait < 110; wait++) IS(matches_of_one(wait, 4 | pin << 9, 200), 1);
    for (unsigned wait = 95; wait < 110; wait++) IS(matches_of_one(wait, 4 | 0x100 | pin << 9, 210), 1);
    HPET(HPET_CONFIG) = 0;
    HPET(HPET_T0) = 0;
    *window = 0x10000;
    set_gate(0x61, 0, 0);
}
TEST(apic_timer_rewritten_at_its_expiry) {
    need_exact_time();
    lvt(0x50);
    APIC(APIC_DIVIDE) = 0xb;
    for (unsigned wait = 90; wait < 110; wait++) {
        set_gate_to(0x50, SEL_CODE, (ureg)rewrites, 0x8e, 0);
        APIC(APIC_INITIAL) = 200;
        IS(((u32 (*)(u64, u64, u64))write_after)(wait, 0xfee00000u + APIC_LVT_TIMER, 0x50), 1);
    }
    set_gate(0x50, 0, 0);
}

// Level-triggered: until its bit of the status register is cleared, each EOI brings it again.
static bool clears_third(struct frame *f) {
    count++;
    if (count == 3) HPET(HPET_STATUS) = 1;
    APIC(APIC_EOI) = 0;
    return true;
}
TEST(hpet_level) {
    volatile u32 *select = (u32 *)0xfec00000u, *window = (u32 *)0xfec00010u;
    unsigned pin = (unsigned)__builtin_ctz((u32)(HPET(HPET_T0) >> 32));
    outb(0x43, 0x30), outb(0x40, 0), outb(0x40, 0); // the PIT may share the pin: low for 55 ms
    *select = 0x11 + 2 * pin, *window = APIC(APIC_ID);
    *select = 0x10 + 2 * pin, *window = 0x8061;
    hooks[0x61] = clears_third;
    count = 0;
    HPET(HPET_CONFIG) = 0;
    HPET(HPET_COUNTER) = 0;
    HPET(HPET_T0) = 2 | 4 | pin << 9;
    HPET(HPET_T0_AT) = 2000 / hpet_period_ns();
    HPET(HPET_CONFIG) = 1;
    IS(HPET(HPET_STATUS) & 1, 0);
    ((u64 (*)(void))nops)();
    IS(count, 3);
    IS(HPET(HPET_STATUS) & 1, 0);
    HPET(HPET_CONFIG) = 0;
    HPET(HPET_T0) = 0;
    *window = 0x10000;
}

// ---- the clock's periodic interrupt, and what HLT makes of it: time jumps, and not too far

static bool note_rtc(struct frame *f) {
    if (count < countof(place)) tsc_then[count] = rdtsc();
    count++;
    outb(0x70, 0x0c), inb(0x71);
    outb(0xa0, 0x20), outb(0x20, 0x20);
    return true;
}
TEST(clock_of_32_khz) {
    need_exact_time();
    hooks[0x28] = note_rtc;
    APIC(APIC_LINT0) = 0x700;
    outb(0x70, 0x0a), outb(0x71, 0x23); // 8,192 a second
    outb(0x70, 0x0b), outb(0x71, 0x42);
    outb(0x70, 0x0c), inb(0x71);
    outb(0x21, 0xfb), outb(0xa1, 0xfe);
    count = 0;
    for (unsigned i = 0; i < 100 && count < 18; i++) asm volatile("sti\n hlt\n cli" ::: "memory");
    IS(count, 18);
    for (unsigned i = 1; i < 17; i++) { // the first may have waited
        u64 d = tsc_then[i + 1] - tsc_then[i];
        HOLDS(exact ? d == 122070 || d == 122071 : d > 100000 && d < 150000);
    }
    if (exact) IS(tsc_then[17] - tsc_then[1], 1953125); // sixteen are a whole number
    outb(0x70, 0x0b), outb(0x71, 2);
    outb(0x21, 0xff), outb(0xa1, 0xff);
}
