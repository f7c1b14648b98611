// SPDX-License-Identifier: MIT
// Linux bzImage: Documentation/arch/x86/boot.rst and zero-page.rst of the kernel.
#ifndef LOADER_X86_LINUX_H
#define LOADER_X86_LINUX_H

#include "loader/boot.h"
#include "loader/target.h"

// The setup header's magic is there. Nothing else is checked.
bool linux_is_bzimage(const struct span *file);
int linux_load(struct load_target *t, const struct boot *b, struct image *out);
// One past the highest address wanted: the kernel at its preferred place, and the initrd above it. 0 for a bad header.
gpa_t linux_top(const struct boot *b);

#endif
