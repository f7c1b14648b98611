// SPDX-License-Identifier: MIT
// The devices of the board `virt`: one row gives a device's address, interrupt and node in the device tree, and both the bus and the
// tree are made from it.
#ifndef MACHINE_VIRT_ROWS_H
#define MACHINE_VIRT_ROWS_H

#include "base/types.h"

enum virt_kind { VIRT_SYSCON, VIRT_RTC, VIRT_ACLINT, VIRT_PLIC, VIRT_UART, VIRT_VIRTIO };

struct virt_row {
    enum virt_kind kind;
    const char *node; // its name without the address
    gpa_t at;
    u64 size;
    unsigned interrupt;     // source of the PLIC; 0: none
    const char *compatible; // a list of texts, each with its NUL
};

#define VIRT_ROWS 13

extern const struct virt_row virt_rows[VIRT_ROWS]; // ascending by address

#define VIRT_RAM_AT ((gpa_t)0x80000000)
// Of the UART, which no device of ours divides: 115200 baud is a divisor of 2.
#define VIRT_UART_HZ 3686400

#endif
