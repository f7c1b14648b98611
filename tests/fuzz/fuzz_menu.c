// SPDX-License-Identifier: MIT
// Any text as the boot menus of an ISO: isolinux.cfg, grub.cfg, a file that either may read, a loader entry and loader.conf, with
// 0xff bytes between.
// CI: 2100 runs.
#include "images.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

#define MOST 4096

int LLVMFuzzerTestOneInput(const u8 *data, size_t size) {
    static struct world *w;
    static u8 kernel[BZIMAGE_SIZE];
    if (!w) w = world_new();
    world_again(w);
    bzimage_make(kernel);
    if (!size || size > MOST) return 0;
    struct iso_file files[] = {{"/isolinux/isolinux.cfg", "", 0},
                               {"/boot/grub/grub.cfg", "", 0},
                               {"/isolinux/inc", "", 0},
                               {"/loader/entries/a.conf", "", 0},
                               {"/loader/loader.conf", "", 0},
                               {"/k", kernel, sizeof kernel},
                               {"/i", "initrd", 0}};
    for (unsigned i = 0; i < 5 && size; i++) {
        const u8 *end = memchr(data, 0xff, size);
        size_t n = end ? (size_t)(end - data) : size;
        files[i].data = data, files[i].size = n;
        if (!n) files[i].data = "";
        n += end != NULL;
        data += n, size -= n;
    }
    struct iso_image iso = iso_make(files, countof(files), ISO_ROCK_RIDGE);
    w->in.kernel = (struct blob){"fuzz.iso", iso.data, iso.size};
    if (world_load(w) && !w->s.log_len) abort();
    free(iso.data);
    return 0;
}
