// SPDX-License-Identifier: MIT
// What an architecture has of its own on the board `virt`: its rows, its processor, its part of the device tree. The board itself
// (board.c, devices.c, tree.c) names none.
#ifndef MACHINE_VIRT_ARCH_H
#define MACHINE_VIRT_ARCH_H

#include "loader/image.h"
#include "machine/fdt.h"
#include "machine/machine.h"
#include "machine/virt/devices.h"
#include "machine/virt/tree.h"

struct load_target;

struct virt_arch {
    const struct loader_arch *loader;
    gpa_t ram_at;
    u64 ram_most; // bytes
    const struct virt_rows *(*rows)(const struct emu_config *c);

    // ---- the processor (cpu_ARCH.c)
    // ERR_NOT_FOUND: no such `cpu` model (logged).
    int (*check)(struct plat *p, const struct emu_config *c);
    // Makes it (RAM is on the bus already), fills m->cpu, and says where the controllers' outputs end. Errors as above.
    int (*create)(struct emu_machine *m, struct virt_lines *lines);
    // What the device tree says of it.
    void (*describe)(const struct emu_machine *m, struct virt_tree *tree);
    // The state that the guest starts in. `firmware`: where what it is told is (firmware_room bytes). The devices outlive the processor.
    void (*start)(struct emu_machine *m, const struct virt_devices *d, struct load_target *t, const struct image *image,
                  gpa_t firmware);

    // ---- firmware in front of the guest (in->bios); NULL: there is none
    int (*load_bios)(struct load_target *t, const struct blob *bios);
    u64 firmware_room; // bytes behind the tree, for what it is told

    // ---- the tree (tree_ARCH.c)
    const char *compatible, *model;
    const char *bus;                                                    // the node that devices are in; NULL: the root
    void (*tree_root)(struct fdt_writer *w);                            // properties of the root
    void (*tree_cpus)(struct fdt_writer *w, const struct virt_tree *t); // nodes before the devices: processor, timer, clocks
    void (*tree_power)(struct fdt_writer *w);                           // nodes behind them: power-off and reset
    // Properties that no other kind of device has; the interrupt.
    void (*tree_device)(struct fdt_writer *w, const struct virt_row *r);
    void (*tree_interrupt)(struct fdt_writer *w, unsigned interrupt);
};

extern const struct virt_arch virt_riscv64, virt_arm64;

#endif
