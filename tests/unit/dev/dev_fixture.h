// SPDX-License-Identifier: MIT
// What a device test needs: an env on a scripted platform, time that the test moves, lines and messages recorded.
#ifndef TESTS_DEV_FIXTURE_H
#define TESTS_DEV_FIXTURE_H

#include "bus/bus.h"
#include "core/chardev.h"
#include "core/env.h"
#include "core/irq.h"
#include "scripted_plat.h"

#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

#define PROBES 40
#define DEVICE_TEST(f) cmocka_unit_test_setup_teardown(f, dev_fixture_new, dev_fixture_free)

struct probe { // one recorded line
    bool level;
    unsigned rises, falls;
    u64 rose_at; // ns of the last 0 -> 1
};

struct dev_fixture {
    struct scripted_plat plat;
    struct vclock clock;
    struct state_set state;
    struct env env;
    struct probe probe[PROBES];
    unsigned messages; // MSIs
    u64 address;       // of the last
    u32 data;
    unsigned finished; // calls of env.finish
    int reason;
    u32 code;
    char text[4096]; // written to the character back end
    size_t text_length;
    struct chardev chardev;
};

// A fresh fixture, for cmocka's set-up and tear-down.
int dev_fixture_new(void **state);
int dev_fixture_free(void **state);

// A line that is recorded in probe[n].
struct irq_line probe_line(struct dev_fixture *f, unsigned n);
struct msi_sink probe_msi(struct dev_fixture *f);

// Moves time to `ns`, stopping at each event on the way, as a halted guest does.
void run_to(struct dev_fixture *f, u64 ns);
static inline void run_for(struct dev_fixture *f, u64 ns) { run_to(f, f->clock.now + ns); }

static inline u8 in8(const struct io_ops *ops, void *dev, u64 offset) { return (u8)ops->read(dev, offset, 1); }
static inline void out8(const struct io_ops *ops, void *dev, u64 offset, u8 v) { ops->write(dev, offset, 1, v); }
static inline u32 in32(const struct io_ops *ops, void *dev, u64 offset) { return (u32)ops->read(dev, offset, 4); }
static inline void out32(const struct io_ops *ops, void *dev, u64 offset, u32 v) { ops->write(dev, offset, 4, v); }

#endif
