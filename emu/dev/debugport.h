// SPDX-License-Identifier: MIT
// Two ports from the world of emulators: 0xE9, whose bytes are output (Bochs), and isa-debug-exit (QEMU).
#ifndef DEV_DEBUGPORT_H
#define DEV_DEBUGPORT_H

#include "bus/bus.h"
#include "core/chardev.h"
#include "core/env.h"

struct debugport;

// backend: where 0xE9's bytes go; NULL drops them. A write to isa-debug-exit ends the run: EMU_DEBUG_EXIT, value.
struct debugport *debugport_create(struct env *e, struct chardev *backend);

extern const struct io_ops debugport_ops;  // 1 port; reads 0xE9, which is how guests find it
extern const struct io_ops debug_exit_ops; // 4 ports, 0xF4

#endif
