// SPDX-License-Identifier: MIT
#include "machine/board.h"

#include "machine/pc/pc.h"
#include "machine/virt/board.h"

static const struct board *const boards[] = {&pc_board, &virt_riscv64_board, &virt_arm64_board};

const struct board *board_of(enum config_arch arch) {
    for (unsigned i = 0; i < countof(boards); i++)
        if (boards[i]->loader->arch == arch) return boards[i];
    return boards[0];
}
