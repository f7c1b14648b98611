// SPDX-License-Identifier: MIT
#include "dev/erased.h"

const struct io_ops erased_flash_ops = {.size = ERASED_FLASH_SIZE, .widths = IO_ANY};
