// SPDX-License-Identifier: MIT
// Multiboot kernels that lie: as ELF, or with addresses in the header. The input: u8 kind (1: addresses), then as patched.h.
// Which flags there are is the kind's to say (bit 1: one of them changed), so that their checksum is right.
#include "patched.h"

#include "base/le.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size) {
    static u8 image[ELF_FILE_SIZE];
    if (!size) return 0;
    u32 flags = data[0] & 1 ? 0x10003 : 3;
    u8 *header = data[0] & 1 ? image + 0x40 : image + 0x180;
    elf_make(image, false, 0x200000, 0);
    if (data[0] & 1) memset(image, 0, 0x40); // no ELF
    if (data[0] & 2) flags ^= 1u << (data[0] >> 3);
    st32(header, 0x1badb002);
    st32(header + 4, flags);
    st32(header + 8, -(0x1badb002 + flags));
    if (data[0] & 1) {
        static const u32 fields[] = {0x200040, 0x200000, 0x200200, 0x200300, 0x200080};
        for (unsigned i = 0; i < countof(fields); i++) st32(header + 12 + 4 * i, fields[i]);
    }
    load_patched(image, sizeof image, data + 1, size - 1);
    return 0;
}
