// SPDX-License-Identifier: MIT
// What to run: softmetal.conf, or without one the volume's only guest image; and the files that are named.
#include "boot/boot.h"
#include "boot/names.h"
#include <string.h>
#include <strings.h>

#define CONFIG_FILE "softmetal.conf"
#define SELFTEST_FILE "softmetal.selftest"

enum { LIST = 400 };
#define FILE_MOST ((u64)1 << 40) // more than a machine has RAM for; sums with it do not wrap

// Names of the root directory as one line, and the images among them.
struct listing {
    char all[LIST], kernels[LIST], kernel[CONFIG_TEXT], initrd[CONFIG_TEXT];
    unsigned kernel_count, initrd_count;
};

static bool starts(const char *name, const char *with) { return !strncasecmp(name, with, strlen(with)); }
static bool ends(const char *name, const char *with) {
    size_t n = strlen(name), m = strlen(with);
    return n >= m && !strcasecmp(name + n - m, with);
}

static void note(void *ctx, const char *name) {
    struct listing *l = ctx;
    names_append(l->all, sizeof l->all, name);
    if (ends(name, "/")) return;
    if (ends(name, ".iso") || starts(name, "bzImage") || starts(name, "vmlinuz")) {
        names_append(l->kernels, sizeof l->kernels, name);
        plat_format(l->kernel, sizeof l->kernel, "%s", name);
        l->kernel_count++;
    } else if (starts(name, "initrd")) {
        plat_format(l->initrd, sizeof l->initrd, "%s", name);
        l->initrd_count++;
    }
}

static const struct listing *list_root(struct boot *b) {
    static struct listing l;
    memset(&l, 0, sizeof l);
    volume_list(b, note, &l);
    return &l;
}

// Fills in kernel (and initrd) when the volume leaves no doubt which they are.
static bool guess(struct boot *b, bool have_config) {
    const struct listing *l = list_root(b);
    struct emu_config *c = &b->h->config;
    const char *why =
        have_config ? CONFIG_FILE " names no kernel, cdrom or disk" : "there is no " CONFIG_FILE " on this volume";
    if (l->kernel_count > 1) {
        log_error(
            &b->plat,
            "%s, and more than one image could be meant: %s. Say which with a line `kernel = FILE` in " CONFIG_FILE,
            why, l->kernels);
        return false;
    }
    if (!l->kernel_count) {
        log_error(&b->plat,
                  "%s, and no *.iso, bzImage or vmlinuz beside it (its root holds: %s). Put " CONFIG_FILE
                  " there, with at least a line `kernel = FILE`",
                  why, l->all[0] ? l->all : "nothing");
        return false;
    }
    strcpy(c->kernel, l->kernel);
    if (l->initrd_count == 1 && !ends(l->kernel, ".iso")) strcpy(c->initrd, l->initrd);
    log_info(&b->plat, "%s: running its only image, kernel = %s%s%s", why, c->kernel, c->initrd[0] ? ", initrd = " : "",
             c->initrd);
    return true;
}

bool guest_configure(struct boot *b) {
    u8 *text;
    u64 size;
    struct emu_config *c = &b->h->config;
    if (!volume_read(b, "test switches", SELFTEST_FILE, sizeof b->h->selftest - 1, false, &text, &size)) return false;
    if (text) memcpy(b->h->selftest, text, size);
    for (char *p = b->h->selftest; *p; p++)
        if (*p < ' ') *p = ' ';

    if (!volume_read(b, "configuration", CONFIG_FILE, MiB, false, &text, &size)) return false;
    if (text && config_parse(c, &b->plat, CONFIG_FILE, (const char *)text, size) < 0) return false;
    if (text) log_info(&b->plat, CONFIG_FILE ": read, %llu bytes", (unsigned long long)size);
    if (!c->kernel[0] && !c->cdrom[0] && !c->disks && !guess(b, text)) return false;
    return config_finish(c, &b->plat) >= 0;
}

static bool load_one(struct boot *b, const char *key, const char *path, struct blob *blob) {
    if (!path[0] || config_in_cdrom(path)) return true;
    if (!volume_read(b, key, path, FILE_MOST, true, &blob->data, &blob->size)) return false;
    if (!blob->data) {
        log_error(&b->plat, "%s = %s: there is no such file on this volume (its root holds: %s)", key, path,
                  list_root(b)->all);
        return false;
    }
    if (!blob->size) {
        log_error(&b->plat, "%s = %s: the file is empty", key, path);
        return false;
    }
    blob->name = path;
    return true;
}

bool guest_load(struct boot *b) {
    const struct emu_config *c = &b->h->config;
    struct emu_inputs *in = &b->h->inputs;
    bool ok = load_one(b, "kernel", c->kernel, &in->kernel) && load_one(b, "initrd", c->initrd, &in->initrd) &&
              load_one(b, "cdrom", c->cdrom, &in->cdrom);
    for (unsigned i = 0; ok && i < c->disks; i++) ok = load_one(b, "disk", c->disk[i], &in->disk[i]);
    return ok;
}
