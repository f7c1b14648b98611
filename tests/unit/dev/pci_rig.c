// SPDX-License-Identifier: MIT
#include "pci_rig.h"

#include "base/le.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void isa_set(void *ctx, unsigned pin, bool level) {
    struct pci_rig *r = ctx;
    if (level && !r->isa_irq[pin]) r->isa_edges[pin]++;
    r->isa_irq[pin] = level;
}

static void direct_set(void *ctx, unsigned pin, bool level) { ((struct pci_rig *)ctx)->direct[pin] = level; }

static void msi_record(void *ctx, u64 address, u32 data) {
    struct pci_rig *r = ctx;
    assert_true(r->msis < 64);
    r->msi[r->msis].address = address;
    r->msi[r->msis++].data = data;
}

static void finish(void *ctx, int reason, u32 code) { ((struct pci_rig *)ctx)->finished = reason + 1; }

struct irq_line rig_isa_line(struct pci_rig *r, unsigned n) { return (struct irq_line){.set = isa_set, .ctx = r, .pin = n}; }

void rig_init(struct pci_rig *r) {
    memset(r, 0, sizeof *r);
    scripted_plat_init(&r->plat);
    r->env = (struct env){.plat = &r->plat.plat, .clock = &r->clock, .state = &r->state, .finish = finish, .finish_ctx = r};
    r->ram = calloc(1, RIG_RAM);
    assert_int_equal(0, bus_add_ram(&r->bus, r->env.plat, "ram", 0, RIG_RAM, r->ram, false));
    r->pci = pci_create(&r->env, &r->bus, (struct msi_sink){.send = msi_record, .ctx = r});
    struct sysport *sysport = sysport_create(&r->env, (struct irq_line){0}, (struct irq_line){0});
    r->host = i440fx_create(&r->env, r->pci, &sysport_reset_ops, sysport);
    assert_int_equal(0, bus_add_io(&r->bus, r->env.plat, "pci", 0xcf8, &i440fx_ops, r->host));
    struct piix4_config c = {.slot = 1, .pm_base = 0x600};
    for (unsigned i = 0; i < 16; i++) c.isa_irq[i] = rig_isa_line(r, i);
    for (unsigned i = 0; i < PCI_PIRQS; i++) c.direct[i] = (struct irq_line){.set = direct_set, .ctx = r, .pin = i};
    r->isa = piix4_create(&r->env, r->pci, &c);
}

void rig_free(struct pci_rig *r) {
    env_free_all(&r->env);
    free(r->ram);
}

static void select_register(struct pci_rig *r, unsigned slot, unsigned function, unsigned at) {
    bus_out(&r->bus, 0xcf8, 4, 0x80000000u | slot << 11 | function << 8 | (at & 0xfc));
}

u32 cfg_in(struct pci_rig *r, unsigned slot, unsigned function, unsigned at, unsigned width) {
    select_register(r, slot, function, at);
    return bus_in(&r->bus, (u16)(0xcfc + (at & 3)), width);
}

void cfg_out(struct pci_rig *r, unsigned slot, unsigned function, unsigned at, unsigned width, u32 value) {
    select_register(r, slot, function, at);
    bus_out(&r->bus, (u16)(0xcfc + (at & 3)), width, value);
}

unsigned cfg_capability(struct pci_rig *r, unsigned slot, unsigned function, u8 id, unsigned from) {
    assert_true(cfg_in(r, slot, function, PCI_STATUS, 2) & PCI_STATUS_CAPABILITIES);
    unsigned at = cfg_in(r, slot, function, PCI_CAPABILITIES, 1), steps = 0;
    for (; at; at = cfg_in(r, slot, function, at + 1, 1)) {
        assert_true(at >= 0x40 && !(at & 3));
        assert_true(++steps < 48);
        if (at >= from && cfg_in(r, slot, function, at, 1) == id) return at;
    }
    return 0;
}
