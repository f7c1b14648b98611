// SPDX-License-Identifier: MIT
// Arm64's part of the board `virt`, as arch.h wants it: arm64.c is the table of it.
#ifndef MACHINE_VIRT_ARM64_H
#define MACHINE_VIRT_ARM64_H

#include "machine/virt/arch.h"

// INTIDs of the processor's own interrupts (Arm BSA 1.0, B_PPI_00): PPIs.
enum { ARM64_VIRTUAL_TIMER = 27, ARM64_PHYSICAL_TIMER = 30 };

// ---- cpu_arm64.c: the processor, its timers' wires, the GIC's system registers, and PSCI
int virt_arm64_check(struct plat *p, const struct emu_config *c);
int virt_arm64_create(struct emu_machine *m, struct virt_lines *lines);
void virt_arm64_describe(const struct emu_machine *m, struct virt_tree *tree);
void virt_arm64_start(struct emu_machine *m, const struct virt_devices *d, struct load_target *t, const struct image *image,
                      gpa_t firmware);

// ---- tree_arm64.c
void virt_arm64_root(struct fdt_writer *w);
void virt_arm64_cpus(struct fdt_writer *w, const struct virt_tree *t);
void virt_arm64_device(struct fdt_writer *w, const struct virt_row *r);
void virt_arm64_interrupt(struct fdt_writer *w, unsigned interrupt);
void virt_arm64_power(struct fdt_writer *w);

#endif
