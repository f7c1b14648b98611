// SPDX-License-Identifier: MIT
// Timer of the local APIC, one-shot, and HLT. Interrupts are on for that one instruction alone (and all the time where ticks are
// wanted, whose entry keeps every register), so nothing else of the kernel has to know of them, and no other vector can come: the
// 8259s and LINT0 are masked, and the task priority holds back whatever the firmware may have left enabled with a lower vector.
//
//   LVT timer (320h):  18..17 mode, 0 one-shot, 1 periodic   16 mask   7..0 vector
//   divide (3E0h):     1011b divides by 1
#include "kernel/sleep.h"
#include "base/bits.h"
#include "kernel/io.h"
#include "kernel/time.h"
#include "kernel/trap.h"

#define MSR_APIC_BASE 0x1b
#define APIC_BASE_X2APIC BIT(10)
#define APIC_BASE_ENABLE BIT(11)
#define APIC_BASE_ADDRESS mask(51, 12)
enum { TPR = 0x080, EOI = 0x0b0, SPURIOUS = 0x0f0, LVT_TIMER = 0x320, LVT_LINT0 = 0x350 };
enum { INITIAL_COUNT = 0x380, CURRENT_COUNT = 0x390, DIVIDE = 0x3e0 };
enum { LVT_MASK = 1 << 16, LVT_PERIODIC = 1 << 17, SPURIOUS_ENABLE = 1 << 8, DIVIDE_BY_1 = 0x0b, MSR_X2APIC = 0x800 };
enum { PIC_MASTER_DATA = 0x21, PIC_SLAVE_DATA = 0xa1 };
enum { MEASURE_US = 2000, TRY_US = 1000, PATIENCE_US = 50000, LONGEST_US = 1000000 };

volatile u8 sleep_fired; // set by the interrupt (kernel/entry.S)

static volatile u8 *xapic; // its page, NULL: registers are MSRs (x2APIC)
static u64 timer_hz;       // 0: there is no timer to sleep by
static u32 tick_count;     // of the timer, from one tick to the next; 0: there are none

static u32 get(unsigned reg) { return xapic ? *(volatile const u32 *)(xapic + reg) : (u32)rdmsr(MSR_X2APIC + reg / 16); }

static void put(unsigned reg, u32 v) {
    if (xapic) *(volatile u32 *)(xapic + reg) = v;
    else wrmsr(MSR_X2APIC + reg / 16, v);
}

static void start(u64 us) {
    u64 count = us * timer_hz / 1000000;
    sleep_fired = 0;
    put(INITIAL_COUNT, count < 1 ? 1 : count > 0xffffffff ? 0xffffffff : (u32)count);
}

static void stop(void) {
    put(INITIAL_COUNT, 0);
    if (sleep_fired) put(EOI, 0);
}

static u64 measure(void) {
    put(LVT_TIMER, LVT_MASK | TRAP_VECTOR_TIMER);
    put(DIVIDE, DIVIDE_BY_1);
    put(INITIAL_COUNT, 0xffffffff);
    u64 from = time_ns();
    time_wait_us(MEASURE_US);
    u64 gone = 0xffffffff - get(CURRENT_COUNT), ns = time_ns() - from;
    put(INITIAL_COUNT, 0);
    return gone * 1000000000 / ns;
}

// HLT would be for good if the interrupt never came: it is waited for awake once.
static bool interrupts(void) {
    put(LVT_TIMER, TRAP_VECTOR_TIMER);
    start(TRY_US);
    u64 end = time_ns() + (u64)PATIENCE_US * 1000;
    __asm__ volatile("sti" : : : "memory");
    while (!sleep_fired && time_ns() < end) cpu_relax();
    __asm__ volatile("cli" : : : "memory");
    stop();
    return sleep_fired;
}

u64 sleep_xapic(void) {
    u64 base = rdmsr(MSR_APIC_BASE);
    return (base & (APIC_BASE_ENABLE | APIC_BASE_X2APIC)) == APIC_BASE_ENABLE ? base & APIC_BASE_ADDRESS : 0;
}

bool sleep_init(void) {
    if (!(rdmsr(MSR_APIC_BASE) & APIC_BASE_ENABLE)) return false;
    xapic = (volatile u8 *)(uintptr_t)sleep_xapic();
    outb(PIC_MASTER_DATA, 0xff);
    outb(PIC_SLAVE_DATA, 0xff);
    put(LVT_LINT0, get(LVT_LINT0) | LVT_MASK);
    put(SPURIOUS, SPURIOUS_ENABLE | TRAP_VECTOR_SPURIOUS);
    put(TPR, (TRAP_VECTOR_TIMER & 0xf0) - 0x10);
    timer_hz = measure();
    if (timer_hz && !interrupts()) timer_hz = 0;
    return timer_hz;
}

static void pause_ticks(void) {
    if (!tick_count) return;
    __asm__ volatile("cli" : : : "memory");
    put(INITIAL_COUNT, 0);
    put(LVT_TIMER, TRAP_VECTOR_TIMER);
}

static void go_on_ticking(void) {
    if (!tick_count) return;
    put(LVT_TIMER, LVT_PERIODIC | TRAP_VECTOR_TICK);
    put(INITIAL_COUNT, tick_count);
    __asm__ volatile("sti" : : : "memory");
}

void sleep_us(u32 us) {
    if (us > LONGEST_US) us = LONGEST_US;
    if (!timer_hz) {
        time_wait_us(us);
        return;
    }
    pause_ticks();
    start(us);
    __asm__ volatile("sti; hlt; cli" : : : "memory"); // nothing comes between STI and HLT (vol. 2, STI)
    stop();
    go_on_ticking();
}

bool sleep_ticks(u32 us) {
    u64 count = us * timer_hz / 1000000;
    if (!timer_hz || !count || count > 0xffffffff) return false;
    tick_count = (u32)count;
    go_on_ticking();
    return true;
}

void sleep_ticks_end(void) {
    if (!tick_count) return;
    pause_ticks();
    tick_count = 0;
}

void sleep_tick_done(void) { put(EOI, 0); }
