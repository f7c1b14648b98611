// SPDX-License-Identifier: MIT
#include "machine/virt/devices.h"

#include "dev/erased.h"
#include "dev/pl011.h"
#include "dev/syscon.h"
#include "dev/virtio_blk.h"
#include "dev/virtio_console.h"
#include "dev/virtio_rng.h"
#include "machine/parts.h"

enum { AT_DISK = 0, AT_CDROM = 4, AT_RNG = 5, AT_CONSOLE = 6 };

// The controller's input, or nowhere.
static struct irq_line line_of(const struct virt_devices *d, const struct virt_row *r) {
    if (!r->interrupt) return (struct irq_line){0};
    return d->gic ? gic_line(d->gic, GIC_SPI + r->interrupt) : plic_line(d->plic, r->interrupt);
}

static void make_controllers(struct virt_devices *d, struct env *e, const struct virt_lines *to) {
    if (d->rows->gic) {
        d->gic = gic_create(e, d->rows->gic, to->irq, to->fiq);
        return;
    }
    const struct irq_line contexts[] = {to->meip, to->seip};
    d->plic = plic_create(e, contexts, countof(contexts));
    d->aclint = aclint_create(e, &to->msip, &to->mtip, 1);
}

static struct pl011 *make_pl011(struct virt_devices *d, struct emu_machine *m, const struct virt_row *r) {
    struct pl011 *u = pl011_create(&m->env, "uart0", line_of(d, r), console_port(m->console));
    pl011_enable(u);
    return u;
}

// Makes the device of a row: its ops, and in *dev what they are called with.
static const struct io_ops *make(struct virt_devices *d, struct emu_machine *m, const struct virt_row *r, void **dev) {
    struct env *e = &m->env;
    switch (r->kind) {
    case VIRT_SYSCON: *dev = e; return &syscon_ops;
    case VIRT_GOLDFISH_RTC:
        *dev = d->goldfish = goldfish_rtc_create(e, line_of(d, r), MACHINE_START_DATE);
        return &goldfish_rtc_ops;
    case VIRT_ACLINT: *dev = d->aclint; return &aclint_ops;
    case VIRT_PLIC: *dev = d->plic; return &plic_ops;
    case VIRT_UART16550:
        *dev = d->uart = uart16550_create(e, "uart0", line_of(d, r), console_port(m->console));
        uart16550_ungate(d->uart);
        return &uart16550_memory_ops;
    case VIRT_PL011: *dev = make_pl011(d, m, r); return &pl011_ops;
    case VIRT_PL031: *dev = d->pl031 = pl031_create(e, line_of(d, r), MACHINE_START_DATE); return &pl031_ops;
    case VIRT_GIC_DIST: *dev = d->gic; return &gic_dist_ops;
    case VIRT_GIC_REDIST: *dev = d->gic; return &gic_redist_ops;
    case VIRT_GIC_CPU: *dev = d->gic; return &gic_cpu_ops;
    case VIRT_FLASH: *dev = NULL; return &erased_flash_ops;
    case VIRT_VIRTIO:
        *dev = d->transport[d->transports++] = virtio_mmio_create(e, &m->bus, line_of(d, r));
        return &virtio_mmio_ops;
    }
    return NULL;
}

static int add_rows(struct virt_devices *d, struct emu_machine *m) {
    const struct virt_row *r = d->rows->row, *named = r;
    for (; r < d->rows->row + d->rows->count; r++) {
        void *dev;
        const struct io_ops *ops = make(d, m, r, &dev);
        if (r->node) named = r;
        if (ops->size != r->size) m->plat->panic(m->plat, "a row of the board and its device have different sizes");
        int err = bus_add_mmio(&m->bus, m->plat, named->node, r->at, ops, dev);
        if (err) return err;
    }
    return 0;
}

static int add_disk(struct virt_devices *d, struct emu_machine *m, unsigned at, const char *name, struct disk *disk) {
    if (!disk) return 0;
    return virtio_blk_create(&m->env, virtio_mmio_place(d->transport[at]), name, disk) ? 0 : ERR_NO_MEMORY;
}

static int add_storage(struct virt_devices *d, struct emu_machine *m, const struct emu_inputs *in, const struct blob *cdrom) {
    static const char *const names[CONFIG_DISKS] = {"disk0", "disk1", "disk2", "disk3"};
    int err = 0;
    for (unsigned i = 0; i < CONFIG_DISKS && !err; i++) {
        m->disk[i] = machine_back_end(in->disk_drive[i], &in->disk[i], &d->own_disk[i], false);
        err = add_disk(d, m, AT_DISK + i, names[i], m->disk[i]);
    }
    if (err || !cdrom) return err;
    return add_disk(d, m, AT_CDROM, "cdrom", machine_back_end(in->cdrom_drive, cdrom, &d->own_cdrom, true));
}

int virt_add_devices(struct virt_devices *d, struct emu_machine *m, const struct emu_inputs *in, const struct blob *cdrom,
                     const struct virt_rows *rows, const struct virt_lines *lines) {
    struct env *e = &m->env;
    d->rows = rows;
    make_controllers(d, e, lines);
    int err = add_rows(d, m);
    if (!err) err = add_storage(d, m, in, cdrom);
    if (err) return err;
    virtio_rng_create(e, virtio_mmio_place(d->transport[AT_RNG]), "virtio-rng", m->seed);
    // An OS starts a login on every console it finds, and two on one terminal mix their prompts.
    if (!m->config->virtio_console) return 0;
    const struct chardev *tty = console_port(m->console);
    d->hvc = (struct chardev){.write = tty->write, .ctx = tty->ctx};
    virtio_console_create(e, virtio_mmio_place(d->transport[AT_CONSOLE]), "virtio-console", &d->hvc);
    return 0;
}

const struct virt_row *virt_console_row(const struct virt_rows *rows) {
    const struct virt_row *r = rows->row;
    while (r->kind != VIRT_UART16550 && r->kind != VIRT_PL011) r++;
    return r;
}

bool virt_uart_wakes(const struct virt_devices *d, const struct console *c) {
    unsigned interrupt = virt_console_row(d->rows)->interrupt;
    return console_listens(c) && (d->gic ? gic_listens(d->gic, GIC_SPI + interrupt) : plic_listens(d->plic, interrupt));
}

u64 virt_clock_offset(const struct virt_devices *d) {
    return d->goldfish ? goldfish_rtc_offset(d->goldfish) : pl031_offset(d->pl031);
}

void virt_set_clock_offset(struct virt_devices *d, u64 offset) {
    if (d->goldfish) goldfish_rtc_set_offset(d->goldfish, offset);
    else pl031_set_offset(d->pl031, offset);
}
