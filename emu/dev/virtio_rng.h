// SPDX-License-Identifier: MIT
// virtio-rng: an entropy source that is the same in every run with the same seed. Virtual I/O Device 1.2 (OASIS), 5.4.
#ifndef DEV_VIRTIO_RNG_H
#define DEV_VIRTIO_RNG_H

#include "dev/virtio.h"

struct virtio_rng;

// The bytes are base/splitmix's outputs from `seed`, least significant byte first.
struct virtio_rng *virtio_rng_create(struct env *e, struct virtio_place place, const char *name, u64 seed);

#endif
