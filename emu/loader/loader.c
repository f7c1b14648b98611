// SPDX-License-Identifier: MIT
// Finds what is to be booted, unpacks it and hands it to the loader of the architecture, which tells its kind by its content.
#include "loader/image.h"

#include "base/bits.h"
#include "loader/gunzip.h"
#include "loader/menu.h"
#include "loader/target.h"
#include "loader/zboot.h"

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
        log_error(p, "there is no guest; right is kernel = (an ISO, a kernel, an ELF or a raw image) or cdrom = (an ISO)");
        return ERR_NOT_FOUND;
    }
    // The menu of a kernel that is an ISO counts, whatever is in the drive.
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

static int find_all(struct found *f, const struct loader_arch *arch, struct plat *p, const struct emu_config *c,
                    const struct emu_inputs *in) {
    *f = (struct found){.b.arch = arch};
    int e = find_kernel(f, p, c, in);
    f->b.in_iso = f->iso.plat != NULL;
    if (!e) e = find_initrd(f, p, c, in);
    if (!e) e = check_initrds(&f->b, p);
    if (!e && c->append[0]) e = boot_set_cmdline(&f->b, p, c->append, strlen(c->append));
    return e;
}

static int unpack(struct found *f, struct load_target *t, struct span packed) {
    struct plat *p = t->plat;
    struct span *k = &f->b.kernel;
    u64 size;
    int e = gzip_size(p, &packed, target_ram_size(t), &size);
    if (e) return e;
    u8 *to = size ? p->alloc(p, size, PAGE_SIZE) : NULL;
    if (!to) {
        log_error(p, "%s: gzip: %s", k->name, size ? "no memory is left to unpack it" : "nothing is in it");
        return size ? ERR_NO_MEMORY : ERR_TRUNCATED;
    }
    f->unpacked = to, f->unpacked_size = size;
    log_info(p, "%s: unpacked, %llu bytes", k->name, (unsigned long long)size);
    e = gzip_unpack(p, &packed, to, size);
    *k = (struct span){.name = k->name, .data = to, .size = size};
    return e;
}

// The bytes that gzip packed, of the kernel or inside of it; size 0: it is not packed.
static int packed_part(const struct boot *b, struct plat *p, struct span *packed) {
    const struct span *k = &b->kernel;
    *packed = (struct span){0};
    if (gzip_is(k)) *packed = *k;
    return b->arch->pe_machine && zboot_is(k) && pe_machine(k) == b->arch->pe_machine ? zboot_payload(p, k, packed) : 0;
}

static int load_found(struct load_target *t, const struct emu_config *c, struct found *f, struct image *out) {
    struct span packed = {0};
    // A raw image is loaded as it is, even when it looks packed.
    int e = c->has_load_address ? 0 : packed_part(&f->b, t->plat, &packed);
    if (e) return e;
    // A dry run unpacks nothing: it runs under the firmware, whose interrupts write where zlib's functions have their red zone. What is in
    // the file, and whether there is room for it, is checked later.
    if (!t->bus && packed.size) return 0;
    if (packed.size) e = unpack(f, t, packed);
    if (e) return e;
    return f->b.arch->load(t, c, &f->b, out);
}

int loader_load(struct load_target *t, const struct emu_config *c, const struct emu_inputs *in, struct image *out) {
    struct found f;
    int e = find_all(&f, t->arch, t->plat, c, in);
    if (!e) e = load_found(t, c, &f, out);
    if (f.unpacked) t->plat->free(t->plat, f.unpacked, f.unpacked_size);
    return e;
}

// ---- looking into an image without a log line: what is wrong with it, loader_load says

struct quiet {
    struct plat plat, *real;
};

static void drop(struct plat *p, enum log_level level, const char *line) {}
static struct plat *real(struct plat *p) { return ((struct quiet *)p)->real; }
static void *take(struct plat *p, size_t bytes, size_t align) { return real(p)->alloc(real(p), bytes, align); }
static void give_back(struct plat *p, void *at, size_t bytes) { real(p)->free(real(p), at, bytes); }
static struct quiet quieted(struct plat *p) {
    return (struct quiet){.plat = {.log = drop, .alloc = take, .free = give_back}, .real = p};
}

gpa_t loader_top(const struct loader_arch *arch, gpa_t ram, const struct emu_config *c, const struct emu_inputs *in,
                 struct plat *p) {
    struct quiet q = quieted(p);
    struct found f;
    if (find_all(&f, arch, &q.plat, c, in)) return 0;
    return arch->top(&f.b, ram, c, &q.plat);
}

#define LOOKED_AT 32768 // as far as any kind of kernel has its header

static bool packed_is_known(const struct loader_arch *arch, const struct span *file, struct plat *p) {
    u8 *head = p->alloc(p, LOOKED_AT, PAGE_SIZE);
    if (!head) return false;
    const struct span start = {.name = file->name, .data = head, .size = gzip_head(p, file, head, LOOKED_AT)};
    bool known = arch->knows(&start);
    p->free(p, head, LOOKED_AT);
    return known;
}

static bool is_known(const struct found *f, const struct loader_arch *arch, struct plat *p, bool may_unpack) {
    const struct span *k = &f->b.kernel;
    return arch->knows(k) || (may_unpack && gzip_is(k) && packed_is_known(arch, k, p));
}

static bool has_efi_loader(const struct emu_inputs *in, const struct loader_arch *arch, struct plat *p) {
    char path[64];
    const struct blob *cdrom = is_iso(&in->kernel) ? &in->kernel : loader_cdrom(in);
    struct span image = cdrom ? span_of(cdrom) : (struct span){0}, file;
    struct iso iso;
    if (!cdrom || !iso_is(&image) || iso_open(&iso, p, &image)) return false;
    plat_format(path, sizeof path, "/EFI/BOOT/%s", arch->efi_loader);
    return !iso_find(&iso, path, &file);
}

const struct loader_arch *loader_arch_of(const struct loader_arch *const *arch, unsigned count, const struct emu_config *c,
                                         const struct emu_inputs *in, struct plat *p, bool may_unpack) {
    struct quiet q = quieted(p);
    struct found f;
    if (c->has_load_address) return NULL;
    for (unsigned i = 0; i < count; i++) {
        f = (struct found){.b.arch = arch[i]};
        if (!find_kernel(&f, &q.plat, c, in) && is_known(&f, arch[i], &q.plat, may_unpack)) return arch[i];
    }
    if (f.b.kernel.data) return NULL;
    for (unsigned i = 0; i < count; i++)
        if (has_efi_loader(in, arch[i], &q.plat)) return arch[i];
    return NULL;
}
