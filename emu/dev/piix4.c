// SPDX-License-Identifier: MIT
// The PIRQ router, and a power management function whose I/O base firmware would have set: it is fixed here.
#include "dev/piix4.h"
#include "base/le.h"

// ISA bridge: PIRQRCA..D at 60..63.      7  disabled | 3:0 ISA interrupt
enum { PIRQRC = 0x60, PIRQRC_DISABLED = 0x80, PIRQRC_WRITABLE = 0x8f };
// Power management: PMBASE 40 (bit 0: I/O), PMREGMISC 80 (bit 0: decode PMBASE), SMBBA 90 (as PMBASE), SMBHSTCFG D2
// (bits 3..1: interrupt, 4 is IRQ 9; bit 0: decode SMBBA).
enum { DEVACTB_APMC = 0x5b }; // bit 1: writing to APMC raises SMI#
enum { PMBASE = 0x40, PMREGMISC = 0x80, SMBBA = 0x90, SMBHSTCFG = 0xd2 };

// The interrupts a PIRQ may be steered to (datasheet 4.1.10): the others belong to the board's own devices.
#define STEERABLE 0xdef8u

static int target(const struct piix4 *d, unsigned pirq) {
    u8 route = d->isa.state->config[PIRQRC + pirq];
    unsigned irq = route & 0x0f;
    if ((route & PIRQRC_DISABLED) || !(STEERABLE >> irq & 1)) return -1;
    return (int)irq;
}

// Several PIRQs may share one interrupt: it is high while any of them is.
static void drive(struct piix4 *d, int irq) {
    if (irq < 0) return;
    bool level = false;
    for (unsigned i = 0; i < PCI_PIRQS; i++) level |= d->state->pirq_level[i] && target(d, i) == irq;
    irq_set(&d->isa_irq[irq], level);
}

static void set_pirq(void *ctx, unsigned pirq, bool level) {
    struct piix4 *d = ctx;
    d->state->pirq_level[pirq] = level;
    irq_set(&d->direct[pirq], level);
    drive(d, target(d, pirq));
}

// A route that moved lets its old interrupt go before the new one rises.
static void config_written(void *dev, unsigned at, unsigned width) {
    struct piix4 *d = dev;
    if (at >= PIRQRC + PCI_PIRQS || at + width <= PIRQRC) return;
    for (unsigned i = 0; i < PCI_PIRQS; i++) {
        int now = target(d, i), old = d->state->driven[i];
        if (now == old) continue;
        d->state->driven[i] = (i8)now;
        drive(d, old);
        drive(d, now);
    }
}

static void create_isa(struct piix4 *d, struct pci_bus *pci, unsigned slot) {
    static const struct pci_id id = {
        .vendor = 0x8086, .device = 0x7110, .class_code = 0x060100, .subsystem_vendor = 0x1af4, .subsystem = 0x1100};
    pci_add(pci, &d->isa, "piix4 isa config", slot, 0, &id, true);
    d->isa.dev = d;
    d->isa.config_written = config_written;
    memset(d->isa.state->config + PIRQRC, PIRQRC_DISABLED, PCI_PIRQS);
    memset(d->isa.writable + PIRQRC, PIRQRC_WRITABLE, PCI_PIRQS);
}

static void create_pm(struct piix4 *d, struct pci_bus *pci, const struct piix4_config *c) {
    static const struct pci_id id = {.vendor = 0x8086,
                                     .device = 0x7113,
                                     .class_code = 0x068000,
                                     .revision = 3,
                                     .subsystem_vendor = 0x1af4,
                                     .subsystem = 0x1100};
    pci_add(pci, &d->pm, "piix4 pm config", c->slot, 3, &id, false);
    pci_set_interrupt_pin(&d->pm, 1);
    u8 *config = d->pm.state->config;
    config[PCI_COMMAND] = PCI_COMMAND_IO;
    st32(config + PMBASE, c->pm_base | 1u);
    config[PMREGMISC] = 1;
    if (c->smm_taken) config[DEVACTB_APMC] = 1 << 1;
    if (!c->smbus_base) return;
    st32(config + SMBBA, c->smbus_base | 1u);
    config[SMBHSTCFG] = 4 << 1 | 1;
}

static bool enter(void *dev) {
    const struct piix4 *d = dev;
    for (unsigned i = 0; i < PCI_PIRQS; i++)
        if (d->state->driven[i] < -1 || d->state->driven[i] > 15) return false;
    return true;
}

struct piix4 *piix4_create(struct env *e, struct pci_bus *pci, const struct piix4_config *c) {
    struct piix4 *d = env_alloc(e, sizeof *d); // no state but what follows
    d->env = e;
    memcpy(d->isa_irq, c->isa_irq, sizeof d->isa_irq);
    memcpy(d->direct, c->direct, sizeof d->direct);
    create_isa(d, pci, c->slot);
    create_pm(d, pci, c);
    d->state = env_state(e, "piix4", sizeof *d->state);
    env_check(e, "piix4", enter, d);
    memset(d->state->driven, -1, sizeof d->state->driven);
    for (unsigned i = 0; i < PCI_PIRQS; i++) pci->pirq[i] = (struct irq_line){.set = set_pirq, .ctx = d, .pin = i};
    return d;
}
