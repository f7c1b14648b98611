// SPDX-License-Identifier: MIT
// NMI: blocked from its delivery to the next IRET, whatever that returns to and even when it faults; one more is remembered; and
// what comes before and after it (SDM 3A 6.7).
#include "kit.h"

static volatile unsigned count;
static unsigned limit;
static u8 order[16];
static ureg ip[16];

static void note(struct frame *f) {
    if (count < countof(order)) order[count] = (u8)f->vector, ip[count] = f->ip;
    count++;
}
static bool just_note(struct frame *f) {
    note(f);
    return true;
}
// QEMU takes an NMI only at the end of a block of its own.
static void a_while(void) {
    for (unsigned i = 0; i < 1000; i++) asm volatile("pause" ::: "memory");
}
static void send_nmi(void) {
    APIC(APIC_ICR_HIGH) = APIC(APIC_ID);
    APIC(APIC_ICR) = 0x4400;
    a_while();
}

static bool three_more(struct frame *f) {
    note(f);
    if (count == 1) send_nmi(), send_nmi(), send_nmi();
    return true;
}
TEST(one_is_remembered) {
    hooks[NMI] = three_more;
    count = 0;
    send_nmi();
    IS(count, 2);
    send_nmi();
    IS(count, 3);
}

#ifdef __x86_64__
CODE(
    iret_here,
    "mov %rsp, %rax; mov %ss, %ecx; push %rcx; push %rax; pushf; mov %cs, %ecx; push %rcx; lea 1f(%rip), %rax; push %rax; iretq\n1: ret");
CODE(iret_to_nowhere, "push $0x10; push %rsp; pushf; push $0x1000; push $0\niret_to_nowhere_at: iretq");
#else
CODE(iret_here, "pushf; push %cs; push $1f; iret\n1: ret");
CODE(iret_to_nowhere, "pushf; push $0x1000; push $0\niret_to_nowhere_at: iret");
#endif
LABEL(iret_to_nowhere_at);

static unsigned before_iret, after_iret, fault;
static void second_one(struct frame *f, const char *code) {
    note(f);
    if (count > 1) return;
    send_nmi();
    before_iret = count;
    fault = run(code, 0);
    a_while();
    after_iret = count;
}
static bool any_iret(struct frame *f) {
    second_one(f, iret_here);
    return true;
}
TEST(any_iret_unblocks) {
    hooks[NMI] = any_iret;
    count = 0;
    send_nmi();
    IS(before_iret, 1);
    IS(fault, NOTHING);
    IS(after_iret, 2);
    IS(count, 2);
}

static bool bad_iret(struct frame *f) {
    second_one(f, iret_to_nowhere);
    return true;
}
TEST(an_iret_that_faults_unblocks) { // 6.7.1
    hooks[NMI] = bad_iret;
    count = 0;
    send_nmi();
    IS(before_iret, 1);
    IS(fault, GP);
    IS(caught.error, 0x1000);
    IS(caught.ip, (ureg)iret_to_nowhere_at);
    IS(after_iret, 2);
}

// Other ways out of the handler leave it blocked.
static bool leaves_by_jump(struct frame *f) {
    note(f);
    return count > 1; // the first goes the kit's way, by a change of stacks
}
TEST(blocked_without_iret) {
    hooks[NMI] = leaves_by_jump;
    count = 0;
    APIC(APIC_ICR_HIGH) = APIC(APIC_ID);
    run((const void *)send_nmi, 0);
    IS(count, 1);
    send_nmi();
    IS(count, 1);
    IS(run(iret_here, 0), NOTHING);
    a_while();
    IS(count, 2);
}

static bool with_interrupt(struct frame *f) {
    note(f);
    if (count > 1) return true;
    send_nmi();
    APIC(APIC_ICR) = 0x44051;
    f->flags |= FL_IF; // at the boundary behind its IRET both wait
    return true;
}
static bool interrupt(struct frame *f) {
    note(f);
    APIC(APIC_EOI) = 0;
    f->flags &= ~(ureg)FL_IF;
    return true;
}
TEST(comes_before_interrupts) {
    hooks[NMI] = with_interrupt;
    hooks[0x51] = interrupt;
    count = 0;
    send_nmi();
    IS(count, 3);
    IS(order[0] << 16 | order[1] << 8 | order[2], 0x020251);
    IS(ip[1], ip[0]);
    IS(ip[2], ip[0]);
}

// NMI does not ask TPR, IF, or what is in service.
TEST(knows_no_priority) {
    hooks[NMI] = hooks[0xf1] = just_note;
    count = 0;
    APIC(APIC_ICR) = 0x440f1;
    asm volatile("sti\n nop\n nop\n cli");
    APIC(APIC_TPR) = 0xff;
    IS(count, 1);
    send_nmi();
    IS(count, 2);
    IS(APIC(APIC_ISR + 0x10 * (0xf1 / 32)) >> (0xf1 % 32) & 1, 1);
    APIC(APIC_TPR) = 0;
}

// ---- from the I/O APIC: the PIT's output as NMI

static void io_write(u32 reg, u32 v) {
    *(volatile u32 *)(ureg)0xfec00000u = reg;
    *(volatile u32 *)(ureg)0xfec00010u = v;
}
static void pit_is_nmi(bool on) {
    io_write(0x14, 0x10000);
    io_write(0x15, APIC(APIC_ID));
    if (on) io_write(0x14, 0x400);
}
static void pit(unsigned mode, unsigned n) { outb(0x43, (u8)(0x30 | mode << 1)), outb(0x40, (u8)n), outb(0x40, (u8)(n >> 8)); }

CODE(halt, "hlt\nhalt_after: ret");
LABEL(halt_after);
TEST(ends_hlt_without_if) {
    hooks[NMI] = just_note;
    count = 0;
    pit(0, 0);
    pit_is_nmi(true);
    pit(0, 2000);
    IS(run(halt, 0), NOTHING);
    IS(count, 1);
    IS(ip[0], (ureg)halt_after);
    pit_is_nmi(false);
}

// Through LINT0, which the 8259 drives: an edge is an NMI.
TEST(by_lint0) {
    hooks[NMI] = just_note;
    count = 0;
    pit(0, 0);
    APIC(APIC_LINT0) = 0x400;
    outb(0x21, 0xfe);
    pit(0, 2000);
    IS(run(halt, 0), NOTHING);
    IS(count, 1);
    APIC(APIC_LINT0) = 0x10400;
    outb(0x21, 0xff);
}

// ---- never behind MOV SS (6.8.3)

CODE(ss_loop,
     "mov %ss, %ecx\nss_loop_0: mov %ecx, %ss\nss_loop_1: nop\nss_loop_2: nop\nss_loop_3: jmp ss_loop_0\nss_loop_end: ret");
LABEL(ss_loop_0);
LABEL(ss_loop_1);
LABEL(ss_loop_end);
static u32 seen; // a bit per byte of the loop
static bool note_place(struct frame *f) {
    count++;
    seen |= 1u << (f->ip - (ureg)ss_loop_0);
    if (count >= limit) f->ip = (ureg)ss_loop_end;
    return true;
}
TEST(not_behind_mov_ss) {
    hooks[NMI] = note_place;
    count = seen = 0;
    limit = 100;
    pit_is_nmi(true);
    pit(2, 3);
    IS(run(ss_loop, 0), NOTHING);
    pit_is_nmi(false);
    pit(0, 0);
    HOLDS(count >= limit);
    IS(seen & 1u << (ss_loop_1 - ss_loop_0), 0);
    HOLDS(seen);
}
