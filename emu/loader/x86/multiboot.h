// SPDX-License-Identifier: MIT
// Multiboot 1 (the Multiboot Specification, version 0.6.96): an ELF, or an image that says itself where it goes.
#ifndef LOADER_X86_MULTIBOOT_H
#define LOADER_X86_MULTIBOOT_H

#include "loader/boot.h"
#include "loader/target.h"

// Who says to have loaded the guest. Xen takes the first word off the strings, the name, unless this starts with "GRUB ".
#define MULTIBOOT_LOADER "softmetal"

// A header with a right checksum lies in the first 8192 bytes, and the image can be loaded by it: it is an ELF or has
// the address fields.
bool multiboot_is(const struct span *file);
// b's command line begins with the image's name.
int multiboot_load(struct load_target *t, const struct boot *b, struct image *out);
// One past the highest address wanted by the address fields; 0 when there are none.
gpa_t multiboot_top(const struct boot *b);

#endif
