// SPDX-License-Identifier: MIT
// Virtual-8086 mode: in by IRET, out by interrupts, what is sensitive to IOPL, and the extensions (SDM 3B 21).
#include "kit.h"

#define CODE_AT 0x6000 // below 64 KiB, as real-mode code is: CS 0x600
#define STACK_SEG 0x700

// Runs 16-bit code in virtual-8086 mode, flags as given (VM is added). AX is `arg`.
static unsigned v86(const char *code, ureg fl, ureg arg) {
    memcpy((void *)CODE_AT, code, 64);
    const ureg f[9] = {0, CODE_AT >> 4, fl | FL_VM | 2, 0x800, STACK_SEG, 0x1111, 0x2222, 0x3333, 0x4444};
    return enter(f, arg);
}
#define IOPL3 (3 << 12)
#define CODE16(name, text) CODE(name, ".code16\n" text "\n.code32")

CODE16(leave, "mov %cs, %ax; mov %ss, %bx; mov %sp, %cx; int $0x80");
TEST(in_and_out) {
    IS(v86(leave, IOPL3, 0), NOTHING);
    IS(caught.f.ax & 0xffff, CODE_AT >> 4);
    IS(caught.f.bx & 0xffff, STACK_SEG);
    IS(caught.f.cx & 0xffff, 0x800);
    IS(caught.f.cs, CODE_AT >> 4);
    IS(caught.f.ss, STACK_SEG);
    IS(caught.f.sp & 0xffff, 0x800);
    IS(caught.f.es, 0x1111);
    IS(caught.f.ds, 0x2222);
    IS(caught.f.fs, 0x3333);
    IS(caught.f.gs, 0x4444);
    IS(caught.f.flags & (FL_VM | FL_IOPL), FL_VM | IOPL3);
    IS(caught.f.saved_ds, 0); // null in the handler
    IS(caught.f.saved_es, 0);
}

CODE16(cli_, "cli; int $0x80");
CODE16(sti_, "sti; int $0x80");
CODE16(pushf_, "pushf; pop %ax; int $0x80");
CODE16(popf_, "push %ax; popf; int $0x80");
CODE16(iret_, "iret");
CODE16(int_, "int $0x41");
CODE16(int3_, "int3");
CODE16(hlt_, "hlt");
CODE16(in_, "in $0x80, %al; int $0x80");
CODE16(lgdt_, "lgdtl 0");
CODE16(mov_cr0, "mov %cr0, %eax");
CODE16(lldt_, "lldt %ax");
CODE16(lar_, "lar %ax, %ax");
CODE16(arpl_, "arpl %ax, %ax");
CODE16(verr_, "verr %ax");
CODE16(str_, "str %ax");

TEST(sensitive_to_iopl) {
    static const char *const code[] = {cli_, sti_, pushf_, popf_, iret_, int_};
    for (unsigned i = 0; i < countof(code); i++) {
        IS(v86(code[i], 0, 0), GP);
        IS(caught.error, 0);
        IS(caught.ip, code[i] == popf_ ? 1 : 0);
        IS(caught.f.flags & FL_VM, FL_VM);
    }
    IS(v86(cli_, IOPL3 | FL_IF, 0), NOTHING);
    IS(caught.f.flags & FL_IF, 0);
    IS(v86(pushf_, IOPL3 | FL_CF, 0), NOTHING);
    IS(caught.f.ax & 0xffff, IOPL3 | FL_CF | 2);
    IS(v86(popf_, IOPL3, 0x4ed7 & ~0x100), NOTHING); // IOPL does not change
    IS(caught.f.flags & 0xffff, 0x7ed7 & ~0x100);
    IS(v86(int_, IOPL3, 0), GP); // the gate's DPL is 0
    IS(caught.error, 0x41 << 3 | 2);
    set_gate(0x41, 3, 0);
    IS(v86(int_, IOPL3, 0), 0x41);
    IS(caught.ip, 2);
    set_gate(BP, 3, 0);
    IS(v86(int3_, 0, 0), BP); // INT3 does not ask for IOPL
}

TEST(never_allowed) {
    IS(v86(hlt_, IOPL3, 0), GP);
    IS(v86(lgdt_, IOPL3, 0), GP);
    IS(v86(mov_cr0, IOPL3, 0), GP);
    static const char *const undefined[] = {lldt_, lar_, arpl_, verr_, str_};
    for (unsigned i = 0; i < countof(undefined); i++) IS(v86(undefined[i], IOPL3, 0), UD);
}

TEST(ports_by_bitmap) { // whatever IOPL is
    IS(v86(in_, IOPL3, 0), GP);
    tss.io_map = offsetof(struct tss, io);
    memset(tss.io, 0xff, sizeof tss.io);
    IS(v86(in_, IOPL3, 0), GP);
    tss.io[0x80 / 8] = 0xfe;
    IS(v86(in_, IOPL3, 0), NOTHING);
}

CODE16(segments, "mov $0x123, %ax; mov %ax, %ds; mov $0x4567, %bx; mov (%bx), %ax; int $0x80");
CODE16(beyond, "mov $0xffff, %bx; mov (%bx), %ax; int $0x80");
CODE16(beyond_stack, "mov $1, %sp; push %ax; int $0x80");
CODE16(wide_address, "mov $0x10000, %ebx; mov (%ebx), %al; int $0x80");
CODE16(far_call, "lcall $0x600, $0x10; int $0x80; nop; nop; nop; nop; nop; nop; nop; nop; nop; mov %cs, %dx; lret");
TEST(segments_and_limits) {
    *(volatile u16 *)(0x1230 + 0x4567) = 0xcafe;
    IS(v86(segments, IOPL3, 0), NOTHING);
    IS(caught.f.ax & 0xffff, 0xcafe);
    IS(v86(beyond, IOPL3, 0), GP);
    IS(caught.error, 0);
    IS(v86(beyond_stack, IOPL3, 0), SS);
    IS(caught.error, 0);
    IS(v86(wide_address, IOPL3, 0), GP);
}

// ---- VME: a virtual interrupt flag, and interrupts that stay in the program

CODE16(sti_pushf, "sti; pushf; pop %ax; int3");
CODE16(int_0x21, "int $0x21; int3");
CODE16(popf_tf, "mov $0x102, %ax; push %ax; popf; int3");
TEST(vme) {
    if (!(cpuid(1, 0, EDX) & 2)) kit_skip("no VME");
    set_cr4(cr4() | CR4_VME);
    set_gate(BP, 3, 0);
    IS(v86(sti_pushf, 0, 0), BP);
    IS(caught.f.flags & (FL_VIF | FL_IF), FL_VIF);
    IS(caught.f.ax & (FL_IF | FL_IOPL), FL_IF | IOPL3); // VIF in IF's place, IOPL shown as 3
    IS(v86(sti_pushf, FL_VIP, 0), GP);
    IS(v86(popf_, FL_VIP, FL_IF | 2), GP);
    IS(v86(popf_tf, 0, 0), GP);
    tss.io_map = offsetof(struct tss, io);
    memset(tss.redirection, 0, sizeof tss.redirection); // all to the program's own vectors
    ((volatile u16 *)0)[0x21 * 2] = 0x40, ((volatile u16 *)0)[0x21 * 2 + 1] = CODE_AT >> 4;
    static const u8 handler[] = {0xcc}; // at 600:40: INT3
    u8 image[128];
    memcpy(image, int_0x21, 64);
    memcpy((void *)CODE_AT, image, 64);
    memcpy((void *)(CODE_AT + 0x40), handler, 1);
    const ureg f[9] = {0, CODE_AT >> 4, FL_VM | FL_VIF | 2, 0x800, STACK_SEG, 0, 0, 0, 0};
    IS(enter(f, 0), BP);
    IS(caught.ip, 0x41);
    IS(caught.f.flags & FL_VIF, 0);
    volatile u16 *stack = (u16 *)((STACK_SEG << 4) + 0x800 - 6);
    IS(stack[0], 2);
    IS(stack[1], CODE_AT >> 4);
    IS(stack[2] & (FL_IF | FL_IOPL), FL_IF | IOPL3);
    tss.redirection[0x21 / 8] = 1 << (0x21 % 8); // to the system's: IOPL is below 3
    IS(enter(f, 0), GP);
}
