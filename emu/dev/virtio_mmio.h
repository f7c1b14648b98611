// SPDX-License-Identifier: MIT
// The virtio-mmio transport, version 2 (modern) only. Virtual I/O Device 1.2 (OASIS), 4.2. A transport without a device says so by
// device ID 0, and drivers leave it alone.
//
//   000 magic "virt"        030 QueueSel       060 InterruptStatus    0ac SHMSel (there are no such regions)
//   004 version: 2          034 QueueNumMax    064 InterruptACK       0b0 SHMLen, 0b8 SHMBase: all ones
//   008 device ID           038 QueueNum       070 Status             0fc ConfigGeneration
//   00c vendor ID           044 QueueReady     080 QueueDesc (8)      100 configuration space
//   010 DeviceFeatures      050 QueueNotify    090 QueueDriver (8)
//   014 DeviceFeaturesSel                      0a0 QueueDevice (8)
//   020 DriverFeatures, 024 DriverFeaturesSel
//
// Below 100 registers are of 32 bits: an access that is not an aligned one of 4 bytes reads 0 and writes nothing.
#ifndef DEV_VIRTIO_MMIO_H
#define DEV_VIRTIO_MMIO_H

#include "bus/bus.h"
#include "core/env.h"
#include "core/irq.h"
#include "dev/virtio.h"

#define VIRTIO_MMIO_SIZE 0x1000

struct virtio_mmio;

// An empty transport; DMA of what is put into it goes to b.
struct virtio_mmio *virtio_mmio_create(struct env *e, struct bus *b, struct irq_line irq);
// For one device.
struct virtio_place virtio_mmio_place(struct virtio_mmio *t);

extern const struct io_ops virtio_mmio_ops; // VIRTIO_MMIO_SIZE bytes; dev: the transport

#endif
