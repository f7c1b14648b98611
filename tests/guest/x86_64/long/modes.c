// SPDX-License-Identifier: MIT
// Mode changes: down from long mode to real mode and back up, the rules that guard them, and five-level paging (SDM 3A 9.9,
// 4.1.2; 3A 20).
#include "kit.h"

struct trip {
    u32 cr3, cr4, pae_cr3, unused;
    // notes, in the order of the way
    u32 inc, efer_compat, wrapped, efer_left, efer_pae, pae_word, flat_word;
    u32 real_int, real_segment, real_ud, real_limit, real_cs, real_flags, real_iopl;
};
void trip(struct trip *);
extern const char sixteen[], sixteen_end[];

#define COPY 0x5000
static struct trip t;

static void go_round(ureg root, u32 cr4_then) {
    static u64 pdpt[4] __attribute__((aligned(32)));
    u64 *pd = page();
    for (unsigned i = 0; i < 512; i++) pd[i] = i * 2 * MiB | PS | P | W;
    pd[1] = 4 * MiB | PS | P | W;
    pdpt[0] = (u64)pd | P;
    pdpt[1] = pdpt[2] = pdpt[3] = 0;
    *(volatile u32 *)(2 * MiB) = 0x22222222;
    *(volatile u32 *)(4 * MiB) = 0x44444444;
    memset(&t, 0, sizeof t);
    t.cr3 = (u32)root, t.cr4 = cr4_then, t.pae_cr3 = (u32)(ureg)pdpt;
    memcpy((void *)COPY, sixteen, (size_t)(sixteen_end - sixteen));
    trip(&t);
}

TEST(down_to_real_mode_and_back) {
    u32 efer = (u32)rdmsr(MSR_EFER);
    go_round((ureg)pml4, (u32)cr4());
    IS(t.inc, 1);
    IS(t.efer_compat, efer);
    HOLDS(efer & EFER_LMA);
    IS(t.wrapped, 1);
    IS(t.efer_left, efer & ~EFER_LMA);
    IS(t.efer_pae, efer & ~(EFER_LMA | EFER_LME));
    IS(t.pae_word, 0x44444444);
    IS(t.flat_word, 0x22222222);
    IS(t.real_int, 0x600d);
    IS(t.real_segment, 0xbeef);
    IS(t.real_ud, 1);
    IS(t.real_limit, 1);
    IS(t.real_cs, 0);
    IS(t.real_flags & 0x8002, 2);
    IS(t.real_iopl, 0x7002);
    IS(rdmsr(MSR_EFER), efer);
    IS(rdmsr(MSR_EFER) & EFER_LMA, EFER_LMA);
}

// ---- guards

CODE(clear_lme, "mov $0xc0000080, %ecx; rdmsr; btr $8, %eax; wrmsr; ret");
CODE(clear_pg, "mov %cr0, %rax; btr $31, %rax; mov %rax, %cr0; ret");
CODE(set_la57, "mov %cr4, %rax; bts $12, %rax; mov %rax, %cr4; ret");
CODE(set_pcide, "mov %cr4, %rax; bts $17, %rax; mov %rax, %cr4; ret");
TEST(guards) {
    IS(run(clear_lme, 0), GP);
    IS(run(clear_pg, 0), GP); // CS.L is 1
    IS(run(set_la57, 0), GP);
    wrmsr(MSR_EFER, rdmsr(MSR_EFER) & ~(u64)EFER_LMA); // read-only: ignored
    IS(rdmsr(MSR_EFER) & EFER_LMA, EFER_LMA);
    set_cr0(cr0() & ~(ureg)0x10); // ET is fixed to 1
    IS(cr0() & 0x10, 0x10);
}

// ---- compatibility mode

static struct {
    u32 ip, cs;
} far_pointer __attribute__((used));
CODE(
    in_compat,
    "push %rbx; mov %rsp, %rbx; movl $0x38, 4+far_pointer; movl $1f, far_pointer; lcall *far_pointer; mov %rbx, %rsp;"
    "pop %rbx; ret\n.code32\n1: mov $0x10, %ecx; mov %ecx, %ss; push $-1; pop %eax; mov %esp, %edx; pusha; popa; daa; lret\n.code64");
CODE(syscall_in_compat,
     "push %rbx; mov %rsp, %rbx; movl $0x38, 4+far_pointer; movl $1f, far_pointer; lcall *far_pointer; mov %rbx, %rsp;"
     "pop %rbx; ret\n.code32\n1: syscall; lret\n.code64");
TEST(compatibility_code) {
    IS(run(in_compat, 0), NOTHING);
    wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_SCE);
    IS(run(syscall_in_compat, 0), UD); // Intel's rule: SYSCALL in 64-bit mode only
    IS(caught.f.cs, SEL_CODE32);
}

// ---- five levels

CODE(load, "mov (%rdi), %rax; ret");
CODE(store, "mov %rdi, (%rdi); ret");
CODE(clear_la57, "mov %cr4, %rax; btr $12, %rax; mov %rax, %cr4; ret");
TEST(five_levels) {
    if (!(cpuid(7, 0, ECX) & 1 << 16)) kit_skip("no LA57");
    u64 *pml5 = page(), *memory = page();
    u32 before = (u32)cr4();
    pml5[0] = (u64)pml4 | P | W | U;
    go_round((ureg)pml5, before | CR4_LA57);
    IS(cr4() & CR4_LA57, CR4_LA57);
    u64 far = (u64)5 << 48; // not canonical in four levels
    pml5[5] = (u64)pml4 | P | W | U;
    memory[0] = 0x1234;
    map(SPACE, 1, (u64)memory | P | W);
    IS(*(volatile u64 *)(far + SPACE), 0x1234);
    IS(pml5[5] & A, A);
    IS(run(store, far + SPACE), NOTHING);
    IS(memory[0], far + SPACE);
    IS(run(load, (u64)6 << 48), PF);
    IS(caught.cr2, (u64)6 << 48);
    IS(caught.error, 0);
    IS(run(load, (u64)1 << 56), GP); // not canonical in five
    IS(run(load, 0xff00000000000000), PF);
    pml5[5] |= PS; // reserved
    set_cr3(cr3());
    IS(run(load, far + SPACE), PF);
    IS(caught.error, PF_P | PF_RSVD);
    pml5[5] = (u64)pml4 | P | NX;
    set_cr3(cr3());
    set_cr0(cr0() | CR0_WP);
    IS(run(store, far + SPACE), PF);
    IS(caught.error, PF_P | PF_W);
    IS(run((void *)(far + (u64)load), 0), PF);
    IS(caught.error, PF_P | PF_I);
    IS(user((void *)load, far + SPACE), PF);
    IS(caught.error, PF_P | PF_U);
    IS(run(clear_la57, 0), GP);
    go_round((ureg)pml4, before);
    IS(run(load, far + SPACE), GP);
    IS(run(load, SPACE), NOTHING);
}

// ---- process-context identifiers

CODE(invpcid, "mov (%rdi), %rax; lea 8(%rdi), %rdx; invpcid (%rdx), %rax; ret");
static unsigned invalidate(u64 type, u64 pcid, u64 address) {
    static u64 room[3];
    room[0] = type, room[1] = pcid, room[2] = address;
    return run(invpcid, (ureg)room);
}
#define AT(va) (*(volatile u8 *)(va))
TEST(pcid) {
    if (!(cpuid(1, 0, ECX) & 1 << 17)) kit_skip("no PCID");
    u8 *one = page(), *two = page();
    u64 *root1 = page(), *root2 = page(), *e1, *e2;
    one[0] = 1, two[0] = 2;
    map(SPACE, 1, (u64)one | P);
    e1 = entry(SPACE, 1);
    memcpy(root1, pml4, 4096);
    pml4[SPACE >> 39] = 0;
    map(SPACE, 1, (u64)two | P);
    e2 = entry(SPACE, 1);
    memcpy(root2, pml4, 4096);
    set_cr3(cr3() | 1 << 3);
    IS(run(set_pcide, 0), GP); // CR3's low 12 bits must be 0
    set_cr3(cr3() & ~(ureg)0xfff);
    IS(run(set_pcide, 0), NOTHING);
    set_cr3((ureg)root1 | 1);
    IS(AT(SPACE), 1);
    set_cr3((ureg)root2 | 2);
    IS(AT(SPACE), 2);
    set_cr3((ureg)root1 | 1 | (u64)1 << 63); // keeps what PCID 1 has in the TLB
    IS(cr3(), (ureg)root1 | 1);              // bit 63 is not stored
    IS(AT(SPACE), 1);
    *e1 = (u64)two | P;
    set_cr3((ureg)root1 | 1); // drops it
    IS(AT(SPACE), 2);
    *e1 = (u64)one | P;
    invlpg(SPACE);
    IS(AT(SPACE), 1);
    IS(run(clear_pg, 0), GP);
    if (!(cpuid(7, 0, EBX) & 1 << 10)) kit_skip("no INVPCID");
    *e1 = (u64)two | P;
    IS(invalidate(0, 1, SPACE), NOTHING); // one address of one PCID
    IS(AT(SPACE), 2);
    *e1 = (u64)one | P;
    IS(invalidate(1, 1, 0), NOTHING); // one PCID
    IS(AT(SPACE), 1);
    *e2 = (u64)one | P;
    IS(invalidate(1, 2, 0), NOTHING); // of another one
    set_cr3((ureg)root2 | 2 | (u64)1 << 63);
    IS(AT(SPACE), 1);
    *e2 = (u64)two | P | G;
    set_cr4(cr4() | CR4_PGE);
    IS(invalidate(3, 0, 0), NOTHING); // all but global
    IS(AT(SPACE), 2);
    *e2 = (u64)one | P | G;
    IS(invalidate(2, 0, 0), NOTHING); // all
    IS(AT(SPACE), 1);
    IS(invalidate(4, 0, 0), GP);
    IS(invalidate(0, 0x1000, 0), GP);       // reserved bits of the descriptor
    bool wide = cpuid(7, 0, ECX) >> 16 & 1; // what the processor could, not what the paging mode is
    IS(invalidate(0, 0, (u64)1 << 56), GP);
    IS(invalidate(0, 0, (u64)1 << 47), wide ? NOTHING : GP);
    IS(invalidate(1, 0, (u64)1 << 56), NOTHING);
    set_cr3((ureg)pml4);
}
