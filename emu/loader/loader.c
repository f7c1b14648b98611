// SPDX-License-Identifier: MIT
// Tells what an image is by its content and hands it to the loader of its kind.
#include "loader/image.h"

#include "base/bits.h"
#include "loader/elf.h"
#include "loader/foreign.h"
#include "loader/gunzip.h"
#include "loader/linux.h"
#include "loader/menu.h"
#include "loader/multiboot.h"
#include "loader/multiboot2.h"
#include "loader/pvh.h"
#include "loader/raw.h"

#include <string.h>

static struct span span_of(const struct blob *b) {
    return (struct span){.name = b->name ? b->name : "?", .data = b->data, .size = b->size};
}

static bool is_iso(const struct blob *b) {
    struct span s = span_of(b);
    return b->data && iso_is(&s);
}

const struct blob *loader_cdrom(const struct emu_inputs *in) {
    if (in->cdrom.data) return &in->cdrom;
    return is_iso(&in->kernel) ? &in->kernel : NULL;
}

// What is to be booted, and the names that its spans point to.
struct found {
    struct boot b;
    struct iso iso;
    char kernel_name[ISO_PATH];
    u8 *unpacked; // the kernel, when gzip packed it
    u64 unpacked_size;
};

static int find_named(struct iso *iso, const char *path, struct span *file) {
    int e = iso_find(iso, path, file);
    if (e == ERR_NOT_FOUND) log_error(iso->plat, "%s: there is no file %s in this ISO", iso->image.name, path);
    return e;
}

static int find_kernel(struct found *f, struct plat *p, const struct emu_config *c, const struct emu_inputs *in) {
    const struct blob *cdrom = loader_cdrom(in);
    if (in->kernel.data && !is_iso(&in->kernel)) {
        f->b.kernel = span_of(&in->kernel);
        return 0;
    }
    if (!cdrom) {
        log_error(p,
                  "there is no guest; right is kernel = (an ISO, a kernel, an ELF or a raw image) or cdrom = (an ISO)");
        return ERR_NOT_FOUND;
    }
    // A kernel given as an ISO is the one whose menu counts, whatever is in the drive.
    struct span image = span_of(is_iso(&in->kernel) ? &in->kernel : cdrom);
    if (!iso_is(&image)) {
        log_error(p, "%s: not an ISO 9660 image: no CD001 at byte 0x8001", image.name);
        return ERR_INVALID;
    }
    int e = iso_open(&f->iso, p, &image);
    if (e) return e;
    if (config_in_cdrom(c->kernel)) return find_named(&f->iso, c->kernel + strlen(CONFIG_IN_CDROM), &f->b.kernel);
    return menu_boot(&f->iso, &f->b, f->kernel_name);
}

static int find_initrd(struct found *f, struct plat *p, const struct emu_config *c, const struct emu_inputs *in) {
    struct span file;
    if (in->initrd.data) {
        file = span_of(&in->initrd);
    } else if (config_in_cdrom(c->initrd)) {
        const struct blob *cdrom = loader_cdrom(in);
        struct span image = cdrom ? span_of(cdrom) : (struct span){0};
        struct iso iso;
        if (!cdrom || !iso_is(&image)) {
            log_error(p, "initrd = %s, but there is no ISO in the CD-ROM drive", c->initrd);
            return ERR_NOT_FOUND;
        }
        int e = iso_open(&iso, p, &image);
        if (!e) e = find_named(&iso, c->initrd + strlen(CONFIG_IN_CDROM), &file);
        if (e) return e;
    } else {
        return 0;
    }
    f->b.initrd[0] = file;
    f->b.initrds = 1;
    return 0;
}

static int check_initrds(const struct boot *b, struct plat *p) {
    for (unsigned i = 0; i < b->initrds; i++)
        if (!b->initrd[i].size) {
            log_error(p, "%s: the initrd is empty", b->initrd[i].name);
            return ERR_TRUNCATED;
        }
    return 0;
}

static int find_all(struct found *f, struct plat *p, const struct emu_config *c, const struct emu_inputs *in) {
    *f = (struct found){0};
    int e = find_kernel(f, p, c, in);
    if (!e) e = find_initrd(f, p, c, in);
    if (!e) e = check_initrds(&f->b, p);
    if (!e && c->append[0]) e = boot_set_cmdline(&f->b, p, c->append, strlen(c->append));
    return e;
}

// A raw image is its bytes, whatever they look like.
static int unpack_kernel(struct found *f, struct load_target *t, const struct emu_config *c) {
    struct plat *p = t->plat;
    struct span *k = &f->b.kernel;
    u64 size;
    if (!gzip_is(k) || c->has_load_address) return 0;
    int e = gzip_size(p, k, target_ram_end(t), &size);
    if (e) return e;
    u8 *to = size ? p->alloc(p, size, PAGE_SIZE) : NULL;
    if (!to) {
        log_error(p, "%s: gzip: %s", k->name, size ? "no memory is left to unpack it" : "nothing is in it");
        return size ? ERR_NO_MEMORY : ERR_TRUNCATED;
    }
    f->unpacked = to, f->unpacked_size = size;
    log_info(p, "%s: unpacked, %llu bytes", k->name, (unsigned long long)size);
    e = gzip_unpack(p, k, to, size);
    *k = (struct span){.name = k->name, .data = to, .size = size};
    return e;
}

// The image's name and a blank in front of the command line, as the boot loaders that brought these guests have it: in an ISO its
// path. The initrd of the configuration goes in place of the menu's modules.
static int multiboot_texts(struct found *f, struct plat *p) {
    struct boot *b = &f->b;
    char line[BOOT_CMDLINE + ISO_PATH], name[ISO_PATH];
    if (f->iso.plat)
        plat_format(name, sizeof name, "%s", b->kernel.name);
    else
        boot_file_name(b->kernel.name, name, sizeof name);
    size_t n = (size_t)plat_format(line, sizeof line, "%s%s%s", name, b->cmdline[0] ? " " : "", b->cmdline);
    int e = boot_set_cmdline(b, p, line, n);
    if (b->initrds) b->modules = 0, b->module_text_used = 0;
    for (unsigned i = 0; i < b->initrds && !e; i++) { // far fewer than there may be modules
        boot_file_name(b->initrd[i].name, name, sizeof name);
        e = boot_add_module(b, &b->initrd[i], name, strlen(name), false);
    }
    return e;
}

// What a file is that nobody here can start, for the message; NULL when nothing is known of it.
static const char *foreign(const struct span *f) {
    static const struct {
        u64 at;
        const char *magic, *name;
    } known[] = {
        {0x38, "ARM\x64", "an arm64 Linux kernel"},
        {0x38, "RSC\x05", "a RISC-V Linux kernel"},
        {0, "\x1f\x8b\x08", "gzip-compressed"},
        {0,
         "\xfd"
         "7zXZ",
         "xz-compressed"},
        {0, "\x28\xb5\x2f\xfd", "zstd-compressed"},
        {0, "MZ", "a Windows or EFI program"},
        {0, "\xd0\x0d\xfe\xed", "a device tree"},
        {257, "ustar", "a tar archive"},
        {0, "070701", "a cpio archive (an initrd?)"},
        {0, "!<arch>", "a Unix archive (a .deb or a library)"},
    };
    for (unsigned i = 0; i < countof(known); i++)
        if (range_inside(known[i].at, strlen(known[i].magic), f->size) &&
            !memcmp(f->data + known[i].at, known[i].magic, strlen(known[i].magic)))
            return known[i].name;
    return NULL;
}

static int load_elf(struct load_target *t, const struct boot *b, struct image *out) {
    struct elf elf;
    gpa_t entry;
    int e = elf_open(&elf, t->plat, &b->kernel);
    if (e) return e;
    e = pvh_entry(&elf, t->plat, &entry);
    if (!e) return pvh_load(t, &elf, entry, b, out);
    return e == ERR_NOT_FOUND ? elf_load(t, &elf, b, out) : e;
}

enum kind { UNKNOWN, LINUX, MULTIBOOT1, MULTIBOOT2, ELF };

// A kernel with both Multiboot headers is started by the first, unless its menu asks for the second.
static enum kind kind_of(const struct boot *b) {
    const struct span *k = &b->kernel;
    if (b->multiboot == 2) return multiboot2_is(k) ? MULTIBOOT2 : UNKNOWN;
    if (b->multiboot == 1) return multiboot_is(k) ? MULTIBOOT1 : UNKNOWN;
    return linux_is_bzimage(k) ? LINUX : multiboot_is(k) ? MULTIBOOT1 : multiboot2_is(k) ? MULTIBOOT2 : elf_is(k) ? ELF : UNKNOWN;
}

static int refuse_unknown(struct plat *p, const struct boot *b) {
    const char *kind = foreign(&b->kernel);
    if (b->multiboot)
        log_error(p, "%s: the boot menu starts it by Multiboot %u, but it has no such header", b->kernel.name, b->multiboot);
    else
        log_error(p, "%s: neither ISO 9660, bzImage, ELF nor Multiboot%s%s; a raw image needs load_address", b->kernel.name,
                  kind ? ", but " : "", kind ? kind : "");
    return ERR_INVALID;
}

static int load_found(struct load_target *t, const struct emu_config *c, struct found *f, struct image *out) {
    struct boot *b = &f->b;
    // A rehearsal runs under the firmware, whose interrupts write where zlib's functions have their red zone. What is in the file,
    // and whether there is room for it, is seen later.
    if (!t->bus && gzip_is(&b->kernel) && !c->has_load_address) return 0;
    int e = unpack_kernel(f, t, c);
    if (e) return e;
    enum kind kind = kind_of(b);
    t->initrds = boot_initrd_size(b);
    if (kind == LINUX && c->console_serial) e = boot_add_console(b, t->plat);
    if (kind == LINUX && !e) boot_hint_console(b, t->plat, c->virtio_console);
    // GRUB's image between an MBR and the first partition has a Multiboot header of its own.
    if (kind != LINUX && !c->has_load_address) e = foreign_check_partitioned(t->plat, &b->kernel);
    if (e) return e;
    if (kind == MULTIBOOT1 || kind == MULTIBOOT2) e = multiboot_texts(f, t->plat);
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
    return c->has_load_address ? raw_load(t, c, b, out) : refuse_unknown(t->plat, b);
}

int loader_load(struct load_target *t, const struct emu_config *c, const struct emu_inputs *in, struct image *out) {
    struct found f;
    int e = find_all(&f, t->plat, c, in);
    if (!e) {
        e = load_found(t, c, &f, out);
        if (f.unpacked) t->plat->free(t->plat, f.unpacked, f.unpacked_size);
    }
    return e;
}

static void drop(struct plat *p, enum log_level level, const char *line) {}

gpa_t loader_top(const struct emu_config *c, const struct emu_inputs *in) {
    struct plat quiet = {.log = drop}; // loader_load will say what is wrong
    struct found f;
    struct elf elf;
    gpa_t top;
    if (find_all(&f, &quiet, c, in)) return 0;
    if (linux_is_bzimage(&f.b.kernel)) return linux_top(&f.b);
    if ((top = multiboot_top(&f.b)) || (top = multiboot2_top(&f.b, &quiet))) return top;
    if (elf_is(&f.b.kernel)) return elf_open(&elf, &quiet, &f.b.kernel) ? 0 : elf_top(&elf);
    if (!c->has_load_address || add_overflows(c->load_address, f.b.kernel.size, &top)) return 0;
    return top;
}
