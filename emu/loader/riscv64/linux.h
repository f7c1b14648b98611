// SPDX-License-Identifier: MIT
// Linux's Image for RISC-V: Documentation/arch/riscv/boot-image-header.rst and boot.rst of the kernel.
#ifndef LOADER_RISCV64_LINUX_H
#define LOADER_RISCV64_LINUX_H

#include "loader/boot.h"
#include "loader/target.h"

// The header's magic is there. Nothing else is checked.
bool riscv64_is_image(const struct span *file);

// Puts the kernel where its header says, from the start of RAM. *kernel: the memory that it takes, its first byte the entry.
int riscv64_place_image(struct load_target *t, const struct span *file, struct image_range *kernel);

// How far from the start of RAM the kernel reaches; 0 for a bad header. p is silent.
u64 riscv64_image_reach(const struct span *file, struct plat *p);

#endif
