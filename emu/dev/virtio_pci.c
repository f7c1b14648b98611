// SPDX-License-Identifier: MIT
#include "dev/virtio_pci.h"

#include "base/bits.h"
#include "base/le.h"
#include "dev/pci_msi.h"

// BAR 4 (64-bit memory, 16 KiB), one page for each structure; BAR 1 holds the MSI-X table.
enum { BAR_MSIX = 1, BAR_VIRTIO = 4 };
enum { AT_COMMON = 0x0000, AT_ISR = 0x1000, AT_CONFIG = 0x2000, AT_NOTIFY = 0x3000, BAR_SIZE = 0x4000 };
#define NOTIFY_MULTIPLIER 4

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

struct port {
    struct pci_function function;
    struct msix msix;
};

static struct port *of(const struct virtio *v) { return v->port; }

static void interrupt(struct virtio *v, u16 vector, enum virtio_isr why) {
    struct port *p = of(v);
    if (msix_enabled(&p->msix)) return msix_notify(&p->msix, vector);
    v->state->isr |= why;
    pci_intx(&p->function, true);
}

static void was_reset(struct virtio *v) { pci_intx(&of(v)->function, false); }

static bool may_dma(const struct virtio *v) { return pci_is_master(&of(v)->function); }

static const struct virtio_transport transport = {.interrupt = interrupt, .reset = was_reset, .may_dma = may_dma};

// --- common configuration ---

static void common_image(struct virtio *v, u8 *c) {
    const struct virtio_state *s = v->state;
    memset(c, 0, COMMON_SIZE);
    st32(c + DEVICE_FEATURE_SELECT, s->device_feature_select);
    st32(c + DEVICE_FEATURE, virtio_offered_features(v));
    st32(c + DRIVER_FEATURE_SELECT, s->driver_feature_select);
    st32(c + DRIVER_FEATURE, virtio_driver_features(v));
    st16(c + CONFIG_VECTOR, s->config_vector);
    st16(c + NUM_QUEUES, (u16)v->ops->queues);
    c[DEVICE_STATUS] = s->status;
    st16(c + QUEUE_SELECT, s->queue_select);
    const struct virtq_state *q = virtio_selected(v);
    if (!q) return; // size 0: no such queue
    st16(c + QUEUE_SIZE, q->size);
    st16(c + QUEUE_VECTOR, q->vector);
    st16(c + QUEUE_ENABLE, q->enabled);
    st16(c + QUEUE_NOTIFY_OFF, s->queue_select);
    st64(c + QUEUE_DESC, q->desc);
    st64(c + QUEUE_DRIVER, q->avail);
    st64(c + QUEUE_DEVICE, q->used);
}

static u16 valid_vector(const struct virtio *v, u16 vector) { return vector < of(v)->msix.vectors ? vector : VIRTIO_NO_VECTOR; }

static void apply_queue(struct virtio *v, struct virtq_state *q, unsigned field, const u8 *c) {
    if (field == QUEUE_VECTOR) q->vector = valid_vector(v, ld16(c + QUEUE_VECTOR));
    if (q->enabled) return; // the rest may not change any more
    switch (field) {
    case QUEUE_SIZE: virtio_set_queue_size(q, ld16(c + QUEUE_SIZE)); break;
    case QUEUE_ENABLE:
        if (ld16(c + QUEUE_ENABLE) == 1) virtio_enable_queue(v, q);
        break;
    case QUEUE_DESC: q->desc = ld64(c + QUEUE_DESC); break;
    case QUEUE_DRIVER: q->avail = ld64(c + QUEUE_DRIVER); break;
    case QUEUE_DEVICE: q->used = ld64(c + QUEUE_DEVICE); break;
    }
}

static void apply(struct virtio *v, unsigned field, const u8 *c) {
    struct virtio_state *s = v->state;
    switch (field) {
    case DEVICE_FEATURE_SELECT: s->device_feature_select = ld32(c + field); return;
    case DRIVER_FEATURE_SELECT: s->driver_feature_select = ld32(c + field); return;
    case DRIVER_FEATURE: return virtio_write_driver_features(v, ld32(c + field));
    case CONFIG_VECTOR: s->config_vector = valid_vector(v, ld16(c + field)); return;
    case DEVICE_STATUS: return virtio_write_status(v, c[field]);
    case QUEUE_SELECT: s->queue_select = ld16(c + field); return;
    default:
        if (virtio_selected(v)) apply_queue(v, virtio_selected(v), field, c);
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
    u8 isr = v->state->isr;
    v->state->isr = 0;
    pci_intx(&of(v)->function, false);
    return isr;
}

static u64 bar_read(void *dev, u64 offset, unsigned width) {
    struct virtio *v = dev;
    u64 in = offset & (AT_ISR - 1);
    switch (offset - in) {
    case AT_COMMON: return range_inside(in, width, COMMON_SIZE) ? common_read(v, in, width) : 0;
    case AT_ISR: return in ? 0 : read_isr(v);
    case AT_CONFIG: return range_inside(in, width, VIRTIO_CONFIG) ? ld_width(v->state->config + in, width) : 0;
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
        if (in % NOTIFY_MULTIPLIER == 0) virtio_notify(v, (unsigned)(in / NOTIFY_MULTIPLIER));
        break;
    }
}

static const struct io_ops bar_ops = {.read = bar_read, .write = bar_write, .size = BAR_SIZE, .widths = IO_ANY};

// --- capabilities ---

static unsigned add_capability(struct virtio *v, u8 type, u32 at, u32 size, unsigned extra) {
    unsigned length = CAP_EXTRA + extra;
    unsigned cap = pci_add_capability(&of(v)->function, PCI_CAP_VENDOR, length);
    u8 *c = of(v)->function.state->config + cap;
    c[CAP_LENGTH] = (u8)length;
    c[CAP_TYPE] = type;
    c[CAP_BAR] = BAR_VIRTIO;
    st32(c + CAP_AT, at);
    st32(c + CAP_SIZE, size);
    return cap;
}

// The window through configuration space (4.1.4.9): reading its data reads the BAR at the offset written before. It is
// the last capability.
static unsigned window(const struct virtio *v) { return of(v)->function.capability_end - (CAP_EXTRA + 4u); }

static bool window_access(const struct virtio *v, unsigned at, unsigned width, u64 *offset, unsigned *size) {
    unsigned cap = window(v);
    if (!ranges_overlap(at, width, cap + CAP_EXTRA, 4)) return false;
    const u8 *c = of(v)->function.state->config + cap;
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
    st32(of(v)->function.state->config + window(v) + CAP_EXTRA, (u32)bar_read(v, offset, size));
}

static void config_written(void *dev, unsigned at, unsigned width) {
    struct virtio *v = dev;
    u64 offset;
    unsigned size;
    msix_config_written(&of(v)->msix, at, width);
    if (window_access(v, at, width, &offset, &size))
        bar_write(v, offset, size, ld32(of(v)->function.state->config + window(v) + CAP_EXTRA) & mask(8 * size - 1, 0));
}

static void add_capabilities(struct virtio *v) {
    u8 *config = of(v)->function.state->config, *writable = of(v)->function.writable;
    add_capability(v, TYPE_COMMON, AT_COMMON, COMMON_SIZE, 0);
    add_capability(v, TYPE_ISR, AT_ISR, 1, 0);
    add_capability(v, TYPE_DEVICE, AT_CONFIG, VIRTIO_CONFIG, 0);
    unsigned cap = add_capability(v, TYPE_NOTIFY, AT_NOTIFY, v->ops->queues * NOTIFY_MULTIPLIER, 4);
    st32(config + cap + CAP_EXTRA, NOTIFY_MULTIPLIER);
    cap = add_capability(v, TYPE_PCI, 0, 0, 4);
    writable[cap + CAP_BAR] = 0xff;
    memset(writable + cap + CAP_AT, 0xff, 12); // offset, length, data
}

static void attach(void *ctx, unsigned slot, struct virtio *v) {
    struct pci_bus *pci = ctx;
    struct env *e = v->env;
    const struct virtio_ops *ops = v->ops;
    struct pci_id id = {.vendor = 0x1af4,
                        .device = (u16)(0x1040 + ops->type),
                        .class_code = ops->class_code,
                        .revision = 1,
                        .subsystem_vendor = 0x1af4,
                        .subsystem = (u16)(0x40 + ops->type)};
    struct port *p = env_alloc(e, sizeof *p); // no state but the function's and MSI-X's
    v->bus = pci->bus;
    v->transport = &transport;
    v->port = p;
    pci_add(pci, &p->function, virtio_part_name(e, v->name, "config"), slot, 0, &id, false);
    pci_set_interrupt_pin(&p->function, 1);
    msix_add(&p->msix, &p->function, virtio_part_name(e, v->name, "msix"), BAR_MSIX, ops->queues + 1);
    pci_add_bar(&p->function, BAR_VIRTIO, PCI_BAR_MEM64, &bar_ops, v);
    add_capabilities(v);
    p->function.dev = v;
    p->function.config_read = config_read;
    p->function.config_written = config_written;
}

struct virtio_place virtio_pci(struct pci_bus *pci, unsigned slot) { return (struct virtio_place){attach, pci, slot}; }
