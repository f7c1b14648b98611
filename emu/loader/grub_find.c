// SPDX-License-Identifier: MIT
// Commands that answer into variables: where something is, what a device is, what the machine says.
#include "loader/grub.h"

#include "base/err.h"

#include <string.h>

bool grub_split(struct text t, struct text *name, struct text *value) {
    const char *eq = t.n ? memchr(t.s, '=', t.n) : NULL;
    if (!eq) return false;
    *name = (struct text){t.s, (size_t)(eq - t.s)};
    *value = (struct text){eq + 1, t.n - name->n - 1};
    return true;
}

// The value of option --NAME=..., or of the word behind --NAME or -X; has: the option is there.
static struct text option(const struct grub_call *c, const char *name, char letter, bool *has) {
    size_t n = strlen(name);
    *has = false;
    for (unsigned i = 1; i < c->words; i++) {
        struct text t = c->word[i].text;
        bool is_long = t.n >= n + 2 && t.s[0] == '-' && t.s[1] == '-' && !memcmp(t.s + 2, name, n);
        bool is_short = t.n == 2 && t.s[0] == '-' && t.s[1] == letter;
        if (is_long && t.n > n + 2 && t.s[n + 2] == '=') return *has = true, (struct text){t.s + n + 3, t.n - n - 3};
        if (!is_short && !(is_long && t.n == n + 2)) continue;
        *has = true;
        return i + 1 < c->words ? c->word[i + 1].text : (struct text){0};
    }
    return (struct text){0};
}

bool grub_has_option(const struct grub_call *c, const char *name, char letter) {
    bool has;
    option(c, name, letter, &has);
    return has;
}

// probe tells of a device: of this ISO that is known.
int grub_probe(struct grub *g, const struct grub_call *c) {
    char own[ISO_LABEL > ISO_UUID ? ISO_LABEL : ISO_UUID], path[ISO_PATH], root[128];
    bool has, uuid = grub_has_option(c, "fs-uuid", 'u'), label = grub_has_option(c, "label", 'l'),
              fs = grub_has_option(c, "fs", 'f');
    struct text name = option(c, "set", 's', &has);
    struct grub_word device = c->word[c->words - 1];
    doubt_t doubt = device.doubt;
    if (uuid) iso_uuid(g->m->iso, own);
    else if (label) iso_label(g->m->iso, own);
    else memcpy(own, "iso9660", 8);
    bool bare = !device.text.n || *device.text.s != '(';
    int n = plat_format(root, sizeof root, "%s%.*s%s/", bare ? "(" : "", MENU_SHOWN(device.text), bare ? ")" : "");
    if (!doubt && grub_path(g, (struct grub_word){{root, (size_t)n}, 0}, path, &doubt, c->at) && !doubt)
        doubt = grub_doubt(g, c->at, "probe asks of no device");
    if (!doubt && !uuid && !label && !fs) doubt = grub_doubt(g, c->at, "probe asks the machine");
    if (doubt) grub_status_unknown(g, doubt);
    else grub_status(g, true);
    return has && name.n ? grub_set(g, c->at, name, text_of(own), doubt) : 0;
}

// regexp --set [number:]name ...: several times.
static int doubt_groups(struct grub *g, const struct grub_call *c, doubt_t doubt) {
    int e = 0;
    for (unsigned i = 1; i < c->words && !e; i++) {
        struct text t = c->word[i].text;
        if (text_starts(t, "--set=")) t = (struct text){t.s + 6, t.n - 6};
        else if ((text_equal(t, "--set") || text_equal(t, "-s")) && i + 1 < c->words) t = c->word[++i].text;
        else continue;
        struct text name = t;
        for (size_t k = 0; k < t.n; k++)
            if (t.s[k] == ':') name = (struct text){t.s + k + 1, t.n - k - 1};
        e = grub_set(g, c->at, name, (struct text){0}, doubt);
    }
    return e;
}

// Commands that ask the machine and put the answer into a variable.
int grub_ask(struct grub *g, const struct grub_call *c) {
    const struct text command = c->word[0].text;
    doubt_t doubt = grub_doubt(g, c->at, "%.*s asks the machine", MENU_SHOWN(command));
    bool has;
    struct text name = option(c, "set", 's', &has);
    if (!has) name = option(c, "variable", 'v', &has);
    if (!has && text_equal(command, "read") && c->words > 1) name = c->word[1].text;
    if (text_equal(command, "hwmatch")) name = text_of("match");
    grub_status_unknown(g, doubt);
    if (text_equal(command, "regexp")) return doubt_groups(g, c, doubt);
    return name.n ? grub_set(g, c->at, name, (struct text){0}, doubt) : 0;
}

struct search {
    struct text what, var; // var: "" when the answer goes nowhere
    doubt_t doubt;
    bool file, label; // neither: by UUID
};

// search [--file | --label | --fs-uuid] [--set[=var]] [--hint x] what
static struct search search_options(const struct grub_call *c) {
    struct search s = {.file = grub_has_option(c, "file", 'f'),
                       .label = grub_has_option(c, "label", 'l') || grub_has_option(c, "fs-label", 'l')};
    for (unsigned i = 1; i < c->words; i++) {
        struct text t = c->word[i].text;
        if (text_starts(t, "--set=") && t.n > 6) s.var = (struct text){t.s + 6, t.n - 6};
        else if (text_starts(t, "--set") || text_equal(t, "-s")) s.var = text_of("root");
        else if (text_equal(t, "--hint") || text_equal(t, "-h")) i++;
        else if (!text_starts(t, "-")) s.what = t, s.doubt = c->word[i].doubt;
    }
    return s;
}

// search.file what var
static struct search search_words(const struct grub_call *c) {
    struct search s = {.file = text_equal(c->word[0].text, "search.file"),
                       .label = text_equal(c->word[0].text, "search.fs_label")};
    if (c->words > 1) s.what = c->word[1].text, s.doubt = c->word[1].doubt;
    if (c->words > 2) s.var = c->word[2].text;
    return s;
}

static int is_here(struct grub *g, const struct search *s, bool *here) {
    char path[ISO_PATH], own[ISO_LABEL > ISO_UUID ? ISO_LABEL : ISO_UUID];
    bool folder;
    if (s->label) iso_label(g->m->iso, own);
    else iso_uuid(g->m->iso, own);
    *here = s->label ? text_equal(s->what, own) : text_is(s->what, own);
    if (!s->file) return 0;
    int e = menu_path("", s->what, path) && *path == '/' ? iso_stat(g->m->iso, path, &folder) : ERR_NOT_FOUND;
    *here = !e;
    return e == ERR_NOT_FOUND ? 0 : e;
}

// The device that has a file, a label or a UUID: GRUB may find this ISO when it has it.
int grub_search(struct grub *g, const struct grub_call *c) {
    struct search s = c->word[0].text.n > 6 ? search_words(c) : search_options(c);
    bool here;
    int e = is_here(g, &s, &here);
    if (e) return e;
    if (!here && !s.doubt) s.doubt = grub_doubt(g, c->at, "it is set to where %.*s is, not this ISO", MENU_SHOWN(s.what));
    if (s.doubt) grub_status_unknown(g, s.doubt);
    else grub_status(g, true);
    return s.var.n ? grub_set(g, c->at, s.var, text_of("cd0"), s.doubt) : 0;
}

// A file of name=value lines, made by grub-editenv: $prefix/grubenv.
int grub_load_env(struct grub *g, const struct grub_call *c) {
    bool has;
    char path[ISO_PATH], name[ISO_PATH];
    doubt_t doubt;
    struct text given = option(c, "file", 'f', &has), text, line;
    const struct grub_var *prefix = grub_get(g, text_of("prefix"));
    const char *file;
    int n = plat_format(name, sizeof name, "%.*s/grubenv", prefix ? (int)prefix->value.n : 0,
                        prefix && prefix->value.n ? prefix->value.s : "");
    if (!has && n > 0 && (size_t)n < sizeof name) given = (struct text){name, (size_t)n};
    int e = grub_path(g, (struct grub_word){given, prefix && !has ? prefix->doubt : 0}, path, &doubt, c->at);
    if (e && doubt) return grub_refuse_doubt(g, c->at, doubt, "where this file is");
    if (!e) e = menu_read(g->m, c->at, path, &text, &file);
    grub_status(g, !e);
    if (e) return e == ERR_NOT_FOUND ? 0 : e;
    while (!e && text_line(&text, &line)) {
        struct text key, value;
        if (line.n && *line.s != '#' && grub_split(line, &key, &value)) e = grub_set(g, c->at, key, value, 0);
    }
    return e;
}
