// SPDX-License-Identifier: MIT
// grub.cfg, as far as it says what to boot: menu entries with linux and initrd lines, and the default. GRUB's language
// has conditions and variables; conditions are read as if they all held, words with variables are left out.
#include "base/err.h"
#include "loader/menu.h"

#define NEST 16

enum block { BLOCK_OTHER, BLOCK_ENTRY, BLOCK_SUBMENU };

struct reader {
    struct menu *m;
    enum block block[NEST];
    unsigned depth, submenus;
    struct menu_entry *entry; // being filled, or NULL
};

static void open_block(struct reader *r, enum block kind) {
    if (r->depth < NEST) r->block[r->depth] = kind, r->submenus += kind == BLOCK_SUBMENU;
    r->depth++;
}

static void close_block(struct reader *r) {
    if (!r->depth) return;
    enum block kind = --r->depth < NEST ? r->block[r->depth] : BLOCK_OTHER;
    if (kind == BLOCK_ENTRY) r->entry = NULL;
    if (kind == BLOCK_SUBMENU) r->submenus--;
}

static bool ends_in_brace(struct text line) { return line.n && line.s[line.n - 1] == '{'; }

// GRUB numbers what its first screen shows, submenus too, so they get an entry without a kernel.
static void title_line(struct reader *r, struct text rest, enum block kind) {
    struct text title = {0}, word;
    // Options come before or after the title; those with a value of their own take the next word.
    while ((word = text_word(&rest)).n && !(word.n == 1 && *word.s == '{')) {
        if (text_is(word, "--class") || text_is(word, "--hotkey") || text_is(word, "--users") || text_is(word, "--id"))
            text_word(&rest);
        else if (!text_starts(word, "-") && !title.n)
            title = text_unquoted(word);
    }
    struct menu_entry *e = menu_add(r->m, title);
    e->nested = r->submenus > 0;
    r->entry = kind == BLOCK_ENTRY ? e : NULL;
}

static void set_line(struct reader *r, struct text rest) {
    if (!text_starts(rest, "default=")) return;
    rest.s += 8, rest.n -= 8;
    struct text value = text_unquoted(text_word(&rest));
    if (text_starts(value, "$")) return;
    r->m->chosen = value;
    int number = 0;
    for (size_t i = 0; i < value.n && number >= 0; i++)
        number = value.s[i] >= '0' && value.s[i] <= '9' && number < MENU_ENTRIES ? 10 * number + value.s[i] - '0' : -1;
    r->m->chosen_index = value.n ? number : -1;
}

static void command(struct reader *r, struct text word, struct text rest) {
    static const char *const kernel[] = {"linux", "linux16", "linuxefi", "multiboot"};
    static const char *const initrd[] = {"initrd", "initrd16", "initrdefi", "module"};
    for (unsigned i = 0; i < countof(kernel) && r->entry; i++) {
        if (text_is(word, kernel[i])) {
            r->entry->kernel = text_unquoted(text_word(&rest));
            r->entry->append = rest;
            r->entry->multiboot = text_is(word, "multiboot");
        }
        if (text_is(word, initrd[i])) r->entry->initrd = rest;
    }
}

static void read_line(struct reader *r, struct text line) {
    struct text rest = line, word = text_word(&rest);
    if (!word.n || *word.s == '#') return;
    enum block kind = text_is(word, "menuentry") ? BLOCK_ENTRY : text_is(word, "submenu") ? BLOCK_SUBMENU : BLOCK_OTHER;
    if (word.n == 1 && *word.s == '}')
        close_block(r);
    else if (kind != BLOCK_OTHER)
        title_line(r, rest, kind);
    else if (text_is(word, "set"))
        set_line(r, rest);
    else
        command(r, word, rest);
    if (ends_in_brace(line)) open_block(r, kind);
}

int grub_read(struct menu *m, struct iso *iso) {
    static const char *const places[] = {"/boot/grub/grub.cfg", "/boot/grub2/grub.cfg", "/EFI/BOOT/grub.cfg"};
    for (unsigned i = 0; i < countof(places); i++) {
        struct span file;
        *m = (struct menu){.iso = iso, .folder = "/", .chosen_index = -1};
        int e = iso_find(iso, places[i], &file);
        if (e == ERR_NOT_FOUND) continue;
        if (e) return e;
        struct reader r = {.m = m};
        struct text rest, line;
        if ((e = menu_text(m, &file, &rest))) return e;
        while (text_line(&rest, &line)) read_line(&r, line);
        return 0;
    }
    return ERR_NOT_FOUND;
}

int grub_choose(const struct menu *m, int (*try)(void *ctx, const struct menu_entry *e), void *ctx) {
    int top = 0;
    for (unsigned i = 0; i < m->entries; i++) {
        const struct menu_entry *entry = &m->entry[i];
        bool chosen =
            !entry->nested && (m->chosen_index >= 0 ? top == m->chosen_index : text_same(entry->label, m->chosen));
        top += !entry->nested;
        int e = chosen && entry->kernel.n ? try(ctx, entry) : ERR_NOT_FOUND;
        if (e != ERR_NOT_FOUND) return e;
    }
    for (unsigned nested = 0; nested < 2; nested++)
        for (unsigned i = 0; i < m->entries; i++) {
            int e = m->entry[i].nested == nested && m->entry[i].kernel.n ? try(ctx, &m->entry[i]) : ERR_NOT_FOUND;
            if (e != ERR_NOT_FOUND) return e;
        }
    return ERR_NOT_FOUND;
}
