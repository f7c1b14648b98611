// SPDX-License-Identifier: MIT
// A controller's start (4.2) and end. Registers, by section:
//
//   capability (5.3)   0 length   4 HCSPARAMS1: 7..0 slots, 31..24 ports   8 HCSPARAMS2: 25..21 and 31..27 scratchpads
//                      10h HCCPARAMS1: 0 64 bits, 2 contexts of 64 bytes, 3 power switches, 31..16 extended   14h doorbells   18h runtime
//   operational (5.4)  0 USBCMD: 0 run, 1 reset   4 USBSTS: 0 halted, 2 system error, 11 not ready, 12 internal error   8 PAGESIZE
//                      18h CRCR   30h DCBAAP   38h CONFIG   400h ports, 16 bytes each
//   runtime (5.5)      20h IMAN   28h ERSTSZ   30h ERSTBA   38h ERDP
#include "base/bits.h"
#include "kernel/heap.h"
#include "kernel/mmio.h"
#include "kernel/pci.h"
#include "kernel/time.h"
#include "kernel/usb/xhci.h"
#include <string.h>

enum { HCSPARAMS1 = 0x04, HCSPARAMS2 = 0x08, HCCPARAMS1 = 0x10, DBOFF = 0x14, RTSOFF = 0x18, CAPABILITIES = 0x20 };
enum { USBCMD = 0x00, USBSTS = 0x04, PAGESIZE = 0x08, CRCR = 0x18, DCBAAP = 0x30, CONFIG = 0x38, PORTS = 0x400, PORT_BYTES = 16 };
enum { IMAN = 0x20, ERSTSZ = 0x28, ERSTBA = 0x30, ERDP = 0x38, RUNTIME = 0x40 };
enum { RUN = 1 << 0, RESET = 1 << 1, HALTED = 1 << 0, NOT_READY = 1 << 11, CYCLE_1 = 1, PORT_POWER = 1 << 9 };
enum : u32 { NOBODY = 0xffffffff }; // what a bus reads as where nothing is
enum { HALT_US = 100000, RESET_US = 1000000, OWNER_US = 1000000, STEP_US = 100, AFTER_RESET_US = 1000 };

// Extended capabilities (7): 7..0 kind, 15..8 the next one, in 32-bit words from here.
enum { EXTENDED_MOST = 64, LEGACY = 1, PROTOCOL = 2 };
enum : u32 { BIOS_OWNS = 1 << 16, OS_OWNS = 1 << 24 };
// USBLEGCTLSTS (7.1.2): what SMIs are enabled for, the bits to be kept, and the events, which are cleared by a 1.
enum : u32 { SMI_KEEP = 0x000e1fee, SMI_EVENTS = 0xe0000000 };

u32 xhci_get(const struct xhci *x, u32 offset) { return mmio_read(x->base + offset); }
void xhci_put(struct xhci *x, u32 offset, u32 v) { mmio_write(x->base + offset, v); }
void xhci_put64(struct xhci *x, u32 offset, u64 v) {
    xhci_put(x, offset, (u32)v);
    xhci_put(x, offset + 4, (u32)(v >> 32));
}

static bool wait_for(struct xhci *x, u32 offset, u32 bits_of, u32 state, u32 patience_us) {
    for (u32 us = 0; us < patience_us; us += STEP_US) {
        u32 v = xhci_get(x, offset);
        if (v == NOBODY) return false;
        if ((v & bits_of) == state) return true;
        time_wait_us(STEP_US);
    }
    return false;
}

static const char *read_capabilities(struct xhci *x) {
    u32 size = x->where.size, first = size >= CAPABILITIES ? xhci_get(x, 0) : NOBODY;
    if (first == NOBODY) return "its registers do not answer";
    u32 params1 = xhci_get(x, HCSPARAMS1), params2 = xhci_get(x, HCSPARAMS2), cap = xhci_get(x, HCCPARAMS1);
    x->operational = first & 0xff;
    x->doorbells = xhci_get(x, DBOFF) & ~3u;
    x->runtime = xhci_get(x, RTSOFF) & ~31u;
    x->slots = params1 & 0xff;
    if (x->slots > XHCI_SLOTS) x->slots = XHCI_SLOTS;
    x->ports = params1 >> 24;
    x->scratchpads = (u32)(bits(params2, 25, 21) << 5 | bits(params2, 31, 27));
    x->reaches_64_bits = cap & 1;
    x->context_size = cap & 4 ? 64 : 32;
    x->switches_power = cap & 8;
    x->extended = cap >> 16 << 2;
    bool fits = x->operational >= CAPABILITIES && !(x->operational % 4) &&
                range_inside(x->operational, PORTS + x->ports * PORT_BYTES, size) &&
                range_inside(x->doorbells, 4 * (x->slots + 1), size) && range_inside(x->runtime, RUNTIME, size);
    return fits && x->slots && x->ports ? NULL : "its capability registers cannot be right";
}

// The firmware's drivers for older systems sit in system management mode: they are asked to let go, and what would wake them is
// switched off. One that does not answer is not waited for any longer (as in every OS).
static void take_from_bios(struct xhci *x, u32 at) {
    u32 v = xhci_get(x, at);
    if (v & BIOS_OWNS) {
        xhci_put(x, at, v | OS_OWNS);
        if (!wait_for(x, at, BIOS_OWNS, 0, OWNER_US)) xhci_put(x, at, (v & ~BIOS_OWNS) | OS_OWNS);
    }
    xhci_put(x, at + 4, (xhci_get(x, at + 4) & SMI_KEEP) | SMI_EVENTS);
}

// Which ports are USB 3's (7.2): +3 the major revision; +8: 7..0 the first port, from 1, 15..8 how many.
static void read_protocol(struct xhci *x, u32 at) {
    u32 range = xhci_get(x, at + 8), first = range & 0xff, n = range >> 8 & 0xff;
    if (xhci_get(x, at) >> 24 < 3) return;
    for (u32 i = first; i && i < first + n && i <= x->ports; i++) x->port[i - 1].usb3 = true;
}

static void read_extended(struct xhci *x) {
    u32 at = x->extended;
    for (unsigned i = 0; i < EXTENDED_MOST && at && range_inside(at, 16, x->where.size); i++) {
        u32 v = xhci_get(x, at);
        if (v == NOBODY) return;
        if ((v & 0xff) == LEGACY) take_from_bios(x, at);
        if ((v & 0xff) == PROTOCOL) read_protocol(x, at);
        if (!(v >> 8 & 0xff)) return;
        at += (v >> 8 & 0xff) << 2;
    }
}

// Intel's chipsets of 2012 to 2014 have a switch for each USB 2 port: to the EHCI, where no driver of ours would see it, or to the xHCI
// (7 Series PCH data sheet, 17.1.35 to 17.1.38: XUSB2PR, XUSB2PRM, USB3_PSSEN, USB3PRM).
static void route_ports(const struct xhci *x) {
    static const u16 chips[] = {0x1e31, 0x8c31, 0x9c31, 0x8cb1, 0x9cb1};
    u32 id = pci_read(&x->where.pci, PCI_ID);
    if ((id & 0xffff) != 0x8086) return;
    for (unsigned i = 0; i < countof(chips); i++) {
        if (chips[i] != id >> 16) continue;
        pci_write(&x->where.pci, 0xd8, pci_read(&x->where.pci, 0xdc));
        pci_write(&x->where.pci, 0xd0, pci_read(&x->where.pci, 0xd4));
    }
}

static const char *reset(struct xhci *x) {
    u32 op = x->operational;
    xhci_put(x, op + USBCMD, xhci_get(x, op + USBCMD) & ~(u32)RUN);
    if (!wait_for(x, op + USBSTS, HALTED, HALTED, HALT_US)) return "it does not halt";
    xhci_put(x, op + USBCMD, RESET);
    time_wait_us(AFTER_RESET_US); // some of Intel's hang when they are looked at sooner
    if (!wait_for(x, op + USBCMD, RESET, 0, RESET_US) || !wait_for(x, op + USBSTS, NOT_READY, 0, RESET_US))
        return "its reset does not end";
    return NULL;
}

// Heap memory is mapped where it is: a pointer is the address that the controller uses.
static void *memory(const struct xhci *x, u64 bytes, u64 align) {
    void *p = heap_alloc(bytes, align);
    if (!p || x->reaches_64_bits || (uintptr_t)p + bytes <= 4 * GiB) return p;
    heap_free(p, bytes);
    return NULL;
}

static bool give_scratchpads(struct xhci *x, u64 page) {
    if (!x->scratchpads) return true;
    u64 *list = memory(x, x->scratchpads * sizeof *list, 4096);
    if (!list) return false;
    for (unsigned i = 0; i < x->scratchpads; i++) {
        void *p = memory(x, page, page);
        if (!p) return false;
        list[i] = (uintptr_t)p;
    }
    x->contexts[0] = (uintptr_t)list;
    return true;
}

static const char *give_memory(struct xhci *x) {
    static const char none[] = "there is no memory for it that it can reach";
    u32 sizes = xhci_get(x, x->operational + PAGESIZE) & 0xffff; // bit n: 4096 << n; one is set
    u64 page = sizes ? (u64)4096 << __builtin_ctz(sizes) : 0;
    if (!page || page > 2 * MiB) return "it wants pages of no known size";
    x->contexts = memory(x, 4096, 4096);
    struct trb *command = memory(x, 4096, 4096), *event = memory(x, EVENT_TRBS * sizeof *event, 4096);
    u64 *segments = memory(x, 4096, 4096);
    if (!x->contexts || !command || !event || !segments || !give_scratchpads(x, page)) return none;
    for (unsigned slot = 1; slot <= x->slots; slot++) {
        x->device[slot].m = memory(x, sizeof(struct slot_memory), 2 * 4096);
        if (!x->device[slot].m) return none;
    }
    ring_reset(&x->command, command, RING_TRBS);
    x->event = (struct ring){.trb = event, .count = EVENT_TRBS, .cycle = true};
    segments[0] = (uintptr_t)event;
    segments[1] = EVENT_TRBS;
    u32 op = x->operational, run = x->runtime;
    xhci_put(x, op + CONFIG, x->slots);
    xhci_put64(x, op + DCBAAP, (uintptr_t)x->contexts);
    xhci_put64(x, op + CRCR, (uintptr_t)command | CYCLE_1);
    xhci_put(x, run + IMAN, 1); // no interrupts; one that was pending is not
    xhci_put(x, run + ERSTSZ, 1);
    xhci_put64(x, run + ERDP, (uintptr_t)event);
    xhci_put64(x, run + ERSTBA, (uintptr_t)segments);
    return NULL;
}

static const char *run(struct xhci *x) {
    u32 op = x->operational;
    xhci_put(x, op + USBCMD, RUN);
    if (!wait_for(x, op + USBSTS, HALTED, 0, HALT_US)) return "it does not run";
    for (unsigned i = 0; i < x->ports; i++) {
        u32 at = op + PORTS + i * PORT_BYTES, v = xhci_get(x, at);
        if (x->switches_power && v != NOBODY && !(v & PORT_POWER)) xhci_put(x, at, PORT_POWER);
        x->port[i].changed = true;
    }
    x->changed = true;
    return NULL;
}

static const char *try_start(struct xhci *x) {
    const char *wrong = read_capabilities(x);
    if (wrong) return wrong;
    read_extended(x);
    route_ports(x);
    if ((wrong = reset(x))) return wrong;
    u32 command = pci_read(&x->where.pci, PCI_COMMAND) & 0xffff; // (its upper half is cleared by ones)
    pci_write(&x->where.pci, PCI_COMMAND, command | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
    if ((wrong = give_memory(x))) return wrong;
    return run(x);
}

const char *xhci_start(struct xhci *x) {
    u32 command = pci_read(&x->where.pci, PCI_COMMAND) & 0xffff;
    pci_write(&x->where.pci, PCI_COMMAND, command | PCI_COMMAND_MEMORY);
    x->dead = try_start(x);
    if (x->dead) xhci_stop(x);
    return x->dead;
}

void xhci_stop(struct xhci *x) {
    u32 command = pci_read(&x->where.pci, PCI_COMMAND) & 0xffff;
    pci_write(&x->where.pci, PCI_COMMAND, command & ~(u32)PCI_COMMAND_MASTER);
}
