// SPDX-License-Identifier: MIT
// Tells an x86 kernel's kind and hands it to that kind's loader.
#include "loader/x86/load.h"

#include "base/bits.h"
#include "loader/foreign.h"
#include "loader/image.h"
#include "loader/iso9660.h"
#include "loader/raw.h"
#include "loader/x86/linux.h"
#include "loader/x86/multiboot.h"
#include "loader/x86/multiboot2.h"
#include "loader/x86/pvh.h"
#include "loader/x86/start.h"

#include <string.h>

typedef unsigned long long ull;

const struct elf_machines x86_elf = {3, 62, "62 (x86-64) in ELF64 or 3 (386) in ELF32"}; // EM_386, EM_X86_64

// The image's name and a blank in front of the command line, as the boot loaders that brought these guests have it: in an ISO its
// path. The initrd of the configuration goes in place of the menu's modules.
static int multiboot_texts(struct boot *b, struct plat *p) {
    char line[BOOT_CMDLINE + ISO_PATH], name[ISO_PATH];
    if (b->in_iso) plat_format(name, sizeof name, "%s", b->kernel.name);
    else boot_file_name(b->kernel.name, name, sizeof name);
    size_t n = (size_t)plat_format(line, sizeof line, "%s%s%s", name, b->cmdline[0] ? " " : "", b->cmdline);
    int e = boot_set_cmdline(b, p, line, n);
    if (b->initrds) b->modules = 0, b->module_text_used = 0;
    for (unsigned i = 0; i < b->initrds && !e; i++) { // far fewer than there may be modules
        boot_file_name(b->initrd[i].name, name, sizeof name);
        e = boot_add_module(b, &b->initrd[i], name, strlen(name), false);
    }
    return e;
}

static int load_plain_elf(struct load_target *t, const struct elf *elf, const struct boot *b, struct image *out) {
    struct x86_start start = {0};
    gpa_t entry;
    int e = elf_physical_entry(elf, t->plat, &entry);
    if (!e) e = elf_load_segments(t, elf);
    if (!e) e = elf->is64 ? start_long(t, &start) : start_protected(t, &start);
    if (!e) e = start_stack(t, &start);
    if (e) return e;
    if (b->initrds || b->cmdline[0])
        log_warn(t->plat, "%s: a plain ELF takes neither initrd nor command line: they are not used", elf->file.name);
    log_info(t->plat, "%s: ELF%u, entry %#llx", elf->file.name, elf->is64 ? 64 : 32, (ull)entry);
    *out = x86_image(elf->is64 ? IMAGE_ELF64 : IMAGE_ELF32, entry, &start);
    return 0;
}

static int load_elf(struct load_target *t, const struct boot *b, struct image *out) {
    struct elf elf;
    gpa_t entry;
    int e = elf_open(&elf, t->plat, &b->kernel, &x86_elf);
    if (e) return e;
    e = pvh_entry(&elf, t->plat, &entry);
    if (!e) return pvh_load(t, &elf, entry, b, out);
    return e == ERR_NOT_FOUND ? load_plain_elf(t, &elf, b, out) : e;
}

#define FIRST_DISK 0x80 // what a BIOS hands a boot sector in DL

// CS:IP is 0:entry as far as 16 bits reach (a boot sector is at 0:7C00), else 64 KiB segments.
static void start_real(gpa_t entry, struct x86_start *s) {
    s->mode = START_REAL;
    s->cs = (u16)(entry >> 16 << 12);
    s->rdx = FIRST_DISK;
    s->rsp = 0x7c00;
}

static int load_raw(struct load_target *t, const struct emu_config *c, const struct boot *b, struct image *out) {
    struct x86_start start = {0};
    const struct span *f = &b->kernel;
    gpa_t entry;
    int e = raw_place(t, c, f, c->load_address, &entry);
    if (e) return e;
    if (entry < MiB) {
        start_real(entry, &start);
    } else {
        e = start_long(t, &start);
        if (!e) e = start_stack(t, &start);
        if (e) return e;
    }
    log_info(t->plat, "%s: raw image, %llu bytes at %#llx, entry %#llx in %s mode", f->name, (ull)f->size, (ull)c->load_address,
             (ull)entry, start.mode == START_REAL ? "real" : "64-bit");
    *out = x86_image(IMAGE_RAW, entry, &start);
    return 0;
}

enum kind { UNKNOWN, LINUX, MULTIBOOT1, MULTIBOOT2, ELF };

static enum kind kind_of(const struct boot *b) {
    const struct span *k = &b->kernel;
    if (b->multiboot == 2) return multiboot2_is(k) ? MULTIBOOT2 : UNKNOWN;
    if (b->multiboot == 1) return multiboot_is(k) ? MULTIBOOT1 : UNKNOWN;
    return linux_is_bzimage(k) ? LINUX : multiboot_is(k) ? MULTIBOOT1 : multiboot2_is(k) ? MULTIBOOT2 : elf_is(k) ? ELF : UNKNOWN;
}

static int refuse_unknown(struct plat *p, const struct boot *b) {
    const char *kind = foreign_name(&b->kernel);
    if (b->multiboot)
        log_error(p, "%s: the boot menu starts it by Multiboot %u, but it has no such header", b->kernel.name, b->multiboot);
    else
        log_error(p, "%s: neither ISO 9660, bzImage, ELF nor Multiboot%s%s; a raw image needs load_address", b->kernel.name,
                  kind ? ", but " : "", kind ? kind : "");
    return ERR_INVALID;
}

static int load(struct load_target *t, const struct emu_config *c, struct boot *b, struct image *out) {
    enum kind kind = kind_of(b);
    int e = 0;
    t->initrds = boot_initrd_size(b);
    if (kind == LINUX && c->console_serial) e = boot_add_console(b, t->plat);
    if (kind == LINUX && !e) boot_hint_console(b, t->plat, "ttyS0", c->virtio_console, false);
    // GRUB's image between an MBR and the first partition has a Multiboot header of its own.
    if (kind != LINUX && !c->has_load_address) e = foreign_check_partitioned(t->plat, &b->kernel);
    if (e) return e;
    if (kind == MULTIBOOT1 || kind == MULTIBOOT2) e = multiboot_texts(b, t->plat);
    if (e) return e;
    if (kind && c->has_load_address)
        log_warn(t->plat, "%s: load_address and entry are for raw images; this one brings its own", b->kernel.name);
    switch (kind) {
    case LINUX: return linux_load(t, b, out);
    case MULTIBOOT1: return multiboot_load(t, b, out);
    case MULTIBOOT2: return multiboot2_load(t, b, out);
    case ELF: return load_elf(t, b, out);
    case UNKNOWN: break;
    }
    return c->has_load_address ? load_raw(t, c, b, out) : refuse_unknown(t->plat, b);
}

static gpa_t top_of(const struct boot *b, gpa_t ram, const struct emu_config *c, struct plat *p) {
    const struct span *k = &b->kernel;
    struct elf elf;
    gpa_t top;
    if (linux_is_bzimage(k)) return linux_top(b);
    if ((top = multiboot_top(b)) || (top = multiboot2_top(b, p))) return top;
    if (elf_is(k)) return elf_open(&elf, p, k, &x86_elf) ? 0 : elf_top(&elf);
    if (!c->has_load_address || add_overflows(c->load_address, k->size, &top)) return 0;
    return top;
}

static bool knows(const struct span *k) {
    return linux_is_bzimage(k) || multiboot_is(k) || multiboot2_is(k) || elf_is_for(k, &x86_elf);
}

const struct loader_arch loader_x86 = {
    .arch = ARCH_X86_64,
    .name = "x86_64",
    .is_linux = linux_is_bzimage,
    .linux_name = "bzImage",
    .grub_cpu = "i386",
    .grub_platform = "pc",
    .isolinux = true,
    .loader_entries = true,
    .efi_loader = "BOOTX64.EFI",
    .knows = knows,
    .load = load,
    .top = top_of,
};
