// SPDX-License-Identifier: MIT
// The state that a RISC-V guest starts in (Linux, Documentation/arch/riscv/boot.rst; the SBI's own for what runs in M-mode): pc = entry,
// a0 = the hart's number, a1 = the device tree, satp = 0, interrupts off. a0 and a1 are the board's to fill in.
#ifndef LOADER_RISCV64_START_H
#define LOADER_RISCV64_START_H

#include "loader/image.h"

// Where a firmware lives: what starts in the first 2 MiB of RAM is one, and starts in M-mode; all else starts in S-mode, on top of the
// board's own SBI. Linux agrees: its S-mode Image wants to be 2 MiB above the start of RAM, its M-mode Image at it.
#define RISCV64_FIRMWARE ((u64)2 * MiB)

struct riscv64_start {
    bool machine; // M-mode
};

struct riscv64_start riscv64_start_of(const struct image *image);

#endif
