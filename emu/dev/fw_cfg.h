// SPDX-License-Identifier: MIT
// QEMU's firmware configuration device: numbered items and named files that tell a guest's firmware what machine it is on.
// QEMU, docs/specs/fw_cfg.
#ifndef DEV_FW_CFG_H
#define DEV_FW_CFG_H

#include "bus/bus.h"
#include "core/env.h"

#define FW_CFG_NAME 56 // of a file, with its NUL
#define FW_CFG_FILES 16
#define FW_CFG_MOST (16 * MiB) // bytes that one DMA operation moves at most; more is an error

// Items that have a number and no name.
enum fw_cfg_item {
    FW_CFG_RAM_SIZE = 0x03,  // 8 bytes
    FW_CFG_CPUS = 0x05,      // 2
    FW_CFG_BOOT_MENU = 0x0e, // 2
    FW_CFG_MOST_CPUS = 0x0f, // 2
};

struct fw_cfg;

// DMA goes to `bus`. Nothing is in it but the signature, the features and the directory of files.
struct fw_cfg *fw_cfg_create(struct env *e, struct bus *bus);
// Adds an item (little-endian) or a file, whose bytes stay the caller's and never change. Too many, or a name too long, is a panic.
void fw_cfg_add(struct fw_cfg *d, enum fw_cfg_item item, u64 value, unsigned bytes);
void fw_cfg_add_file(struct fw_cfg *d, const char *name, const void *bytes, u32 size);

// Two ports (0x510 on a PC): the selector, 16 bits, and the data, a byte.
extern const struct io_ops fw_cfg_ops;
// Eight ports (0x514): the address of a DMA descriptor, two big-endian doublewords, the upper one first. Writing the lower one starts:
//   0  control: item 31..16 | write 4 | select 3 | skip 2 | read 1 | error 0     4  length     8  address (64 bits); all big-endian
// and control is 0 behind it, or the error bit. They read "QEMU CFG".
extern const struct io_ops fw_cfg_dma_ops;

#endif
