// SPDX-License-Identifier: MIT
// A disc's ISO 9660 file system (ECMA-119) as far as looking for files takes it: folders, sizes and places, by Joliet's names where
// there are any, else by the plain ones. Nothing that stands on the disc is believed. (The guest's discs are read by emu/loader, which
// has them in memory and knows Rock Ridge, too.)
#ifndef BOOT_DISC_H
#define BOOT_DISC_H

#include "base/types.h"

#define DISC_SECTOR 2048
#define DISC_NAME 128                   // units of a name, with its zero: Joliet has 64, those who make more of it 103
#define DISC_LABEL 33                   // units, with the zero
#define DISC_FOLDER_MOST ((u64)2 << 20) // bytes of a folder: some 20,000 entries, and no more reads than a person waits for

struct disc_node {
    u64 at, size; // bytes from the disc's start; both inside it
    bool folder, hidden;
    u16 name[DISC_NAME];
};

struct disc {
    bool (*read)(struct disc *d, u64 sector, void *data); // one sector; false: it cannot be read
    u64 sectors;
    struct disc_node root;
    bool joliet;
    u16 label[DISC_LABEL];
    u64 held; // the sector that is in `sector`; 0: none
    u8 sector[DISC_SECTOR];
};

// With read and sectors set, the rest zero. false: there is no such file system, or none that can be read.
bool disc_open(struct disc *d);

// The next entry of a folder, where *at counts from 0. 1; 0: there is none; ERR_IO, ERR_CORRUPT. The two records for a folder itself and
// its parent are left out. ERR_UNSUPPORTED: a file that lies in pieces far apart; *at is behind it.
int disc_next(struct disc *d, const struct disc_node *folder, u64 *at, struct disc_node *out);

// What lies at a path from the root, with '\' between names; names that differ in case (ASCII) are the same. 0, ERR_NOT_FOUND, or as
// disc_next.
int disc_find(struct disc *d, const u16 *path, struct disc_node *out);

#endif
