// SPDX-License-Identifier: MIT
// The kernel where it wants to be, the device tree at the top, the initrd between:
//
//   RAM              | firmware's 2 MiB | kernel: Image, bss |  ...  | initrd |  ...  | device tree | end, or 3 GiB
//
// Tree and initrd are where QEMU's virt board has them, since firmware counts on that: OpenSBI's fw_jump copies the tree to 34 MiB above
// the start of RAM, U-Boot itself to RAM's end.
#include "loader/riscv64/load.h"

#include "base/bits.h"
#include "loader/elf.h"
#include "loader/foreign.h"
#include "loader/gunzip.h"
#include "loader/image.h"
#include "loader/raw.h"
#include "loader/riscv64/linux.h"
#include "loader/riscv64/start.h"
#include "loader/zboot.h"

#include <string.h>

typedef unsigned long long ull;

#define MACHINE_RISCV64 0x5064 // IMAGE_FILE_MACHINE_RISCV64
#define TREE_ALIGN ((u64)2 * MiB)
#define TREE_LAST ((gpa_t)3 * GiB - 1) // what the first 32-bit mappings of firmware reach
#define INITRD_FAR ((u64)128 * MiB)    // behind the kernel's first byte, or half of RAM if that is less

static const struct elf_machines machines = {0, 243, "243 (RISC-V) in ELF64"}; // EM_RISCV

struct riscv64_start riscv64_start_of(const struct image *image) {
    struct riscv64_start s;
    static_assert(sizeof s <= sizeof image->start);
    memcpy(&s, image->start, sizeof s);
    return s;
}

static int place_tree(struct load_target *t, struct image *image) {
    if (!t->tree_room) return 0;
    const struct target_want want = {.name = "device tree",
                                     .size = t->tree_room,
                                     .align = TREE_ALIGN,
                                     .lowest = image->kernel.start + image->kernel.size,
                                     .last = TREE_LAST,
                                     .high = true};
    int e = target_find(t, &want, &image->tree.start);
    if (!e) image->tree.size = t->tree_room;
    return e;
}

// Far behind the kernel, so that one that is larger than it says has room; else wherever there is room behind it.
static int place_initrd(struct load_target *t, const struct boot *b, struct image *image) {
    u64 size = boot_initrd_size(b), half = target_ram_size(t) / 2;
    if (!size) return 0;
    gpa_t far = align_up(image->kernel.start + (half < INITRD_FAR ? half : INITRD_FAR), PAGE_SIZE), at;
    bool fits = far + (size - 1) > far && target_is_free(t, far, size);
    const struct target_want want = {
        .name = "initrd", .align = PAGE_SIZE, .lowest = fits ? far : image->kernel.start + image->kernel.size, .last = ~(gpa_t)0};
    int e = target_place_initrds(t, b, want, &at);
    if (!e) image->initrd = (struct image_range){at, size};
    return e;
}

// The image is in its place; the rest of what it starts with.
static int finish(struct load_target *t, const struct boot *b, struct image *image) {
    const struct riscv64_start start = {.machine = image->entry - target_ram_start(t) < RISCV64_FIRMWARE};
    memcpy(image->start, &start, sizeof start);
    int e = place_tree(t, image);
    if (!e) e = place_initrd(t, b, image);
    if (!e) memcpy(image->cmdline, b->cmdline, sizeof image->cmdline);
    return e;
}

static const char *mode(const struct image *image) { return riscv64_start_of(image).machine ? "M-mode" : "S-mode"; }

static int load_linux(struct load_target *t, const struct boot *b, struct image *out) {
    struct image image = {.kind = IMAGE_LINUX};
    int e = riscv64_place_image(t, &b->kernel, &image.kernel);
    image.entry = image.kernel.start;
    if (!e) e = finish(t, b, &image);
    if (e) return e;
    log_info(t->plat, "%s: Linux for RISC-V, %llu bytes at %#llx, entered in %s", b->kernel.name, (ull)b->kernel.size,
             (ull)image.entry, mode(&image));
    log_info(t->plat, "command line: %s", b->cmdline);
    *out = image;
    return 0;
}

static int load_elf(struct load_target *t, const struct boot *b, struct image *out) {
    struct image image = {.kind = IMAGE_ELF64};
    struct elf elf;
    int e = elf_open(&elf, t->plat, &b->kernel, &machines);
    if (!e) e = elf_physical_entry(&elf, t->plat, &image.entry);
    if (!e) e = elf_load_segments(t, &elf);
    if (e) return e;
    image.kernel.start = elf_bottom(&elf), image.kernel.size = elf_top(&elf) - elf_bottom(&elf);
    e = finish(t, b, &image);
    if (e) return e;
    log_info(t->plat, "%s: ELF64 for RISC-V, entry %#llx in %s", b->kernel.name, (ull)image.entry, mode(&image));
    *out = image;
    return 0;
}

static int load_raw(struct load_target *t, const struct emu_config *c, const struct boot *b, struct image *out) {
    struct image image = {.kind = IMAGE_RAW};
    const struct span *f = &b->kernel;
    gpa_t address = c->has_load_address ? c->load_address : target_ram_start(t);
    int e = raw_place(t, c, f, address, &image.entry);
    if (e) return e;
    image.kernel = (struct image_range){address, f->size};
    e = finish(t, b, &image);
    if (e) return e;
    log_info(t->plat, "%s: raw image, %llu bytes at %#llx, entry %#llx in %s", f->name, (ull)f->size, (ull)address,
             (ull)image.entry, mode(&image));
    *out = image;
    return 0;
}

static int refuse_unknown(struct plat *p, const struct boot *b, const char *kind) {
    if (b->multiboot) log_error(p, "%s: the boot menu starts it by Multiboot %u, which is for x86", b->kernel.name, b->multiboot);
    else
        log_error(p, "%s: neither ISO 9660, RISC-V Image nor ELF%s%s; a raw image needs %s", b->kernel.name, kind ? ", but " : "",
                  kind ? kind : "", kind ? "load_address" : "arch = riscv64 or load_address");
    return ERR_INVALID;
}

static int load(struct load_target *t, const struct emu_config *c, struct boot *b, struct image *out) {
    const struct span *k = &b->kernel;
    bool image = !b->multiboot && riscv64_is_image(k), elf = !b->multiboot && elf_is(k);
    const char *kind = foreign_name(k);
    t->initrds = boot_initrd_size(b);
    if (image) boot_hint_console(b, t->plat, c->virtio_console, true);
    if ((image || elf) && c->has_load_address)
        log_warn(t->plat, "%s: load_address and entry are for raw images; this one brings its own", k->name);
    if (image) return load_linux(t, b, out);
    if (elf) return load_elf(t, b, out);
    int e = c->has_load_address ? 0 : foreign_check_partitioned(t->plat, k);
    if (e) return e;
    bool raw = c->has_load_address || (c->arch == ARCH_RISCV64 && !kind);
    return raw && !b->multiboot ? load_raw(t, c, b, out) : refuse_unknown(t->plat, b, kind);
}

static gpa_t top_of(const struct boot *b, gpa_t ram, const struct emu_config *c, struct plat *p) {
    const struct span *k = &b->kernel;
    struct elf elf;
    gpa_t top;
    if (riscv64_is_image(k)) {
        u64 reach = riscv64_image_reach(k, p);
        // The initrd is unpacked into RAM: both at once must fit, and a little to run.
        return reach && !add_overflows(ram, reach, &top) ? top + align_up(boot_initrd_size(b), MiB) : 0;
    }
    if (elf_is(k)) return elf_open(&elf, p, k, &machines) ? 0 : elf_top(&elf);
    if (!c->has_load_address && (gzip_is(k) || zboot_is(k))) return 0; // nothing is unpacked to find that out
    return !add_overflows(c->has_load_address ? c->load_address : ram, k->size, &top) ? top : 0;
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
