// SPDX-License-Identifier: MIT
// Slices of a text file that is read in place: lines, words, and comparisons that ignore case.
#ifndef LOADER_TEXT_H
#define LOADER_TEXT_H

#include "base/types.h"

struct text {
    const char *s; // not NUL-terminated
    size_t n;
};

static inline bool text_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }
static inline char text_lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c; }

// Is `t` this word, in any case?
static inline bool text_is(struct text t, const char *word) {
    size_t i = 0;
    while (i < t.n && word[i] && text_lower(t.s[i]) == text_lower(word[i])) i++;
    return i == t.n && !word[i];
}

static inline bool text_same(struct text a, struct text b) {
    if (a.n != b.n) return false;
    for (size_t i = 0; i < a.n; i++)
        if (text_lower(a.s[i]) != text_lower(b.s[i])) return false;
    return true;
}

static inline bool text_starts(struct text t, const char *with) {
    size_t i = 0;
    while (i < t.n && with[i] && t.s[i] == with[i]) i++;
    return !with[i];
}

// Takes the next line off *rest, blanks at both ends cut. False when there is none left.
static inline bool text_line(struct text *rest, struct text *line) {
    if (!rest->n) return false;
    size_t n = 0;
    while (n < rest->n && rest->s[n] != '\n') n++;
    *line = (struct text){rest->s, n};
    n += n < rest->n;
    rest->s += n, rest->n -= n;
    while (line->n && text_blank(*line->s)) line->s++, line->n--;
    while (line->n && text_blank(line->s[line->n - 1])) line->n--;
    return true;
}

// Takes the next word off *rest; it ends at a blank, whatever quotes say. Empty at the end.
static inline struct text text_bare(struct text *rest) {
    while (rest->n && text_blank(*rest->s)) rest->s++, rest->n--;
    struct text w = {rest->s, 0};
    while (w.n < rest->n && !text_blank(w.s[w.n])) w.n++;
    rest->s += w.n, rest->n -= w.n;
    while (rest->n && text_blank(*rest->s)) rest->s++, rest->n--;
    return w;
}

// Takes the next word off *rest; it ends at a blank outside quotes (" or '). Empty at the end.
static inline struct text text_word(struct text *rest) {
    while (rest->n && text_blank(*rest->s)) rest->s++, rest->n--;
    struct text w = {rest->s, 0};
    char quote = 0;
    for (; w.n < rest->n && (quote || !text_blank(w.s[w.n])); w.n++) {
        char c = w.s[w.n];
        if (quote ? c == quote : c == '"' || c == '\'') quote = quote ? 0 : c;
    }
    rest->s += w.n, rest->n -= w.n;
    while (rest->n && text_blank(*rest->s)) rest->s++, rest->n--;
    return w;
}

// Without the quotes around the whole of it.
static inline struct text text_unquoted(struct text t) {
    bool quoted = t.n >= 2 && (t.s[0] == '"' || t.s[0] == '\'') && t.s[t.n - 1] == t.s[0];
    return quoted ? (struct text){t.s + 1, t.n - 2} : t;
}

#endif
