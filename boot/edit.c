// SPDX-License-Identifier: MIT
#include "boot/edit.h"
#include "boot/names.h"
#include <string.h>

static bool follows(char c) { return ((u8)c & 0xc0) == 0x80; } // a character's second byte or later

void edit_open(struct edit *e, const char *text) {
    size_t n = strlen(text);
    if (n >= sizeof e->text)
        for (n = sizeof e->text - 1; n && text[n - 1] != '\n';) n--;
    memcpy(e->text, text, n);
    e->text[n] = 0;
    e->length = n;
    e->at = strcspn(e->text, "\n");
}

static size_t before(const struct edit *e, size_t at) {
    if (at) at--;
    while (at && follows(e->text[at])) at--;
    return at;
}

static size_t behind(const struct edit *e, size_t at) {
    if (at < e->length) at++;
    while (at < e->length && follows(e->text[at])) at++;
    return at;
}

static size_t line_start(const struct edit *e, size_t at) {
    while (at && e->text[at - 1] != '\n') at--;
    return at;
}

static size_t line_end(const struct edit *e, size_t at) { return at + strcspn(e->text + at, "\n"); }

static void cut(struct edit *e, size_t from, size_t to) {
    memmove(e->text + from, e->text + to, e->length - to + 1);
    e->length -= to - from;
    e->at = from;
}

static void insert(struct edit *e, u16 unit) {
    char c[8];
    names_text(&unit, 1, false, c, sizeof c);
    size_t n = strlen(c);
    if (e->length + n >= sizeof e->text) return;
    memmove(e->text + e->at + n, e->text + e->at, e->length - e->at + 1);
    memcpy(e->text + e->at, c, n);
    e->length += n;
    e->at += n;
}

// The place in the line that starts at `start`, `column` characters in or at its end.
static size_t in_line(const struct edit *e, size_t start, unsigned column) {
    size_t end = line_end(e, start);
    for (; column && start < end; column--) start = behind(e, start);
    return start;
}

static void up_or_down(struct edit *e, bool up) {
    unsigned row, column;
    edit_cursor(e, &row, &column);
    size_t start = line_start(e, e->at), end = line_end(e, e->at);
    if (up && start) e->at = in_line(e, line_start(e, start - 1), column);
    if (!up && end < e->length) e->at = in_line(e, end + 1, column);
}

void edit_key(struct edit *e, u32 key) {
    switch (key) {
    case KEY_UP:
    case KEY_DOWN: up_or_down(e, key == KEY_UP); return;
    case KEY_LEFT: e->at = before(e, e->at); return;
    case KEY_RIGHT: e->at = behind(e, e->at); return;
    case 'a' & 0x1f:
    case KEY_HOME: e->at = line_start(e, e->at); return;
    case 'e' & 0x1f:
    case KEY_END: e->at = line_end(e, e->at); return;
    case 'd' & 0x1f:
    case KEY_DELETE: cut(e, e->at, behind(e, e->at)); return;
    case 0x7f:
    case KEY_BACKSPACE: cut(e, before(e, e->at), e->at); return;
    case 'k' & 0x1f: cut(e, e->at, line_end(e, e->at)); return;
    case '\r':
    case '\n': insert(e, '\n'); return;
    default:
        if (key >= ' ' && key < 0xd800) insert(e, (u16)key);
    }
}

const char *edit_line(const struct edit *e, unsigned row, size_t *bytes) {
    size_t at = 0;
    for (; row; row--) {
        at = line_end(e, at);
        if (at++ >= e->length) return NULL;
    }
    *bytes = line_end(e, at) - at;
    return e->text + at;
}

void edit_cursor(const struct edit *e, unsigned *row, unsigned *column) {
    *row = *column = 0;
    for (size_t i = 0; i < e->at; i++) {
        if (e->text[i] == '\n') ++*row, *column = 0;
        else *column += !follows(e->text[i]);
    }
}

void edit_cut(char *out, size_t room, const char *text, size_t bytes, unsigned skip, unsigned columns) {
    size_t n = 0;
    unsigned column = 0;
    for (size_t i = 0; i < bytes && text[i];) {
        size_t size = 1;
        while (i + size < bytes && follows(text[i + size])) size++;
        if (column >= skip + columns || n + size >= room) break;
        if (column++ >= skip) {
            memcpy(out + n, text + i, size);
            n += size;
        }
        i += size;
    }
    if (room) out[n] = 0;
}
