// SPDX-License-Identifier: MIT
#include "walk_rig.h"

#include "base/bits.h"
#include "base/le.h"
#include "base/splitmix.h"

#include <stdlib.h>

// No walk reads a device: how many walks there are is the TLB's business.
static u64 device_read(void *dev, u64 offset, unsigned width) { abort(); }
static void device_write(void *dev, u64 offset, unsigned width, u64 value) { abort(); }
static const struct io_ops device_ops = {device_read, device_write, .size = 0x10000, .widths = IO_ANY};

struct walk_rig *walk_rig_new(void) {
    struct walk_rig *r = calloc(1, sizeof *r);
    struct plat *p = &r->plat.plat;
    scripted_plat_init(&r->plat);
    r->ram = calloc(1, AT_RAM_END);
    r->rom = calloc(1, ROM_BYTES);
    if (bus_add_ram(&r->bus, p, "ram", 0, AT_RAM_END, r->ram, false) ||
        bus_add_ram(&r->bus, p, "rom", AT_ROM, ROM_BYTES, r->rom, true) ||
        bus_add_mmio(&r->bus, p, "device", AT_DEVICE, &device_ops, NULL))
        abort();
    return r;
}

void walk_rig_free(struct walk_rig *r) {
    free(r->ram);
    free(r->rom);
    free(r);
}

u64 walk_rnd(struct walk_rig *r) { return splitmix64(&r->seed); }
unsigned walk_below(struct walk_rig *r, unsigned n) { return (unsigned)((walk_rnd(r) >> 32) * n >> 32); }

u8 *walk_host(const struct walk_rig *r, gpa_t at, unsigned bytes) {
    if (range_inside(at, bytes, AT_RAM_END)) return r->ram + at;
    return at >= AT_ROM && range_inside(at - AT_ROM, bytes, ROM_BYTES) ? r->rom + (at - AT_ROM) : NULL;
}

u64 walk_peek(const struct walk_rig *r, gpa_t at, unsigned bytes) {
    const u8 *p = walk_host(r, at, bytes);
    return p ? ld_width(p, bytes) : mask(8 * bytes - 1, 0);
}

void walk_poke(struct walk_rig *r, gpa_t at, u64 value, unsigned bytes) { st_width(walk_host(r, at, bytes), bytes, value); }
