// SPDX-License-Identifier: MIT
// Flash memory with Intel's command set, one byte wide, which keeps a firmware's variables. Its bytes are read at once and written by commands:
//
//   FF        reads are of the array again           50        clears the status
//   70        reads are of the status                90        of manufacturer and device; 98 of what CFI tells
//   10, 40    and a byte: programs it                20 and D0 erases the block of 4 KiB
//   E8        a count less 1, so many bytes in one block, and D0: programs them
//
//   status    7 is through with a command   5 erased or told nonsense   4 programmed it wrong
//
// A cleared status reads 00: by this OVMF tells it from RAM and ROM. Programming clears bits, erasing sets them all, and both are done at once.
// (JEDEC JESD68.01, CFI; Intel's order number 290606, 28F320J3; QEMU's pflash is another of its kind.)
#ifndef DEV_CFI_FLASH_H
#define DEV_CFI_FLASH_H

#include "bus/bus.h"
#include "core/env.h"
#include "emu/disk.h"

enum { CFI_FLASH_BLOCK = 4096, CFI_FLASH_MOST = 1 << 20 };

struct cfi_flash;

// Flash with the disk's bytes, which are whole blocks and at most CFI_FLASH_MOST. What is written goes there, too, once reads are of the array
// again. The disk lives as long. NULL: it cannot be read (which its back end has logged).
struct cfi_flash *cfi_flash_create(struct env *e, struct disk *d);
const struct io_ops *cfi_flash_ops(struct cfi_flash *f); // dev: the flash

#endif
