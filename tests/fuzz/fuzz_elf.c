// SPDX-License-Identifier: MIT
// ELF files that lie, of both classes, plain or with a PVH note. The input: u8 kind (1: 64-bit, 2: PVH), then as patched.h.
// CI: 80000 runs.
#include "patched.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size) {
    static u8 image[ELF_FILE_SIZE];
    if (!size) return 0;
    bool is64 = data[0] & 1;
    elf_make(image, is64, 0x200000, is64 ? 0xffffffff80000000 : 0);
    if (data[0] & 2) {
        u8 *note = elf_header(image, 2);
        memcpy(image + 0x180, "\4\0\0\0\4\0\0\0\x12\0\0\0Xen\0\x10\0\x20\0", 20);
        memcpy(note, is64 ? "\4\0\0\0\0\0\0\0\x80\1" : "\4\0\0\0\x80\1\0\0\0\0", 10);
        note[is64 ? 32 : 16] = 20;
        image[is64 ? 56 : 44] = 3;
    }
    load_patched(image, sizeof image, data + 1, size - 1);
    return 0;
}
