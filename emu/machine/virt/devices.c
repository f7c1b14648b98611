// SPDX-License-Identifier: MIT
#include "machine/virt/devices.h"

#include "dev/syscon.h"
#include "dev/virtio_blk.h"
#include "dev/virtio_console.h"
#include "dev/virtio_rng.h"
#include "machine/parts.h"
#include "machine/virt/rows.h"

enum { AT_DISK = 0, AT_CDROM = 4, AT_RNG = 5, AT_CONSOLE = 6 };

// The PLIC's input, or nowhere.
static struct irq_line line_of(const struct virt_devices *d, const struct virt_row *r) {
    return r->interrupt ? plic_line(d->plic, r->interrupt) : (struct irq_line){0};
}

// Makes the device of a row: its ops, and in *dev what they are called with.
static const struct io_ops *make(struct virt_devices *d, struct emu_machine *m, const struct virt_row *r, unsigned *transports,
                                 void **dev) {
    struct env *e = &m->env;
    switch (r->kind) {
    case VIRT_SYSCON: *dev = e; return &syscon_ops;
    case VIRT_RTC: *dev = d->rtc = goldfish_rtc_create(e, line_of(d, r), MACHINE_START_DATE); return &goldfish_rtc_ops;
    case VIRT_ACLINT: *dev = d->aclint; return &aclint_ops;
    case VIRT_PLIC: *dev = d->plic; return &plic_ops;
    case VIRT_UART:
        *dev = d->uart = uart16550_create(e, "uart0", line_of(d, r), console_port(m->console));
        uart16550_ungate(d->uart);
        return &uart16550_memory_ops;
    case VIRT_VIRTIO:
        *dev = d->transport[(*transports)++] = virtio_mmio_create(e, &m->bus, line_of(d, r));
        return &virtio_mmio_ops;
    }
    return NULL;
}

static int add_rows(struct virt_devices *d, struct emu_machine *m) {
    unsigned transports = 0;
    for (const struct virt_row *r = virt_rows; r < virt_rows + VIRT_ROWS; r++) {
        void *dev;
        const struct io_ops *ops = make(d, m, r, &transports, &dev);
        if (ops->size != r->size) m->plat->panic(m->plat, "a row of the board and its device have different sizes");
        int err = bus_add_mmio(&m->bus, m->plat, r->node, r->at, ops, dev);
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
                     const struct virt_hart_lines *hart) {
    struct env *e = &m->env;
    const struct irq_line contexts[] = {hart->meip, hart->seip};
    d->plic = plic_create(e, contexts, countof(contexts));
    d->aclint = aclint_create(e, &hart->msip, &hart->mtip, 1);
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

static unsigned uart_source(void) {
    const struct virt_row *r = virt_rows;
    while (r->kind != VIRT_UART) r++;
    return r->interrupt;
}

bool virt_uart_wakes(const struct virt_devices *d, const struct console *c) {
    return console_listens(c) && plic_listens(d->plic, uart_source());
}
