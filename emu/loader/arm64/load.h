// SPDX-License-Identifier: MIT
// What an Arm64 board's loader knows (tree.h): Linux's Image, also packed by gzip or in an EFI zboot kernel, ELF64, raw images. All start at
// EL1 with x0 = the device tree, as Linux wants it (Documentation/arch/arm64/booting.rst); the tree of what is no Linux is at the start of
// RAM if there is room, where U-Boot looks for it.
#ifndef LOADER_ARM64_LOAD_H
#define LOADER_ARM64_LOAD_H

#include "loader/arch.h"

extern const struct loader_arch loader_arm64;

#endif
