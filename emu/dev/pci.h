// SPDX-License-Identifier: MIT
// One PCI bus (bus 0) and the functions on it: configuration space, base address registers, capabilities, INTx.
// PCI Local Bus Specification 3.0, chapter 6. The host bridge that reaches it through ports is dev/i440fx.
#ifndef DEV_PCI_H
#define DEV_PCI_H

#include "bus/bus.h"
#include "core/env.h"
#include "core/irq.h"

#define PCI_CONFIG 256
#define PCI_BARS 6
#define PCI_PIRQS 4

// Configuration header, type 0 (6.1). Offsets in bytes.
//   00 vendor       02 device        04 command      06 status
//   08 revision     09 class code (3 bytes)          0C cache line  0D latency  0E header type  0F BIST
//   10..24 BAR 0-5  2C subsystem vendor 2E subsystem 34 first capability
//   3C interrupt line  3D interrupt pin  3E min grant  3F max latency
enum pci_register {
    PCI_VENDOR = 0x00,
    PCI_DEVICE = 0x02,
    PCI_COMMAND = 0x04,
    PCI_STATUS = 0x06,
    PCI_REVISION = 0x08,
    PCI_CLASS = 0x09,
    PCI_CACHE_LINE = 0x0c,
    PCI_LATENCY = 0x0d,
    PCI_HEADER_TYPE = 0x0e,
    PCI_BAR0 = 0x10,
    PCI_SUBSYSTEM_VENDOR = 0x2c,
    PCI_SUBSYSTEM = 0x2e,
    PCI_CAPABILITIES = 0x34,
    PCI_INTERRUPT_LINE = 0x3c,
    PCI_INTERRUPT_PIN = 0x3d,
    PCI_DEVICE_SPECIFIC = 0x40,
};
enum pci_command { PCI_COMMAND_IO = 1, PCI_COMMAND_MEMORY = 2, PCI_COMMAND_MASTER = 4, PCI_COMMAND_NO_INTX = 1 << 10 };
enum pci_status { PCI_STATUS_INTX = 1 << 3, PCI_STATUS_CAPABILITIES = 1 << 4 };
enum pci_capability { PCI_CAP_MSI = 0x05, PCI_CAP_VENDOR = 0x09, PCI_CAP_MSIX = 0x11 };

enum pci_bar_kind { PCI_BAR_NONE, PCI_BAR_IO, PCI_BAR_MEM32, PCI_BAR_MEM64 };

struct pci_id {
    u16 vendor, device;
    u32 class_code; // base class << 16 | sub-class << 8 | programming interface
    u8 revision;
    u16 subsystem_vendor, subsystem;
};

struct pci_bar {
    enum pci_bar_kind kind;
    u64 size; // a power of two; at least 4 (I/O) or 16 (memory)
    const struct io_ops *ops;
    void *dev;
    u64 at; // where it is mapped, if it is (pci_bus.mapped)
};

struct pci_bus;

// Embedded in a device. pci_add fills it; afterwards a device touches `writable`, `clear` and the hooks only at
// creation.
struct pci_function {
    struct pci_bus *bus;
    const char *name;
    u8 slot, function;
    u16 capability_end; // where the next capability may start
    struct pci_bar bar[PCI_BARS];
    u8 writable[PCI_CONFIG]; // bits that a write changes
    u8 clear[PCI_CONFIG];    // bits that writing 1 clears
    // Called before the bytes are read, and after they were written (NULL: no interest).
    void (*config_read)(void *dev, unsigned at, unsigned width);
    void (*config_written)(void *dev, unsigned at, unsigned width);
    void *dev;
    struct pci_function_state {
        u8 config[PCI_CONFIG];
        u8 intx; // the function asks for its interrupt, masked or not
    } *state;
};

struct pci_bus {
    struct env *env;
    struct bus *bus;                    // where BARs are mapped and DMA goes
    struct msi_sink msi;                // where message signalled interrupts go
    struct irq_line pirq[PCI_PIRQS];    // PIRQA..PIRQD, wired-OR of the functions; set by whoever routes them
    struct pci_function *function[256]; // by slot << 3 | function
    u8 mapped[256]; // and of each a bit per BAR: it answers. What is configured does not say, where two overlap
};

struct pci_bus *pci_create(struct env *e, struct bus *b, struct msi_sink msi);

// Puts f on the bus; its state is registered under `name`, which stays the caller's and must be unique. `multi` marks
// function 0 of a device with several. The slot must be free.
void pci_add(struct pci_bus *bus, struct pci_function *f, const char *name, unsigned slot, unsigned function,
             const struct pci_id *id, bool multi);
// BAR `index` (a 64-bit one takes index + 1 too). ops see offsets from the BAR's start.
void pci_add_bar(struct pci_function *f, unsigned index, enum pci_bar_kind kind, const struct io_ops *ops, void *dev);
// Appends a capability of `length` bytes (id and next pointer included), returns its offset. Bytes start 0, read-only.
unsigned pci_add_capability(struct pci_function *f, enum pci_capability id, unsigned length);
// pin 1..4 is INTA..INTD.
void pci_set_interrupt_pin(struct pci_function *f, unsigned pin);

// The function's level-triggered interrupt request.
void pci_intx(struct pci_function *f, bool level);
static inline u16 pci_command(const struct pci_function *f) {
    return (u16)(f->state->config[PCI_COMMAND] | f->state->config[PCI_COMMAND + 1] << 8);
}
static inline bool pci_is_master(const struct pci_function *f) { return pci_command(f) & PCI_COMMAND_MASTER; }

// A configuration cycle of 1, 2 or 4 bytes that stays inside one doubleword. Nobody there: all ones, dropped.
u32 pci_config_read(struct pci_bus *bus, unsigned devfn, unsigned at, unsigned width);
void pci_config_write(struct pci_bus *bus, unsigned devfn, unsigned at, unsigned width, u32 value);

// Configuration space as memory (PCI Firmware Specification 3.3, 4): bus 0, 4 KiB for each function, of which the first 256
// bytes exist. dev is the bus.
#define PCI_ECAM_SIZE (256u << 12)
extern const struct io_ops pci_ecam_ops;

// Which of PIRQA..D (0..3) the interrupt pin (1..4) of a slot is wired to. The ACPI _PRT is made from the same rule.
static inline unsigned pci_pirq(unsigned slot, unsigned pin) { return (slot + pin - 2) % PCI_PIRQS; }

// What firmware does before an operating system starts: gives every BAR an address from the windows (addresses that
// do not fit stay 0), turns on decoding, and writes the interrupt line register from pirq_irq[4] (255: unknown).
struct pci_windows {
    u64 io_start, io_size, mem_start, mem_size;
    u8 pirq_irq[PCI_PIRQS];
};
void pci_assign(struct pci_bus *bus, const struct pci_windows *w);

#endif
