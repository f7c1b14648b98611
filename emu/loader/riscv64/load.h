// SPDX-License-Identifier: MIT
// What a RISC-V board's loader knows: Linux's Image, also packed by gzip or in an EFI zboot kernel, ELF64, raw images. Each kind gets the
// initrd, the command line and the device tree, since a guest finds them in the tree or not at all.
//   - An ELF goes to its physical addresses.
//   - A raw image goes to load_address. With `arch = riscv64`, a file of no known kind goes to the start of RAM, where firmware is.
// What of it starts in M-mode: see start.h.
#ifndef LOADER_RISCV64_LOAD_H
#define LOADER_RISCV64_LOAD_H

#include "loader/arch.h"

extern const struct loader_arch loader_riscv64;

#endif
