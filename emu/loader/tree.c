// SPDX-License-Identifier: MIT
// The kernel where it wants to be, the device tree at the top, the initrd between:
//
//   RAM   | kernel: Image, bss |  ...  | initrd |  ...  | device tree | end, or 3 GiB
//
// Tree and initrd are where QEMU's virt for RISC-V has them, since firmware counts on that: OpenSBI's fw_jump copies the tree to 34 MiB
// above the start of RAM, U-Boot itself to RAM's end.
#include "loader/tree.h"

#include "base/bits.h"
#include "loader/foreign.h"
#include "loader/gunzip.h"
#include "loader/raw.h"
#include "loader/zboot.h"

#include <string.h>

typedef unsigned long long ull;

#define TREE_ALIGN ((u64)2 * MiB)
#define TREE_LAST ((gpa_t)3 * GiB - 1) // what the first 32-bit mappings of firmware reach
#define INITRD_FAR ((u64)128 * MiB)    // behind the kernel's first byte, or half of RAM if that is less

static int place_tree(const struct tree_kernels *k, struct load_target *t, struct image *image) {
    gpa_t ram = target_ram_start(t);
    if (!t->tree_room) return 0;
    image->tree.size = t->tree_room;
    if (k->tree_first && image->kind != IMAGE_LINUX && target_is_free(t, ram, t->tree_room)) {
        image->tree.start = ram;
        return target_claim(t, "device tree", ram, t->tree_room);
    }
    const struct target_want want = {.name = "device tree",
                                     .size = t->tree_room,
                                     .align = TREE_ALIGN,
                                     .lowest = image->kernel.start + image->kernel.size,
                                     .last = TREE_LAST,
                                     .high = true};
    return target_find(t, &want, &image->tree.start);
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
static int finish(const struct tree_kernels *k, struct load_target *t, const struct boot *b, struct image *image) {
    if (k->start) k->start(t, image);
    int e = place_tree(k, t, image);
    if (!e) e = place_initrd(t, b, image);
    if (!e) memcpy(image->cmdline, b->cmdline, sizeof image->cmdline);
    return e;
}

static int load_linux(const struct tree_kernels *k, struct load_target *t, const struct boot *b, struct image *out) {
    struct image image = {.kind = IMAGE_LINUX};
    int e = k->place_image(t, &b->kernel, &image.kernel);
    image.entry = image.kernel.start;
    if (!e) e = finish(k, t, b, &image);
    if (e) return e;
    log_info(t->plat, "%s: Linux for %s, %llu bytes at %#llx, entered in %s", b->kernel.name, k->title, (ull)b->kernel.size,
             (ull)image.entry, k->mode(&image));
    log_info(t->plat, "command line: %s", b->cmdline);
    *out = image;
    return 0;
}

static int load_elf(const struct tree_kernels *k, struct load_target *t, const struct boot *b, struct image *out) {
    struct image image = {.kind = IMAGE_ELF64};
    struct elf elf;
    int e = elf_open(&elf, t->plat, &b->kernel, k->machines);
    if (!e) e = elf_physical_entry(&elf, t->plat, &image.entry);
    if (!e) e = elf_load_segments(t, &elf);
    if (e) return e;
    image.kernel.start = elf_bottom(&elf), image.kernel.size = elf_top(&elf) - elf_bottom(&elf);
    e = finish(k, t, b, &image);
    if (e) return e;
    log_info(t->plat, "%s: ELF64 for %s, entry %#llx in %s", b->kernel.name, k->title, (ull)image.entry, k->mode(&image));
    *out = image;
    return 0;
}

static int load_raw(const struct tree_kernels *k, struct load_target *t, const struct emu_config *c, const struct boot *b,
                    struct image *out) {
    struct image image = {.kind = IMAGE_RAW};
    const struct span *f = &b->kernel;
    gpa_t address = c->has_load_address ? c->load_address : target_ram_start(t);
    int e = raw_place(t, c, f, address, &image.entry);
    if (e) return e;
    image.kernel = (struct image_range){address, f->size};
    e = finish(k, t, b, &image);
    if (e) return e;
    log_info(t->plat, "%s: raw image, %llu bytes at %#llx, entry %#llx in %s", f->name, (ull)f->size, (ull)address,
             (ull)image.entry, k->mode(&image));
    *out = image;
    return 0;
}

static int refuse_unknown(struct plat *p, const struct boot *b, const char *kind) {
    if (b->multiboot) log_error(p, "%s: the boot menu starts it by Multiboot %u, which is for x86", b->kernel.name, b->multiboot);
    else if (kind)
        log_error(p, "%s: neither ISO 9660, %s nor ELF, but %s; a raw image needs load_address", b->kernel.name,
                  b->arch->linux_name, kind);
    else
        log_error(p, "%s: neither ISO 9660, %s nor ELF; a raw image needs arch = %s or load_address", b->kernel.name,
                  b->arch->linux_name, b->arch->name);
    return ERR_INVALID;
}

int tree_load(const struct tree_kernels *k, struct load_target *t, const struct emu_config *c, struct boot *b,
              struct image *out) {
    const struct span *f = &b->kernel;
    bool image = !b->multiboot && k->is_image(f), elf = !b->multiboot && elf_is(f);
    const char *kind = foreign_name(f);
    t->initrds = boot_initrd_size(b);
    if (image) boot_hint_console(b, t->plat, k->console, c->virtio_console, true);
    if ((image || elf) && c->has_load_address)
        log_warn(t->plat, "%s: load_address and entry are for raw images; this one brings its own", f->name);
    if (image) return load_linux(k, t, b, out);
    if (elf) return load_elf(k, t, b, out);
    int e = c->has_load_address ? 0 : foreign_check_partitioned(t->plat, f);
    if (e) return e;
    bool raw = c->has_load_address || (c->arch == b->arch->arch && !kind);
    return raw && !b->multiboot ? load_raw(k, t, c, b, out) : refuse_unknown(t->plat, b, kind);
}

gpa_t tree_top(const struct tree_kernels *k, const struct boot *b, gpa_t ram, const struct emu_config *c, struct plat *p) {
    const struct span *f = &b->kernel;
    struct elf elf;
    gpa_t top;
    if (k->is_image(f)) {
        u64 reach = k->image_reach(f, p);
        // The initrd is unpacked into RAM: both at once must fit, and a little to run.
        return reach && !add_overflows(ram, reach, &top) ? top + align_up(boot_initrd_size(b), MiB) : 0;
    }
    if (elf_is(f)) return elf_open(&elf, p, f, k->machines) ? 0 : elf_top(&elf);
    if (!c->has_load_address && (gzip_is(f) || zboot_is(f))) return 0; // nothing is unpacked to find that out
    return !add_overflows(c->has_load_address ? c->load_address : ram, f->size, &top) ? top : 0;
}
