// SPDX-License-Identifier: MIT
// The guest that nobody has named: the only image there is. Looked for in this order, until something is found:
//
//   the root of the configuration's volume, the configuration's folder, the application's: *.iso, kernel, initrd
//   the other folders of that volume: *.iso
//   all folders of the other volumes: *.iso
//
// (a kernel in some folder is most often an installed system's). More than one at one of these is refused, never chosen
// from.
#include "boot/boot.h"
#include "boot/names.h"
#include "boot/status.h"
#include <string.h>

enum { LIST = 300, FOLDERS_MOST = 256, DEPTH_MOST = 6, NAMES_MOST = 20000 };

struct search {
    struct plat *plat;
    struct place place; // being listed
    const char *volume; // its name
    bool isos_only, others;
    unsigned kernels, initrds;
    char list[LIST]; // of images
    char kernel[CONFIG_TEXT], initrd[CONFIG_TEXT];
    char folder[FOLDERS_MOST][BOOT_PATH]; // those still to be listed
    unsigned folders, next, names;
    bool cut;      // there were more
    bool misnamed; // one of them has been told
};

static unsigned depth(const char *folder) {
    unsigned n = 0;
    for (; *folder; folder++) n += *folder == '/';
    return n;
}

static void note_folder(struct search *s, const char *path) {
    if (s->folders == FOLDERS_MOST || depth(path) > DEPTH_MOST || strlen(path) >= BOOT_PATH) s->cut = true;
    else strcpy(s->folder[s->folders++], path);
}

static void note_kernel(struct search *s, const char *path) {
    char named[BOOT_PATH + 80];
    plat_format(named, sizeof named, s->others ? "%s (%s)" : "%s", path, s->volume);
    names_append(s->list, sizeof s->list, named);
    plat_format(s->kernel, sizeof s->kernel, "%s", path);
    s->kernels++;
}

static bool note(void *ctx, const char *name) {
    struct search *s = ctx;
    if (++s->names > NAMES_MOST) return !(s->cut = true);
    char path[2 * BOOT_PATH];
    plat_format(path, sizeof path, "%s%s", s->place.folder, name);
    if (name[strlen(name) - 1] == '/') return note_folder(s, path), true;
    enum name_kind kind = names_kind(name);
    if (kind == NAME_ISO || (kind == NAME_KERNEL && !s->isos_only)) {
        note_kernel(s, path);
    } else if (kind == NAME_INITRD && !s->isos_only) {
        plat_format(s->initrd, sizeof s->initrd, "%s", path);
        s->initrds++;
    } else if (kind == NAME_MISNAMED && !s->misnamed && !s->isos_only) {
        s->misnamed = true;
        log_warn(s->plat, "%.200s is not the configuration: that is softmetal.conf (an editor may have made the name longer)",
                 path);
    }
    return true;
}

static void list(struct boot *b, struct search *s) {
    EFI_STATUS e = volume_list(b, &s->place, note, s);
    if (EFI_ERROR(e)) log_warn(&b->plat, "folder /%.200s of %s cannot be read: %s", s->place.folder, s->volume, status_text(e));
}

static void list_one(struct boot *b, struct search *s, const struct place *p, bool isos_only) {
    s->place = *p;
    s->volume = b->volume[p->volume].name;
    s->isos_only = isos_only;
    s->folders = s->next = s->names = s->initrds = 0;
    list(b, s);
}

// Breadth first, with a bound on folders and depth: a damaged volume can hold a folder in itself.
static void list_tree(struct boot *b, struct search *s, unsigned volume) {
    list_one(b, s, &(struct place){.volume = volume}, true);
    while (s->next < s->folders) {
        strcpy(s->place.folder, s->folder[s->next++]);
        list(b, s);
    }
    if (s->cut)
        log_warn(&b->plat, "%s was not looked through to its end: %d folders, %d deep, or %d names are the most", s->volume,
                 FOLDERS_MOST, DEPTH_MOST, NAMES_MOST);
    s->cut = false;
}

static void list_near(struct boot *b, struct search *s) {
    const struct place root = {.volume = b->config.volume};
    if (!b->volume[root.volume].root) return;
    list_one(b, s, &root, false);
    if (!s->kernels && b->config.folder[0]) list_one(b, s, &b->config, false);
    bool other = b->own.volume == root.volume && b->own.folder[0] && strcmp(b->own.folder, b->config.folder);
    if (!s->kernels && other) list_one(b, s, &b->own, false);
    if (!s->kernels) list_tree(b, s, root.volume);
}

static void list_others(struct boot *b, struct search *s) {
    volume_find_others(b);
    s->others = true;
    for (unsigned i = 0; i < b->volumes; i++)
        if (i != b->config.volume && b->volume[i].root) list_tree(b, s, i);
}

enum found images_guess(struct boot *b, const char *why, bool near) {
    static struct search search;
    struct search *s = &search;
    struct emu_config *c = &b->h->config;
    memset(s, 0, sizeof *s);
    s->plat = &b->plat;
    near ? list_near(b, s) : list_others(b, s);
    if (!s->kernels) return ABSENT;
    if (s->kernels > 1) {
        log_error(&b->plat, "%s, and more than one image could be meant: %s", why, s->list);
        log_error(&b->plat, "say which one in a text file softmetal.conf, with a line such as: kernel = %.300s", s->kernel);
        return UNREADABLE;
    }
    strcpy(c->kernel, s->kernel);
    if (s->initrds == 1 && names_kind(s->kernel) == NAME_KERNEL) strcpy(c->initrd, s->initrd);
    log_info(&b->plat, "%s: running its only image, kernel = %.200s%s%.200s", why, c->kernel, c->initrd[0] ? ", initrd = " : "",
             c->initrd);
    return FOUND;
}
