// SPDX-License-Identifier: MIT
// Any bytes as a guest image (bzImage, ELF, PVH, Multiboot, raw): refused with a message, or loaded inside RAM.
#include "images.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size) {
    static struct world *w;
    if (!size) return 0;
    if (!w) w = world_new();
    world_again(w);
    // Exactly its bytes, so that a read past the end is seen.
    u8 *bytes = malloc(size);
    memcpy(bytes, data + 1, size - 1);
    w->in.kernel = (struct blob){"fuzz", bytes, size - 1};
    if (data[0] & 1) w->in.initrd = (struct blob){"initrd", bytes, (size - 1) / 2};
    w->c.has_load_address = data[0] & 2;
    w->c.load_address = data[0] & 4 ? WORLD_HIGH : 0x7c00;
    world_top(w);
    if (w->s.log_len) abort(); // loader_top is silent
    if (world_load(w) && !w->s.log_len) abort();
    free(bytes);
    return 0;
}
