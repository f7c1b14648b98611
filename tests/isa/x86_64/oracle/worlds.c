// SPDX-License-Identifier: MIT
// Memory of the two worlds: descriptors of every kind, page tables, and the code that leads from 64-bit mode into all others.
// Both worlds walk that way themselves, so that hidden parts of segment registers are their own doing.
#include "base/le.h"
#include "isa/x86_64/sys/seg.h"
#include "oracle.h"

#include <string.h>

const char *const base_names[BASES] = {"64-bit ring 0", "64-bit ring 3", "32-bit ring 0", "32-bit ring 3",
                                       "16-bit ring 0", "real",          "virtual-8086"};

enum { GDT = 0x1000, LDT = 0x1400, IDT = 0x2000, TSS = 0x3000, TSS2 = 0x3400, TABLES = 0x10000 };

#define AT(label) #label " - oracle_way + 0x8000"
#define WRMSR(number, low, high) "mov $" #number ", %ecx; mov $" #low ", %eax; mov $" #high ", %edx; wrmsr\n"
// clang-format off
asm(".pushsection .rodata\n.globl oracle_way, oracle_long0, oracle_long3, oracle_from_long0, oracle_prot0, oracle_prot3\n"
    ".globl oracle_from_prot0, oracle_code16, oracle_real, oracle_to_v86, oracle_v86, oracle_way_end\n"
    "oracle_way:\n.code64\n"
    "mov $0x10000, %eax; mov %rax, %cr3; mov $0x10620, %eax; mov %rax, %cr4\n" // PAE, OSFXSR, OSXMMEXCPT, FSGSBASE
    "mov $0xc0000080, %ecx; rdmsr; or $0x901, %eax; wrmsr\n"                   // SCE, LME, NXE
    "mov $0x80050033, %eax; mov %rax, %cr0\n"                                  // PG, AM, WP, NE, ET, MP, PE
    "lgdt 0x900; lidt 0x910; mov $0x7000, %rsp; pushq $0x18; pushq $" AT(1f) "; lretq\n"
    "1: mov $0x10, %eax; mov %eax, %ds; mov %eax, %es; mov %eax, %ss; xor %eax, %eax; mov %eax, %fs; mov %eax, %gs\n"
    "mov $0x90, %eax; lldt %ax; mov $0x38, %eax; ltr %ax\n"
    WRMSR(0xc0000081, 0, 0x00230018) WRMSR(0xc0000082, 0x9100, 0) WRMSR(0xc0000084, 0x47700, 0)
    WRMSR(0x174, 0x18, 0) WRMSR(0x175, 0x6800, 0) WRMSR(0x176, 0x9200, 0)
    WRMSR(0xc0000100, 0x10, 0) WRMSR(0xc0000101, 0x20, 0) WRMSR(0xc0000102, 0x40, 0)
    "oracle_long0: nop\n"
    "pushq $0x2b; pushq $0x6000; pushq $0x3002; pushq $0x33; pushq $" AT(oracle_long3) "; iretq\n"
    "oracle_long3: nop\n"
    "oracle_from_long0: pushq $8; pushq $" AT(2f) "; lretq\n"
    ".code32\n2: mov $0x10, %eax; mov %eax, %ds; mov %eax, %es; mov %eax, %ss; mov %cr0, %eax; and $0x7fffffff, %eax; mov %eax, %cr0\n"
    "mov $0xc0000080, %ecx; rdmsr; and $0xfffffeff, %eax; wrmsr; xor %eax, %eax; mov %eax, %fs; mov %eax, %gs; ljmp $8, $" AT(3f) "\n3:\n"
    "oracle_prot0: nop\n"
    "push $0x2b; push $0x6000; push $0x3002; push $0x23; push $" AT(4f) "; iret\n"
    "4: mov $0x2b, %eax; mov %eax, %ds; mov %eax, %es\noracle_prot3: nop\n"
    "oracle_from_prot0: ljmp $0x48, $" AT(5f) "\n"
    ".code16\n5: mov $0x50, %ax; mov %ax, %ds; mov %ax, %es; mov %ax, %ss\noracle_code16: nop\n"
    "mov %cr0, %eax; and $-2, %eax; mov %eax, %cr0; ljmp $0x800, $6f - oracle_way\n"
    "6: mov $0xa00, %ax; mov %ax, %ds; mov %ax, %es; mov %ax, %fs; mov %ax, %gs; xor %ax, %ax; mov %ax, %ss; mov $0x7000, %sp\n"
    "ljmp $0, $" AT(oracle_real) "\noracle_real: nop\n"
    ".code32\noracle_to_v86: push $0; push $0xa00; push $0xa00; push $0xa00; push $0; push $0x6000; push $0x23002; push $0; push $"
    AT(oracle_v86) "; iret\noracle_v86: nop\n"
    ".code64\noracle_way_end:\n.popsection\n");
// clang-format on
extern const u8 oracle_way[], oracle_long0[], oracle_long3[], oracle_from_long0[], oracle_prot0[], oracle_prot3[],
    oracle_from_prot0[], oracle_code16[], oracle_real[], oracle_to_v86[], oracle_v86[], oracle_way_end[];
const u8 *const way_to[BASES] = {oracle_long0, oracle_long3, oracle_prot0, oracle_prot3, oracle_code16, oracle_real, oracle_v86};
const u8 *const way_from[BASES] = {oracle_way,        oracle_long0,  oracle_from_long0, oracle_prot0,
                                   oracle_from_prot0, oracle_code16, oracle_to_v86};
const int way_after[BASES] = {-1, LONG0, LONG0, PROT0, PROT0, CODE16, PROT0};

static u64 descriptor(u32 base, u32 limit, u32 attr) {
    return (limit & 0xffff) | (u64)(base & 0xffffff) << 16 | (u64)(attr & 0xff) << 40 | (u64)(limit >> 16 & 0xf) << 48 |
           (u64)(attr >> 12 & 0xf) << 52 | (u64)(base >> 24) << 56;
}
static u64 gate(unsigned type, unsigned dpl, u16 sel, u32 to) {
    return (to & 0xffff) | (u64)sel << 16 | (u64)(AR_P | dpl << 5 | type) << 40 | (u64)(to >> 16) << 48;
}

#define CODE_SEG (AR_P | AR_S | AR_CODE | AR_R | AR_ACCESSED)
#define DATA_SEG (AR_P | AR_S | AR_W | AR_ACCESSED)
#define RING(n) ((u32)(n) << 5)
static void descriptors(u8 *gdt) {
    // clang-format off
    static const struct { u16 sel; u32 limit, attr; } k[] = {
        {0x08, 0xfffff, CODE_SEG | AR_G | AR_DB}, {0x10, 0xfffff, DATA_SEG | AR_G | AR_DB}, {0x18, 0xfffff, CODE_SEG | AR_G | AR_L},
        {0x20, 0xfffff, CODE_SEG | AR_G | AR_DB | RING(3)}, {0x28, 0xfffff, DATA_SEG | AR_G | AR_DB | RING(3)},
        {0x30, 0xfffff, CODE_SEG | AR_G | AR_L | RING(3)}, {0x48, 0xffff, CODE_SEG}, {0x50, 0xffff, DATA_SEG},
        {0x58, 0xffff, CODE_SEG | RING(3)}, {0x60, 0xfffff, (CODE_SEG & ~AR_ACCESSED) | AR_G | AR_DB | AR_CONFORMING},
        {0x68, 0xfffff, (CODE_SEG & ~AR_P) | AR_G | AR_DB | RING(3)}, {0x70, 0xfffff, (DATA_SEG & ~AR_P) | AR_G | AR_DB | RING(3)},
        {0x78, 0xfffff, (DATA_SEG & ~AR_W & ~AR_ACCESSED) | AR_G | AR_DB | RING(3)}, {0x80, 0x0fff, DATA_SEG | AR_DOWN | AR_DB | RING(3)},
        {0x88, 0xfffff, (CODE_SEG & ~AR_R) | AR_G | AR_DB | RING(3)}, {0xe0, 0xfffff, CODE_SEG | AR_G | AR_L | AR_CONFORMING},
        {0xe8, 0xfffff, CODE_SEG | AR_G | AR_L | AR_DB}, {0xf0, 0xfffff, DATA_SEG | AR_G | AR_DB | RING(1)},
        {0xf8, 0xfffff, CODE_SEG | AR_G | AR_DB | RING(1)},
    };
    // clang-format on
    for (unsigned i = 0; i < countof(k); i++) st64(gdt + k[i].sel, descriptor(0, k[i].limit, k[i].attr));
    st64(gdt + 0x38, descriptor(TSS, 0x67, AR_P | SYS_TSS32));
    st64(gdt + 0x90, descriptor(LDT, 0x1f, AR_P | SYS_LDT));
    st64(gdt + 0xa0, descriptor(TSS2, 0x67, AR_P | SYS_TSS32));
    st64(gdt + 0xb0, gate(SYS_CALL32, 3, 0x08, 0x9100));
    st64(gdt + 0xc0, gate(SYS_CALL32, 3, 0x18, 0x9100));
    st64(gdt + 0xd0, gate(SYS_CALL16, 3, 0x48, 0x9100));
}

void fill_memory(u8 *ram) {
    memset(ram, 0, RAM);
    descriptors(ram + GDT);
    st64(ram + LDT + 8, descriptor(0, 0xfffff, DATA_SEG | AR_G | AR_DB | RING(3)));
    st64(ram + LDT + 16, descriptor(0, 0xfffff, CODE_SEG | AR_G | AR_DB | RING(3)));
    st64(ram + LDT + 24, descriptor(0, 0xfffff, CODE_SEG | AR_G | AR_L));
    st16(ram + 0x900, 0xff), st32(ram + 0x902, GDT);
    st16(ram + 0x910, 0xfff), st32(ram + 0x912, IDT);
    st32(ram + TSS + 4, 0x5000), st32(ram + TSS + 8, 0x10); // 32-bit: ESP0, SS0; 64-bit: RSP0 is 5000 | 10 << 32: see below
    st64(ram + TABLES, (TABLES + 0x1000) | 7);
    st64(ram + TABLES + 0x1000, (TABLES + 0x2000) | 7);
    st64(ram + TABLES + 0x2000, (TABLES + 0x3000) | 7);
    for (u64 i = 0; i < RAM >> 12; i++) st64(ram + TABLES + 0x3000 + 8 * i, i << 12 | 0x67);
    memcpy(ram + WAY, oracle_way, (size_t)(oracle_way_end - oracle_way));
    memset(ram + CODE, 0xf4, 0x1000);
}

void ready(const struct oracle_case *k, u8 *ram, const u8 *image) {
    if (memcmp(ram, image, RAM)) memcpy(ram, image, RAM);
    memcpy(ram + DATA, k->data, sizeof k->data);
    memcpy(ram + k->rip, k->byte, LONGEST);
    // In IA-32e mode RSP0 is 8 bytes.
    if (is_long_base(k->base)) st64(ram + TSS + 4, 0x5000);
    if (k->has_stack) memcpy(ram + k->gpr[RSP], k->stack, sizeof k->stack);
}
