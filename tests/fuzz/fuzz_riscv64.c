// SPDX-License-Identifier: MIT
// Kernels for boards with a device tree that lie, RISC-V's and Arm64's: Image, packed by gzip, in an EFI zboot kernel, ELF. The input: u8
// kind (bit 2: Arm64), then as patched.h.
// CI: 110000 runs.
#include "images_arm64.h"
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

struct images {
    struct world *w;
    u8 image[IMAGE_FILE_SIZE], elf[ELF_FILE_SIZE], gz[0x4000], zboot[0x4000];
    u64 gz_size, zboot_size;
};

static void finish(struct images *m, u16 machine) {
    m->gz_size = pack(m->gz, sizeof m->gz, m->image, sizeof m->image);
    memcpy(m->zboot + ZBOOT_HEADER, m->gz, m->gz_size);
    m->zboot_size = zboot_make(m->zboot, machine, "gzip", m->gz_size);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size) {
    static struct images riscv, arm;
    if (!riscv.w) {
        riscv.w = world_new_riscv64();
        image_make(riscv.image);
        elf_make_riscv64(riscv.elf, VIRT_RAM + 0x200000, 0xffffffff00000000);
        finish(&riscv, 0x5064);
        arm.w = world_new_arm64();
        arm64_image_make(arm.image);
        elf_make_arm64(arm.elf, ARM64_RAM + 0x200000, 0xffffffff00000000);
        finish(&arm, 0xaa64);
    }
    if (!size) return 0;
    struct images *m = data[0] & 4 ? &arm : &riscv;
    const struct {
        const u8 *good;
        u64 size;
    } kinds[] = {{m->image, sizeof m->image}, {m->elf, sizeof m->elf}, {m->gz, m->gz_size}, {m->zboot, m->zboot_size}};
    load_patched_into(m->w, kinds[data[0] & 3].good, kinds[data[0] & 3].size, data + 1, size - 1);
    return 0;
}
