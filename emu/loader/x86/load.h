// SPDX-License-Identifier: MIT
// What an x86 PC's loader knows: bzImage, Multiboot 1 and 2, ELF (also PVH), raw images.
//   - A kernel with both Multiboot headers is started by the first, unless its menu asks for the second.
//   - A plain ELF: 64-bit mode for ELF64, flat protected mode for ELF32, a small stack. Initrd and command line have no place in it: a
//     warning says that they are not used.
//   - A raw image: below 1 MiB in real mode with DL = 0x80 as a boot sector would, else in 64-bit mode.
#ifndef LOADER_X86_LOAD_H
#define LOADER_X86_LOAD_H

#include "loader/arch.h"
#include "loader/elf.h"

extern const struct loader_arch loader_x86;
extern const struct elf_machines x86_elf;

#endif
