// SPDX-License-Identifier: MIT
// Call gates in full: how many parameters, 16 bits, jumps, conforming targets, whose rights count, and what is wrong with the inner
// stack; and interrupts into rings other than 0 (SDM 3A 5.8.3 to 5.8.5, 6.12.1).
#include "kit.h"

#define SEL(n) (SEL_FREE + 8 * (n))
#define DESCRIPTOR(n) gdt[SEL_FREE / 8 + (n)]

static struct {
    u32 cs, ss, esp, frame[40];
} inner __attribute__((used));
// Notes the stack it was given: forty doublewords of it.
#define NOTE                                                                                                                     \
    "mov %cs, %ss:inner; mov %ss, %ss:inner+4; mov %esp, %ss:inner+8; mov %esp, %esi; mov $0x10, %eax; mov %eax, %es;"           \
    "mov $inner+12, %edi; mov $40, %ecx; cld; rep movsl %ss:(%esi), %es:(%edi); int $0x80"
CODE(note_stack, NOTE);
CODE(say_cs, "mov %cs, %eax; mov %ss, %edx; int $0x80");
CODE(
    call_it,
    "mov %eax, %ecx\n1: mov %ecx, %edx; or $0x5500, %edx; push %edx; dec %ecx; jnz 1b; lcall $0x63, $0\ncall_it_after: int $0x80");
LABEL(call_it_after);
CODE(call_plain, "lcall $0x63, $0; int $0x80");
CODE(call_rpl_0, "lcall $0x60, $0; int $0x80");
CODE(jump_it, "ljmp $0x63, $0");
CODE(jump_rpl_0, "ljmp $0x60, $0");

enum { GATE32 = 0x8c, GATE16 = 0x84, DPL3 = 0x60 };
static void gate(unsigned selector, u32 target, unsigned access, unsigned parameters) {
    DESCRIPTOR(0) =
        (target & 0xffff) | (u64)selector << 16 | (u64)parameters << 32 | (u64)access << 40 | (u64)(target >> 16) << 48;
}
static void start_over(void) {
    kit_reset();
    memset(&inner, 0, sizeof inner);
}

TEST(parameters) {
    for (unsigned n = 1; n < 32; n++) {
        start_over();
        gate(SEL_CODE, (u32)note_stack, GATE32 | DPL3, n);
        IS(user(call_it, 40), NOTHING);
        IS(inner.cs & 0xffff, SEL_CODE);
        IS(inner.ss & 0xffff, SEL_DATA);
        IS(inner.esp, tss.esp0 - 16 - 4 * n);
        IS(inner.frame[0], (u32)call_it_after);
        IS(inner.frame[1] & 0xffff, SEL_UCODE32);
        for (unsigned i = 0; i < n; i++) IS(inner.frame[2 + i], 0x5501 + i);
        IS(inner.frame[3 + n] & 0xffff, SEL_UDATA);
    }
}

TEST(gates_of_16_bits) {
    DESCRIPTOR(1) = descriptor((u32)note_stack, 0xffff, 0x409b);
    gate(SEL(1), 0xabcd0000, GATE16 | DPL3, 3); // the upper half of the offset is not there
    IS(user(call_it, 40), NOTHING);
    IS(inner.esp, tss.esp0 - 14);
    IS(inner.frame[0], ((u32)call_it_after & 0xffff) | (u32)SEL_UCODE32 << 16);
    IS(inner.frame[1] & 0xffff, 0x5501); // three words of the outer stack: the first parameter, and half of the next
    IS(inner.frame[1] >> 16, 0);
    IS(inner.frame[2] & 0xffff, 0x5502);
    IS(inner.frame[3] & 0xffff, SEL_UDATA);
}

TEST(conforming_and_same_ring) {
    DESCRIPTOR(1) = descriptor(0, 0xfffff, 0xc09f);
    gate(SEL(1), (u32)say_cs, GATE32 | DPL3, 4);
    IS(user(call_plain, 0), NOTHING);
    IS(caught.f.ax & 0xffff, SEL(1) | 3); // CPL stays, and so does the stack
    IS(caught.f.dx & 0xffff, SEL_UDATA);
    gate(SEL_CODE, (u32)say_cs, GATE32, 4);
    IS(run(call_rpl_0, 0), NOTHING);
    IS(caught.f.ax & 0xffff, SEL_CODE);
}

TEST(jumps) {
    DESCRIPTOR(1) = descriptor(0, 0xfffff, 0xc09f);
    gate(SEL(1), (u32)say_cs, GATE32 | DPL3, 0);
    IS(user(jump_it, 0), NOTHING);
    IS(caught.f.ax & 0xffff, SEL(1) | 3);
    gate(SEL_CODE, (u32)say_cs, GATE32 | DPL3, 0); // not into an inner ring
    IS(user(jump_it, 0), GP);
    IS(caught.error, SEL_CODE);
    IS(run(jump_rpl_0, 0), NOTHING);
}

TEST(rights) { // the gate's DPL against CPL and RPL, the code's against CPL
    gate(SEL_CODE, (u32)say_cs, GATE32, 0);
    IS(run(call_rpl_0, 0), NOTHING);
    IS(run(call_plain, 0), GP); // RPL 3
    IS(caught.error, SEL(0));
    gate(SEL_UCODE32, (u32)say_cs, GATE32 | DPL3, 0);
    IS(run(call_rpl_0, 0), GP); // never outwards
    IS(caught.error, SEL_UCODE32 & ~3);
    gate(0, (u32)say_cs, GATE32 | DPL3, 0);
    IS(user(call_plain, 0), GP);
    IS(caught.error, 0);
    gate(0x1000, (u32)say_cs, GATE32 | DPL3, 0);
    IS(user(call_plain, 0), GP);
    IS(caught.error, 0x1000);
    DESCRIPTOR(1) = descriptor(0, 0xfffff, 0xc01b); // not present
    gate(SEL(1), (u32)say_cs, GATE32 | DPL3, 0);
    IS(user(call_plain, 0), NP);
    IS(caught.error, SEL(1));
}

// Into ring 1, so that the exception finds a good stack: ring 0's.
static void gate_to_ring_1(void) {
    DESCRIPTOR(1) = descriptor(0, 0xfffff, 0xc0bb);
    DESCRIPTOR(2) = descriptor(0, 0xfffff, 0xc0b3);
    tss.ss1 = SEL(2) | 1;
    gate(SEL(1) | 1, (u32)say_cs, GATE32 | DPL3, 0);
    set_gate(0x80, 1, 0);
}
TEST(inner_stacks) {
    gate_to_ring_1();
    IS(user(call_plain, 0), NOTHING);
    IS(caught.f.ax & 0xffff, SEL(1) | 1);
    IS(caught.f.dx & 0xffff, SEL(2) | 1);
    set_tss(SEL_TSS, &tss, 0x10, 9); // SS1 ends at 11h
    asm volatile("ltr %w0" ::"r"(SEL_TSS));
    IS(user(call_plain, 0), TS);
    IS(caught.error, SEL_TSS);
    start_over();
    gate_to_ring_1();
    tss.ss1 = SEL(2) | 2; // RPL
    IS(user(call_plain, 0), TS);
    IS(caught.error, SEL(2));
    tss.ss1 = SEL(2) | 1;
    DESCRIPTOR(2) = descriptor(0, 0xfffff, 0xc0b1); // read-only
    IS(user(call_plain, 0), TS);
    IS(caught.error, SEL(2));
    tss.ss1 = 0x1001;
    IS(user(call_plain, 0), TS);
    IS(caught.error, 0x1000);
}
TEST(inner_stack_too_small) {
    gate_to_ring_1();
    DESCRIPTOR(2) = descriptor(0, 0xfffff, 0x40b3); // bytes up to FFFFFh
    tss.esp1 = 0x100010;
    IS(user(call_plain, 0), SS);
    IS(caught.error, SEL(2));
}

// ---- interrupts into ring 1, from ring 3

CODE(int_41, "int $0x41; int $0x80");
TEST(interrupt_into_ring_1) {
    gate_to_ring_1();
    set_gate_to(0x41, SEL(1) | 1, (u32)say_cs, 0xee, 0);
    IS(user(int_41, 0), NOTHING);
    IS(caught.f.ax & 0xffff, SEL(1) | 1);
    IS(caught.f.dx & 0xffff, SEL(2) | 1);
    IS(run(int_41, 0), GP); // from ring 0 it would be outwards
    IS(caught.error, SEL(1));
    tss.ss1 = 0;
    IS(user(int_41, 0), TS);
    IS(caught.error, 0); // INT is asked for: EXT is 0
    tss.ss1 = SEL_DATA;
    IS(user(int_41, 0), TS);
    IS(caught.error, SEL_DATA);
    tss.ss1 = SEL(2) | 1;
    DESCRIPTOR(1) = descriptor(0, 0xfff, 0x40bb); // the handler is beyond its segment's limit
    IS(user(int_41, 0), GP);
    IS(caught.error, 0);
}
