// SPDX-License-Identifier: MIT
// QEMU's virt: the board that RISC-V's and Arm's kernels and firmware know. rows_ARCH.c draws its addresses.
#ifndef MACHINE_VIRT_BOARD_H
#define MACHINE_VIRT_BOARD_H

#include "machine/board.h"

struct virt_arch;

extern const struct board virt_riscv64_board, virt_arm64_board;

// What struct board wants, of an architecture (arch.h).
int virt_check(const struct virt_arch *a, struct plat *p, const struct emu_config *c, const struct emu_inputs *in, u64 ram_size);
int virt_create(const struct virt_arch *a, struct emu_machine *m, const struct emu_inputs *in, u8 *ram, u64 ram_size);
void virt_keep(struct emu_machine *m);
bool virt_input_wakes(const struct emu_machine *m);

#endif
