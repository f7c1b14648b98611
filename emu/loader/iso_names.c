// SPDX-License-Identifier: MIT
// Plain names lose their version, Joliet's become UTF-8, Rock Ridge's are put together from NM entries, which may
// continue anywhere in the image (CE): that chain is bounded.
#include "loader/iso_names.h"

#include "base/bits.h"
#include "base/err.h"
#include "base/le.h"

// System use entry (SUSP 4.1): 0 signature (2), 2 length, 3 version, 4 data
#define ENTRY_FIXED 4
#define CHAIN_MOST 32 // continuation areas for one record

struct walk {
    u64 at, left;          // the rest of the current area
    u64 next, next_length; // where a CE entry continues it
    unsigned hops;
};

struct entry {
    const u8 *data;
    u8 length;
};

static int corrupt(struct iso *iso, u64 at, const char *what) {
    log_error(iso->plat, "%s: Rock Ridge: at byte %#llx: %s", iso->image.name, (unsigned long long)at, what);
    return ERR_CORRUPT;
}

static bool is(const struct entry *e, const char *signature) { return e->data[0] == signature[0] && e->data[1] == signature[1]; }

// Continues in the area that CE named; false when there is none. The area lies in one block (SUSP 5.1).
static bool follow(struct walk *w) {
    if (!w->next_length) return false;
    w->at = w->next, w->left = w->next_length;
    w->next_length = 0;
    return true;
}

static int note_continuation(struct iso *iso, struct walk *w, const struct entry *e) {
    if (e->length < 28) return corrupt(iso, w->at, "a CE entry is shorter than 28 bytes");
    w->next = (u64)ld32(e->data + 4) * SECTOR + ld32(e->data + 12);
    w->next_length = ld32(e->data + 20);
    if (!range_inside(w->next, w->next_length, iso->image.size))
        return corrupt(iso, w->at, "a CE entry continues past the end of the image");
    if (++w->hops > CHAIN_MOST) return corrupt(iso, w->at, "a chain of CE entries has no end: a loop");
    return 0;
}

// The next entry: 1, 0 at the end, or ERR_CORRUPT.
static int next_entry(struct iso *iso, struct walk *w, struct entry *e) {
    for (;;) {
        // Up to 3 bytes of padding may end an area.
        if (w->left < ENTRY_FIXED || !iso->image.data[w->at]) {
            if (!follow(w)) return 0;
            continue;
        }
        int tired = iso_step(iso, w->at);
        if (tired) return tired;
        *e = (struct entry){.data = iso->image.data + w->at, .length = iso->image.data[w->at + 2]};
        if (e->length < ENTRY_FIXED || e->length > w->left)
            return corrupt(iso, w->at, "a system use entry is shorter than 4 bytes or passes the end of its area");
        if (is(e, "CE")) {
            int bad = note_continuation(iso, w, e);
            if (bad) return bad;
        }
        w->at += e->length, w->left -= e->length;
        if (is(e, "ST")) w->left = 0; // the terminator
        return 1;
    }
}

bool iso_find_rock_ridge(struct iso *iso) {
    struct iso_record r;
    struct entry e;
    if (iso_record_at(iso, &iso->root, 0, &r) || r.use_length < 7) return false;
    const u8 *sp = iso->image.data + r.use;
    if (memcmp(sp, "SP\7\1\xbe\xef", 6)) return false;
    iso->susp_skip = sp[6];
    // RR is RRIP's older mark; ER with its identifier the newer. PX must be there in either case (RRIP 4.1.1).
    struct walk w = {.at = r.use, .left = r.use_length};
    while (next_entry(iso, &w, &e) == 1)
        if (is(&e, "RR") || is(&e, "PX")) return true;
    return false;
}

// SUSP 5.3: the first LEN_SKP bytes of each area are not SUSP's.
static struct walk system_use(const struct iso *iso, const struct iso_record *r) {
    u64 skip = iso->susp_skip < r->use_length ? iso->susp_skip : r->use_length;
    return (struct walk){.at = r->use + skip, .left = r->use_length - skip};
}

// NM (RRIP 4.1.4): 4 flags (bit 0: the name goes on in the next NM; bits 1, 2: "." and ".."), 5 name
static int rock_ridge_name(struct iso *iso, const struct iso_record *r, char *name, size_t *length) {
    struct walk w = system_use(iso, r);
    struct entry e;
    int more;
    *length = 0;
    while ((more = next_entry(iso, &w, &e)) == 1) {
        if (!is(&e, "NM")) continue;
        if (e.length < 5) return corrupt(iso, r->at, "an NM entry is shorter than 5 bytes");
        size_t n = e.length - 5u;
        if (*length + n >= ISO_NAME) return corrupt(iso, r->at, "a name has more than 255 bytes");
        memcpy(name + *length, e.data + 5, n);
        *length += n;
        if (!(e.data[4] & 1)) return 0;
    }
    return more;
}

// SL (RRIP 4.1.3): 4 flags (bit 0: the target goes on in the next SL), 5 component records: 0 flags, 1 length, 2 text. Flags, bit
// 0: this component goes on in the next record; 1: "."; 2: ".."; 3: "/"; others name things outside the volume.
enum { SL_CONTINUE = 1, SL_CURRENT = 2, SL_PARENT = 4, SL_ROOT = 8 };

static int add_text(struct iso *iso, const struct iso_record *r, struct iso_rock *rock, const void *text, size_t n) {
    if (rock->target + n >= ISO_PATH) {
        log_error(iso->plat, "%s: Rock Ridge: at byte %#llx: a symbolic link's target has more than %u bytes", iso->image.name,
                  (unsigned long long)r->at, ISO_PATH - 1);
        return ERR_UNSUPPORTED;
    }
    memcpy(rock->name + rock->target, text, n);
    rock->target += n;
    rock->name[rock->target] = 0;
    return 0;
}

// *open: the last component is not over yet.
static int add_component(struct iso *iso, const struct iso_record *r, struct iso_rock *rock, const u8 *c, bool *open) {
    if (c[0] & ~(SL_CONTINUE | SL_CURRENT | SL_PARENT | SL_ROOT)) {
        log_error(iso->plat, "%s: Rock Ridge: at byte %#llx: a symbolic link leads out of this ISO", iso->image.name,
                  (unsigned long long)r->at);
        return ERR_UNSUPPORTED;
    }
    int e = 0;
    if (!*open && rock->target && rock->name[rock->target - 1] != '/') e = add_text(iso, r, rock, "/", 1);
    *open = c[0] & SL_CONTINUE;
    if (e) return e;
    if (c[0] & SL_ROOT) rock->target = 0;
    if (c[0] & SL_ROOT) return add_text(iso, r, rock, "/", 1);
    if (c[0] & SL_CURRENT) return add_text(iso, r, rock, ".", 1);
    if (c[0] & SL_PARENT) return add_text(iso, r, rock, "..", 2);
    return add_text(iso, r, rock, c + 2, c[1]);
}

static int read_link(struct iso *iso, const struct iso_record *r, struct iso_rock *rock, const struct entry *e, bool *open) {
    rock->link = true;
    if (e->length < 5) return corrupt(iso, r->at, "an SL entry is shorter than 5 bytes");
    for (unsigned at = 5; at < e->length; at += 2u + e->data[at + 1]) {
        if (at + 2 > e->length || at + 2 + e->data[at + 1] > e->length)
            return corrupt(iso, r->at, "a symbolic link's component passes the end of its SL entry");
        int bad = add_component(iso, r, rock, e->data + at, open);
        if (bad) return bad;
    }
    return 0;
}

int iso_rock(struct iso *iso, const struct iso_record *r, struct iso_rock *rock) {
    rock->link = rock->relocated = rock->child = false;
    rock->target = 0;
    rock->name[0] = 0;
    if (iso->names != ISO_NAMES_ROCK_RIDGE) return 0;
    struct walk w = system_use(iso, r);
    struct entry e;
    bool open = false;
    int more;
    while ((more = next_entry(iso, &w, &e)) == 1) {
        int bad = is(&e, "SL") ? read_link(iso, r, rock, &e, &open) : 0;
        if (bad) return bad;
        if (is(&e, "RE")) rock->relocated = true;
        if (!is(&e, "CL")) continue;
        if (e.length < 12) return corrupt(iso, r->at, "a CL entry is shorter than 12 bytes");
        rock->child = true, rock->folder = (u64)ld32(e.data + 4) * SECTOR;
    }
    return more;
}

// UCS-2, big-endian. 110 characters at most, so 3 bytes each fit; a surrogate stays what it is.
static size_t joliet_name(const struct iso_record *r, char *name) {
    size_t n = 0;
    for (unsigned i = 0; i + 1 < r->name_length && n + 3 < ISO_NAME; i += 2) {
        u16 c = ld16be(r->name + i);
        if (c < 0x80) {
            name[n++] = (char)c;
        } else if (c < 0x800) {
            name[n++] = (char)(0xc0 | c >> 6);
            name[n++] = (char)(0x80 | (c & 0x3f));
        } else {
            name[n++] = (char)(0xe0 | c >> 12);
            name[n++] = (char)(0x80 | (c >> 6 & 0x3f));
            name[n++] = (char)(0x80 | (c & 0x3f));
        }
    }
    return n;
}

// FILE.EXT;1 is file.ext, and FILE.;1 is file.
static size_t without_version(const char *name, size_t n) {
    size_t digits = n;
    while (digits && name[digits - 1] >= '0' && name[digits - 1] <= '9') digits--;
    if (digits && digits < n && name[digits - 1] == ';') n = digits - 1;
    if (n > 1 && name[n - 1] == '.') n--;
    return n;
}

int iso_name(struct iso *iso, const struct iso_record *r, char name[static ISO_NAME]) {
    size_t n = 0;
    if (iso->names == ISO_NAMES_ROCK_RIDGE) {
        int e = rock_ridge_name(iso, r, name, &n);
        if (e) return e;
    }
    if (!n && iso->names == ISO_NAMES_JOLIET) {
        n = without_version(name, joliet_name(r, name));
    } else if (!n) {
        memcpy(name, r->name, r->name_length);
        n = without_version(name, r->name_length);
    }
    name[n] = 0;
    return 0;
}
