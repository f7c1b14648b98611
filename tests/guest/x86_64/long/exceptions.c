// SPDX-License-Identifier: MIT
// Each exception: its vector, error code and saved RIP; double faults; single-stepping and breakpoints (SDM 3A 6.15, 17).
#include "kit.h"

CODE(just_return, "ret");

// `before`, then the instruction that faults, with labels at it and after it.
#define FAULT(name, before, text)                                                                                                \
    CODE(name, before "\n" #name "_at: " text "\n" #name "_after: ret");                                                         \
    LABEL(name##_at);                                                                                                            \
    LABEL(name##_after)
#define EXPECT(name, v, e) IS(run(name, 0), v), IS(caught.error, e), IS(caught.ip, (ureg)name##_at)

FAULT(divide_by_zero, "xor %ecx, %ecx; mov $1, %eax", "div %ecx");
FAULT(divide_too_large, "mov $1, %edx; mov $1, %ecx; xor %eax, %eax", "div %ecx");
FAULT(idiv_too_large, "mov $0x80000000, %eax; cltd; mov $-1, %ecx", "idiv %ecx");
FAULT(divide_in_memory, "push $0; push $1; pop %rax; cqo", "idivq (%rsp)");
TEST(divide_error) {
    EXPECT(divide_by_zero, DE, 0);
    EXPECT(divide_too_large, DE, 0);
    EXPECT(idiv_too_large, DE, 0);
    EXPECT(divide_in_memory, DE, 0);
}

FAULT(int3, "", "int3");
FAULT(int1, "", ".byte 0xf1");
FAULT(int_bp, "", "int $3");
FAULT(int_0x40, "", "int $0x40");
TEST(traps_point_behind) {
    IS(run(int3, 0), BP);
    IS(caught.ip, (ureg)int3_after);
    IS(run(int_bp, 0), BP);
    IS(caught.ip, (ureg)int_bp_after);
    IS(run(int1, 0), DB);
    IS(caught.ip, (ureg)int1_after);
    IS(caught.dr6 & 0xe00f, 0);
    IS(run(int_0x40, 0), 0x40);
    IS(caught.ip, (ureg)int_0x40_after);
}

TEST(software_interrupts_need_dpl) {
    IS(user(int3, 0), GP);
    IS(caught.error, BP << 3 | 2);
    IS(caught.ip, user_address(int3_at));
    IS(user(int_0x40, 0), GP);
    IS(caught.error, 0x40 << 3 | 2);
    IS(user(int1, 0), DB); // INT1 asks no DPL
    set_gate(BP, 3, 0);
    IS(user(int3, 0), BP);
    IS(caught.f.cs, SEL_UCODE64);
    IS(caught.f.ss, SEL_UDATA);
}

TEST(idt_limit_and_gates) {
    struct __attribute__((packed)) {
        u16 limit;
        u64 base;
    } t;
    asm volatile("sidt %0" : "=m"(t));
    t.limit = 0x40 * 16 + 14;
    asm volatile("lidt %0" ::"m"(t));
    IS(run(int_0x40, 0), GP);
    IS(caught.error, 0x40 << 3 | 2);
    IS(caught.ip, (ureg)int_0x40_at);
    t.limit = 0x40 * 16 + 15;
    asm volatile("lidt %0" ::"m"(t));
    IS(run(int_0x40, 0), 0x40);
    set_gate_to(0x40, SEL_CODE, (ureg)just_return, 0x0e, 0); // not present
    IS(run(int_0x40, 0), NP);
    IS(caught.error, 0x40 << 3 | 2);
    set_gate_to(0x40, SEL_CODE, (ureg)just_return, 0x85, 0); // a task gate: none in long mode
    IS(run(int_0x40, 0), GP);
    IS(caught.error, 0x40 << 3 | 2);
    set_gate_to(0x40, 0, (ureg)just_return, 0x8e, 0);
    IS(run(int_0x40, 0), GP);
    IS(caught.error, 0);
    set_gate_to(0x40, SEL_DATA, (ureg)just_return, 0x8e, 0);
    IS(run(int_0x40, 0), GP);
    IS(caught.error, SEL_DATA);
    set_gate_to(0x40, SEL_CODE32, (ureg)just_return, 0x8e, 0); // L is 0
    IS(run(int_0x40, 0), GP);
    IS(caught.error, SEL_CODE32);
    set_gate_to(0x40, 0x1000, (ureg)just_return, 0x8e, 0); // beyond the GDT
    IS(run(int_0x40, 0), GP);
    IS(caught.error, 0x1000);
    set_gate_to(0x40, SEL_CODE, 0x800000000000, 0x8e, 0); // not canonical
    IS(run(int_0x40, 0), GP);
    IS(caught.error, 0);
}

// ---- #UD

FAULT(ud2, "", "ud2");
FAULT(ud1, "", "ud1 %eax, %eax");
FAULT(push_es, "", ".byte 0x06");
FAULT(aaa, "", ".byte 0x37");
FAULT(into, "", ".byte 0xce");
FAULT(far_call_direct, "", ".byte 0x9a, 0, 0, 0, 0, 8, 0");
FAULT(lds_no_vex, "", ".byte 0xc5, 0xf8, 0x77"); // VZEROUPPER; CR4.OSXSAVE is 0
FAULT(lock_register, "", ".byte 0xf0, 0x01, 0xc0");
FAULT(lock_mov, "lea -64(%rsp), %rdx", ".byte 0xf0, 0x89, 0x02");
FAULT(lock_nop, "", ".byte 0xf0, 0x90");
FAULT(lock_cmp, "lea -64(%rsp), %rdx", ".byte 0xf0, 0x39, 0x02");
FAULT(lock_bt, "lea -64(%rsp), %rdx", ".byte 0xf0, 0x0f, 0xa3, 0x02");
FAULT(mov_cs, "", ".byte 0x8e, 0xc8");
FAULT(mov_segment_6, "", ".byte 0x8e, 0xf0");
FAULT(mov_cr1, "", ".byte 0x0f, 0x20, 0xc8");
FAULT(mov_cr9, "", ".byte 0x44, 0x0f, 0x20, 0xc8");
FAULT(lea_register, "", ".byte 0x8d, 0xc0");
FAULT(lidt_register, "", ".byte 0x0f, 0x01, 0xda; nop");
FAULT(group_8, "", ".byte 0x0f, 0xba, 0xc0, 0x00");
FAULT(movnti_register, "", ".byte 0x0f, 0xc3, 0xc0");
FAULT(cmpxchg8b_register, "", ".byte 0x0f, 0xc7, 0xc8");
FAULT(xgetbv, "xor %ecx, %ecx", "xgetbv"); // CR4.OSXSAVE is 0
FAULT(mov_dr4, "", "mov %db4, %rax");
TEST(undefined) {
    EXPECT(ud2, UD, 0);
    EXPECT(ud1, UD, 0);
    EXPECT(push_es, UD, 0);
    EXPECT(aaa, UD, 0);
    EXPECT(into, UD, 0);
    EXPECT(far_call_direct, UD, 0);
    EXPECT(lds_no_vex, UD, 0);
    EXPECT(lock_register, UD, 0);
    EXPECT(lock_mov, UD, 0);
    EXPECT(lock_nop, UD, 0);
    EXPECT(lock_cmp, UD, 0);
    EXPECT(lock_bt, UD, 0);
    EXPECT(mov_cs, UD, 0);
    EXPECT(mov_segment_6, UD, 0);
    EXPECT(mov_cr1, UD, 0);
    EXPECT(mov_cr9, UD, 0);
    EXPECT(lea_register, UD, 0);
    EXPECT(group_8, UD, 0);
    EXPECT(movnti_register, UD, 0);
    EXPECT(cmpxchg8b_register, UD, 0);
    EXPECT(xgetbv, UD, 0);
    set_cr4(cr4() | CR4_DE);
    EXPECT(mov_dr4, UD, 0);
    set_cr4(cr4() & ~(ureg)CR4_DE);
    IS(run(mov_dr4, 0), NOTHING);
}

// What CPUID denies is undefined; what it tells works.
CODE(do_movbe, "push %rax; movbe (%rsp), %eax; pop %rax; ret");
CODE(do_popcnt, "popcnt %eax, %eax; ret");
CODE(do_crc32, "crc32b %al, %eax; ret");
CODE(do_aes, "aesenc %xmm0, %xmm0; ret");
CODE(do_pclmul, "pclmulqdq $0, %xmm0, %xmm0; ret");
CODE(do_pshufb, "pshufb %xmm0, %xmm0; ret");
CODE(do_cmpxchg16b, "push %rbx; sub $24, %rsp; and $-16, %rsp; cmpxchg16b (%rsp); mov %rbp, %rsp; ret");
CODE(do_rdrand, "rdrand %eax; ret");
CODE(do_rdseed, "rdseed %eax; ret");
CODE(do_adx, "adcx %eax, %eax; ret");
CODE(do_bmi1, "andn %eax, %eax, %eax; ret");
CODE(do_rdpid, "rdpid %rax; ret");
CODE(do_clflushopt, "push %rax; clflushopt (%rsp); pop %rax; ret");
CODE(do_clwb, "push %rax; clwb (%rsp); pop %rax; ret");
CODE(do_sha, "sha1msg2 %xmm0, %xmm0; ret");
CODE(do_monitor, "mov %rsp, %rax; xor %ecx, %ecx; xor %edx, %edx; monitor; ret");
CODE(do_rdtscp, "rdtscp; ret");
CODE(do_xtest, "xtest; ret");
CODE(do_gfni, "gf2p8mulb %xmm0, %xmm0; ret");
CODE(do_serialize, ".byte 0x0f, 0x01, 0xe8; ret");
CODE(do_sse4a, ".byte 0x66, 0x0f, 0x79, 0xc0; ret"); // EXTRQ xmm0, xmm0
CODE(do_3dnow, ".byte 0x0f, 0x0f, 0xc0, 0xb4; ret"); // PFMUL mm0, mm0
CODE(do_lahf, "lahf; ret");
CODE(do_rdpkru, "xor %ecx, %ecx; rdpkru; ret");
TEST(undefined_unless_told) {
    static const struct {
        const char *code;
        u32 leaf;
        u8 reg, bit;
    } features[] = {
        {do_movbe, 1, ECX, 22},
        {do_popcnt, 1, ECX, 23},
        {do_crc32, 1, ECX, 20},
        {do_aes, 1, ECX, 25},
        {do_pclmul, 1, ECX, 1},
        {do_pshufb, 1, ECX, 9},
        {do_rdrand, 1, ECX, 30},
        {do_rdseed, 7, EBX, 18},
        {do_adx, 7, EBX, 19},
        {do_rdpid, 7, ECX, 22},
        {do_clflushopt, 7, EBX, 23},
        {do_clwb, 7, EBX, 24},
        {do_sha, 7, EBX, 29},
        {do_monitor, 1, ECX, 3},
        {do_rdtscp, 0x80000001, EDX, 27},
        {do_xtest, 7, EBX, 11},
        {do_gfni, 7, ECX, 8},
        {do_serialize, 7, EDX, 14},
        {do_sse4a, 0x80000001, ECX, 6},
        {do_3dnow, 0x80000001, EDX, 31},
        {do_lahf, 0x80000001, ECX, 0},
        {do_bmi1, 7, EBX, 3},
    };
    for (unsigned i = 0; i < countof(features); i++) {
        bool told = cpuid(features[i].leaf, 0, features[i].reg) >> features[i].bit & 1;
        if (features[i].code == do_bmi1 && told) continue; // VEX needs OSXSAVE
        unsigned got = run(features[i].code, 0);
        IS(got == UD ? 0 : i + 1, told ? i + 1 : 0);
        IS(got == UD || got == NOTHING, true);
    }
    IS(run(do_rdpkru, 0), UD); // CR4.PKE is 0
}

// ---- x87, SSE

FAULT(x87, "", "fld1");
FAULT(mmx, "", "pxor %mm0, %mm0");
FAULT(sse, "", "xorps %xmm0, %xmm0");
FAULT(wait, "", "fwait");
TEST(device_not_available) {
    set_cr0(cr0() | CR0_TS);
    EXPECT(x87, NM, 0);
    EXPECT(mmx, NM, 0);
    EXPECT(sse, NM, 0);
    EXPECT(wait, NM, 0);
    set_cr0(cr0() & ~(ureg)CR0_MP);
    IS(run(wait, 0), NOTHING); // TS without MP
    asm volatile("clts");
    IS(run(sse, 0), NOTHING);
    IS(cr0() & CR0_TS, 0);
    set_cr0(cr0() | CR0_EM);
    EXPECT(x87, NM, 0);
    EXPECT(mmx, UD, 0);
    EXPECT(sse, UD, 0);
    set_cr0(cr0() & ~(ureg)CR0_EM);
    set_cr4(cr4() & ~(ureg)CR4_OSFXSR);
    EXPECT(sse, UD, 0);
    IS(run(mmx, 0), NOTHING);
}

FAULT(x87_error, "fninit; push $0x37b; fldcw (%rsp); pop %rax; fldz; fld1; fdiv %st(1), %st", "fld1");
FAULT(
    x87_error_waits,
    "fninit; push $0x37b; fldcw (%rsp); pop %rax; fldz; fld1; fdiv %st(1), %st; fnstsw %ax; fnclex; fld1; nop; fdiv %st(2), %st",
    "fwait");
CODE(x87_masked, "fninit; fldz; fld1; fdiv %st(1), %st; fwait; fnstsw %ax; ret");
TEST(x87_error_is_reported_at_the_next) {
    EXPECT(x87_error, MF, 0);
    EXPECT(x87_error_waits, MF, 0);
    IS(run(x87_masked, 0), NOTHING);
}

FAULT(simd_error, "push $0x1d80; ldmxcsr (%rsp); pop %rax; xorps %xmm1, %xmm1; mov $0x3f800000, %eax; movd %eax, %xmm0",
      "divss %xmm1, %xmm0");
FAULT(simd_invalid, "push $0x1f00; ldmxcsr (%rsp); pop %rax; xorps %xmm1, %xmm1", "divss %xmm1, %xmm1");
CODE(simd_usual, "push $0x1f80; ldmxcsr (%rsp); pop %rax; ret");
FAULT(mxcsr_reserved, "movl $0x10000, -8(%rsp)", "ldmxcsr -8(%rsp)");
TEST(simd_exception) {
    EXPECT(simd_error, XM, 0);
    EXPECT(simd_invalid, XM, 0);
    set_cr4(cr4() & ~(ureg)CR4_OSXMMEXCPT);
    EXPECT(simd_error, UD, 0);
    EXPECT(mxcsr_reserved, GP, 0);
    IS(run(simd_usual, 0), NOTHING);
}

// ---- alignment

FAULT(misaligned, "", "mov -9(%rsp), %eax");
FAULT(misaligned_store, "", "mov %ax, -9(%rsp)");
FAULT(aligned_byte, "", "mov %al, -9(%rsp)");
TEST(alignment_check) {
    ureg code = user_address(misaligned);
    IS(user_at(SEL_UCODE64, code, FL_AC | 2, 0), NOTHING); // CR0.AM is 0
    set_cr0(cr0() | CR0_AM);
    IS(user_at(SEL_UCODE64, code, 2, 0), NOTHING);
    IS(user_at(SEL_UCODE64, code, FL_AC | 2, 0), AC);
    IS(caught.error, 0);
    IS(caught.ip, user_address(misaligned_at));
    IS(user_at(SEL_UCODE64, user_address(misaligned_store), FL_AC | 2, 0), AC);
    IS(user_at(SEL_UCODE64, user_address(aligned_byte), FL_AC | 2, 0), NOTHING);
    set_flags(FL_AC | 2);
    IS(run(misaligned, 0), NOTHING); // ring 0
    set_flags(2);
}

FAULT(movaps, "", "movaps -24(%rsp), %xmm0; movaps -16(%rsp), %xmm0");
FAULT(too_long, "", ".fill 15, 1, 0x66; nop");
CODE(long_enough, ".fill 14, 1, 0x66; nop; ret");
FAULT(rdmsr_unknown, "mov $0x12345, %ecx", "rdmsr");
FAULT(wrmsr_efer, "mov $0xc0000080, %ecx; mov $0xffffffff, %eax; mov %eax, %edx", "wrmsr");
FAULT(wrmsr_canonical, "mov $0xc0000100, %ecx; xor %eax, %eax; mov $0x80000000, %edx", "wrmsr");
FAULT(cr4_reserved, "mov %cr4, %rax; bts $31, %rax", "mov %rax, %cr4");
FAULT(cr4_pae, "mov %cr4, %rax; btr $5, %rax", "mov %rax, %cr4");
FAULT(cr0_pg_without_pe, "mov %cr0, %rax; btr $0, %rax", "mov %rax, %cr0");
FAULT(cr0_nw_without_cd, "mov %cr0, %rax; bts $29, %rax", "mov %rax, %cr0");
FAULT(cr0_upper, "mov %cr0, %rax; bts $32, %rax", "mov %rax, %cr0");
FAULT(cr8_upper, "mov $16, %eax", "mov %rax, %cr8");
FAULT(cr3_reserved, "mov %cr3, %rax; bts $60, %rax", "mov %rax, %cr3");
FAULT(dr7_upper, "mov $1, %eax; shl $32, %rax", "mov %rax, %db7");
FAULT(xsetbv_zero, "xor %eax, %eax; xor %edx, %edx; xor %ecx, %ecx", "xsetbv");
TEST(general_protection) {
    IS(run(movaps, 0), GP);
    EXPECT(too_long, GP, 0);
    IS(run(long_enough, 0), NOTHING);
    EXPECT(rdmsr_unknown, GP, 0);
    EXPECT(wrmsr_efer, GP, 0);
    EXPECT(wrmsr_canonical, GP, 0);
    if (cpuid(1, 0, ECX) & 1 << 26) {
        EXPECT(xsetbv_zero, UD, 0);
        set_cr4(cr4() | CR4_OSXSAVE);
        EXPECT(xsetbv_zero, GP, 0);
    }
}

TEST(control_registers) {
    EXPECT(cr4_reserved, GP, 0);
    EXPECT(cr4_pae, GP, 0);
    EXPECT(cr0_pg_without_pe, GP, 0);
    EXPECT(cr0_nw_without_cd, GP, 0);
    EXPECT(cr0_upper, GP, 0);
    EXPECT(cr8_upper, GP, 0);
    EXPECT(cr3_reserved, GP, 0);
    EXPECT(dr7_upper, GP, 0);
}

// ---- segments

CODE(to_ds, "mov %edi, %ds; ret");
CODE(to_fs, "mov %edi, %fs; ret");
CODE(to_ss, "mov %edi, %ss; ret");
TEST(segment_loads) {
    gdt[SEL_FREE / 8] = descriptor(0, 0xfffff, 0xc013);     // not present
    gdt[SEL_FREE / 8 + 1] = descriptor(0, 0xfffff, 0xc099); // code, execute only
    IS(run(to_ds, SEL_FREE), NP);
    IS(caught.error, SEL_FREE);
    IS(run(to_ss, SEL_FREE), SS);
    IS(caught.error, SEL_FREE);
    IS(run(to_ds, SEL_FREE + 8), GP);
    IS(caught.error, SEL_FREE + 8);
    IS(run(to_fs, 0x1000), GP);
    IS(caught.error, 0x1000);
    IS(run(to_fs, 4), GP); // no LDT
    IS(caught.error, 4);
    IS(run(to_fs, 3), NOTHING);
    IS(run(to_ss, SEL_UDATA), GP);
    IS(caught.error, SEL_UDATA & ~3);
    IS(run(to_ss, SEL_DATA | 1), GP);
    IS(run(to_ss, 0), NOTHING); // 64-bit code, ring 0
    IS(run(to_ss, SEL_CODE), GP);
    IS(run(to_ds, SEL_TSS), GP);
    IS(caught.error, SEL_TSS);
    IS(user(to_ds, SEL_DATA), GP);
    IS(user(to_ss, 0), GP);
    IS(user(to_ds, SEL_UDATA), NOTHING);
    gdt[SEL_FREE / 8] = descriptor(0, 0xfffff, 0xc092);
    IS(run(to_ds, SEL_FREE), NOTHING);
    IS(gdt[SEL_FREE / 8] >> 40 & 0xff, 0x93); // accessed
}

// ---- double fault

CODE(ud_now, "ud2");
CODE(fault_badly, "mov %rdi, %rsp; push %rax");
TEST(double_fault) {
    set_gate_to(UD, SEL_CODE, (ureg)just_return, 0x0e, 0);
    IS(run(ud_now, 0), NP); // #UD is benign: #NP is delivered instead
    IS(caught.error, UD << 3 | 3);
    IS(caught.ip, (ureg)ud_now);
    set_gate_to(NP, SEL_CODE, (ureg)just_return, 0x0e, 0);
    IS(run(ud_now, 0), DF);
    IS(caught.error, 0);
    kit_reset();
    // A page fault whose frame cannot be pushed, on a stack of its own (IST).
    IS(run(fault_badly, SPACE), DF);
    IS(caught.error, 0);
    IS(caught.cr2, SPACE - 8); // of the second as of the first
    // From ring 3 it is the same with a bad RSP0: but for INT it is one #PF, which faults in its turn.
    tss.rsp[0] = SPACE;
    IS(user(ud_now, 0), DF);
    IS(caught.f.cs, SEL_UCODE64);
    IS(caught.ip, user_address(ud_now));
}

// ---- single step

static unsigned steps;
static ureg step_at[64], step_dr6;
static bool count_step(struct frame *f) {
    if (steps < countof(step_at)) step_at[steps] = f->ip;
    steps++;
    step_dr6 = dr6();
    set_dr6(0xffff0ff0);
    if (f->ip >= f->r15) f->flags &= ~(ureg)FL_TF; // r15: where to stop
    return true;
}
#define STEPS(name, text)                                                                                                        \
    CODE(name, "push %r15; lea " #name "_end(%rip), %r15; pushf; orl $0x100, (%rsp); popf\n" #name "_first: " text "\n" #name    \
               "_end: pop %r15; ret");                                                                                           \
    LABEL(name##_first);                                                                                                         \
    LABEL(name##_end)
STEPS(step_three, "nop; nop; nop");
STEPS(step_mov_ss, "mov %ss, %eax; mov %eax, %ss; nop; nop");
STEPS(step_rep, "cld; lea buffer(%rip), %rdi; mov $3, %ecx; rep stosb; nop");
STEPS(step_int, "int $0x41; nop");
static u8 buffer[16] __attribute__((used));
static bool resume_it(struct frame *f) { return true; }
static unsigned count_steps(const void *code) {
    hooks[DB] = count_step;
    steps = 0;
    IS(run(code, 0), NOTHING);
    return steps;
}
TEST(single_step) {
    IS(count_steps(step_three), 3);
    IS(step_at[0], (ureg)step_three_first + 1);
    IS(step_at[2], (ureg)step_three_end);
    IS(step_dr6 & 0xe00f, 0x4000);
    IS(count_steps(step_rep), 7); // CLD, LEA, MOV, three times STOSB, NOP
    IS(step_at[3], step_at[2]);
    IS(step_at[4], step_at[2]);
    hooks[0x41] = resume_it;
    // INT itself traps not: TF is off in the handler, and IRET to TF set traps after the next instruction.
    IS(count_steps(step_int), 1);
}
TEST(single_step_over_mov_ss) {
    IS(count_steps(step_mov_ss), 3);
    IS(step_at[0], (ureg)step_mov_ss_first + 2);
    IS(step_at[1], (ureg)step_mov_ss_end - 1);
}
TEST(single_step_in_ring_3) {
    IS(user_at(SEL_UCODE64, user_address(just_return), FL_TF | 2, 0), DB);
    IS(caught.dr6 & 0xe00f, 0x4000);
    IS(caught.f.flags & FL_TF, FL_TF);
}

// ---- breakpoints (DR7: L0 is bit 0; R/W0 16..17, LEN0 18..19)

FAULT(touch, "", "mov %eax, word(%rip)");
FAULT(look, "", "mov word(%rip), %eax");
static u32 word __attribute__((used, aligned(8)));
static bool set_rf(struct frame *f) {
    steps++;
    step_at[0] = f->ip;
    step_dr6 = dr6();
    f->flags |= FL_RF;
    return true;
}
TEST(code_breakpoint) {
    set_dr0((ureg)touch_at);
    set_dr7(0x401);
    EXPECT(touch, DB, 0);
    IS(caught.dr6 & 0xe00f, 1);
    IS(caught.f.flags & FL_RF, 0); // unlike other faults (17.3.1.1)
    set_dr6(0xffff0ff0);
    hooks[DB] = set_rf;
    steps = 0;
    IS(run(touch, 0), NOTHING); // RF lets it pass
    IS(steps, 1);
    IS(step_at[0], (ureg)touch_at);
    set_dr7(0x400);
    IS(run(touch, 0), NOTHING);
    IS(steps, 1);
}
// The breakpoint comes first, once; every fault pushes RF, so that the way back does not meet it again.
FAULT(ud2_here, "", "ud2");
static ureg faults, fault_flags;
static bool thrice(struct frame *f) {
    faults++;
    fault_flags = f->flags;
    if (faults == 3) f->ip += 2;
    return true;
}
TEST(code_breakpoint_on_a_faulting_instruction) {
    set_dr0((ureg)ud2_here_at);
    set_dr7(0x401);
    hooks[DB] = set_rf;
    hooks[UD] = thrice;
    steps = faults = 0;
    IS(run(ud2_here, 0), NOTHING);
    IS(steps, 1);
    IS(faults, 3);
    IS(fault_flags & FL_RF, FL_RF);
}
CODE(mov_ss_register, "mov %ss, %eax; mov %eax, %ss\nmov_ss_register_1: nop\nmov_ss_register_2: nop; ret");
LABEL(mov_ss_register_1);
LABEL(mov_ss_register_2);
TEST(code_breakpoint_behind_mov_ss) { // 6.8.3: as if RF were 1
    set_dr0((ureg)mov_ss_register_1);
    set_dr1((ureg)mov_ss_register_2);
    set_dr7(0x405);
    IS(run(mov_ss_register, 0), DB);
    IS(caught.ip, (ureg)mov_ss_register_2);
    IS(caught.dr6 & 0xe00f, 2);
}
TEST(data_breakpoint) {
    set_dr0((ureg)&word);
    set_dr7(0x401 | 1 << 16 | 3 << 18); // writes of any of four bytes
    IS(run(touch, 0), DB);
    IS(caught.ip, (ureg)touch_after); // a trap
    IS(caught.dr6 & 0xe00f, 1);
    IS(run(look, 0), NOTHING);
    set_dr6(0xffff0ff0);
    set_dr1((ureg)&word + 3);
    set_dr7(0x404 | 3 << 20); // DR1: one byte, read or written
    IS(run(look, 0), DB);
    IS(caught.ip, (ureg)look_after);
    IS(caught.dr6 & 0xe00f, 2);
    set_dr1((ureg)&word + 4);
    IS(run(look, 0), NOTHING);
}
CODE(mov_ss_memory, "mov word(%rip), %ss\nnop\nmov_ss_after: ret");
LABEL(mov_ss_after);
TEST(data_breakpoint_on_mov_ss) {
    set_dr0((ureg)&word);
    word = SEL_DATA;
    set_dr7(0x401 | 3 << 16 | 1 << 18);
    IS(run(mov_ss_memory, 0), DB);
    IS(caught.ip, (ureg)mov_ss_after); // held off for one instruction
}
FAULT(read_dr, "", "mov %db0, %rax");
TEST(general_detect) {
    set_dr7(0x2400);
    EXPECT(read_dr, DB, 0);
    IS(caught.dr6 & 0x2000, 0x2000);
    IS(dr7() & 0x2000, 0); // off in the handler
}
FAULT(in_0x80, "", "in $0x80, %al");
TEST(io_breakpoint) {
    set_cr4(cr4() | CR4_DE);
    set_dr0(0x80);
    set_dr7(0x401 | 2 << 16);
    IS(run(in_0x80, 0), DB);
    IS(caught.ip, (ureg)in_0x80_after);
}
