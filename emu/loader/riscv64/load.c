// SPDX-License-Identifier: MIT
#include "loader/riscv64/load.h"

#include "loader/gunzip.h"
#include "loader/riscv64/linux.h"
#include "loader/riscv64/start.h"
#include "loader/tree.h"
#include "loader/zboot.h"

#include <string.h>

#define MACHINE_RISCV64 0x5064 // IMAGE_FILE_MACHINE_RISCV64

static const struct elf_machines machines = {0, 243, "243 (RISC-V) in ELF64"}; // EM_RISCV

struct riscv64_start riscv64_start_of(const struct image *image) {
    struct riscv64_start s;
    static_assert(sizeof s <= sizeof image->start);
    memcpy(&s, image->start, sizeof s);
    return s;
}

static void fill_start(const struct load_target *t, struct image *image) {
    const struct riscv64_start start = {.machine = image->entry - target_ram_start(t) < RISCV64_FIRMWARE};
    memcpy(image->start, &start, sizeof start);
}

static const char *mode(const struct image *image) { return riscv64_start_of(image).machine ? "M-mode" : "S-mode"; }

static const struct tree_kernels kernels = {.title = "RISC-V",
                                            .console = "ttyS0",
                                            .machines = &machines,
                                            .is_image = riscv64_is_image,
                                            .place_image = riscv64_place_image,
                                            .image_reach = riscv64_image_reach,
                                            .start = fill_start,
                                            .mode = mode};

static int load(struct load_target *t, const struct emu_config *c, struct boot *b, struct image *out) {
    return tree_load(&kernels, t, c, b, out);
}

static gpa_t top_of(const struct boot *b, gpa_t ram, const struct emu_config *c, struct plat *p) {
    return tree_top(&kernels, b, ram, c, p);
}

static bool is_zboot(const struct span *f) { return zboot_is(f) && pe_machine(f) == MACHINE_RISCV64; }
static bool knows(const struct span *f) { return riscv64_is_image(f) || is_zboot(f) || elf_is_for(f, &machines); }
static bool is_linux(const struct span *f) { return riscv64_is_image(f) || is_zboot(f) || gzip_is(f); }

const struct loader_arch loader_riscv64 = {
    .arch = ARCH_RISCV64,
    .name = "riscv64",
    .is_linux = is_linux,
    .linux_name = "RISC-V Image",
    .grub_cpu = "riscv64",
    .grub_platform = "efi",
    .efi_loader = "BOOTRISCV64.EFI",
    .pe_machine = MACHINE_RISCV64,
    .knows = knows,
    .load = load,
    .top = top_of,
};
