// SPDX-License-Identifier: MIT
// A bench for PCI devices: RAM, bus, host bridge at 0xCF8, ISA bridge in slot 1, and every interrupt on record.
#ifndef TESTS_PCI_RIG_H
#define TESTS_PCI_RIG_H

#include "dev/i440fx.h"
#include "dev/piix4.h"
#include "dev/sysport.h"
#include "scripted_plat.h"

#define RIG_RAM (8 * MiB)

struct pci_rig {
    struct scripted_plat plat;
    struct vclock clock;
    struct state_set state;
    struct env env;
    struct bus bus;
    u8 *ram;
    struct pci_bus *pci;
    struct i440fx *host;
    struct piix4 *isa;
    bool isa_irq[16], direct[PCI_PIRQS];
    unsigned isa_edges[16]; // 0 -> 1 changes
    struct {
        u64 address;
        u32 data;
    } msi[64];
    unsigned msis;
    int finished; // enum emu_reason + 1; 0: not
};

void rig_init(struct pci_rig *r);
void rig_free(struct pci_rig *r);
// Where the rig's interrupt controller takes ISA interrupt n.
struct irq_line rig_isa_line(struct pci_rig *r, unsigned n);

// Configuration cycles through ports 0xCF8 and 0xCFC.
u32 cfg_in(struct pci_rig *r, unsigned slot, unsigned function, unsigned at, unsigned width);
void cfg_out(struct pci_rig *r, unsigned slot, unsigned function, unsigned at, unsigned width, u32 value);
// The offset of the first capability with this id at or behind `from` (0: the first), 0 when there is none. Fails the
// test when the list loops.
unsigned cfg_capability(struct pci_rig *r, unsigned slot, unsigned function, u8 id, unsigned from);

#endif
