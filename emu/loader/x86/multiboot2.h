// SPDX-License-Identifier: MIT
// Multiboot 2 (the Multiboot2 Specification, version 2.0), as on a PC without EFI: the image starts in 32-bit mode.
#ifndef LOADER_X86_MULTIBOOT2_H
#define LOADER_X86_MULTIBOOT2_H

#include "loader/boot.h"
#include "loader/target.h"

// A header with a right checksum, for i386, lies in the first 32768 bytes.
bool multiboot2_is(const struct span *file);
// b's command line begins with the image's name.
int multiboot2_load(struct load_target *t, const struct boot *b, struct image *out);
// One past the highest address wanted by an address tag; 0 when there is none. What is wrong with the header is logged to `quiet`.
gpa_t multiboot2_top(const struct boot *b, struct plat *quiet);

#endif
