// SPDX-License-Identifier: MIT
// The corners of SYSCALL, SYSRET, SYSENTER and SYSEXIT: selectors, flags, addresses that are not canonical, and the trap flag (SDM
// 2B; 3A 5.8.7, 5.8.8). What they do as a rule is in privilege.c.
#include "kit.h"

#define MSR_CSTAR 0xc0000083

static struct {
    u64 rcx, r11, cs, ss, flags, rsp;
} notes __attribute__((used));

CODE(syscall_here, "mov %rsp, %rsi; syscall\nsyscall_after: nop\nsyscall_after_1: ret");
LABEL(syscall_after);
LABEL(syscall_after_1);
#define NOTE_ENTRY                                                                                                               \
    "mov %rcx, notes(%rip); mov %r11, notes+8(%rip); mov %cs, %eax; mov %rax, notes+16(%rip);"                                   \
    "mov %ss, %eax; mov %rax, notes+24(%rip); mov %rsp, notes+40(%rip); mov jump_top(%rip), %rsp; lea -4096(%rsp), %rsp;"        \
    "pushf; pop notes+32(%rip);"
CODE(syscall_entry, NOTE_ENTRY "mov notes+40(%rip), %rsp; sysretq");
CODE(syscall_stop, NOTE_ENTRY "int $0x80");
// Goes back with R11 as arg2 says: r11 is kept in RDX over SYSCALL.
CODE(syscall_change, "mov %rdx, %r11; sysretq");

static void setup(const char *entry_point, u64 mask) {
    wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_SCE);
    wrmsr(MSR_STAR, (u64)(SEL_UDATA - 8) << 48 | (u64)SEL_CODE << 32);
    wrmsr(MSR_LSTAR, (u64)entry_point);
    wrmsr(MSR_FMASK, mask);
}

TEST(star_selectors) { // RPL bits are not taken from STAR; no descriptor is read
    setup(syscall_entry, FL_IF | FL_TF);
    for (unsigned rpl = 0; rpl < 4; rpl++) {
        wrmsr(MSR_STAR, (u64)(SEL_UCODE32 - 3 + rpl) << 48 | (u64)(SEL_CODE | rpl) << 32 | 0x12345678);
        IS(user(syscall_here, 0), NOTHING);
        IS(notes.cs, SEL_CODE);
        IS(notes.ss & ~(u64)3, SEL_DATA);
        IS(caught.f.cs, SEL_UCODE64);
        IS(caught.f.ss, SEL_UDATA);
    }
    setup(syscall_stop, 0);
    wrmsr(MSR_STAR, (u64)0x1000 << 32);
    IS(user(syscall_here, 0), NOTHING); // INT 0x80 by ring 0, on segments that the GDT does not have
    IS(notes.cs, 0x1000);
    IS(notes.ss, 0x1008);
    IS(caught.f.cs, 0x1000);
}

TEST(mask) { // exactly the flags that FMASK names
    const u64 flags = FL_CF | FL_ZF | FL_IF | FL_DF | FL_AC | FL_ID | 2;
    static const u64 masks[] = {0, FL_CF, FL_ZF, FL_IF, FL_DF, FL_AC, FL_ID, 0xffffffff};
    for (unsigned i = 0; i < countof(masks); i++) {
        setup(syscall_stop, masks[i]);
        IS(user_at(UCODE, user_address(syscall_here), flags, 0), NOTHING);
        IS(notes.r11, flags);
        IS(notes.flags, (flags & ~masks[i]) | 2);
        IS(notes.rcx, user_address(syscall_after));
    }
}

CODE(syscall_in_0, "mov %rsp, %rsi; syscall; ret");
TEST(from_ring_0) {
    setup(syscall_stop, 0);
    IS(run(syscall_in_0, 0), NOTHING);
    IS(notes.cs, SEL_CODE);
    IS(notes.rcx, (u64)syscall_in_0 + 5);
}

TEST(denied_without_sce) {
    setup(syscall_entry, 0);
    wrmsr(MSR_EFER, rdmsr(MSR_EFER) & ~(u64)EFER_SCE);
    IS(user(syscall_here, 0), UD);
    IS(run(syscall_change, 0), UD);
    IS(user(syscall_change, 0), UD); // before the ring is looked at
    setup(syscall_entry, 0);
    IS(user(syscall_change, 0), GP);
    IS(caught.error, 0);
}

// ---- SYSRET's way back

CODE(sysret_to, "mov %rdi, %rcx; mov %rdx, %r11; mov notes+40(%rip), %rsp\nsysret_at: sysretq");
LABEL(sysret_at);
CODE(sysret_to_32, "mov %rdi, %rcx; mov %rdx, %r11; mov notes+40(%rip), %rsp; sysretl");
CODE(int_0x80, "int $0x80\nint_0x80_after: nop");
LABEL(int_0x80_after);
static ureg want_flags __attribute__((used));
CODE(sysret_flags, "mov want_flags(%rip), %rdx; jmp sysret_to");
static u8 user_room[4096] __attribute__((aligned(16)));
static unsigned back(u64 rip, u64 r11) {
    notes.rsp = user_address(user_room + 2048);
    want_flags = r11;
    return run(sysret_flags, rip);
}

TEST(flags_of_sysret) {
    setup(syscall_entry, 0);
    u64 to = user_address(int_0x80);
    static const u64 kept[] = {FL_CF, FL_ZF, FL_IF, FL_DF, FL_IOPL, FL_NT, FL_AC, FL_VIF, FL_VIP, FL_ID};
    for (unsigned i = 0; i < countof(kept); i++) {
        IS(back(to, kept[i]), NOTHING);
        IS(caught.f.flags, kept[i] | 2);
    }
    IS(back(to, ~(u64)FL_TF & ~(u64)FL_NT), NOTHING);
    IS(caught.f.flags, 0x3c3ed7); // neither RF nor VM nor what is reserved
    IS(caught.f.cs, SEL_UCODE64);
    // RF does not come back: a breakpoint there is met.
    set_dr0(to);
    set_dr7(0x401);
    IS(back(to, FL_RF), DB);
    IS(caught.ip, to);
}

TEST(addresses_of_sysret) {
    setup(syscall_entry, 0);
    static const u64 bad[] = {0x800000000000, 0xffff7fffffffffff, 0x8000000000000000, 0x7fff800000000000};
    for (unsigned i = 0; i < countof(bad); i++) {
        IS(back(bad[i], 2), GP);
        IS(caught.error, 0);
        IS(caught.f.cs, SEL_CODE);
        IS(caught.f.ss, SEL_DATA);
        IS(caught.ip, (u64)sysret_at);
        IS(caught.f.sp, user_address(user_room + 2048)); // on the user's stack, as ring 0
    }
    IS(back(0x7fffffffffff, 2), PF); // the last that is canonical; nothing is there
    IS(caught.f.cs, SEL_UCODE64);
    IS(caught.ip, 0x7fffffffffff);
    IS(back(0xffff800000000000, 2), PF);
    IS(caught.ip, 0xffff800000000000);
    // To compatibility mode RCX is cut to 32 bits.
    notes.rsp = 0x1000;
    IS(run(sysret_to_32, 0x8000000000), PF);
    IS(caught.ip, 0);
    IS(caught.f.cs, SEL_UCODE32);
    IS(caught.f.ss, SEL_UDATA);
}

// ---- the trap flag is looked at when they have completed, not before

static unsigned steps;
static ureg step_ip[8], step_cs[8];
static bool note_step(struct frame *f) {
    if (steps < countof(step_ip)) step_ip[steps] = f->ip, step_cs[steps] = f->cs;
    steps++;
    set_dr6(0xffff0ff0);
    return true;
}
TEST(step_of_sysret) {
    setup(syscall_entry, 0);
    hooks[DB] = note_step;
    steps = 0;
    IS(back(user_address(int_0x80), FL_TF | 2), NOTHING);
    IS(steps, 1);
    IS(step_ip[0], user_address(int_0x80)); // before the first instruction there
    IS(step_cs[0], SEL_UCODE64);
}
TEST(step_of_syscall) {
    hooks[DB] = note_step;
    setup(syscall_entry, FL_TF | FL_IF);
    steps = 0;
    IS(user_at(UCODE, user_address(syscall_here), FL_TF | 2, 0), NOTHING);
    // MOV; SYSCALL is not stepped, but SYSRET is; NOP; RET to INT 0x80.
    IS(steps, 4);
    IS(step_ip[0], user_address(syscall_here) + 3);
    IS(step_ip[1], user_address(syscall_after));
    IS(step_ip[2], user_address(syscall_after_1));
    setup(syscall_stop, FL_IF);
    set_gate(DB, 0, 1); // ring 0 is stepped on the user's stack
    steps = 0;
    IS(user_at(UCODE, user_address(syscall_here), FL_TF | 2, 0), NOTHING);
    IS(step_ip[1], (u64)syscall_stop); // TF stays: at once
    IS(step_cs[1], SEL_CODE);
}

// ---- SYSENTER and SYSEXIT

CODE(sysenter_here, "mov %rsp, %rcx; lea 1f(%rip), %rdx; sysenter\n1: ret");
CODE(sysenter_stop, "mov %cs, %eax; mov %rax, notes+16(%rip); mov %ss, %eax; mov %rax, notes+24(%rip); mov %rsp, notes+40(%rip);"
                    "pushf; pop notes+32(%rip); int $0x80");
CODE(sysexit_to, "mov %rdi, %rdx; mov notes+40(%rip), %rcx; sysexitq");
CODE(sysexit_to_32, "mov %rdi, %rdx; mov notes+40(%rip), %rcx; sysexitl");
static u8 stack[4096] __attribute__((aligned(16)));
static void setup_enter(unsigned cs) {
    wrmsr(MSR_SYSENTER_CS, cs);
    wrmsr(MSR_SYSENTER_ESP, (u64)stack + sizeof stack);
    wrmsr(MSR_SYSENTER_EIP, (u64)sysenter_stop);
}
TEST(sysenter_selectors) {
    for (unsigned rpl = 0; rpl < 4; rpl++) {
        setup_enter(rpl);
        IS(user(sysenter_here, 0), GP); // null
        IS(caught.error, 0);
        setup_enter(SEL_CODE | rpl);
        IS(user_at(UCODE, user_address(sysenter_here), FL_IF | FL_DF | FL_AC | 2, 0), NOTHING);
        IS(notes.cs, SEL_CODE);
        IS(notes.ss, SEL_DATA);
        IS(notes.rsp, (u64)stack + sizeof stack);
        IS(notes.flags, FL_DF | FL_AC | 2); // IF goes, the others stay
    }
    IS(run(sysenter_here, 0), NOTHING); // from ring 0, too
    IS(notes.cs, SEL_CODE);
}
TEST(step_of_sysenter) { // it does not clear TF, and traps in ring 0
    setup_enter(SEL_CODE);
    hooks[DB] = note_step;
    set_gate(DB, 0, 1);
    steps = 0;
    IS(user_at(UCODE, user_address(sysenter_here), FL_TF | 2, 0), NOTHING);
    IS(step_ip[2], (u64)sysenter_stop);
    IS(step_cs[2], SEL_CODE);
}
TEST(addresses_of_sysexit) {
    setup_enter(0);
    notes.rsp = user_address(user_room + 2048);
    u64 to = user_address(int_0x80);
    IS(run(sysexit_to, to), GP);
    setup_enter(SEL_CODE);
    IS(run(sysexit_to, to), NOTHING);
    IS(caught.f.cs, SEL_UCODE64);
    IS(caught.f.ss, SEL_UDATA2);
    IS(caught.f.sp, notes.rsp);
    IS(caught.ip, (u64)int_0x80_after + user_alias);
    IS(run(sysexit_to, 0x800000000000), GP);
    IS(caught.error, 0);
    IS(caught.f.cs, SEL_CODE);
    notes.rsp = 0x800000000000;
    IS(run(sysexit_to, to), GP);
    IS(run(sysexit_to_32, 0x8000000000), PF); // 32 bits of each
    IS(caught.ip, 0);
    IS(caught.f.cs, SEL_UCODE32);
    IS(caught.f.ss, SEL_UDATA);
    IS(caught.f.sp, 0);
}

// ---- in compatibility mode

static struct {
    u32 ip, cs;
} far_pointer __attribute__((used));
#define IN_COMPAT(name, text)                                                                                                    \
    CODE(name,                                                                                                                   \
         "push %rbx; mov %rsp, %rbx; movl $0x38, 4+far_pointer; movl $1f, far_pointer; lcall *far_pointer; mov %rbx, %rsp;"      \
         "pop %rbx; ret\n.code32\n1: " text "; lret\n.code64")
IN_COMPAT(sysret_in_compat, "sysret");
IN_COMPAT(sysenter_in_compat, "sysenter");
TEST(compatibility_mode) {
    setup(syscall_entry, 0);
    IS(run(sysret_in_compat, 0), UD);
    setup_enter(SEL_CODE);
    IS(run(sysenter_in_compat, 0), NOTHING); // leads to 64-bit mode all the same
    IS(notes.rsp, (u64)stack + sizeof stack);
    IS(notes.cs, SEL_CODE);
}
