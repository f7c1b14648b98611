// SPDX-License-Identifier: MIT
// Configuration space and BAR mapping for every PCI function.
#include "dev/pci.h"
#include "base/bits.h"
#include "base/le.h"

void pci_add(struct pci_bus *bus, struct pci_function *f, const char *name, unsigned slot, unsigned function,
             const struct pci_id *id, bool multi) {
    unsigned devfn = slot << 3 | function;
    if (slot > 31 || function > 7 || bus->function[devfn]) bus->env->plat->panic(bus->env->plat, "PCI slot taken");
    bus->function[devfn] = f;
    f->bus = bus;
    f->name = name;
    f->slot = (u8)slot;
    f->function = (u8)function;
    f->state = env_state(bus->env, name, sizeof *f->state);

    u8 *c = f->state->config;
    st16(c + PCI_VENDOR, id->vendor);
    st16(c + PCI_DEVICE, id->device);
    st32(c + PCI_REVISION, id->class_code << 8 | id->revision);
    c[PCI_HEADER_TYPE] = multi ? 0x80 : 0;
    st16(c + PCI_SUBSYSTEM_VENDOR, id->subsystem_vendor);
    st16(c + PCI_SUBSYSTEM, id->subsystem);

    st16(f->writable + PCI_COMMAND, PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | PCI_COMMAND_NO_INTX);
    f->writable[PCI_CACHE_LINE] = f->writable[PCI_LATENCY] = 0xff;
    f->writable[PCI_INTERRUPT_LINE] = 0xff;
}

// BAR (6.2.5.1):  31 ........ 4  3  2 1  0
//   memory       | address      |p| type|0|   type 00: 32 bits, 10: 64 bits (the next register is the upper half)
//   I/O          | address .. 2 |  0    |1|
void pci_add_bar(struct pci_function *f, unsigned index, enum pci_bar_kind kind, const struct io_ops *ops, void *dev) {
    struct plat *p = f->bus->env->plat;
    bool wide = kind == PCI_BAR_MEM64;
    u64 size = ops->size;
    if (index + wide >= PCI_BARS || !is_pow2(size) || size < 4) p->panic(p, "bad PCI BAR");
    f->bar[index] = (struct pci_bar){.kind = kind, .size = size, .ops = ops, .dev = dev};
    unsigned at = PCI_BAR0 + 4 * index;
    st32(f->state->config + at, kind == PCI_BAR_IO ? 1 : wide ? 4 : 0);
    st32(f->writable + at, (u32)~(size - 1));
    if (wide) st32(f->writable + at + 4, (u32)(~(size - 1) >> 32));
}

unsigned pci_add_capability(struct pci_function *f, enum pci_capability id, unsigned length) {
    u8 *c = f->state->config;
    unsigned link = PCI_CAPABILITIES;
    while (c[link]) link = c[link] + 1u;
    unsigned at = f->capability_end ? f->capability_end : PCI_DEVICE_SPECIFIC;
    if (at + length > PCI_CONFIG) f->bus->env->plat->panic(f->bus->env->plat, "PCI capabilities too long");
    f->capability_end = (u16)align_up(at + length, 4);
    c[link] = (u8)at;
    c[at] = (u8)id;
    c[PCI_STATUS] |= PCI_STATUS_CAPABILITIES;
    return at;
}

void pci_set_interrupt_pin(struct pci_function *f, unsigned pin) { f->state->config[PCI_INTERRUPT_PIN] = (u8)pin; }

// --- INTx (6.2.2, 2.2.6) ---

static void route_pirq(struct pci_bus *bus, unsigned pirq) {
    bool level = false;
    for (unsigned i = 0; i < countof(bus->function); i++) {
        struct pci_function *f = bus->function[i];
        if (!f || !f->state->intx || (pci_command(f) & PCI_COMMAND_NO_INTX)) continue;
        unsigned pin = f->state->config[PCI_INTERRUPT_PIN];
        if (pin && pci_pirq(f->slot, pin) == pirq) level = true;
    }
    irq_set(&bus->pirq[pirq], level);
}

static void intx_changed(struct pci_function *f) {
    unsigned pin = f->state->config[PCI_INTERRUPT_PIN];
    if (pin) route_pirq(f->bus, pci_pirq(f->slot, pin));
}

void pci_intx(struct pci_function *f, bool level) {
    if (f->state->intx == level) return;
    f->state->intx = level;
    u8 *status = &f->state->config[PCI_STATUS];
    *status = (u8)(level ? *status | PCI_STATUS_INTX : *status & ~PCI_STATUS_INTX);
    intx_changed(f);
}

// --- mapping ---

// Where the BAR answers now; false when it does not. Address 0 and addresses whose range wraps are "not assigned".
static bool bar_address(const struct pci_function *f, unsigned index, u64 *at) {
    const struct pci_bar *bar = &f->bar[index];
    if (bar->kind == PCI_BAR_NONE) return false;
    bool io = bar->kind == PCI_BAR_IO;
    if (!(pci_command(f) & (io ? PCI_COMMAND_IO : PCI_COMMAND_MEMORY))) return false;
    const u8 *reg = f->state->config + PCI_BAR0 + 4 * index;
    u64 address = ld32(reg) & ~(bar->size - 1) & 0xffffffff;
    if (bar->kind == PCI_BAR_MEM64) address |= (u64)ld32(reg + 4) << 32;
    u64 limit = io ? 0x10000 : bar->kind == PCI_BAR_MEM32 ? 0xffffffff : (u64)1 << 52;
    if (!address || !range_inside(address, bar->size, limit)) return false;
    *at = address;
    return true;
}

static struct space *bar_space(struct pci_bus *bus, const struct pci_bar *bar) {
    return bar->kind == PCI_BAR_IO ? &bus->bus->io : &bus->bus->mem;
}

static u8 *mapped_of(const struct pci_function *f) { return &f->bus->mapped[f->slot << 3 | f->function]; }
static bool is_mapped(const struct pci_function *f, unsigned n) { return *mapped_of(f) >> n & 1; }

static void unmap_bar(const struct pci_function *f, unsigned n) {
    const struct pci_bar *bar = &f->bar[n];
    if (bar->kind != PCI_BAR_NONE) bus_remove(f->bus->bus, bar_space(f->bus, bar), bar->at, bar->dev);
    *mapped_of(f) &= (u8)~BIT(n);
}

static bool is_free(const struct space *s, u64 at, u64 size) {
    if (s->regions == BUS_REGIONS) return false;
    for (unsigned i = 0; i < s->regions; i++)
        if (ranges_overlap(at, size, s->region[i].start, s->region[i].size)) return false;
    return true;
}

static void map_bar(struct pci_function *f, unsigned n, u64 at) {
    struct pci_bus *bus = f->bus;
    struct pci_bar *bar = &f->bar[n];
    struct plat *p = bus->env->plat;
    if (!is_free(bar_space(bus, bar), at, bar->size)) {
        log_debug(p, "%s: BAR at %#llx overlaps something else: not mapped", f->name, (unsigned long long)at);
        return;
    }
    int err = bar->kind == PCI_BAR_IO ? bus_add_io(bus->bus, p, f->name, (u16)at, bar->ops, bar->dev)
                                      : bus_add_mmio(bus->bus, p, f->name, at, bar->ops, bar->dev);
    if (err) return;
    *mapped_of(f) |= (u8)BIT(n);
    bar->at = at;
}

// First everything leaves its old place, then everything unmapped tries again: two BARs may trade places, and one that
// lay under another comes up when that one goes.
static void remap(struct pci_bus *bus) {
    for (unsigned pass = 0; pass < 2; pass++) {
        for (unsigned i = 0; i < countof(bus->function); i++) {
            struct pci_function *f = bus->function[i];
            for (unsigned n = 0; f && n < PCI_BARS; n++) {
                u64 at = 0;
                bool wanted = bar_address(f, n, &at);
                if (pass == 0 && is_mapped(f, n) && (!wanted || at != f->bar[n].at)) unmap_bar(f, n);
                if (pass == 1 && wanted && !is_mapped(f, n)) map_bar(f, n, at);
            }
        }
    }
}

// --- creation, and snapshots ---

static void leave(void *dev) {
    struct pci_bus *bus = dev;
    for (unsigned i = 0; i < countof(bus->function); i++)
        for (unsigned n = 0; bus->function[i] && n < PCI_BARS; n++)
            if (is_mapped(bus->function[i], n)) unmap_bar(bus->function[i], n);
}

// Those that were mapped can be so again, in any order.
static bool enter(void *dev) {
    struct pci_bus *bus = dev;
    for (unsigned i = 0; i < countof(bus->function); i++) {
        u8 wanted = bus->mapped[i];
        bus->mapped[i] = 0;
        if (wanted && (!bus->function[i] || wanted >> PCI_BARS)) return false;
        for (unsigned n = 0; n < PCI_BARS; n++) {
            u64 at;
            if (!(wanted >> n & 1)) continue;
            if (!bar_address(bus->function[i], n, &at)) return false;
            map_bar(bus->function[i], n, at);
            if (!is_mapped(bus->function[i], n)) return false;
        }
    }
    return true;
}

struct pci_bus *pci_create(struct env *e, struct bus *b, struct msi_sink msi) {
    struct pci_bus *bus = env_alloc(e, sizeof *bus); // no state: the functions have it
    *bus = (struct pci_bus){.env = e, .bus = b, .msi = msi};
    state_add_silent(e->state, "pci", bus->mapped, sizeof bus->mapped);
    state_add_hooks(e->state, "pci", leave, enter, bus);
    return bus;
}

// --- configuration cycles ---

static struct pci_function *find(struct pci_bus *bus, unsigned devfn, unsigned at, unsigned width) {
    struct pci_function *f = devfn < countof(bus->function) ? bus->function[devfn] : NULL;
    return f && at + width <= PCI_CONFIG ? f : NULL;
}

u32 pci_config_read(struct pci_bus *bus, unsigned devfn, unsigned at, unsigned width) {
    struct pci_function *f = find(bus, devfn, at, width);
    if (!f) return (u32)mask(8 * width - 1, 0);
    if (f->config_read) f->config_read(f->dev, at, width);
    return (u32)ld_width(f->state->config + at, width);
}

void pci_config_write(struct pci_bus *bus, unsigned devfn, unsigned at, unsigned width, u32 value) {
    struct pci_function *f = find(bus, devfn, at, width);
    if (!f) return;
    u16 old_command = pci_command(f);
    for (unsigned i = at; i < at + width; i++, value >>= 8) {
        u8 old = f->state->config[i], w = f->writable[i];
        f->state->config[i] = (u8)(((old & ~w) | (value & w)) & ~(value & f->clear[i]));
    }
    bool bars = at < PCI_BAR0 + 4 * PCI_BARS && at + width > PCI_BAR0;
    u16 changed = old_command ^ pci_command(f);
    if (bars || (changed & (PCI_COMMAND_IO | PCI_COMMAND_MEMORY))) remap(bus);
    if (changed & PCI_COMMAND_NO_INTX) intx_changed(f);
    if (f->config_written) f->config_written(f->dev, at, width);
}

// --- as memory ---

enum { ECAM_REGISTERS = 256 };

// A cycle does not leave its doubleword: wider accesses are several.
static unsigned ecam_piece(u64 offset, unsigned width) {
    while (width > 4 || (offset & 3) + width > 4) width /= 2;
    return width;
}

static u64 ecam_read(void *dev, u64 offset, unsigned width) {
    u64 value = 0;
    for (unsigned done = 0, n; done < width; done += n) {
        unsigned at = (offset + done) & 0xfff;
        n = ecam_piece(offset + done, width - done > 4 ? 4 : width - done);
        u64 part = at < ECAM_REGISTERS ? pci_config_read(dev, (unsigned)((offset + done) >> 12), at, n) : mask(8 * n - 1, 0);
        value |= part << (8 * done);
    }
    return value;
}

static void ecam_write(void *dev, u64 offset, unsigned width, u64 value) {
    for (unsigned done = 0, n; done < width; done += n) {
        unsigned at = (offset + done) & 0xfff;
        n = ecam_piece(offset + done, width - done > 4 ? 4 : width - done);
        if (at < ECAM_REGISTERS) pci_config_write(dev, (unsigned)((offset + done) >> 12), at, n, (u32)(value >> (8 * done)));
    }
}

const struct io_ops pci_ecam_ops = {ecam_read, ecam_write, .size = PCI_ECAM_SIZE, .widths = IO_ANY};

// --- what firmware does ---

static u64 take(u64 *next, u64 *left, u64 size) {
    u64 at = align_up(*next, size);
    if (at < *next || !range_inside(at - *next, size, *left)) return 0;
    *left -= at + size - *next;
    *next = at + size;
    return at;
}

void pci_assign(struct pci_bus *bus, const struct pci_windows *w) {
    u64 io = w->io_start, io_left = w->io_size, mem = w->mem_start, mem_left = w->mem_size;
    for (unsigned i = 0; i < countof(bus->function); i++) {
        struct pci_function *f = bus->function[i];
        if (!f) continue;
        u32 decode = 0;
        for (unsigned n = 0; n < PCI_BARS; n++) {
            const struct pci_bar *bar = &f->bar[n];
            if (bar->kind == PCI_BAR_NONE) continue;
            bool is_io = bar->kind == PCI_BAR_IO;
            u64 at = is_io ? take(&io, &io_left, bar->size) : take(&mem, &mem_left, align_up(bar->size, PAGE_SIZE));
            pci_config_write(bus, i, PCI_BAR0 + 4 * n, 4, (u32)at);
            if (bar->kind == PCI_BAR_MEM64) pci_config_write(bus, i, PCI_BAR0 + 4 * n + 4, 4, (u32)(at >> 32));
            decode |= is_io ? PCI_COMMAND_IO : PCI_COMMAND_MEMORY;
        }
        pci_config_write(bus, i, PCI_COMMAND, 2, pci_command(f) | decode);
        unsigned pin = f->state->config[PCI_INTERRUPT_PIN];
        if (pin) pci_config_write(bus, i, PCI_INTERRUPT_LINE, 1, w->pirq_irq[pci_pirq(f->slot, pin)]);
    }
}
