// SPDX-License-Identifier: MIT
// The virtual interrupt flag: CR4.VME for virtual-8086 programs, CR4.PVI for ring 3; and where INT n of a virtual-8086 program leads
// by IOPL, VME and the redirection map (SDM 3B 21.3, 21.4).
#include "kit.h"

#define CODE_AT 0x6000
#define STACK_SEG 0x700
#define IOPL(n) ((ureg)(n) << 12)
#define CODE16(name, text) CODE(name, ".code16\n" text "\n.code32")

static unsigned v86(const char *code, ureg fl, ureg arg) {
    memcpy((void *)CODE_AT, code, 64);
    const ureg f[9] = {0, CODE_AT >> 4, fl | FL_VM | 2, 0x800, STACK_SEG, 0, 0, 0, 0};
    return enter(f, arg);
}
static u16 *stack_word(unsigned below) { return (u16 *)((STACK_SEG << 4) + 0x800 - below); }

static void vme_on(void) {
    if (!(cpuid(1, 0, EDX) & 2)) kit_skip("no VME");
    set_cr4(cr4() | CR4_VME);
    set_gate(BP, 3, 0);
    tss.io_map = offsetof(struct tss, io);
}

// ---- CLI, STI, PUSHF, POPF, IRET under VME, at IOPL below 3

CODE16(cli_, "cli; int3");
CODE16(sti_, "sti; int3");
CODE16(pushf_, "pushf; pop %ax; int3");
CODE16(pushfd_, "pushfl; pop %eax; int3");
CODE16(popf_, "push %ax; popf; int3");
CODE16(popfd_, "push %eax; popfl; int3");
CODE16(iret_, "push %ax; push %cs; push $1f-iret_; iret\n1: int3");
CODE16(iretd_, "push %eax; pushl $0x600; pushl $1f-iretd_; iretl\n1: int3");
TEST(vme_instructions) {
    vme_on();
    for (unsigned iopl = 0; iopl < 3; iopl++) {
        IS(v86(sti_, IOPL(iopl), 0), BP);
        IS(caught.f.flags & (FL_IF | FL_VIF | FL_VIP), FL_VIF);
        IS(v86(cli_, IOPL(iopl) | FL_VIF | FL_IF, 0), BP);
        IS(caught.f.flags & (FL_IF | FL_VIF), FL_IF); // IF is the monitor's
        IS(v86(cli_, IOPL(iopl) | FL_VIP, 0), BP);    // VIP minds only who sets VIF
        IS(v86(sti_, IOPL(iopl) | FL_VIP, 0), GP);
        IS(caught.error, 0);
        IS(caught.ip, 0);
        IS(caught.f.flags & FL_VIF, 0);
        IS(v86(pushf_, IOPL(iopl) | FL_VIF, 0), BP);
        IS(caught.f.ax & 0xffff, IOPL(3) | FL_IF | 2);
        IS(v86(pushf_, IOPL(iopl) | FL_IF, 0), BP);
        IS(caught.f.ax & 0xffff, IOPL(3) | 2);
        IS(v86(popf_, IOPL(iopl), FL_IF | FL_DF | FL_NT | FL_CF), BP);
        IS(caught.f.flags & (FL_IF | FL_VIF | FL_IOPL | FL_DF | FL_NT | FL_CF), FL_VIF | IOPL(iopl) | FL_DF | FL_NT | FL_CF);
        IS(v86(popf_, IOPL(iopl) | FL_VIF, IOPL(3)), BP);
        IS(caught.f.flags & (FL_VIF | FL_IOPL), IOPL(iopl));
        IS(v86(popf_, IOPL(iopl) | FL_VIP, 0), BP);
        IS(v86(popf_, IOPL(iopl) | FL_VIP, FL_IF), GP);
        IS(caught.ip, 1);
        IS(v86(popf_, IOPL(iopl), FL_TF), GP);
        IS(v86(iret_, IOPL(iopl), FL_IF | FL_CF), BP);
        IS(caught.f.flags & (FL_IF | FL_VIF | FL_CF), FL_VIF | FL_CF);
        IS(v86(iret_, IOPL(iopl) | FL_VIF, 0), BP);
        IS(caught.f.flags & FL_VIF, 0);
        IS(v86(iret_, IOPL(iopl) | FL_VIP, FL_IF), GP);
        IS(v86(iret_, IOPL(iopl), FL_TF), GP);
        IS(v86(pushfd_, IOPL(iopl), 0), GP); // of 32 bits: the monitor's
        IS(v86(popfd_, IOPL(iopl), 2), GP);
        IS(v86(iretd_, IOPL(iopl), 2), GP);
    }
}

TEST(at_iopl_3_vif_is_data) {
    vme_on();
    IS(v86(sti_, IOPL(3), 0), BP);
    IS(caught.f.flags & (FL_IF | FL_VIF), FL_IF);
    IS(v86(cli_, IOPL(3) | FL_IF | FL_VIF, 0), BP);
    IS(caught.f.flags & (FL_IF | FL_VIF), FL_VIF);
    IS(v86(pushf_, IOPL(3) | FL_VIF, 0), BP);
    IS(caught.f.ax & 0xffff, IOPL(3) | 2);
    IS(v86(popf_, IOPL(3) | FL_VIP, IOPL(3) | FL_IF), BP);
    IS(caught.f.flags & (FL_IF | FL_VIF | FL_VIP), FL_IF | FL_VIP);
    IS(v86(pushfd_, IOPL(3) | FL_VIF | FL_AC, 0), BP);
    IS(caught.f.ax & 0x3ffff, IOPL(3) | 2); // neither RF nor VM
    IS(v86(popfd_, IOPL(3), FL_VIF | FL_VIP | FL_AC | FL_ID | 2), BP);
    IS(caught.f.flags & (FL_VIF | FL_VIP | FL_AC | FL_ID | FL_IOPL | FL_VM), FL_AC | FL_ID | IOPL(3) | FL_VM);
}

// ---- INT n: the six methods of table 21-2

CODE16(int_21, "int $0x21; int3");
static u8 *own_handler(void) { // at 600:40
    ((volatile u16 *)0)[0x21 * 2] = 0x40, ((volatile u16 *)0)[0x21 * 2 + 1] = CODE_AT >> 4;
    return (u8 *)CODE_AT + 0x40;
}
static unsigned int_21_at(ureg fl, bool vme, bool redirected) {
    memcpy((void *)CODE_AT, int_21, 16);
    *own_handler() = 0xcc;
    set_cr4((cr4() & ~(ureg)CR4_VME) | (vme ? CR4_VME : 0));
    tss.redirection[0x21 / 8] = redirected ? 0 : 1 << (0x21 % 8);
    set_gate(0x21, 3, 0);
    const ureg f[9] = {0, CODE_AT >> 4, fl | FL_VM | 2, 0x800, STACK_SEG, 0, 0, 0, 0};
    return enter(f, 0);
}
TEST(software_interrupts) {
    vme_on();
    for (unsigned iopl = 0; iopl < 4; iopl++) {
        ureg fl = IOPL(iopl) | FL_VIF | FL_CF;
        // Without VME, or with the map's bit set: #GP(0), or at IOPL 3 the IDT.
        for (unsigned how = 0; how < 3; how++) {
            IS(int_21_at(fl, how == 2, how == 1), iopl == 3 ? 0x21 : GP);
            IS(caught.error, 0);
            IS(caught.ip, iopl == 3 ? 2 : 0);
        }
        // The bit clear: the program's own vector table.
        IS(int_21_at(fl | FL_IF, true, true), BP);
        IS(caught.ip, 0x41);
        IS(caught.f.cs, CODE_AT >> 4);
        IS(caught.f.sp, 0x800 - 6);
        IS(*stack_word(6), 2);
        IS(*stack_word(4), CODE_AT >> 4);
        IS(*stack_word(2), (ureg)(IOPL(3) | FL_IF | FL_CF | 2));
        // IOPL 3 clears IF, less clears VIF.
        IS(caught.f.flags & (FL_IF | FL_VIF | FL_IOPL), iopl == 3 ? FL_VIF | IOPL(3) : FL_IF | IOPL(iopl));
    }
}
TEST(the_map_and_the_limit) { // the 32 bytes below the I/O map
    vme_on();
    IS(int_21_at(0, true, true), BP);
    tss.io_map = 0x68 + 32; // as low as it can be
    memset(&tss.redirection, 0xff, 32);
    ((u8 *)&tss)[0x68 + 0x21 / 8] = 0;
    IS(int_21_at(0, true, true), BP);
    tss.io_map = offsetof(struct tss, io);
    set_tss(SEL_TSS, &tss, 0x67, 9);
    asm volatile("ltr %w0" ::"r"(SEL_TSS));
    IS(int_21_at(0, true, true), GP); // beyond the limit
}

// INT3 and INTO are not asked for IOPL and not redirected.
CODE16(into_, "mov $0x7f, %al; inc %al; into; hlt");
TEST(int3_and_into) {
    vme_on();
    memset(&tss.redirection, 0, 32);
    set_gate(OF, 3, 0);
    IS(v86(cli_, 0, 0), BP);
    IS(v86(into_, 0, 0), OF);
    IS(caught.ip, 5);
    set_gate(OF, 2, 0);
    IS(v86(into_, 0, 0), GP);
    IS(caught.error, OF << 3 | 2);
}

// A monitor's way out of a gate must lead to ring 0.
TEST(gates_to_ring_0_only) {
    vme_on();
    extern const char vectors[];
    gdt[SEL_FREE / 8] = descriptor(0, 0xfffff, 0xc0bb); // DPL 1
    set_gate_to(BP, SEL_FREE | 1, (ureg)vectors + 16 * BP, 0xee, 0);
    IS(v86(cli_, 0, 0), GP);
    IS(caught.error, SEL_FREE);
    gdt[SEL_FREE / 8] = descriptor(0, 0xfffff, 0xc09f); // conforming
    set_gate_to(BP, SEL_FREE, (ureg)vectors + 16 * BP, 0xee, 0);
    IS(v86(cli_, 0, 0), GP);
    IS(caught.error, SEL_FREE);
}

// ---- PVI: ring 3 of protected mode

CODE(user_cli, "cli; int $0x80");
CODE(user_sti, "sti; int $0x80");
CODE(user_pushf, "pushf; pop %eax; int $0x80");
CODE(user_popf, "push %eax; popf; int $0x80");
TEST(pvi) {
    if (!(cpuid(1, 0, EDX) & 2)) kit_skip("no VME");
    IS(user(user_cli, 0), GP);
    set_cr4(cr4() | CR4_PVI);
    for (unsigned iopl = 0; iopl < 3; iopl++) {
        ureg fl = IOPL(iopl) | 2;
        IS(user_at(UCODE, (ureg)user_sti, fl, 0), NOTHING);
        IS(caught.f.flags & (FL_IF | FL_VIF), FL_VIF);
        IS(user_at(UCODE, (ureg)user_cli, fl | FL_IF | FL_VIF, 0), NOTHING);
        IS(caught.f.flags & (FL_IF | FL_VIF), FL_IF);
        IS(user_at(UCODE, (ureg)user_sti, fl | FL_VIP, 0), GP);
        IS(caught.error, 0);
        IS(user_at(UCODE, (ureg)user_cli, fl | FL_VIP, 0), NOTHING);
        // Unlike under VME, PUSHF and POPF know nothing of it.
        IS(user_at(UCODE, (ureg)user_pushf, fl | FL_VIF, 0), NOTHING);
        IS(caught.f.ax & (FL_IF | FL_VIF | FL_IOPL), FL_VIF | IOPL(iopl));
        IS(user_at(UCODE, (ureg)user_popf, fl, FL_IF | 2), NOTHING);
        IS(caught.f.flags & (FL_IF | FL_VIF), 0);
    }
    IS(user_at(UCODE, (ureg)user_sti, IOPL(3) | 2, 0), NOTHING); // its own IF
    IS(caught.f.flags & (FL_IF | FL_VIF), FL_IF);
}

// ---- instructions of 64-bit mode alone

CODE(rdfsbase_, ".byte 0xf3, 0x0f, 0xae, 0xc0; ret");
CODE(wrgsbase_, ".byte 0xf3, 0x0f, 0xae, 0xd8; ret");
CODE(swapgs_, ".byte 0x0f, 0x01, 0xf8; ret");
CODE(syscall_, "syscall; ret");
CODE(sysret_, "sysret; ret");
TEST(not_in_protected_mode) {
    if (cpuid(7, 0, EBX) & 1) set_cr4(cr4() | CR4_FSGSBASE);
    IS(run(rdfsbase_, 0), UD);
    IS(run(wrgsbase_, 0), UD);
    IS(run(swapgs_, 0), UD);
}
TEST(syscall_is_of_64_bit_mode) {
    wrmsr(MSR_EFER, EFER_SCE);
    IS(run(syscall_, 0), UD);
    IS(run(sysret_, 0), UD);
    wrmsr(MSR_EFER, 0);
}
