// SPDX-License-Identifier: MIT
// A virtio device without its transport: status, features, queues, requests. Virtual I/O Device 1.2 (OASIS), 2 and 3. A device type (blk,
// console, rng) embeds struct virtio; a transport (virtio_pci.h, virtio_mmio.h) shows it to the driver.
#ifndef DEV_VIRTIO_H
#define DEV_VIRTIO_H

#include "core/env.h"
#include "dev/virtqueue.h"

#define VIRTIO_QUEUES 2
#define VIRTIO_CONFIG 64
#define VIRTIO_NO_VECTOR 0xffff

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
// What an interrupt is for: bits of the ISR status (4.1.4.5) and of InterruptStatus (4.2.2).
enum virtio_isr { VIRTIO_ISR_QUEUE = 1, VIRTIO_ISR_CONFIG = 2 };

struct virtio;

struct virtio_ops {
    enum virtio_type type;
    u32 class_code; // of the PCI function
    unsigned queues;
    // One request of this queue. Returns how many bytes were written to it, or a negative error when it is so broken
    // that it cannot be answered: the device then needs a reset.
    i64 (*request)(struct virtio *v, unsigned queue, const struct virtq_chain *c);
    // A queue whose requests wait for something else (input) is served by the device: true here keeps the transport
    // off.
    bool (*waits)(unsigned queue);
};

struct virtio_transport {
    // vector: what the driver has bound to the queue, or to configuration changes.
    void (*interrupt)(struct virtio *v, u16 vector, enum virtio_isr why);
    void (*reset)(struct virtio *v);         // the device has been reset: no interrupt is asked for any more
    bool (*may_dma)(const struct virtio *v); // NULL: always
};

struct virtio {
    struct env *env;
    struct bus *bus; // where DMA goes
    const char *name;
    const struct virtio_ops *ops;
    const struct virtio_transport *transport;
    void *port;               // the transport's own part
    u64 features;             // offered, the rings' included
    struct virtq_chain chain; // the request being worked on
    struct virtio_state {
        u64 driver_features;
        u32 device_feature_select, driver_feature_select;
        u16 config_vector, queue_select;
        u8 status, isr;
        u8 config[VIRTIO_CONFIG]; // device configuration, read-only to the driver
        struct virtq_state queue[VIRTIO_QUEUES];
    } *state;
};

// Where a device type puts its device: a slot on a PCI bus, a range of memory. `attach` sets bus, transport and port.
struct virtio_place {
    void (*attach)(void *ctx, unsigned slot, struct virtio *v);
    void *ctx;
    unsigned slot;
};

// Puts the device into its place. name must be unique, and stays the caller's. `features`: the device type's own bits.
void virtio_add(struct virtio *v, struct env *e, struct virtio_place place, const char *name, const struct virtio_ops *ops,
                u64 features);

// "name part", for further state of the device; lives as long as the machine.
const char *virtio_part_name(struct env *e, const char *name, const char *part);

// For devices that serve a waiting queue: takes a request into v->chain (false: none, or the queue is not live), and
// gives it back. virtio_flush then raises the interrupt that is due.
bool virtio_take(struct virtio *v, unsigned queue);
void virtio_give(struct virtio *v, unsigned queue, u32 written);
void virtio_flush(struct virtio *v, unsigned queue);

static inline struct bus *virtio_bus(const struct virtio *v) { return v->bus; }

// For transports: what the driver's registers do.
void virtio_notify(struct virtio *v, unsigned queue); // any number
void virtio_write_status(struct virtio *v, u8 value);
u32 virtio_offered_features(const struct virtio *v); // the 32 that are selected
u32 virtio_driver_features(const struct virtio *v);
void virtio_write_driver_features(struct virtio *v, u32 value);
// The selected queue, or NULL when there is none of that number.
struct virtq_state *virtio_selected(struct virtio *v);
// Writes to a queue that is enabled change nothing; a size that is no power of two up to VIRTQ_SIZE_MAX neither.
void virtio_set_queue_size(struct virtq_state *q, u32 size);
void virtio_enable_queue(struct virtio *v, struct virtq_state *q);
// As it is after a reset: its size the largest, no rings.
void virtio_reset_queue(struct virtq_state *q);

#endif
