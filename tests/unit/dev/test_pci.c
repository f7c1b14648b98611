// SPDX-License-Identifier: MIT
// PCI as an operating system meets it: find mechanism #1, enumerate, size and move BARs, route INTx, send messages.
#include "dev/pci_msi.h"
#include "dev/piix4_smbus.h"
#include "emu/emu.h"
#include "pci_rig.h"

#include "base/le.h"
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

// A function with one BAR of each kind; its registers remember the last write.
struct gadget {
    struct pci_function f;
    struct msix msix;
    struct msi msi;
    u64 last_offset, last_value;
};

static u64 gadget_read(void *dev, u64 offset, unsigned width) { return 0x1122334455667788u >> (8 * (offset & 7)); }
static void gadget_write(void *dev, u64 offset, unsigned width, u64 value) {
    struct gadget *g = dev;
    g->last_offset = offset;
    g->last_value = value;
}
#define GADGET(n) {gadget_read, gadget_write, .size = (n), .widths = IO_ANY}
static const struct io_ops gadget_port_ops = GADGET(0x20), gadget_ops = GADGET(0x1000), gadget_large_ops = GADGET(0x4000);

static void config_written(void *dev, unsigned at, unsigned width) {
    msix_config_written(&((struct gadget *)dev)->msix, at, width);
}

static struct gadget *add_gadget(struct pci_rig *r, const char *name, const char *msix_name, unsigned slot) {
    struct gadget *g = env_alloc(&r->env, sizeof *g);
    static const struct pci_id id = {.vendor = 0x1234,
                                     .device = 0x5678,
                                     .class_code = 0x028000,
                                     .revision = 9,
                                     .subsystem_vendor = 0xabcd,
                                     .subsystem = 0xef01};
    pci_add(r->pci, &g->f, name, slot, 0, &id, false);
    g->f.dev = g;
    g->f.config_written = config_written;
    pci_add_bar(&g->f, 0, PCI_BAR_IO, &gadget_port_ops, g);
    pci_add_bar(&g->f, 1, PCI_BAR_MEM32, &gadget_ops, g);
    pci_add_bar(&g->f, 2, PCI_BAR_MEM64, &gadget_large_ops, g);
    pci_set_interrupt_pin(&g->f, 1);
    msi_add(&g->msi, &g->f);
    msix_add(&g->msix, &g->f, msix_name, 5, 3);
    return g;
}

#define SLOT 3

static void mechanism(void **state) {
    struct pci_rig r;
    rig_init(&r);
    // What Linux's pci_check_type1 does.
    bus_out(&r.bus, 0xcfb, 1, 0x01);
    u32 old = bus_in(&r.bus, 0xcf8, 4);
    bus_out(&r.bus, 0xcf8, 4, 0x80000000);
    assert_int_equal(0x80000000, bus_in(&r.bus, 0xcf8, 4));
    bus_out(&r.bus, 0xcf8, 4, old);
    // Reserved bits do not stick; without the enable bit, data cycles go nowhere.
    bus_out(&r.bus, 0xcf8, 4, 0x7fffffff);
    assert_int_equal(0x00fffffc, bus_in(&r.bus, 0xcf8, 4));
    bus_out(&r.bus, 0xcf8, 4, 0);
    assert_int_equal(0xffffffff, bus_in(&r.bus, 0xcfc, 4));
    // Other buses are empty.
    bus_out(&r.bus, 0xcf8, 4, 0x80010000);
    assert_int_equal(0xffffffff, bus_in(&r.bus, 0xcfc, 4));
    rig_free(&r);
}

static void enumeration(void **state) {
    struct pci_rig r;
    rig_init(&r);
    unsigned found = 0;
    for (unsigned slot = 0; slot < 32; slot++) {
        if (cfg_in(&r, slot, 0, PCI_VENDOR, 2) == 0xffff) continue;
        unsigned functions = cfg_in(&r, slot, 0, PCI_HEADER_TYPE, 1) & 0x80 ? 8 : 1;
        for (unsigned fn = 0; fn < functions; fn++) found += cfg_in(&r, slot, fn, PCI_VENDOR, 2) != 0xffff;
    }
    assert_int_equal(3, found);
    assert_int_equal(0x12378086, cfg_in(&r, 0, 0, 0, 4));
    assert_int_equal(0x0600, cfg_in(&r, 0, 0, 0x0a, 2));
    assert_int_equal(0x71108086, cfg_in(&r, 1, 0, 0, 4));
    assert_int_equal(0x0601, cfg_in(&r, 1, 0, 0x0a, 2));
    assert_int_equal(0x71138086, cfg_in(&r, 1, 3, 0, 4));
    // Identification is read-only, by any width and at any alignment inside a doubleword.
    cfg_out(&r, 0, 0, 0, 4, 0);
    cfg_out(&r, 0, 0, 8, 4, 0);
    assert_int_equal(0x12378086, cfg_in(&r, 0, 0, 0, 4));
    assert_int_equal(0x12, cfg_in(&r, 0, 0, 3, 1));
    assert_int_equal(0x3780, cfg_in(&r, 0, 0, 1, 2));
    assert_int_equal(0, cfg_in(&r, 0, 0, 0xff, 1));
    assert_int_equal(0, cfg_in(&r, 0, 0, 0xfc, 4));
    // The power management base is there, fixed, an I/O base, decoded.
    cfg_out(&r, 1, 3, 0x40, 4, 0);
    assert_int_equal(0x601, cfg_in(&r, 1, 3, 0x40, 4));
    assert_int_equal(1, cfg_in(&r, 1, 3, 0x80, 1));
    assert_int_equal(0, cfg_in(&r, 1, 3, 0x90, 4)); // no SMBus here
    rig_free(&r);
}

static void reset_control(void **state) {
    struct pci_rig r;
    rig_init(&r);
    bus_out(&r.bus, 0xcf9, 1, 0x02);
    assert_int_equal(0x02, bus_in(&r.bus, 0xcf9, 1));
    assert_int_equal(0, r.finished);
    bus_out(&r.bus, 0xcf9, 1, 0x06);
    assert_int_equal(EMU_RESET + 1, r.finished);
    rig_free(&r);
}

static void bar_sizing(void **state) {
    struct pci_rig r;
    rig_init(&r);
    add_gadget(&r, "gadget", "gadget msix", SLOT);
    static const u32 want[PCI_BARS] = {0xffffffe1, 0xfffff000, 0xffffc004, 0xffffffff, 0, 0xfffff000};
    for (unsigned i = 0; i < PCI_BARS; i++) {
        unsigned at = PCI_BAR0 + 4 * i;
        u32 old = cfg_in(&r, SLOT, 0, at, 4);
        cfg_out(&r, SLOT, 0, at, 4, 0xffffffff);
        assert_int_equal(want[i], cfg_in(&r, SLOT, 0, at, 4));
        cfg_out(&r, SLOT, 0, at, 4, old);
        assert_int_equal(old, cfg_in(&r, SLOT, 0, at, 4));
    }
    // No expansion ROM.
    cfg_out(&r, SLOT, 0, 0x30, 4, 0xfffff800);
    assert_int_equal(0, cfg_in(&r, SLOT, 0, 0x30, 4));
    rig_free(&r);
}

static void bar_mapping(void **state) {
    struct pci_rig r;
    rig_init(&r);
    struct gadget *g = add_gadget(&r, "gadget", "gadget msix", SLOT);
    cfg_out(&r, SLOT, 0, 0x10, 4, 0xc000);
    cfg_out(&r, SLOT, 0, 0x14, 4, 0xe0000000);
    cfg_out(&r, SLOT, 0, 0x18, 4, 0x00008000);
    cfg_out(&r, SLOT, 0, 0x1c, 4, 0x00000080);
    assert_int_equal(0xffffffff, bus_in(&r.bus, 0xc000, 4)); // not decoded yet
    assert_int_equal(0xff, bus_read(&r.bus, 0xe0000000, 1));
    cfg_out(&r, SLOT, 0, PCI_COMMAND, 2, PCI_COMMAND_IO);
    assert_int_equal(0x55667788, bus_in(&r.bus, 0xc000, 4));
    assert_int_equal(0xff, bus_read(&r.bus, 0xe0000000, 1));
    cfg_out(&r, SLOT, 0, PCI_COMMAND, 2, PCI_COMMAND_IO | PCI_COMMAND_MEMORY);
    assert_int_equal(0x88, bus_read(&r.bus, 0xe0000000, 1));
    assert_int_equal(0x88, bus_read(&r.bus, 0x8000008000, 1));
    bus_write(&r.bus, 0x8000008ff0, 4, 42);
    assert_int_equal(0xff0, g->last_offset);
    assert_int_equal(42, g->last_value);
    // Moved: the old place is empty, the new one answers.
    cfg_out(&r, SLOT, 0, 0x14, 4, 0xe0100000);
    assert_int_equal(0xff, bus_read(&r.bus, 0xe0000000, 1));
    assert_int_equal(0x88, bus_read(&r.bus, 0xe0100000, 1));
    // Over RAM, at 0 and across the top of the port space: refused, and the machine goes on.
    cfg_out(&r, SLOT, 0, 0x14, 4, 0x00100000);
    assert_int_equal(0, bus_read(&r.bus, 0x00100000, 1));
    cfg_out(&r, SLOT, 0, 0x14, 4, 0);
    cfg_out(&r, SLOT, 0, 0x10, 4, 0);
    assert_int_equal(0xffffffff, bus_in(&r.bus, 0, 4));
    cfg_out(&r, SLOT, 0, 0x10, 4, 0xffffffe0);
    assert_int_equal(0xffffffff, bus_in(&r.bus, 0xffe0, 4));
    cfg_out(&r, SLOT, 0, 0x10, 4, 0xcf0); // over the configuration ports
    assert_int_equal(0x12378086, cfg_in(&r, 0, 0, 0, 4));
    rig_free(&r);
}

// Two BARs trade places one register write at a time, as an OS that reassigns them does.
static void bar_overlap(void **state) {
    struct pci_rig r;
    rig_init(&r);
    add_gadget(&r, "a", "a msix", 3);
    struct gadget *b = add_gadget(&r, "b", "b msix", 4);
    cfg_out(&r, 3, 0, 0x14, 4, 0xe0000000);
    cfg_out(&r, 4, 0, 0x14, 4, 0xe0001000);
    cfg_out(&r, 3, 0, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
    cfg_out(&r, 4, 0, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
    cfg_out(&r, 4, 0, 0x14, 4, 0xe0000000); // under a
    cfg_out(&r, 3, 0, 0x14, 4, 0xe0001000); // a leaves: b comes up
    bus_write(&r.bus, 0xe0000004, 4, 7);
    assert_int_equal(7, b->last_value);
    rig_free(&r);
}

static void intx_routing(void **state) {
    struct pci_rig r;
    rig_init(&r);
    struct gadget *a = add_gadget(&r, "a", "a msix", 3), *b = add_gadget(&r, "b", "b msix", 7);
    unsigned pirq = pci_pirq(3, 1);
    assert_int_equal(pirq, pci_pirq(7, 1)); // four slots apart share a wire
    pci_intx(&a->f, true);
    assert_true(r.direct[pirq]);
    assert_true(cfg_in(&r, 3, 0, PCI_STATUS, 2) & PCI_STATUS_INTX);
    for (unsigned i = 0; i < 16; i++) assert_false(r.isa_irq[i]); // routes are disabled at reset
    for (unsigned i = 0; i < 4; i++) assert_int_equal(0x80, cfg_in(&r, 1, 0, 0x60 + i, 1));
    cfg_out(&r, 1, 0, 0x60 + pirq, 1, 10);
    assert_true(r.isa_irq[10]);
    pci_intx(&b->f, true);
    pci_intx(&a->f, false);
    assert_true(r.isa_irq[10]); // wired OR
    cfg_out(&r, 1, 0, 0x60 + pirq, 1, 11);
    assert_false(r.isa_irq[10]);
    assert_true(r.isa_irq[11]);
    cfg_out(&r, 7, 0, PCI_COMMAND, 2, PCI_COMMAND_NO_INTX);
    assert_false(r.isa_irq[11]);
    cfg_out(&r, 7, 0, PCI_COMMAND, 2, 0);
    assert_true(r.isa_irq[11]);
    cfg_out(&r, 1, 0, 0x60 + pirq, 1, 0); // the timer's interrupt is no target
    assert_false(r.isa_irq[0]);
    cfg_out(&r, 1, 0, 0x60 + pirq, 1, 0x8b); // disabled
    assert_false(r.isa_irq[11]);
    // Two PIRQs on one interrupt: low only when both are.
    cfg_out(&r, 1, 0, 0x60, 4, 0x0b0b0b0b);
    struct gadget *c = add_gadget(&r, "c", "c msix", 4);
    pci_intx(&c->f, true);
    pci_intx(&b->f, false);
    assert_true(r.isa_irq[11]);
    pci_intx(&c->f, false);
    assert_false(r.isa_irq[11]);
    rig_free(&r);
}

static void msi_messages(void **state) {
    struct pci_rig r;
    rig_init(&r);
    struct gadget *g = add_gadget(&r, "gadget", "gadget msix", SLOT);
    unsigned cap = cfg_capability(&r, SLOT, 0, PCI_CAP_MSI, 0);
    assert_true(cap);
    assert_int_equal(0x0080, cfg_in(&r, SLOT, 0, cap + 2, 2)); // 64-bit, one message, off
    cfg_out(&r, SLOT, 0, cap + 4, 4, 0xfee01003);
    cfg_out(&r, SLOT, 0, cap + 12, 2, 0x4041);
    cfg_out(&r, SLOT, 0, PCI_COMMAND, 2, PCI_COMMAND_MASTER);
    msi_notify(&g->msi);
    assert_int_equal(0, r.msis);
    assert_false(msi_enabled(&g->msi));
    cfg_out(&r, SLOT, 0, PCI_COMMAND, 2, 0);
    cfg_out(&r, SLOT, 0, cap + 2, 2, 1);
    msi_notify(&g->msi);
    assert_int_equal(0, r.msis); // a message is a bus-master write
    cfg_out(&r, SLOT, 0, PCI_COMMAND, 2, PCI_COMMAND_MASTER);
    msi_notify(&g->msi);
    assert_int_equal(1, r.msis);
    assert_int_equal(0xfee01000, r.msi[0].address);
    assert_int_equal(0x4041, r.msi[0].data);
    rig_free(&r);
}

static void msix_messages(void **state) {
    struct pci_rig r;
    rig_init(&r);
    struct gadget *g = add_gadget(&r, "gadget", "gadget msix", SLOT);
    unsigned cap = cfg_capability(&r, SLOT, 0, PCI_CAP_MSIX, 0);
    assert_true(cap);
    assert_int_equal(2, cfg_in(&r, SLOT, 0, cap + 2, 2)); // three vectors
    u32 table = cfg_in(&r, SLOT, 0, cap + 4, 4), pba = cfg_in(&r, SLOT, 0, cap + 8, 4);
    assert_int_equal(5, table & 7);
    assert_int_equal(5, pba & 7);
    u64 at = 0xe0000000, pending = at + (pba & ~7u);
    cfg_out(&r, SLOT, 0, 0x24, 4, (u32)at);
    cfg_out(&r, SLOT, 0, PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
    for (unsigned v = 0; v < 3; v++) assert_int_equal(1, bus_read(&r.bus, at + 16 * v + 12, 4)); // masked at reset
    bus_write(&r.bus, at + 16, 4, 0xfee00000);
    bus_write(&r.bus, at + 24, 4, 0x31);
    msix_notify(&g->msix, 1);
    assert_int_equal(0, bus_read(&r.bus, pending, 4)); // off: not even pending
    cfg_out(&r, SLOT, 0, cap + 2, 2, 0xc000);          // on, function masked
    bus_write(&r.bus, at + 28, 4, 0);
    msix_notify(&g->msix, 1);
    msix_notify(&g->msix, 1);
    assert_int_equal(0, r.msis);
    assert_int_equal(2, bus_read(&r.bus, pending, 4));
    assert_int_equal(2, bus_read(&r.bus, pending, 8));
    assert_int_equal(0, bus_read(&r.bus, pending + 1, 1));
    assert_int_equal(0, bus_read(&r.bus, pending + 4, 4));
    cfg_out(&r, SLOT, 0, cap + 2, 2, 0x8000); // unmasked: one message goes out
    assert_int_equal(1, r.msis);
    assert_int_equal(0xfee00000, r.msi[0].address);
    assert_int_equal(0x31, r.msi[0].data);
    assert_int_equal(0, bus_read(&r.bus, pending, 4));
    msix_notify(&g->msix, 2); // still masked by its own entry
    assert_int_equal(1, r.msis);
    bus_write(&r.bus, at + 44, 4, 0);
    assert_int_equal(2, r.msis);
    msix_notify(&g->msix, 3); // there is none
    msix_notify(&g->msix, 0xffff);
    assert_int_equal(2, r.msis);
    rig_free(&r);
}

static void assignment(void **state) {
    struct pci_rig r;
    rig_init(&r);
    add_gadget(&r, "a", "a msix", 3);
    add_gadget(&r, "b", "b msix", 4);
    struct pci_windows w = {
        .io_start = 0xc000, .io_size = 0x40, .mem_start = 0xe0000000, .mem_size = 0x100000, .pirq_irq = {10, 10, 11, 11}};
    pci_assign(r.pci, &w);
    u32 seen[8], n = 0;
    for (unsigned slot = 3; slot <= 4; slot++) {
        assert_int_equal(0xc001 + 0x20 * (slot - 3), cfg_in(&r, slot, 0, 0x10, 4));
        assert_int_equal(0x88, bus_in(&r.bus, (u16)(0xc000 + 0x20 * (slot - 3)), 1));
        static const u32 bars[3] = {0x14, 0x18, 0x24}, sizes[3] = {0x1000, 0x4000, 0x1000};
        for (unsigned i = 0; i < 3; i++) {
            u32 at = cfg_in(&r, slot, 0, bars[i], 4) & ~15u;
            assert_true(at >= 0xe0000000 && at + sizes[i] <= 0xe0100000 && at % sizes[i] == 0);
            for (unsigned k = 0; k < n; k++) assert_true(seen[k] != at);
            seen[n++] = at;
            assert_non_null(space_find(&r.bus.mem, at));
        }
        assert_int_equal(w.pirq_irq[pci_pirq(slot, 1)], cfg_in(&r, slot, 0, PCI_INTERRUPT_LINE, 1));
    }
    rig_free(&r);
}

// 2.2.6: each pin goes to its own PIRQ, whatever other functions assert on theirs.
static void pirqs_are_apart(void **state) {
    struct pci_rig r;
    rig_init(&r);
    struct gadget *g[4];
    static const char *const names[4][2] = {{"a", "a msix"}, {"b", "b msix"}, {"c", "c msix"}, {"d", "d msix"}};
    for (unsigned i = 0; i < 4; i++) g[i] = add_gadget(&r, names[i][0], names[i][1], 4 + i);
    for (unsigned set = 0; set < 16; set++) {
        for (unsigned i = 0; i < 4; i++) pci_intx(&g[i]->f, set >> i & 1);
        for (unsigned i = 0; i < 4; i++) assert_int_equal(r.direct[pci_pirq(4 + i, 1)], set >> i & 1);
    }
    rig_free(&r);
}

// What firmware finds no room for stays at 0, decoded but answering nowhere; the rest is placed as if it were not there.
static void windows_that_are_too_small(void **state) {
    struct pci_rig r;
    rig_init(&r);
    add_gadget(&r, "a", "a msix", 3);
    struct pci_windows w = {.io_start = 0xc000, .io_size = 0x10, .mem_start = 0xe0000000, .mem_size = 0x3000};
    pci_assign(r.pci, &w);
    assert_int_equal(1, cfg_in(&r, 3, 0, 0x10, 4)); // 32 ports into 16
    assert_int_equal(0xe0000000, cfg_in(&r, 3, 0, 0x14, 4) & ~15u);
    assert_int_equal(0, cfg_in(&r, 3, 0, 0x18, 4) & ~15u); // 16 KiB into 12
    assert_int_equal(0xe0001000, cfg_in(&r, 3, 0, 0x24, 4) & ~15u);
    assert_int_equal(0x88, bus_read(&r.bus, 0xe0000000, 1));
    w.mem_start = ~(u64)0x7ff, w.mem_size = 0x800; // the next aligned place is past the end of the address space
    pci_assign(r.pci, &w);
    assert_int_equal(0, cfg_in(&r, 3, 0, 0x14, 4) & ~15u);
    rig_free(&r);
}

// The bus has so many regions and no more: a BAR that finds none free answers nowhere, and comes up when one is.
static void a_bar_on_a_full_bus(void **state) {
    struct pci_rig r;
    rig_init(&r);
    add_gadget(&r, "a", "a msix", 3);
    gpa_t at = 0x90000000;
    while (r.bus.mem.regions < BUS_REGIONS) {
        assert_int_equal(0, bus_add_mmio(&r.bus, &r.plat.plat, "full", at, &gadget_ops, &r));
        at += 0x1000;
    }
    cfg_out(&r, 3, 0, 0x14, 4, 0xe0000000);
    cfg_out(&r, 3, 0, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
    assert_int_equal(0xff, bus_read(&r.bus, 0xe0000000, 1));
    bus_remove(&r.bus, &r.bus.mem, at - 0x1000, &r);
    cfg_out(&r, 3, 0, 0x14, 4, 0xe0000000);
    assert_int_equal(0x88, bus_read(&r.bus, 0xe0000000, 1));
    rig_free(&r);
}

// PCI Firmware Specification 3.3, 4: function n at n << 12, of any width and alignment, and no registers behind byte 255.
static void configuration_as_memory(void **state) {
    struct pci_rig r;
    rig_init(&r);
    const u64 at = 0xfeb00000;
    assert_int_equal(0, bus_add_mmio(&r.bus, &r.plat.plat, "ecam", at, &pci_ecam_ops, r.pci));
    assert_int_equal(0x12378086, bus_read(&r.bus, at, 4));
    assert_int_equal(0x71108086, bus_read(&r.bus, at + 0x8000, 4));
    assert_int_equal(0x71, bus_read(&r.bus, at + 0x8003, 1));
    assert_int_equal(0x7110, bus_read(&r.bus, at + 0x8002, 2));
    u64 both = cfg_in(&r, 1, 0, 0, 4) | (u64)cfg_in(&r, 1, 0, 4, 4) << 32;
    assert_int_equal(both, bus_read(&r.bus, at + 0x8000, 8));
    assert_int_equal(both >> 16 & 0xffffffff, bus_read(&r.bus, at + 0x8002, 4)); // not aligned
    assert_int_equal(both >> 8 & 0xffff, bus_read(&r.bus, at + 0x8001, 2));
    assert_int_equal(0xffffffff, bus_read(&r.bus, at + 0x8100, 4));
    assert_int_equal(0xffffffff00000000, bus_read(&r.bus, at + 0x80fc, 8) | 0xffffffff00000000);
    assert_int_equal(0xffffffff, bus_read(&r.bus, at + 0x9000, 4)); // no such function
    assert_int_equal(0xffff, bus_read(&r.bus, at + PCI_ECAM_SIZE - 2, 2));
    bus_write(&r.bus, at + 0x8060, 4, 0x0b0a0b0a);
    assert_int_equal(0x0b0a0b0a, cfg_in(&r, 1, 0, 0x60, 4));
    bus_write(&r.bus, at + 0x8061, 2, 0x8080);
    assert_int_equal(0x0b80800a, cfg_in(&r, 1, 0, 0x60, 4));
    bus_write(&r.bus, at + 0x80fc, 8, ~(u64)0); // nothing writable, nobody behind
    bus_write(&r.bus, at + 0x8ff8, 8, ~(u64)0);
    assert_int_equal(0x71108086, cfg_in(&r, 1, 0, 0, 4));
    rig_free(&r);
}

// 82371AB datasheet 7.4, and what i2c-piix4 does: each transaction is a device error at once, and never busy.
static void smbus_of_nobody(void **state) {
    struct pci_rig r;
    rig_init(&r);
    struct piix4_smbus *s = piix4_smbus_create(&r.env);
    assert_int_equal(0, bus_add_io(&r.bus, &r.plat.plat, "smbus", 0x700, &piix4_smbus_ops, s));
    assert_int_equal(0, bus_in(&r.bus, 0x700, 1));
    bus_out(&r.bus, 0x704, 1, 0x50 << 1 | 1);
    bus_out(&r.bus, 0x702, 1, 0x48); // start, byte data
    assert_int_equal(4, bus_in(&r.bus, 0x700, 1));
    assert_int_equal(8, bus_in(&r.bus, 0x702, 1));
    assert_int_equal(0xa1, bus_in(&r.bus, 0x704, 1));
    bus_out(&r.bus, 0x700, 1, 4);
    assert_int_equal(0, bus_in(&r.bus, 0x700, 1));
    bus_in(&r.bus, 0x702, 1);
    for (unsigned i = 0; i < 32; i++) bus_out(&r.bus, 0x707, 1, i);
    bus_in(&r.bus, 0x702, 1);
    for (unsigned i = 0; i < 32; i++) assert_int_equal(i, bus_in(&r.bus, 0x707, 1));
    bus_out(&r.bus, 0x702, 1, 0x42); // killed as it starts
    assert_int_equal(0, bus_in(&r.bus, 0x700, 1));
    rig_free(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mechanism),           cmocka_unit_test(enumeration),
        cmocka_unit_test(reset_control),       cmocka_unit_test(bar_sizing),
        cmocka_unit_test(bar_mapping),         cmocka_unit_test(bar_overlap),
        cmocka_unit_test(intx_routing),        cmocka_unit_test(msi_messages),
        cmocka_unit_test(msix_messages),       cmocka_unit_test(assignment),
        cmocka_unit_test(pirqs_are_apart),     cmocka_unit_test(windows_that_are_too_small),
        cmocka_unit_test(a_bar_on_a_full_bus), cmocka_unit_test(configuration_as_memory),
        cmocka_unit_test(smbus_of_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
