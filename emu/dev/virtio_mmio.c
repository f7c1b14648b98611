// SPDX-License-Identifier: MIT
// All that the driver can change is in struct virtio: the transport has no state of its own.
#include "dev/virtio_mmio.h"

#include "base/bits.h"
#include "base/le.h"

enum { MAGIC = 0x74726976, VERSION = 2, VENDOR = 0x1af4 };

enum {
    MAGIC_VALUE = 0x00,
    VERSION_AT = 0x04,
    DEVICE_ID = 0x08,
    VENDOR_ID = 0x0c,
    DEVICE_FEATURES = 0x10,
    DEVICE_FEATURES_SEL = 0x14,
    DRIVER_FEATURES = 0x20,
    DRIVER_FEATURES_SEL = 0x24,
    QUEUE_SEL = 0x30,
    QUEUE_NUM_MAX = 0x34,
    QUEUE_NUM = 0x38,
    QUEUE_READY = 0x44,
    QUEUE_NOTIFY = 0x50,
    INTERRUPT_STATUS = 0x60,
    INTERRUPT_ACK = 0x64,
    STATUS = 0x70,
    QUEUE_DESC = 0x80,
    QUEUE_DRIVER = 0x90,
    QUEUE_DEVICE = 0xa0,
    SHM_LEN = 0xb0,
    SHM_BASE_HIGH = 0xbc,
    CONFIG = 0x100,
};

struct virtio_mmio {
    struct bus *bus;
    struct irq_line irq;
    struct virtio *v; // NULL: empty
};

static void interrupt(struct virtio *v, u16 vector, enum virtio_isr why) {
    v->state->isr |= why;
    irq_set(&((struct virtio_mmio *)v->port)->irq, true);
}

static void acknowledge(struct virtio *v, u32 bits) {
    v->state->isr &= (u8)~bits;
    irq_set(&((struct virtio_mmio *)v->port)->irq, v->state->isr);
}

static void was_reset(struct virtio *v) { acknowledge(v, ~(u32)0); }

static const struct virtio_transport transport = {.interrupt = interrupt, .reset = was_reset};

static u32 read_device(struct virtio *v, u64 offset) {
    const struct virtq_state *q = virtio_selected(v);
    switch (offset) {
    case DEVICE_ID: return v->ops->type;
    case DEVICE_FEATURES: return virtio_offered_features(v);
    case QUEUE_NUM_MAX: return q ? VIRTQ_SIZE_MAX : 0;
    case QUEUE_READY: return q ? q->enabled : 0;
    case INTERRUPT_STATUS: return v->state->isr;
    case STATUS: return v->state->status;
    default: return offset >= SHM_LEN && offset <= SHM_BASE_HIGH ? 0xffffffff : 0;
    }
}

static u32 read_register(struct virtio_mmio *t, u64 offset) {
    switch (offset) {
    case MAGIC_VALUE: return MAGIC;
    case VERSION_AT: return VERSION;
    case VENDOR_ID: return VENDOR;
    default: return t->v ? read_device(t->v, offset) : 0;
    }
}

static void set_half(u64 *field, u64 offset, u32 value) {
    *field = offset & 4 ? (*field & mask(31, 0)) | (u64)value << 32 : (*field & mask(63, 32)) | value;
}

// 4.2.2.2: to stop using a queue, its driver writes 0. It starts anew when it is enabled again.
static void write_ready(struct virtio *v, struct virtq_state *q, u32 value) {
    if (value & 1) virtio_enable_queue(v, q);
    else virtio_reset_queue(q);
}

static void write_queue(struct virtio *v, struct virtq_state *q, u64 offset, u32 value) {
    if (offset == QUEUE_READY) return write_ready(v, q, value);
    if (q->enabled) return; // the rest may not change any more
    if (offset == QUEUE_NUM) return virtio_set_queue_size(q, value);
    switch (offset & ~(u64)4) {
    case QUEUE_DESC: set_half(&q->desc, offset, value); break;
    case QUEUE_DRIVER: set_half(&q->avail, offset, value); break;
    case QUEUE_DEVICE: set_half(&q->used, offset, value); break;
    }
}

static void write_register(struct virtio *v, u64 offset, u32 value) {
    struct virtio_state *s = v->state;
    struct virtq_state *q = virtio_selected(v);
    switch (offset) {
    case DEVICE_FEATURES_SEL: s->device_feature_select = value; break;
    case DRIVER_FEATURES: virtio_write_driver_features(v, value); break;
    case DRIVER_FEATURES_SEL: s->driver_feature_select = value; break;
    case QUEUE_SEL: s->queue_select = value < 0xffff ? (u16)value : 0xffff; break;
    case QUEUE_NOTIFY: virtio_notify(v, value); break;
    case INTERRUPT_ACK: acknowledge(v, value); break;
    case STATUS: virtio_write_status(v, (u8)value); break;
    default:
        if (q) write_queue(v, q, offset, value);
    }
}

static u64 mmio_read(void *dev, u64 offset, unsigned width) {
    struct virtio_mmio *t = dev;
    if (offset >= CONFIG)
        return t->v && range_inside(offset - CONFIG, width, VIRTIO_CONFIG)
                   ? ld_width(t->v->state->config + (offset - CONFIG), width)
                   : 0;
    return width == 4 && !(offset & 3) ? read_register(t, offset) : 0;
}

// The devices' configuration is read-only.
static void mmio_write(void *dev, u64 offset, unsigned width, u64 value) {
    struct virtio_mmio *t = dev;
    if (t->v && offset < CONFIG && width == 4 && !(offset & 3)) write_register(t->v, offset, (u32)value);
}

const struct io_ops virtio_mmio_ops = {mmio_read, mmio_write, .size = VIRTIO_MMIO_SIZE, .widths = IO_ANY};

static void attach(void *ctx, unsigned slot, struct virtio *v) {
    struct virtio_mmio *t = ctx;
    t->v = v;
    v->bus = t->bus;
    v->transport = &transport;
    v->port = t;
}

struct virtio_place virtio_mmio_place(struct virtio_mmio *t) { return (struct virtio_place){attach, t, 0}; }

struct virtio_mmio *virtio_mmio_create(struct env *e, struct bus *b, struct irq_line irq) {
    struct virtio_mmio *t = env_alloc(e, sizeof *t); // no state: see above
    t->bus = b;
    t->irq = irq;
    return t;
}
