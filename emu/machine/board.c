// SPDX-License-Identifier: MIT
#include "machine/board.h"

#include "machine/pc/pc.h"
#include "machine/virt/board.h"

static const struct board *const boards[] = {&pc_board, &virt_board};

const struct board *board_of(enum config_arch arch) {
    for (unsigned i = 0; i < countof(boards); i++)
        if (boards[i]->loader->arch == arch) return boards[i];
    return NULL;
}

void board_names(char *text, size_t room) {
    size_t n = 0;
    for (unsigned i = 0; i < countof(boards) && n < room; i++)
        n += (size_t)plat_format(text + n, room - n, "%s%s", i ? ", " : "", boards[i]->loader->name);
}
