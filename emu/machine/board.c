// SPDX-License-Identifier: MIT
#include "machine/board.h"

#include "core/text.h"
#include "machine/pc/pc.h"
#include "machine/virt/board.h"

static const struct board *const boards[] = {&pc_board, &virt_riscv64_board};

const struct board *board_of(enum config_arch arch) {
    for (unsigned i = 0; i < countof(boards); i++)
        if (boards[i]->loader->arch == arch) return boards[i];
    return NULL;
}

void board_names(char *text, size_t room) {
    struct text list = {text, room};
    for (unsigned i = 0; i < countof(boards); i++) text_say(&list, "%s%s", i ? ", " : "", boards[i]->loader->name);
}
