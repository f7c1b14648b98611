// SPDX-License-Identifier: MIT
// Reading files out of an ISO 9660 image (ECMA-119) with Rock Ridge (SUSP 1.12, RRIP 1.12) or Joliet names. Every
// offset in the image is distrusted; a broken structure is logged with its place and refused.
#ifndef LOADER_ISO9660_H
#define LOADER_ISO9660_H

#include "loader/boot.h"

struct iso_dir {
    u64 at, size; // bytes from the image's start; both inside it
};

struct iso {
    struct plat *plat;
    struct span image;
    struct iso_dir root;
    u64 primary; // where its descriptor is
    enum iso_names { ISO_NAMES_PLAIN, ISO_NAMES_ROCK_RIDGE, ISO_NAMES_JOLIET } names;
    u8 susp_skip; // Rock Ridge: bytes to skip in each system use area
    u32 steps;    // directory records and system use entries looked at so far
};

#define ISO_STEPS (1u << 24) // most of them, over all look-ups; Debian's largest menus need some 10^5

#define ISO_NAME 256  // longest file name, with its NUL
#define ISO_DEPTH 16  // deepest folder that is looked into
#define ISO_LINKS 40  // symbolic links on the way to one file, as Linux has it
#define ISO_PATH 1024 // a path with the links in it replaced, and its NUL

// The magic is there.
bool iso_is(const struct span *image);

// Rock Ridge names are preferred over Joliet's (they are the original ones), and those over the plain ones.
// 0, ERR_TRUNCATED (the image is shorter than it says), ERR_CORRUPT, ERR_UNSUPPORTED; logged.
int iso_open(struct iso *iso, struct plat *p, const struct span *image);

// The file at `path` (from the root, with or without a leading /). The name itself goes before one that differs in case, and a
// plain name's version and final dot are not part of it. Rock Ridge: symbolic links are followed (from the link's own folder, or
// from the root of the ISO), relocated folders are where they were. 0 and its bytes, named `path`; ERR_NOT_FOUND (not logged);
// ERR_CORRUPT, ERR_UNSUPPORTED (logged; more than ISO_LINKS links are a loop).
int iso_find(struct iso *iso, const char *path, struct span *file);

// Is there a file, or a folder, at `path`? 0, ERR_NOT_FOUND, or an error as of iso_find.
int iso_stat(struct iso *iso, const char *path, bool *folder);

// Calls `each` with the name of everything in the folder at `path`, until it answers something but 0. 0, ERR_NOT_FOUND (no such
// folder), `each`'s answer, or an error as of iso_find.
int iso_list(struct iso *iso, const char *path, int (*each)(void *ctx, const char *name), void *ctx);

// The volume's label and what GRUB and blkid call its UUID ("2025-01-31-10-20-30-00"), from the primary descriptor.
#define ISO_LABEL 33
#define ISO_UUID 23
void iso_label(const struct iso *iso, char label[static ISO_LABEL]);
void iso_uuid(const struct iso *iso, char uuid[static ISO_UUID]);

#endif
