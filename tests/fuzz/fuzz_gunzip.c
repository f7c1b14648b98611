// SPDX-License-Identifier: MIT
// Packed files: a kernel, and a module of one. The input: u8 kind (1: the module, 2: what follows is deflated data, behind a
// right header; else patches as in patched.h to a good file), then that.
// CI: 4800 runs.
#include "patched.h"

#include "base/le.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static void elf_kernel(u8 image[static ELF_FILE_SIZE]) {
    elf_make(image, false, 0x200000, 0);
    st32(image + 0x180, 0x1badb002), st32(image + 0x184, 3), st32(image + 0x188, -(0x1badb002u + 3));
}

static size_t pack(u8 *to, size_t room, const u8 *from, size_t size) {
    z_stream z = {.next_in = (u8 *)(uintptr_t)from, .avail_in = (uInt)size, .next_out = to, .avail_out = (uInt)room};
    if (deflateInit2(&z, 9, Z_DEFLATED, 31, 9, Z_DEFAULT_STRATEGY) || deflate(&z, Z_FINISH) != Z_STREAM_END) abort();
    deflateEnd(&z);
    return z.total_out;
}

static void load(u8 *packed, size_t n, bool as_module) {
    static struct world *w;
    static u8 kernel[ELF_FILE_SIZE];
    if (!w) w = world_new();
    world_again(w);
    elf_kernel(kernel);
    w->in.kernel = as_module ? (struct blob){"kernel", kernel, sizeof kernel} : (struct blob){"fuzz", packed, n};
    if (as_module) w->in.initrd = (struct blob){"fuzz", packed, n};
    if (world_load(w) && !w->s.log_len) abort();
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size) {
    static const u8 head[] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3};
    static u8 good[ELF_FILE_SIZE], image[ELF_FILE_SIZE];
    if (!size) return 0;
    if (!(data[0] & 2)) {
        elf_kernel(image);
        load_patched(good, pack(good, sizeof good, image, sizeof image), data + 1, size - 1);
        return 0;
    }
    size_t n = sizeof head + size - 1;
    u8 *packed = malloc(n); // exactly its bytes, so that a read past the end is seen
    memcpy(packed, head, sizeof head);
    memcpy(packed + sizeof head, data + 1, size - 1);
    load(packed, n, data[0] & 1);
    free(packed);
    return 0;
}
