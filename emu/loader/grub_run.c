// SPDX-License-Identifier: MIT
// Statements of GRUB's script language (grub-core/script/parser.y). They are run from the text: what a condition leaves out is read
// without being run. A condition that is not known here runs all its branches, each knowing that it may not.
#include "loader/grub.h"

#include "base/err.h"

enum stop { AT_END, AT_CLOSE, AT_THEN, AT_ELIF, AT_ELSE, AT_FI, AT_DO, AT_DONE };

static const char *const stops[] = {
    [AT_THEN] = "then", [AT_ELIF] = "elif", [AT_ELSE] = "else", [AT_FI] = "fi", [AT_DO] = "do", [AT_DONE] = "done"};

void grub_status(struct grub *g, bool is_true) { g->false_ = !is_true, g->status_doubt = 0; }
void grub_status_unknown(struct grub *g, doubt_t doubt) { g->false_ = true, g->status_doubt = doubt; }

static int list(struct grub *g, struct grub_source *s, bool run, enum stop *stop);

static int nested_list(struct grub *g, struct grub_source *s, bool run, enum stop *stop) {
    if (g->nest == GRUB_NEST)
        return menu_refuse(g->m, s->at, "blocks and conditions lie more than %u deep in each other", GRUB_NEST);
    g->nest++;
    int e = list(g, s, run, stop);
    g->nest--;
    return e;
}

// A list up to one of the words in `wanted` (bits of enum stop).
static int list_until(struct grub *g, struct grub_source *s, bool run, unsigned wanted, enum stop *stop) {
    struct menu_place start = s->at;
    int e = nested_list(g, s, run, stop);
    if (e || wanted >> *stop & 1) return e;
    if (*stop == AT_END) return menu_refuse(g->m, start, "the statement that starts here has no end");
    return menu_refuse(g->m, s->at, "%s does not belong here", *stop == AT_CLOSE ? "}" : stops[*stop]);
}

static bool runs(const struct grub *g, bool run) { return run && g->flow == GRUB_NEXT; }

// if list then list {elif list then list} [else list] fi
static int if_statement(struct grub *g, struct grub_source *s, bool run) {
    const doubt_t outer = g->maybe;
    doubt_t unsure = 0; // a condition so far
    bool taken = false;
    enum stop stop = AT_ELIF;
    int e;
    do {
        bool body = runs(g, run) && !taken;
        doubt_t maybe = unsure;
        if (stop == AT_ELIF) {
            if ((e = list_until(g, s, body, 1u << AT_THEN, &stop))) return e;
            body = body && g->flow == GRUB_NEXT;
            if (body && g->status_doubt) unsure = maybe = g->status_doubt;
            else if (body) body = !g->false_, taken = body;
        }
        if (body && maybe) g->maybe = outer ? outer : maybe;
        e = list_until(g, s, body, 1u << AT_ELIF | 1u << AT_ELSE | 1u << AT_FI, &stop);
        g->maybe = outer;
        if (e) return e;
    } while (stop != AT_FI);
    if (unsure) grub_status_unknown(g, unsure);
    return 0;
}

// One round of a loop's body has run: does the loop go on?
static bool goes_on(struct grub *g) {
    if (g->flow == GRUB_CONTINUE && g->breaks <= 1) g->flow = GRUB_NEXT;
    if (g->flow == GRUB_NEXT) return true;
    if (g->flow == GRUB_BREAK && g->breaks <= 1) g->flow = GRUB_NEXT;
    else if (g->flow == GRUB_BREAK || g->flow == GRUB_CONTINUE) g->breaks--;
    return false;
}

// while list do list done; until is the same with the other answer.
static int while_statement(struct grub *g, struct grub_source *s, bool run, bool until) {
    const struct grub_source start = *s;
    enum stop stop;
    int e;
    bool again = runs(g, run);
    g->loops++;
    do {
        *s = start;
        e = list_until(g, s, again, 1u << AT_DO, &stop);
        if (!e && again && g->status_doubt) e = grub_refuse_doubt(g, start.at, g->status_doubt, "how often this loop runs");
        again = again && !e && g->flow == GRUB_NEXT && g->false_ == until;
        if (!e) e = list_until(g, s, again, 1u << AT_DONE, &stop);
        again = again && goes_on(g);
    } while (!e && again);
    g->loops--;
    return e;
}

static int words_of(struct grub *g, struct grub_source *s, bool run) {
    enum grub_token token;
    struct text raw;
    for (;;) {
        int e = grub_peek(g, s, &token, &raw);
        if (e || token != GRUB_WORD) return e;
        struct menu_place at = s->at;
        e = grub_token(g, s, &token, &raw);
        if (!e && run) e = grub_expand(g, at, raw);
        if (e) return e;
    }
}

static int expect_word(struct grub *g, struct grub_source *s, const char *word, struct text *raw) {
    enum grub_token token;
    int e;
    do e = grub_token(g, s, &token, raw);
    while (!e && token == GRUB_SEPARATOR);
    if (e) return e;
    if (token != GRUB_WORD || (word && !text_equal(*raw, word)))
        return menu_refuse(g->m, s->at, "%s should stand here", word ? word : "a name");
    return 0;
}

// for name in words; do list done
static int for_statement(struct grub *g, struct grub_source *s, bool run) {
    const unsigned first = g->words;
    const size_t passed = g->passed;
    struct text name, raw;
    enum stop stop;
    int e = expect_word(g, s, NULL, &name);
    if (!e) e = expect_word(g, s, "in", &raw);
    run = runs(g, run);
    if (!e) e = words_of(g, s, run);
    if (!e) e = expect_word(g, s, "do", &raw);
    const struct grub_source body = *s;
    const unsigned last = g->words;
    bool any = false;
    g->loops++;
    for (unsigned i = first; !e && i < last; i++) {
        any = true;
        *s = body;
        if (g->word[i].doubt) e = grub_refuse_doubt(g, body.at, g->word[i].doubt, "what this loop runs over");
        if (e) break;
        e = grub_set(g, body.at, name, g->word[i].text, g->word[i].doubt);
        if (!e) e = list_until(g, s, true, 1u << AT_DONE, &stop);
        if (!e && !goes_on(g)) break;
    }
    g->loops--;
    if (!e && !any) e = list_until(g, s, false, 1u << AT_DONE, &stop);
    g->words = first, g->passed = passed;
    return e;
}

// The block behind {, which has been read: where it is, and past its }.
static int block(struct grub *g, struct grub_source *s, struct grub_source *body) {
    enum stop stop;
    *body = *s;
    int e = list_until(g, s, false, 1u << AT_CLOSE, &stop);
    body->rest.n = (size_t)(s->rest.s - body->rest.s) - (e ? 0 : 1);
    return e;
}

static int function_statement(struct grub *g, struct grub_source *s, bool run) {
    struct grub_source body;
    struct text name, raw;
    enum grub_token token;
    int e = expect_word(g, s, NULL, &name);
    do e = e ? e : grub_token(g, s, &token, &raw);
    while (!e && token == GRUB_SEPARATOR);
    if (!e && token != GRUB_OPEN) e = menu_refuse(g->m, s->at, "{ should stand here");
    if (!e) e = block(g, s, &body);
    if (e || !runs(g, run)) return e;
    for (unsigned i = 0; i < g->functions; i++)
        if (g->function[i].name.n == name.n && !__builtin_memcmp(g->function[i].name.s, name.s, name.n)) {
            g->function[i].doubt = g->maybe;
            g->function[i].body = body;
            return 0;
        }
    if (g->functions == GRUB_FUNCTIONS) return menu_refuse(g->m, s->at, "there are more than %u functions", GRUB_FUNCTIONS);
    g->function[g->functions++] = (struct grub_function){name, body, g->maybe};
    return 0;
}

int grub_call_function(struct grub *g, const struct grub_function *f, const struct grub_call *c) {
    const struct grub_scope scope = g->scope;
    const unsigned loops = g->loops;
    if (f->doubt) return grub_refuse_doubt(g, c->at, f->doubt, "whether this function is defined");
    g->scope = (struct grub_scope){c->word + 1, c->words - 1};
    g->loops = 0;
    int e = grub_run(g, f->body);
    if (g->flow == GRUB_RETURN) g->flow = GRUB_NEXT;
    g->scope = scope, g->loops = loops;
    return e;
}

static int command(struct grub *g, struct grub_source *s, bool run, struct menu_place at, struct text raw) {
    const unsigned first = g->words;
    const size_t passed = g->passed;
    struct grub_call c = {.at = at};
    enum grub_token token;
    int e = run ? grub_expand(g, at, raw) : 0;
    if (!e) e = words_of(g, s, run);
    if (!e) e = grub_peek(g, s, &token, &raw);
    if (!e && token == GRUB_OPEN) {
        c.has_block = true;
        e = grub_token(g, s, &token, &raw);
        if (!e) e = block(g, s, &c.block);
        if (!e) e = grub_peek(g, s, &token, &raw);
    }
    if (!e && token != GRUB_SEPARATOR && token != GRUB_END && token != GRUB_CLOSE)
        e = menu_refuse(g->m, s->at, "behind a } only the line's end or ; may stand");
    c.word = g->word + first, c.words = g->words - first;
    if (!e && run && c.words) e = grub_command(g, &c);
    g->words = first, g->passed = passed;
    return e;
}

static int statement(struct grub *g, struct grub_source *s, bool run, struct menu_place at, struct text word) {
    static const char *const others[] = {"case", "esac", "select", "time", "in", "[[", "]]"};
    if (text_equal(word, "if")) return if_statement(g, s, run);
    if (text_equal(word, "while")) return while_statement(g, s, run, false);
    if (text_equal(word, "until")) return while_statement(g, s, run, true);
    if (text_equal(word, "for")) return for_statement(g, s, run);
    if (text_equal(word, "function")) return function_statement(g, s, run);
    for (unsigned i = 0; i < countof(others); i++)
        if (text_equal(word, others[i])) return menu_refuse(g->m, at, "GRUB has no statement %s", others[i]);
    return command(g, s, run, at, word);
}

static int list(struct grub *g, struct grub_source *s, bool run, enum stop *stop) {
    for (;;) {
        enum grub_token token;
        struct text word;
        struct grub_source before = *s;
        int e = grub_token(g, s, &token, &word);
        if (e) return e;
        if (token == GRUB_SEPARATOR) continue;
        if (token == GRUB_OPEN) return menu_refuse(g->m, s->at, "a { stands where a command should");
        if (token != GRUB_WORD) return *stop = token == GRUB_END ? AT_END : AT_CLOSE, 0;
        for (enum stop i = AT_THEN; i <= AT_DONE; i++)
            if (text_equal(word, stops[i])) return *stop = i, 0;
        // The word's line: in front of it lines may have been joined.
        for (const char *c = before.rest.s; c < word.s; c++) before.at.line += *c == '\n';
        e = statement(g, s, runs(g, run), before.at, word);
        if (e) return e;
    }
}

int grub_run(struct grub *g, struct grub_source source) {
    enum stop stop;
    return list_until(g, &source, true, 1u << AT_END, &stop);
}
