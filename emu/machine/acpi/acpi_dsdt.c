// SPDX-License-Identifier: MIT
// The namespace:
//   \PICF, \_PIC            which interrupt controller the guest uses: 0 the PICs, 1 the I/O APIC
//   \_S5                    soft off
//   \_SB.C000               the processor
//   \_SB.LNKA .. LNKD       PIRQA..D as the ISA bridge routes them to the PICs
//   \_SB.PCI0               host bridge: _CRS windows, _PRT
//   \_SB.PCI0.ISA_          ISA bridge, its routing registers, the devices behind it
//   \_SB.HPET
// Written by hand rather than compiled from ASL: every number in it comes from the board.
#include "machine/acpi/acpi_dsdt.h"
#include "dev/acpi_pm.h"
#include "dev/hpet.h"
#include "dev/pci.h"

#include <string.h>

#define LINK_DISABLED 0x80
static const char *const links[PCI_PIRQS] = {"LNKA", "LNKB", "LNKC", "LNKD"};
// From \_SB, where the links are, to the fields of the routing registers.
static const char *const routes[PCI_PIRQS] = {"\\_SB.PCI0.ISA.PRQA", "\\_SB.PCI0.ISA.PRQB", "\\_SB.PCI0.ISA.PRQC",
                                              "\\_SB.PCI0.ISA.PRQD"};

static void root(struct aml *a) {
    aml_name_integer(a, "\\PICF", 0);
    size_t pic = aml_method(a, "\\_PIC", 1, false);
    aml_op(a, AML_STORE);
    aml_op(a, AML_ARG0);
    aml_path(a, "\\PICF");
    aml_end(a, pic);

    aml_op(a, AML_NAME);
    aml_path(a, "\\_S5");
    size_t s5 = aml_package(a, 4);
    aml_integer(a, ACPI_SLP_TYP_S5);
    aml_integer(a, ACPI_SLP_TYP_S5);
    aml_integer(a, 0);
    aml_integer(a, 0);
    aml_end(a, s5);
}

static void processor(const struct acpi_board *b, struct aml *a) {
    size_t d = aml_device(a, "C000");
    aml_op(a, AML_NAME);
    aml_path(a, "_HID");
    aml_string(a, "ACPI0007");
    aml_name_integer(a, "_UID", b->lapic_id);
    aml_end(a, d);
}

// --- interrupt links (PIC mode) ---

static void return_integer(struct aml *a, u64 v) {
    aml_op(a, AML_RETURN);
    aml_integer(a, v);
}

// _STA: present, and enabled unless the route is disabled.
static void link_status(struct aml *a, const char *route) {
    size_t m = aml_method(a, "_STA", 0, false);
    size_t disabled = aml_begin(a, AML_IF);
    aml_op(a, AML_AND);
    aml_path(a, route);
    aml_integer(a, LINK_DISABLED);
    aml_byte(a, 0); // no target
    return_integer(a, 0x09);
    aml_end(a, disabled);
    return_integer(a, 0x0b);
    aml_end(a, m);
}

static void link_disable(struct aml *a, const char *route) {
    size_t m = aml_method(a, "_DIS", 0, false);
    aml_op(a, AML_OR);
    aml_path(a, route);
    aml_integer(a, LINK_DISABLED);
    aml_path(a, route);
    aml_end(a, m);
}

static void link_possible(const struct acpi_board *b, struct aml *a) {
    u32 irqs[ACPI_LINK_IRQS];
    unsigned n = 0;
    while (n < ACPI_LINK_IRQS && b->link_irqs[n]) {
        irqs[n] = b->link_irqs[n];
        n++;
    }
    aml_op(a, AML_NAME);
    aml_path(a, "_PRS");
    struct aml_resources r = aml_resources_begin(a);
    if (n) aml_res_interrupts(a, irqs, n);
    aml_resources_end(a, r);
}

// CreateDWordField (buffer, AML_INTERRUPT_NUMBER, IRQ0)
static void interrupt_field(struct aml *a, enum aml_op buffer) {
    aml_op(a, AML_CREATE_DWORD_FIELD);
    aml_op(a, buffer);
    aml_integer(a, AML_INTERRUPT_NUMBER);
    aml_path(a, "IRQ0");
}

// _CRS: the route when it is enabled, else interrupt 0.
static void link_current(struct aml *a, const char *route) {
    size_t m = aml_method(a, "_CRS", 0, true);
    aml_op(a, AML_STORE);
    struct aml_resources r = aml_resources_begin(a);
    aml_res_interrupts(a, &(u32){0}, 1);
    aml_resources_end(a, r);
    aml_op(a, AML_LOCAL0);
    interrupt_field(a, AML_LOCAL0);
    size_t enabled = aml_begin(a, AML_IF);
    aml_op(a, AML_LLESS);
    aml_path(a, route);
    aml_integer(a, LINK_DISABLED);
    aml_op(a, AML_STORE);
    aml_path(a, route);
    aml_path(a, "IRQ0");
    aml_end(a, enabled);
    aml_op(a, AML_RETURN);
    aml_op(a, AML_LOCAL0);
    aml_end(a, m);
}

static void link_set(struct aml *a, const char *route) {
    size_t m = aml_method(a, "_SRS", 1, true);
    interrupt_field(a, AML_ARG0);
    aml_op(a, AML_STORE);
    aml_path(a, "IRQ0");
    aml_path(a, route);
    aml_end(a, m);
}

static void link(const struct acpi_board *b, struct aml *a, unsigned pirq) {
    size_t d = aml_device(a, links[pirq]);
    aml_name_eisa_id(a, "_HID", "PNP0C0F");
    aml_name_integer(a, "_UID", pirq + 1);
    link_status(a, routes[pirq]);
    link_disable(a, routes[pirq]);
    link_possible(b, a);
    link_current(a, routes[pirq]);
    link_set(a, routes[pirq]);
    aml_end(a, d);
}

// --- PCI0 ---

static void host_resources(const struct acpi_board *b, struct aml *a) {
    aml_op(a, AML_NAME);
    aml_path(a, "_CRS");
    struct aml_resources r = aml_resources_begin(a);
    aml_res_window(a, AML_BUS, 0, 1);
    aml_res_io(a, b->pci_config_port, 8);
    for (unsigned i = 0; i < ACPI_WINDOWS; i++) {
        const struct acpi_window *w = &b->windows[i];
        if (w->size) aml_res_window(a, w->kind == ACPI_WINDOW_IO ? AML_IO : AML_MEMORY, w->start, w->size);
    }
    aml_resources_end(a, r);
}

// The system control interrupt's number in I/O APIC mode.
static u32 sci_gsi(const struct acpi_board *b) {
    for (unsigned i = 0; i < b->override_count; i++)
        if (b->overrides[i].irq == b->sci) return b->overrides[i].gsi;
    return b->sci;
}

// One row for each slot and pin: Package { slot << 16 | 0xFFFF, pin, link, 0 } or { ..., pin, 0, GSI }. The pins of the
// ISA bridge's slot are not wired; INTA of its power management function means the system control interrupt.
static void routing(const struct acpi_board *b, struct aml *a, const char *name, bool apic) {
    enum { SLOTS = 32, PINS = 4 };
    aml_op(a, AML_NAME);
    aml_path(a, name);
    size_t table = aml_package(a, (SLOTS - 2) * PINS + 1);
    for (unsigned slot = 1; slot < SLOTS; slot++) {
        bool isa = slot == b->isa_slot;
        for (unsigned pin = 0; pin < (isa ? 1 : PINS); pin++) {
            unsigned pirq = pci_pirq(slot, pin + 1);
            size_t row = aml_package(a, 4);
            aml_integer(a, slot << 16 | 0xffff);
            aml_integer(a, pin);
            if (!apic && !isa) aml_path(a, links[pirq]);
            else aml_integer(a, 0);
            aml_integer(a, isa ? (apic ? sci_gsi(b) : b->sci) : apic ? b->pirq_gsi[pirq] : 0);
            aml_end(a, row);
        }
    }
    aml_end(a, table);
}

static void routing_method(struct aml *a) {
    size_t m = aml_method(a, "_PRT", 0, false);
    size_t apic = aml_begin(a, AML_IF);
    aml_path(a, "\\PICF");
    aml_op(a, AML_RETURN);
    aml_path(a, "PRTA");
    aml_end(a, apic);
    aml_op(a, AML_RETURN);
    aml_path(a, "PRTP");
    aml_end(a, m);
}

static void isa_device(const struct acpi_isa_device *d, struct aml *a) {
    size_t device = aml_device(a, d->name);
    aml_name_eisa_id(a, "_HID", d->hid);
    aml_name_integer(a, "_UID", d->uid);
    aml_op(a, AML_NAME);
    aml_path(a, "_CRS");
    struct aml_resources r = aml_resources_begin(a);
    for (unsigned i = 0; i < ACPI_ISA_PORTS; i++)
        if (d->ports[i].count) aml_res_io(a, d->ports[i].port, d->ports[i].count);
    if (d->irqs) aml_res_irq(a, d->irqs);
    aml_resources_end(a, r);
    aml_end(a, device);
}

// OperationRegion (PIRQ, PCI_Config, 0x60, 4); Field: four bytes, PRQA..D.
static void routing_registers(struct aml *a) {
    enum { PCI_CONFIG_SPACE = 2, PIRQRC = 0x60, BYTE_ACCESS = 1 };
    aml_op(a, AML_OPERATION_REGION);
    aml_path(a, "PIRQ");
    aml_byte(a, PCI_CONFIG_SPACE);
    aml_integer(a, PIRQRC);
    aml_integer(a, PCI_PIRQS);
    size_t field = aml_begin(a, AML_FIELD);
    aml_path(a, "PIRQ");
    aml_byte(a, BYTE_ACCESS);
    for (unsigned i = 0; i < PCI_PIRQS; i++) {
        aml_path(a, routes[i] + strlen(routes[i]) - 4);
        aml_byte(a, 8); // bits
    }
    aml_end(a, field);
}

static void isa_bridge(const struct acpi_board *b, struct aml *a) {
    size_t d = aml_device(a, "ISA");
    aml_name_integer(a, "_ADR", b->isa_slot << 16);
    routing_registers(a);
    for (unsigned i = 0; i < ACPI_ISA_DEVICES && b->isa[i].name[0]; i++) isa_device(&b->isa[i], a);
    aml_end(a, d);
}

static void host_bridge(const struct acpi_board *b, struct aml *a) {
    size_t d = aml_device(a, "PCI0");
    aml_name_eisa_id(a, "_HID", "PNP0A03");
    aml_name_integer(a, "_UID", 0);
    aml_name_integer(a, "_BBN", 0);
    host_resources(b, a);
    routing(b, a, "PRTP", false);
    routing(b, a, "PRTA", true);
    routing_method(a);
    isa_bridge(b, a);
    aml_end(a, d);
}

static void memory_device(struct aml *a, const char *name, const char *hid, u64 at, u32 size) {
    size_t d = aml_device(a, name);
    aml_name_eisa_id(a, "_HID", hid);
    aml_name_integer(a, "_UID", 0);
    aml_op(a, AML_NAME);
    aml_path(a, "_CRS");
    struct aml_resources r = aml_resources_begin(a);
    aml_res_memory32(a, (u32)at, size);
    aml_resources_end(a, r);
    aml_end(a, d);
}

void acpi_dsdt(const struct acpi_board *b, struct aml *a) {
    root(a);
    size_t sb = aml_scope(a, "\\_SB");
    processor(b, a);
    host_bridge(b, a);
    for (unsigned i = 0; i < PCI_PIRQS; i++) link(b, a, i);
    if (b->hpet_base) memory_device(a, "HPET", "PNP0103", b->hpet_base, HPET_SIZE);
    // An OS uses the window only when a motherboard device has it.
    if (b->ecam_base) memory_device(a, "ECAM", "PNP0C01", b->ecam_base, PCI_ECAM_SIZE);
    aml_end(a, sb);
}
