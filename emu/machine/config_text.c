// SPDX-License-Identifier: MIT
#include "machine/config_text.h"

#include "base/le.h"

#include <string.h>

enum { SURROGATE = 0xd800, LOW_SURROGATE = 0xdc00, SURROGATE_END = 0xe000, HALF_UNIT = -1 };

static bool is_mark(const struct config_text *t, const char *mark, size_t n) { return t->left >= n && !memcmp(t->at, mark, n); }

// Two units of ASCII, whose zero bytes no other encoding has in a text.
static bool looks_utf16(const struct config_text *t, bool big_endian) {
    if (t->left < 4) return false;
    const u8 *zero = t->at + !big_endian, *ascii = t->at + big_endian;
    return !zero[0] && !zero[2] && ascii[0] && ascii[0] < 0x80 && ascii[2] && ascii[2] < 0x80;
}

void config_text_open(struct config_text *t, const void *bytes, size_t length) {
    *t = (struct config_text){.at = bytes, .left = length};
    size_t mark = 0;
    if (is_mark(t, "\xef\xbb\xbf", 3)) mark = 3;
    else if (is_mark(t, "\xff\xfe", 2)) mark = 2, t->utf16 = true;
    else if (is_mark(t, "\xfe\xff", 2)) mark = 2, t->utf16 = t->big_endian = true;
    else if (looks_utf16(t, false)) t->utf16 = true;
    else if (looks_utf16(t, true)) t->utf16 = t->big_endian = true;
    t->at += mark;
    t->left -= mark;
}

// The next unit of UTF-16, which stays where it is.
static int peek16(const struct config_text *t) {
    if (t->left < 2) return HALF_UNIT;
    u16 u = ld16(t->at);
    return t->big_endian ? __builtin_bswap16(u) : u;
}

static void skip(struct config_text *t, size_t n) { t->at += n, t->left -= n; }

static size_t encode(u32 c, char out[4]) {
    unsigned more = c < 0x80 ? 0 : c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    static const u8 lead[] = {0, 0xc0, 0xe0, 0xf0};
    out[0] = (char)(lead[more] | c >> (6 * more));
    for (unsigned i = 1; i <= more; i++) out[i] = (char)(0x80 | (c >> (6 * (more - i)) & 0x3f));
    return more + 1;
}

// One character: its bytes and their number. There is at least a byte left.
static size_t next(struct config_text *t, char out[4], const char **wrong) {
    if (!t->utf16) {
        out[0] = (char)*t->at;
        skip(t, 1);
        return 1;
    }
    int u = peek16(t);
    skip(t, u == HALF_UNIT ? 1 : 2);
    if (u < SURROGATE || u >= SURROGATE_END) {
        if (u == HALF_UNIT) *wrong = "is UTF-16 and ends in the midst of a character";
        return u == HALF_UNIT ? 0 : encode((u32)u, out);
    }
    int low = peek16(t);
    if (u >= LOW_SURROGATE || low < LOW_SURROGATE || low >= SURROGATE_END) {
        *wrong = "is UTF-16 and holds half a surrogate pair";
        return 0;
    }
    skip(t, 2);
    return encode(0x10000 + ((u32)(u - SURROGATE) << 10) + (u32)(low - LOW_SURROGATE), out);
}

bool config_text_line(struct config_text *t, char *line, size_t room, size_t *length, const char **wrong) {
    size_t n = 0;
    bool more = t->left;
    *wrong = NULL;
    while (t->left) {
        char c[4];
        size_t bytes = next(t, c, wrong);
        if (bytes == 1 && c[0] == '\n') break;
        if (bytes == 1 && !c[0]) *wrong = "holds a NUL byte; the configuration is plain text";
        if (n + bytes < room) memcpy(line + n, c, bytes);
        n += bytes;
    }
    line[n < room ? n : room - 1] = 0;
    *length = n;
    return more;
}
