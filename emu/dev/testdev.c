// SPDX-License-Identifier: MIT
// The test device and fw_cfg's few keys.
#include "dev/testdev.h"

#include "base/bits.h"
#include "base/le.h"

enum { KEY_SIGNATURE = 0x00, KEY_ID = 0x01, KEY_RAM_SIZE = 0x03, KEY_CPUS = 0x05, KEY_MOST_CPUS = 0x0f };

struct testdev_state {
    u32 value;
    u16 key, at; // fw_cfg: what is read, and its next byte
    u8 memory[TESTDEV_MEMORY];
};

struct testdev {
    struct testdev_state s;
    struct irq_line line[TESTDEV_LINES];
    u64 ram;
};

static u64 register_read(void *dev, u64 offset, unsigned width) {
    return ((struct testdev *)dev)->s.value >> (8 * offset) & mask(8 * width - 1, 0);
}

static void register_write(void *dev, u64 offset, unsigned width, u64 value) {
    struct testdev *d = dev;
    u64 touched = mask(8 * width - 1, 0) << (8 * offset);
    d->s.value = (u32)((d->s.value & ~touched) | (value << (8 * offset) & touched));
}

const struct io_ops testdev_register_ops = {register_read, register_write, .size = 4, .widths = IO_ANY};

// Translations here never outlive what the guest may still use: there is nothing to drop.
const struct io_ops testdev_flush_ops = {.size = 4, .widths = IO_ANY};

static void line_write(void *dev, u64 offset, unsigned width, u64 value) {
    const struct testdev *d = dev;
    for (unsigned i = 0; i < width; i++) irq_set(&d->line[offset + i], value >> (8 * i) & 0xff);
}

const struct io_ops testdev_line_ops = {.write = line_write, .size = TESTDEV_LINES, .widths = IO_ANY};

static u64 memory_read(void *dev, u64 offset, unsigned width) {
    return ld_width(((struct testdev *)dev)->s.memory + offset, width);
}

static void memory_write(void *dev, u64 offset, unsigned width, u64 value) {
    st_width(((struct testdev *)dev)->s.memory + offset, width, value);
}

const struct io_ops testdev_memory_ops = {memory_read, memory_write, .size = TESTDEV_MEMORY, .widths = IO_ANY};

static u64 fw_cfg_value(const struct testdev *d) {
    switch (d->s.key) {
    case KEY_SIGNATURE: return 0x554d4551; // "QEMU"
    case KEY_ID: return 1;                 // these two ports, no DMA
    case KEY_RAM_SIZE: return d->ram;
    case KEY_CPUS:
    case KEY_MOST_CPUS: return 1;
    default: return 0;
    }
}

static u64 fw_cfg_read(void *dev, u64 offset, unsigned width) {
    struct testdev *d = dev;
    if (offset != 1) return mask(8 * width - 1, 0);
    u64 byte = d->s.at < 8 ? fw_cfg_value(d) >> (8 * d->s.at) & 0xff : 0;
    if (d->s.at < 8) d->s.at++;
    return byte;
}

static void fw_cfg_write(void *dev, u64 offset, unsigned width, u64 value) {
    struct testdev *d = dev;
    if (offset || width != 2) return;
    d->s.key = (u16)value;
    d->s.at = 0;
}

const struct io_ops testdev_fw_cfg_ops = {fw_cfg_read, fw_cfg_write, .size = 2, .widths = IO_ANY};

struct testdev *testdev_create(struct env *e, const struct irq_line line[TESTDEV_LINES], u64 ram) {
    struct testdev *d = ENV_DEVICE(e, "testdev", struct testdev, s);
    memcpy(d->line, line, sizeof d->line);
    d->ram = ram;
    return d;
}
