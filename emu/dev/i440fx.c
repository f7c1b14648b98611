// SPDX-License-Identifier: MIT
// Configuration mechanism #1 and the host bridge's function. What its memory attribute registers (PAM)
// do, the board decides; SMRAM can be written and read back but does nothing: there is no SMM.
#include "dev/i440fx.h"
#include "base/bits.h"
#include <string.h>

enum { CONFADD = 0, RESET_CONTROL = 1, CONFDATA = 4 };
enum { PAM = 0x59, PAM_COUNT = 7, SMRAM = 0x72 };
#define CONFADD_ENABLE 0x80000000u
#define CONFADD_WRITABLE 0x80fffffcu

// The device/function number when the address selects bus 0, else a number nobody has.
static unsigned selected(const struct i440fx *d) {
    u32 a = d->state->address;
    bool ours = (a & CONFADD_ENABLE) && bits(a, 23, 16) == 0;
    return ours ? (unsigned)bits(a, 15, 8) : 256;
}

static u64 read(void *dev, u64 offset, unsigned width) {
    struct i440fx *d = dev;
    if (offset >= CONFDATA) {
        unsigned at = (d->state->address & 0xfc) + (unsigned)(offset - CONFDATA);
        return pci_config_read(d->pci, selected(d), at, width);
    }
    if (offset == CONFADD && width == 4) return d->state->address;
    if (offset == RESET_CONTROL && width == 1) return d->reset_ops->read(d->reset_dev, 0, 1);
    return mask(8 * width - 1, 0);
}

static void write(void *dev, u64 offset, unsigned width, u64 value) {
    struct i440fx *d = dev;
    if (offset >= CONFDATA) {
        unsigned at = (d->state->address & 0xfc) + (unsigned)(offset - CONFDATA);
        pci_config_write(d->pci, selected(d), at, width, (u32)value);
    } else if (offset == CONFADD && width == 4) {
        d->state->address = (u32)value & CONFADD_WRITABLE;
    } else if (offset == RESET_CONTROL && width == 1) {
        d->reset_ops->write(d->reset_dev, 0, 1, value);
    }
}

const struct io_ops i440fx_ops = {.read = read, .write = write, .size = I440FX_PORTS, .widths = IO_ANY};

// PAM0 has F0000 in its upper half; those behind it have two segments each, the lower one in the lower half.
unsigned i440fx_memory(const struct i440fx *d, unsigned segment) {
    bool last = segment == I440FX_SEGMENTS - 1;
    u8 value = d->function.state->config[last ? PAM : PAM + 1 + segment / 2];
    return value >> (last || segment % 2 ? 4 : 0) & (I440FX_READ | I440FX_WRITE);
}

static void config_written(void *dev, unsigned at, unsigned width) {
    struct i440fx *d = dev;
    if (d->memory_changed && at < PAM + PAM_COUNT && at + width > PAM) d->memory_changed(d->memory_ctx);
}

void i440fx_on_memory(struct i440fx *d, void (*changed)(void *ctx), void *ctx) {
    d->memory_changed = changed;
    d->memory_ctx = ctx;
}

struct i440fx *i440fx_create(struct env *e, struct pci_bus *pci, const struct io_ops *reset_ops, void *reset_dev) {
    struct i440fx *d = env_alloc(e, sizeof *d); // no state but what follows
    d->pci = pci;
    d->reset_ops = reset_ops;
    d->reset_dev = reset_dev;
    static const struct pci_id id = {.vendor = 0x8086,
                                     .device = 0x1237,
                                     .class_code = 0x060000,
                                     .revision = 2,
                                     .subsystem_vendor = 0x1af4,
                                     .subsystem = 0x1100};
    pci_add(pci, &d->function, "i440fx config", 0, 0, &id, false);
    memset(d->function.writable + PAM, 0x33, PAM_COUNT);
    d->function.writable[SMRAM] = 0x7f;
    d->function.config_written = config_written;
    d->function.dev = d;
    d->state = env_state(e, "i440fx", sizeof *d->state);
    return d;
}
