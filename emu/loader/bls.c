// SPDX-License-Identifier: MIT
// Entries of the Boot Loader Specification (type 1): loader/entries/*.conf and loader/loader.conf, in the order and with the default
// that systemd-boot has.
#include "base/err.h"
#include "loader/menu.h"

#include <string.h>

#define ENTRIES 64
#define FOLDER "/loader/entries/"

struct bls_entry {
    char id[ISO_NAME];
    struct text sort_key, machine_id, version, title, text;
    const char *file;
    bool tried_out; // its boot counter is 0
};

struct bls {
    struct menu *m;
    struct bls_entry entry[ENTRIES];
    unsigned entries;
};

// The next line with a key: false at the end. Values go to the end of their line.
static bool next_key(struct text *rest, unsigned *line, struct text *key, struct text *value) {
    while (text_line(rest, value)) {
        ++*line;
        if (!value->n || *value->s == '#') continue;
        *key = text_bare(value);
        return true;
    }
    return false;
}

// Versions

static bool digit(char c) { return c >= '0' && c <= '9'; }
static bool letter(char c) { return text_lower(c) >= 'a' && text_lower(c) <= 'z'; }
static bool counts(char c) { return digit(c) || letter(c) || c == '~' || c == '-' || c == '^' || c == '.'; }
static char head(struct text t) { return t.n ? *t.s : 0; }
static void drop(struct text *t, size_t n) { t->s += n, t->n -= n; }

static size_t span_of(struct text t, bool (*in)(char c)) {
    size_t n = 0;
    while (n < t.n && in(t.s[n])) n++;
    return n;
}

static int compare_bytes(struct text a, struct text b) {
    size_t n = a.n < b.n ? a.n : b.n;
    int order = n ? memcmp(a.s, b.s, n) : 0;
    return order ? order : (a.n > b.n) - (a.n < b.n);
}

static int compare_parts(struct text *a, struct text *b) {
    bool (*in)(char c) = digit(head(*a)) || digit(head(*b)) ? digit : letter;
    struct text x = {a->s, span_of(*a, in)}, y = {b->s, span_of(*b, in)};
    drop(a, x.n), drop(b, y.n);
    if (in == letter) return compare_bytes(x, y);
    if (!x.n || !y.n) return (x.n > 0) - (y.n > 0);
    while (head(x) == '0') drop(&x, 1);
    while (head(y) == '0') drop(&y, 1);
    return x.n != y.n ? (x.n > y.n) - (x.n < y.n) : compare_bytes(x, y);
}

// The version format specification of the UAPI group: ~ sorts before the end, the end before -, ^ and ., numbers by value.
static int compare_versions(struct text a, struct text b) {
    static const char marks[] = "-^.";
    for (;;) {
        while (a.n && !counts(*a.s)) drop(&a, 1);
        while (b.n && !counts(*b.s)) drop(&b, 1);
        if (head(a) == '~' || head(b) == '~') {
            if (head(a) != head(b)) return head(a) == '~' ? -1 : 1;
            drop(&a, 1), drop(&b, 1);
            continue;
        }
        if (!a.n || !b.n) return (a.n > 0) - (b.n > 0);
        bool same_mark = false;
        for (const char *m = marks; *m && !same_mark; m++) {
            if (*a.s != *m && *b.s != *m) continue;
            if (*a.s != *b.s) return *a.s == *m ? -1 : 1;
            same_mark = true;
        }
        if (same_mark) {
            drop(&a, 1), drop(&b, 1);
            continue;
        }
        int order = compare_parts(&a, &b);
        if (order) return order;
    }
}

static struct text of(const char *s) { return (struct text){s, strlen(s)}; }

static int compare_entries(const struct bls_entry *a, const struct bls_entry *b) {
    int order = a->tried_out - b->tried_out;
    if (!order) order = !a->sort_key.n - !b->sort_key.n;
    if (!order && a->sort_key.n) order = compare_bytes(a->sort_key, b->sort_key);
    if (!order && a->sort_key.n) order = compare_bytes(a->machine_id, b->machine_id);
    if (!order && a->sort_key.n) order = -compare_versions(a->version, b->version);
    return order ? order : -compare_versions(of(a->id), of(b->id));
}

// Entries

// name.conf, name+3.conf, name+0-3.conf: the tries left and done are no part of the id. False: no entry.
static bool take_id(struct bls_entry *entry, const char *name) {
    size_t n = strlen(name);
    entry->tried_out = false;
    if (n <= 5 || !text_is(of(name + n - 5), ".conf")) return false;
    n -= 5;
    size_t at = n;
    while (at && (digit(name[at - 1]) || name[at - 1] == '-')) at--;
    if (at && at < n && name[at - 1] == '+' && digit(name[at])) {
        entry->tried_out = true;
        for (size_t i = at; i < n && digit(name[i]); i++) entry->tried_out &= name[i] == '0';
        n = at - 1;
    }
    memcpy(entry->id, name, n);
    entry->id[n] = 0;
    return n > 0;
}

static int add_entry(void *ctx, const char *name) {
    struct bls *b = ctx;
    char path[ISO_PATH];
    struct text rest, key, value;
    unsigned line = 0;
    bool starts = false, other_machine = false;
    struct menu_place at = {FOLDER, 0};
    if (b->entries == ENTRIES) return menu_refuse(b->m, at, "there are more than %u entries", ENTRIES - 1);
    struct bls_entry *entry = &b->entry[b->entries];
    *entry = (struct bls_entry){0};
    if (!take_id(entry, name) || !menu_path(FOLDER, of(name), path)) return 0;
    int e = menu_read(b->m, (struct menu_place){0}, path, &entry->text, &entry->file);
    if (e) return e == ERR_NOT_FOUND ? 0 : e; // a folder
    rest = entry->text;
    while (next_key(&rest, &line, &key, &value)) {
        if (text_is(key, "title")) entry->title = value;
        if (text_is(key, "version")) entry->version = value;
        if (text_is(key, "sort-key")) entry->sort_key = value;
        if (text_is(key, "machine-id")) entry->machine_id = value;
        if (text_is(key, "linux") || text_is(key, "efi") || text_is(key, "uki")) starts = true;
        if (text_is(key, "architecture") && !text_is(value, "x64")) other_machine = true;
    }
    if (!starts || other_machine) return 0;
    if (!entry->title.n) entry->title = of(entry->id);
    // Kept in order: a later one goes behind those that it equals.
    struct bls_entry added = *entry;
    unsigned i = b->entries++;
    for (; i && compare_entries(&added, &b->entry[i - 1]) < 0; i--) b->entry[i] = b->entry[i - 1];
    b->entry[i] = added;
    return 0;
}

// A pattern of loader.conf: * and ?. Each * is tried for the shortest text first; the last one is enough to come back to.
static bool matches(struct text pattern, struct text t) {
    size_t i = 0, k = 0, star = pattern.n, from = 0;
    while (k < t.n) {
        if (i < pattern.n && pattern.s[i] == '*') star = i++, from = k;
        else if (i < pattern.n && (pattern.s[i] == '?' || text_lower(pattern.s[i]) == text_lower(t.s[k]))) i++, k++;
        else if (star < pattern.n) i = star + 1, k = ++from;
        else return false;
    }
    while (i < pattern.n && pattern.s[i] == '*') i++;
    return i == pattern.n;
}

static bool is_entry(struct text pattern, const struct bls_entry *entry) {
    char with_suffix[ISO_NAME + 8];
    int n = plat_format(with_suffix, sizeof with_suffix, "%s.conf", entry->id);
    return matches(pattern, of(entry->id)) || matches(pattern, (struct text){with_suffix, (size_t)n});
}

// The default of loader.conf, else the first.
static int choose(struct bls *b, const struct bls_entry **chosen) {
    struct menu_place at = {0};
    struct text rest, key, value, pattern = {0};
    unsigned line = 0;
    *chosen = &b->entry[0];
    int e = menu_read(b->m, at, "/loader/loader.conf", &rest, &at.file);
    if (e) return e == ERR_NOT_FOUND ? 0 : e;
    while (next_key(&rest, &line, &key, &value))
        if (text_is(key, "default")) pattern = value, at.line = line;
    if (!pattern.n) return 0;
    for (unsigned i = 0; i < b->entries; i++)
        if (is_entry(pattern, &b->entry[i])) return *chosen = &b->entry[i], 0;
    if (*pattern.s == '@' || text_starts(pattern, "auto-"))
        return menu_refuse(b->m, at, "the default, %.*s, is not known here", MENU_SHOWN(pattern));
    log_info(b->m->iso->plat, "%s: line %u: no entry is %.*s; the first is taken", at.file, at.line, MENU_SHOWN(pattern));
    return 0;
}

static int boot_path(struct bls *b, struct menu_place at, struct text value,
                     int (*take)(struct menu *m, struct menu_place at, const char *path)) {
    char path[ISO_PATH];
    if (!menu_path("/", value, path)) return menu_refuse(b->m, at, "%.*s is no path", MENU_SHOWN(value));
    return take(b->m, at, path);
}

static int take_kernel(struct menu *m, struct menu_place at, const char *path) { return menu_kernel(m, at, path, MENU_LINUX); }

static int boot_entry(struct bls *b, const struct bls_entry *entry) {
    struct text rest = entry->text, key, value;
    struct menu_place at = {.file = entry->file};
    int e = 0;
    bool kernel = false;
    menu_title(b->m, entry->title);
    while (!e && next_key(&rest, &at.line, &key, &value)) {
        if (text_is(key, "efi") || text_is(key, "uki"))
            return menu_refuse(b->m, at, "the default entry starts a program for UEFI");
        if (text_is(key, "linux")) kernel = true, e = boot_path(b, at, value, take_kernel);
    }
    if (!e && !kernel) e = menu_refuse(b->m, at, "the default entry names no kernel");
    rest = entry->text, at.line = 0;
    while (!e && next_key(&rest, &at.line, &key, &value)) {
        if (text_is(key, "initrd")) e = boot_path(b, at, value, menu_initrd);
        if (!text_is(key, "options")) continue;
        if (value.n && memchr(value.s, '$', value.n))
            e = menu_refuse(b->m, at, "a variable is in the options: GRUB puts its value in, and it is not known here");
        else e = menu_append(b->m, at, value);
    }
    return e;
}

int bls_boot(struct menu *m) {
    struct bls b;
    const struct bls_entry *chosen;
    b.m = m, b.entries = 0;
    int e = iso_list(m->iso, FOLDER, add_entry, &b);
    if (e) return e;
    if (!b.entries) return ERR_NOT_FOUND;
    e = choose(&b, &chosen);
    return e ? e : boot_entry(&b, chosen);
}
