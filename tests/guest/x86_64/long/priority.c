// SPDX-License-Identifier: MIT
// Which of several exceptions an instruction gets, and what becomes of one that comes while another is delivered (SDM 3A 6.9,
// tables 6-2 and 6-5).
#include "kit.h"

// ---- fetching before decoding, decoding before executing

CODE(go, "jmp *%rdi");
// Instructions at the end of the last page that is there.
static u8 *edge(void) {
    u8 *memory = page();
    map(SPACE, 1, (u64)memory | P | W);
    map(SPACE + 0x1000, 1, 0);
    memset(memory, 0x90, 4096);
    return memory + 4096;
}
static unsigned at_the_edge(unsigned length) { return run(go, SPACE + 0x1000 - length); }

TEST(fetch_before_decode) {
    u8 *end = edge();
    for (unsigned prefixes = 1; prefixes < 15; prefixes++) {
        memset(end - prefixes, 0x66, prefixes);
        IS(at_the_edge(prefixes), PF);
        IS(caught.cr2, SPACE + 0x1000);
        IS(caught.error, PF_I);
        IS(caught.ip, SPACE + 0x1000 - prefixes);
    }
    memset(end - 15, 0x66, 15); // fifteen bytes are too many without looking further
    IS(at_the_edge(15), GP);
    IS(caught.error, 0);
    // LOCK MOV is undefined, but its operand is fetched first.
    end = edge();
    end[-2] = 0xf0, end[-1] = 0xb8;
    IS(at_the_edge(2), PF);
    end[-2] = 0x0f, end[-1] = 0x0b; // UD2 has none
    IS(at_the_edge(2), UD);
}

#define EXPECT(name, v) IS(run(name, SPACE + 0x1000), v), IS(caught.ip, (ureg)name##_at)
#define FAULT(name, before, text)                                                                                                \
    CODE(name, before "\n" #name "_at: " text "; ret");                                                                          \
    LABEL(name##_at)
FAULT(x87_load, "", "fldl (%rdi)");
FAULT(mmx_load, "", "paddb (%rdi), %mm0");
FAULT(sse_load, "", "addps (%rdi), %xmm0");
FAULT(sse_load_odd, "", "addps 1(%rdi), %xmm0");
FAULT(avx_load, "", "vaddps (%rdi), %xmm0, %xmm1");
FAULT(fxsave_odd, "", "fxsave 8(%rdi)");
FAULT(cmpxchg16b_odd, "", "cmpxchg16b 8(%rdi)");
FAULT(lock_absent, "", ".byte 0xf0, 0x8b, 0x07"); // LOCK MOV
FAULT(canonical_odd, "mov $1, %eax; shl $47, %rax; dec %rax", "movaps (%rax), %xmm0");
FAULT(divide_absent, "xor %eax, %eax; xor %edx, %edx", "divl (%rdi)");
FAULT(mov_ds_absent, "", "movw (%rdi), %ds");
FAULT(lgdt_absent, "", "lgdt (%rdi)");
FAULT(in_string, "mov $0x60, %edx", "insb");
FAULT(ldmxcsr_absent, "", "ldmxcsr (%rdi)");
FAULT(xsetbv_bad, "mov $5, %ecx", "xsetbv");
TEST(unavailable_before_memory) {
    edge();
    EXPECT(x87_load, PF);
    set_cr0(cr0() | CR0_TS);
    EXPECT(x87_load, NM);
    EXPECT(mmx_load, NM);
    EXPECT(sse_load, NM);
    EXPECT(sse_load_odd, NM);
    EXPECT(ldmxcsr_absent, NM);
    set_cr0(cr0() | CR0_EM); // #UD is before #NM where both apply
    EXPECT(x87_load, NM);
    EXPECT(mmx_load, UD);
    EXPECT(sse_load, UD);
    set_cr0(cr0() & ~(ureg)CR0_EM);
    set_cr4(cr4() & ~(ureg)CR4_OSFXSR);
    EXPECT(sse_load, UD);
    set_cr4(cr4() | CR4_OSFXSR);
    EXPECT(avx_load, UD); // CR4.OSXSAVE is 0
    asm volatile("clts");
    EXPECT(lock_absent, UD);
}

TEST(alignment_before_paging) { // #GP(0) of an operand that has to be aligned
    edge();
    EXPECT(sse_load, PF);
    EXPECT(sse_load_odd, GP);
    EXPECT(fxsave_odd, GP);
    EXPECT(cmpxchg16b_odd, GP);
    EXPECT(canonical_odd, GP);
}

TEST(memory_before_what_it_holds) {
    edge();
    EXPECT(divide_absent, PF);
    EXPECT(mov_ds_absent, PF);
    EXPECT(lgdt_absent, PF);
    IS(user(lgdt_absent, SPACE + 0x1000), GP); // rights before memory
    IS(user(in_string, SPACE + 0x1000), GP);
    EXPECT(in_string, PF);
    EXPECT(xsetbv_bad, UD); // CR4.OSXSAVE
    IS(user(xsetbv_bad, 0), UD);
}

// ---- what is delivered while something is delivered

enum exception_class { BENIGN, CONTRIBUTORY, PAGE };
CODE(make_de, "xor %ecx, %ecx; mov $1, %eax; div %ecx");
CODE(make_db, ".byte 0xf1; ret");
CODE(make_bp, "int3; ret");
CODE(make_ud, "ud2");
CODE(make_nm, "fld1; ret"); // under CR0.TS
CODE(make_np, "mov $0x60, %eax; mov %eax, %ds");
CODE(make_gp, "mov $0x1000, %eax; mov %eax, %ds");
CODE(make_pf, "mov $1, %eax; shl $40, %rax; mov (%rax), %al");
CODE(make_mf, "fninit; push $0x37b; fldcw (%rsp); pop %rax; fldz; fld1; fdiv %st(1), %st; fld1");
CODE(make_xm,
     "push $0x1d80; ldmxcsr (%rsp); pop %rax; xorps %xmm1, %xmm1; mov $0x3f800000, %eax; movd %eax, %xmm0; divss %xmm1, %xmm0");
CODE(make_int, "int $0x41");
static const struct {
    u8 vector;
    u8 class;
    bool soft; // by an instruction for it: EXT is 0
    const char *code;
} kinds[] = {
    {DE, CONTRIBUTORY, false, make_de}, {DB, BENIGN, false, make_db},   {BP, BENIGN, true, make_bp},
    {UD, BENIGN, false, make_ud},       {NM, BENIGN, false, make_nm},   {NP, CONTRIBUTORY, false, make_np},
    {GP, CONTRIBUTORY, false, make_gp}, {PF, PAGE, false, make_pf},     {MF, BENIGN, false, make_mf},
    {XM, BENIGN, false, make_xm},       {0x41, BENIGN, true, make_int},
};
static void prepare(unsigned i) {
    kit_reset();
    gdt[SEL_FREE / 8] = descriptor(0, 0xfffff, 0xc013); // not present
    set_cr0(kinds[i].vector == NM ? cr0() | CR0_TS : cr0() & ~(ureg)CR0_TS);
}

// The second is #NP, from a gate that is not present.
TEST(second_is_contributory) {
    for (unsigned i = 0; i < countof(kinds); i++) {
        unsigned v = kinds[i].vector;
        prepare(i);
        IS(run(kinds[i].code, 0) | i << 12, v | i << 12);
        if (v == NP) continue;
        prepare(i);
        set_gate_to(v, SEL_CODE, 0x1000, 0x0e, 0);
        bool doubled = kinds[i].class != BENIGN;
        IS(run(kinds[i].code, 0) | i << 12, (doubled ? DF : NP) | i << 12);
        IS(caught.error | i << 12, (doubled ? 0u : v << 3 | 2 | !kinds[i].soft) | i << 12);
    }
}

// The second is #PF: the first one's stack is not there. (#PF after #PF is of exceptions/double_fault.)
TEST(second_is_a_page_fault) {
    for (unsigned i = 0; i < countof(kinds); i++) {
        unsigned v = kinds[i].vector;
        prepare(i);
        tss.ist[3] = SPACE + 0x8000;
        set_gate(v, 0, 4);
        bool doubled = kinds[i].class == PAGE;
        IS(run(kinds[i].code, 0) | i << 12, (doubled ? DF : PF) | i << 12);
        if (!doubled) IS(caught.error, PF_W);
        IS(caught.cr2, SPACE + 0x8000 - 8);
    }
}

// Three in a row: a benign one, then two contributory ones.
TEST(third_makes_it_double) {
    prepare(3);
    set_gate_to(UD, SEL_CODE, 0x1000, 0x0e, 0);
    set_gate_to(NP, SEL_FREE, 0x1000, 0x8e, 0); // its code segment is not present
    IS(run(make_ud, 0), DF);
    prepare(3);
    set_gate_to(UD, SEL_CODE, 0x1000, 0x0e, 0); // #NP, whose stack is not there: #PF, which is no double fault
    tss.ist[3] = SPACE + 0x8000;
    set_gate(NP, 0, 4);
    IS(run(make_ud, 0), PF);
    IS(caught.ip, (ureg)make_ud);
}

// Interrupts from outside are benign; EXT is 1.
static void nmi_now(void) {
    APIC(APIC_ICR) = 0x4400;
    for (unsigned i = 0; i < 1000; i++) asm volatile("pause");
}
CODE(
    unblock_nmi,
    "mov %rsp, %rax; mov %ss, %ecx; push %rcx; push %rax; pushf; mov %cs, %ecx; push %rcx; lea 1f(%rip), %rax; push %rax; iretq\n1: ret");
CODE(window, "sti; nop; nop; cli; ret");
TEST(interrupts_are_benign) {
    prepare(3);
    set_gate_to(0x51, SEL_CODE, 0x1000, 0x0e, 0);
    APIC(APIC_ICR) = 0x44051;
    IS(run(window, 0), NP);
    IS(caught.error, 0x51 << 3 | 3);
    APIC(APIC_EOI) = 0;
    prepare(3);
    set_gate_to(0x51, 0x1000, 0x1000, 0x8e, 0);
    APIC(APIC_ICR) = 0x44051;
    IS(run(window, 0), GP);
    IS(caught.error, 0x1001);
    prepare(3);
    set_gate_to(NMI, SEL_CODE, 0x1000, 0x0e, 0);
    APIC(APIC_ICR_HIGH) = APIC(APIC_ID);
    IS(run((const void *)nmi_now, 0), NP);
    IS(caught.error, NMI << 3 | 3);
    IS(run(unblock_nmi, 0), NOTHING);
}

// ---- between instructions: traps of the last, then NMI, then interrupts

static u8 order[8];
static ureg ip[8];
static unsigned count;
static bool note(struct frame *f) {
    order[count & 7] = (u8)f->vector, ip[count & 7] = f->ip;
    count++;
    if (f->vector == 0x51) APIC(APIC_EOI) = 0;
    return true;
}
// POPF lets the interrupt in and starts to step: the interrupt comes first, at once; the trap behind the NOP.
CODE(step_and_interrupt, "pushf; orl $0x300, (%rsp); popf\nstep_1: nop\nstep_2: cli; pushf; andl $~0x100, (%rsp); popf; ret");
LABEL(step_1);
LABEL(step_2);
TEST(traps_and_interrupts) {
    hooks[DB] = hooks[0x51] = note;
    count = 0;
    APIC(APIC_ICR) = 0x44051;
    IS(run(step_and_interrupt, 0), NOTHING);
    IS(order[0] << 8 | order[1], 0x51 << 8 | DB);
    IS(ip[0], (ureg)step_1);
    IS(ip[1], (ureg)step_2);
}
// The store of the command is stepped: trap first, then what it sent.
CODE(step_a_store,
     "pushf; orl $0x300, (%rsp); popf\nmov %eax, (%rdi)\nstep_a_store_1: cli; pushf; andl $~0x100, (%rsp); popf; ret");
LABEL(step_a_store_1);
TEST(trap_before_interrupt) {
    hooks[DB] = hooks[0x51] = note;
    count = 0;
    asm volatile("call *%0" ::"r"(step_a_store), "D"(0xfee00000 + APIC_ICR), "a"(0x44051) : "memory", "cc");
    IS(order[0] << 8 | order[1], DB << 8 | 0x51);
    IS(ip[0], (ureg)step_a_store_1);
    IS(ip[1], (ureg)step_a_store_1);
}
