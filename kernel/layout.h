// SPDX-License-Identifier: MIT
// The kernel's own virtual address space. Only what is drawn here is mapped; null never is.
//
//   physical address            the image (.text r-x, .rodata r--, .data rw-), heap, guest files, page tables, hand-off
//                               struct, framebuffer and MMIO registers: mapped where they are
//   0x1000_0000_0000 (16 TiB)   guest RAM: one window over one or several physical ranges; its start lies as far into a
//                               GiB as the first range's does, so that 1 GiB pages fit
//   0x2000_0000_0000 (32 TiB)   stacks, each between unmapped guard pages
//   0x3000_0000_0000 (48 TiB)   memory for code that the emulator makes, rw-
//   0x3800_0000_0000 (56 TiB)   the same memory, r-x; it is mapped nowhere else. Both start as far into 2 MiB as the range does
//   0x4000_0000_0000 (64 TiB)   guest files that lie in several physical ranges, one piece behind the other
//   0x5000_0000_0000 (80 TiB)   registers of USB controllers, which firmware may have put above all of these addresses
#ifndef KERNEL_LAYOUT_H
#define KERNEL_LAYOUT_H

#include "base/types.h"

#define GUEST_WINDOW ((u64)0x100000000000)
#define STACK_WINDOW ((u64)0x200000000000)
#define CODE_WRITE_WINDOW ((u64)0x300000000000)
#define CODE_EXEC_WINDOW ((u64)0x380000000000)
#define FILE_WINDOW ((u64)0x400000000000)
#define FILE_WINDOW_END ((u64)0x500000000000)
#define CODE_WINDOW_SIZE (1 * GiB) // of each, far more than is used

#define USB_WINDOWS ((u64)0x500000000000)
#define USB_WINDOW (1 * MiB) // of each controller

#define MAIN_STACK_SIZE (1 * MiB)
#define IST_STACK_SIZE (32 * KiB)
enum ist_stack { IST_DOUBLE_FAULT = 1, IST_NMI, IST_MACHINE_CHECK, IST_PAGE_FAULT, IST_OTHER, IST_TICK, IST_STACKS = IST_TICK };
#define KERNEL_STACKS_SIZE (MAIN_STACK_SIZE + IST_STACKS * IST_STACK_SIZE)

// The first byte past stack n: 0 is the main stack, 1..IST_STACKS the IST's. Each has its own 2 MiB, the stack at its
// top less one page, so that guards lie on both sides.
static inline u64 stack_top(unsigned n) { return STACK_WINDOW + (n + 1) * 2 * MiB - 4096; }

#endif
