// SPDX-License-Identifier: MIT
// What only a kernel does, in a guest of its own (BARE) with no system below it: control registers written all the time, and a timer that
// interrupts a million times a second. The bench program has these rows, too, without what is privileged: that says what their digests
// must be.
#include "kit.h"

enum { PAGES = 64 };
static u8 data[PAGES * 4096] __attribute__((aligned(4096)));

#ifdef BARE
#define CR0_WP (1ul << 16)
#define CR4_TSD (1ul << 2)
#define CR4_PGE (1ul << 7)

#define CONTROL_REGISTER(n)                                                                                                      \
    static u64 cr##n(void) {                                                                                                     \
        u64 v;                                                                                                                   \
        asm volatile("mov %%cr" #n ", %0" : "=r"(v));                                                                            \
        return v;                                                                                                                \
    }                                                                                                                            \
    static void set_cr##n(u64 v) { asm volatile("mov %0, %%cr" #n ::"r"(v) : "memory"); }
CONTROL_REGISTER(0)
CONTROL_REGISTER(3)
CONTROL_REGISTER(4)

static u8 *window(void) {
    static u64 table[512] __attribute__((aligned(4096)));
    for (u32 i = 0; i < PAGES; i++) table[i] = ((u64)data + i * 4096) | 1 | 1 << 8; // P, G: read-only
    u64 *pml4 = (u64 *)(cr3() & ~4095ul), *pdpt = (u64 *)(*pml4 & ~4095ul), *pd = (u64 *)(pdpt[3] & ~4095ul);
    pd[0] = (u64)table | 3;
    set_cr4(cr4() | CR4_PGE);
    set_cr0(cr0() | CR0_WP);
    return (u8 *)0xc0000000;
}

static void write_protected(u8 *at, u8 value) {
    set_cr0(cr0() & ~CR0_WP);
    *(volatile u8 *)at = value;
    set_cr0(cr0() | CR0_WP);
}

static void drop_translations(u8 *at, u64 i) {
    switch (i & 3) {
    case 0: set_cr4(cr4() ^ CR4_PGE), set_cr4(cr4() ^ CR4_PGE); break;
    case 1: set_cr3(cr3()); break;
    case 2: set_cr4(cr4() ^ CR4_TSD); break;
    case 3: asm volatile("invlpg %0" ::"m"(*at)); break;
    }
}

// ---- The local APIC's timer (SDM vol. 3A, 12.5.4): periodic, at its full rate, which both emulators have at 1 GHz.
enum {
    VECTOR = 0x40,
    APIC_EOI = 0xb0,
    APIC_SPURIOUS = 0xf0,
    APIC_TIMER = 0x320,
    APIC_INITIAL_COUNT = 0x380,
    APIC_DIVIDE = 0x3e0
};
static volatile u64 taken;

static void apic_write(u32 at, u32 value) { *(volatile u32 *)(0xfee00000 + (u64)at) = value; }

bool interrupt(u64 vector) {
    if (vector != VECTOR) return false;
    taken++;
    apic_write(APIC_EOI, 0);
    return true;
}

static void start_timer(u32 ticks) {
    taken = 0;
    apic_write(APIC_SPURIOUS, 0x1ff);
    apic_write(APIC_DIVIDE, 0x0b);
    apic_write(APIC_TIMER, VECTOR | 1 << 17);
    apic_write(APIC_INITIAL_COUNT, ticks);
    asm volatile("sti");
}

static void stop_timer(void) {
    asm volatile("cli");
    apic_write(APIC_INITIAL_COUNT, 0);
}

static bool enough(u64 wanted) { return taken >= wanted; }
#else
static void start_timer(u32 ticks) {}
static void stop_timer(void) {}
static bool enough(u64 wanted) { return true; }
static u8 *window(void) { return data; }
static void write_protected(u8 *at, u8 value) { *at = value; }
static void drop_translations(u8 *at, u64 i) {}
#endif

ROW(registers, 800000, NEEDS_RING0, "CR0.WP, CR4.PGE, CR4.TSD, CR3, INVLPG in a bare guest") {
    u8 *at = window();
    u64 state = RANDOM_START, sum = 0;
    for (u64 i = 0; i < work; i++) {
        u64 x = next_random(&state);
        write_protected(at + x % sizeof data, (u8)i);
        drop_translations(at + x % sizeof data, i);
        for (u32 k = 0; k < 16; k++) sum += at[(x >> 20) % 4096 + (k * 4 + (i & 3)) * 4096];
    }
    return mix(sum, digest_of(at, sizeof data));
}

static u64 interrupted(u64 interrupts, u32 nanoseconds) {
    u64 first = checked_loop();
    start_timer(nanoseconds);
    while (!enough(interrupts))
        if (checked_loop() != first) fail("an interrupt has changed a register");
    stop_timer();
    return mix(first, interrupts);
}

ROW(interrupts, 10000, NEEDS_RING0, "timer interrupts of 200 kHz in a bare guest") { return interrupted(work, 5000); }

// (QEMU's main loop is then busy with nothing but its timer, and the guest stands still.)
ROW(megahertz, 500000, NEEDS_RING0, "timer interrupts of 1 MHz in a bare guest") { return interrupted(work, 1000); }
