// SPDX-License-Identifier: MIT
// Volume descriptors and directory records. The path walk is in iso_path.c, names beyond the plain ones in iso_names.c.
#include "loader/iso9660.h"

#include "base/bits.h"
#include "base/err.h"
#include "base/le.h"
#include "loader/iso_names.h"

typedef unsigned long long ull;

// Volume descriptor (ECMA-119 8): one sector each from sector 16 on.
//   0 type, 1 "CD001", 6 version, 40 volume identifier (32), 80 volume space size (blocks), 88 escape sequences (Joliet),
//   128 block size, 156 root directory record, 813 creation and 830 modification date (YYYYMMDDHHMMSShh in digits, zone)
enum { VD_PRIMARY = 1, VD_SUPPLEMENTARY = 2, VD_END = 255 };
#define VD_FIRST 16
#define VD_MOST 64

bool iso_is(const struct span *image) {
    return image->size >= (VD_FIRST + 1) * SECTOR && !memcmp(image->data + VD_FIRST * SECTOR + 1, "CD001", 5);
}

int iso_corrupt(struct iso *iso, u64 at, const char *what) {
    log_error(iso->plat, "%s: ISO 9660: at byte %#llx: %s", iso->image.name, (ull)at, what);
    return ERR_CORRUPT;
}

int iso_step(struct iso *iso, u64 at) {
    if (iso->steps++ < ISO_STEPS) return 0;
    iso->steps = ISO_STEPS;
    return iso_corrupt(iso, at, "16777216 directory records and system use entries have been searched, and no end is in sight");
}

int iso_record_at(struct iso *iso, const struct iso_dir *dir, u64 offset, struct iso_record *r) {
    u64 at = dir->at + offset;
    const u8 *d = iso->image.data + at;
    u64 room = SECTOR - offset % SECTOR; // a record does not cross a sector's end
    if (room > dir->size - offset) room = dir->size - offset;
    *r = (struct iso_record){.at = at, .length = d[0]};
    if (!r->length) return 0;
    if (r->length < RECORD_FIXED + 1 || r->length > room)
        return iso_corrupt(iso, at, "a directory record's length is less than 34 or passes the end of its sector");
    r->name_length = d[RECORD_NAME_LENGTH];
    if (!r->name_length || RECORD_FIXED + r->name_length > r->length)
        return iso_corrupt(iso, at, "a directory record's name is empty or longer than the record");
    r->name = d + RECORD_FIXED;
    r->flags = d[RECORD_FLAGS];
    u64 use = RECORD_FIXED + r->name_length + !(r->name_length & 1);
    if (use < r->length) r->use = at + use, r->use_length = r->length - use;
    r->extent = ((u64)ld32(d + RECORD_EXTENT) + d[RECORD_ATTRIBUTES]) * SECTOR;
    r->size = ld32(d + RECORD_SIZE);
    return 0;
}

int iso_check_extent(struct iso *iso, const struct iso_record *r) {
    if (!range_inside(r->extent, r->size, iso->image.size))
        return iso_corrupt(iso, r->at, "a directory record names bytes past the end of the image");
    return 0;
}

int iso_open_dir(struct iso *iso, const struct iso_record *r, struct iso_dir *dir) {
    int e = iso_check_extent(iso, r);
    if (e) return e;
    if (!r->size) return iso_corrupt(iso, r->at, "a folder is empty, without even its own record");
    *dir = (struct iso_dir){.at = r->extent, .size = r->size};
    return 0;
}

static int open_root(struct iso *iso, u64 descriptor, struct iso_dir *dir) {
    // The root's record lies in the descriptor as it would in a folder. Its field has 34 bytes, but images exist whose record
    // says more (68, as the record in the root folder itself has with a system use area): only those 34 are read.
    const struct iso_dir self = {.at = descriptor + 156, .size = 255};
    struct iso_record r;
    // Its offset within its own "folder" is 0, so the sector rule needs no care.
    int e = iso_record_at(iso, &self, 0, &r);
    if (e) return e;
    if (!r.length || !(r.flags & RECORD_IS_DIRECTORY)) return iso_corrupt(iso, self.at, "the root record is not a folder's");
    return iso_open_dir(iso, &r, dir);
}

// Joliet: UCS-2 level 1, 2 or 3 (%/@ %/C %/E).
static bool is_joliet(const u8 *d) { return d[88] == '%' && d[89] == '/' && (d[90] == '@' || d[90] == 'C' || d[90] == 'E'); }

static int check_primary(struct iso *iso, const u8 *d) {
    if (ld16(d + 128) != SECTOR) {
        log_error(iso->plat, "%s: ISO 9660: logical blocks of %u bytes; right is %u", iso->image.name, ld16(d + 128), SECTOR);
        return ERR_UNSUPPORTED;
    }
    u64 size = (u64)ld32(d + 80) * SECTOR;
    if (size > iso->image.size) {
        log_error(iso->plat, "%s: ISO 9660: the file has %llu bytes, but its header says %llu: it is truncated", iso->image.name,
                  (ull)iso->image.size, (ull)size);
        return ERR_TRUNCATED;
    }
    return 0;
}

int iso_open(struct iso *iso, struct plat *p, const struct span *image) {
    *iso = (struct iso){.plat = p, .image = *image};
    u64 primary = 0, joliet = 0;
    for (u64 i = VD_FIRST; i < VD_FIRST + VD_MOST && (i + 1) * SECTOR <= image->size; i++) {
        const u8 *d = image->data + i * SECTOR;
        if (memcmp(d + 1, "CD001", 5)) return iso_corrupt(iso, i * SECTOR, "the list of volume descriptors has no end");
        if (d[0] == VD_END) break;
        if (d[0] == VD_PRIMARY && !primary) primary = i * SECTOR;
        if (d[0] == VD_SUPPLEMENTARY && is_joliet(d) && !joliet) joliet = i * SECTOR;
    }
    if (!primary) return iso_corrupt(iso, VD_FIRST * SECTOR, "there is no primary volume descriptor");
    iso->primary = primary;
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

void iso_label(const struct iso *iso, char label[static ISO_LABEL]) {
    size_t n = ISO_LABEL - 1;
    memcpy(label, iso->image.data + iso->primary + 40, n);
    while (n && (label[n - 1] == ' ' || !label[n - 1])) n--;
    label[n] = 0;
}

void iso_uuid(const struct iso *iso, char uuid[static ISO_UUID]) {
    static const u8 parts[] = {4, 2, 2, 2, 2, 2, 2};
    const u8 *date = iso->image.data + iso->primary + 830;
    for (unsigned i = 0; i < countof(parts); i++) {
        if (i) *uuid++ = '-';
        memcpy(uuid, date, parts[i]);
        uuid += parts[i], date += parts[i];
    }
    *uuid = 0;
}
