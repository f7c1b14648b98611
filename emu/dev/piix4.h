// SPDX-License-Identifier: MIT
// Intel 82371AB (PIIX4): the ISA bridge with its PIRQ router (8086:7110, function 0) and the power management function
// (8086:7113, function 3). The IDE function is dev/ide. 82371AB datasheet (290562), sections 4 and 7.
#ifndef DEV_PIIX4_H
#define DEV_PIIX4_H

#include "dev/pci.h"

struct piix4_config {
    unsigned slot;
    struct irq_line isa_irq[16];       // where PIRQRCx routes to; only 3-7, 9-12, 14, 15 are ever driven
    struct irq_line direct[PCI_PIRQS]; // PIRQA..D as they are, for an I/O APIC beside the PIC (may be unconnected)
    u16 pm_base;                       // I/O base of the power management block, which another device implements
    u16 smbus_base;                    // the same of the SMBus host controller; 0: there is none
    bool smm_taken;                    // firmware finds SMM set up already, and lets it be: there is none
};

struct piix4 {
    struct env *env;
    struct irq_line isa_irq[16], direct[PCI_PIRQS];
    struct pci_function isa, pm;
    struct piix4_state {
        u8 pirq_level[PCI_PIRQS];
        i8 driven[PCI_PIRQS]; // the interrupt each PIRQ is routed to now, -1: none
    } *state;
};

// Puts both functions on the bus and takes over bus->pirq.
struct piix4 *piix4_create(struct env *e, struct pci_bus *pci, const struct piix4_config *c);

#endif
