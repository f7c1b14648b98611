// SPDX-License-Identifier: MIT
// Random accesses of every width that the bus lets through to a device (bus.h: inside one 8-byte word).
#ifndef TESTS_HOSTILE_IO_H
#define TESTS_HOSTILE_IO_H

#include "base/splitmix.h"
#include "bus/bus.h"

// One access to [0, size), half of them near the start, where the registers are.
static inline void hostile_access(const struct io_ops *ops, void *dev, u64 size, u64 *seed) {
    u64 r = splitmix64(seed), value = splitmix64(seed);
    unsigned width = 1u << (r & 3), in = (unsigned)(r >> 2 & 7);
    u64 word = (r >> 8) % (r & 0x20 ? size : size < 0x100 ? size : 0x100) & ~(u64)7;
    if (in + width > 8) in = 8 - width;
    if (word + in + width > size) return;
    if (r & 0x40) ops->write(dev, word + in, width, value & (width == 8 ? ~(u64)0 : ((u64)1 << 8 * width) - 1));
    else ops->read(dev, word + in, width);
}

#endif
