// SPDX-License-Identifier: MIT
// From isolinux.cfg to a kernel: a command line is a label or a file, with words behind it; a menu is left at its timeout.
#include "loader/isolinux.h"

#include "base/err.h"
#include "loader/boot.h"

#include <string.h>

static int run(struct isolinux *x, struct menu_place at, struct text line);

static int hop(struct isolinux *x, struct menu_place at) {
    if (x->hops++ < ISOLINUX_HOPS) return 0;
    return menu_refuse(x->m, at, "after %u configurations, menus and labels there is still no kernel: a loop", ISOLINUX_HOPS);
}

// Labels are told apart by case; older ones of isolinux did not, so another case is better than nothing.
static struct isolinux_entry *find_label(struct isolinux *x, struct text word) {
    struct isolinux_entry *other = NULL;
    for (unsigned i = 0; i < x->entries && word.n; i++) {
        struct isolinux_entry *e = &x->entry[i];
        if (e->label.n == word.n && !memcmp(e->label.s, word.s, word.n)) return e;
        if (!other && text_same(e->label, word)) other = e;
    }
    return other;
}

// Menus

static bool starts_something(const struct isolinux_entry *e) {
    return e->action != ISOLINUX_DISABLED && e->action != ISOLINUX_HELP;
}

// The entry that the bar of menu `n` is on.
static const struct isolinux_entry *chosen_in(const struct isolinux *x, unsigned n) {
    int chosen = x->menu[n].chosen;
    if (chosen >= 0 && x->entry[chosen].menu == n && !x->entry[chosen].hidden && starts_something(&x->entry[chosen]))
        return &x->entry[chosen];
    for (unsigned i = 0; i < x->entries; i++)
        if (x->entry[i].menu == n && !x->entry[i].hidden && starts_something(&x->entry[i])) return &x->entry[i];
    return NULL;
}

static int find_menu(const struct isolinux *x, struct text tag, unsigned *n) {
    if (text_is(tag, ".top")) return *n = 0, 0;
    for (*n = 1; *n < x->menus; ++*n)
        if (tag.n && x->menu[*n].tag.n == tag.n && !memcmp(x->menu[*n].tag.s, tag.s, tag.n)) return 0;
    return ERR_NOT_FOUND;
}

static int run_entry(struct isolinux *x, const struct isolinux_entry *e, struct text extra);

static int show_menu(struct isolinux *x, struct menu_place at, unsigned n) {
    for (;;) {
        int bad = hop(x, at);
        if (bad) return bad;
        const struct isolinux_menu *menu = &x->menu[n];
        if ((menu->times_out || x->times_out) && menu->ontimeout.n) return run(x, menu->ontimeout_at, menu->ontimeout);
        const struct isolinux_entry *e = chosen_in(x, n);
        if (!e) return menu_refuse(x->m, at, "the menu has no entry that starts anything");
        at = e->at;
        switch (e->action) {
        case ISOLINUX_RUN: return run_entry(x, e, (struct text){0});
        case ISOLINUX_SUBMENU: n = e->submenu; break;
        case ISOLINUX_EXIT: n = x->menu[n].parent; break;
        case ISOLINUX_GOTO:
            if (find_menu(x, e->target, &n)) return menu_refuse(x->m, at, "there is no menu %.*s", MENU_SHOWN(e->target));
            break;
        default: return menu_refuse(x->m, at, "the default entry leaves the menu and starts nothing");
        }
    }
}

// DEFAULT is both MENU DEFAULT and MENU START, but only with a UI directive.
static int menu_program(struct isolinux *x, struct menu_place at, struct text files) {
    if (files.n) isolinux_clear(x);
    while (files.n) {
        struct text name = text_bare(&files);
        int e = isolinux_read(x, at, name);
        if (e == ERR_NOT_FOUND) e = menu_refuse(x->m, at, "the menu's file %.*s is not there", MENU_SHOWN(name));
        if (e) return e;
    }
    struct text rest = x->chosen;
    const struct isolinux_entry *e = x->ui.n ? find_label(x, text_bare(&rest)) : NULL;
    if (e && !e->hidden) x->start = e->menu, x->menu[e->menu].chosen = (int)(e - x->entry);
    return show_menu(x, at, x->start);
}

// Programs

static struct text base_name(struct text path) {
    for (size_t i = path.n; i--;)
        if (path.s[i] == '/') return (struct text){path.s + i + 1, path.n - i - 1};
    return path;
}

static bool has_suffix(struct text name, const char *suffix) {
    size_t n = strlen(suffix);
    return name.n > n && text_is((struct text){name.s + name.n - n, n}, suffix);
}

// The words of `line` behind the mark, or from the start without one, up to a word that ends them.
static struct text words_between(struct text line, const char *mark, bool (*ends)(struct text word)) {
    struct text word, at = {0};
    bool found = !mark;
    for (struct text rest = line; (word = text_bare(&rest)).n;) {
        if (found && ends(word)) break;
        if (found && !at.n) at.s = word.s;
        if (found) at.n = (size_t)(word.s + word.n - at.s);
        found |= mark && text_is(word, mark);
    }
    return at;
}

static bool is_dashes(struct text word) { return text_is(word, "--"); }
static bool is_system(struct text word) { return word.n > 2 && word.s[0] == '-' && word.s[word.n - 1] == '-'; }

static int boot_linux(struct isolinux *x, struct menu_place at, const struct text part[4], struct text title);

// mboot.c32: a Multiboot kernel and its words, "---", a module and its words, and so on.
static int boot_multiboot(struct isolinux *x, struct menu_place at, struct text line, struct text title) {
    char path[ISO_PATH];
    bool file_next = true;
    int e = 0;
    unsigned files = 0;
    menu_title(x->m, title);
    for (struct text word; !e && (word = text_bare(&line)).n;) {
        bool ends = text_is(word, "---");
        if (file_next && (ends || !menu_path(x->folder, word, path)))
            return menu_refuse(x->m, at, "mboot.c32: %.*s is no name of a file", MENU_SHOWN(word));
        if (!file_next && !ends) e = files == 1 ? menu_append(x->m, at, word) : menu_module_append(x->m, at, word);
        if (file_next) e = files++ ? menu_module(x->m, at, path, word, false) : menu_kernel(x->m, at, path, MENU_MULTIBOOT1);
        file_next = ends;
    }
    if (!e && file_next)
        return menu_refuse(x->m, at, "mboot.c32: %s", files ? "a module's name is missing behind ---" : "it names no kernel");
    return e;
}

static int run_com32(struct isolinux *x, struct menu_place at, struct text file, struct text args, struct text title) {
    struct text name = base_name(file);
    struct text line = {0};
    if (text_is(name, "menu.c32") || text_is(name, "vesamenu.c32")) return menu_program(x, at, args);
    if (text_is(name, "mboot.c32")) return boot_multiboot(x, at, args, title);
    if (text_is(name, "linux.c32")) return boot_linux(x, at, (const struct text[4]){args}, title);
    if (text_is(name, "ifcpu64.c32")) line = words_between(args, NULL, is_dashes); // this machine is the first kind: 64-bit
    if (text_is(name, "whichsys.c32")) line = words_between(args, "-iso-", is_system);
    if (line.n) return run(x, at, line);
    return menu_refuse(x->m, at, "it starts %.*s, a program for isolinux that is not known here", MENU_SHOWN(file));
}

// Kernels. The line is what KERNEL and APPEND say, then INITRD, then what was typed or stood behind the label; the last initrd= counts.

static int boot_words(struct isolinux *x, struct menu_place at, struct text words, struct text *initrd) {
    struct text word;
    while ((word = text_word(&words)).n) {
        bool mine = text_starts(word, "initrd=");
        if (mine) *initrd = (struct text){word.s + 7, word.n - 7};
        int e = mine ? 0 : menu_append(x->m, at, word);
        if (e) return e;
    }
    return 0;
}

static int boot_initrds(struct isolinux *x, struct menu_place at, struct text list) {
    char path[ISO_PATH];
    while (list.n) {
        struct text name = {list.s, 0};
        while (name.n < list.n && name.s[name.n] != ',') name.n++;
        size_t n = name.n + (name.n < list.n);
        list.s += n, list.n -= n;
        if (!name.n) continue;
        int e = menu_path(x->folder, name, path) ? menu_initrd(x->m, at, path)
                                                 : menu_refuse(x->m, at, "%.*s is no name of an initrd", MENU_SHOWN(name));
        if (e) return e;
    }
    return 0;
}

// part: the kernel and words, the appended words, INITRD, more words.
static int boot_linux(struct isolinux *x, struct menu_place at, const struct text part[4], struct text title) {
    char path[ISO_PATH];
    struct text words = part[0], name = text_bare(&words), initrd = {0}, more = part[2], initrds = text_bare(&more);
    if (!menu_path(x->folder, name, path)) return menu_refuse(x->m, at, "it names no kernel");
    menu_title(x->m, title);
    int e = menu_kernel(x->m, at, path, MENU_LINUX);
    if (!e) e = boot_words(x, at, words, &initrd);
    if (!e) e = boot_words(x, at, part[1], &initrd);
    if (initrds.n) initrd = initrds;
    if (!e) e = boot_words(x, at, more, &initrd);
    if (!e) e = boot_words(x, at, part[3], &initrd);
    return e ? e : boot_initrds(x, at, initrd);
}

// CONFIG: another file, and with APPEND another folder, takes over.
static int run_config(struct isolinux *x, struct menu_place at, struct text file, struct text folder) {
    char path[ISO_PATH], whole[ISO_PATH];
    if (folder.n) {
        if (!menu_path(x->folder, folder, path) || strlen(path) + 2 > sizeof path)
            return menu_refuse(x->m, at, "%.*s is no name of a folder", MENU_SHOWN(folder));
        if (path[strlen(path) - 1] != '/') strcat(path, "/");
    } else {
        memcpy(path, x->folder, strlen(x->folder) + 1);
    }
    // The file's own name is seen from the folder before.
    if (!menu_path(x->folder, file, whole)) return menu_refuse(x->m, at, "CONFIG names no file");
    isolinux_clear(x);
    memcpy(x->folder, path, strlen(path) + 1);
    int e = isolinux_read(x, at, (struct text){whole, strlen(whole)});
    if (e == ERR_NOT_FOUND) e = menu_refuse(x->m, at, "the configuration %s is not there", whole);
    return e ? e : isolinux_start(x);
}

static int run_file(struct isolinux *x, struct menu_place at, const struct text part[4], struct text title) {
    static const char *const others[] = {".bin", ".bs", ".bss", ".img", ".com", ".cbt", ".0"};
    struct text args = part[0], file = text_bare(&args), name = base_name(file);
    if (has_suffix(name, ".c32")) return run_com32(x, at, file, args.n ? args : part[1].n ? part[1] : part[3], title);
    for (unsigned i = 0; i < countof(others); i++)
        if (has_suffix(name, others[i]))
            return menu_refuse(x->m, at, "it starts %.*s, which isolinux does not take for a Linux kernel", MENU_SHOWN(file));
    return boot_linux(x, at, part, title);
}

static int run_entry(struct isolinux *x, const struct isolinux_entry *entry, struct text extra) {
    const struct isolinux_entry e = *entry; // CONFIG clears the table
    int bad = hop(x, e.at);
    if (bad) return bad;
    struct text append = e.has_append ? e.append : x->append;
    if (append.n == 1 && *append.s == '-') append.n = 0; // nothing, not even the common one
    const struct text part[4] = {e.kernel, append, e.initrd, extra};
    struct text args = e.kernel, file = text_bare(&args);
    switch (e.kind) {
    case ISOLINUX_KERNEL: return run_file(x, e.at, part, e.label);
    case ISOLINUX_LINUX: return boot_linux(x, e.at, part, e.label);
    case ISOLINUX_COM32: return run_com32(x, e.at, file, args.n ? args : append, e.label);
    case ISOLINUX_CONFIG: return run_config(x, e.at, file, text_bare(&append));
    default: return menu_refuse(x->m, e.at, "it starts by %.*s, which is no Linux kernel", MENU_SHOWN(e.directive));
    }
}

static int run(struct isolinux *x, struct menu_place at, struct text line) {
    struct text rest = line, word = text_bare(&rest);
    const struct isolinux_entry *e = find_label(x, word);
    if (e && e->action != ISOLINUX_RUN) return menu_refuse(x->m, at, "the label %.*s starts nothing by itself", MENU_SHOWN(word));
    if (e) return run_entry(x, e, rest);
    int bad = hop(x, at);
    return bad ? bad : run_file(x, at, (const struct text[4]){line}, word);
}

int isolinux_start(struct isolinux *x) {
    struct text rest = x->ui, program = base_name(text_bare(&rest));
    const struct isolinux_menu *top = &x->menu[0];
    bool asks = x->prompt || !x->chosen.n;
    // gfxboot shows what it likes, but its default is DEFAULT.
    bool gfxboot = text_is(program, "gfxboot") || text_is(program, "gfxboot.c32");
    if (x->ui.n && !gfxboot) return run(x, x->ui_at, x->ui);
    if (asks && (top->times_out || x->times_out) && top->ontimeout.n) return run(x, top->ontimeout_at, top->ontimeout);
    if (x->chosen.n) return run(x, x->chosen_at, x->chosen);
    if (x->entries == 1 && x->entry[0].action == ISOLINUX_RUN) return run_entry(x, &x->entry[0], (struct text){0});
    return menu_refuse(x->m, (struct menu_place){.file = x->m->names},
                       "it names no DEFAULT and no UI, so isolinux waits at its prompt");
}
