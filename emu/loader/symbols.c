// SPDX-License-Identifier: MIT
#include "loader/symbols.h"

#include "loader/elf.h"
#include "loader/symbol.h"

#include <string.h>

struct list {
    struct symbol *to; // NULL: only counted
    size_t n;
};

// $x, $d and the like say what bytes are, and .L is a compiler's own.
static void add(struct list *l, struct symbol s) {
    if (s.name[0] == '$' || (s.length >= 2 && !memcmp(s.name, ".L", 2))) return;
    if (l->to) l->to[l->n] = s;
    l->n++;
}

// ---- ELF

static void on_symbol(void *ctx, const struct elf_symbol *s) {
    if (!s->code || !s->name[0]) return;
    add(ctx, (struct symbol){.at = s->value, .size = s->size, .name = s->name, .length = (u32)strlen(s->name)});
}

// ---- text

static int digit(char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1; }

// A line's symbol; false: it is none of code.
static bool parse(const char *p, const char *end, struct symbol *s) {
    u64 at = 0;
    const char *from = p;
    for (; p < end && digit(*p) >= 0; p++) at = at << 4 | (unsigned)digit(*p);
    if (p == from || p - from > 16 || end - p < 4 || p[0] != ' ' || p[2] != ' ' || !strchr("tTwW", p[1])) return false;
    p += 3;
    const char *name = p;
    while (p < end && *p > ' ') p++;
    *s = (struct symbol){.at = at, .name = name, .length = (u32)(p - name)};
    return p > name;
}

static void read_text(const struct span *file, struct list *l) {
    const char *p = (const char *)file->data, *end = p + file->size;
    while (p < end) {
        struct symbol s;
        const char *line = memchr(p, '\n', (size_t)(end - p));
        if (!line) line = end;
        if (parse(p, line, &s)) add(l, s);
        p = line + (line < end);
    }
}

// ---- order: by address; of several at one, the one with a size, then the first by name

static bool before(const struct symbol *a, const struct symbol *b) {
    if (a->at != b->at) return a->at < b->at;
    if (!a->size != !b->size) return a->size;
    int c = memcmp(a->name, b->name, a->length < b->length ? a->length : b->length);
    return c ? c < 0 : a->length < b->length;
}

static void sink(struct symbol *s, size_t at, size_t n) {
    for (size_t child; (child = 2 * at + 1) < n; at = child) {
        if (child + 1 < n && before(&s[child], &s[child + 1])) child++;
        if (!before(&s[at], &s[child])) return;
        struct symbol t = s[at];
        s[at] = s[child], s[child] = t;
    }
}

static void sort(struct symbol *s, size_t n) {
    for (size_t i = n / 2; i-- > 0;) sink(s, i, n);
    for (size_t i = n; i-- > 1;) {
        struct symbol t = s[0];
        s[0] = s[i], s[i] = t;
        sink(s, 0, i);
    }
}

size_t symbols_read(const struct span *file, struct symbol *to) {
    struct list l = {.to = to};
    if (elf_is(file)) elf_each_symbol(file, on_symbol, &l);
    else read_text(file, &l);
    if (to) sort(to, l.n);
    return l.n;
}

const struct symbol *symbols_find(const struct symbol *s, size_t n, u64 at) {
    size_t low = 0, high = n; // s[low - 1].at <= at < s[high].at
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (s[middle].at <= at) low = middle + 1;
        else high = middle;
    }
    if (!low) return NULL;
    const struct symbol *hit = &s[low - 1];
    while (hit > s && hit[-1].at == hit->at) hit--;
    return hit->size && at - hit->at >= hit->size ? NULL : hit;
}
