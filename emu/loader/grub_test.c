// SPDX-License-Identifier: MIT
// test and [ (grub-core/commands/test.c), with a third answer: not known here.
#include "loader/grub.h"

#include "base/err.h"

#include <string.h>

struct answer {
    bool yes;
    doubt_t doubt;
};

struct test {
    struct grub *g;
    const struct grub_word *word;
    unsigned words, at, nest;
    struct menu_place place;
    int error;
};

static struct answer both(struct answer a, struct answer b) {
    if ((!a.doubt && !a.yes) || (!b.doubt && !b.yes)) return (struct answer){false, 0};
    return (struct answer){true, a.doubt ? a.doubt : b.doubt};
}

static struct answer either(struct answer a, struct answer b) {
    if ((!a.doubt && a.yes) || (!b.doubt && b.yes)) return (struct answer){true, 0};
    return (struct answer){false, a.doubt ? a.doubt : b.doubt};
}

static int compare(struct text a, struct text b) {
    size_t n = a.n < b.n ? a.n : b.n;
    int order = n ? memcmp(a.s, b.s, n) : 0;
    return order ? order : (a.n > b.n) - (a.n < b.n);
}

// A number as GRUB's strtol takes it: a sign, 0x, and what follows is not looked at.
static i64 number(struct text t) {
    i64 n = 0;
    unsigned base = 10;
    while (t.n && text_blank(*t.s)) t.s++, t.n--;
    bool minus = t.n && *t.s == '-';
    t.s += minus, t.n -= minus;
    if (t.n > 2 && t.s[0] == '0' && (t.s[1] | 32) == 'x') base = 16, t.s += 2, t.n -= 2;
    else if (t.n > 1 && *t.s == '0') base = 8;
    for (; t.n && n < (i64)1 << 56; t.s++, t.n--) {
        unsigned c = (u8)*t.s, digit = c - '0' < 10 ? c - '0' : (c | 32) - 'a' < 6 ? (c | 32) - 'a' + 10 : 99;
        if (digit >= base) break;
        n = n * base + digit;
    }
    return minus ? -n : n;
}

static const char *const binary[] = {"=",   "==",  "!=",  "<",   "<=",  ">",    ">=",  "-eq",
                                     "-ne", "-lt", "-le", "-gt", "-ge", "-pgt", "-plt"};

static bool answer_binary(unsigned op, struct text a, struct text b) {
    int s = compare(a, b);
    i64 x = number(a), y = number(b);
    const bool answers[] = {s == 0, s == 0, s != 0, s < 0, s <= 0, s > 0, s >= 0, x == y, x != y, x<y, x <= y, x> y, x >= y};
    return answers[op];
}

static struct answer test_file(struct test *t, char what, struct grub_word name) {
    char path[ISO_PATH];
    doubt_t doubt;
    bool folder = false;
    struct span file = {0};
    if (grub_path(t->g, name, path, &doubt, t->place)) return (struct answer){false, doubt};
    int e = iso_stat(t->g->m->iso, path, &folder);
    if (!e && !folder && what == 's') e = iso_find(t->g->m->iso, path, &file);
    if (e == ERR_NOT_FOUND) return (struct answer){false, 0};
    if (e) t->error = e;
    return (struct answer){what == 'e' || (what == 'd' ? folder : !folder) ? what != 's' || file.size : false, 0};
}

static bool is_unary(struct text t) { return t.n == 2 && t.s[0] == '-' && memchr("zndefs", t.s[1], 6); }

static struct answer expression(struct test *t);

static struct answer term(struct test *t) {
    unsigned left = t->words - t->at;
    const struct grub_word *w = t->word + t->at;
    for (unsigned i = 0; left >= 3 && i < countof(binary); i++) {
        if (!text_equal(w[1].text, binary[i])) continue;
        t->at += 3;
        doubt_t doubt = w[0].doubt ? w[0].doubt : w[1].doubt ? w[1].doubt : w[2].doubt;
        if (i < 13) return (struct answer){answer_binary(i, w[0].text, w[2].text), doubt};
        return (struct answer){false, grub_doubt(t->g, t->place, "%s is not computed here", binary[i])};
    }
    if (left >= 3 && (text_equal(w[1].text, "-nt") || text_equal(w[1].text, "-ot") || text_equal(w[1].text, "-ef"))) {
        t->at += 3;
        return (struct answer){false, grub_doubt(t->g, t->place, "files are not compared here")};
    }
    if (left >= 2 && is_unary(w[0].text)) {
        t->at += 2;
        char what = w[0].text.s[1];
        if (what == 'z' || what == 'n') return (struct answer){(w[1].text.n == 0) == (what == 'z'), w[1].doubt};
        return test_file(t, what, w[1]);
    }
    if (left >= 2 && text_equal(w[0].text, "!")) {
        t->at++;
        if (++t->nest > GRUB_NEST) return (struct answer){0};
        struct answer a = term(t);
        a.yes = !a.yes;
        return a;
    }
    if (left >= 2 && text_equal(w[0].text, "(")) {
        t->at++;
        if (++t->nest > GRUB_NEST) return (struct answer){0};
        struct answer a = expression(t);
        if (t->at < t->words && text_equal(t->word[t->at].text, ")")) t->at++;
        return a;
    }
    t->at++;
    return (struct answer){w->text.n > 0, w->doubt};
}

static bool next_is(const struct test *t, const char *word) { return t->at < t->words && text_equal(t->word[t->at].text, word); }

// Terms in a row must all hold, with -a between them or not; -o binds less.
static struct answer expression(struct test *t) {
    struct answer all = {false, 0}, group = {true, 0};
    bool any = false;
    while (t->at < t->words && !next_is(t, ")")) {
        if (next_is(t, "-o")) {
            all = either(all, group), group = (struct answer){true, 0};
            t->at++;
        } else if (next_is(t, "-a")) {
            t->at++;
        } else {
            group = both(group, term(t)), any = true;
        }
    }
    return any ? either(all, group) : (struct answer){0};
}

int grub_test(struct grub *g, const struct grub_call *c) {
    struct test t = {.g = g, .word = c->word + 1, .words = c->words - 1, .place = c->at};
    if (text_equal(c->word[0].text, "[")) {
        if (!t.words || !text_equal(t.word[t.words - 1].text, "]")) return menu_refuse(g->m, c->at, "[ has no ] at its end");
        t.words--;
    }
    struct answer a = expression(&t);
    if (t.error) return t.error;
    if (t.at < t.words || t.nest > GRUB_NEST) return menu_refuse(g->m, c->at, "the condition is not understood");
    if (a.doubt) grub_status_unknown(g, a.doubt);
    else grub_status(g, a.yes);
    return 0;
}
