// SPDX-License-Identifier: MIT
// Volume descriptors, directory records and the path walk. Names beyond the plain ones are in iso_names.c.
#include "loader/iso9660.h"

#include "base/bits.h"
#include "base/err.h"
#include "base/le.h"
#include "loader/iso_names.h"

typedef unsigned long long ull;

// Volume descriptor (ECMA-119 8): one sector each from sector 16 on.
//   0 type, 1 "CD001", 6 version, 80 volume space size (blocks), 88 escape sequences (Joliet), 128 block size, 156 root
//   directory record
enum { VD_PRIMARY = 1, VD_SUPPLEMENTARY = 2, VD_END = 255 };
#define VD_FIRST 16
#define VD_MOST 64

bool iso_is(const struct span *image) {
    return image->size >= (VD_FIRST + 1) * SECTOR && !memcmp(image->data + VD_FIRST * SECTOR + 1, "CD001", 5);
}

static int corrupt(struct iso *iso, u64 at, const char *what) {
    log_error(iso->plat, "%s: ISO 9660: at byte %#llx: %s", iso->image.name, (ull)at, what);
    return ERR_CORRUPT;
}

int iso_step(struct iso *iso, u64 at) {
    if (iso->steps++ < ISO_STEPS) return 0;
    iso->steps = ISO_STEPS;
    return corrupt(iso, at, "16777216 directory records and system use entries have been searched, and no end is in sight");
}

int iso_record_at(struct iso *iso, const struct iso_dir *dir, u64 offset, struct iso_record *r) {
    u64 at = dir->at + offset;
    const u8 *d = iso->image.data + at;
    u64 room = SECTOR - offset % SECTOR; // a record does not cross a sector's end
    if (room > dir->size - offset) room = dir->size - offset;
    *r = (struct iso_record){.at = at, .length = d[0]};
    if (!r->length) return 0;
    if (r->length < RECORD_FIXED + 1 || r->length > room)
        return corrupt(iso, at, "a directory record's length is less than 34 or passes the end of its sector");
    r->name_length = d[RECORD_NAME_LENGTH];
    if (!r->name_length || RECORD_FIXED + r->name_length > r->length)
        return corrupt(iso, at, "a directory record's name is empty or longer than the record");
    r->name = d + RECORD_FIXED;
    r->flags = d[RECORD_FLAGS];
    u64 use = RECORD_FIXED + r->name_length + !(r->name_length & 1);
    if (use < r->length) r->use = at + use, r->use_length = r->length - use;
    r->extent = ((u64)ld32(d + RECORD_EXTENT) + d[RECORD_ATTRIBUTES]) * SECTOR;
    r->size = ld32(d + RECORD_SIZE);
    return 0;
}

static int check_extent(struct iso *iso, const struct iso_record *r) {
    if (!range_inside(r->extent, r->size, iso->image.size))
        return corrupt(iso, r->at, "a directory record names bytes past the end of the image");
    return 0;
}

static int open_dir(struct iso *iso, const struct iso_record *r, struct iso_dir *dir) {
    int e = check_extent(iso, r);
    if (e) return e;
    if (!r->size) return corrupt(iso, r->at, "a folder is empty, without even its own record");
    *dir = (struct iso_dir){.at = r->extent, .size = r->size};
    return 0;
}

static int open_root(struct iso *iso, u64 descriptor, struct iso_dir *dir) {
    // The root's record lies in the descriptor as it would in a folder of 34 bytes.
    const struct iso_dir self = {.at = descriptor + 156, .size = RECORD_FIXED + 1};
    struct iso_record r;
    // Its offset within its own "folder" is 0, so the sector rule needs no care.
    int e = iso_record_at(iso, &self, 0, &r);
    if (e) return e;
    if (!r.length || !(r.flags & RECORD_IS_DIRECTORY))
        return corrupt(iso, self.at, "the root record is not a folder's");
    return open_dir(iso, &r, dir);
}

// Joliet: UCS-2 level 1, 2 or 3 (%/@ %/C %/E).
static bool is_joliet(const u8 *d) {
    return d[88] == '%' && d[89] == '/' && (d[90] == '@' || d[90] == 'C' || d[90] == 'E');
}

static int check_primary(struct iso *iso, const u8 *d) {
    if (ld16(d + 128) != SECTOR) {
        log_error(iso->plat, "%s: ISO 9660: logical blocks of %u bytes; right is %u", iso->image.name, ld16(d + 128),
                  SECTOR);
        return ERR_UNSUPPORTED;
    }
    u64 size = (u64)ld32(d + 80) * SECTOR;
    if (size > iso->image.size) {
        log_error(iso->plat, "%s: ISO 9660: the file has %llu bytes, but its header says %llu: it is truncated",
                  iso->image.name, (ull)iso->image.size, (ull)size);
        return ERR_TRUNCATED;
    }
    return 0;
}

int iso_open(struct iso *iso, struct plat *p, const struct span *image) {
    *iso = (struct iso){.plat = p, .image = *image};
    u64 primary = 0, joliet = 0;
    for (u64 i = VD_FIRST; i < VD_FIRST + VD_MOST && (i + 1) * SECTOR <= image->size; i++) {
        const u8 *d = image->data + i * SECTOR;
        if (memcmp(d + 1, "CD001", 5)) return corrupt(iso, i * SECTOR, "the list of volume descriptors has no end");
        if (d[0] == VD_END) break;
        if (d[0] == VD_PRIMARY && !primary) primary = i * SECTOR;
        if (d[0] == VD_SUPPLEMENTARY && is_joliet(d) && !joliet) joliet = i * SECTOR;
    }
    if (!primary) return corrupt(iso, VD_FIRST * SECTOR, "there is no primary volume descriptor");
    int e = check_primary(iso, image->data + primary);
    if (!e) e = open_root(iso, primary, &iso->root);
    if (e) return e;
    if (iso_find_rock_ridge(iso)) {
        iso->names = ISO_NAMES_ROCK_RIDGE;
    } else if (joliet) {
        iso->names = ISO_NAMES_JOLIET;
        e = open_root(iso, joliet, &iso->root);
    }
    return e;
}

static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c; }

static bool same_name(const char *name, const char *wanted, size_t length) {
    for (size_t i = 0; i < length; i++)
        if (!name[i] || lower(name[i]) != lower(wanted[i])) return false;
    return !name[length];
}

// The record of `wanted` in dir: 0, ERR_NOT_FOUND, or what is broken.
static int find_in(struct iso *iso, const struct iso_dir *dir, const char *wanted, size_t length,
                   struct iso_record *r) {
    char name[ISO_NAME];
    for (u64 offset = 0; offset < dir->size;) {
        int e = iso_step(iso, dir->at + offset);
        if (!e) e = iso_record_at(iso, dir, offset, r);
        if (e) return e;
        if (!r->length) { // the rest of this sector is unused
            offset = align_down(offset, SECTOR) + SECTOR;
            continue;
        }
        offset += r->length;
        if (r->name_length == 1 && r->name[0] <= 1) continue; // "." and ".."
        if ((e = iso_name(iso, r, name))) return e;
        if (same_name(name, wanted, length)) return 0;
    }
    return ERR_NOT_FOUND;
}

static int file_of(struct iso *iso, const struct iso_record *r, const char *path, struct span *file) {
    if (r->flags & RECORD_IS_DIRECTORY) return ERR_NOT_FOUND;
    if (r->flags & RECORD_HAS_MORE) {
        log_error(iso->plat, "%s: ISO 9660: %s has more than one extent, which is not supported", iso->image.name,
                  path);
        return ERR_UNSUPPORTED;
    }
    int e = check_extent(iso, r);
    if (!e) *file = (struct span){.name = path, .data = iso->image.data + r->extent, .size = r->size};
    return e;
}

int iso_find(struct iso *iso, const char *path, struct span *file) {
    struct iso_dir trail[ISO_DEPTH];
    struct iso_record r;
    const char *at = path;
    unsigned depth = 0;
    trail[0] = iso->root;
    for (;;) {
        while (*at == '/') at++;
        size_t length = 0;
        while (at[length] && at[length] != '/') length++;
        if (!length) return ERR_NOT_FOUND; // the path ends in a folder
        int e = 0;
        if (length == 1 && at[0] == '.') {
            at += length;
            continue;
        }
        e = find_in(iso, &trail[depth], at, length, &r);
        if (e) return e;
        at += length;
        if (!*at) return file_of(iso, &r, path, file);
        if (!(r.flags & RECORD_IS_DIRECTORY) || ++depth == ISO_DEPTH) return ERR_NOT_FOUND;
        if ((e = open_dir(iso, &r, &trail[depth]))) return e;
        for (unsigned i = 0; i < depth; i++)
            if (trail[i].at == trail[depth].at) return corrupt(iso, r.at, "a folder contains one it lies in: a loop");
    }
}
