// SPDX-License-Identifier: MIT
// Hardware tasks: by jump, call, gate and exception; what is saved, what is linked, and what goes wrong (SDM 3A 7).
#include "kit.h"

#define SEL_TASK (SEL_FREE)     // the other task
#define SEL_GATE (SEL_FREE + 8) // a task gate to it
#define SEL_RESCUE (SEL_FREE + 16)
#define BUSY(selector) (gdt[(selector) / 8] >> 41 & 1)

static struct tss other;
static u8 other_stack[4096] __attribute__((aligned(16)));
static struct {
    u32 tr, flags, ebx, cr0, error, esp;
} seen __attribute__((used));

CODE(task_body,
     "1: str seen; pushf; pop seen+4; mov %ebx, seen+8; mov %cr0, %eax; mov %eax, seen+12; inc %ebx; clts; iret; jmp 1b");
CODE(jump_body, "str seen; mov %ebx, seen+8; mov %cr0, %eax; mov %eax, seen+12; clts; ljmp $0x40, $0; ud2");
CODE(fault_body, "pop seen+16; mov %esp, seen+20; str seen; clts; iret");
CODE(call_task, "push %ebx; mov $7, %ebx; lcall $0x60, $0; mov %ebx, %eax; pop %ebx; clts; ret");
CODE(call_gate, "lcall $0x68, $0; clts; ret");
CODE(jump_task, "ljmp $0x60, $0\n clts; ret");
CODE(int_0x41, "int $0x41\n ret");
CODE(undefined, "ud2; ret");

static void prepare(const char *body) {
    memset(&other, 0, sizeof other);
    memset(&seen, 0, sizeof seen);
    other.eip = (u32)body, other.eflags = 2, other.ebx = 100;
    other.esp = (u32)other_stack + sizeof other_stack;
    other.cs = SEL_CODE, other.ss = other.ds = other.es = SEL_DATA;
    other.io_map = sizeof other;
    set_tss(SEL_TASK, &other, TSS_LIMIT, 9);
    gdt[SEL_GATE / 8] = (u64)SEL_TASK << 16 | (u64)0x85 << 40;
}

TEST(call_and_return) {
    prepare(task_body);
    IS(((u32 (*)(void))call_task)(), 7); // the caller's EBX is its own
    IS(seen.tr & 0xffff, SEL_TASK);
    IS(seen.flags & FL_NT, FL_NT);
    IS(seen.ebx, 100);
    IS(seen.cr0 & CR0_TS, CR0_TS);
    IS(other.link & 0xffff, SEL_TSS);
    IS(BUSY(SEL_TASK), 0);
    IS(BUSY(SEL_TSS), 1);
    IS(other.ebx, 101); // saved on the way back
    IS(other.eflags & FL_NT, 0);
    IS(flags() & FL_NT, 0);
    IS(tss.ebx, 7);
    IS(tss.cs, SEL_CODE);
    IS(run(call_task, 0), NOTHING); // goes on behind its IRET
    IS(seen.ebx, 101);
}

TEST(jump) {
    prepare(jump_body);
    IS(run(jump_task, 0), NOTHING);
    IS(seen.tr & 0xffff, SEL_TASK);
    IS(seen.cr0 & CR0_TS, CR0_TS);
    IS(other.link, 0); // a jump links nothing
    IS(BUSY(SEL_TASK), 0);
    IS(BUSY(SEL_TSS), 1);
}

TEST(gates) {
    prepare(task_body);
    IS(run(call_gate, 0), NOTHING);
    IS(seen.tr & 0xffff, SEL_TASK);
    prepare(task_body);
    set_gate_to(0x41, SEL_TASK, 0, 0x85, 0);
    IS(run(int_0x41, 0), NOTHING);
    IS(seen.tr & 0xffff, SEL_TASK);
    IS(other.link & 0xffff, SEL_TSS);
    set_gate_to(0x41, SEL_TASK, 0, 0xe5, 0);
    prepare(task_body);
    IS(user(int_0x41, 0), NOTHING); // ring 3, and back to it
    IS(seen.tr & 0xffff, SEL_TASK);
}

CODE(skip_it, "pop seen+16; mov %esp, seen+20; addl $2, tss+0x20; clts; iret");
TEST(exception_with_error_code) {
    prepare(fault_body);
    set_gate_to(UD, 0x1000, 0, 0x8e, 0); // beyond the GDT: #GP(0x1000), and that is a task
    set_gate_to(GP, SEL_TASK, 0, 0x85, 0);
    hooks[UD] = NULL;
    tss.eip = 0;
    // The task pops its error code and returns to the UD2, which faults again: so let it be once only.
    other.eip = (u32)skip_it;
    IS(run(undefined, 0), NOTHING);
    IS(seen.error, 0x1000 | 1); // EXT: #UD was not asked for by INT
    IS(seen.esp, (u32)other_stack + sizeof other_stack);
}

TEST(refused) {
    prepare(task_body);
    gdt[SEL_TASK / 8] |= (u64)2 << 40; // busy
    IS(run(call_task, 0), GP);
    IS(caught.error, SEL_TASK);
    IS(run(jump_task, 0), GP);
    prepare(task_body);
    gdt[SEL_TASK / 8] &= ~((u64)0x80 << 40);
    IS(run(call_task, 0), NP);
    IS(caught.error, SEL_TASK);
    set_tss(SEL_TASK, &other, 0x66, 9);
    IS(run(call_task, 0), TS);
    IS(caught.error, SEL_TASK);
    prepare(task_body);
    IS(user(call_task, 0), GP); // DPL 0
    IS(caught.error, SEL_TASK);
    gdt[SEL_GATE / 8] = (u64)SEL_DATA << 16 | (u64)0x85 << 40;
    IS(run(call_gate, 0), GP);
    IS(caught.error, SEL_DATA);
}

// What is wrong in the new task's own registers is its own fault: #TS in its context. Its stack is in doubt then, so #TS is
// a task too.
static struct tss rescue;
static u8 rescue_stack[1024] __attribute__((aligned(16)));
CODE(rescue_body, "pop seen+16; int $0x80");
static void prepare_rescue(void) {
    kit_reset();
    prepare(task_body);
    memset(&rescue, 0, sizeof rescue);
    rescue.eip = (u32)rescue_body, rescue.eflags = 2, rescue.esp = (u32)rescue_stack + sizeof rescue_stack;
    rescue.cs = SEL_CODE, rescue.ss = rescue.ds = rescue.es = SEL_DATA;
    set_tss(SEL_RESCUE, &rescue, TSS_LIMIT, 9);
    set_gate_to(TS, SEL_RESCUE, 0, 0x85, 0);
}
TEST(bad_registers) {
    prepare_rescue();
    other.cs = SEL_DATA;
    IS(run(call_task, 0), NOTHING);
    IS(seen.error, SEL_DATA);
    IS(rescue.link & 0xffff, SEL_TASK);
    IS(BUSY(SEL_TSS), 1);
    prepare_rescue();
    other.ss = SEL_UDATA;
    IS(run(call_task, 0), NOTHING);
    IS(seen.error, SEL_UDATA & ~3);
    IS(rescue.link & 0xffff, SEL_TASK);
    prepare_rescue();
    other.ldt = SEL_DATA;
    IS(run(call_task, 0), NOTHING);
    IS(seen.error, SEL_DATA);
    prepare_rescue();
    other.ds = SEL_TSS;
    IS(run(call_task, 0), NOTHING);
    IS(seen.error, SEL_TSS);
    IS(other.eip, (u32)task_body); // not one instruction of it
}

TEST(trap_bit) {
    prepare(task_body);
    other.trap = 1;
    IS(run(call_task, 0), DB);
    IS(caught.ip, (ureg)task_body);
    IS(caught.dr6 & 0xe00f, 0x8000);
}

CODE(nested, "pushf; orl $0x4000, (%esp); popf; iret");
TEST(iret_without_a_link) {
    tss.link = 0x1000;
    IS(run(nested, 0), TS);
    IS(caught.error, 0x1000);
    tss.link = SEL_DATA;
    IS(run(nested, 0), TS);
    IS(caught.error, SEL_DATA);
}

CODE(report_and_stop, "pop seen+16; str seen; mov $0x80, %eax; ltr_is_not_needed: int $0x80");
TEST(double_fault_by_task) {
    prepare(task_body);
    other.eip = (u32)report_and_stop;
    set_gate_to(UD, SEL_CODE, 0, 0x0e, 0);
    set_gate_to(NP, SEL_CODE, 0, 0x0e, 0);
    set_gate_to(DF, SEL_TASK, 0, 0x85, 0);
    seen.error = 99;
    IS(run(undefined, 0), NOTHING);
    IS(seen.error, 0);
    IS(seen.tr & 0xffff, SEL_TASK);
    IS(tss.eip, (u32)undefined);
}

// ---- debug registers: a switch turns local breakpoints off, and leaves global ones

static u32 watched __attribute__((used, aligned(4)));
CODE(touching_body, "mov %eax, watched\ntouching_after: clts; iret; jmp touching_body");
LABEL(touching_after);
TEST(switch_ends_local_breakpoints) {
    prepare(touching_body);
    tss.cr3 = 0;
    set_dr0((ureg)&watched);
    set_dr7(0x701 | 1 << 16 | 3 << 18); // L0 and LE, writes of four bytes
    IS(run(call_task, 0), NOTHING);
    IS(dr7(), 0x600 | 1 << 16 | 3 << 18);
    prepare(touching_body);
    set_dr7(0x702 | 1 << 16 | 3 << 18); // G0
    IS(run(call_task, 0), DB);
    IS(caught.ip, (ureg)touching_after);
    IS(caught.dr6 & 0xf, 1);
    IS(dr7() & 0x3ff, 0x202);
    kit_reset();
}

// A task of 16 bits: registers of 16 bits each, no FS and GS, no CR3.
static struct __attribute__((packed)) {
    u16 link, sp0, ss0, sp1, ss1, sp2, ss2, ip, flags, ax, cx, dx, bx, sp, bp, si, di, es, cs, ss, ds, ldt;
} small;
CODE(small_body, ".code16\nmov %bx, %ax; .byte 0x67, 0x66, 0xa3; .long seen+8; clts; iret\n.code32");
TEST(tasks_of_16_bits) {
    prepare(task_body);
    memset(&small, 0, sizeof small);
    gdt[SEL_RESCUE / 8] = descriptor((u32)small_body, 0xffff, 0x9b);
    small.flags = 2, small.bx = 0x1234, small.cs = SEL_RESCUE, small.ss = small.ds = small.es = SEL_DATA;
    set_tss(SEL_TASK, &small, sizeof small - 1, 1);
    IS(run(call_task, 0), NOTHING);
    IS(seen.ebx & 0xffff, 0x1234);
    IS(small.link, SEL_TSS);
    IS(BUSY(SEL_TASK), 0);
    IS(small.ip, 12);                               // behind its IRET
    set_tss(SEL_TASK, &small, sizeof small - 2, 1); // 2Bh at least
    IS(run(call_task, 0), TS);
    IS(caught.error, SEL_TASK);
}

// The new task's CR3 is in force for its first instruction: here it is where the caller's tables are, with paging on.
TEST(switch_loads_cr3) {
    u32 *first = page(), *second = page(), *third = page();
    for (u32 i = 0; i < 16; i++) first[i] = second[i] = third[i] = i * 4 * MiB | P | W | PS;
    first[0x80000000u >> 22] = 0;
    second[0x80000000u >> 22] = P | W | PS; // the first 4 MiB again
    prepare(touching_body);
    other.eip = (u32)touching_body + 0x80000000u; // only its own tables lead there
    other.cr3 = (u32)second, tss.cr3 = (u32)third;
    set_cr4(cr4() | CR4_PSE);
    set_cr3((ureg)first);
    set_cr0(cr0() | CR0_PG);
    IS(run(call_task, 0), NOTHING);
    IS(cr3(), (ureg)third); // loaded on the way back, and not saved on the way out
    IS(other.cr3, (u32)second);
    set_cr0(cr0() & ~CR0_PG);
}
