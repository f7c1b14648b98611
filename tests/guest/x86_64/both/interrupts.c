// SPDX-License-Identifier: MIT
// Interrupts: where they come from, in which order, when they are held off, and what wakes HLT (SDM 3A 6.8, 10; 8259A, 8254,
// 82093AA data sheets). Every wait has an end, and no test is about how long it takes: QEMU's time is the host's.
#include "kit.h"

static volatile unsigned count;
static u8 order[32];
static ureg last_ip;

static void note(struct frame *f) {
    if (count < countof(order)) order[count] = (u8)f->vector;
    count++;
    last_ip = f->ip;
}
static bool from_apic(struct frame *f) {
    note(f);
    APIC(APIC_EOI) = 0;
    return true;
}
static bool from_pic(struct frame *f) {
    note(f);
    outb(0x20, 0x20);
    return true;
}

// Halts, with interrupts on, until there were n.
static void wait_for(unsigned n) {
    for (unsigned i = 0; i < 100 && count < n; i++) asm volatile("sti\n hlt\n cli" ::: "memory");
}
static void open_window(void) { asm volatile("sti\n nop\n nop\n cli" ::: "memory"); }
// QEMU takes an NMI only at the end of a block of its own.
static void a_while(void) {
    for (unsigned i = 0; i < 1000; i++) asm volatile("pause" ::: "memory");
}
static void send_self(unsigned vector) { APIC(APIC_ICR) = 0x44000 | vector; }

// ---- the PC's timer

static void pit(unsigned mode, unsigned divisor) {
    outb(0x43, (u8)(0x30 | mode << 1));
    outb(0x40, (u8)divisor), outb(0x40, (u8)(divisor >> 8));
}

TEST(pit_through_pic) {
    hooks[0x20] = from_pic;
    count = 0;
    APIC(APIC_LINT0) = 0x700; // ExtINT
    pit(2, 1193);
    outb(0x21, 0xfe);
    wait_for(3);
    IS(count, 3);
    IS(order[2], 0x20);
    outb(0x21, 0xff);
    pit(0, 1193);
}

TEST(pit_once) {
    hooks[0x20] = from_pic;
    APIC(APIC_LINT0) = 0x700;
    count = 0;
    pit(0, 1000);
    outb(0x21, 0xfe);
    wait_for(1);
    for (unsigned i = 0; i < 100000; i++) asm volatile("pause");
    open_window();
    IS(count, 1);
}

TEST(pic_remap_and_mask) {
    hooks[0x48] = from_pic;
    APIC(APIC_LINT0) = 0x700;
    outb(0x20, 0x11), outb(0x21, 0x48), outb(0x21, 4), outb(0x21, 1);
    outb(0x21, 0xff);
    count = 0;
    pit(0, 10);
    outb(0x20, 0x0a); // IRR
    for (unsigned i = 0; i < 100000 && !(inb(0x20) & 1); i++) asm volatile("pause");
    IS(inb(0x20) & 1, 1);
    open_window();
    IS(count, 0); // masked, but requested
    outb(0x21, 0xfe);
    open_window();
    IS(count, 1);
    IS(inb(0x20) & 1, 0);
}

#define IOAPIC(reg) (*(volatile u32 *)(ureg)0xfec00000u = (reg), (volatile u32 *)(ureg)0xfec00010u)
TEST(pit_through_ioapic) {
    hooks[0x60] = from_apic;
    count = 0;
    *IOAPIC(0x11 + 2 * 2) = APIC(APIC_ID);
    *IOAPIC(0x10 + 2 * 2) = 0x60; // input 2: edge, fixed, physical
    pit(2, 1193);
    wait_for(3);
    IS(count, 3);
    *IOAPIC(0x10 + 2 * 2) = 0x10060;
    IS(*IOAPIC(0x10 + 2 * 2) & 0x1ffff, 0x10060);
    pit(0, 100);
    for (unsigned i = 0; i < 10000; i++) asm volatile("pause");
    open_window();
    IS(count, 3);
}

// ---- the local APIC's timer

TEST(apic_timer_once) {
    hooks[0x50] = from_apic;
    count = 0;
    APIC(APIC_DIVIDE) = 0xb; // by 1
    APIC(APIC_LVT_TIMER) = 0x50;
    APIC(APIC_INITIAL) = 50000000; // 50 ms for QEMU
    u32 now = APIC(APIC_CURRENT);
    HOLDS(now && now <= 50000000);
    wait_for(1);
    IS(count, 1);
    IS(APIC(APIC_CURRENT), 0);
    for (unsigned i = 0; i < 20000; i++) asm volatile("pause");
    open_window();
    IS(count, 1);
}

TEST(apic_timer_periodic) {
    hooks[0x50] = from_apic;
    count = 0;
    APIC(APIC_DIVIDE) = 0; // by 2
    APIC(APIC_LVT_TIMER) = 0x20050;
    APIC(APIC_INITIAL) = 100000;
    wait_for(5);
    IS(count, 5);
    APIC(APIC_LVT_TIMER) = 0x30050; // masked: counts on, says nothing
    HOLDS(APIC(APIC_CURRENT) <= 100000);
    APIC(APIC_INITIAL) = 0;
    IS(APIC(APIC_CURRENT), 0);
}

static u64 fired_at;
static bool note_tsc(struct frame *f) {
    fired_at = rdtsc();
    return from_apic(f);
}
TEST(tsc_deadline) {
    if (!(cpuid(1, 0, ECX) & 1 << 24)) kit_skip("no TSC-deadline timer");
    hooks[0x50] = note_tsc;
    count = 0;
    APIC(APIC_LVT_TIMER) = 0x40050;
    asm volatile("mfence");
    u64 due = rdtsc() + 50000000;
    wrmsr(MSR_TSC_DEADLINE, due);
    IS(rdmsr(MSR_TSC_DEADLINE), due);
    wait_for(1);
    IS(count, 1);
    HOLDS(fired_at >= due);
    IS(rdmsr(MSR_TSC_DEADLINE), 0);
    wrmsr(MSR_TSC_DEADLINE, rdtsc() + 50000000);
    wrmsr(MSR_TSC_DEADLINE, 0); // disarms
    wrmsr(MSR_TSC_DEADLINE, 1); // in the past: at once
    open_window();
    IS(count, 2);
}

// ---- order

TEST(higher_vectors_first) {
    hooks[0x51] = hooks[0x71] = hooks[0x91] = from_apic;
    count = 0;
    send_self(0x71), send_self(0x51), send_self(0x91), send_self(0x71); // a second one of a kind is the same request
    IS(APIC(APIC_IRR + 0x10 * (0x71 / 32)) >> (0x71 % 32) & 1, 1);
    IS(APIC(APIC_IRR + 0x10 * (0x91 / 32)) >> (0x91 % 32) & 1, 1);
    open_window();
    IS(count, 3);
    IS(order[0] << 16 | order[1] << 8 | order[2], 0x917151);
}

static bool nests(struct frame *f) {
    note(f);
    IS(APIC(APIC_ISR + 0x10 * (0x71 / 32)) >> (0x71 % 32) & 1, 1);
    IS(APIC(APIC_PPR) & 0xf0, 0x70);
    send_self(0x91), send_self(0x72), send_self(0x51); // of another class above, of the same class, below
    open_window();
    IS(count, 2);
    APIC(APIC_EOI) = 0;
    return true;
}
TEST(nesting_by_priority_class) {
    hooks[0x71] = nests, hooks[0x91] = hooks[0x72] = hooks[0x51] = from_apic;
    count = 0;
    send_self(0x71);
    open_window();
    IS(count, 4);
    IS(order[0] << 24 | order[1] << 16 | order[2] << 8 | order[3], 0x71917251);
}

TEST(task_priority) {
    hooks[0x71] = hooks[0x81] = from_apic;
    count = 0;
    APIC(APIC_TPR) = 0x70;
    send_self(0x71);
    open_window();
    IS(count, 0);
    send_self(0x81);
    open_window();
    IS(count, 1);
    IS(order[0], 0x81);
#ifdef __x86_64__
    ureg v;
    asm volatile("mov %%cr8, %0" : "=r"(v));
    IS(v, 7);
    asm volatile("mov %0, %%cr8\n sti\n nop\n nop\n cli" ::"r"((ureg)6));
    IS(APIC(APIC_TPR), 0x60);
#else
    APIC(APIC_TPR) = 0x60;
    open_window();
#endif
    IS(count, 2);
    IS(order[1], 0x71);
}

// ---- when they are held off

CODE(sti_nop, "sti\nsti_nop_1: nop\nsti_nop_2: nop; cli; ret");
LABEL(sti_nop_2);
CODE(sti_cli, "sti; cli; nop; ret");
CODE(sti_again, "sti\nsti\nsti_again_2: nop; cli; ret");
LABEL(sti_again_2);
CODE(mov_ss_nop, "mov %ss, %ecx; sti; mov %ecx, %ss\nmov_ss_1: nop; cli; ret");
CODE(popf_nop, "pushf; orl $0x200, (" SP "); popf\npopf_1: nop; cli; ret");
LABEL(popf_1);
CODE(sti_hlt, "sti; hlt\nsti_hlt_2: cli; ret");
LABEL(sti_hlt_2);

TEST(shadow_of_sti) {
    hooks[0x51] = from_apic;
    count = 0;
    send_self(0x51);
    IS(run(sti_cli, 0), NOTHING);
    IS(count, 0); // the shadow ends after CLI, which ends it all
    IS(run(sti_nop, 0), NOTHING);
    IS(count, 1);
    IS(last_ip, (ureg)sti_nop_2);
    send_self(0x51);
    IS(run(sti_again, 0), NOTHING); // a second STI, with IF set already, casts none
    IS(last_ip, (ureg)sti_again_2);
    send_self(0x51);
    IS(run(popf_nop, 0), NOTHING); // POPF never does
    IS(count, 3);
    IS(last_ip, (ureg)popf_1);
    send_self(0x51);
    IS(run(sti_hlt, 0), NOTHING); // pending already: HLT is executed, and left
    IS(count, 4);
    IS(last_ip, (ureg)sti_hlt_2);
    send_self(0x51);
    IS(run(mov_ss_nop, 0), NOTHING);
    IS(count, 5);
}

static bool stop_stepping(struct frame *f) {
    note(f);
    f->flags &= ~(ureg)FL_TF;
    return true;
}
CODE(hlt_stepped, "pushf; orl $0x100, (" SP "); popf; hlt\nhlt_stepped_2: ret");
LABEL(hlt_stepped_2);
TEST(a_debug_trap_ends_hlt) {
    hooks[DB] = stop_stepping;
    count = 0;
    IS(run(hlt_stepped, 0), NOTHING);
    IS(count, 1);
    IS(last_ip, (ureg)hlt_stepped_2);
}

// ---- NMI

static bool nmi_twice(struct frame *f) {
    note(f);
    if (count == 1) {
        APIC(APIC_ICR) = 0x4400; // a second one: waits for IRET
        a_while();
        IS(count, 1);
    }
    return true;
}
TEST(nmi) {
    hooks[NMI] = nmi_twice;
    count = 0;
    APIC(APIC_ICR_HIGH) = APIC(APIC_ID);
    APIC(APIC_ICR) = 0x4400; // fixed destination: this one; IF is 0
    a_while();
    IS(count, 2);
    IS(order[1], NMI);
    APIC(APIC_LVT_TIMER) = 0x400; // delivery mode is not the timer's to choose: reads as fixed
    APIC(APIC_LVT_TIMER) = 0x10000;
}

// ---- strings: an interrupt may come between iterations, and the instruction then goes on where it was

static ureg seen_cx, seen_ip, seen_flags;
static bool note_cx(struct frame *f) {
    if (f->cx && f->cx < 8 * MiB) seen_cx = f->cx, seen_ip = f->ip, seen_flags = f->flags;
    return from_apic(f);
}
CODE(long_rep, "mov " ARG ", " DI "; mov $0x800000, %ecx; mov $0x5a, %al; sti\nlong_rep_at: rep stosb; cli; ret");
LABEL(long_rep_at);
// On a machine whose time is the host's it may come too early or too late; then the test is skipped, once it has looked at
// what was stored.
static void fill_under_a_timer(u8 *memory) {
    hooks[0x50] = note_cx;
    seen_cx = 0;
    memory[8 * MiB - 1] = memory[8 * MiB] = 0;
    APIC(APIC_DIVIDE) = 0xb;
    APIC(APIC_LVT_TIMER) = 0x50; // once
    APIC(APIC_INITIAL) = 3000;   // of the some 8,000 ticks that it takes
    IS(run(long_rep, (ureg)memory), NOTHING);
    APIC(APIC_LVT_TIMER) = 0x10000;
    IS(memory[0], 0x5a);
    IS(memory[8 * MiB - 1], 0x5a);
    IS(memory[8 * MiB], 0);
    memset(memory, 0, 8 * MiB);
    if (!seen_cx) kit_skip("the interrupt did not come within it");
}
TEST(interrupt_within_rep) {
    fill_under_a_timer((u8 *)(16 * MiB));
    IS(seen_ip, (ureg)long_rep_at);
}
TEST(interrupt_within_rep_pushes_rf) { // 3B 17.3.1.1
    fill_under_a_timer((u8 *)(16 * MiB));
    IS(seen_flags & FL_RF, FL_RF);
}

// ---- x2APIC

CODE(eoi_not_zero, "mov $0x80b, %ecx; mov $1, %eax; xor %edx, %edx; wrmsr; ret");
CODE(back_to_xapic, "mov $0x1b, %ecx; rdmsr; and $0xfffffbff, %eax; wrmsr; ret");
TEST(x2apic) {
    if (!(cpuid(1, 0, ECX) & 1 << 21)) kit_skip("no x2APIC");
    hooks[0x51] = note_tsc; // EOI by memory does nothing in x2APIC mode
    count = 0;
    wrmsr(MSR_APIC_BASE, rdmsr(MSR_APIC_BASE) | 1 << 10);
    IS(rdmsr(0x802), 0);
    wrmsr(0x83f, 0x51); // self IPI
    open_window();
    IS(count, 1);
    IS(rdmsr(0x810 + 0x51 / 32) >> (0x51 % 32) & 1, 1); // still in service
    wrmsr(0x80b, 0);
    IS(rdmsr(0x810 + 0x51 / 32) >> (0x51 % 32) & 1, 0);
    IS(run(eoi_not_zero, 0), GP);
    IS(run(back_to_xapic, 0), GP);
}
