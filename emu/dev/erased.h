// SPDX-License-Identifier: MIT
// Flash that nobody has written and nobody can: all ones. Without a command set it is no flash for a driver (no CFI query is answered),
// and for a program that looks for data there it has none.
#ifndef DEV_ERASED_H
#define DEV_ERASED_H

#include "bus/bus.h"

#define ERASED_FLASH_SIZE 0x8000000

extern const struct io_ops erased_flash_ops; // ERASED_FLASH_SIZE bytes; dev: nothing

#endif
