// SPDX-License-Identifier: MIT
// Paging in long mode: every combination of rights, page sizes, reserved bits, accessed and dirty flags, accesses across
// pages, and what the TLB must forget (SDM 3A 4.5 to 4.10).
#include "rights.h"

CODE(load, "mov (%rdi), %rax; ret");
CODE(load_byte, "mov (%rdi), %al; ret");
CODE(store, "mov %rdi, (%rdi); ret");
CODE(load_open, "stac; mov (%rdi), %rax; clac; ret");
CODE(go, "jmp *%rdi");
CODE(just_return, "ret");

// ---- rights

static u64 *rights_at[2], rest[2]; // the leaf and the entry above; addresses, and PS
static u64 get(bool above) { return *rights_at[above]; }
static void set(bool above, u64 rights) { *rights_at[above] = rest[above] | rights; }

static void all_rights(unsigned level) {
    u64 size = level > 1 ? 2 * MiB : 4096, va = SPACE + 0x5000000;
    struct ground g = {va, pages_aligned((unsigned)(size / 4096), size), true, get, set};
    rights_at[0] = entry(va, level), rights_at[1] = entry(va, level + 1);
    rest[0] = (u64)g.memory | (level > 1 ? PS : 0);
    rest[1] = *rights_at[1] & ~(u64)0xfff;
    check_rights(&g);
}
TEST(rights_4k) { all_rights(1); }
TEST(rights_2m) { all_rights(2); }

// ---- sizes

TEST(sizes) {
    u8 *memory = pages_aligned(512, 2 * MiB);
    u64 address = (u64)memory;
    map(SPACE, 1, (address + 0x3000) | P | W);
    map(SPACE + 0x40000000, 2, address | P | W | PS);
    memory[0x3123] = 7;
    IS(*(volatile u8 *)(SPACE + 0x123), 7);
    IS(*(volatile u8 *)(SPACE + 0x40003123), 7);
    *(volatile u8 *)(SPACE + 0x401fffff) = 9;
    IS(memory[0x1fffff], 9);
    if (!(cpuid(0x80000001, 0, EDX) & 1 << 26)) kit_skip("no pages of 1 GiB");
    map(SPACE + 0x80000000, 3, P | W | PS);
    IS(*(volatile u8 *)(SPACE + 0x80000000 + address + 0x1fffff), 9);
    IS(*entry(SPACE + 0x80000000, 3), P | W | PS | A);
    *(volatile u8 *)(SPACE + 0x80000000 + address) = 1;
    IS(*entry(SPACE + 0x80000000, 3), P | W | PS | A | D);
}

TEST(cache_bits_and_available_bits_are_free) {
    u64 address = (u64)page();
    map(SPACE, 1, address | P | W | 0x18 | PS | G | 0xe00 | (u64)0x7ff << 52); // PWT, PCD, PAT, G, available
    IS(run(store, SPACE), NOTHING);
    IS(*(u64 *)address, SPACE);
}

// ---- reserved bits

TEST(reserved_bits) {
    u64 address = (u64)pages_aligned(512, 2 * MiB), top = (u64)1 << 51, two = SPACE + 0x40000000, one = SPACE + 0x80000000;
    unsigned physical = cpuid(0x80000008, 0, EAX) & 0xff;
    map(SPACE, 1, address | P | W | U);
    IS(run(load, SPACE), NOTHING);
    for (unsigned level = 1; level <= 4; level++) {
        u64 *e = entry(SPACE, level), good = *e;
        if (physical < 52) {
            *e = good | top, invlpg(SPACE);
            IS(run(load, SPACE), PF);
            IS(caught.error, PF_P | PF_RSVD);
            *e = good | (u64)1 << physical, invlpg(SPACE);
            IS(user(store, SPACE), PF);
            IS(caught.error, PF_P | PF_RSVD | PF_W | PF_U);
            *e = (good | top) & ~(u64)P, invlpg(SPACE);
            IS(run(load, SPACE), PF);
            IS(caught.error, 0);
        }
        if (level == 4) {
            *e = good | PS, invlpg(SPACE);
            IS(run(load, SPACE), PF);
            IS(caught.error, PF_P | PF_RSVD);
        }
        *e = good, invlpg(SPACE);
    }
    for (unsigned bit = 12; bit < 30; bit++) { // bit 12 of a large page's entry is PAT
        if (bit < 21) {
            map(two, 2, address | P | W | PS | (u64)1 << bit);
            IS(run(load, two), bit == 12 ? NOTHING : PF);
            if (bit > 12) IS(caught.error, PF_P | PF_RSVD);
        }
        map(one, 3, P | W | PS | (u64)1 << bit);
        IS(run(load, one), bit == 12 ? NOTHING : PF);
        if (bit > 12) IS(caught.error, PF_P | PF_RSVD);
    }
}

// ---- addresses

CODE(push_at, "mov %rsp, %rdx; mov %rdi, %rsp; push %rax; mov %rdx, %rsp; ret");
CODE(by_rbp, "push %rbp; mov %rdi, %rbp; mov 0(%rbp), %rax; pop %rbp; ret");
CODE(call_it, "call *%rdi; ret");
CODE(return_to_it, "push %rdi; ret");

TEST(canonical) {
    u64 low = 0x0000800000000000, high = 0xffff7fffffffffff, edge = 0x00007ffffffffffc;
    map(edge & ~(u64)4095, 1, (u64)page() | P | W);
    IS(run(load, low), GP);
    IS(caught.error, 0);
    IS(caught.ip, (ureg)load);
    IS(run(store, high), GP);
    IS(run(load, edge - 4), NOTHING);
    IS(run(load, edge), GP);
    IS(run(push_at, low + 8), SS);
    IS(caught.error, 0);
    IS(run(by_rbp, low), SS);
    IS(run(by_rbp, edge), SS);
    IS(run(go, low), GP);
    IS(caught.error, 0);
    IS(run(call_it, low), GP);
    IS(run(return_to_it, low), GP);
    IS(user(load, low), GP);
    IS(run(load, 0xffff800000000000), PF);
    IS(caught.cr2, 0xffff800000000000);
    IS(caught.error, 0);
    IS(run(load, (u64)-8), PF);
    IS(caught.cr2, (u64)-8);
}

// ---- across pages

TEST(data_across_pages) {
    u8 *memory = pages_aligned(2, 4096);
    u64 first = SPACE, second = SPACE + 4096, across = second - 3;
    map(first, 1, ((u64)memory + 4096) | P | W); // not adjacent in physical memory
    map(second, 1, (u64)memory | P | W);
    IS(run(store, across), NOTHING);
    IS(memory[8189] | memory[8190] << 8 | memory[8191] << 16, across & 0xffffff);
    IS(*(u32 *)memory, across >> 24 & 0xffffffff);

    memset(memory, 0x55, 8192);
    map(second, 1, 0);
    IS(run(store, across), PF);
    IS(caught.cr2, second);
    IS(caught.error, PF_W);
    IS(memory[8189], 0x55);
    IS(run(load, across), PF);
    IS(caught.cr2, second);
    IS(caught.error, 0);

    set_cr0(cr0() | CR0_WP);
    map(second, 1, (u64)memory | P);
    IS(run(load, across), NOTHING);
    IS(run(store, across), PF);
    IS(caught.cr2, second);
    IS(caught.error, PF_P | PF_W);
    IS(memory[8189], 0x55);

    map(first, 1, 0);
    IS(run(load, across), PF);
    IS(caught.cr2, across);
}

TEST(code_across_pages) {
    u8 *memory = pages_aligned(2, 4096);
    u64 first = SPACE, second = SPACE + 4096, across = second - 4;
    static const u8 code[] = {0x48, 0xb8, 1, 2, 3, 4, 5, 6, 7, 8, 0xc3}; // mov rax, imm64; ret
    memcpy(memory + 8192 - 4, code, 4);
    memcpy(memory, code + 4, sizeof code - 4);
    map(first, 1, ((u64)memory + 4096) | P | W);
    IS(run((void *)across, 0), PF);
    IS(caught.cr2, second);
    IS(caught.error, PF_I);
    IS(caught.ip, across);
    map(second, 1, (u64)memory | P | W);
    IS(run((void *)across, 0), NOTHING);
    IS(((u64 (*)(void))across)(), 0x0807060504030201);
    map(second, 1, (u64)memory | P | W | NX);
    IS(run((void *)across, 0), PF);
    IS(caught.error, PF_I | PF_P);
    IS(caught.cr2, second);
    // The same linear page, other bytes.
    u8 *other = page();
    memcpy(other, code + 4, sizeof code - 4);
    other[0] = 0x77;
    map(second, 1, (u64)other | P);
    IS(((u64 (*)(void))across)(), 0x0807060504770201);
    other[0] = 0x66;
    IS(((u64 (*)(void))across)(), 0x0807060504660201);
}

// ---- accessed and dirty

TEST(dirty_after_a_read) {
    map(SPACE, 1, (u64)page() | P | W);
    u64 *e = entry(SPACE, 1);
    IS(run(load, SPACE), NOTHING);
    IS(*e & (A | D), A);
    IS(run(store, SPACE), NOTHING);
    IS(*e & (A | D), A | D);
    *e &= ~(u64)(A | D);
    invlpg(SPACE);
    IS(run(load_byte, SPACE), NOTHING);
    IS(*e & (A | D), A);
    for (unsigned level = 2; level <= 4; level++) IS(*entry(SPACE, level) & A, A);
    for (unsigned level = 2; level <= 4; level++) *entry(SPACE, level) &= ~(u64)A;
    set_cr3(cr3());
    IS(run(just_return, 0), NOTHING);
    IS(*entry(SPACE, 2) & A, 0);
    IS(run(load, SPACE), NOTHING);
    for (unsigned level = 2; level <= 4; level++) IS(*entry(SPACE, level) & A, A);
}

// A locked read-modify-write that fails to change anything still writes.
CODE(compare_exchange, "xor %eax, %eax; mov $5, %ecx; lock cmpxchg %ecx, (%rdi); ret");
TEST(dirty_by_a_failed_compare) {
    u32 *memory = page();
    memory[0] = 1;
    map(SPACE, 1, (u64)memory | P | W);
    IS(run(compare_exchange, SPACE), NOTHING);
    IS(memory[0], 1);
    IS(*entry(SPACE, 1) & (A | D), A | D);
    set_cr0(cr0() | CR0_WP);
    map(SPACE, 1, (u64)memory | P);
    IS(run(compare_exchange, SPACE), PF);
    IS(caught.error, PF_P | PF_W);
}

// ---- what the TLB must forget

static u8 *two_pages(void) {
    u8 *memory = pages_aligned(2, 4096);
    memory[0] = 1, memory[4096] = 2;
    return memory;
}
#define AT(va) (*(volatile u8 *)(va))

TEST(invlpg) {
    u8 *memory = two_pages();
    for (unsigned global = 0; global < 2; global++) {
        set_cr4(cr4() | (global ? CR4_PGE : 0));
        map(SPACE, 1, (u64)memory | P | (global ? G : 0));
        IS(AT(SPACE), 1);
        *entry(SPACE, 1) = (u64)(memory + 4096) | P | (global ? G : 0);
        invlpg(SPACE + 0xfff);
        IS(AT(SPACE), 2);
        *entry(SPACE, 1) = 0;
        invlpg(SPACE);
        IS(run(load, SPACE), PF);
    }
    // A page that was not there needs no invalidation.
    *entry(SPACE, 1) = (u64)memory | P;
    IS(AT(SPACE), 1);
}

TEST(invlpg_of_a_large_page) {
    u8 *a = pages_aligned(512, 2 * MiB), *b = pages_aligned(512, 2 * MiB);
    a[0x150000] = 1, b[0x150000] = 2;
    a[0x1000] = 3, b[0x1000] = 4;
    map(SPACE, 2, (u64)a | P | PS);
    IS(AT(SPACE + 0x150000), 1);
    IS(AT(SPACE + 0x1000), 3);
    *entry(SPACE, 2) = (u64)b | P | PS;
    invlpg(SPACE + 0x8000); // any address in the page
    IS(AT(SPACE + 0x150000), 2);
    IS(AT(SPACE + 0x1000), 4);
}

TEST(invlpg_of_a_table) { // 4.10.4.1: paging-structure caches too
    u8 *memory = two_pages();
    map(SPACE, 1, (u64)memory | P);
    IS(AT(SPACE), 1);
    u64 *other = page();
    other[0] = (u64)(memory + 4096) | P;
    *entry(SPACE, 2) = (u64)other | P | W | U;
    invlpg(SPACE);
    IS(AT(SPACE), 2);
}

TEST(cr3_load) {
    u8 *memory = two_pages();
    map(SPACE, 1, (u64)memory | P);
    IS(AT(SPACE), 1);
    *entry(SPACE, 1) = (u64)(memory + 4096) | P;
    set_cr3(cr3());
    IS(AT(SPACE), 2);
    set_cr4(cr4() | CR4_PGE);
    map(SPACE, 1, (u64)memory | P | G);
    IS(AT(SPACE), 1);
    *entry(SPACE, 1) = (u64)(memory + 4096) | P | G;
    set_cr4(cr4() & ~(ureg)CR4_PGE); // global ones too
    IS(AT(SPACE), 2);
}

TEST(control_registers_change_rights) {
    u8 *memory = page();
    map(SPACE, 1, (u64)memory | P | U);
    IS(run(store, SPACE), NOTHING);
    set_cr0(cr0() | CR0_WP);
    IS(run(store, SPACE), PF);
    set_cr0(cr0() & ~(ureg)CR0_WP);
    IS(run(store, SPACE), NOTHING);
    memory[0] = 0xc3;
    IS(run((void *)SPACE, 0), NOTHING);
    set_cr4(cr4() | CR4_SMEP);
    IS(run((void *)SPACE, 0), PF);
    IS(caught.error, PF_P | PF_I);
    IS(user_at(SEL_UCODE64, SPACE, 2, 0), NOTHING);
    set_cr4(cr4() & ~(ureg)CR4_SMEP);
    IS(run((void *)SPACE, 0), NOTHING);
    IS(run(load, SPACE), NOTHING);
    set_cr4(cr4() | CR4_SMAP);
    IS(run(load, SPACE), PF);
    IS(run(load_open, SPACE), NOTHING);
    IS(run(load, SPACE), PF);
}

// Accesses that the processor makes for itself are ring 0's, whoever caused them, and SMAP does not look at AC for them.
CODE(load_ds, "stac; mov %edi, %ds; ret");
TEST(implicit_accesses) {
    u64 *memory = pages_aligned(2, 4096);
    map(SPACE, 1, (u64)memory | P | W);
    map(SPACE + 4096, 1, (u64)(memory + 512) | P | W | U);
    memcpy(memory, gdt, sizeof gdt);
    memory[512] = gdt[SEL_DATA / 8];
    const struct __attribute__((packed)) {
        u16 limit;
        u64 base;
    } table = {8191, SPACE};
    asm volatile("lgdt %0" ::"m"(table));
    IS(run(load_ds, 0x1000), NOTHING);
    set_cr4(cr4() | CR4_SMAP);
    IS(run(load_ds, 0x1000), PF);
    IS(caught.error, PF_P);
    IS(caught.cr2, SPACE + 0x1000);
}

// Stacks are no system structures: what the processor pushes and pops there at CPL 0 are explicit accesses, which AC opens user
// pages for (4.6.1).
#define ON_STACK(name, text)                                                                                                     \
    CODE(name, "mov %rsp, %r8; mov %rdi, %rsp\n" text "\n" #name "_back: mov %r8, %rsp; ret");                                   \
    LABEL(name##_back)
ON_STACK(push_pop, "push %rax; pop %rax");
ON_STACK(far_return, "mov %cs, %eax; push %rax; lea far_return_back(%rip), %rax; push %rax; lretq");
ON_STACK(
    interrupt_return,
    "mov %ss, %eax; push %rax; push %rdi; pushf; mov %cs, %eax; push %rax; lea interrupt_return_back(%rip), %rax; push %rax; iretq");
ON_STACK(int3_there, "int3");
ON_STACK(int_there, "int $0x41");
ON_STACK(int1_there, ".byte 0xf1");
ON_STACK(fault_there, "ud2");
ON_STACK(far_call, "lcall *paging_far(%rip)\npaging_called: pop %rax; pop %rax");
LABEL(paging_called);
static struct {
    u32 ip, cs;
} paging_far __attribute__((used));
static const char *resume_at;
static bool back(struct frame *f) {
    f->ip = (ureg)resume_at;
    return true;
}
TEST(stacks_are_explicit_accesses) {
    static const struct {
        const char *code, *back;
    } all[] = {{push_pop, push_pop_back},       {far_return, far_return_back}, {interrupt_return, interrupt_return_back},
               {int3_there, int3_there_back},   {int_there, int_there_back},   {int1_there, int1_there_back},
               {fault_there, fault_there_back}, {far_call, far_call_back}};
    map(SPACE, 1, (u64)page() | P | W | U);
    set_cr4(cr4() | CR4_SMAP);
    set_gate(PF, 0, 1); // with AC = 0 there is no stack to tell of the fault on
    hooks[BP] = hooks[0x41] = hooks[DB] = hooks[UD] = back;
    paging_far.ip = (u32)(ureg)paging_called, paging_far.cs = SEL_CODE;
    for (unsigned i = 0; i < countof(all); i++) {
        resume_at = all[i].back;
        set_flags(FL_AC | 2);
        IS(run(all[i].code, SPACE + 0xf00) | i << 12, NOTHING | i << 12);
        set_flags(2);
        IS(run(all[i].code, SPACE + 0xf00) | i << 12, PF | i << 12);
        IS(caught.error, PF_P | PF_W);
    }
}
// The same where the stack is changed on the way: AC is still that of the program that is left.
CODE(user_int, "int $0x41");
static unsigned arrived;
static bool arrive(struct frame *f) {
    arrived++;
    return false;
}
TEST(inner_stack_is_an_explicit_access) {
    map(SPACE, 1, (u64)page() | P | W | U);
    set_cr4(cr4() | CR4_SMAP);
    set_gate(PF, 0, 1), set_gate(0x41, 3, 0);
    tss.rsp[0] = SPACE + 0x1000;
    hooks[0x41] = arrive;
    IS(user_at(UCODE, user_address(user_int), FL_AC | 2, 0), 0x41);
    IS(arrived, 1);
    IS(user_at(UCODE, user_address(user_int), 2, 0), PF);
    IS(caught.error, PF_P | PF_W);
}
