// SPDX-License-Identifier: MIT
// What is the same for every architecture whose boards describe themselves by a device tree: Linux's Image, ELF64 and raw images, each with
// the initrd, the command line and the tree, since a guest finds them in the tree or not at all.
//   - An ELF goes to its physical addresses.
//   - A raw image goes to load_address. With `arch` given, a file of no known kind goes to the start of RAM.
#ifndef LOADER_TREE_H
#define LOADER_TREE_H

#include "loader/elf.h"
#include "loader/image.h"

// What an architecture's kernels have of their own.
struct tree_kernels {
    const char *title;   // "RISC-V"
    const char *console; // the name that Linux has for the board's UART: "ttyS0"
    const struct elf_machines *machines;
    // The tree of what is no Linux goes to the start of RAM if there is room, where programs look that are not told its place.
    bool tree_first;
    bool (*is_image)(const struct span *file);
    // Puts the kernel where its header says. *kernel: the memory that it takes, its first byte the entry.
    int (*place_image)(struct load_target *t, const struct span *file, struct image_range *kernel);
    // How far from the start of RAM the kernel reaches; 0 for a bad header. p is silent.
    u64 (*image_reach)(const struct span *file, struct plat *p);
    // Fills image->start, the entry being known. NULL: nothing to fill.
    void (*start)(const struct load_target *t, struct image *image);
    const char *(*mode)(const struct image *image); // that it starts in, for the log: "S-mode"
};

// `load` and `top` of struct loader_arch.
int tree_load(const struct tree_kernels *k, struct load_target *t, const struct emu_config *c, struct boot *b, struct image *out);
gpa_t tree_top(const struct tree_kernels *k, const struct boot *b, gpa_t ram, const struct emu_config *c, struct plat *p);

#endif
