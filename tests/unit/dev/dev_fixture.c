// SPDX-License-Identifier: MIT
#include "dev_fixture.h"

#include <stdlib.h>
#include <string.h>

static void finish(void *ctx, int reason, u32 code) {
    struct dev_fixture *f = ctx;
    f->finished++;
    f->reason = reason;
    f->code = code;
}

static void chardev_write(void *ctx, const u8 *bytes, size_t n) {
    struct dev_fixture *f = ctx;
    for (size_t i = 0; i < n && f->text_length + 1 < sizeof f->text; i++) f->text[f->text_length++] = (char)bytes[i];
}

int dev_fixture_new(void **state) {
    struct dev_fixture *f = calloc(1, sizeof *f);
    scripted_plat_init(&f->plat);
    f->env = (struct env){.plat = &f->plat.plat, .clock = &f->clock, .state = &f->state, .finish = finish, .finish_ctx = f};
    f->chardev = (struct chardev){.write = chardev_write, .ctx = f};
    *state = f;
    return 0;
}

int dev_fixture_free(void **state) {
    struct dev_fixture *f = *state;
    env_free_all(&f->env);
    free(f);
    return 0;
}

static void record(void *ctx, unsigned pin, bool level) {
    struct dev_fixture *f = ctx;
    struct probe *p = &f->probe[pin];
    if (level && !p->level) {
        p->rises++;
        p->rose_at = f->clock.now;
    }
    if (!level && p->level) p->falls++;
    p->level = level;
}

struct irq_line probe_line(struct dev_fixture *f, unsigned n) { return (struct irq_line){.set = record, .ctx = f, .pin = n}; }

static void message(void *ctx, u64 address, u32 data) {
    struct dev_fixture *f = ctx;
    f->messages++;
    f->address = address;
    f->data = data;
}

struct msi_sink probe_msi(struct dev_fixture *f) { return (struct msi_sink){.send = message, .ctx = f}; }

void run_to(struct dev_fixture *f, u64 ns) {
    while (clock_next(&f->clock) <= ns) {
        if (f->clock.head->when > f->clock.now) f->clock.now = f->clock.head->when;
        clock_fire(&f->clock);
    }
    f->clock.now = ns;
}
