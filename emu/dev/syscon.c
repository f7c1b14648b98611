// SPDX-License-Identifier: MIT
#include "dev/syscon.h"

#include "emu/emu.h"

static u64 syscon_read(void *dev, u64 offset, unsigned width) { return 0; }

static void syscon_write(void *dev, u64 offset, unsigned width, u64 value) {
    const struct env *e = dev;
    if (offset || width < 2) return;
    switch (value & 0xffff) {
    case SYSCON_FAIL: e->finish(e->finish_ctx, EMU_DEBUG_EXIT, (u32)(value >> 16 & 0xffff)); break;
    case SYSCON_POWEROFF: e->finish(e->finish_ctx, EMU_POWEROFF, 0); break;
    case SYSCON_RESET: e->finish(e->finish_ctx, EMU_RESET, 0); break;
    }
}

const struct io_ops syscon_ops = {syscon_read, syscon_write, .size = SYSCON_SIZE, .widths = IO_ANY};
