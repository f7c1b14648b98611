// SPDX-License-Identifier: MIT
#include "loader/arm64/load.h"

#include "loader/arm64/linux.h"
#include "loader/gunzip.h"
#include "loader/tree.h"
#include "loader/zboot.h"

#define MACHINE_ARM64 0xaa64 // IMAGE_FILE_MACHINE_ARM64

static const struct elf_machines machines = {0, 183, "183 (AArch64) in ELF64"}; // EM_AARCH64

static const char *mode(const struct image *image) { return "EL1"; }

static const struct tree_kernels kernels = {.title = "Arm64",
                                            .console = "ttyAMA0",
                                            .machines = &machines,
                                            .tree_first = true,
                                            .is_image = arm64_is_image,
                                            .place_image = arm64_place_image,
                                            .image_reach = arm64_image_reach,
                                            .mode = mode};

static int load(struct load_target *t, const struct emu_config *c, struct boot *b, struct image *out) {
    return tree_load(&kernels, t, c, b, out);
}

static gpa_t top_of(const struct boot *b, gpa_t ram, const struct emu_config *c, struct plat *p) {
    return tree_top(&kernels, b, ram, c, p);
}

static bool is_zboot(const struct span *f) { return zboot_is(f) && pe_machine(f) == MACHINE_ARM64; }
static bool knows(const struct span *f) { return arm64_is_image(f) || is_zboot(f) || elf_is_for(f, &machines); }
static bool is_linux(const struct span *f) { return arm64_is_image(f) || is_zboot(f) || gzip_is(f); }

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
    .load = load,
    .top = top_of,
};
