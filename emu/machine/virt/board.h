// SPDX-License-Identifier: MIT
// QEMU's virt: the board that RISC-V's kernels and firmware know. rows.c draws its addresses.
#ifndef MACHINE_VIRT_BOARD_H
#define MACHINE_VIRT_BOARD_H

#include "machine/board.h"

extern const struct board virt_board;

#endif
