// SPDX-License-Identifier: MIT
// The guest that nobody has named: the only image there is. Looked for in this order, until something is found:
//
//   the root of the configuration's volume, the configuration's folder, the application's: *.iso, kernel, initrd
//   the other folders of that volume: *.iso
//   all folders of the other volumes: *.iso
//
// (a kernel in some folder is most often an installed system's). More than one at one of these is for somebody to choose from; then what
// the others have is offered, too.
#include "boot/boot.h"
#include "boot/names.h"
#include "boot/status.h"
#include <string.h>

enum { FOLDERS_MOST = 256, DEPTH_MOST = 6, NAMES_MOST = 20000 };

struct search {
    struct boot *b;
    struct place place; // being listed
    const char *volume; // its name
    bool isos_only;
    unsigned initrds;
    char initrd[BOOT_PATH];
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
    struct boot *b = s->b;
    if (strlen(path) >= BOOT_PATH) {
        s->cut = true;
        return;
    }
    for (unsigned i = 0; i < b->entries; i++)
        if (b->entry[i].config.volume == s->place.volume && !strcmp(b->entry[i].name, path)) return;
    if (b->entries == MENU_ENTRIES) {
        s->cut = true;
        return;
    }
    struct entry *to = &b->entry[b->entries++];
    memset(to, 0, sizeof *to);
    if (s->place.volume == b->config.volume) to->config = b->config;
    else to->config.volume = s->place.volume;
    strcpy(to->name, path);
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
        if (strlen(path) >= sizeof s->initrd) return true;
        strcpy(s->initrd, path);
        s->initrds++;
    } else if (kind == NAME_MISNAMED && !s->misnamed && !s->isos_only) {
        s->misnamed = true;
        log_warn(&s->b->plat, "%.200s is not the configuration: that is softmetal.conf (an editor may have made the name longer)",
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
    unsigned before = b->entries;
    list(b, s);
    if (s->initrds != 1) return;
    for (unsigned i = before; i < b->entries; i++)
        if (names_kind(b->entry[i].name + strlen(p->folder)) == NAME_KERNEL) strcpy(b->entry[i].initrd, s->initrd);
}

// Breadth first, with a bound on folders and depth: a damaged volume can hold a folder in itself.
static void list_tree(struct boot *b, struct search *s, unsigned volume) {
    list_one(b, s, &(struct place){.volume = volume}, true);
    while (s->next < s->folders) {
        strcpy(s->place.folder, s->folder[s->next++]);
        list(b, s);
    }
    if (s->cut)
        log_warn(&b->plat, "%s was not looked through to its end: %d folders, %d deep, %d names or %d images are the most",
                 s->volume, FOLDERS_MOST, DEPTH_MOST, NAMES_MOST, MENU_ENTRIES);
    s->cut = false;
}

// all: also where the search would have ended.
static void list_near(struct boot *b, struct search *s, bool all) {
    const struct place root = {.volume = b->config.volume};
    if (!b->volume[root.volume].root) return;
    list_one(b, s, &root, false);
    if ((all || !b->entries) && b->config.folder[0]) list_one(b, s, &b->config, false);
    bool other = b->own.volume == root.volume && b->own.folder[0] && strcmp(b->own.folder, b->config.folder);
    if ((all || !b->entries) && other) list_one(b, s, &b->own, false);
    if (all || !b->entries) list_tree(b, s, root.volume);
}

static void list_others(struct boot *b, struct search *s) {
    volume_find_others(b);
    for (unsigned i = 0; i < b->volumes; i++)
        if (i != b->config.volume && b->volume[i].root) list_tree(b, s, i);
}

enum found images_guess(struct boot *b, const char *why, bool near) {
    static struct search search;
    struct search *s = &search;
    struct emu_config *c = &b->h->config;
    memset(s, 0, sizeof *s);
    s->b = b;
    b->entries = 0;
    near ? list_near(b, s, false) : list_others(b, s);
    if (near && b->entries == 1) list_near(b, s, true); // who has others in a folder wants to choose
    if (!b->entries) return ABSENT;
    if (b->entries > 1) {
        if (near) list_near(b, s, true), list_others(b, s);
        log_info(&b->plat, "%s: there are %u images to choose from", why, b->entries);
        return FOUND;
    }
    strcpy(c->kernel, b->entry[0].name);
    strcpy(c->initrd, b->entry[0].initrd);
    b->config.volume = b->entry[0].config.volume;
    if (!near) b->config.folder[0] = 0;
    b->entries = 0;
    log_info(&b->plat, "%s: running its only image, kernel = %.200s%s%.200s", why, c->kernel, c->initrd[0] ? ", initrd = " : "",
             c->initrd);
    return FOUND;
}
