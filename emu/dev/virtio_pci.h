// SPDX-License-Identifier: MIT
// The virtio-pci transport, modern (1.0 and later) only: capabilities, common configuration, notification, MSI-X or
// INTx. Virtual I/O Device 1.2 (OASIS), 4.1.
#ifndef DEV_VIRTIO_PCI_H
#define DEV_VIRTIO_PCI_H

#include "dev/pci.h"
#include "dev/virtio.h"

// Function 0 of a free slot.
struct virtio_place virtio_pci(struct pci_bus *pci, unsigned slot);

#endif
