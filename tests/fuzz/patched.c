// SPDX-License-Identifier: MIT
#include "patched.h"

#include "base/le.h"

#include <stdlib.h>
#include <string.h>

enum { INITRD = 1, LOAD_ADDRESS = 2, COMMAND_LINE = 4, LONG = 8, CUT = 16 };

static void patch(u8 *image, size_t size, const u8 *data, size_t left) {
    while (left >= 4) {
        size_t offset = ld16(data), n = data[2] & 15;
        if (size) offset = data[2] & 0x80 ? size - 1 - offset % size : offset % size;
        data += 3, left -= 3;
        if (n > left) n = left;
        if (offset < size) memcpy(image + offset, data, n < size - offset ? n : size - offset);
        data += n, left -= n;
    }
}

void load_patched(const u8 *good, size_t good_size, const u8 *data, size_t size) {
    static struct world *w;
    if (!w) w = world_new();
    load_patched_into(w, good, good_size, data, size);
}

void load_patched_into(struct world *w, const u8 *good, size_t good_size, const u8 *data, size_t size) {
    if (size < 2) return;
    world_again(w);
    size_t n = data[0] & CUT ? good_size * data[1] / 256 : good_size;
    u8 *image = malloc(n); // exactly its bytes, so that a read past the end is seen
    memcpy(image, good, n);
    patch(image, n, data + 2, size - 2);
    w->in.kernel = (struct blob){"fuzz", image, n};
    if (data[0] & INITRD) w->in.initrd = (struct blob){"initrd", image, n / 2};
    w->c.has_load_address = data[0] & LOAD_ADDRESS;
    w->c.load_address = data[0] & LONG ? WORLD_HIGH : w->map[0].start + 0x100000;
    if (data[0] & COMMAND_LINE) memset(w->c.append, 'x', data[0] & LONG ? sizeof w->c.append - 1 : 20);
    world_top(w);
    if (w->s.log_len) abort(); // loader_top is silent
    if (world_load(w) && !w->s.log_len) abort();
    free(image);
}
