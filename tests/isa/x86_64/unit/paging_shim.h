// SPDX-License-Identifier: MIT
// What kernel/paging.c needs to be a part of a hosted program: stand-ins for ring 0's instructions, an image to map, and
// a page walk to look at its tables. Included before it, once, in a program that is compiled with -I. from the root.
#ifndef TESTS_PAGING_SHIM_H
#define TESTS_PAGING_SHIM_H

#define KERNEL_IO_H
#include "base/bits.h"
#include "boot/handoff.h"

struct cpuid {
    u32 eax, ebx, ecx, edx;
};
enum { HOST_NX = BIT(20), HOST_PAGE1GB = BIT(26) };
static u32 host_edx = HOST_NX; // CPUID 80000001H's
static u64 host_cr4;           // bit 12 is LA57
static bool host_is_intel;
static u32 host_version; // CPUID 1's EAX
// IA32_MISC_ENABLE: its bit 34 takes NX out of CPUID. Any other MSR but EFER, and this one of another vendor, is #GP.
static u64 host_misc_enable;

static inline struct cpuid cpuid(u32 leaf, u32 subleaf) {
    switch (leaf) {
    case 0: return host_is_intel ? (struct cpuid){.ebx = 0x756e6547, .edx = 0x49656e69, .ecx = 0x6c65746e} : (struct cpuid){0};
    case 1: return (struct cpuid){.eax = host_version};
    case 0x80000001: return (struct cpuid){.edx = host_misc_enable & BIT(34) ? host_edx & ~(u32)HOST_NX : host_edx};
    default: return (struct cpuid){0};
    }
}
static inline u64 read_cr4(void) { return host_cr4; }
static inline void write_cr4(u64 v) {}
static inline void write_cr0(u64 v) {}
static u64 host_efer = BIT(11); // NXE
static inline u64 *host_msr(u32 msr) {
    if (msr == 0xc0000080) return &host_efer;
    if (msr != 0x1a0 || !host_is_intel) __builtin_trap();
    return &host_misc_enable;
}
static inline u64 rdmsr(u32 msr) { return *host_msr(msr); }
static inline void wrmsr(u32 msr, u64 v) { *host_msr(msr) = v; }

#define __data_start image_data_start // the C library's start-up code has one of its own

// A page for each of the image's parts, in the linker script's order.
__asm__(
    ".pushsection .data.image, \"aw\"\n"
    ".balign 4096\n"
    ".globl __text_start, __text_end, __relro_start, __relro_end, image_data_start, __data_end, __rodata_start, __rodata_end\n"
    "__text_start: .skip 4096\n__text_end:\n__relro_start: .skip 4096\n__relro_end:\n"
    "image_data_start: .skip 4096\n__data_end:\n__rodata_start: .skip 4096\n__rodata_end:\n"
    ".popsection");

struct shown {
    bool mapped;
    u64 address; // physical
    u64 rights;  // XD, PCD, PWT, R/W of the leaf, where they stand in an entry
};

// Walks tables that lie where they say (SDM 3A, 4.5).
static inline struct shown walk(u64 cr3, u64 va) {
    for (unsigned shift = host_cr4 & BIT(12) ? 48 : 39;; shift -= 9) {
        const u64 *table = (const u64 *)(uintptr_t)cr3;
        u64 e = table[va >> shift & 511];
        if (!(e & 1)) return (struct shown){0};
        u64 base = e & 0x000ffffffffff000u, in_page = mask(shift - 1, 0);
        if (shift == 12 || (shift < 39 && e & 0x80))
            return (struct shown){true, (base & ~in_page) | (va & in_page), e & (BIT(63) | BIT(4) | BIT(3) | BIT(1))};
        cr3 = base;
    }
}

#endif
