// SPDX-License-Identifier: MIT
// MSI and MSI-X capabilities.
#include "dev/pci_msi.h"
#include "base/bits.h"
#include "base/le.h"

// MSI (6.8.1):  +0 id | next | message control (2)      +4 address  +8 upper address  +C data (2)
//   message control: 7 64-bit | 6:4 enabled messages | 3:1 messages possible (0: one) | 0 enable
enum { MSI_CONTROL = 2, MSI_ADDRESS = 4, MSI_DATA = 12, MSI_LENGTH = 14 };
enum { MSI_ENABLE = 1, MSI_64 = 0x80, MSI_MULTIPLE = 0x70 };

void msi_add(struct msi *m, struct pci_function *f) {
    m->f = f;
    m->at = pci_add_capability(f, PCI_CAP_MSI, MSI_LENGTH);
    st16(f->state->config + m->at + MSI_CONTROL, MSI_64);
    st16(f->writable + m->at + MSI_CONTROL, MSI_ENABLE | MSI_MULTIPLE);
    st32(f->writable + m->at + MSI_ADDRESS, ~3u);
    st32(f->writable + m->at + MSI_ADDRESS + 4, ~0u);
    st16(f->writable + m->at + MSI_DATA, 0xffff);
}

bool msi_enabled(const struct msi *m) { return m->f->state->config[m->at + MSI_CONTROL] & MSI_ENABLE; }

void msi_notify(const struct msi *m) {
    if (!msi_enabled(m) || !pci_is_master(m->f)) return;
    const u8 *c = m->f->state->config + m->at;
    msi_send(&m->f->bus->msi, ld64(c + MSI_ADDRESS), ld16(c + MSI_DATA));
}

// MSI-X (6.8.2):  +0 id | next | message control (2)    +4 table offset | BAR   +8 pending bits offset | BAR
//   message control: 15 enable | 14 function mask | 10:0 vectors - 1
// Table entry:  +0 address  +4 upper address  +8 data  +C vector control (bit 0: masked)
enum { MSIX_CONTROL = 2, MSIX_TABLE = 4, MSIX_PENDING = 8, MSIX_LENGTH = 12 };
enum { MSIX_ENABLE = 0x8000, MSIX_FUNCTION_MASK = 0x4000 };
enum { ENTRY_DATA = 8, ENTRY_CONTROL = 12, ENTRY_MASKED = 1 };

static u16 control(const struct msix *m) { return ld16(m->f->state->config + m->at + MSIX_CONTROL); }

bool msix_enabled(const struct msix *m) { return control(m) & MSIX_ENABLE; }

static bool masked(const struct msix *m, unsigned vector) {
    return (control(m) & MSIX_FUNCTION_MASK) || (m->state->table[vector * MSIX_ENTRY + ENTRY_CONTROL] & ENTRY_MASKED);
}

void msix_notify(struct msix *m, unsigned vector) {
    if (vector >= m->vectors || !msix_enabled(m) || !pci_is_master(m->f)) return;
    if (masked(m, vector)) {
        m->state->pending |= 1u << vector;
        return;
    }
    m->state->pending &= ~(1u << vector);
    const u8 *entry = m->state->table + vector * MSIX_ENTRY;
    msi_send(&m->f->bus->msi, ld64(entry) & ~(u64)3, ld32(entry + ENTRY_DATA));
}

static void send_pending(struct msix *m) {
    for (unsigned v = 0; v < m->vectors; v++)
        if (m->state->pending >> v & 1) msix_notify(m, v);
}

void msix_config_written(struct msix *m, unsigned at, unsigned width) {
    if (ranges_overlap(at, width, m->at + MSIX_CONTROL, 2)) send_pending(m);
}

static u64 bar_read(void *dev, u64 offset, unsigned width) {
    const struct msix *m = dev;
    if (range_inside(offset, width, m->vectors * MSIX_ENTRY)) return ld_width(m->state->table + offset, width);
    u8 pending[8] = {0};
    st32(pending, m->state->pending);
    if (offset >= MSIX_PBA && range_inside(offset - MSIX_PBA, width, sizeof pending))
        return ld_width(pending + (offset - MSIX_PBA), width);
    return 0;
}

static void bar_write(void *dev, u64 offset, unsigned width, u64 value) {
    struct msix *m = dev;
    if (!range_inside(offset, width, m->vectors * MSIX_ENTRY)) return;
    st_width(m->state->table + offset, width, value);
    u8 *entry = m->state->table + align_down(offset, MSIX_ENTRY);
    st32(entry + ENTRY_CONTROL, entry[ENTRY_CONTROL] & ENTRY_MASKED);
    send_pending(m);
}

static const struct io_ops bar_ops = {.read = bar_read, .write = bar_write, .size = MSIX_BAR_SIZE, .widths = IO_ANY};

void msix_add(struct msix *m, struct pci_function *f, const char *name, unsigned bar, unsigned vectors) {
    if (!vectors || vectors > MSIX_VECTORS) f->bus->env->plat->panic(f->bus->env->plat, "bad MSI-X vector count");
    m->f = f;
    m->vectors = vectors;
    m->state = env_state(f->bus->env, name, sizeof *m->state);
    m->at = pci_add_capability(f, PCI_CAP_MSIX, MSIX_LENGTH);
    u8 *c = f->state->config + m->at;
    st16(c + MSIX_CONTROL, (u16)(vectors - 1));
    st32(c + MSIX_TABLE, bar);
    st32(c + MSIX_PENDING, MSIX_PBA | bar);
    st16(f->writable + m->at + MSIX_CONTROL, MSIX_ENABLE | MSIX_FUNCTION_MASK);
    for (unsigned v = 0; v < vectors; v++) m->state->table[v * MSIX_ENTRY + ENTRY_CONTROL] = ENTRY_MASKED;
    pci_add_bar(f, bar, PCI_BAR_MEM32, &bar_ops, m);
}
