// SPDX-License-Identifier: MIT
// Registers in memory of 32 bits, and memory that a device reads and writes. The host keeps the order of its stores, and of its loads;
// so must the compiler.
#ifndef KERNEL_MMIO_H
#define KERNEL_MMIO_H

#include "base/types.h"

static inline void mmio_barrier(void) { __asm__ volatile("" : : : "memory"); }

// What was stored before is there for the device when it sees the register written.
static inline void mmio_write(u64 at, u32 v) {
    mmio_barrier();
    *(volatile u32 *)(uintptr_t)at = v;
    mmio_barrier();
}

static inline u32 mmio_read(u64 at) {
    u32 v = *(volatile const u32 *)(uintptr_t)at;
    mmio_barrier();
    return v;
}

#endif
