// SPDX-License-Identifier: MIT
// Message signalled interrupts for PCI functions: MSI (one message) and MSI-X (a table of messages in a BAR).
// PCI Local Bus Specification 3.0, 6.8. Messages leave through bus->msi.
#ifndef DEV_PCI_MSI_H
#define DEV_PCI_MSI_H

#include "dev/pci.h"

// --- MSI: one 64-bit message, no per-vector mask ---

struct msi {
    struct pci_function *f;
    unsigned at; // the capability's offset
};
void msi_add(struct msi *m, struct pci_function *f);
bool msi_enabled(const struct msi *m);
// Sends the message; nothing happens unless MSI and bus mastering are enabled.
void msi_notify(const struct msi *m);

// --- MSI-X ---

#define MSIX_VECTORS 16
#define MSIX_ENTRY 16
#define MSIX_PBA 0x800 // of the pending bits in the BAR; the table is at 0
#define MSIX_BAR_SIZE 0x1000

struct msix {
    struct pci_function *f;
    unsigned at, vectors;
    struct msix_state {
        u8 table[MSIX_VECTORS * MSIX_ENTRY];
        u32 pending;
    } *state;
};

// 1..MSIX_VECTORS vectors in a 4 KiB memory BAR `bar`. State is registered under `name` (kept).
void msix_add(struct msix *m, struct pci_function *f, const char *name, unsigned bar, unsigned vectors);
bool msix_enabled(const struct msix *m);
// Sends vector's message, or marks it pending while it or the function is masked. A vector that is not there, or MSI-X
// being off, is ignored.
void msix_notify(struct msix *m, unsigned vector);
// From the device's config_written hook: messages that waited for the function's mask go out.
void msix_config_written(struct msix *m, unsigned at, unsigned width);

#endif
