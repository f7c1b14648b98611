// SPDX-License-Identifier: MIT
// The instruction behind STI, MOV SS and POP SS: interrupts and debug traps that wait for it, and those that do not (SDM 3A
// 6.8.3; 2B MOV, POP, STI).
#include "kit.h"

static unsigned count, limit;
static u8 order[16];
static ureg ip[16];
static void note(struct frame *f) {
    if (count < countof(order)) order[count] = (u8)f->vector, ip[count] = f->ip;
    count++;
}
static bool from_apic(struct frame *f) {
    note(f);
    APIC(APIC_EOI) = 0;
    return true;
}
static bool step(struct frame *f) {
    note(f);
    set_dr6(0xffff0ff0);
    return true;
}
static void send_self(unsigned vector) { APIC(APIC_ICR) = 0x44000 | vector; }
static unsigned calls(const char *code) {
    count = 0;
    IS(run(code, 0), NOTHING);
    return count;
}

// The flags of the caller with TF and/or IF as the first instruction finds them.
#define WITH(flags, text) "pushf; orl $" #flags ", (" SP "); popf\n" text "\n pushf; andl $~0x300, (" SP "); popf; ret"

// ---- interrupts: sampled where a timer meets a loop

#define LOOP(name, first, protected)                                                                                             \
    CODE(name, first "\n" #name "_0: " protected "\n" #name "_1: nop; nop; jmp " #name "_0\n" #name "_end: cli; ret");           \
    LABEL(name##_0);                                                                                                             \
    LABEL(name##_1);                                                                                                             \
    LABEL(name##_end)
LOOP(loop_mov_ss, "sti; mov %ss, %ecx", "mov %ecx, %ss");
LOOP(loop_sti, "sti", "cli; sti");
LOOP(loop_plain, "sti; mov %ds, %ecx", "mov %ecx, %ds");
#ifndef __x86_64__
LOOP(loop_pop_ss, "sti", "push %ss; pop %ss");
#endif
static const char *from, *end;
static u64 seen;
static bool sample(struct frame *f) {
    count++;
    seen |= (u64)1 << (f->ip - (ureg)from);
    if (count >= limit) f->ip = (ureg)end;
    APIC(APIC_INITIAL) = 200 + 7 * count;
    APIC(APIC_EOI) = 0;
    return true;
}
static bool interrupted_at(const char *code, const char *start, const char *at, const char *out) {
    hooks[0x50] = sample;
    count = 0, seen = 0, limit = 60;
    from = start, end = out;
    APIC(APIC_DIVIDE) = 0xb;
    APIC(APIC_LVT_TIMER) = 0x50;
    APIC(APIC_INITIAL) = 300;
    IS(run(code, 0), NOTHING);
    APIC(APIC_LVT_TIMER) = 0x10000;
    HOLDS(seen);
    return seen >> (at - start) & 1;
}
#define INTERRUPTED(name) interrupted_at(name, name##_0, name##_1, name##_end)
TEST(no_interrupt_behind) {
    IS(INTERRUPTED(loop_mov_ss), false);
    IS(INTERRUPTED(loop_sti), false);
#ifndef __x86_64__
    IS(INTERRUPTED(loop_pop_ss), false);
#endif
}
TEST(interrupts_behind_others) { IS(INTERRUPTED(loop_plain), true); }

CODE(mov_ss_hlt, "mov %ss, %ecx; sti; mov %ecx, %ss; hlt\nmov_ss_hlt_1: cli; ret");
LABEL(mov_ss_hlt_1);
TEST(mov_ss_and_hlt) { // what waits ends HLT at the latest
    hooks[0x51] = from_apic;
    hooks[0x50] = from_apic;
    APIC(APIC_DIVIDE) = 0xb;
    APIC(APIC_LVT_TIMER) = 0x50;
    send_self(0x51);
    APIC(APIC_INITIAL) = 100000; // in case it came before HLT already
    IS(calls(mov_ss_hlt) > 0, true);
    IS(order[0], 0x51);
    APIC(APIC_LVT_TIMER) = 0x10000;
}

// ---- single-stepping: STI's is no shadow for traps, MOV SS's is

CODE(step_sti, WITH(0x100, "step_sti_0: sti\nstep_sti_1: nop\nstep_sti_2:"));
LABEL(step_sti_1);
LABEL(step_sti_2);
TEST(step_behind_sti) {
    hooks[DB] = step;
    calls(step_sti);
    IS(ip[0], (ureg)step_sti_1);
    IS(ip[1], (ureg)step_sti_2);
    // With an interrupt waiting: the trap ends the shadow, and the interrupt comes behind its IRET.
    hooks[0x51] = from_apic;
    send_self(0x51);
    calls(step_sti);
    IS(order[0] << 16 | order[1] << 8 | order[2], DB << 16 | 0x51 << 8 | DB);
    IS(ip[0], (ureg)step_sti_1);
    IS(ip[1], (ureg)step_sti_1);
    IS(ip[2], (ureg)step_sti_2);
}

CODE(step_mov_ss, "mov %ss, %ecx\n" WITH(0x100, "mov %ecx, %ss\nstep_mov_ss_1: nop\nstep_mov_ss_2:"));
LABEL(step_mov_ss_2);
CODE(step_mov_ss_int, "mov %ss, %ecx\n" WITH(0x100, "mov %ecx, %ss; int $0x41\nstep_mov_ss_int_2: nop\nstep_mov_ss_int_3:"));
LABEL(step_mov_ss_int_3);
CODE(step_mov_ss_ud, "mov %ss, %ecx\n" WITH(0x100, "mov %ecx, %ss; ud2\nstep_mov_ss_ud_2: nop\nstep_mov_ss_ud_3:"));
LABEL(step_mov_ss_ud_3);
static bool over_ud2(struct frame *f) {
    note(f);
    f->ip += 2;
    return true;
}
TEST(no_step_behind_mov_ss) {
    hooks[DB] = step;
    calls(step_mov_ss);
    IS(ip[0], (ureg)step_mov_ss_2);
    hooks[0x41] = step;
    calls(step_mov_ss_int); // suppressed, not put off: nothing is left for the handler's first instruction
    IS(order[0] << 8 | order[1], 0x41 << 8 | DB);
    IS(ip[1], (ureg)step_mov_ss_int_3);
    hooks[UD] = over_ud2;
    calls(step_mov_ss_ud);
    IS(order[0] << 8 | order[1], UD << 8 | DB);
    IS(ip[1], (ureg)step_mov_ss_ud_3);
}

#ifndef __x86_64__
CODE(step_pop_ss, WITH(0x100, "push %ss\nstep_pop_ss_0: pop %ss\nstep_pop_ss_1: nop\nstep_pop_ss_2:"));
LABEL(step_pop_ss_0);
LABEL(step_pop_ss_2);
TEST(no_step_behind_pop_ss) {
    hooks[DB] = step;
    calls(step_pop_ss);
    IS(ip[0], (ureg)step_pop_ss_0);
    IS(ip[1], (ureg)step_pop_ss_2);
}
CODE(step_lss, "sub $8, %esp; lea 8(%esp), %ecx; mov %ecx, (%esp); mov %ss, 4(%esp)\n" WITH(
                   0x100, "lss (%esp), %esp\nstep_lss_1: nop\nstep_lss_2:"));
LABEL(step_lss_1);
TEST(step_behind_lss) { // LSS loads both at once and needs no shadow
    hooks[DB] = step;
    calls(step_lss);
    IS(ip[0], (ureg)step_lss_1);
}
#endif

// A data breakpoint on the stack's new selector waits for one instruction; what comes by INT in the meantime meets it.
static u32 word __attribute__((used, aligned(8)));
#ifdef __x86_64__
#define WORD "word(%rip)"
#else
#define WORD "word"
#endif
CODE(watched_int, "mov " WORD ", %ss; int $0x41; ret");
static ureg dr6_seen;
static bool note_dr6(struct frame *f) {
    note(f);
    dr6_seen = dr6() & 0xe00f;
    return true;
}
TEST(data_breakpoint_behind_mov_ss_and_int) { // the way of CVE-2018-8897
    extern const char vectors[];
    word = SEL_DATA;
    set_dr0((ureg)&word);
    set_dr7(0x401 | 3 << 16 | 1 << 18);
    hooks[DB] = note_dr6;
    hooks[0x41] = step;
    IS(calls(watched_int), 2);
    IS(order[0] << 8 | order[1], DB << 8 | 0x41);
    IS(ip[0], (ureg)vectors + 16 * 0x41); // before the handler's first instruction
    IS(dr6_seen, 1);
}

// INT1 is a debug trap itself: what waited is due at the same boundary, and one exception tells of it.
CODE(watched_int1, "mov " WORD ", %ss; .byte 0xf1\nwatched_int1_after: ret");
LABEL(watched_int1_after);
TEST(data_breakpoint_behind_mov_ss_and_int1) {
    word = SEL_DATA;
    set_dr0((ureg)&word);
    set_dr7(0x401 | 3 << 16 | 1 << 18);
    hooks[DB] = note_dr6;
    IS(calls(watched_int1), 1);
    IS(ip[0], (ureg)watched_int1_after);
    IS(dr6_seen, 1);
    // By itself it sets no bit (vol. 2A, INT1).
    set_dr6(0xffff0ff0), set_dr7(0x400);
    IS(calls(watched_int1), 1);
    IS(dr6_seen, 0);
}
