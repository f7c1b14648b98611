// SPDX-License-Identifier: MIT
#include "boot/names.h"
#include <string.h>

bool names_path(const char *path, u16 *out, unsigned limit) {
    unsigned n = 0;
    if (*path != '/' && *path != '\\') out[n++] = '\\';
    for (const u8 *p = (const u8 *)path; *p;) {
        if (n + 1 >= limit) return false;
        u32 c = *p++;
        unsigned more = c < 0x80 ? 0 : (c & 0xe0) == 0xc0 ? 1 : (c & 0xf0) == 0xe0 ? 2 : 9;
        if (more == 9) return false;
        if (more) c &= 0x3fu >> more;
        for (; more; more--, p++) {
            if ((*p & 0xc0) != 0x80) return false;
            c = c << 6 | (*p & 0x3f);
        }
        if (!c) return false; // a zero in two or three bytes
        out[n++] = c == '/' ? '\\' : (u16)c;
    }
    out[n] = 0;
    return true;
}

void names_text(const u16 *name, size_t units, bool folder, char *out, size_t size) {
    size_t n = 0;
    for (; units && *name && n + 3 + 2 <= size; units--, name++) { // the longest character, '/', and the zero
        u32 c = *name;
        if (c >= 0x800) {
            out[n++] = (char)(0xe0 | c >> 12);
            out[n++] = (char)(0x80 | (c >> 6 & 0x3f));
            out[n++] = (char)(0x80 | (c & 0x3f));
        } else if (c >= 0x80) {
            out[n++] = (char)(0xc0 | c >> 6);
            out[n++] = (char)(0x80 | (c & 0x3f));
        } else {
            out[n++] = (char)c;
        }
    }
    if (folder) out[n++] = '/';
    out[n] = 0;
}

void names_append(char *list, size_t size, const char *name) {
    static const char more[] = "...";
    size_t at = strlen(list), n = strlen(name), comma = at ? 2 : 0;
    if (at >= sizeof more - 1 && !strcmp(list + at - (sizeof more - 1), more)) return; // it is full
    // What stays free behind a name is enough for ", ..." and the zero.
    if (at + comma + n + 2 + sizeof more > size) name = more, n = sizeof more - 1;
    memcpy(list + at, ", ", comma);
    memcpy(list + at + comma, name, n + 1);
}
