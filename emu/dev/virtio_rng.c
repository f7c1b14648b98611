// SPDX-License-Identifier: MIT
// virtio-rng: fills what it is given, up to a limit per request.
#include "dev/virtio_rng.h"
#include "base/splitmix.h"

#define BYTES_MAX (64 * KiB) // a driver asks for far less; the rest of a longer request stays unused, as 5.4.6 allows

struct virtio_rng {
    struct virtio v;
    struct {
        u64 splitmix;
    } *state;
};

static i64 request(struct virtio *v, unsigned queue, const struct virtq_chain *c) {
    struct virtio_rng *d = container_of(v, struct virtio_rng, v);
    u64 bytes = c->in_bytes < BYTES_MAX ? c->in_bytes : BYTES_MAX;
    for (u64 at = 0; at < bytes; at += sizeof(u64)) {
        u64 word = splitmix64(&d->state->splitmix), n = bytes - at < sizeof word ? bytes - at : sizeof word;
        if (virtq_write(virtio_bus(v), c, at, &word, n)) return ERR_RANGE;
    }
    return (i64)bytes;
}

static const struct virtio_ops ops = {.type = VIRTIO_RNG, .class_code = 0x00ff00, .queues = 1, .request = request};

struct virtio_rng *virtio_rng_create(struct env *e, struct virtio_place place, const char *name, u64 seed) {
    struct virtio_rng *d = env_alloc(e, sizeof *d); // no state but what follows
    virtio_add(&d->v, e, place, name, &ops, 0);
    d->state = env_state(e, virtio_part_name(e, name, "generator"), sizeof *d->state);
    d->state->splitmix = seed;
    return d;
}
