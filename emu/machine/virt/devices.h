// SPDX-License-Identifier: MIT
// The devices of the board `virt`, made from its rows and put on the bus.
#ifndef MACHINE_VIRT_DEVICES_H
#define MACHINE_VIRT_DEVICES_H

#include "core/blkdev.h"
#include "dev/aclint.h"
#include "dev/goldfish_rtc.h"
#include "dev/plic.h"
#include "dev/uart16550.h"
#include "dev/virtio_mmio.h"
#include "machine/machine.h"

#define VIRT_TRANSPORTS 8

// Where the controllers' outputs end: inputs of the hart.
struct virt_hart_lines {
    struct irq_line msip, mtip, meip, seip;
};

struct virt_devices {
    struct aclint *aclint;
    struct plic *plic;
    struct uart16550 *uart;
    struct goldfish_rtc *rtc;
    struct virtio_mmio *transport[VIRT_TRANSPORTS];
    struct memory_disk own_disk[CONFIG_DISKS], own_cdrom; // of those that come without a back end
    struct chardev hvc;                                   // virtio console: writes where the UART writes, has no input
};

// Makes them all and puts them on m->bus; *d is zeroed, and lives as long as m->env. Fills m->disk. Transports 0..3 have the disks, 4 the
// CD-ROM as a disk that cannot be written, 5 the entropy, 6 the console when it is asked for. 0 or a negative error (logged).
int virt_add_devices(struct virt_devices *d, struct emu_machine *m, const struct emu_inputs *in, const struct blob *cdrom,
                     const struct virt_hart_lines *hart);

// Whether a key typed now would interrupt the guest, as far as UART and PLIC say.
bool virt_uart_wakes(const struct virt_devices *d, const struct console *c);

#endif
