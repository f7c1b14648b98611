// SPDX-License-Identifier: MIT
// The tokens of GRUB's script language (grub-core/script/yylex.l). A word is made of plain characters, 'text', "text" with \ and $
// in it, \ with any character, and $variables; a \ before the line's end joins two lines.
#include "loader/grub.h"

#include "base/err.h"

#include <string.h>

static bool blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }
static bool ends_word(char c) { return blank(c) || c == '\n' || (c && strchr("{};|&<>", c)); }

static int step(struct grub *g, struct menu_place at, size_t bytes) {
    g->work += (u32)(bytes < GRUB_WORK ? bytes : GRUB_WORK);
    return g->work < GRUB_WORK ? 0 : menu_refuse(g->m, at, "after %u bytes of script there is still no end: a loop", GRUB_WORK);
}

static void skip(struct grub_source *s, size_t n) {
    for (size_t i = 0; i < n; i++) s->at.line += s->rest.s[i] == '\n';
    s->rest.s += n, s->rest.n -= n;
}

static size_t joined_line(struct text t, size_t i) {
    if (i + 1 < t.n && t.s[i] == '\\' && t.s[i + 1] == '\n') return 2;
    return i + 2 < t.n && t.s[i] == '\\' && t.s[i + 1] == '\r' && t.s[i + 2] == '\n' ? 3 : 0;
}

// Past the quoted text that starts at i; t.n when it never ends.
static size_t quoted(struct text t, size_t i) {
    char quote = t.s[i++];
    for (; i < t.n && t.s[i] != quote; i++)
        if (quote == '"' && t.s[i] == '\\') i++;
    return i < t.n ? i + 1 : t.n + 1;
}

// ${name}: past the brace; 0 when it is none.
static size_t braced(struct text t, size_t i) {
    size_t at = i + 2;
    while (at < t.n && t.s[at] != '}' && t.s[at] != '\n') at++;
    return at < t.n && t.s[at] == '}' ? at + 1 : 0;
}

static int word_length(struct grub *g, struct grub_source *s, size_t *n) {
    struct text t = s->rest;
    size_t i = 0;
    while (i < t.n && !ends_word(t.s[i])) {
        char c = t.s[i];
        if (c == '\'' || c == '"') {
            i = quoted(t, i);
            if (i > t.n) return menu_refuse(g->m, s->at, "a %s is never closed", c == '"' ? "double quote" : "single quote");
        } else if (c == '\\') {
            size_t joined = joined_line(t, i);
            i += joined ? joined : 2;
        } else if (c == '$' && i + 1 < t.n && t.s[i + 1] == '{') {
            i = braced(t, i);
            if (!i) return menu_refuse(g->m, s->at, "a ${ is never closed");
        } else {
            i++;
        }
    }
    *n = i < t.n ? i : t.n;
    return 0;
}

int grub_token(struct grub *g, struct grub_source *s, enum grub_token *token, struct text *raw) {
    size_t n = 0;
    *raw = (struct text){0};
    while (n < s->rest.n && (blank(s->rest.s[n]) || joined_line(s->rest, n)))
        n += blank(s->rest.s[n]) ? 1 : joined_line(s->rest, n);
    if (n < s->rest.n && s->rest.s[n] == '#')
        while (n < s->rest.n && s->rest.s[n] != '\n') n++;
    skip(s, n);
    int e = step(g, s->at, n + 1);
    if (e) return e;
    if (!s->rest.n) return *token = GRUB_END, 0;
    char c = *s->rest.s;
    if (!c) return menu_refuse(g->m, s->at, "a NUL byte: this is no text");
    if (c == '\n' || c == ';') {
        *token = GRUB_SEPARATOR;
    } else if (c == '{' || c == '}') {
        *token = c == '{' ? GRUB_OPEN : GRUB_CLOSE;
    } else if (strchr("|&<>", c)) {
        return menu_refuse(g->m, s->at, "GRUB has no meaning for %c outside quotes", c);
    } else {
        *token = GRUB_WORD;
        e = word_length(g, s, &raw->n);
        if (!e) e = step(g, s->at, raw->n);
        if (e) return e;
        raw->s = s->rest.s;
    }
    skip(s, *token == GRUB_WORD ? raw->n : 1);
    return 0;
}

int grub_peek(struct grub *g, const struct grub_source *s, enum grub_token *token, struct text *raw) {
    struct grub_source copy = *s;
    return grub_token(g, &copy, token, raw);
}
