// SPDX-License-Identifier: MIT
// Linux's Image for Arm64: Documentation/arch/arm64/booting.rst of the kernel, section 4.
#ifndef LOADER_ARM64_LINUX_H
#define LOADER_ARM64_LINUX_H

#include "loader/boot.h"
#include "loader/target.h"

// The header's magic is there. Nothing else is checked.
bool arm64_is_image(const struct span *file);

// Puts the kernel text_offset behind a 2 MiB boundary: the second one of RAM, which leaves room for what looks at the first; a kernel that
// wants to be as close as possible to the start of RAM gets the first. *kernel: the memory that it takes, its first byte the entry.
int arm64_place_image(struct load_target *t, const struct span *file, struct image_range *kernel);

// How far from the start of RAM the kernel reaches; 0 for a bad header. p is silent.
u64 arm64_image_reach(const struct span *file, struct plat *p);

#endif
