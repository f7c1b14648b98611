// SPDX-License-Identifier: MIT
// virtio-console with one port (no multiport). Virtual I/O Device 1.2 (OASIS), 5.3.
#ifndef DEV_VIRTIO_CONSOLE_H
#define DEV_VIRTIO_CONSOLE_H

#include "core/chardev.h"
#include "dev/virtio.h"

struct virtio_console;

// Takes over c->input and c->dev: input is taken while the guest has buffers for it, 0 bytes otherwise (the board tries
// again later).
struct virtio_console *virtio_console_create(struct env *e, struct virtio_place place, const char *name, struct chardev *c);

#endif
