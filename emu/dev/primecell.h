// SPDX-License-Identifier: MIT
// What every PrimeCell of Arm has in the last 32 bytes of its 4 KiB: eight identification registers of one byte each.
#ifndef DEV_PRIMECELL_H
#define DEV_PRIMECELL_H

#include "base/types.h"

#define PRIMECELL_SIZE 0x1000
#define PRIMECELL_IDS 0xfe0 // to the end

// PeriphID0..3 say `id`: part number (12 bits), designer 41 (8), revision (4), configuration (8). PCellID0..3 are the same everywhere.
static inline u32 primecell_id(u32 id, u64 offset) {
    u64 n = (offset - PRIMECELL_IDS) / 4;
    return n < 4 ? id >> 8 * n & 0xff : 0xb105f00d >> 8 * (n - 4) & 0xff;
}

#endif
