// SPDX-License-Identifier: MIT
// GRUB's menus: which file is the first, which entry of a menu is its default (grub-core/normal/menu.c), and what that entry runs.
#include "loader/grub.h"

#include "base/err.h"
#include "loader/arch.h"

#include <string.h>

#define HOPS 8 // menus on the way to an entry

// Files

// (cd0)/boot/x, or /boot/x on $root. The ISO is cd0 and cd, whatever it is attached to.
static bool is_this_iso(struct text device) {
    if (!text_starts(device, "cd")) return false;
    for (size_t i = 2; i < device.n; i++)
        if (device.s[i] < '0' || device.s[i] > '9') return false;
    return true;
}

int grub_path(struct grub *g, struct grub_word name, char path[static ISO_PATH], doubt_t *doubt, struct menu_place at) {
    const struct grub_var *root = grub_get(g, text_of("root"));
    struct text t = name.text, device = root ? root->value : (struct text){0};
    *doubt = name.doubt;
    if (name.doubt) return ERR_NOT_FOUND;
    if (t.n && *t.s == '(') {
        const char *end = memchr(t.s, ')', t.n);
        if (!end) return ERR_NOT_FOUND;
        device = (struct text){t.s + 1, (size_t)(end - t.s) - 1};
        t = (struct text){end + 1, t.n - device.n - 2};
    } else if (root && root->doubt) {
        *doubt = root->doubt;
        return ERR_NOT_FOUND;
    }
    if (!is_this_iso(device)) {
        *doubt = grub_doubt(g, at, "(%.*s) is not this ISO", (int)(device.n < 40 ? device.n : 40), device.n ? device.s : "");
        return ERR_NOT_FOUND;
    }
    return t.n && *t.s == '/' && menu_path("", t, path) ? 0 : ERR_NOT_FOUND;
}

// Apart from what runs the file, so that the path is not on the stack while it does.
static __attribute__((noinline)) int open_file(struct grub *g, struct menu_place at, struct text name, struct grub_source *s) {
    char path[ISO_PATH];
    doubt_t doubt;
    int e = grub_path(g, (struct grub_word){name, 0}, path, &doubt, at);
    if (e && doubt) return grub_refuse_doubt(g, at, doubt, "where this file is");
    s->at.line = 1;
    return e ? e : menu_read(g->m, at, path, &s->rest, &s->at.file);
}

int grub_source_file(struct grub *g, const struct grub_call *c, struct text name) {
    struct grub_source s;
    int e = open_file(g, c->at, name, &s);
    if (e == ERR_NOT_FOUND) return grub_status(g, false), 0;
    grub_status(g, true);
    return e ? e : grub_run(g, s);
}

// The default entry

// Does `spec`, up to a > that is not doubled, name this title or id?
static bool names_entry(struct text name, struct text spec) {
    size_t i = 0, k = 0;
    for (;; i++, k++) {
        bool ends = k == spec.n || (spec.s[k] == '>' && (k + 1 == spec.n || spec.s[k + 1] != '>'));
        if (ends || i == name.n) return ends && i == name.n;
        if (spec.s[k] == '>') k++;
        if (name.s[i] != spec.s[k]) return false;
    }
}

// What is left of a > b > c behind the first >.
static struct text behind_arrow(struct text spec) {
    for (size_t i = 0; i < spec.n; i++) {
        if (spec.s[i] != '>') continue;
        if (i + 1 == spec.n || spec.s[i + 1] != '>') return (struct text){spec.s + i + 1, spec.n - i - 1};
        i++;
    }
    return (struct text){0};
}

// A number as strtoul takes it, with base 0: false when there is no digit. What follows is not looked at, as in GRUB.
static bool is_number(struct text t, unsigned *n) {
    unsigned base = 10;
    while (t.n && text_blank(*t.s)) t.s++, t.n--;
    if (!t.n || *t.s < '0' || *t.s > '9') return false;
    if (*t.s == '0' && t.n > 2 && (t.s[1] | 32) == 'x') base = 16, t.s += 2, t.n -= 2;
    else if (*t.s == '0') base = 8;
    for (*n = 0; t.n && *n < 1u << 24; t.s++, t.n--) {
        unsigned c = (u8)*t.s, digit = c - '0' < 10 ? c - '0' : (c | 32) - 'a' < 6 ? (c | 32) - 'a' + 10 : 99;
        if (digit >= base) break;
        *n = *n * base + digit;
    }
    return true;
}

// What is not in the menu is its first entry, GRUB says.
static int choose(struct grub *g, struct menu_place at, struct text spec, unsigned *chosen) {
    bool number = is_number(spec, chosen), found = number;
    for (unsigned i = 0; i < g->entries && i < GRUB_ENTRIES && !number && spec.n && !found; i++) {
        const struct grub_entry *e = &g->entry[i];
        if (e->title_doubt)
            return grub_refuse_doubt(g, e->body.at, e->title_doubt, "the title of an entry, which default may name,");
        found = names_entry(e->title, spec) || names_entry(e->id, spec);
        *chosen = i;
    }
    if (!found && g->entries > GRUB_ENTRIES && spec.n)
        return menu_refuse(g->m, at, "none of the first %u entries is the default, %.*s", GRUB_ENTRIES, MENU_SHOWN(spec));
    if (!found || *chosen >= g->entries) {
        if (spec.n)
            log_info(g->m->iso->plat, "%s: no entry is the default, \"%.*s\"; GRUB takes the first then", at.file,
                     MENU_SHOWN(spec));
        *chosen = 0;
    }
    if (*chosen >= GRUB_ENTRIES)
        return menu_refuse(g->m, at, "the default entry is number %u; at most %u are read", *chosen, GRUB_ENTRIES - 1);
    for (unsigned i = 0; i <= *chosen; i++)
        if (g->entry[i].doubt)
            return grub_refuse_doubt(g, g->entry[i].body.at, g->entry[i].doubt, "whether the menu has this entry");
    return 0;
}

static int run_entry(struct grub *g, const struct grub_entry *entry) {
    const struct grub_entry e = *entry; // a new menu takes its place
    struct grub_word param[GRUB_PARAMS];
    for (unsigned i = 0; i < e.params; i++) param[i] = (struct grub_word){e.param[i], i ? 0 : e.title_doubt};
    g->scope = (struct grub_scope){param, e.params};
    menu_title(g->m, e.title);
    g->has_kernel = g->new_menu = false;
    g->flow = GRUB_NEXT;
    g->m->boot->initrds = 0;
    if (e.submenu) grub_new_context(g);
    if (e.submenu) g->entries = 0;
    int bad = grub_run(g, e.body);
    g->scope = (struct grub_scope){0};
    if (bad || g->has_kernel) return bad;
    if (e.submenu && !g->new_menu && !g->entries) return menu_refuse(g->m, e.body.at, "the default is a submenu without entries");
    if (!e.submenu && !g->new_menu)
        return menu_refuse(g->m, e.body.at, "the default entry, \"%.*s\", names no kernel", MENU_SHOWN(e.title));
    return 0;
}

// The file has been read; from menu to menu, each at its default entry, until one has a kernel.
static int follow_menus(struct grub *g, struct menu_place at) {
    char rest[256]; // of default, behind the arrow
    while (!g->has_kernel) {
        if (g->hops++ == HOPS) return menu_refuse(g->m, at, "after %u menus there is still no kernel: a loop", HOPS);
        if (!g->entries) return menu_refuse(g->m, at, "it has no menu entries");
        const struct grub_var *v = grub_get(g, text_of("default"));
        if (v && v->doubt) return grub_refuse_doubt(g, at, v->doubt, "the default entry");
        struct text spec = v ? v->value : (struct text){0}, left = behind_arrow(spec);
        unsigned chosen;
        int e = choose(g, at, spec, &chosen);
        if (e) return e;
        if (left.n >= sizeof rest) return menu_refuse(g->m, at, "default has more than %zu bytes behind a >", sizeof rest);
        if (left.n) memcpy(rest, left.s, left.n);
        const struct grub_entry *entry = &g->entry[chosen];
        grub_unset(g, text_of("default"));
        if (left.n) e = grub_set(g, at, text_of("default"), (struct text){rest, left.n}, 0);
        if (left.n && !e && entry->submenu) e = grub_export(g, at, text_of("default")); // into the submenu's context
        if (!e) e = run_entry(g, entry);
        if (e) return e;
    }
    return 0;
}

// What GRUB itself has set, on the architecture's first platform: a PC with a BIOS, and elsewhere UEFI, since GRUB has no other there.
static int preset(struct grub *g, const char *prefix) {
    const struct loader_arch *arch = g->m->boot->arch;
    const char *const set[][2] = {{"root", "cd0"},
                                  {"grub_cpu", arch->grub_cpu},
                                  {"grub_platform", arch->grub_platform},
                                  {"feature_200_final", "y"},
                                  {"feature_all_video_module", "y"},
                                  {"feature_chainloader_bpb", "y"},
                                  {"feature_default_font_path", "y"},
                                  {"feature_menuentry_id", "y"},
                                  {"feature_menuentry_options", "y"},
                                  {"feature_nativedisk_cmd", "y"},
                                  {"feature_ntldr", "y"},
                                  {"feature_platform_search_hint", "y"},
                                  {"feature_timeout_style", "y"}};
    struct menu_place at = {prefix, 0};
    char value[ISO_PATH + 8];
    int n = plat_format(value, sizeof value, "(cd0)%s", prefix);
    int e = grub_set(g, at, text_of("prefix"), (struct text){value, (size_t)n}, 0);
    if (!e) e = grub_export(g, at, text_of("prefix"));
    for (unsigned i = 0; i < countof(set) && !e; i++) {
        e = grub_set(g, at, text_of(set[i][0]), text_of(set[i][1]), 0);
        if (!e) e = grub_export(g, at, text_of(set[i][0]));
    }
    // Where GRUB itself was started from.
    if (!e) e = grub_set(g, at, text_of("cmdpath"), (struct text){0}, grub_doubt(g, at, "it depends on the machine"));
    return e;
}

static int boot_script(struct grub *g, struct menu *m, const char *folder, struct grub_source s) {
    g->m = m;
    int e = preset(g, folder);
    if (!e) e = grub_run(g, s);
    return e ? e : follow_menus(g, (struct menu_place){s.at.file, 0});
}

// The interpreter's state is not on the stack: a check before the exit runs on the firmware's, of which there may be 128 KiB.
static int boot_file(struct menu *m, const char *folder) {
    struct grub_source s = {.at.line = 1};
    struct plat *p = m->iso->plat;
    char path[ISO_PATH];
    if (!menu_path(folder, text_of("/grub.cfg"), path)) return ERR_NOT_FOUND;
    plat_format(path, sizeof path, "%s/grub.cfg", folder);
    int e = menu_read(m, (struct menu_place){0}, path, &s.rest, &s.at.file);
    if (e) return e;
    struct grub *g = p->alloc(p, sizeof *g, 64);
    if (!g) {
        log_error(p, "%s: no %u KiB of memory to read its boot menu with", m->iso->image.name, (unsigned)(sizeof *g / 1024));
        return ERR_NO_MEMORY;
    }
    e = boot_script(g, m, folder, s);
    p->free(p, g, sizeof *g);
    return e;
}

// EFI/<vendor>/grub.cfg: what a firmware would start by the vendor's own entry. BOOT, which it starts by itself, goes first.
struct vendors {
    struct menu *m;
    char first[ISO_PATH], second[ISO_PATH];
};

static int note_vendor(void *ctx, const char *name) {
    struct vendors *v = ctx;
    char *to = v->first[0] ? v->second : v->first, path[ISO_PATH];
    struct span file;
    if (text_is(text_of(name), "BOOT") || v->second[0]) return 0;
    int n = plat_format(path, sizeof path, "/EFI/%s/grub.cfg", name);
    int e = n > 0 && (size_t)n < sizeof path ? iso_find(v->m->iso, path, &file) : ERR_NOT_FOUND;
    if (!e) plat_format(to, ISO_PATH, "/EFI/%s", name);
    return e == ERR_NOT_FOUND ? 0 : e;
}

int grub_boot(struct menu *m) {
    static const char *const folders[] = {"/boot/grub", "/boot/grub2", "/EFI/BOOT", "/boot", "/grub", "/grub2", ""};
    struct vendors v = {.m = m};
    int e = ERR_NOT_FOUND;
    for (unsigned i = 0; i < countof(folders) && e == ERR_NOT_FOUND; i++) e = boot_file(m, folders[i]);
    if (e != ERR_NOT_FOUND) return e;
    e = iso_list(m->iso, "/EFI", note_vendor, &v);
    if (e) return e;
    if (v.second[0])
        return menu_refuse(m, (struct menu_place){"/EFI", 0}, "there are %s/grub.cfg and %s/grub.cfg", v.first, v.second);
    return v.first[0] ? boot_file(m, v.first) : ERR_NOT_FOUND;
}
