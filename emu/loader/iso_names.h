// SPDX-License-Identifier: MIT
// Directory records of ISO 9660 and the three ways they are named.
#ifndef LOADER_ISO_NAMES_H
#define LOADER_ISO_NAMES_H

#include "loader/iso9660.h"

#define SECTOR 2048

// Directory record (ECMA-119 9.1). Numbers are stored in both byte orders, little-endian first.
//   0 length | 1 extended attribute length (blocks) | 2 extent (block) | 10 size (bytes) | 18 date | 25 flags
//   26 interleave | 28 volume | 32 name length | 33 name | (padding to even) | system use area
enum {
    RECORD_ATTRIBUTES = 1,
    RECORD_EXTENT = 2,
    RECORD_SIZE = 10,
    RECORD_FLAGS = 25,
    RECORD_NAME_LENGTH = 32,
    RECORD_FIXED = 33,
    RECORD_IS_DIRECTORY = 0x02,
    RECORD_HAS_MORE = 0x80, // another record continues this file
};

struct iso_record {
    u64 at;              // bytes from the image's start
    u64 length;          // 0: no more records in this sector
    u64 extent, size;    // of the contents, not yet checked
    u64 use, use_length; // the system use area, inside the record
    const u8 *name;
    u8 name_length, flags;
};

// The record at `offset` (below dir->size) of dir. 0 or ERR_CORRUPT, logged.
int iso_record_at(struct iso *iso, const struct iso_dir *dir, u64 offset, struct iso_record *r);

// Before each record and each system use entry is looked at: 0, or ERR_CORRUPT (logged) when they have no end in sight. A
// folder of 4 GiB whose records each continue elsewhere would otherwise take hours.
int iso_step(struct iso *iso, u64 at);

// Logs what is wrong at byte `at` of the image; ERR_CORRUPT.
int iso_corrupt(struct iso *iso, u64 at, const char *what);

// The bytes of what the record names lie in the image: 0 or ERR_CORRUPT, logged.
int iso_check_extent(struct iso *iso, const struct iso_record *r);
int iso_open_dir(struct iso *iso, const struct iso_record *r, struct iso_dir *dir);

// What Rock Ridge says of a record besides its name.
struct iso_rock {
    bool link, relocated, child;
    size_t target;       // SL: bytes of the link's target
    char name[ISO_PATH]; // ... and the target itself, NUL-terminated
    u64 folder;          // CL: where the folder is that this record stands for
};

// 0; ERR_CORRUPT or ERR_UNSUPPORTED (a target that is too long, or on another volume), logged. All is false without Rock Ridge.
int iso_rock(struct iso *iso, const struct iso_record *r, struct iso_rock *rock);

// Looks for SUSP's SP entry and a Rock Ridge entry in the root's own record; sets iso->susp_skip.
bool iso_find_rock_ridge(struct iso *iso);

// The record's name (never that of "." or ".."), NUL-terminated. 0 or ERR_CORRUPT, logged.
int iso_name(struct iso *iso, const struct iso_record *r, char name[static ISO_NAME]);

#endif
