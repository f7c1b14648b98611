// SPDX-License-Identifier: MIT
// What all transports share. A notification is served within the write that makes it.
#include "dev/virtio.h"

#include "base/bits.h"

#include <string.h>

static bool has_feature(const struct virtio *v, unsigned bit) { return v->state->driver_features >> bit & 1; }

static void needs_reset(struct virtio *v, const char *why) {
    if (v->state->status & VIRTIO_NEEDS_RESET) return;
    log_warn(v->env->plat, "%s: %s; the device stops until the guest resets it", v->name, why);
    v->state->status |= VIRTIO_NEEDS_RESET;
    if (v->state->status & VIRTIO_DRIVER_OK) v->transport->interrupt(v, v->state->config_vector, VIRTIO_ISR_CONFIG);
}

// --- queues ---

static bool live(const struct virtio *v, unsigned queue) {
    u8 s = v->state->status;
    return (s & VIRTIO_DRIVER_OK) && !(s & (VIRTIO_NEEDS_RESET | VIRTIO_FAILED)) && queue < v->ops->queues &&
           v->state->queue[queue].enabled && (!v->transport->may_dma || v->transport->may_dma(v));
}

bool virtio_take(struct virtio *v, unsigned queue) {
    if (!live(v, queue)) return false;
    int got = virtq_pop(v->bus, &v->state->queue[queue], &v->chain);
    if (got < 0) needs_reset(v, got == ERR_RANGE ? "a ring does not lie in RAM" : "a ring or a descriptor chain is broken");
    return got > 0;
}

void virtio_give(struct virtio *v, unsigned queue, u32 written) {
    if (virtq_push(v->bus, &v->state->queue[queue], &v->chain, written)) needs_reset(v, "the used ring does not lie in RAM");
}

void virtio_flush(struct virtio *v, unsigned queue) {
    if (!live(v, queue)) return;
    struct virtq_state *q = &v->state->queue[queue];
    if (virtq_wants_interrupt(v->bus, q, has_feature(v, VIRTIO_F_EVENT_IDX)))
        v->transport->interrupt(v, q->vector, VIRTIO_ISR_QUEUE);
}

// At most one queue's worth of requests: what the device writes may land in the available ring and promise more.
void virtio_notify(struct virtio *v, unsigned queue) {
    if (!live(v, queue) || (v->ops->waits && v->ops->waits(queue))) return;
    for (unsigned n = v->state->queue[queue].size; n && virtio_take(v, queue); n--) {
        i64 written = v->ops->request(v, queue, &v->chain);
        if (written < 0) return needs_reset(v, "a request has no room for its answer");
        virtio_give(v, queue, (u32)written);
    }
    virtio_flush(v, queue);
}

void virtio_reset_queue(struct virtq_state *q) { *q = (struct virtq_state){.size = VIRTQ_SIZE_MAX, .vector = VIRTIO_NO_VECTOR}; }

static void reset(struct virtio *v) {
    struct virtio_state *s = v->state;
    s->driver_features = 0;
    s->device_feature_select = s->driver_feature_select = 0;
    s->config_vector = VIRTIO_NO_VECTOR;
    s->queue_select = 0;
    s->status = s->isr = 0;
    memset(s->queue, 0, sizeof s->queue);
    for (unsigned i = 0; i < v->ops->queues; i++) virtio_reset_queue(&s->queue[i]);
    v->transport->reset(v);
}

// --- the driver's registers ---

static u32 feature_word(u64 features, u32 select) { return select < 2 ? (u32)(features >> 32 * select) : 0; }

u32 virtio_offered_features(const struct virtio *v) { return feature_word(v->features, v->state->device_feature_select); }
u32 virtio_driver_features(const struct virtio *v) {
    return feature_word(v->state->driver_features, v->state->driver_feature_select);
}

struct virtq_state *virtio_selected(struct virtio *v) {
    return v->state->queue_select < v->ops->queues ? &v->state->queue[v->state->queue_select] : NULL;
}

void virtio_write_status(struct virtio *v, u8 value) {
    struct virtio_state *s = v->state;
    if (!value) return reset(v);
    bool was_ok = s->status & VIRTIO_FEATURES_OK;
    s->status = (u8)(value | (s->status & VIRTIO_NEEDS_RESET));
    // The driver must take VERSION_1 and nothing that was not offered, or it does not get FEATURES_OK back.
    bool acceptable = has_feature(v, VIRTIO_F_VERSION_1) && !(s->driver_features & ~v->features);
    if (!was_ok && !acceptable) s->status &= (u8)~VIRTIO_FEATURES_OK;
}

void virtio_write_driver_features(struct virtio *v, u32 value) {
    struct virtio_state *s = v->state;
    if ((s->status & VIRTIO_FEATURES_OK) || s->driver_feature_select > 1) return;
    unsigned shift = 32 * s->driver_feature_select;
    s->driver_features = (s->driver_features & ~((u64)0xffffffff << shift)) | (u64)value << shift;
}

void virtio_set_queue_size(struct virtq_state *q, u32 size) {
    if (!q->enabled && is_pow2(size) && size <= VIRTQ_SIZE_MAX) q->size = (u16)size;
}

void virtio_enable_queue(struct virtio *v, struct virtq_state *q) {
    if (q->enabled) return;
    if ((q->desc & 15) || (q->avail & 1) || (q->used & 3)) return needs_reset(v, "a ring is not aligned");
    q->enabled = 1;
}

// --- creation ---

const char *virtio_part_name(struct env *e, const char *name, const char *part) {
    size_t room = strlen(name) + strlen(part) + 2;
    char *s = env_alloc(e, room); // no state: a name
    plat_format(s, room, "%s %s", name, part);
    return s;
}

static bool enter(void *dev) {
    const struct virtio *v = dev;
    for (unsigned i = 0; i < v->ops->queues; i++)
        if (!is_pow2(v->state->queue[i].size) || v->state->queue[i].size > VIRTQ_SIZE_MAX) return false;
    return true;
}

void virtio_add(struct virtio *v, struct env *e, struct virtio_place place, const char *name, const struct virtio_ops *ops,
                u64 features) {
    v->env = e;
    v->name = name;
    v->ops = ops;
    v->features = features | BIT(VIRTIO_F_VERSION_1) | BIT(VIRTIO_F_INDIRECT_DESC) | BIT(VIRTIO_F_EVENT_IDX);
    place.attach(place.ctx, place.slot, v);
    v->state = env_state(e, name, sizeof *v->state);
    env_check(e, name, enter, v);
    reset(v);
}
