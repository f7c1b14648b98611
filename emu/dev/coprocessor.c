// SPDX-License-Identifier: MIT
// IRQ 13. Nothing can be read; what is written to port 0xF0 does not matter.
#include "dev/coprocessor.h"

struct coprocessor_state {
    u8 ferr, irq, ignne; // levels
};

struct coprocessor {
    struct coprocessor_state s;
    struct irq_line irq, ignne;
};

static void drive(struct coprocessor *d) {
    irq_set(&d->irq, d->s.irq);
    irq_set(&d->ignne, d->s.ignne);
}

static void set_ferr(void *ctx, unsigned pin, bool level) {
    struct coprocessor *d = ctx;
    if (level && !d->s.ferr) d->s.irq = 1;
    if (!level) d->s.ignne = 0;
    d->s.ferr = level;
    drive(d);
}

struct irq_line coprocessor_ferr(struct coprocessor *d) { return (struct irq_line){.set = set_ferr, .ctx = d}; }

static void coprocessor_write(void *dev, u64 offset, unsigned width, u64 value) {
    struct coprocessor *d = dev;
    d->s.irq = 0;
    d->s.ignne = d->s.ferr;
    drive(d);
}

const struct io_ops coprocessor_ops = {.write = coprocessor_write, .size = 1, .widths = IO_ANY};

struct coprocessor *coprocessor_create(struct env *e, struct irq_line irq, struct irq_line ignne) {
    struct coprocessor *d = ENV_DEVICE(e, "coprocessor", struct coprocessor, s);
    d->irq = irq;
    d->ignne = ignne;
    return d;
}
