// SPDX-License-Identifier: MIT
// No header says where a raw image wants to start or in which mode, so its entry point decides.
#include "loader/raw.h"

#include "base/bits.h"
#include "loader/start.h"

typedef unsigned long long ull;

#define FIRST_DISK 0x80 // what a BIOS hands a boot sector in DL

// CS:IP is 0:entry as far as 16 bits reach (a boot sector is at 0:7C00), else 64 KiB segments.
static void start_real(struct image *image) {
    image->mode = START_REAL;
    image->cs = (u16)(image->entry >> 16 << 12);
    image->rdx = FIRST_DISK;
    image->rsp = 0x7c00;
}

int raw_load(struct load_target *t, const struct emu_config *c, const struct boot *b, struct image *out) {
    struct image image = {.kind = IMAGE_RAW, .entry = c->has_entry ? c->entry : c->load_address};
    const struct span *f = &b->kernel;
    if (!f->size) {
        log_error(t->plat, "%s: the raw image is empty", f->name);
        return ERR_TRUNCATED;
    }
    if (image.entry < c->load_address || image.entry - c->load_address >= f->size) {
        log_error(t->plat, "%s: entry %#llx lies outside the image, which is %#llx bytes at %#llx", f->name,
                  (ull)image.entry, (ull)f->size, (ull)c->load_address);
        return ERR_RANGE;
    }
    int e = target_load(t, f->name, c->load_address, f->data, f->size, f->size);
    if (e) return e;
    if (image.entry < MiB) {
        start_real(&image);
    } else {
        e = start_long(t, &image);
        if (!e) e = start_stack(t, &image);
        if (e) return e;
    }
    log_info(t->plat, "%s: raw image, %llu bytes at %#llx, entry %#llx in %s mode", f->name, (ull)f->size,
             (ull)c->load_address, (ull)image.entry, image.mode == START_REAL ? "real" : "64-bit");
    *out = image;
    return 0;
}
