// SPDX-License-Identifier: MIT
// 0xE9 output and isa-debug-exit: neither has any state.
#include "dev/debugport.h"

#include "emu/emu.h"

struct debugport {
    struct env *env;
    struct chardev *backend;
};

static u8 read_byte(void *dev, u64 offset) { return 0xE9; }

static void write_byte(void *dev, u64 offset, u8 v) {
    struct debugport *d = dev;
    if (d->backend && d->backend->write) d->backend->write(d->backend->ctx, &v, 1);
}

static u64 port_read(void *dev, u64 offset, unsigned width) { return read_byte(dev, offset); }

static void port_write(void *dev, u64 offset, unsigned width, u64 value) { write_byte(dev, offset, (u8)value); }

const struct io_ops debugport_ops = {port_read, port_write, .size = 1, .widths = IO_BYTES};

static u64 exit_read(void *dev, u64 offset, unsigned width) { return 0; }

static void exit_write(void *dev, u64 offset, unsigned width, u64 value) {
    struct debugport *d = dev;
    d->env->finish(d->env->finish_ctx, EMU_DEBUG_EXIT, (u32)value);
}

const struct io_ops debug_exit_ops = {exit_read, exit_write, .size = 4, .widths = IO_ANY};

struct debugport *debugport_create(struct env *e, struct chardev *backend) {
    struct debugport *d = env_alloc(e, sizeof *d); // no state: nothing that is written can be read
    d->env = e;
    d->backend = backend;
    return d;
}
