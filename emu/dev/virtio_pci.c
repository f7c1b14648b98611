// SPDX-License-Identifier: MIT
// The virtio-pci transport. A notification is served within the write that makes it.
#include "dev/virtio_pci.h"
#include "base/bits.h"
#include "base/le.h"

// BAR 4 (64-bit memory, 16 KiB), one page for each structure; BAR 1 holds the MSI-X table.
enum { BAR_MSIX = 1, BAR_VIRTIO = 4 };
enum { AT_COMMON = 0x0000, AT_ISR = 0x1000, AT_CONFIG = 0x2000, AT_NOTIFY = 0x3000, BAR_SIZE = 0x4000 };
#define NOTIFY_MULTIPLIER 4
#define NO_VECTOR 0xffff

// Vendor capability (4.1.4):
//   +0 id | next | length | type   +4 BAR, padding (3)   +8 offset   +C length   (+10 multiplier, or data window)
enum { CAP_LENGTH = 2, CAP_TYPE = 3, CAP_BAR = 4, CAP_AT = 8, CAP_SIZE = 12, CAP_EXTRA = 16 };
enum { TYPE_COMMON = 1, TYPE_NOTIFY = 2, TYPE_ISR = 3, TYPE_DEVICE = 4, TYPE_PCI = 5 };

// Common configuration (4.1.4.3).
enum common {
    DEVICE_FEATURE_SELECT = 0,
    DEVICE_FEATURE = 4,
    DRIVER_FEATURE_SELECT = 8,
    DRIVER_FEATURE = 12,
    CONFIG_VECTOR = 16,
    NUM_QUEUES = 18,
    DEVICE_STATUS = 20,
    CONFIG_GENERATION = 21,
    QUEUE_SELECT = 22,
    QUEUE_SIZE = 24,
    QUEUE_VECTOR = 26,
    QUEUE_ENABLE = 28,
    QUEUE_NOTIFY_OFF = 30,
    QUEUE_DESC = 32,
    QUEUE_DRIVER = 40,
    QUEUE_DEVICE = 48,
    COMMON_SIZE = 56,
};
enum { ISR_QUEUE = 1, ISR_CONFIG = 2 };

static bool has_feature(const struct virtio *v, unsigned bit) { return v->state.driver_features >> bit & 1; }

// --- interrupts ---

static void interrupt(struct virtio *v, u16 vector, u8 isr) {
    if (msix_enabled(&v->msix)) return msix_notify(&v->msix, vector);
    v->state.isr |= isr;
    pci_intx(&v->function, true);
}

static void needs_reset(struct virtio *v, const char *why) {
    if (v->state.status & VIRTIO_NEEDS_RESET) return;
    log_warn(v->env->plat, "%s: %s; the device stops until the guest resets it", v->function.name, why);
    v->state.status |= VIRTIO_NEEDS_RESET;
    if (v->state.status & VIRTIO_DRIVER_OK) interrupt(v, v->state.config_vector, ISR_CONFIG);
}

// --- queues ---

static bool live(const struct virtio *v, unsigned queue) {
    u8 s = v->state.status;
    return (s & VIRTIO_DRIVER_OK) && !(s & (VIRTIO_NEEDS_RESET | VIRTIO_FAILED)) && queue < v->ops->queues &&
           v->state.queue[queue].enabled && pci_is_master(&v->function);
}

bool virtio_take(struct virtio *v, unsigned queue) {
    if (!live(v, queue)) return false;
    int got = virtq_pop(virtio_bus(v), &v->state.queue[queue], &v->chain);
    if (got < 0)
        needs_reset(v, got == ERR_RANGE ? "a ring does not lie in RAM" : "a ring or a descriptor chain is broken");
    return got > 0;
}

void virtio_give(struct virtio *v, unsigned queue, u32 written) {
    if (virtq_push(virtio_bus(v), &v->state.queue[queue], &v->chain, written))
        needs_reset(v, "the used ring does not lie in RAM");
}

void virtio_flush(struct virtio *v, unsigned queue) {
    if (!live(v, queue)) return;
    struct virtq_state *q = &v->state.queue[queue];
    if (virtq_wants_interrupt(virtio_bus(v), q, has_feature(v, VIRTIO_F_EVENT_IDX))) interrupt(v, q->vector, ISR_QUEUE);
}

// At most one queue's worth of requests: what the device writes may land in the available ring and promise more.
static void notify(struct virtio *v, unsigned queue) {
    if (!live(v, queue) || (v->ops->waits && v->ops->waits(queue))) return;
    for (unsigned n = v->state.queue[queue].size; n && virtio_take(v, queue); n--) {
        i64 written = v->ops->request(v, queue, &v->chain);
        if (written < 0) return needs_reset(v, "a request has no room for its answer");
        virtio_give(v, queue, (u32)written);
    }
    virtio_flush(v, queue);
}

static void reset(struct virtio *v) {
    struct virtio_state *s = &v->state;
    s->driver_features = 0;
    s->device_feature_select = s->driver_feature_select = 0;
    s->config_vector = NO_VECTOR;
    s->queue_select = 0;
    s->status = s->isr = 0;
    memset(s->queue, 0, sizeof s->queue);
    for (unsigned i = 0; i < v->ops->queues; i++) {
        s->queue[i].size = VIRTQ_SIZE_MAX;
        s->queue[i].vector = NO_VECTOR;
    }
    pci_intx(&v->function, false);
}

// --- common configuration ---

static u32 feature_word(u64 features, u32 select) { return select < 2 ? (u32)(features >> 32 * select) : 0; }

static struct virtq_state *selected(struct virtio *v) {
    return v->state.queue_select < v->ops->queues ? &v->state.queue[v->state.queue_select] : NULL;
}

static void common_image(struct virtio *v, u8 *c) {
    const struct virtio_state *s = &v->state;
    memset(c, 0, COMMON_SIZE);
    st32(c + DEVICE_FEATURE_SELECT, s->device_feature_select);
    st32(c + DEVICE_FEATURE, feature_word(v->features, s->device_feature_select));
    st32(c + DRIVER_FEATURE_SELECT, s->driver_feature_select);
    st32(c + DRIVER_FEATURE, feature_word(s->driver_features, s->driver_feature_select));
    st16(c + CONFIG_VECTOR, s->config_vector);
    st16(c + NUM_QUEUES, (u16)v->ops->queues);
    c[DEVICE_STATUS] = s->status;
    st16(c + QUEUE_SELECT, s->queue_select);
    const struct virtq_state *q = selected(v);
    if (!q) return; // size 0: no such queue
    st16(c + QUEUE_SIZE, q->size);
    st16(c + QUEUE_VECTOR, q->vector);
    st16(c + QUEUE_ENABLE, q->enabled);
    st16(c + QUEUE_NOTIFY_OFF, s->queue_select);
    st64(c + QUEUE_DESC, q->desc);
    st64(c + QUEUE_DRIVER, q->avail);
    st64(c + QUEUE_DEVICE, q->used);
}

static u16 valid_vector(const struct virtio *v, u16 vector) { return vector < v->msix.vectors ? vector : NO_VECTOR; }

static void write_status(struct virtio *v, u8 value) {
    struct virtio_state *s = &v->state;
    if (!value) return reset(v);
    bool was_ok = s->status & VIRTIO_FEATURES_OK;
    s->status = (u8)(value | (s->status & VIRTIO_NEEDS_RESET));
    // The driver must take VERSION_1 and nothing that was not offered, or it does not get FEATURES_OK back.
    bool acceptable = has_feature(v, VIRTIO_F_VERSION_1) && !(s->driver_features & ~v->features);
    if (!was_ok && !acceptable) s->status &= (u8)~VIRTIO_FEATURES_OK;
}

static void write_driver_feature(struct virtio *v, u32 value) {
    struct virtio_state *s = &v->state;
    if ((s->status & VIRTIO_FEATURES_OK) || s->driver_feature_select > 1) return;
    unsigned shift = 32 * s->driver_feature_select;
    s->driver_features = (s->driver_features & ~((u64)0xffffffff << shift)) | (u64)value << shift;
}

static void enable_queue(struct virtio *v, struct virtq_state *q) {
    if ((q->desc & 15) || (q->avail & 1) || (q->used & 3)) return needs_reset(v, "a ring is not aligned");
    q->enabled = 1;
}

static void apply_queue(struct virtio *v, struct virtq_state *q, unsigned field, const u8 *c) {
    if (field == QUEUE_VECTOR) q->vector = valid_vector(v, ld16(c + QUEUE_VECTOR));
    if (q->enabled) return; // the rest may not change any more
    u16 size = ld16(c + QUEUE_SIZE);
    switch (field) {
    case QUEUE_SIZE:
        if (is_pow2(size) && size <= VIRTQ_SIZE_MAX) q->size = size;
        break;
    case QUEUE_ENABLE:
        if (ld16(c + QUEUE_ENABLE) == 1) enable_queue(v, q);
        break;
    case QUEUE_DESC: q->desc = ld64(c + QUEUE_DESC); break;
    case QUEUE_DRIVER: q->avail = ld64(c + QUEUE_DRIVER); break;
    case QUEUE_DEVICE: q->used = ld64(c + QUEUE_DEVICE); break;
    }
}

static void apply(struct virtio *v, unsigned field, const u8 *c) {
    struct virtio_state *s = &v->state;
    switch (field) {
    case DEVICE_FEATURE_SELECT: s->device_feature_select = ld32(c + field); return;
    case DRIVER_FEATURE_SELECT: s->driver_feature_select = ld32(c + field); return;
    case DRIVER_FEATURE: return write_driver_feature(v, ld32(c + field));
    case CONFIG_VECTOR: s->config_vector = valid_vector(v, ld16(c + field)); return;
    case DEVICE_STATUS: return write_status(v, c[field]);
    case QUEUE_SELECT: s->queue_select = ld16(c + field); return;
    default:
        if (selected(v)) apply_queue(v, selected(v), field, c);
    }
}

// Writable fields and their sizes: a write of any width changes those it touches.
static const struct {
    u8 at, size;
} fields[] = {{DEVICE_FEATURE_SELECT, 4},
              {DRIVER_FEATURE_SELECT, 4},
              {DRIVER_FEATURE, 4},
              {CONFIG_VECTOR, 2},
              {DEVICE_STATUS, 1},
              {QUEUE_SELECT, 2},
              {QUEUE_SIZE, 2},
              {QUEUE_VECTOR, 2},
              {QUEUE_ENABLE, 2},
              {QUEUE_DESC, 8},
              {QUEUE_DRIVER, 8},
              {QUEUE_DEVICE, 8}};

static void common_write(struct virtio *v, u64 offset, unsigned width, u64 value) {
    u8 image[COMMON_SIZE];
    common_image(v, image);
    st_width(image + offset, width, value);
    for (unsigned i = 0; i < countof(fields); i++)
        if (ranges_overlap(offset, width, fields[i].at, fields[i].size)) apply(v, fields[i].at, image);
}

static u64 common_read(struct virtio *v, u64 offset, unsigned width) {
    u8 image[COMMON_SIZE];
    common_image(v, image);
    return ld_width(image + offset, width);
}

// --- BAR ---

static u64 read_isr(struct virtio *v) {
    u8 isr = v->state.isr;
    v->state.isr = 0;
    pci_intx(&v->function, false);
    return isr;
}

static u64 bar_read(void *dev, u64 offset, unsigned width) {
    struct virtio *v = dev;
    u64 in = offset & (AT_ISR - 1);
    switch (offset - in) {
    case AT_COMMON: return range_inside(in, width, COMMON_SIZE) ? common_read(v, in, width) : 0;
    case AT_ISR: return in ? 0 : read_isr(v);
    case AT_CONFIG: return range_inside(in, width, VIRTIO_CONFIG) ? ld_width(v->state.config + in, width) : 0;
    default: return 0;
    }
}

static void bar_write(void *dev, u64 offset, unsigned width, u64 value) {
    struct virtio *v = dev;
    u64 in = offset & (AT_ISR - 1);
    switch (offset - in) {
    case AT_COMMON:
        if (range_inside(in, width, COMMON_SIZE)) common_write(v, in, width, value);
        break;
    case AT_NOTIFY:
        if (in % NOTIFY_MULTIPLIER == 0) notify(v, (unsigned)(in / NOTIFY_MULTIPLIER));
        break;
    }
}

static const struct io_ops bar_ops = {.read = bar_read, .write = bar_write};

// --- capabilities ---

static unsigned add_capability(struct virtio *v, u8 type, u32 at, u32 size, unsigned extra) {
    unsigned length = CAP_EXTRA + extra;
    unsigned cap = pci_add_capability(&v->function, PCI_CAP_VENDOR, length);
    u8 *c = v->function.state.config + cap;
    c[CAP_LENGTH] = (u8)length;
    c[CAP_TYPE] = type;
    c[CAP_BAR] = BAR_VIRTIO;
    st32(c + CAP_AT, at);
    st32(c + CAP_SIZE, size);
    return cap;
}

// The window through configuration space (4.1.4.9): reading its data reads the BAR at the offset written before. It is
// the last capability.
static unsigned window(const struct virtio *v) { return v->function.capability_end - (CAP_EXTRA + 4u); }

static bool window_access(const struct virtio *v, unsigned at, unsigned width, u64 *offset, unsigned *size) {
    unsigned cap = window(v);
    if (!ranges_overlap(at, width, cap + CAP_EXTRA, 4)) return false;
    const u8 *c = v->function.state.config + cap;
    *offset = ld32(c + CAP_AT);
    *size = ld32(c + CAP_SIZE);
    bool sized = *size == 1 || *size == 2 || *size == 4;
    return c[CAP_BAR] == BAR_VIRTIO && sized && *offset % *size == 0 && range_inside(*offset, *size, BAR_SIZE);
}

static void config_read(void *dev, unsigned at, unsigned width) {
    struct virtio *v = dev;
    u64 offset;
    unsigned size;
    if (!window_access(v, at, width, &offset, &size)) return;
    st32(v->function.state.config + window(v) + CAP_EXTRA, (u32)bar_read(v, offset, size));
}

static void config_written(void *dev, unsigned at, unsigned width) {
    struct virtio *v = dev;
    u64 offset;
    unsigned size;
    msix_config_written(&v->msix, at, width);
    if (window_access(v, at, width, &offset, &size))
        bar_write(v, offset, size, ld32(v->function.state.config + window(v) + CAP_EXTRA) & mask(8 * size - 1, 0));
}

static void add_capabilities(struct virtio *v) {
    u8 *config = v->function.state.config, *writable = v->function.writable;
    add_capability(v, TYPE_COMMON, AT_COMMON, COMMON_SIZE, 0);
    add_capability(v, TYPE_ISR, AT_ISR, 1, 0);
    add_capability(v, TYPE_DEVICE, AT_CONFIG, VIRTIO_CONFIG, 0);
    unsigned cap = add_capability(v, TYPE_NOTIFY, AT_NOTIFY, v->ops->queues * NOTIFY_MULTIPLIER, 4);
    st32(config + cap + CAP_EXTRA, NOTIFY_MULTIPLIER);
    cap = add_capability(v, TYPE_PCI, 0, 0, 4);
    writable[cap + CAP_BAR] = 0xff;
    memset(writable + cap + CAP_AT, 0xff, 12); // offset, length, data
}

const char *virtio_part_name(struct env *e, const char *name, const char *part) {
    size_t room = strlen(name) + strlen(part) + 2;
    char *s = env_alloc(e, room);
    plat_format(s, room, "%s %s", name, part);
    return s;
}

void virtio_add(struct virtio *v, struct env *e, struct pci_bus *pci, unsigned slot, const char *name,
                const struct virtio_ops *ops, u64 features) {
    struct pci_id id = {.vendor = 0x1af4,
                        .device = (u16)(0x1040 + ops->type),
                        .class_code = ops->class_code,
                        .revision = 1,
                        .subsystem_vendor = 0x1af4,
                        .subsystem = (u16)(0x40 + ops->type)};
    v->env = e;
    v->ops = ops;
    v->features = features | BIT(VIRTIO_F_VERSION_1) | BIT(VIRTIO_F_INDIRECT_DESC) | BIT(VIRTIO_F_EVENT_IDX);
    pci_add(pci, &v->function, virtio_part_name(e, name, "config"), slot, 0, &id, false);
    pci_set_interrupt_pin(&v->function, 1);
    msix_add(&v->msix, &v->function, virtio_part_name(e, name, "msix"), BAR_MSIX, ops->queues + 1);
    pci_add_bar(&v->function, BAR_VIRTIO, PCI_BAR_MEM64, BAR_SIZE, &bar_ops, v);
    add_capabilities(v);
    v->function.dev = v;
    v->function.config_read = config_read;
    v->function.config_written = config_written;
    reset(v);
    state_add(e->state, name, &v->state, sizeof v->state);
}
