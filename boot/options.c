// SPDX-License-Identifier: MIT
#include "boot/options.h"
#include "base/err.h"
#include "base/le.h"
#include "boot/names.h"
#include <string.h>

static bool blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
static bool letter(char c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z'; }
static bool in_key(char c) { return letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '-'; }
static bool printable(u32 c) { return (c >= ' ' && c != 0x7f && c < 0xfffe) || (c < ' ' && blank((char)c)); }

// `key=` or `--key`
static bool looks_like_option(const char *word) {
    bool dashes = !strncmp(word, "--", 2);
    const char *p = word + 2 * dashes;
    if (!letter(*p)) return false;
    while (in_key(*p)) p++;
    return *p == '=' || (dashes && !*p);
}

// Units of `width` bytes up to a zero or the end, as UTF-8. false: not a text. *whole: all of it is there.
static bool to_text(const u8 *bytes, size_t size, unsigned width, char *text, size_t room, bool *whole) {
    size_t n = 0, i = 0;
    for (; i + width <= size && n + 4 <= room; i += width) {
        u16 unit[2] = {width == 2 ? ld16(bytes + i) : bytes[i], 0};
        if (!unit[0]) break;
        if (!printable(unit[0]) || (width == 1 && unit[0] >= 0x80)) return false;
        char c[8];
        names_text(unit, 1, false, c, sizeof c);
        memcpy(text + n, c, strlen(c));
        n += strlen(c);
    }
    text[n] = 0;
    *whole = n + 4 <= room;
    return n;
}

// Cuts the text into words in place. Quotes may stand anywhere in a word; they go. false: one is not closed, or too
// many words.
static bool split(struct options *o, const char **wrong) {
    char *from = o->text, *to = o->text;
    o->words = 0;
    for (;;) {
        while (blank(*from)) from++;
        if (!*from) return true;
        if (o->words == OPTIONS_WORDS) return *wrong = "are too many words", false;
        o->word[o->words++] = to;
        bool quoted = false;
        for (; *from && (quoted || !blank(*from)); from++) {
            if (*from == '"') quoted = !quoted;
            else if (quoted && from[0] == '\\' && from[1] == '"') *to++ = *++from;
            else *to++ = *from;
        }
        if (quoted) return *wrong = "have a quote that is not closed", false;
        if (*from) from++;
        *to++ = 0;
    }
}

static bool ours(const struct options *o) {
    if (!o->words) return false;
    size_t n = strlen(o->word[0]);
    bool found = n >= 4 && names_same(o->word[0] + n - 4, ".efi");
    for (unsigned i = 0; i < o->words && !found; i++) found = looks_like_option(o->word[i]);
    return found;
}

const char *options_read(struct options *o, const void *bytes, size_t size) {
    o->words = 0;
    for (unsigned width = 2; bytes && width; width--) {
        bool whole;
        const char *wrong = NULL;
        if (!to_text(bytes, size, width, o->text, sizeof o->text, &whole)) continue;
        split(o, &wrong);
        if (!ours(o)) continue;
        if (!whole) wrong = "are too long";
        if (wrong) return wrong;
        if (!looks_like_option(o->word[0])) memmove(o->word, o->word + 1, --o->words * sizeof o->word[0]);
        return NULL;
    }
    o->words = 0;
    return NULL;
}

int options_next(const struct options *o, unsigned *at, struct plat *p, struct option *out) {
    if (*at >= o->words) return 0;
    const char *word = o->word[(*at)++];
    if (!looks_like_option(word)) {
        log_error(p, "load options: \"%.100s\" is no option; right is kernel=FILE or --kernel FILE", word);
        return ERR_INVALID;
    }
    bool dashes = !strncmp(word, "--", 2);
    const char *key = word + 2 * dashes, *equals = strchr(key, '=');
    size_t n = equals ? (size_t)(equals - key) : strlen(key);
    if (n >= sizeof out->key) {
        log_error(p, "load options: \"%.60s...\" is no option: no key is that long", word);
        return ERR_INVALID;
    }
    memcpy(out->key, key, n);
    out->key[n] = 0;
    // Whether a key can do without a value (--verbose) is for config_set to say.
    bool next = !equals && *at < o->words && strncmp(o->word[*at], "--", 2);
    out->value = equals ? equals + 1 : next ? o->word[(*at)++] : NULL;
    return 1;
}
