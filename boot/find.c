// SPDX-License-Identifier: MIT
// Where files are looked for. An error that is not "not found" counts as a file that is there: on the volume of the
// application or of the configuration it ends the search, and the run; elsewhere it is a warning, since a disk of the
// machine's that has nothing to do with the guest may be damaged.
#include "boot/boot.h"
#include "boot/names.h"
#include "boot/status.h"
#include <string.h>

enum { LIST = 300 }; // of names: a log line holds 500 bytes

static bool join(char *out, size_t size, const char *folder, const char *path) {
    while (*folder && (*path == '/' || *path == '\\')) path++;
    return (size_t)plat_format(out, size, "%s%s", folder, path) < size;
}

enum found find_in(struct boot *b, const char *what, const struct place *p, const char *path, EFI_FILE_HANDLE *f) {
    char whole[CONFIG_TEXT + BOOT_PATH];
    if (!join(whole, sizeof whole, p->folder, path)) return ABSENT;
    EFI_STATUS s = volume_file(b, p->volume, whole, f);
    if (!EFI_ERROR(s)) return FOUND;
    if (s == EFI_NOT_FOUND) return ABSENT;
    const char *why = s == EFI_INVALID_PARAMETER ? "no FAT volume takes such a name" : status_text(s);
    bool near = p->volume == b->own.volume || p->volume == b->config.volume;
    log_at(&b->plat, near ? LOG_ERROR : LOG_WARN, "%s %.200s cannot be opened on %s: %s", what, whole, b->volume[p->volume].name,
           why);
    return near ? UNREADABLE : ABSENT;
}

enum found find_file(struct boot *b, const char *what, const char *path, struct place *where, EFI_FILE_HANDLE *f) {
    static CHAR16 wide[256];
    if (!names_path(path, wide, countof(wide))) {
        log_error(&b->plat, "%s = %.200s: the path is longer than %zu characters, or not UTF-8", what, path, countof(wide) - 2);
        return UNREADABLE;
    }
    const struct place *near[] = {&b->config, &b->own};
    bool from_root = *path == '/' || *path == '\\';
    for (unsigned i = 0; i < 2 * countof(near); i++) {
        *where = *near[i / 2];
        if (i % 2 && (from_root || !where->folder[0])) continue;
        if (i % 2 == 0) where->folder[0] = 0;
        enum found r = find_in(b, what, where, path, f);
        if (r != ABSENT) return r;
    }
    volume_find_others(b);
    for (where->volume = 0, where->folder[0] = 0; where->volume < b->volumes; where->volume++) {
        if (where->volume == b->config.volume || where->volume == b->own.volume) continue;
        if (find_in(b, what, where, path, f) == FOUND) return FOUND;
    }
    return ABSENT;
}

static bool note(void *ctx, const char *name) { return names_append(ctx, LIST, name), true; }

void find_explain(struct boot *b, const char *missing) {
    char list[LIST];
    const char *also = missing;
    for (unsigned i = 0; i < b->volumes; i++) {
        if (!b->volume[i].root) continue;
        if (b->volume[i].server) {
            log_error(&b->plat, "%.300s on %s", also, b->volume[i].name);
            also = "nor";
            continue;
        }
        *list = 0;
        EFI_STATUS s = volume_list(b, &(struct place){.volume = i}, note, list);
        log_error(&b->plat, "%.300s on %s (its root holds: %s)", also, b->volume[i].name,
                  EFI_ERROR(s) ? status_text(s)
                  : list[0]    ? list
                               : "nothing");
        also = "nor";
    }
    foreign_explain(b);
}
