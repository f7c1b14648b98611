// SPDX-License-Identifier: MIT
// A character back end: what a UART or virtio console talks to.
#ifndef CORE_CHARDEV_H
#define CORE_CHARDEV_H

#include "base/types.h"

struct chardev {
    void (*write)(void *ctx, const u8 *bytes, size_t n);
    void *ctx;
    // Set by the device: the board calls it with input; returns how many bytes the device took (0 when full).
    size_t (*input)(void *dev, const u8 *bytes, size_t n);
    // Set by the device, may stay NULL: whether input would make it ask for an interrupt.
    bool (*listens)(const void *dev);
    void *dev;
};

#endif
