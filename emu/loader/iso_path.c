// SPDX-License-Identifier: MIT
// The walk along a path. What is left of the path is kept as text: a symbolic link puts its target in front of it, and the number
// of links ends a loop, so a walk ends whatever the image says.
#include "base/bits.h"
#include "base/err.h"
#include "base/le.h"
#include "loader/iso_names.h"

struct path_walk {
    struct iso_dir dir[ISO_DEPTH]; // the folders from the root down
    unsigned depth, links;
    char rest[ISO_PATH]; // what has not been walked yet
    size_t at;
    struct iso_rock rock;
};

// What is at the path's end: a file's record, or a folder.
struct path_end {
    bool folder;
    struct iso_dir dir;
    struct iso_record r;
};

static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c; }

static bool same_name(const char *name, const char *wanted, size_t length, bool any_case) {
    for (size_t i = 0; i < length; i++)
        if (!name[i] || (any_case ? lower(name[i]) != lower(wanted[i]) : name[i] != wanted[i])) return false;
    return !name[length];
}

// The next record that has a name of its own: 1, 0 at the folder's end, or an error.
static int next_record(struct iso *iso, const struct iso_dir *dir, u64 *offset, struct iso_record *r,
                       char name[static ISO_NAME]) {
    while (*offset < dir->size) {
        int e = iso_step(iso, dir->at + *offset);
        if (!e) e = iso_record_at(iso, dir, *offset, r);
        if (e) return e;
        *offset = r->length ? *offset + r->length : align_down(*offset, SECTOR) + SECTOR; // 0: the rest of this sector is unused
        if (!r->length || (r->name_length == 1 && r->name[0] <= 1)) continue;             // "." and ".."
        e = iso_name(iso, r, name);
        return e ? e : 1;
    }
    return 0;
}

// The record of `wanted` in dir: 0, ERR_NOT_FOUND, or what is broken. The folders that relocated ones were put into do not count.
static int find_in(struct iso *iso, struct path_walk *w, const char *wanted, size_t length, struct iso_record *found) {
    const struct iso_dir dir = w->dir[w->depth];
    char name[ISO_NAME];
    struct iso_record r;
    u64 offset = 0;
    bool other_case = false;
    int more;
    while ((more = next_record(iso, &dir, &offset, &r, name)) == 1) {
        bool same = same_name(name, wanted, length, false);
        if (!same && (other_case || !same_name(name, wanted, length, true))) continue;
        int e = iso_rock(iso, &r, &w->rock);
        if (e) return e;
        if (w->rock.relocated) continue;
        *found = r;
        if (same) return 0;
        other_case = true;
    }
    if (more || !other_case) return more ? more : ERR_NOT_FOUND;
    return iso_rock(iso, found, &w->rock);
}

static int enter(struct iso *iso, struct path_walk *w, const struct iso_record *r) {
    if (w->depth + 1 == ISO_DEPTH) return ERR_NOT_FOUND;
    struct iso_dir *dir = &w->dir[w->depth + 1];
    int e = iso_open_dir(iso, r, dir);
    if (e) return e;
    for (unsigned i = 0; i <= w->depth; i++)
        if (w->dir[i].at == dir->at) return iso_corrupt(iso, r->at, "a folder contains one it lies in: a loop");
    w->depth++;
    return 0;
}

// A record with CL stands for the folder at that block, whose size its own first record says (RRIP 4.1.5).
static int enter_relocated(struct iso *iso, struct path_walk *w, const struct iso_record *r) {
    if (!range_inside(w->rock.folder, SECTOR, iso->image.size))
        return iso_corrupt(iso, r->at, "a relocated folder lies past the end of the image");
    const struct iso_dir self = {.at = w->rock.folder, .size = SECTOR};
    struct iso_record child;
    int e = iso_record_at(iso, &self, 0, &child);
    if (e) return e;
    if (!child.length || !(child.flags & RECORD_IS_DIRECTORY) || child.extent != w->rock.folder)
        return iso_corrupt(iso, r->at, "where a relocated folder should be there is none");
    return enter(iso, w, &child);
}

static int follow_link(struct iso *iso, struct path_walk *w, const struct iso_record *r) {
    if (w->links++ == ISO_LINKS) return iso_corrupt(iso, r->at, "this symbolic link is the 41st on the way to one file: a loop");
    size_t left = strlen(w->rest + w->at), n = w->rock.target;
    if (n + 1 + left >= ISO_PATH) {
        log_error(iso->plat, "%s: Rock Ridge: at byte %#llx: with this symbolic link's target a path has more than %u bytes",
                  iso->image.name, (unsigned long long)r->at, ISO_PATH - 1);
        return ERR_UNSUPPORTED;
    }
    memmove(w->rest + n + 1, w->rest + w->at, left + 1);
    memcpy(w->rest, w->rock.name, n);
    w->rest[n] = '/';
    w->at = 0;
    if (w->rest[0] == '/') w->depth = 0;
    return 0;
}

// "." and "..", which need no record.
static bool stay_or_leave(struct path_walk *w, const char *name, size_t length) {
    if (name[0] != '.' || length > 2 || (length == 2 && name[1] != '.')) return false;
    if (length == 2 && w->depth) w->depth--;
    return true;
}

static int walk(struct iso *iso, struct path_walk *w, const char *path, struct path_end *end) {
    size_t whole = strlen(path);
    if (whole >= ISO_PATH) return ERR_NOT_FOUND;
    memcpy(w->rest, path, whole + 1);
    w->at = w->depth = w->links = 0;
    w->dir[0] = iso->root;
    for (;;) {
        while (w->rest[w->at] == '/') w->at++;
        const char *name = w->rest + w->at;
        size_t length = 0;
        while (name[length] && name[length] != '/') length++;
        if (!length) { // the path ends in a folder
            *end = (struct path_end){.folder = true, .dir = w->dir[w->depth]};
            return 0;
        }
        w->at += length;
        if (stay_or_leave(w, name, length)) continue;
        int e = find_in(iso, w, name, length, &end->r);
        if (e) return e;
        if (w->rock.link) e = follow_link(iso, w, &end->r);
        else if (w->rock.child) e = enter_relocated(iso, w, &end->r);
        else if (end->r.flags & RECORD_IS_DIRECTORY) e = enter(iso, w, &end->r);
        else break;
        if (e) return e;
    }
    end->folder = false;
    // Behind a file nothing may stand but what a link's target left: its own slash.
    for (const char *s = w->rest + w->at; *s; s++)
        if (*s != '/' || !w->links) return ERR_NOT_FOUND;
    return 0;
}

int iso_find(struct iso *iso, const char *path, struct span *file) {
    struct path_walk w;
    struct path_end end;
    int e = walk(iso, &w, path, &end);
    if (e || end.folder) return e ? e : ERR_NOT_FOUND;
    if (end.r.flags & RECORD_HAS_MORE) {
        log_error(iso->plat, "%s: ISO 9660: %s has more than one extent, which is not supported", iso->image.name, path);
        return ERR_UNSUPPORTED;
    }
    e = iso_check_extent(iso, &end.r);
    if (!e) *file = (struct span){.name = path, .data = iso->image.data + end.r.extent, .size = end.r.size};
    return e;
}

int iso_stat(struct iso *iso, const char *path, bool *folder) {
    struct path_walk w;
    struct path_end end;
    int e = walk(iso, &w, path, &end);
    if (!e) *folder = end.folder;
    return e;
}

int iso_list(struct iso *iso, const char *path, int (*each)(void *ctx, const char *name), void *ctx) {
    struct path_walk w;
    struct path_end end;
    int e = walk(iso, &w, path, &end);
    if (e || !end.folder) return e ? e : ERR_NOT_FOUND;
    char name[ISO_NAME];
    struct iso_record r;
    u64 offset = 0;
    int more;
    while ((more = next_record(iso, &end.dir, &offset, &r, name)) == 1)
        if ((e = each(ctx, name))) return e;
    return more;
}
