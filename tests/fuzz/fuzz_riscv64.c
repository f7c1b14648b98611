// SPDX-License-Identifier: MIT
// RISC-V kernels that lie: Image, packed by gzip, in an EFI zboot kernel, ELF. The input: u8 kind, then as patched.h.
#include "images_riscv64.h"
#include "patched.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static u64 pack(u8 *to, u64 room, const u8 *bytes, u64 size) {
    z_stream z = {0};
    if (deflateInit2(&z, 9, Z_DEFLATED, 31, 9, Z_DEFAULT_STRATEGY)) abort();
    z.next_in = (u8 *)(uintptr_t)bytes, z.avail_in = (uInt)size, z.next_out = to, z.avail_out = (uInt)room;
    if (deflate(&z, Z_FINISH) != Z_STREAM_END) abort();
    deflateEnd(&z);
    return z.total_out;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size) {
    static struct world *w;
    static u8 image[IMAGE_FILE_SIZE], elf[ELF_FILE_SIZE], gz[0x4000], zboot[0x4000];
    static u64 gz_size, zboot_size;
    if (!w) {
        w = world_new_riscv64();
        image_make(image);
        elf_make_riscv64(elf, VIRT_RAM + 0x200000, 0xffffffff00000000);
        gz_size = pack(gz, sizeof gz, image, sizeof image);
        memcpy(zboot + ZBOOT_HEADER, gz, gz_size);
        zboot_size = zboot_make(zboot, 0x5064, "gzip", gz_size);
    }
    if (!size) return 0;
    const struct {
        const u8 *good;
        u64 size;
    } kinds[] = {{image, sizeof image}, {elf, sizeof elf}, {gz, gz_size}, {zboot, zboot_size}};
    load_patched_into(w, kinds[data[0] & 3].good, kinds[data[0] & 3].size, data + 1, size - 1);
    return 0;
}
