// SPDX-License-Identifier: MIT
// Arm64 images built in memory for tests, and a machine to load them into.
#ifndef TESTS_IMAGES_ARM64_H
#define TESTS_IMAGES_ARM64_H

#include "images_riscv64.h"
#include "loader/arm64/load.h"

#define ARM64_RAM ((gpa_t)0x40000000)

// WORLD_RAM bytes from ARM64_RAM on, and a device tree that wants VIRT_TREE of them.
struct world *world_new_arm64(void);

// Linux's Image: text_offset 0, image_size IMAGE_MEMORY, for pages of 4K, anywhere; behind the header filled with 0x50 + offset / 256.
void arm64_image_make(u8 image[static IMAGE_FILE_SIZE]);

// elf_make's ELF64, for Arm64.
void elf_make_arm64(u8 image[static ELF_FILE_SIZE], u64 at, u64 high);

#endif
