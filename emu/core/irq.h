// SPDX-License-Identifier: MIT
// An interrupt line: what a device has instead of an interrupt controller. Level semantics; an edge-triggered input
// sees the 0 -> 1 change. The board decides where a line ends. A message-signalled interrupt is a write instead of a
// line; the I/O APIC sends its interrupts in the same form, so there is one path into the local APIC.
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

// Message-signalled interrupt (SDM 3A, 11.11). The sink decodes:
//   address  31..20 = 0xFEE | 19..12 destination | 3 redirection hint | 2 destination mode (1: logical)
//   data     15 trigger (1: level) | 14 level (1: assert) | 10..8 delivery mode | 7..0 vector
struct msi_sink {
    void (*send)(void *ctx, u64 address, u32 data); // NULL: not connected
    void *ctx;
};

static inline void msi_send(const struct msi_sink *s, u64 address, u32 data) {
    if (s->send) s->send(s->ctx, address, data);
}

#endif
