// SPDX-License-Identifier: MIT
// Reads isolinux.cfg. As isolinux does, it passes over lines that it has no directive for, and over files to include that are not
// there; a label goes on behind an include.
#include "loader/isolinux.h"

#include "base/err.h"

#include <string.h>

void isolinux_clear(struct isolinux *x) {
    x->entries = 0;
    x->menus = 1;
    x->current = x->start = 0;
    x->menu[0] = (struct isolinux_menu){.chosen = -1};
    x->label = NULL;
    x->append = x->chosen = x->ui = (struct text){0};
    x->prompt = x->times_out = false;
}

static int add_entry(struct isolinux *x, struct menu_place at, struct text label, struct isolinux_entry **e) {
    if (x->entries == ISOLINUX_ENTRIES) return menu_refuse(x->m, at, "the menu has more than %u entries", ISOLINUX_ENTRIES);
    *e = &x->entry[x->entries++];
    **e = (struct isolinux_entry){.label = label, .kernel = label, .at = at, .menu = x->current};
    return 0;
}

static int begin_menu(struct isolinux *x, struct menu_place at, struct text tag) {
    struct isolinux_entry *link;
    if (x->menus == ISOLINUX_MENUS) return menu_refuse(x->m, at, "there are more than %u menus", ISOLINUX_MENUS);
    int e = add_entry(x, at, (struct text){0}, &link);
    if (e) return e;
    link->action = ISOLINUX_SUBMENU, link->title = tag, link->submenu = x->menus;
    struct isolinux_menu *menu = &x->menu[x->menus];
    *menu = x->menu[x->current]; // timeouts are inherited
    menu->tag = tag, menu->parent = x->current, menu->link = x->entries - 1, menu->chosen = -1;
    x->current = x->menus++;
    x->label = NULL;
    return 0;
}

static void end_menu(struct isolinux *x) {
    x->current = x->menu[x->current].parent;
    x->label = NULL;
}

static int include(struct isolinux *x, struct menu_place at, struct text rest) {
    struct text name = text_bare(&rest);
    int e = rest.n ? begin_menu(x, at, rest) : 0; // a tag: the file is a menu of its own
    if (!e) e = isolinux_read(x, at, name);
    if (e == ERR_NOT_FOUND) e = 0;
    if (!e && rest.n) end_menu(x);
    return e;
}

static void menu_exit(struct isolinux *x, struct text rest) {
    if (!x->label || !x->current) return;
    x->label->action = rest.n ? ISOLINUX_GOTO : ISOLINUX_EXIT;
    x->label->target = rest;
}

static void menu_default(struct isolinux *x) {
    if (x->label) x->menu[x->current].chosen = (int)(x->label - x->entry);
    else if (x->current) x->menu[x->menu[x->current].parent].chosen = (int)x->menu[x->current].link;
}

static void menu_label(struct isolinux *x, struct text rest) {
    if (x->label) x->label->title = rest;
    else if (x->current) x->entry[x->menu[x->current].link].title = rest;
}

static int menu_line(struct isolinux *x, struct menu_place at, struct text rest) {
    struct text word = text_bare(&rest);
    struct isolinux_entry *dead;
    int e = 0;
    if (text_is(word, "include")) e = include(x, at, rest);
    else if (text_is(word, "begin")) e = begin_menu(x, at, rest);
    else if (text_is(word, "end")) end_menu(x);
    else if (text_is(word, "default")) menu_default(x);
    else if (text_is(word, "label")) menu_label(x, rest);
    else if (text_is(word, "start")) x->start = x->current;
    else if (text_is(word, "exit")) menu_exit(x, rest);
    else if (text_is(word, "separator")) {
        if (!(e = add_entry(x, at, (struct text){0}, &dead))) dead->action = ISOLINUX_DISABLED;
        x->label = NULL;
    } else if (x->label && (text_is(word, "disable") || text_is(word, "disabled")))
        x->label->action = ISOLINUX_DISABLED, x->label->label.n = 0;
    else if (x->label && text_is(word, "hide")) x->label->hidden = true;
    else if (x->label && text_is(word, "quit")) x->label->action = ISOLINUX_QUIT;
    else if (x->label && text_is(word, "help")) x->label->action = ISOLINUX_HELP;
    else if (x->label && text_is(word, "goto")) x->label->action = ISOLINUX_GOTO, x->label->target = rest;
    return e;
}

static bool kernel_line(struct isolinux *x, struct text word, struct text rest) {
    static const struct {
        const char *word;
        enum isolinux_kind kind;
    } kinds[] = {{"kernel", ISOLINUX_KERNEL},  {"linux", ISOLINUX_LINUX},   {"com32", ISOLINUX_COM32},
                 {"config", ISOLINUX_CONFIG},  {"boot", ISOLINUX_OTHER},    {"bss", ISOLINUX_OTHER},
                 {"pxe", ISOLINUX_OTHER},      {"fdimage", ISOLINUX_OTHER}, {"comboot", ISOLINUX_OTHER},
                 {"localboot", ISOLINUX_OTHER}};
    for (unsigned i = 0; i < countof(kinds); i++) {
        if (!text_is(word, kinds[i].word)) continue;
        if (x->label) x->label->kernel = rest, x->label->kind = kinds[i].kind, x->label->directive = word;
        return true;
    }
    return false;
}

static void entry_line(struct isolinux *x, struct text word, struct text rest) {
    if (kernel_line(x, word, rest)) return;
    if (text_is(word, "append") && !x->label) x->append = rest;
    if (!x->label) return;
    if (text_is(word, "append")) x->label->append = rest, x->label->has_append = true;
    if (text_is(word, "initrd")) x->label->initrd = rest;
}

static bool is_number_above_0(struct text t) {
    bool above = false;
    for (; t.n && *t.s >= '0' && *t.s <= '9'; t.s++, t.n--) above |= *t.s != '0';
    return above;
}

static int read_line(struct isolinux *x, struct menu_place at, struct text rest) {
    struct text word = text_bare(&rest);
    struct isolinux_menu *menu = &x->menu[x->current];
    if (text_is(word, "include")) return include(x, at, rest);
    if (text_is(word, "menu")) return menu_line(x, at, rest);
    if (text_is(word, "label")) {
        x->label = NULL;
        return add_entry(x, at, rest, &x->label);
    }
    if (text_is(word, "default")) x->chosen = rest, x->chosen_at = at;
    else if (text_is(word, "ui")) x->ui = rest, x->ui_at = at;
    else if (text_is(word, "prompt")) x->prompt = is_number_above_0(rest);
    else if (text_is(word, "timeout")) menu->times_out = is_number_above_0(rest);
    else if (text_is(word, "totaltimeout")) x->times_out = is_number_above_0(rest);
    else if (text_is(word, "ontimeout")) menu->ontimeout = rest, menu->ontimeout_at = at;
    else entry_line(x, word, rest);
    return 0;
}

static int read_text(struct isolinux *x, struct menu_place at, struct text rest) {
    struct text line;
    bool prose = false; // TEXT HELP ... ENDTEXT
    for (at.line = 1; text_line(&rest, &line); at.line++) {
        struct text all = line, word = text_bare(&line);
        if (prose || text_is(word, "text")) {
            prose = !text_is(word, "endtext");
            continue;
        }
        int e = read_line(x, at, all);
        if (e) return e;
    }
    return 0;
}

int isolinux_read(struct isolinux *x, struct menu_place from, struct text name) {
    char path[ISO_PATH];
    struct menu_place at = {0};
    struct text text;
    if (text_is(name, "~") || !menu_path(x->folder, name, path)) return ERR_NOT_FOUND;
    int e = menu_read(x->m, from, path, &text, &at.file);
    if (e) return e;
    if (x->depth == MENU_DEPTH)
        return menu_refuse(x->m, from, "with %s files include each other more than %u deep: a loop", path, MENU_DEPTH);
    x->depth++;
    e = read_text(x, at, text);
    x->depth--;
    return e;
}

// Where isolinux looks (doc/isolinux.txt), and where openSUSE's has its own.
int isolinux_boot(struct menu *m) {
    static const char *const folders[] = {"/boot/isolinux/", "/isolinux/", "/boot/syslinux/",
                                          "/syslinux/",      "/",          "/boot/x86_64/loader/"};
    static const char *const names[] = {"isolinux.cfg", "syslinux.cfg"};
    struct isolinux x;
    for (unsigned i = 0; i < countof(folders) * countof(names); i++) {
        memset(&x, 0, sizeof x);
        x.m = m;
        isolinux_clear(&x);
        memcpy(x.folder, folders[i / countof(names)], strlen(folders[i / countof(names)]) + 1);
        const char *name = names[i % countof(names)];
        int e = isolinux_read(&x, (struct menu_place){0}, (struct text){name, strlen(name)});
        if (e != ERR_NOT_FOUND) return e ? e : isolinux_start(&x);
    }
    return ERR_NOT_FOUND;
}
