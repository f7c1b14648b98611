// SPDX-License-Identifier: MIT
#include "boot/screens.h"
#include "base/bits.h"
#include "kernel/layout.h"

enum { PIXELS_MOST = 0x4000, PIXEL = 4 };

// A colour's bits are neighbours, so that they are those of a number.
static bool in_one_piece(u32 bits) {
    u32 low = bits & -bits;
    return bits && !(bits & (bits + low));
}

// 32 bits a pixel: 16 and 24 have none of the top byte's (UEFI 2.10, 12.9: a pixel is as large as its highest bit asks for).
static bool pixels_fit(const struct framebuffer *f) {
    if (!in_one_piece(f->red) || !in_one_piece(f->green) || !in_one_piece(f->blue)) return false;
    return !(f->red & f->green) && !(f->red & f->blue) && !(f->green & f->blue);
}

static bool bytes_fit(const struct framebuffer *f) {
    if (!f->width || !f->height || f->width > f->pitch || f->pitch > PIXELS_MOST || f->height > PIXELS_MOST) return false;
    u64 needed = (u64)f->pitch * f->height * PIXEL;
    return f->base && !(f->base % PIXEL) && f->size >= needed && range_inside(f->base, needed, GUEST_WINDOW);
}

bool screens_add(struct handoff *h, const struct framebuffer *f) {
    if (h->framebuffers == HANDOFF_SCREENS || !bytes_fit(f) || !pixels_fit(f)) return false;
    for (unsigned i = 0; i < h->framebuffers; i++)
        if (h->framebuffer[i].base == f->base) return false; // one screen under two handles
    struct framebuffer *to = &h->framebuffer[h->framebuffers++];
    *to = *f;
    to->size = (u64)f->pitch * f->height * PIXEL;
    return true;
}
