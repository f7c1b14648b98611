// SPDX-License-Identifier: MIT
// RISC-V on the board `virt`: the table, and firmware in front of the guest.
#include "machine/virt/riscv64.h"

#include "base/le.h"
#include "loader/riscv64/load.h"
#include "loader/riscv64/start.h"
#include "loader/target.h"
#include "machine/virt/board.h"

#include <string.h>

// What fw_dynamic of OpenSBI is told (struct fw_dynamic_info, version 2): six words of 64 bits.
enum { INFO_MAGIC, INFO_VERSION, INFO_NEXT, INFO_NEXT_MODE, INFO_OPTIONS, INFO_BOOT_HART, INFO_WORDS };
#define OSBI_MAGIC 0x4942534f
#define INFO_SIZE ((u64)INFO_WORDS * 8)
#define MODE_S 1

static const struct virt_rows *rows(const struct emu_config *c) { return &virt_rows_riscv64; }

// At the start of RAM, where the hart's reset would lead; behind it is room for its data, up to where kernels start.
static int load_bios(struct load_target *t, const struct blob *bios) {
    if (bios->size >= 4 && !memcmp(bios->data,
                                   "\x7f"
                                   "ELF",
                                   4)) {
        log_error(t->plat, "bios = %s: this is an ELF file; right is the flat image, such as OpenSBI's fw_dynamic.bin",
                  bios->name);
        return ERR_UNSUPPORTED;
    }
    u64 room = bios->size < RISCV64_FIRMWARE ? RISCV64_FIRMWARE : bios->size;
    return target_load(t, bios->name, VIRT_RISCV64_RAM, bios->data, bios->size, room);
}

// Tells fw_dynamic to start the image, in S-mode.
static void tell_bios(struct load_target *t, const struct image *image, gpa_t at) {
    u8 info[INFO_SIZE];
    const u64 words[INFO_WORDS] = {
        [INFO_MAGIC] = OSBI_MAGIC, [INFO_VERSION] = 2, [INFO_NEXT] = image->entry, [INFO_NEXT_MODE] = MODE_S};
    memcpy(info, words, sizeof info);
    target_write(t, at, info, sizeof info);
}

static void start(struct emu_machine *m, const struct virt_devices *d, struct load_target *t, const struct image *image,
                  gpa_t firmware) {
    struct virt_riscv64_start s = {.machine = riscv64_start_of(image).machine, .entry = image->entry, .tree = image->tree.start};
    if (m->inputs.bios.data) {
        tell_bios(t, image, firmware);
        s = (struct virt_riscv64_start){.machine = true, .entry = VIRT_RISCV64_RAM, .tree = s.tree, .a2 = firmware};
    }
    virt_riscv64_start_hart(m, d, &s);
}

const struct virt_arch virt_riscv64 = {
    .loader = &loader_riscv64,
    .ram_at = VIRT_RISCV64_RAM,
    .ram_most = (u64)1 << 40,
    .rows = rows,
    .check = virt_riscv64_check,
    .create = virt_riscv64_create,
    .describe = virt_riscv64_describe,
    .start = start,
    .load_bios = load_bios,
    .firmware_room = INFO_SIZE,
    .compatible = "riscv-virtio", // as QEMU's: what kernels look for
    .model = "riscv-virtio,softmetal",
    .bus = "soc",
    .tree_cpus = virt_riscv64_cpus,
    .tree_device = virt_riscv64_device,
    .tree_interrupt = virt_riscv64_interrupt,
    .tree_power = virt_riscv64_power,
};

static int check(struct plat *p, const struct emu_config *c, const struct emu_inputs *in, u64 ram_size) {
    return virt_check(&virt_riscv64, p, c, in, ram_size);
}

static int create(struct emu_machine *m, const struct emu_inputs *in, u8 *ram, u64 ram_size) {
    return virt_create(&virt_riscv64, m, in, ram, ram_size);
}

const struct board virt_riscv64_board = {.name = "virt",
                                         .loader = &loader_riscv64,
                                         .ram_at = VIRT_RISCV64_RAM,
                                         .takes_bios = true,
                                         .check = check,
                                         .create = create,
                                         .keep = virt_keep,
                                         .input_wakes = virt_input_wakes};
