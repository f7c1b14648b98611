// SPDX-License-Identifier: MIT
#include "boot/names.h"
#include <string.h>
#include <strings.h>

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

void names_folder(const u16 *path, size_t units, char *out, size_t size) {
    size_t end = 0, length = 0;
    *out = 0;
    while (length < units && path[length]) length++;
    if (3 * length + 8 > size) return; // names_text would cut it
    for (size_t i = 0; i < length; i++)
        if (path[i] == '\\' || path[i] == '/') end = i + 1;
    size_t first = 0;
    while (first < end && (path[first] == '\\' || path[first] == '/')) first++;
    names_text(path + first, end - first, false, out, size);
    for (char *p = out; *p; p++)
        if (*p == '\\') *p = '/';
}

static bool starts(const char *name, const char *with) { return !strncasecmp(name, with, strlen(with)); }
static bool ends(const char *name, const char *with) {
    size_t n = strlen(name), m = strlen(with);
    return n >= m && !strcasecmp(name + n - m, with);
}

bool names_same(const char *a, const char *b) { return !strcasecmp(a, b); }

bool names_first_part(const char *name) { return ends(name, ".001"); }

bool names_hidden(const char *name) {
    static const char *const systems[] = {"System Volume Information/", "RECYCLER/", "lost+found/"};
    if (*name == '.' || *name == '$' || ends(name, "~")) return true;
    for (const char *p = name; *p; p++)
        if ((u8)*p < ' ' || *p == 0x7f) return true; // it would act on the terminal that it is shown on
    for (unsigned i = 0; i < countof(systems); i++)
        if (names_same(name, systems[i])) return true;
    return false;
}

// As the kernel's own builds and distributions name it. "Image" is the name by itself, since pictures begin so, too.
static bool is_kernel(const char *name) {
    return starts(name, "bzImage") || starts(name, "vmlinuz") || names_same(name, "vmlinux") || starts(name, "vmlinux-") ||
           names_same(name, "Image") || names_same(name, "Image.gz");
}

enum name_kind names_kind(const char *name) {
    static const char *const beside[] = {".sig", ".asc", ".gpg", ".md5", ".sha256", ".sha512", ".txt", ".bak"};
    if (names_hidden(name)) return NAME_OTHER;
    if (starts(name, "softmetal.conf") && name[strlen("softmetal.conf")]) return NAME_MISNAMED;
    if (names_same(name, "softmetal.txt") || names_same(name, "softmetal.cfg")) return NAME_MISNAMED;
    if (ends(name, ".iso") || ends(name, ".iso.001")) return NAME_ISO;
    for (unsigned i = 0; i < countof(beside); i++)
        if (ends(name, beside[i])) return NAME_OTHER;
    if (is_kernel(name)) return NAME_KERNEL;
    return starts(name, "initrd") ? NAME_INITRD : NAME_OTHER;
}
