// SPDX-License-Identifier: MIT
#include "boot/disc.h"
#include "base/bits.h"
#include "base/err.h"
#include "base/le.h"

// Volume descriptor (ECMA-119, 8): a sector each, from sector 16 on.
//   0 type, 1 "CD001", 40 label (32), 80 sectors, 88 escape sequences (Joliet), 128 bytes of a block, 156 root's record
enum { DESCRIPTOR_FIRST = 16, DESCRIPTORS_MOST = 64 };
enum { PRIMARY = 1, SUPPLEMENTARY = 2, DESCRIPTORS_END = 255 };

// Directory record (ECMA-119, 9.1); numbers stand in both byte orders, the little-endian one first.
//   0 length, 1 of extended attributes (sectors before the data), 2 sector, 10 bytes, 25 flags, 32 length of the name, 33 name
enum { NAME_LENGTH = 32, RECORD_NAME = 33, ROOT_RECORD = 156 };
enum { HIDDEN = BIT(0), FOLDER = BIT(1), MORE_EXTENTS = BIT(7) };

// A sector that is asked for again is still there: records of a folder come one by one.
static const u8 *sector(struct disc *d, u64 n) {
    if (n == d->held) return d->sector;
    d->held = 0;
    if (n >= d->sectors || !d->read(d, n, d->sector)) return NULL;
    d->held = n;
    return d->sector;
}

static bool place(const struct disc *d, const u8 *record, struct disc_node *out) {
    u8 flags = record[25];
    *out = (struct disc_node){.folder = flags & FOLDER, .hidden = flags & HIDDEN};
    out->at = ((u64)ld32(record + 2) + record[1]) * DISC_SECTOR;
    out->size = ld32(record + 10);
    return range_inside(out->at, out->size, d->sectors * DISC_SECTOR) && (!out->folder || out->size <= DISC_FOLDER_MOST);
}

// Joliet: UCS-2, big-endian. Both: ";1" at the end is the version, and a plain name may have a dot with nothing behind it.
static void copy_name(const struct disc *d, const u8 *name, size_t length, u16 *out, size_t room) {
    size_t n = 0, width = d->joliet ? 2 : 1;
    for (size_t i = 0; i + width <= length && n + 1 < room; i += width) {
        u16 unit = d->joliet ? ld16be(name + i) : name[i];
        if (unit == ';' || !unit) break;
        out[n++] = unit;
    }
    if (!d->joliet && n && out[n - 1] == '.') n--;
    out[n] = 0;
}

static bool open_volume(struct disc *d, const u8 *descriptor) {
    if (ld16(descriptor + 128) != DISC_SECTOR || !place(d, descriptor + ROOT_RECORD, &d->root) || !d->root.folder) return false;
    copy_name(d, descriptor + 40, 32, d->label, DISC_LABEL);
    for (size_t n = DISC_LABEL - 1; n; n--)
        if (d->label[n - 1] == ' ') d->label[n - 1] = 0;
        else if (d->label[n - 1]) break;
    return true;
}

// %/@, %/C, %/E: UCS-2 level 1, 2, 3.
static bool is_joliet(const u8 *escape) {
    return escape[0] == '%' && escape[1] == '/' && (escape[2] == '@' || escape[2] == 'C' || escape[2] == 'E');
}

bool disc_open(struct disc *d) {
    bool found = false;
    for (u64 i = 0; i < DESCRIPTORS_MOST; i++) {
        const u8 *v = sector(d, DESCRIPTOR_FIRST + i);
        if (!v || memcmp(v + 1, "CD001", 5) || v[0] == DESCRIPTORS_END) break;
        bool joliet = v[0] == SUPPLEMENTARY && is_joliet(v + 88);
        if (d->joliet || (!joliet && (v[0] != PRIMARY || found))) continue;
        struct disc_node plain = d->root;
        d->joliet = joliet;
        if (open_volume(d, v)) found = true;
        else d->root = plain, d->joliet = false;
    }
    return found;
}

// The record at *at, behind which *at is left; 0 at the folder's end. A record does not cross a sector's end, and a zero fills the rest.
static int record_at(struct disc *d, const struct disc_node *folder, u64 *at, const u8 **record) {
    while (*at < folder->size) {
        u64 within = *at % DISC_SECTOR, room = DISC_SECTOR - within;
        const u8 *r = sector(d, (folder->at + *at) / DISC_SECTOR);
        if (!r) return ERR_IO;
        r += within;
        if (room > folder->size - *at) room = folder->size - *at;
        if (!*r) {
            *at += room;
            continue;
        }
        if (*r > room || *r < RECORD_NAME + 1 || r[NAME_LENGTH] > *r - RECORD_NAME || !r[NAME_LENGTH]) return ERR_CORRUPT;
        *at += *r;
        *record = r;
        return 1;
    }
    return 0;
}

// A file of 4 GiB or more has a record for each piece of it.
static int add_pieces(struct disc *d, const struct disc_node *folder, u64 *at, struct disc_node *out) {
    bool together = true;
    for (;;) {
        const u8 *record;
        struct disc_node piece;
        int e = record_at(d, folder, at, &record);
        if (e <= 0) return e ? e : ERR_CORRUPT;
        if (!place(d, record, &piece)) return ERR_CORRUPT;
        together &= piece.at == out->at + out->size;
        out->size += piece.size;
        if (!(record[25] & MORE_EXTENTS)) return together ? 1 : ERR_UNSUPPORTED;
    }
}

int disc_next(struct disc *d, const struct disc_node *folder, u64 *at, struct disc_node *out) {
    const u8 *record;
    int e;
    while ((e = record_at(d, folder, at, &record)) > 0) {
        if (record[NAME_LENGTH] == 1 && record[RECORD_NAME] <= 1) continue; // itself, its parent
        if (!place(d, record, out)) return ERR_CORRUPT;
        copy_name(d, record + RECORD_NAME, record[NAME_LENGTH], out->name, DISC_NAME);
        return record[25] & MORE_EXTENTS ? add_pieces(d, folder, at, out) : 1;
    }
    return e;
}

static u16 lower(u16 c) { return c >= 'A' && c <= 'Z' ? c | 0x20 : c; }

// The path's first name, of `length` units.
static bool same(const u16 *name, const u16 *path, size_t length) {
    for (size_t i = 0; i < length; i++)
        if (!name[i] || lower(name[i]) != lower(path[i])) return false;
    return !name[length];
}

int disc_find(struct disc *d, const u16 *path, struct disc_node *out) {
    *out = d->root;
    for (;;) {
        size_t length = 0;
        while (*path == '\\') path++;
        if (!*path) return 0;
        while (path[length] && path[length] != '\\') length++;
        if (!out->folder || length >= DISC_NAME) return ERR_NOT_FOUND;
        struct disc_node folder = *out;
        u64 at = 0;
        int e;
        do e = disc_next(d, &folder, &at, out);
        while ((e > 0 || e == ERR_UNSUPPORTED) && !same(out->name, path, length));
        if (e <= 0) return e ? e : ERR_NOT_FOUND;
        path += length;
    }
}
