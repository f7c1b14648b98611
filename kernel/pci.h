// SPDX-License-Identifier: MIT
// PCI configuration space of segment 0, by ports (PCI Local Bus Specification 3.0, 3.2.2.3.2). Every PC has them.
#ifndef KERNEL_PCI_H
#define KERNEL_PCI_H

#include "boot/handoff.h"
#include "kernel/io.h"

enum { PCI_ADDRESS = 0xcf8, PCI_DATA = 0xcfc };
enum { PCI_ID = 0x00, PCI_COMMAND = 0x04, PCI_COMMAND_MEMORY = 1 << 1, PCI_COMMAND_MASTER = 1 << 2 };

static inline void pci_select(const struct pci_function *f, u8 reg) {
    outl(PCI_ADDRESS, 1u << 31 | (u32)f->bus << 16 | (u32)f->device << 11 | (u32)f->function << 8 | (reg & 0xfcu));
}

static inline u32 pci_read(const struct pci_function *f, u8 reg) {
    pci_select(f, reg);
    return inl(PCI_DATA);
}

static inline void pci_write(const struct pci_function *f, u8 reg, u32 v) {
    pci_select(f, reg);
    outl(PCI_DATA, v);
}

#endif
