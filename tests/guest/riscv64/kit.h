// SPDX-License-Identifier: MIT
// What a RISC-V guest test is written with, beside words.h and virt.h. The image runs in M-mode at the start of RAM, on a board like QEMU's virt; each
// test starts from the same state every time: kit_reset.
#ifndef GUEST_RISCV64_KIT_H
#define GUEST_RISCV64_KIT_H

#include "csr.h"
#include "virt.h"

// A piece of assembly with a name. It ends with `ret`; its argument is in a0, and it may use every register but sp and ra.
#define CODE(name, text)                                                                                                         \
    extern const char name[];                                                                                                    \
    __asm__(".pushsection .text.code, \"ax\", @progbits\n.balign 16\n.option push\n.option norvc\n" #name ":\n" text             \
            "\n.option pop\n.popsection\n")
#define LABEL(name) extern const char name[] // another label inside such a piece

enum mode { U, S, M = 3 };

// What ended the last run(): a trap that no hook took, or its `ret`.
enum { NOTHING = 0x100, TO_S = 0x101 }; // TO_S: a trap that went to S-mode: scause, sepc and stval tell
struct frame {
    u64 x[32]; // [0]: pc
};
struct caught {
    struct frame f;
    u64 cause, tval, pc;
    enum mode mode; // that it came from
};
extern struct caught caught;

// Runs `code` in that mode with `arg` in a0. Returns the cause of the trap that ended it (interrupts: with bit 63), NOTHING or TO_S.
// caught.f.x[10] is what is in a0 then.
u64 run(enum mode mode, const void *code, u64 arg);

bool csr_exists(unsigned csr); // M-mode can read it

enum { // mcause
    FETCH_ACCESS = 1,
    ILLEGAL,
    BREAKPOINT,
    LOAD_MISALIGNED,
    LOAD_ACCESS,
    STORE_MISALIGNED,
    STORE_ACCESS,
    ECALL_U,
    ECALL_S,
    ECALL_M = 11,
    FETCH_PAGE,
    LOAD_PAGE,
    STORE_PAGE = 15,
};
enum { SSI = 1, MSI = 3, STI = 5, MTI = 7, SEI = 9, MEI = 11 };
#define INTERRUPT(n) (BIT(63) | (n))
#define MSTATUS_SIE BIT(1)
#define MSTATUS_MIE BIT(3)
#define MSTATUS_SPIE BIT(5)
#define MSTATUS_MPIE BIT(7)
#define MSTATUS_SPP BIT(8)
#define MSTATUS_MPP ((u64)3 << 11)
#define MSTATUS_FS ((u64)3 << 13)
#define MSTATUS_MPRV BIT(17)
#define MSTATUS_SUM BIT(18)
#define MSTATUS_MXR BIT(19)
#define MSTATUS_TVM BIT(20)
#define MSTATUS_TW BIT(21)
#define MSTATUS_TSR BIT(22)

// ---- memory. RAM begins with this image; nothing is at NOWHERE on any such board.
#define RAM ((u64)0x80000000)
#define NOWHERE ((u64)0x200000000)
void *page(void); // zeroed, 4 KiB; given back at the test's end

// ---- paging
enum { V = 1, R = 2, W = 4, X = 8, UP = 16, G = 32, A = 64, D = 128 };
// Makes tables of so many levels, and sets satp: RAM's GiB is at its own address for S-mode, and at ALIAS for U-mode; nothing else.
// False: the processor does not have the mode.
bool paging(unsigned levels);
#define ALIAS ((u64)0x0c0000000)
#define SPACE ((u64)0x1000000000)   // from here on nothing is mapped
u64 *entry(u64 va, unsigned level); // for an address, at a level (1: 4 KiB, 2: 2 MiB ...), with the tables above it
void map(u64 va, unsigned level, u64 pa, unsigned flags); // and SFENCE.VMA
#define PTE(pa, flags) ((u64)(pa) >> 12 << 10 | (flags))
static inline void sfence(void) { __asm__ volatile("sfence.vma" : : : "memory"); }
static inline void *alias(const void *p) { return (void *)((u64)p - RAM + ALIAS); } // where U-mode sees it with paging on

// ---- devices
#define MSIP MMIO32(0x2000000)
#define MTIMECMP MMIO64(0x2004000)
#define MTIME MMIO64(0x200bff8)
#define PLIC 0x0c000000
#define UART 0x10000000

#endif
