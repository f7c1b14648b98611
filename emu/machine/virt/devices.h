// SPDX-License-Identifier: MIT
// The devices of the board `virt`, made from its rows and put on the bus.
#ifndef MACHINE_VIRT_DEVICES_H
#define MACHINE_VIRT_DEVICES_H

#include "core/blkdev.h"
#include "dev/aclint.h"
#include "dev/gic.h"
#include "dev/goldfish_rtc.h"
#include "dev/pl031.h"
#include "dev/plic.h"
#include "dev/uart16550.h"
#include "dev/virtio_mmio.h"
#include "machine/machine.h"
#include "machine/virt/rows.h"

#define VIRT_TRANSPORTS 8

// Where the controllers' outputs end: inputs of the processor.
struct virt_lines {
    struct irq_line msip, mtip, meip, seip; // of a hart
    struct irq_line irq, fiq;               // of an Arm processor
};

// NULL is what the rows do not have.
struct virt_devices {
    const struct virt_rows *rows;
    struct aclint *aclint;
    struct plic *plic;
    struct gic *gic;
    struct uart16550 *uart;
    struct goldfish_rtc *goldfish;
    struct pl031 *pl031;
    struct virtio_mmio *transport[VIRT_TRANSPORTS];
    unsigned transports;
    struct memory_disk own_disk[CONFIG_DISKS], own_cdrom; // of those that come without a back end
    struct chardev hvc;                                   // virtio console: writes where the UART writes, has no input
};

// Makes them all and puts them on m->bus; *d is zeroed, and lives as long as m->env. Fills m->disk. Transports 0..3 have the disks, 4 the
// CD-ROM as a disk that cannot be written, 5 the entropy, 6 the console when it is asked for. 0 or a negative error (logged).
int virt_add_devices(struct virt_devices *d, struct emu_machine *m, const struct emu_inputs *in, const struct blob *cdrom,
                     const struct virt_rows *rows, const struct virt_lines *lines);

// Whether a key typed now would interrupt the guest, as far as UART and interrupt controller say.
bool virt_uart_wakes(const struct virt_devices *d, const struct console *c);

// How far the guest has put its clock on, in the clock's own units: what a battery keeps over a restart.
u64 virt_clock_offset(const struct virt_devices *d);
void virt_set_clock_offset(struct virt_devices *d, u64 offset);

#endif
