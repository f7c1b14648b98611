// SPDX-License-Identifier: MIT
// A good ISO with any bytes of its first sectors changed: refused with a message, or booted. The input is a list of
// patches, since a whole image would be too large to be mutated well: u8 kinds of names (and 4: for RISC-V), then u16 offset in units of 4
// bytes, u8 count (0..15), count bytes ...
// CI: 14000 runs.
#include "images_riscv64.h"

#include "base/le.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static u8 kernel[BZIMAGE_SIZE]; // or a RISC-V Image, of the same size
static_assert(BZIMAGE_SIZE == IMAGE_FILE_SIZE);

static const struct iso_file files[] = {
    {"/isolinux/isolinux.cfg", "include menu.cfg\ndefault vesamenu.c32\n", 0},
    {"/isolinux/menu.cfg", "label a\nkernel /boot/k1\nappend initrd=/boot/i1 --- x\n", 0},
    {"/boot/grub/grub.cfg", "menuentry 'a' {\nlinux /boot/k1 x\ninitrd /boot/i1\n}\n", 0},
    {"/boot/k1", kernel, sizeof kernel},
    {"/boot/i1", "initrd", 0},
    {"/isolinux/a-name-of-more-than-forty-bytes-that-is-continued-elsewhere", "x", 0},
    {"/boot/link", "../linked/k1", ISO_LINK},
    {"/linked", "boot", ISO_LINK},
    {"/rr_moved/deep/x", "x", 0},
    {"/loader/deep", "/rr_moved/deep", ISO_MOVED},
    {"/loader/entries/a.conf", "linux /boot/link\ninitrd /loader/deep/x\n", 0},
};

// Sectors 16 (the volume descriptors) up to 64 hold everything that has a structure.
#define FIRST (16 * 2048)
#define LAST (64 * 2048)

int LLVMFuzzerTestOneInput(const u8 *data, size_t size) {
    static struct world *worlds[2];
    static struct iso_image good[8];
    static u8 *image;
    if (!worlds[0]) {
        worlds[0] = world_new(), worlds[1] = world_new_riscv64();
        for (unsigned kinds = 0; kinds < 8; kinds++) {
            if (kinds & 4) image_make(kernel);
            else bzimage_make(kernel);
            good[kinds] = iso_make(files, countof(files), kinds & 3);
        }
        image = malloc(good[0].size);
    }
    if (!size) return 0;
    struct world *w = worlds[data[0] >> 2 & 1];
    world_again(w);
    memcpy(image, good[data[0] & 7].data, good[0].size);
    for (size_t at = 1; at + 3 <= size;) {
        u64 offset = FIRST + 4 * (u64)ld16(data + at);
        size_t n = data[at + 2] & 15;
        at += 3;
        if (n > size - at) n = size - at;
        if (offset + n <= LAST) memcpy(image + offset, data + at, n);
        at += n;
    }
    w->in.kernel = (struct blob){"fuzz.iso", image, good[0].size};
    world_top(w);
    if (w->s.log_len) abort(); // it is silent
    if (world_load(w) && !w->s.log_len) abort();
    return 0;
}
