// SPDX-License-Identifier: MIT
// Any bytes as a guest image (bzImage, ELF, PVH, Multiboot, raw): refused with a message, or loaded inside RAM.
// Build: clang-19 -std=gnu23 -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -Iinclude -Iemu
//        -Itests/unit -o fuzz_loader tests/fuzz/fuzz_loader.c tests/unit/{scripted_plat,images}.c build/asan/libemu.a
// Seeds: `SEEDS=folder fuzz_loader` writes good images to start from.
#include "images.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static void seed(const char *folder, const char *name, const u8 *bytes, size_t size) {
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "wb");
    if (!f) return;
    fputc(1, f);
    fwrite(bytes, 1, size, f);
    fclose(f);
}

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    static u8 image[BZIMAGE_SIZE];
    const char *folder = getenv("SEEDS");
    if (!folder) return 0;
    bzimage_make(image);
    seed(folder, "bzimage", image, BZIMAGE_SIZE);
    elf_make(image, true, 0x200000, 0xffffffff80000000);
    seed(folder, "elf64", image, ELF_FILE_SIZE);
    memcpy(image + 0x180, "\4\0\0\0\4\0\0\0\x12\0\0\0Xen\0\x10\0\x20\0", 20);
    memcpy(elf_header(image, 2), "\4\0\0\0\0\0\0\0\x80\1", 10);
    elf_header(image, 2)[32] = 20, image[56] = 3;
    seed(folder, "pvh", image, ELF_FILE_SIZE);
    elf_make(image, false, 0x200000, 0);
    memcpy(image + 0x180, "\x02\xb0\xad\x1b\3\0\0\0\xfb\x4f\x52\xe4", 12);
    seed(folder, "multiboot", image, ELF_FILE_SIZE);
    memcpy(image, "\x02\xb0\xad\x1b\0\0\1\0\xfe\x4f\x51\xe4\0\0\x20\0\0\0\x20\0\0\2\x20\0\0\3\x20\0\0\0\x20\0", 32);
    seed(folder, "addresses", image, ELF_FILE_SIZE);
    return 0;
}

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
    loader_top(&w->c, &w->in);
    if (w->s.log_len) abort(); // loader_top is silent
    if (world_load(w) && !w->s.log_len) abort();
    free(bytes);
    return 0;
}
