// SPDX-License-Identifier: MIT
// Linux's Image (Documentation/arch/arm64/booting.rst), packed in an EFI zboot kernel or not, and ELF.
#include "loader/arm64/load.h"

#include "base/bits.h"
#include "loader/elf.h"
#include "loader/gunzip.h"
#include "loader/zboot.h"

#include <string.h>

#define MAGIC_AT 56
#define MACHINE_ARM64 0xaa64 // IMAGE_FILE_MACHINE_ARM64

static const struct elf_machines machines = {0, 183, "183 (AArch64) in ELF64"};

static bool is_image(const struct span *f) {
    return range_inside(MAGIC_AT, 4, f->size) && !memcmp(f->data + MAGIC_AT, "ARM\x64", 4);
}

static bool is_zboot(const struct span *f) { return zboot_is(f) && pe_machine(f) == MACHINE_ARM64; }
static bool knows(const struct span *f) { return is_image(f) || is_zboot(f) || elf_is_for(f, &machines); }
static bool is_linux(const struct span *f) { return is_image(f) || is_zboot(f) || gzip_is(f); }

const struct loader_arch loader_arm64 = {
    .arch = ARCH_ARM64,
    .name = "arm64",
    .is_linux = is_linux,
    .linux_name = "arm64 Image",
    .grub_cpu = "arm64",
    .grub_platform = "efi",
    .efi_loader = "BOOTAA64.EFI",
    .pe_machine = MACHINE_ARM64,
    .knows = knows,
};
