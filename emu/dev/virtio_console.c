// SPDX-License-Identifier: MIT
// virtio-console: queue 0 carries input to the guest, queue 1 its output.
#include "dev/virtio_console.h"

enum { RECEIVE = 0, TRANSMIT = 1 };
// No driver sends more at once (Linux: 16 pages); a chain that claims to is broken. A notification may bring a whole queue of them,
// and the console behind may be a serial line.
#define TRANSMIT_MAX (64 * KiB)

struct virtio_console {
    struct virtio v;
    struct chardev *chardev;
};

static i64 transmit(struct virtio *v, unsigned queue, const struct virtq_chain *c) {
    struct virtio_console *d = container_of(v, struct virtio_console, v);
    u8 bytes[256];
    if (c->out_bytes > TRANSMIT_MAX) return ERR_CORRUPT;
    for (u64 at = 0; at < c->out_bytes; at += sizeof bytes) {
        u64 n = c->out_bytes - at;
        if (n > sizeof bytes) n = sizeof bytes;
        if (virtq_read(virtio_bus(v), c, at, bytes, n)) return ERR_RANGE;
        if (d->chardev->write) d->chardev->write(d->chardev->ctx, bytes, n);
    }
    return 0;
}

static size_t input(void *dev, const u8 *bytes, size_t n) {
    struct virtio_console *d = dev;
    size_t taken = 0;
    while (taken < n && virtio_take(&d->v, RECEIVE)) {
        u64 part = n - taken;
        if (part > d->v.chain.in_bytes) part = d->v.chain.in_bytes;
        if (virtq_write(virtio_bus(&d->v), &d->v.chain, 0, bytes + taken, part)) part = 0;
        virtio_give(&d->v, RECEIVE, (u32)part);
        taken += part;
        if (!part) break; // a useless buffer: given back empty, and no more of them now
    }
    virtio_flush(&d->v, RECEIVE);
    return taken;
}

static bool waits(unsigned queue) { return queue == RECEIVE; }

static const struct virtio_ops ops = {
    .type = VIRTIO_CONSOLE, .class_code = 0x078000, .queues = 2, .request = transmit, .waits = waits};

struct virtio_console *virtio_console_create(struct env *e, struct virtio_place place, const char *name, struct chardev *c) {
    struct virtio_console *d = env_alloc(e, sizeof *d); // no state but virtio's
    d->chardev = c;
    c->input = input;
    c->dev = d;
    virtio_add(&d->v, e, place, name, &ops, 0);
    return d;
}
