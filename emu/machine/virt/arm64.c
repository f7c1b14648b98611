// SPDX-License-Identifier: MIT
// Arm64 on the board `virt`: the table.
#include "machine/virt/arm64.h"

#include "loader/arm64/load.h"
#include "machine/virt/board.h"

static const struct virt_rows *rows(const struct emu_config *c) { return c->gic == GIC_V2 ? &virt_rows_gicv2 : &virt_rows_gicv3; }

const struct virt_arch virt_arm64 = {
    .loader = &loader_arm64,
    .ram_at = VIRT_ARM64_RAM,
    .ram_most = (u64)1 << 39, // what 40 bits of physical addresses reach
    .rows = rows,
    .check = virt_arm64_check,
    .create = virt_arm64_create,
    .describe = virt_arm64_describe,
    .start = virt_arm64_start,
    .compatible = "linux,dummy-virt",
    .model = "linux,dummy-virt,softmetal",
    .tree_root = virt_arm64_root,
    .tree_cpus = virt_arm64_cpus,
    .tree_device = virt_arm64_device,
    .tree_interrupt = virt_arm64_interrupt,
    .tree_power = virt_arm64_power,
};

static int check(struct plat *p, const struct emu_config *c, const struct emu_inputs *in, u64 ram_size) {
    return virt_check(&virt_arm64, p, c, in, ram_size);
}

static int create(struct emu_machine *m, const struct emu_inputs *in, u8 *ram, u64 ram_size) {
    return virt_create(&virt_arm64, m, in, ram, ram_size);
}

const struct board virt_arm64_board = {.name = "virt",
                                       .loader = &loader_arm64,
                                       .ram_at = VIRT_ARM64_RAM,
                                       .check = check,
                                       .create = create,
                                       .keep = virt_keep,
                                       .input_wakes = virt_input_wakes};
