// SPDX-License-Identifier: MIT
// The processor's corner of the board `virt`, which a room of its own fills for each architecture (cpu_riscv64.c): the hart, the wires
// into it, and the SBI where no firmware brings one.
#ifndef MACHINE_VIRT_CPU_H
#define MACHINE_VIRT_CPU_H

#include "machine/machine.h"
#include "machine/virt/devices.h"
#include "machine/virt/tree.h"

// ERR_NOT_FOUND: no such `cpu` model (logged).
int virt_cpu_check(struct plat *p, const struct emu_config *c);
// Makes the hart (RAM is on the bus already), fills m->cpu, and says where the controllers' outputs end. Errors as above.
int virt_cpu_create(struct emu_machine *m, struct virt_hart_lines *lines);
// What the device tree says of it.
void virt_cpu_isa(const struct emu_machine *m, struct virt_isa *isa);

struct virt_start {
    bool machine; // in M-mode; else in S-mode on top of the board's own SBI
    gpa_t entry, tree;
    gpa_t a2; // what firmware is told
};

// Sets the state that the guest starts in. The devices outlive the hart.
void virt_cpu_start(struct emu_machine *m, const struct virt_devices *d, const struct virt_start *start);

#endif
