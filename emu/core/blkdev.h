// SPDX-License-Identifier: MIT
// A disk as a drive sees it: the owner's back end, and what of it belongs to the machine's state.
//
// The state hash covers the sectors that the guest has read or written since the machine was made, with what they hold
// now: the sum, modulo 2^64, of a hash over each one's number and bytes (M. Bellare, D. Micciancio, A New Paradigm for
// Collision-Free Hashing, 1997: AdHash). A sum needs no order and gives an element back by subtraction, so a request
// costs what it moves and a state hash costs nothing, however large the disk is. Sectors nobody has looked at cannot
// have made a difference to the guest; a disk that is untouched adds nothing at all to the hash.
#ifndef CORE_BLKDEV_H
#define CORE_BLKDEV_H

#include "core/env.h"
#include "emu/disk.h"

#define BLK_SECTOR 512
#define BLK_CHUNK (64 * KiB) // the most that is moved at once

struct blkdev {
    struct plat *plat;
    struct disk *disk; // NULL: an empty drive
    u8 *touched;       // a bit per sector
    u8 *changed;       // and of those that were written
    u8 *old;           // BLK_CHUNK bytes: what a write replaces
    struct blkdev_state {
        u64 sectors; // that were touched
        u64 sum;
    } state;
};

// name: of the part of the state, unique. 0, or ERR_NO_MEMORY (logged) when there is no room for a bit per sector.
int blkdev_init(struct blkdev *b, struct env *e, const char *name, struct disk *disk);

static inline u64 blkdev_size(const struct blkdev *b) { return b->disk ? b->disk->size : 0; }

// Whole sectors, all of them on the disk. 0 or ERR_IO.
int blkdev_read(struct blkdev *b, u64 at, void *to, u64 n);
int blkdev_write(struct blkdev *b, u64 at, const void *from, u64 n);
int blkdev_flush(struct blkdev *b);

// A back end of bytes in memory, which are written in place. Never fails.
struct memory_disk {
    struct disk disk;
    u8 *data;
};
void memory_disk_init(struct memory_disk *m, const char *name, u8 *data, u64 size, bool read_only);

#endif
