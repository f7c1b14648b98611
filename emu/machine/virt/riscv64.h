// SPDX-License-Identifier: MIT
// RISC-V's part of the board `virt`, as arch.h wants it: riscv64.c is the table of it.
#ifndef MACHINE_VIRT_RISCV64_H
#define MACHINE_VIRT_RISCV64_H

#include "machine/virt/arch.h"

// ---- cpu_riscv64.c: the hart, the wires into it, and the SBI where no firmware brings one
int virt_riscv64_check(struct plat *p, const struct emu_config *c);
int virt_riscv64_create(struct emu_machine *m, struct virt_lines *lines);
void virt_riscv64_describe(const struct emu_machine *m, struct virt_tree *tree);

struct virt_riscv64_start {
    bool machine; // in M-mode; else in S-mode on top of the board's own SBI
    gpa_t entry, tree;
    gpa_t a2; // what firmware is told
};
void virt_riscv64_start_hart(struct emu_machine *m, const struct virt_devices *d, const struct virt_riscv64_start *start);

// ---- tree_riscv64.c
void virt_riscv64_cpus(struct fdt_writer *w, const struct virt_tree *t);
void virt_riscv64_device(struct fdt_writer *w, const struct virt_row *r);
void virt_riscv64_interrupt(struct fdt_writer *w, unsigned interrupt);
void virt_riscv64_power(struct fdt_writer *w);

#endif
