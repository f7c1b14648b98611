// SPDX-License-Identifier: MIT
// Intel 440FX host bridge (8086:1237): configuration mechanism #1 and the bridge's own function 0:0.0.
// Intel 440FX PCIset (290549), section 3.2; PCI Local Bus Specification 3.0, 3.2.2.3.2.
#ifndef DEV_I440FX_H
#define DEV_I440FX_H

#include "dev/pci.h"

struct i440fx {
    struct pci_bus *pci;
    struct pci_function function;
    const struct io_ops *reset_ops;
    void *reset_dev;
    void (*memory_changed)(void *ctx); // NULL: nobody wants to know
    void *memory_ctx;
    struct i440fx_state {
        u32 address; // CONFADD
    } *state;
};

// Ports, relative to CONFADD (0xCF8 on a PC), 8 bytes: map them with i440fx_ops and the returned device.
//   +0  CONFADD, doubleword accesses only    31 enable | 23:16 bus | 15:11 device | 10:8 function | 7:2 register
//   +1  byte accesses: the reset control register, which is another device's (dev/sysport)
//   +4  CONFDATA, any width inside the doubleword
extern const struct io_ops i440fx_ops;
#define I440FX_PORTS 8

// What the PAM registers (3.2.18) say of the memory from C0000 to FFFFF, segment by segment, lowest first: sums of whether reads and
// writes find RAM. Segments have 16 KiB each, the last one 64 KiB.
enum { I440FX_READ = 1, I440FX_WRITE = 2, I440FX_SEGMENTS = 13 };
unsigned i440fx_memory(const struct i440fx *d, unsigned segment);
static inline u32 i440fx_segment(unsigned segment) { return segment < I440FX_SEGMENTS ? 0xC0000 + 0x4000 * segment : 0x100000; }
// `changed` is called behind each write to them.
void i440fx_on_memory(struct i440fx *d, void (*changed)(void *ctx), void *ctx);

// Takes slot 0. reset_ops sees offset 0, width 1.
struct i440fx *i440fx_create(struct env *e, struct pci_bus *pci, const struct io_ops *reset_ops, void *reset_dev);

#endif
