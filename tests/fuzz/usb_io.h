// SPDX-License-Identifier: MIT
// In front of kernel/usb's files when the fuzzer compiles them: its ports and registers are functions of fuzz_usb.c.
#ifndef TESTS_FUZZ_USB_IO_H
#define TESTS_FUZZ_USB_IO_H
#define KERNEL_IO_H
#define KERNEL_MMIO_H

#include "base/types.h"

u32 inl(u16 port);
void outl(u16 port, u32 v);
u32 mmio_read(u64 at);
void mmio_write(u64 at, u32 v);
static inline void mmio_barrier(void) { __asm__ volatile("" : : : "memory"); }
static inline void cpu_relax(void) {}

#endif
