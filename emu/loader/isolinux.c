// SPDX-License-Identifier: MIT
// isolinux.cfg, as far as it says what to boot (doc/syslinux.txt and doc/menu.txt of Syslinux).
#include "base/err.h"
#include "loader/menu.h"

static int read_file(struct menu *m, const struct span *file);

static int include(struct menu *m, struct text name) {
    char path[ISO_NAME];
    struct span file;
    struct text rest = name;
    int e = menu_find(m, text_word(&rest), path, &file); // `menu include` may have a tag behind the name
    if (e == ERR_NOT_FOUND) return 0;                    // as isolinux does
    if (e) return e;
    if (++m->includes > MENU_INCLUDES || m->include_depth == MENU_INCLUDE_DEPTH) {
        log_error(m->iso->plat, "%s: %s: the boot menu's files include each other without end: a loop",
                  m->iso->image.name, path);
        return ERR_CORRUPT;
    }
    m->include_depth++;
    e = read_file(m, &file);
    m->include_depth--;
    return e;
}

static int menu_line(struct menu *m, struct menu_entry **entry, struct text rest) {
    struct text word = text_word(&rest);
    if (text_is(word, "include")) return include(m, rest);
    if (text_is(word, "begin")) m->submenus++, *entry = NULL;
    if (text_is(word, "end") && m->submenus) m->submenus--, *entry = NULL;
    if (text_is(word, "default") && *entry) (*entry)->marked = true;
    return 0;
}

static void entry_line(struct menu *m, struct menu_entry *entry, struct text word, struct text rest) {
    if (text_is(word, "append")) {
        if (rest.n == 1 && *rest.s == '-') rest.n = 0; // "nothing, not even the common one"
        if (entry)
            entry->append = rest, entry->has_append = true;
        else
            m->append = rest;
    }
    if (!entry) return;
    if (text_is(word, "kernel") || text_is(word, "linux")) entry->kernel = rest;
    if (text_is(word, "initrd")) entry->initrd = rest;
}

static int read_file(struct menu *m, const struct span *file) {
    struct text rest, line;
    struct menu_entry *entry = NULL;
    int bad = menu_text(m, file, &rest);
    if (bad) return bad;
    while (text_line(&rest, &line)) {
        struct text word = text_word(&line);
        int e = 0;
        if (text_is(word, "include"))
            e = include(m, line);
        else if (text_is(word, "menu"))
            e = menu_line(m, &entry, line);
        else if (text_is(word, "label"))
            entry = menu_add(m, line);
        else if (text_is(word, "default"))
            m->chosen = line;
        else if (text_is(word, "ui"))
            m->ui = true;
        else
            entry_line(m, entry, word, line);
        if (e) return e;
    }
    return 0;
}

int isolinux_read(struct menu *m, struct iso *iso) {
    static const struct {
        const char *folder, *name;
    } places[] = {
        {"/boot/isolinux/", "isolinux.cfg"}, {"/isolinux/", "isolinux.cfg"}, {"/", "isolinux.cfg"},
        {"/boot/syslinux/", "syslinux.cfg"}, {"/syslinux/", "syslinux.cfg"}, {"/", "syslinux.cfg"},
        {"/isolinux/", "syslinux.cfg"},
    };
    for (unsigned i = 0; i < countof(places); i++) {
        char path[ISO_NAME];
        struct span file;
        *m = (struct menu){.iso = iso, .folder = places[i].folder, .chosen_index = -1};
        int e = menu_find(m, (struct text){places[i].name, __builtin_strlen(places[i].name)}, path, &file);
        if (!e) return read_file(m, &file);
        if (e != ERR_NOT_FOUND) return e;
    }
    return ERR_NOT_FOUND;
}

static const struct menu_entry *labelled(const struct menu *m) {
    struct text rest = m->chosen, word = text_word(&rest);
    for (unsigned i = 0; i < m->entries && word.n; i++)
        if (text_same(m->entry[i].label, word)) return &m->entry[i];
    return NULL;
}

static const struct menu_entry *marked(const struct menu *m) {
    for (unsigned i = 0; i < m->entries; i++)
        if (m->entry[i].marked && !m->entry[i].nested) return &m->entry[i];
    return NULL;
}

int isolinux_choose(const struct menu *m, int (*try)(void *ctx, const struct menu_entry *e), void *ctx) {
    const struct menu_entry *label = labelled(m), *mark = marked(m);
    // DEFAULT may be a command line itself: a kernel and its arguments.
    struct menu_entry command = {.append = m->chosen, .has_append = true};
    command.kernel = text_word(&command.append);
    const struct menu_entry *first[] = {m->ui || !label ? mark : NULL, label, label ? NULL : &command, mark};
    for (unsigned i = 0; i < countof(first); i++) {
        int e = first[i] && first[i]->kernel.n ? try(ctx, first[i]) : ERR_NOT_FOUND;
        if (e != ERR_NOT_FOUND) return e;
    }
    for (unsigned nested = 0; nested < 2; nested++)
        for (unsigned i = 0; i < m->entries; i++) {
            if (m->entry[i].nested != nested || !m->entry[i].kernel.n) continue;
            int e = try(ctx, &m->entry[i]);
            if (e != ERR_NOT_FOUND) return e;
        }
    return ERR_NOT_FOUND;
}
