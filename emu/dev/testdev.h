// SPDX-License-Identifier: MIT
// QEMU's pc-testdev, which kernel unit-test suites (kvm-unit-tests) want: a register in port space, one in memory, and the
// interrupt lines by hand. And the keys of its fw_cfg that they read.
//
//   e0..e3       a 32-bit register, by any width        e8..eb  the same, taken apart into bytes
//   e4           (32 bits) a page whose mapping the machine is to drop and make again
//   2000..2017   interrupt line n: the level is the byte's being other than 0
//   FF000000     64 KiB of bytes
//   510, 511     fw_cfg: key (16 bits), data (8 bits, one after the other)
#ifndef DEV_TESTDEV_H
#define DEV_TESTDEV_H

#include "bus/bus.h"
#include "core/env.h"
#include "core/irq.h"

#define TESTDEV_LINES 24
#define TESTDEV_MEMORY 0x10000

struct testdev;

// ram: bytes of RAM, of which fw_cfg tells; there is one processor.
struct testdev *testdev_create(struct env *e, const struct irq_line line[TESTDEV_LINES], u64 ram);

extern const struct io_ops testdev_register_ops; // 4 ports, twice
extern const struct io_ops testdev_flush_ops;    // 4 ports
extern const struct io_ops testdev_line_ops;     // TESTDEV_LINES ports
extern const struct io_ops testdev_memory_ops;   // TESTDEV_MEMORY bytes
extern const struct io_ops testdev_fw_cfg_ops;   // 2 ports

#endif
