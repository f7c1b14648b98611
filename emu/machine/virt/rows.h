// SPDX-License-Identifier: MIT
// The devices of the board `virt`: one row gives a device's address, interrupt and node in the device tree, and both the bus and the
// tree are made from it. Each architecture has its rows in a file of its own.
#ifndef MACHINE_VIRT_ROWS_H
#define MACHINE_VIRT_ROWS_H

#include "base/types.h"

enum virt_kind {
    VIRT_VIRTIO,
    VIRT_UART16550,
    VIRT_GOLDFISH_RTC,
    VIRT_SYSCON,
    VIRT_ACLINT,
    VIRT_PLIC,
    VIRT_PL011,
    VIRT_PL031,
    VIRT_GIC_DIST,
    VIRT_GIC_REDIST,
    VIRT_GIC_CPU,
    VIRT_FLASH,
};

struct virt_row {
    enum virt_kind kind;
    const char *node; // its name without the address; NULL: a further region of the row before it
    gpa_t at;
    u64 size;
    unsigned interrupt;     // source of the PLIC, or SPI of the GIC; 0: none
    const char *compatible; // a list of texts, each with its NUL; NULL: the tree does not tell of it
};

struct virt_rows {
    const struct virt_row *row; // ascending by address
    unsigned count;
    unsigned gic; // its version; 0: interrupts go to a PLIC, with an ACLINT beside it
};

extern const struct virt_rows virt_rows_riscv64, virt_rows_gicv3, virt_rows_gicv2;

// The UART, which is the console.
const struct virt_row *virt_console_row(const struct virt_rows *rows);

#define VIRT_RISCV64_RAM ((gpa_t)0x80000000)
#define VIRT_ARM64_RAM ((gpa_t)0x40000000)
// Of the 16550, which no device of ours divides: 115200 baud is a divisor of 2.
#define VIRT_UART_HZ 3686400
// Of the PrimeCells.
#define VIRT_PRIMECELL_HZ 24000000

#endif
