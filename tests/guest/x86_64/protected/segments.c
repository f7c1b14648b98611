// SPDX-License-Identifier: MIT
// Segmentation: limits, types, gates with parameters, rings by far transfers, 16-bit segments (SDM 3A 5, 6).
#include "kit.h"

#define DESCRIPTOR(n) gdt[SEL_FREE / 8 + (n)]
#define SEL(n) (SEL_FREE + 8 * (n))
#define BYTES 0x4000 // flags of a descriptor: D/B, byte granular

static u8 data[64] __attribute__((aligned(64)));
// A data segment over `data`, in ES: access byte, limit.
static void data_segment(u32 access, u32 limit) { DESCRIPTOR(0) = descriptor((u32)data, limit, access | BYTES); }

CODE(es_load, "mov $0x60, %ecx; mov %ecx, %es\nes_load_at: mov %es:(%eax), %edx; ret");
CODE(es_store, "mov $0x60, %ecx; mov %ecx, %es; mov %edx, %es:(%eax); ret");
CODE(es_load_byte, "mov $0x60, %ecx; mov %ecx, %es; mov %es:(%eax), %dl; ret");
LABEL(es_load_at);
TEST(limits) {
    data_segment(0x93, 15);
    IS(run(es_load, 12), NOTHING);
    IS(run(es_load, 13), GP);
    IS(caught.error, 0);
    IS(caught.ip, (ureg)es_load_at);
    IS(run(es_load_byte, 15), NOTHING);
    IS(run(es_load_byte, 16), GP);
    IS(run(es_load, 0xfffffffe), GP);
    IS(run(es_store, 13), GP);
    data_segment(0x97, 15); // expand-down: what is above the limit
    IS(run(es_load, 15), GP);
    IS(run(es_load, 16), NOTHING);
    DESCRIPTOR(0) = descriptor((u32)data, 15, 0x97); // B is 0: up to FFFFh
    IS(run(es_load, 0xfffc), NOTHING);
    IS(run(es_load, 0xfffd), GP);
    DESCRIPTOR(0) = descriptor((u32)data, 0, 0xc093); // in pages: up to FFFh
    IS(run(es_load_byte, 0xfff), NOTHING);
    IS(run(es_load_byte, 0x1000), GP);
}

CODE(es_null, "xor %ecx, %ecx; mov %ecx, %es; mov %es:(%eax), %edx; ret");
TEST(types) {
    data_segment(0x91, 15); // read-only
    IS(run(es_load, 0), NOTHING);
    IS(run(es_store, 0), GP);
    data_segment(0x9b, 15); // code, readable
    IS(run(es_load, 0), NOTHING);
    IS(run(es_store, 0), GP);
    data_segment(0x99, 15); // code, execute-only
    IS(run(es_load, 0), GP);
    IS(caught.error, SEL(0));
    IS(run(es_null, (ureg)data), GP);
    IS(caught.error, 0);
    data_segment(0x13, 15); // not present
    IS(run(es_load, 0), NP);
    IS(caught.error, SEL(0));
    data_segment(0x93, 15);
    IS(user(es_load, 0), GP); // DPL 0
    IS(caught.error, SEL(0));
    data_segment(0xf2, 15);
    IS(user(es_load, 0), NOTHING);
    IS(DESCRIPTOR(0) >> 40 & 0xff, 0xf3); // accessed
}

CODE(small_stack, "mov %esp, %edx; mov $0x60, %ecx; mov %ecx, %ss; mov %eax, %esp; push %eax; mov $0x10, %ecx; mov %ecx, %ss;"
                  "mov %edx, %esp; ret");
CODE(stack_read, "push %ebp; mov %esp, %edx; mov %eax, %ebp; mov $0x63, %ecx; mov %ecx, %ss; mov (%ebp), %eax; mov $0x23, %ecx;"
                 "mov %ecx, %ss; mov %edx, %esp; pop %ebp; ret");
TEST(stack_limits) {
    static u8 stack[4096] __attribute__((aligned(4096)));
    DESCRIPTOR(0) = descriptor((u32)stack, 0xfff, 0x4093);
    IS(run(small_stack, 0x1000), NOTHING);
    DESCRIPTOR(0) = descriptor((u32)stack, 0xfff, 0x40f3); // in ring 3: the exception has a good stack
    IS(user(stack_read, 0xffc), NOTHING);
    IS(user(stack_read, 0xffd), SS);
    IS(caught.error, 0);
}

// ---- far jumps, conforming code

static struct {
    u32 ip;
    u16 cs;
} pointer __attribute__((used));
CODE(far_jump, "ljmp *(%eax)");
CODE(far_call, "lcall *(%eax); ret");
CODE(just_return, "ret");
CODE(far_return, "mov %cs, %eax; lret");
CODE(say_cs, "mov %cs, %eax; int $0x80");
static unsigned jump(unsigned cs, const void *ip, const char *how) {
    pointer.ip = (u32)ip, pointer.cs = (u16)cs;
    return run(how, (ureg)&pointer);
}
static unsigned user_jump(unsigned cs, const void *ip, const char *how) {
    pointer.ip = (u32)ip, pointer.cs = (u16)cs;
    return user(how, (ureg)&pointer);
}
TEST(far_transfers) {
    DESCRIPTOR(0) = descriptor(0, 0xfffff, 0xc09b);
    IS(jump(SEL(0), far_return, far_call), NOTHING);
    IS(jump(SEL(0), just_return, far_jump), NOTHING);
    IS(jump(0, just_return, far_jump), GP);
    IS(caught.error, 0);
    IS(jump(SEL_DATA, just_return, far_jump), GP);
    IS(caught.error, SEL_DATA);
    IS(jump(SEL(40), just_return, far_jump), GP);
    IS(jump(0x1000, just_return, far_jump), GP);
    IS(caught.error, 0x1000);
    IS(jump(SEL_UCODE32, just_return, far_jump), GP); // CPL 0 to DPL 3
    IS(caught.error, SEL_UCODE32 & ~3);
    DESCRIPTOR(0) = descriptor(0, 0xfffff, 0xc01b);
    IS(jump(SEL(0), just_return, far_jump), NP);
    IS(caught.error, SEL(0));
    DESCRIPTOR(0) = descriptor(0, 0xfff, 0x409b); // the target is beyond the limit
    IS(jump(SEL(0), just_return, far_jump), GP);
    IS(caught.error, 0);
    // From ring 3: DPL 0 no, conforming DPL 0 yes, and CPL stays.
    DESCRIPTOR(0) = descriptor(0, 0xfffff, 0xc09b);
    IS(user_jump(SEL(0) | 3, say_cs, far_jump), GP);
    DESCRIPTOR(0) = descriptor(0, 0xfffff, 0xc09f);
    IS(user_jump(SEL(0), say_cs, far_jump), NOTHING);
    IS(caught.f.ax & 0xffff, SEL(0) | 3);
}

// ---- call gates: two parameters move to the inner stack

static struct {
    u32 cs, ss, esp, old_eip, old_cs, first, second, old_esp, old_ss;
} notes __attribute__((used));
CODE(
    gate_target,
    "mov %cs, notes; mov %ss, notes+4; mov %esp, notes+8; push %esi; push %edi; lea 8(%esp), %esi; lea notes+12, %edi;"
    "mov $6, %ecx; push %es; mov $0x10, %eax; mov %eax, %es; cld; rep movsl %ss:(%esi), %es:(%edi); pop %es; pop %edi; pop %esi; lret $8");
CODE(
    call_gate_here,
    "mov %esp, %edx; push $0x2222; push $0x1111; lcall $0x63, $0\ncall_gate_after: cmp %edx, %esp; mov %esp, %ebx; je 1f; ud2\n1: int $0x80");
LABEL(call_gate_after);
CODE(call_gate_0, "push $2; push $1; lcall $0x60, $0; ret");
static void gate(unsigned selector, const void *target, unsigned access, unsigned parameters) {
    DESCRIPTOR(0) =
        ((u32)target & 0xffff) | (u64)selector << 16 | (u64)parameters << 32 | (u64)access << 40 | (u64)((u32)target >> 16) << 48;
}
TEST(call_gates) {
    gate(SEL_CODE, gate_target, 0xec, 2);
    IS(user(call_gate_here, 0), NOTHING);
    IS(notes.cs & 0xffff, SEL_CODE);
    IS(notes.ss & 0xffff, SEL_DATA);
    IS(notes.esp, tss.esp0 - 24);
    IS(notes.old_eip, (u32)call_gate_after);
    IS(notes.old_cs & 0xffff, SEL_UCODE32);
    IS(notes.first, 0x1111);
    IS(notes.second, 0x2222);
    IS(notes.old_ss & 0xffff, SEL_UDATA);
    IS(caught.f.cs, SEL_UCODE32);
    IS(caught.f.bx, notes.old_esp + 8); // RET 8 takes them off the outer stack too
    IS(run(call_gate_0, 0), NOTHING);   // the same ring: nothing is copied
    gate(SEL_CODE, gate_target, 0x8c, 2);
    IS(user(call_gate_here, 0), GP);
    IS(caught.error, SEL(0));
    gate(SEL_CODE, gate_target, 0x6c, 2);
    IS(user(call_gate_here, 0), NP);
    IS(caught.error, SEL(0));
    gate(SEL_DATA, gate_target, 0xec, 2);
    IS(user(call_gate_here, 0), GP);
    IS(caught.error, SEL_DATA);
}

// A gate into ring 1, so that the exception itself has a good stack, ring 0's.
TEST(bad_inner_stack) {
    tss.ss1 = SEL_DATA; // RPL 0, DPL 0: wrong for ring 1
    DESCRIPTOR(1) = descriptor(0, 0xfffff, 0xc0bb);
    gate(SEL(1) | 1, gate_target, 0xec, 0);
    IS(user(call_gate_here, 0), TS);
    IS(caught.error, SEL_DATA);
    DESCRIPTOR(2) = descriptor(0, 0xfffff, 0xc033); // not present
    tss.ss1 = SEL(2) | 1;
    IS(user(call_gate_here, 0), SS);
    IS(caught.error, SEL(2));
    tss.ss1 = 0;
    IS(user(call_gate_here, 0), TS);
    IS(caught.error, 0);
    DESCRIPTOR(2) = descriptor(0, 0xfffff, 0xc0b3);
    tss.ss1 = SEL(2) | 1;
    gate(SEL(1) | 1, say_cs, 0xec, 0);
    set_gate(0x80, 1, 0);
    IS(user(call_gate_here, 0), NOTHING);
    IS(caught.f.cs, SEL(1) | 1);
    IS(caught.f.ss, SEL(2) | 1);
}

// ---- RETF to an outer ring takes segments away that it may not see

CODE(return_outward, "mov %eax, %ecx; mov $0x60, %edx; mov %edx, %fs; mov $0x23, %edx; mov %edx, %gs;"
                     "push $0x23; push %ecx; push $0x1b; push $1f; lret\n1: mov %fs, %eax; mov %gs, %edx; int $0x80");
TEST(return_outward_nulls) {
    static u8 stack[256];
    data_segment(0x93, 63);
    IS(run(return_outward, (ureg)stack + 256), NOTHING);
    IS(caught.f.ax, 0);
    IS(caught.f.dx, SEL_UDATA);
    IS(caught.f.cs, SEL_UCODE32);
}

// ---- interrupts through 16-bit gates, and instructions that only these modes have

CODE(int_0x41, "int $0x41; ret");
CODE(note_16, "mov (%esp), %eax; mov %eax, notes; movzwl 4(%esp), %eax; mov %eax, notes+4; int $0x80");
TEST(gates_of_16_bits) { // a frame of three words; the offset has 16 bits: a segment based where the handler is
    DESCRIPTOR(0) = descriptor((u32)note_16, 0xfff, 0x409b);
    set_gate_to(0x41, SEL(0), 0, 0x86, 0);
    IS(run(int_0x41, 0), NOTHING);
    IS(notes.cs & 0xffff, (u32)(int_0x41 + 2) & 0xffff);
    IS(notes.cs >> 16, SEL_CODE);
    IS(notes.ss & ~0x8d5u, 2); // flags, but for the arithmetic ones
}

CODE(overflow, "mov $0x7fffffff, %eax; inc %eax; into\noverflow_after: ret");
LABEL(overflow_after);
CODE(no_overflow, "xor %eax, %eax; into; ret");
CODE(out_of_bounds, "bound %eax, bounds; ret");
CODE(divide_aam, "mov $5, %al; aam $0; ret");
CODE(do_arpl, "mov $3, %ecx; arpl %cx, %ax; mov $0, %ecx; setz %cl; movzwl %ax, %eax; ret");
CODE(old_decimals, "mov $0x79, %al; add $0x35, %al; daa; movzbl %al, %eax; ret");
CODE(les_it, "les pointer, %ecx; mov %es, %eax; ret");
CODE(push_all, "pusha; mov %esp, %edx; popa; lea -32(%esp), %eax; cmp %eax, %edx; mov $0, %eax; sete %al; ret");
static i32 bounds[2] __attribute__((used)) = {-2, 5};
TEST(old_instructions) {
    IS(run(overflow, 0), OF);
    IS(caught.ip, (ureg)overflow_after);
    IS(run(no_overflow, 0), NOTHING);
    IS(run(out_of_bounds, 5), NOTHING);
    IS(run(out_of_bounds, (ureg)-2), NOTHING);
    IS(run(out_of_bounds, 6), BR);
    IS(caught.ip, (ureg)out_of_bounds);
    IS(run(out_of_bounds, (ureg)-3), BR);
    IS(run(divide_aam, 0), DE);
    IS(((u32 (*)(u32))do_arpl)(0x10), 0x13);
    IS(((u32 (*)(void))old_decimals)(), 0x14);
    pointer.ip = 5, pointer.cs = SEL_DATA;
    IS(((u32 (*)(void))les_it)(), SEL_DATA);
}

// ---- 16-bit code and stacks

CODE(code_16, ".code16\nmov $0x12345678, %eax; mov $0xabcd, %ax; inc %ax; lretl\n.code32");
CODE(call_16, "lcall $0x60, $0; ret");
TEST(code_of_16_bits) {
    DESCRIPTOR(0) = descriptor((u32)code_16, 0xffff, 0x9b);
    IS(((u32 (*)(void))call_16)(), 0x1234abce);
}

static u8 stack16[65536] __attribute__((aligned(4096)));
CODE(stack_16, "mov %esp, %edx; mov $0x60, %ecx; mov %ecx, %ss; mov $0x12340000, %esp; push $0x55; mov %esp, %eax;"
               "mov $0x10, %ecx; mov %ecx, %ss; mov %edx, %esp; ret");
TEST(stack_of_16_bits) { // SP wraps, the upper half of ESP stays
    DESCRIPTOR(0) = descriptor((u32)stack16, 0xffff, 0x93);
    IS(((u32 (*)(void))stack_16)(), 0x1234fffc);
    IS(stack16[0xfffc], 0x55);
}

// ---- SYSENTER

CODE(sysenter_here, "mov %esp, %ecx; mov $1f, %edx; sysenter\n1: int $0x80");
CODE(sysenter_entry, "mov %cs, notes; mov %ss, notes+4; mov %esp, notes+8; sysexit");
TEST(sysenter) {
    wrmsr(MSR_SYSENTER_CS, 0);
    IS(user(sysenter_here, 0), GP);
    wrmsr(MSR_SYSENTER_CS, SEL_CODE);
    wrmsr(MSR_SYSENTER_ESP, tss.esp0 - 64);
    wrmsr(MSR_SYSENTER_EIP, (u32)sysenter_entry);
    IS(user_at(UCODE, (ureg)sysenter_here, FL_IF | 2, 0), NOTHING);
    IS(notes.cs & 0xffff, SEL_CODE);
    IS(notes.ss & 0xffff, SEL_DATA);
    IS(notes.esp, tss.esp0 - 64);
    IS(caught.f.cs, SEL_UCODE32);
    IS(caught.f.ss, SEL_UDATA);
}
