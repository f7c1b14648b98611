// SPDX-License-Identifier: MIT
// Multiboot kernels that lie: as ELF, or with addresses in the header. The input: u8 kind (1: addresses, 4: version 2), then as
// patched.h. Which flags there are (of version 2: which tags) is the kind's to say (bit 1: one of them changed), so that the
// checksum is right.
// CI: 100000 runs.
#include "patched.h"

#include "base/le.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static u8 *put_tag(u8 *at, u16 type, const u32 *values, u32 count) {
    st16(at, type), st16(at + 2, 0), st32(at + 4, 8 + 4 * count);
    for (u32 i = 0; i < count; i++) st32(at + 8 + 4 * i, values[i]);
    return at + ((8 + 4 * count + 7) & ~7u);
}

// Bits of `tags`: a tag of that type is left out.
static void put_header2(u8 *header, bool addresses, u32 tags) {
    static const u32 request[] = {1, 3, 6, 9, 21}, address[] = {0x200040, 0x200000, 0x200200, 0x200300}, entry = 0x200080;
    static const u32 move[] = {0x100000, 0xffffffff, 0x1000, 2}, console = 3, screen[] = {80, 25, 0};
    u8 *at = header + 16;
    st32(header, 0xe85250d6), st32(header + 4, 0);
    if (!(tags & 1)) at = put_tag(at, 1, request, countof(request));
    if (addresses) at = put_tag(at, 2, address, countof(address));
    if (addresses && !(tags & 2)) at = put_tag(at, 3, &entry, 1);
    if (!(tags & 4)) at = put_tag(at, 4, &console, 1);
    if (!(tags & 8)) at = put_tag(at, 5, screen, countof(screen));
    if (!(tags & 16)) at = put_tag(at, 10, move, countof(move));
    at = put_tag(at, 0, NULL, 0);
    st32(header + 8, (u32)(at - header)), st32(header + 12, -(0xe85250d6 + (u32)(at - header)));
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size) {
    static u8 image[ELF_FILE_SIZE];
    if (!size) return 0;
    u32 flags = data[0] & 1 ? 0x10003 : 3;
    u8 *header = data[0] & 1 ? image + 0x40 : image + 0x180;
    elf_make(image, false, 0x200000, 0);
    if (data[0] & 1) memset(image, 0, 0x40); // no ELF
    if (data[0] & 4) {
        put_header2(data[0] & 1 ? image + 0x40 : image + 0x100, data[0] & 1, data[0] & 2 ? data[0] >> 3 : 0);
        st32(image + 32, ELF_FILE_SIZE - 80), st16(image + 46, 40), st16(image + 48, 2); // its sections
        load_patched(image, sizeof image, data + 1, size - 1);
        return 0;
    }
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
