// SPDX-License-Identifier: MIT
// RISC-V images built in memory for tests, and a machine to load them into.
#ifndef TESTS_IMAGES_RISCV64_H
#define TESTS_IMAGES_RISCV64_H

#include "images.h"
#include "loader/riscv64/load.h"
#include "loader/riscv64/start.h"

#define VIRT_RAM ((gpa_t)0x80000000)
#define VIRT_TREE 0x4000

// WORLD_RAM bytes from VIRT_RAM on, and a device tree that wants VIRT_TREE of them.
struct world *world_new_riscv64(void);
// The same for another architecture, whose RAM starts at `ram`.
struct world *world_new_tree(const struct loader_arch *arch, gpa_t ram);

#define IMAGE_FILE_SIZE 0x1800
#define IMAGE_MEMORY 0x20000
// Linux's Image: text_offset 0x200000, image_size IMAGE_MEMORY; behind the header filled with 0x50 + offset / 256.
void image_make(u8 image[static IMAGE_FILE_SIZE]);

#define ZBOOT_HEADER 0x100
// Puts an EFI zboot header in front of `size` bytes of payload, which are at file + ZBOOT_HEADER already. The file's size.
u64 zboot_make(u8 *file, u16 machine, const char *method, u64 size);

// elf_make's ELF64, for RISC-V.
void elf_make_riscv64(u8 image[static ELF_FILE_SIZE], u64 at, u64 high);

#endif
