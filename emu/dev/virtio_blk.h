// SPDX-License-Identifier: MIT
// virtio-blk: read, write, flush, get id. Virtual I/O Device 1.2 (OASIS), 5.2.
#ifndef DEV_VIRTIO_BLK_H
#define DEV_VIRTIO_BLK_H

#include "core/blkdev.h"
#include "dev/virtio.h"

struct virtio_blk;

// name: unique, at most 20 characters: the guest sees it as the disk's serial number. Only whole 512-byte sectors of
// the disk are reachable. NULL when there is no memory for a disk of its size (logged).
struct virtio_blk *virtio_blk_create(struct env *e, struct virtio_place place, const char *name, struct disk *disk);

#endif
