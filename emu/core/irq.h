// SPDX-License-Identifier: MIT
// An interrupt line: what a device has instead of an interrupt controller. Level semantics; an edge-triggered input
// sees the 0 -> 1 change. The board decides where a line ends.
#ifndef CORE_IRQ_H
#define CORE_IRQ_H

#include "base/types.h"

struct irq_line {
    void (*set)(void *ctx, unsigned pin, bool level); // NULL: not connected
    void *ctx;
    unsigned pin;
};

static inline void irq_set(const struct irq_line *l, bool level) {
    if (l->set) l->set(l->ctx, l->pin, level);
}

#endif
