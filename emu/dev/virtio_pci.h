// SPDX-License-Identifier: MIT
// The virtio-pci transport, modern (1.0 and later) only: capabilities, common configuration, notification, MSI-X or
// INTx. Virtual I/O Device 1.2 (OASIS), 2 and 4.1. A device type (blk, console, rng) embeds struct virtio.
#ifndef DEV_VIRTIO_PCI_H
#define DEV_VIRTIO_PCI_H

#include "dev/pci_msi.h"
#include "dev/virtqueue.h"

#define VIRTIO_QUEUES 2
#define VIRTIO_CONFIG 64

enum virtio_type { VIRTIO_BLK = 2, VIRTIO_CONSOLE = 3, VIRTIO_RNG = 4 };

enum virtio_status {
    VIRTIO_ACKNOWLEDGE = 1,
    VIRTIO_DRIVER = 2,
    VIRTIO_DRIVER_OK = 4,
    VIRTIO_FEATURES_OK = 8,
    VIRTIO_NEEDS_RESET = 0x40,
    VIRTIO_FAILED = 0x80,
};
enum virtio_feature { VIRTIO_F_INDIRECT_DESC = 28, VIRTIO_F_EVENT_IDX = 29, VIRTIO_F_VERSION_1 = 32 };

struct virtio;

struct virtio_ops {
    enum virtio_type type;
    u32 class_code;
    unsigned queues;
    // One request of this queue. Returns how many bytes were written to it, or a negative error when it is so broken
    // that it cannot be answered: the device then needs a reset.
    i64 (*request)(struct virtio *v, unsigned queue, const struct virtq_chain *c);
    // A queue whose requests wait for something else (input) is served by the device: true here keeps the transport
    // off.
    bool (*waits)(unsigned queue);
};

struct virtio {
    struct pci_function function;
    struct msix msix;
    struct env *env;
    const struct virtio_ops *ops;
    u64 features;             // offered, transport's included
    struct virtq_chain chain; // the request being worked on
    struct virtio_state {
        u64 driver_features;
        u32 device_feature_select, driver_feature_select;
        u16 config_vector, queue_select;
        u8 status, isr;
        u8 config[VIRTIO_CONFIG]; // device configuration, read-only to the driver
        struct virtq_state queue[VIRTIO_QUEUES];
    } state;
};

// Puts the device into `slot`. name must be unique. `features`: the device type's own bits.
void virtio_add(struct virtio *v, struct env *e, struct pci_bus *pci, unsigned slot, const char *name,
                const struct virtio_ops *ops, u64 features);

// "name part", for further state of the device; lives as long as the machine.
const char *virtio_part_name(struct env *e, const char *name, const char *part);

// For devices that serve a waiting queue: takes a request into v->chain (false: none, or the queue is not live), and
// gives it back. virtio_flush then raises the interrupt that is due.
bool virtio_take(struct virtio *v, unsigned queue);
void virtio_give(struct virtio *v, unsigned queue, u32 written);
void virtio_flush(struct virtio *v, unsigned queue);

static inline struct bus *virtio_bus(const struct virtio *v) { return v->function.bus->bus; }

#endif
