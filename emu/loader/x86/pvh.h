// SPDX-License-Identifier: MIT
// The PVH boot protocol (Xen's docs/misc/pvh.pandoc and public/arch-x86/hvm/start_info.h): an ELF that names a 32-bit
// entry point in a note, and is told where its memory map, command line and modules are.
#ifndef LOADER_X86_PVH_H
#define LOADER_X86_PVH_H

#include "loader/elf.h"

// The entry point that the ELF's note names. 0, ERR_NOT_FOUND, or ERR_CORRUPT (logged).
int pvh_entry(const struct elf *elf, struct plat *p, gpa_t *entry);
int pvh_load(struct load_target *t, const struct elf *elf, gpa_t entry, const struct boot *b, struct image *out);

#endif
