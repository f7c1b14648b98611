// SPDX-License-Identifier: MIT
// Byte-wide registers under wider accesses: an ISA bus splits a wide access into bytes, lowest address first.
#ifndef DEV_BYTEWISE_H
#define DEV_BYTEWISE_H

#include "base/types.h"

static inline u64 bytewise_read(u8 (*read)(void *dev, u64 offset), void *dev, u64 offset, unsigned width) {
    u64 value = 0;
    for (unsigned i = 0; i < width; i++) value |= (u64)read(dev, offset + i) << (8 * i);
    return value;
}

static inline void bytewise_write(void (*write)(void *dev, u64 offset, u8 value), void *dev, u64 offset, unsigned width,
                                  u64 value) {
    for (unsigned i = 0; i < width; i++) write(dev, offset + i, (u8)(value >> (8 * i)));
}

#endif
