// SPDX-License-Identifier: MIT
// The image's own function names and build id, for backtraces. The table is made by scripts/symbols.awk after a first
// link and fills the image's last section.
#ifndef KERNEL_SYMBOLS_H
#define KERNEL_SYMBOLS_H

#include "base/types.h"

// The function holding `address` and the offset into it, or NULL.
const char *symbol_at(u64 address, u64 *offset);
// The address lies in the image's code.
bool symbol_is_code(u64 address);
// Where the image was loaded: subtract it from an address to find that address in build/firmware/softmetal.elf.
u64 symbol_image_base(void);
// The linker's build id as hex digits.
const char *build_id(void);

#endif
