// SPDX-License-Identifier: MIT
// The board virt of each architecture, as far as programs.c needs it. It names start_c; the rest is below.
#ifndef BENCH_BOARD_H
#define BENCH_BOARD_H

typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long u64;
typedef long i64;

static u64 root[512] __attribute__((aligned(4096)));

static void map_memory(void);
static void put(u8 c); // to the serial port
static void switch_off(void);

#define START(code)                                                                                                              \
    __asm__(".section .start,\"ax\"\n.globl _start\n_start:\n" code "\n.bss\n.balign 16\n.space 65536\nstack_end:\n.text\n")

#if defined __riscv // in S-mode behind an SBI; Sv39; a 16550, and the test finisher
START("la sp, stack_end; j start_c");

static void map_memory(void) {
    for (u64 i = 0; i < 4; i++) root[i] = i << 28 | 0xcf; // a gigabyte: D A, X W R V
    __asm__ volatile("csrw satp, %0; sfence.vma" ::"r"(8ul << 60 | (u64)root >> 12) : "memory");
    __asm__ volatile("csrs sstatus, %0" ::"r"(1ul << 13)); // FS = Initial
}
static void put(u8 c) { *(volatile u8 *)0x10000000 = c; }
static void switch_off(void) { *(volatile u32 *)0x100000 = 0x5555; }

#elif defined __aarch64__ // at EL1; 39 bits in pages of 4K; a PL011, and PSCI
START("adrp x0, stack_end; add x0, x0, :lo12:stack_end; mov sp, x0; mov x0, #(3 << 20); msr cpacr_el1, x0; isb; b start_c");

static void map_memory(void) {
    // A gigabyte: AF, inner shareable, MAIR's 0, a block; the first one is the devices', MAIR's 1.
    for (u64 i = 0; i < 4; i++) root[i] = i << 30 | 0x701 | (i ? 0 : 1 << 2);
    u64 tcr = 25 | 0x3500 | 1 << 23 | 2ul << 32; // T0SZ; cacheable, inner shareable; EPD1; 40 bits
    __asm__ volatile("msr mair_el1, %0; msr tcr_el1, %1; msr ttbr0_el1, %2; isb" ::"r"(0x04fful), "r"(tcr), "r"(root) : "memory");
    u64 sctlr;
    __asm__ volatile("mrs %0, sctlr_el1" : "=r"(sctlr));
    __asm__ volatile("msr sctlr_el1, %0; isb" ::"r"(sctlr | 1 | 1 << 2 | 1 << 12) : "memory"); // M, C, I
}
static void put(u8 c) { *(volatile u32 *)0x09000000 = c; }
static void switch_off(void) {
    register u64 x0 __asm__("x0") = 0x84000008; // SYSTEM_OFF
    __asm__ volatile("hvc #0" : "+r"(x0)::"memory");
}
#endif

#endif
