// SPDX-License-Identifier: MIT
// Variables, and words with their values put in (grub-core/script/execute.c): a value outside quotes is split at its blanks, one
// inside is not; what comes out empty without quotes is no word.
#include "loader/grub.h"

#include "base/err.h"

#include <stdarg.h>
#include <string.h>

doubt_t grub_doubt(struct grub *g, struct menu_place at, const char *format, ...) {
    unsigned i = g->doubts < GRUB_DOUBTS - 1 ? ++g->doubts : GRUB_DOUBTS - 1; // the last one stands for all further ones
    va_list args;
    va_start(args, format);
    plat_vformat(g->doubt[i].why, sizeof g->doubt[i].why, format, args);
    va_end(args);
    g->doubt[i].at = at;
    return (doubt_t)i;
}

int grub_refuse_doubt(struct grub *g, struct menu_place at, doubt_t doubt, const char *what) {
    const struct grub_doubt *d = &g->doubt[doubt];
    if (d->at.line == at.line && !strcmp(d->at.file, at.file))
        return menu_refuse(g->m, at, "%s is not known here: %s", what, d->why);
    return menu_refuse(g->m, at, "%s is not known here: %s: line %u: %s", what, d->at.file, d->at.line, d->why);
}

int grub_keep(struct grub *g, struct menu_place at, struct text text, struct text *kept) {
    if (text.n > sizeof g->kept - g->keeping)
        return menu_refuse(g->m, at, "variables and titles take more than %zu bytes", sizeof g->kept);
    *kept = (struct text){g->kept + g->keeping, text.n};
    if (text.n) memcpy(g->kept + g->keeping, text.s, text.n);
    g->keeping += text.n;
    return 0;
}

static bool same(struct text a, struct text b) { return a.n == b.n && (!a.n || !memcmp(a.s, b.s, a.n)); }

static struct grub_var *find(const struct grub *g, struct text name) {
    for (unsigned i = 0; i < g->vars; i++)
        if (same(g->var[i].name, name)) return (struct grub_var *)&g->var[i];
    return NULL;
}

const struct grub_var *grub_get(const struct grub *g, struct text name) { return find(g, name); }

static int find_or_add(struct grub *g, struct menu_place at, struct text name, struct grub_var **v) {
    *v = find(g, name);
    if (*v) return 0;
    struct text kept;
    if (g->vars == GRUB_VARS) return menu_refuse(g->m, at, "there are more than %u variables", GRUB_VARS);
    int e = grub_keep(g, at, name, &kept);
    if (e) return e;
    *v = &g->var[g->vars++];
    **v = (struct grub_var){.name = kept};
    return 0;
}

int grub_set(struct grub *g, struct menu_place at, struct text name, struct text value, doubt_t doubt) {
    struct grub_var *v = find(g, name);
    // Under a condition that may not hold, a variable is known afterwards only if it does not change.
    if (g->maybe && !doubt && !(v && !v->doubt && same(v->value, value))) doubt = g->maybe;
    int e = find_or_add(g, at, name, &v);
    if (e) return e;
    v->doubt = doubt;
    if (value.n > v->room) {
        struct text kept;
        if ((e = grub_keep(g, at, value, &kept))) return e;
        v->value = kept, v->room = value.n;
    } else if (value.n) {
        memmove((char *)v->value.s, value.s, value.n); // in `kept`
        v->value.n = value.n;
    } else {
        v->value.n = 0;
    }
    return 0;
}

void grub_unset(struct grub *g, struct text name) {
    struct grub_var *v = find(g, name);
    if (v && g->maybe) v->doubt = g->maybe;
    else if (v) *v = g->var[--g->vars];
}

int grub_export(struct grub *g, struct menu_place at, struct text name) {
    struct grub_var *v;
    int e = find_or_add(g, at, name, &v);
    if (!e) v->exported = true;
    return e;
}

void grub_new_context(struct grub *g) {
    for (unsigned i = 0; i < g->vars;)
        if (g->var[i].exported) i++;
        else g->var[i] = g->var[--g->vars];
}

// Words

#define UNSET_TOLD 16 // a loop could tell of many

// The word being put together: its bytes are the last ones of g->passing.
struct building {
    struct menu_place at;
    size_t start;
    bool any;      // it has a part, if only an empty quoted one
    bool wildcard; // it has a * or ? outside quotes
    doubt_t doubt;
};

static int put(struct grub *g, struct building *b, const char *s, size_t n) {
    if (n > sizeof g->passing - g->passed)
        return menu_refuse(g->m, b->at, "a command's words have more than %zu bytes", sizeof g->passing);
    if (n) memcpy(g->passing + g->passed, s, n);
    g->passed += n;
    b->any = true;
    return 0;
}

static int finish(struct grub *g, struct building *b) {
    if (b->any) {
        const char first = g->passed > b->start ? g->passing[b->start] : 0;
        if (b->wildcard && (first == '/' || first == '('))
            return menu_refuse(g->m, b->at, "%.*s: files are not looked for by * and ? here",
                               MENU_SHOWN(((struct text){g->passing + b->start, g->passed - b->start})));
        if (g->words == GRUB_WORDS) return menu_refuse(g->m, b->at, "a command has more than %u words", GRUB_WORDS);
        g->word[g->words++] = (struct grub_word){{g->passing + b->start, g->passed - b->start}, b->doubt};
    }
    *b = (struct building){.at = b->at, .start = g->passed};
    return 0;
}

static bool value_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

static int put_value(struct grub *g, struct building *b, struct text value, doubt_t doubt, bool in_quotes) {
    if (doubt) b->doubt = doubt, b->any = true; // it may be a word, even if it is empty by now
    if (in_quotes) return put(g, b, value.s, value.n);
    // Blanks split it, but those at its ends do not part it from what stands beside it.
    for (;;) {
        while (value.n && value_blank(*value.s)) value.s++, value.n--;
        size_t n = 0;
        while (n < value.n && !value_blank(value.s[n])) n++;
        int e = n ? put(g, b, value.s, n) : 0;
        value.s += n, value.n -= n;
        while (value.n && value_blank(*value.s)) value.s++, value.n--;
        if (e || !value.n) return e;
        if ((e = finish(g, b))) return e;
        b->doubt = doubt;
    }
}

// $1.., $#, $@, $*, $?
static int put_special(struct grub *g, struct building *b, struct text name, bool in_quotes) {
    char number[12];
    if (*name.s == '?') {
        number[0] = g->false_ ? '1' : '0';
        return put_value(g, b, (struct text){number, 1}, g->status_doubt, in_quotes);
    }
    if (*name.s == '#') {
        int n = plat_format(number, sizeof number, "%u", g->scope.words);
        return put_value(g, b, (struct text){number, (size_t)n}, 0, in_quotes);
    }
    if (*name.s == '@' || *name.s == '*') {
        for (unsigned i = 0; i < g->scope.words; i++) {
            const struct grub_word *w = &g->scope.word[i];
            int e = 0;
            if (i && in_quotes && *name.s == '*') e = put(g, b, " ", 1);
            else if (i) e = finish(g, b);
            if (!e) e = put_value(g, b, w->text, w->doubt, in_quotes);
            if (e) return e;
        }
        return 0;
    }
    unsigned n = 0;
    for (size_t i = 0; i < name.n && n < 1000; i++) n = 10 * n + (unsigned)(name.s[i] - '0');
    if (!n || n > g->scope.words) return 0;
    return put_value(g, b, g->scope.word[n - 1].text, g->scope.word[n - 1].doubt, in_quotes);
}

static bool letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
static bool digit(char c) { return c >= '0' && c <= '9'; }

// The name at the start of t: of a variable, of a parameter, or one special character; 0: none.
static size_t name_length(struct text t) {
    size_t n = 0;
    if (!t.n) return 0;
    if (strchr("?#*@", *t.s) && *t.s) return 1;
    if (digit(*t.s))
        while (n < t.n && digit(t.s[n])) n++;
    else
        while (n < t.n && (letter(t.s[n]) || (n && digit(t.s[n])))) n++;
    return n;
}

// raw starts at a $; *raw moves past the variable.
static int put_variable(struct grub *g, struct building *b, struct text *raw, bool in_quotes) {
    bool brace = raw->n > 1 && raw->s[1] == '{';
    struct text name = {raw->s + 1 + brace, raw->n - 1 - brace};
    name.n = name_length(name);
    size_t whole = 1 + 2u * brace + name.n;
    if (!name.n || whole > raw->n || (brace && raw->s[whole - 1] != '}'))
        return menu_refuse(g->m, b->at, "%.*s: no name of a variable stands behind $", MENU_SHOWN(*raw));
    raw->s += whole, raw->n -= whole;
    if (!letter(*name.s)) return put_special(g, b, name, in_quotes);
    const struct grub_var *v = find(g, name);
    if (!v && in_quotes) b->any = true;
    if (!v && g->unset++ < UNSET_TOLD)
        log_debug(g->m->iso->plat, "%s: line %u: $%.*s is not set, so it is empty", b->at.file, b->at.line, MENU_SHOWN(name));
    return v ? put_value(g, b, v->value, v->doubt, in_quotes) : 0;
}

// Inside "..." a \ quotes $, " and \ only, and joins lines.
static int put_quoted(struct grub *g, struct building *b, struct text *raw) {
    int e = put(g, b, "", 0);
    raw->s++, raw->n--;
    while (!e && raw->n && *raw->s != '"') {
        size_t n = 1;
        if (*raw->s == '$') {
            e = put_variable(g, b, raw, true);
            continue;
        }
        if (*raw->s == '\\' && raw->n > 1 && raw->s[1] == '\n') {
            n = 2;
        } else {
            if (*raw->s == '\\' && raw->n > 1 && (raw->s[1] == '$' || raw->s[1] == '"' || raw->s[1] == '\\')) raw->s++, raw->n--;
            e = put(g, b, raw->s, 1);
        }
        raw->s += n, raw->n -= n;
    }
    if (raw->n) raw->s++, raw->n--;
    return e;
}

static int put_literal(struct grub *g, struct building *b, struct text *raw) {
    const char *end = memchr(raw->s + 1, '\'', raw->n - 1);
    size_t n = end ? (size_t)(end - raw->s - 1) : raw->n - 1;
    int e = put(g, b, raw->s + 1, n);
    n = n + 2 < raw->n ? n + 2 : raw->n;
    raw->s += n, raw->n -= n;
    return e;
}

static int put_escaped(struct grub *g, struct building *b, struct text *raw) {
    size_t n = raw->n > 1 && raw->s[1] == '\r' ? 3 : 2;
    int e = raw->n > 1 && raw->s[1] != '\n' && raw->s[1] != '\r' ? put(g, b, raw->s + 1, 1) : 0;
    if (n > raw->n) n = raw->n;
    raw->s += n, raw->n -= n;
    return e;
}

int grub_expand(struct grub *g, struct menu_place at, struct text raw) {
    struct building b = {.at = at, .start = g->passed};
    int e = 0;
    if (raw.n > 1 && raw.s[0] == '$' && raw.s[1] == '"') raw.s++, raw.n--; // $"text" is a text to be translated
    while (!e && raw.n) {
        if (*raw.s == '\'') e = put_literal(g, &b, &raw);
        else if (*raw.s == '"') e = put_quoted(g, &b, &raw);
        else if (*raw.s == '\\') e = put_escaped(g, &b, &raw);
        else if (*raw.s == '$') e = put_variable(g, &b, &raw, false);
        else {
            b.wildcard |= *raw.s == '*' || *raw.s == '?';
            e = put(g, &b, raw.s, 1), raw.s++, raw.n--;
        }
    }
    return e ? e : finish(g, &b);
}
