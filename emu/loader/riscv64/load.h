// SPDX-License-Identifier: MIT
// What a RISC-V board's loader knows (tree.h): Linux's Image, also packed by gzip or in an EFI zboot kernel, ELF64, raw images; one that
// starts at the start of RAM is firmware. What of it starts in M-mode: see start.h.
#ifndef LOADER_RISCV64_LOAD_H
#define LOADER_RISCV64_LOAD_H

#include "loader/arch.h"

extern const struct loader_arch loader_riscv64;

#endif
