// SPDX-License-Identifier: MIT
// Rings in long mode: what ring 3 must not do, the ways in and out, stacks that the TSS names, and I/O rights (SDM 3A 5, 6.14,
// 7.7; 1, 19.5).
#include "kit.h"

// ---- what ring 3 must not do

CODE(do_hlt, "hlt; ret");
CODE(do_cli, "cli; ret");
CODE(do_sti, "sti; ret");
CODE(do_in, "in $0x80, %al; ret");
CODE(do_out, "out %al, $0x80; ret");
CODE(do_in_wide, "mov $0x80, %edx; in %dx, %eax; ret");
CODE(do_lgdt, "sub $16, %rsp; lgdt (%rsp); add $16, %rsp; ret");
CODE(do_lidt, "sub $16, %rsp; lidt (%rsp); add $16, %rsp; ret");
CODE(do_lldt, "xor %eax, %eax; lldt %ax; ret");
CODE(do_ltr, "mov $0x40, %eax; ltr %ax; ret");
CODE(do_lmsw, "mov $1, %eax; lmsw %ax; ret");
CODE(do_clts, "clts; ret");
CODE(do_from_cr0, "mov %cr0, %rax; ret");
CODE(do_to_cr0, "mov %rax, %cr0; ret");
CODE(do_from_cr2, "mov %cr2, %rax; ret");
CODE(do_to_cr3, "mov %rax, %cr3; ret");
CODE(do_to_cr4, "mov %rax, %cr4; ret");
CODE(do_from_cr8, "mov %cr8, %rax; ret");
CODE(do_to_cr8, "mov %rax, %cr8; ret");
CODE(do_from_dr, "mov %db0, %rax; ret");
CODE(do_to_dr, "mov %rax, %db7; ret");
CODE(do_rdmsr, "mov $0xc0000080, %ecx; rdmsr; ret");
CODE(do_wrmsr, "mov $0xc0000080, %ecx; wrmsr; ret");
CODE(do_invlpg, "invlpg (%rsp); ret");
CODE(do_invd, "invd; ret");
CODE(do_wbinvd, "wbinvd; ret");
CODE(do_swapgs, "swapgs; ret");
CODE(do_sysexit, "sysexit");
CODE(do_rdtsc, "rdtsc; ret");
CODE(do_rdpmc, "xor %ecx, %ecx; rdpmc; ret");
CODE(do_sgdt, "sub $16, %rsp; sgdt (%rsp); add $16, %rsp; ret");
CODE(do_sidt, "sub $16, %rsp; sidt (%rsp); add $16, %rsp; ret");
CODE(do_sldt, "sldt %eax; ret");
CODE(do_str, "str %eax; ret");
CODE(do_smsw, "smsw %eax; ret");
CODE(do_invpcid, "sub $16, %rsp; xor %eax, %eax; invpcid (%rsp), %rax; add $16, %rsp; ret");
CODE(do_stac, "stac; ret");
CODE(do_clac, "clac; ret");

TEST(ring_0_only) {
    static const char *const code[] = {
        do_hlt,   do_cli,   do_sti,      do_in,     do_out,      do_in_wide, do_lgdt,   do_lidt,     do_lldt,   do_ltr,
        do_lmsw,  do_clts,  do_from_cr0, do_to_cr0, do_from_cr2, do_to_cr3,  do_to_cr4, do_from_cr8, do_to_cr8, do_from_dr,
        do_to_dr, do_rdmsr, do_wrmsr,    do_invlpg, do_invd,     do_wbinvd,  do_swapgs, do_invpcid,
    };
    for (unsigned i = 0; i < countof(code); i++) {
        if (code[i] == do_invpcid && !(cpuid(7, 0, EBX) & 1 << 10)) continue;
        unsigned got = user(code[i], 0);
        IS(got | i << 8, GP | i << 8);
        IS(caught.error, 0);
    }
    IS(user(do_sysexit, 0), GP);
    IS(user(do_rdpmc, 0), GP);
    IS(user(do_stac, 0), UD);
    IS(user(do_clac, 0), UD);
}

TEST(tsd) {
    IS(user(do_rdtsc, 0), NOTHING);
    set_cr4(cr4() | CR4_TSD);
    IS(user(do_rdtsc, 0), GP);
    IS(run(do_rdtsc, 0), NOTHING);
}

TEST(umip) {
    static const char *const code[] = {do_sgdt, do_sidt, do_sldt, do_str, do_smsw};
    for (unsigned i = 0; i < countof(code); i++) IS(user(code[i], 0), NOTHING);
    if (!(cpuid(7, 0, ECX) & 1 << 2)) kit_skip("no UMIP");
    set_cr4(cr4() | CR4_UMIP);
    for (unsigned i = 0; i < countof(code); i++) {
        IS(user(code[i], 0), GP);
        IS(run(code[i], 0), NOTHING);
    }
}

// ---- IOPL, the I/O bitmap, POPF

#define AT_IOPL(n) ((ureg)(n) << 12 | 2)
CODE(set_all_flags, "push %rdi; popf; pushf; pop %rdi; int $0x80");

TEST(iopl) {
    IS(user_at(UCODE, user_address(do_in), AT_IOPL(2), 0), GP);
    IS(user_at(UCODE, user_address(do_in), AT_IOPL(3), 0), NOTHING);
    IS(user_at(UCODE, user_address(do_cli), AT_IOPL(3), 0), NOTHING);
    IS(user_at(UCODE, user_address(do_hlt), AT_IOPL(3), 0), GP);
}

TEST(popf_in_ring_3) {
    // IOPL never changes; IF only when CPL <= IOPL. `all`: but TF (it would trap), VM, RF, VIF and VIP.
    const u64 all = 0x247ed7;
    IS(user(set_all_flags, all), NOTHING);
    IS(caught.f.di, all & ~(u64)(FL_IOPL | FL_IF));
    IS(user_at(UCODE, user_address(set_all_flags), AT_IOPL(3), all & ~(u64)FL_IOPL), NOTHING);
    IS(caught.f.di, all);
    IS(user_at(UCODE, user_address(set_all_flags), AT_IOPL(3) | FL_IF, 2), NOTHING);
    IS(caught.f.di, 0x3002);
}

CODE(in_byte, "mov %edi, %edx; in %dx, %al; ret");
CODE(in_word, "mov %edi, %edx; in %dx, %ax; ret");
CODE(in_long, "mov %edi, %edx; in %dx, %eax; ret");
TEST(io_bitmap) {
    tss.io_map = offsetof(struct tss, io);
    memset(tss.io, 0xff, sizeof tss.io);
    memset(tss.io_end, 0xff, sizeof tss.io_end);
    tss.io[0x80 / 8] = 0xfe; // 0x80 alone
    IS(user(in_byte, 0x80), NOTHING);
    IS(user(in_byte, 0x81), GP);
    IS(caught.error, 0);
    IS(user(in_word, 0x80), GP);
    IS(user(in_word, 0x7f), GP);
    tss.io[0x80 / 8] = 0xf0; // 0x80..0x83
    IS(user(in_long, 0x80), NOTHING);
    IS(user(in_long, 0x81), GP);
    tss.io[0x87 / 8] = 0x7f, tss.io[0x88 / 8] = 0xfe; // 0x87, 0x88: a word across bytes of the map
    IS(user(in_word, 0x87), NOTHING);
    tss.io[0xffff / 8] = 0; // the last port needs the byte behind the map
    IS(user(in_byte, 0xffff), NOTHING);
    set_tss(SEL_TSS, &tss, offsetof(struct tss, io) + 0x80 / 8, 9); // the limit ends in the map's byte for 0x80
    asm volatile("ltr %w0" ::"r"(SEL_TSS));
    IS(user(in_byte, 0x80), GP); // two bytes are read, always
}

// ---- interrupts from ring 3

CODE(int_0x41, "int $0x41; ret");
TEST(stack_of_the_tss) {
    static u8 inner[4096] __attribute__((aligned(16)));
    tss.rsp[0] = (u64)inner + sizeof inner - 8; // aligned down before the frame is pushed
    set_gate(0x41, 3, 0);
    IS(user(int_0x41, 0), 0x41);
    IS(caught.f.cs, SEL_UCODE64);
    IS(caught.f.ss, SEL_UDATA);
    u64 *top = (u64 *)(void *)(inner + sizeof inner - 16);
    IS(top[-1], SEL_UDATA);
    IS(top[-2], caught.f.sp);
    IS(top[-4], SEL_UCODE64);
    IS(top[-5], user_address(int_0x41) + 2);
    set_gate(0x41, 3, 3);
    static u8 third[4096] __attribute__((aligned(16)));
    tss.ist[2] = (u64)third + sizeof third;
    IS(user(int_0x41, 0), 0x41);
    IS(((u64 *)(void *)(third + sizeof third))[-1], SEL_UDATA);
    memset(third, 0, sizeof third);
    IS(run(int_0x41, 0), 0x41); // IST also without a change of rings
    IS(((u64 *)(void *)(third + sizeof third))[-1], SEL_DATA);
    tss.ist[2] = 0x800000001000;
    IS(run(int_0x41, 0), SS);
    IS(caught.error, 0);
}

static ureg seen_flags, seen_cs;
static bool note_flags(struct frame *f) {
    seen_flags = flags();
    asm volatile("mov %%cs, %0" : "=r"(seen_cs));
    return true;
}
TEST(interrupt_and_trap_gates) {
    extern const char vectors[];
    hooks[0x41] = note_flags;
    set_gate(0x41, 3, 0);
    IS(user_at(UCODE, user_address(int_0x41), FL_IF | 2, 0), NOTHING);
    IS(seen_flags & FL_IF, 0);
    IS(seen_cs, SEL_CODE);
    set_gate_to(0x41, SEL_CODE, (ureg)vectors + 16 * 0x41, 0xef, 0);
    IS(user_at(UCODE, user_address(int_0x41), FL_IF | 2, 0), NOTHING);
    IS(seen_flags & FL_IF, FL_IF);
}

// ---- IRET

CODE(iret_to, "mov %rdi, %rsp; iretq");
static bool sp_is_frame;
static unsigned iret(u64 rip, u64 cs, u64 fl, u64 ss) {
    static u64 room[64];
    room[40] = rip, room[41] = cs, room[42] = fl, room[44] = ss;
    room[43] = ss == SEL_UDATA ? user_address(&room[36]) : (u64)&room[36];
    sp_is_frame = false;
    unsigned v = run(iret_to, (ureg)&room[40]);
    sp_is_frame = caught.f.sp == (u64)&room[40];
    return v;
}
CODE(int_0x80, "int $0x80");
CODE(iret_nested, "pushf; orl $0x4000, (%rsp); popf; iretq");
TEST(iret) {
    u64 to = user_address(int_0x80);
    IS(iret(to, SEL_UCODE64, 2, SEL_UDATA), NOTHING);
    IS(caught.f.cs, SEL_UCODE64);
    IS(iret(to, SEL_UCODE64, 2, SEL_DATA), GP);
    IS(caught.error, SEL_DATA);
    HOLDS(sp_is_frame); // nothing changed
    IS(iret(to, SEL_UCODE64, 2, 0), GP);
    IS(caught.error, 0);
    IS(iret(to, SEL_UDATA, 2, SEL_UDATA), GP);
    IS(caught.error, SEL_UDATA & ~3);
    IS(iret(to, SEL_UCODE64 & ~3, 2, SEL_DATA), GP); // DPL 3 code at RPL 0
    IS(caught.error, SEL_UCODE64 & ~3);
    IS(iret(to, 0, 2, SEL_DATA), GP);
    IS(caught.error, 0);
    IS(iret(0x800000000000, SEL_CODE, 2, SEL_DATA), GP);
    IS(caught.error, 0);
    IS(iret((u64)int_0x80, SEL_CODE, 2, 0), NOTHING);                // a null SS is fine in ring 0
    IS(iret((u64)int_0x80, SEL_CODE, FL_VM | 2, SEL_DATA), NOTHING); // VM is ignored
    IS(caught.f.flags & FL_VM, 0);
    IS(run(iret_nested, 0), GP); // NT in long mode
    IS(caught.error, 0);
}

// Data segments that ring 3 may not see are null after the return.
CODE(read_fs_gs, "mov %fs, %esi; mov %gs, %edi; int $0x80");
TEST(iret_nulls_segments) {
    asm volatile("mov %0, %%fs\n mov %1, %%gs" ::"r"(SEL_DATA), "r"(SEL_UDATA));
    IS(user(read_fs_gs, 0), NOTHING);
    IS(caught.f.si, 0);
    IS(caught.f.di, SEL_UDATA);
}

// ---- SYSCALL and SYSRET

CODE(syscall_here, "syscall\nsyscall_after: ret");
LABEL(syscall_after);
// What SYSCALL leads to: notes registers, goes back.
struct entry_notes {
    u64 rcx, r11, cs, ss, flags, rsp;
};
static struct entry_notes notes __attribute__((used));
CODE(syscall_entry, "mov %rcx, notes(%rip); mov %r11, notes+8(%rip); mov %cs, %eax; mov %rax, notes+16(%rip);"
                    "mov %ss, %eax; mov %rax, notes+24(%rip); mov %rsp, notes+40(%rip);"
                    "mov jump_top(%rip), %rsp; pushf; pop notes+32(%rip); sub $4096, %rsp;"
                    "mov notes+40(%rip), %rsp; sysretq");
static void syscall_setup(void) {
    wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_SCE);
    wrmsr(MSR_STAR, (u64)(SEL_UDATA - 8) << 48 | (u64)SEL_CODE << 32);
    wrmsr(MSR_LSTAR, (u64)syscall_entry);
    wrmsr(MSR_FMASK, FL_IF | FL_TF | FL_DF | FL_AC | FL_ZF);
}
TEST(syscall) {
    IS(user(syscall_here, 0), UD); // EFER.SCE is 0
    syscall_setup();
    u64 fl = FL_IF | FL_DF | FL_ZF | FL_CF | 2;
    IS(user_at(UCODE, user_address(syscall_here), fl, 0), NOTHING);
    IS(notes.rcx, user_address(syscall_after));
    IS(notes.r11, fl);
    IS(notes.cs, SEL_CODE);
    IS(notes.ss, SEL_DATA);
    IS(notes.flags, FL_CF | 2);
    IS(caught.f.cs, SEL_UCODE64);
    IS(caught.f.ss, SEL_UDATA);
    IS(caught.f.flags & 0x3f7fd7, fl);
    set_gate(DB, 0, 0);
    IS(user_at(UCODE, user_address(syscall_here), FL_TF | 2, 0), DB);
    IS(caught.f.cs, SEL_UCODE64); // the kernel is not stepped: FMASK holds TF
}

CODE(sysret_bad, "mov %rdi, %rcx; mov $2, %r11d; sysretq");
CODE(sysret_32, "mov %rdi, %rcx; mov $2, %r11d; mov %rsp, %rsi; sysretl");
TEST(sysret) {
    syscall_setup();
    IS(run(sysret_bad, 0x800000000000), GP); // in ring 0, the manual's way
    IS(caught.error, 0);
    IS(caught.f.cs, SEL_CODE);
    IS(user(sysret_bad, 0), GP);
    // SYSRET to compatibility mode: CS is the base itself. INT 0x80 in a page below 4 GiB that ring 3 can reach.
    u8 *code = page();
    code[0] = 0xcd, code[1] = 0x80;
    *entry((u64)code, 2) |= U, pml4[0] |= U;
    *entry((u64)code, 3) |= U;
    set_cr3(cr3());
    IS(run(sysret_32, (u64)code), NOTHING);
    IS(caught.f.cs, SEL_UCODE32);
    IS(caught.ip, (u64)code + 2);
    *entry((u64)code, 2) &= ~(u64)U, *entry((u64)code, 3) &= ~(u64)U;
}

// ---- SYSENTER and SYSEXIT

CODE(sysenter_here, "mov %rsp, %rcx; lea 1f(%rip), %rdx; sysenter\n1: ret");
CODE(sysenter_entry, "mov %cs, %eax; mov %rax, notes+16(%rip); mov %ss, %eax; mov %rax, notes+24(%rip);"
                     "mov %rsp, notes+40(%rip); pushf; pop notes+32(%rip); sysexitq");
TEST(sysenter) {
    static u8 stack[1024] __attribute__((aligned(16)));
    wrmsr(MSR_SYSENTER_CS, 0);
    IS(user(sysenter_here, 0), GP);
    IS(caught.error, 0);
    wrmsr(MSR_SYSENTER_CS, SEL_CODE);
    wrmsr(MSR_SYSENTER_ESP, (u64)stack + sizeof stack);
    wrmsr(MSR_SYSENTER_EIP, (u64)sysenter_entry);
    IS(user_at(UCODE, user_address(sysenter_here), FL_IF | FL_CF | 2, 0), NOTHING);
    IS(notes.cs, SEL_CODE);
    IS(notes.ss, SEL_DATA);
    IS(notes.rsp, (u64)stack + sizeof stack);
    IS(notes.flags & (FL_IF | FL_CF), FL_CF);
    IS(caught.f.cs, SEL_UCODE64);
    IS(caught.f.ss, SEL_UDATA2);
}

// ---- SWAPGS, FS and GS bases

CODE(swap, "swapgs; ret");
CODE(load_gs_0, "mov %gs:0, %rax; ret");
CODE(rdgsbase, "rdgsbase %rax; ret");
TEST(swapgs) {
    u64 *a = page(), *b = page();
    a[0] = 1, b[0] = 2;
    wrmsr(MSR_GS_BASE, (u64)a);
    wrmsr(MSR_KERNEL_GS_BASE, (u64)b);
    IS(((u64 (*)(void))load_gs_0)(), 1);
    run(swap, 0);
    IS(((u64 (*)(void))load_gs_0)(), 2);
    IS(rdmsr(MSR_KERNEL_GS_BASE), (u64)a);
    IS(run(rdgsbase, 0), UD);
    if (cpuid(7, 0, EBX) & 1) {
        set_cr4(cr4() | CR4_FSGSBASE);
        IS(((u64 (*)(void))rdgsbase)(), (u64)b);
    }
    asm volatile("mov %0, %%gs" ::"r"(SEL_DATA)); // a load of the selector sets the base from the descriptor
    IS(rdmsr(MSR_GS_BASE), 0);
}

// ---- call gates

// A 64-bit call gate (16 bytes) at SEL_FREE.
static void call_gate(unsigned selector, u64 target, unsigned dpl) {
    gdt[SEL_FREE / 8] = (target & 0xffff) | (u64)selector << 16 | (u64)(0x8c | dpl << 5) << 40 | (target >> 16 & 0xffff) << 48;
    gdt[SEL_FREE / 8 + 1] = target >> 32;
}
CODE(call_gate_here, "movl $0x63, -4(%rsp); movl $0, -8(%rsp); lcall *-8(%rsp)\ncall_gate_after: ret");
LABEL(call_gate_after);
CODE(gate_target,
     "mov %cs, %eax; mov %rax, notes+16(%rip); mov %ss, %eax; mov %rax, notes+24(%rip);"
     "mov %rsp, notes+40(%rip); mov (%rsp), %rax; mov %rax, notes(%rip); mov 24(%rsp), %rax; mov %rax, notes+8(%rip); lretq");
TEST(call_gates) {
    call_gate(SEL_CODE, (u64)gate_target, 3);
    IS(user(call_gate_here, 0), NOTHING);
    IS(notes.cs, SEL_CODE);
    IS(notes.ss, 0); // null, with the new CPL
    IS(notes.rsp, tss.rsp[0] - 32);
    IS(notes.rcx, user_address(call_gate_after));
    IS(notes.r11, SEL_UDATA);
    IS(caught.f.cs, SEL_UCODE64);
    IS(run(call_gate_here, 0), NOTHING); // no change of rings: only CS and RIP are pushed
    IS(notes.ss, SEL_DATA);
    call_gate(SEL_CODE, (u64)gate_target, 0);
    IS(user(call_gate_here, 0), GP);
    IS(caught.error, SEL_FREE);
    call_gate(SEL_CODE32, (u64)gate_target, 3);
    IS(user(call_gate_here, 0), GP);
    IS(caught.error, SEL_CODE32);
    call_gate(SEL_CODE, 0x800000000000, 3);
    IS(user(call_gate_here, 0), GP);
    call_gate(SEL_CODE, (u64)gate_target, 3);
    gdt[SEL_FREE / 8] &= ~((u64)0x80 << 40);
    IS(user(call_gate_here, 0), NP);
    IS(caught.error, SEL_FREE);
    gdt[SEL_FREE / 8] = gdt[SEL_FREE / 8] | (u64)0x80 << 40;
    gdt[SEL_FREE / 8 + 1] |= (u64)0x1f << 40; // the upper half's type must be 0
    IS(user(call_gate_here, 0), GP);
    IS(caught.error, SEL_FREE);
}

// ---- questions about descriptors

CODE(do_lar, "xor %eax, %eax; lar %edi, %eax; jz 1f; mov $0xffffffff, %eax\n1: ret");
CODE(do_lsl, "xor %eax, %eax; lsl %edi, %eax; jz 1f; mov $0xffffffff, %eax\n1: ret");
CODE(do_verr, "verr %di; mov $0, %eax; setz %al; ret");
CODE(do_verw, "verw %di; mov $0, %eax; setz %al; ret");
CODE(do_lar_in_3, "xor %eax, %eax; lar %edi, %eax; jz 1f; mov $0xffffffff, %eax\n1: int $0x80");
static u32 ask(const char *code, u32 selector) { return ((u32 (*)(u64))code)(selector); }
TEST(lar_lsl_verr_verw) {
    IS(ask(do_lar, SEL_CODE) & 0xf0ff00, 0xa09b00); // bits 16..19 are undefined
    IS(ask(do_lar, SEL_UDATA) & 0xf0ff00, 0xc0f300);
    IS(ask(do_lsl, SEL_DATA), 0xffffffff);
    IS(ask(do_lsl, SEL_TSS), TSS_LIMIT);
    IS(ask(do_lar, 0), 0xffffffff);
    IS(ask(do_lar, 0x1000), 0xffffffff);
    IS(ask(do_verr, SEL_CODE), 1);
    IS(ask(do_verw, SEL_CODE), 0);
    IS(ask(do_verw, SEL_DATA), 1);
    IS(ask(do_verr, SEL_TSS), 0);
    call_gate(SEL_CODE, 0x1234, 3);
    IS(ask(do_lar, SEL_FREE) & 0xff00, 0xec00);
    IS(ask(do_lsl, SEL_FREE), 0xffffffff);
    user(do_lar_in_3, SEL_DATA);
    IS(caught.f.ax & 0xffffffff, 0xffffffff);
    user(do_lar_in_3, SEL_UDATA);
    IS(caught.f.ax & 0xf0ff00, 0xc0f300);
}

CODE(ltr_di, "ltr %di; ret");
CODE(lldt_di, "lldt %di; ret");
CODE(load_es, "mov %edi, %es; ret");
TEST(ltr_and_lldt) {
    IS(run(ltr_di, SEL_TSS), GP); // busy
    IS(caught.error, SEL_TSS);
    IS(run(ltr_di, 0), GP);
    IS(run(ltr_di, SEL_DATA), GP);
    IS(run(lldt_di, SEL_DATA), GP);
    IS(caught.error, SEL_DATA);
    IS(run(lldt_di, 0), NOTHING);
    IS(run(lldt_di, 4), GP);
    static u64 ldt[2];
    ldt[1] = descriptor(0, 0xfffff, 0xc093);
    set_tss(SEL_FREE, ldt, 15, 2);
    IS(run(lldt_di, SEL_FREE), NOTHING);
    IS(run(load_es, 8 | 4), NOTHING);
    IS(run(load_es, 16 | 4), GP);
    IS(caught.error, 16 | 4);
    gdt[SEL_FREE / 8] &= ~((u64)0x80 << 40);
    IS(run(lldt_di, SEL_FREE), NP);
    IS(caught.error, SEL_FREE);
}
