// SPDX-License-Identifier: MIT
// What to run: softmetal.conf, the load options, which win over it, or without a word the only guest image; and the
// files that are named. What the application's own volume holds comes first, whatever else there is in the machine:
// another volume's configuration counts when there is neither a configuration nor an image here.
#include "boot/boot.h"
#include "boot/names.h"
#include "boot/options.h"
#include "boot/tpm.h"
#include "boot/window.h"
#include "kernel/record.h"
#include <string.h>

#define CONFIG_FILE "softmetal.conf"
#define SELFTEST_FILE "softmetal.selftest"

static struct options options;

// Where that is not the root of the application's volume.
static const char *named(const struct place *p, const struct boot *b, char *text, size_t size) {
    *text = 0;
    if (p->volume != b->own.volume || p->folder[0])
        plat_format(text, size, ", from %s%s%s", p->folder, p->folder[0] ? " of " : "", b->volume[p->volume].name);
    return text;
}

static bool read_selftest(struct boot *b) {
    u8 *text;
    u64 size;
    EFI_FILE_HANDLE f;
    char *to = b->h->selftest;
    enum found r = find_in(b, "test switches", &(struct place){0}, SELFTEST_FILE, &f);
    if (r != FOUND) return r == ABSENT;
    if (!volume_read(b, f, "test switches", SELFTEST_FILE, sizeof b->h->selftest - 1, &text, &size)) return false;
    tpm_measure(b, TPM_WORDS, "test switches " SELFTEST_FILE, text, size);
    memcpy(to, text, size);
    for (; *to; to++)
        if (*to < ' ') *to = ' ';
    return true;
}

// What the load options say before there is a configuration: where it is, and which section of it counts.
struct beforehand {
    const char *config, *section;
};

// The load options but for those, or these alone.
static bool apply_options(struct boot *b, struct beforehand *first) {
    struct option o;
    int r;
    for (unsigned at = 0; (r = options_next(&options, &at, &b->plat, &o)) > 0;) {
        bool is_config = !strcmp(o.key, "config"), is_section = !strcmp(o.key, "section");
        if (first && is_config) first->config = o.value ? o.value : "";
        if (first && is_section) first->section = o.value;
        if (!first && !is_config && config_set(&b->h->config, &b->plat, "load options", o.key, o.value) < 0) return false;
    }
    return r == 0;
}

static bool read_options(struct boot *b) {
    const char *wrong = options_read(&options, b->loaded->LoadOptions, b->loaded->LoadOptionsSize);
    if (wrong)
        log_error(&b->plat, "the load options %s; right are at most %d words in %d bytes: key=value or --key value", wrong,
                  OPTIONS_WORDS, OPTIONS_TEXT);
    if (!wrong && options.words) tpm_measure(b, TPM_WORDS, "load options", b->loaded->LoadOptions, b->loaded->LoadOptionsSize);
    if (!wrong && options.words)
        log_info(&b->plat, "load options: %u word%s, from the shell or boot loader", options.words,
                 options.words == 1 ? "" : "s");
    else if (!wrong && b->loaded->LoadOptionsSize)
        log_debug(&b->plat, "load options: %u bytes that are no options of ours", b->loaded->LoadOptionsSize);
    return !wrong;
}

static bool disks_can_be_kept(struct boot *b) {
    const struct emu_config *c = &b->h->config;
    if ((!c->disks && !c->nvram[0]) || c->disk_write == DISK_WRITE_MEMORY) return true;
    log_error(&b->plat,
              "disk_write = %s: only the hosted build can keep what a guest writes, so far; right here is "
              "disk_write = memory, and the writes are gone when the run is over",
              c->disk_write == DISK_WRITE_OVERLAY ? "overlay" : "direct");
    return false;
}

static bool parse(struct boot *b, const char *section, bool common_only) {
    const struct config_file *f = &b->file;
    struct emu_config *c = &b->h->config;
    config_defaults(c);
    if (section && config_set(c, &b->plat, "load options", "section", section) < 0) return false;
    int (*how)(struct emu_config *, struct plat *, const char *, const char *, size_t) =
        common_only ? config_parse_common : config_parse;
    if (f->name && how(c, &b->plat, f->name, f->text, f->size) < 0) return false;
    return apply_options(b, NULL);
}

// Everything that is said: the open file at b->config, if any, then the load options. Of several sections, unless the options name
// one, only what is common; they are what there is to choose from then.
static bool configure(struct boot *b, EFI_FILE_HANDLE f, const char *name) {
    u8 *text;
    u64 size;
    char place[BOOT_PATH + 80], second[CONFIG_SECTION];
    struct beforehand first = {0};
    b->file = (struct config_file){0};
    if (f) {
        if (!volume_read(b, f, "configuration", name, MiB, &text, &size)) return false;
        log_info(&b->plat, "%s: read, %llu bytes%.300s", name, (unsigned long long)size,
                 named(&b->config, b, place, sizeof place));
        plat_format(place, sizeof place, "configuration %.200s", name);
        tpm_measure(b, TPM_WORDS, place, text, size);
        b->file = (struct config_file){name, (const char *)text, size};
    }
    apply_options(b, &first);
    bool several = !first.section && f && config_section(b->file.text, size, 1, second);
    if (!parse(b, first.section, several)) return false;
    if (several) entries_of_sections(b);
    return true;
}

bool guest_named(const struct boot *b) {
    const struct emu_config *c = &b->h->config;
    return c->kernel[0] || c->cdrom[0] || c->disks;
}

bool guest_take(struct boot *b, const struct entry *e, const char *words) {
    struct emu_config *c = &b->h->config;
    b->config = e->config;
    tpm_measure(b, TPM_WORDS, "choice from the menu", e->name, strlen(e->name));
    if (words) tpm_measure(b, TPM_WORDS, "configuration, as edited", words, strlen(words));
    if (words) {
        config_defaults(c);
        if (config_parse(c, &b->plat, "as edited", words, strlen(words)) < 0 || !apply_options(b, NULL)) return false;
    } else if (!parse(b, e->section ? e->name : NULL, !e->section)) {
        return false;
    } else if (!e->section) {
        plat_format(c->kernel, sizeof c->kernel, "%s", e->name);
        plat_format(c->initrd, sizeof c->initrd, "%s", e->initrd);
    }
    if (c->hardware && !guest_named(b)) return true;
    return config_finish(c, &b->plat) >= 0 && disks_can_be_kept(b);
}

// In the root of the application's volume, or beside the application.
static bool find_own(struct boot *b, EFI_FILE_HANDLE *f) {
    EFI_FILE_HANDLE second;
    const struct place root = {.volume = b->own.volume};
    enum found r = find_in(b, "configuration", &root, CONFIG_FILE, f);
    if (r == UNREADABLE) return false;
    enum found beside = b->own.folder[0] ? find_in(b, "configuration", &b->own, CONFIG_FILE, &second) : ABSENT;
    if (r == ABSENT && beside == UNREADABLE) return false;
    if (r == FOUND) b->config = root;
    if (r == FOUND && beside == FOUND) {
        log_warn(&b->plat, "there is %s%s, too: the one in the root counts", b->own.folder, CONFIG_FILE);
        second->Close(second);
    } else if (beside == FOUND) {
        *f = second;
    }
    return true;
}

// In the roots of the other volumes: the first.
static void find_other(struct boot *b, EFI_FILE_HANDLE *f) {
    EFI_FILE_HANDLE next;
    volume_find_others(b);
    for (struct place p = {0}; p.volume < b->volumes; p.volume++) {
        if (p.volume == b->own.volume || find_in(b, "configuration", &p, CONFIG_FILE, &next) != FOUND) continue;
        if (!*f) {
            *f = next;
            b->config = p;
            continue;
        }
        log_warn(&b->plat, "there is a " CONFIG_FILE " on %s, too: the one on %s counts", b->volume[p.volume].name,
                 b->volume[b->config.volume].name);
        next->Close(next);
    }
}

// The one that the load options name.
static bool find_named(struct boot *b, const char *path, EFI_FILE_HANDLE *f) {
    u16 wide[256];
    char missing[300], folder[BOOT_PATH];
    struct place p;
    enum found r = find_file(b, "config", path, &p, f);
    if (r == ABSENT) {
        plat_format(missing, sizeof missing, "config = %.200s: there is no such file", path);
        find_explain(b, missing);
    }
    if (r != FOUND) return false;
    names_path(path, wide, countof(wide)); // find_file has done it, too
    names_folder(wide, countof(wide), folder, sizeof folder);
    if (!p.folder[0]) strcpy(p.folder, folder);
    b->config = p;
    return true;
}

// Nothing is named: the only image, on this volume, else what another volume's configuration says, else the only image
// there.
#define ANY_IMAGE "*.iso, bzImage, vmlinuz, vmlinux or Image"

static bool guess(struct boot *b, bool have_config) {
    static const char nothing[] = CONFIG_FILE " names no kernel, cdrom or disk",
                      absent[] = "there is no " CONFIG_FILE " on this volume";
    EFI_FILE_HANDLE f = NULL;
    enum found r = images_guess(b, have_config ? nothing : absent, true);
    if (r != ABSENT) return r == FOUND;
    if (!have_config) find_other(b, &f);
    if (f) {
        if (!configure(b, f, CONFIG_FILE)) return false;
        if (guest_named(b) || b->entries) return true;
        r = images_guess(b, nothing, true);
        if (r != ABSENT) return r == FOUND;
    }
    r = images_guess(b, have_config || f ? nothing : absent, false);
    if (r != ABSENT) return r == FOUND;
    find_explain(b, have_config || f ? CONFIG_FILE " names no kernel, cdrom or disk, and there is no " ANY_IMAGE
                                     : "there is no " CONFIG_FILE ", " ANY_IMAGE);
    log_error(&b->plat, "put the guest's files there, and a text file " CONFIG_FILE " with at least a line `kernel = FILE`");
    return false;
}

bool guest_configure(struct boot *b) {
    EFI_FILE_HANDLE f = NULL;
    struct beforehand first = {0};
    if (!read_options(b) || !apply_options(b, &first)) return false;
    if (!(first.config ? find_named(b, first.config, &f) : find_own(b, &f))) return false;
    if (!configure(b, f, first.config ? first.config : CONFIG_FILE)) return false;
    bool named = guest_named(b);
    if (b->h->config.hardware && !b->entries) hardware_show(b, named ? "the guest starts" : "an image is looked for");
    if (!named && !b->entries && !guess(b, f)) return false;
    if (!read_selftest(b)) return false;
    return b->entries || (config_finish(&b->h->config, &b->plat) >= 0 && disks_can_be_kept(b));
}

static enum loaded load_one(struct boot *b, const char *key, const char *path, bool writable, struct blob *blob) {
    struct place p;
    EFI_FILE_HANDLE f;
    static char part[CONFIG_TEXT + 8];
    char text[BOOT_PATH + 80];
    const char *file = path;
    if (!path[0] || config_in_cdrom(path)) return GUEST_LOADED;
    enum found r = find_file(b, key, path, &p, &f);
    if (r == ABSENT) {
        plat_format(part, sizeof part, "%s.001", path);
        r = find_file(b, key, file = part, &p, &f);
    }
    if (r == ABSENT) {
        plat_format(text, sizeof text, "%s = %.200s: there is no such file", key, path);
        find_explain(b, text);
    }
    if (r != FOUND) return GUEST_REFUSED;
    if (p.volume != b->own.volume || p.folder[0])
        log_info(&b->plat, "%s = %.200s%.200s", key, path, named(&p, b, text, sizeof text));
    return load_file(b, key, path, file, &p, f, writable, blob);
}

static const char *firmware_of(const struct emu_config *c) {
    return c->firmware == FIRMWARE_BIOS ? CONFIG_SEABIOS : c->firmware == FIRMWARE_UEFI ? CONFIG_OVMF : c->firmware_file;
}

// Behind all else: `auto` looks at that.
static enum loaded load_firmware(struct boot *b) {
    struct emu_config *c = &b->h->config;
    struct emu_inputs *in = &b->h->inputs;
    if (c->firmware == FIRMWARE_AUTO) {
        if (!window_reserve(b) || !window_open(b)) return GUEST_REFUSED;
        int err = emu_choose_firmware(c, in, &b->plat);
        window_close(b);
        if (err) return GUEST_REFUSED;
    }
    enum loaded r = load_one(b, "firmware", firmware_of(c), false, &in->firmware);
    if (r != GUEST_LOADED || !config_has_screen(c)) return r;
    return load_one(b, "screen", CONFIG_VGA_BIOS, false, &in->vga_bios);
}

enum loaded guest_load(struct boot *b) {
    const struct emu_config *c = &b->h->config;
    struct emu_inputs *in = &b->h->inputs;
    const struct {
        const char *key, *path;
        struct blob *blob;
    } wanted[] = {
        {"kernel", c->kernel, &in->kernel}, {"initrd", c->initrd, &in->initrd}, {"cdrom", c->cdrom, &in->cdrom},
        {"bios", c->bios, &in->bios},       {"replay", c->replay, &in->replay}, {"symbols", c->symbols, &in->symbols},
    };
    enum loaded r = GUEST_LOADED;
    for (unsigned i = 0; r == GUEST_LOADED && i < countof(wanted); i++)
        r = load_one(b, wanted[i].key, wanted[i].path, false, wanted[i].blob);
    for (unsigned i = 0; r == GUEST_LOADED && i < c->disks; i++) r = load_one(b, "disk", c->disk[i], true, &in->disk[i]);
    if (r == GUEST_LOADED) r = load_one(b, "nvram", c->nvram, true, &in->nvram);
    if (c->record[0]) in->record = record_stream(c->record);
    return r == GUEST_LOADED ? load_firmware(b) : r;
}
