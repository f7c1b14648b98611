// SPDX-License-Identifier: MIT
#include "core/blkdev.h"

#include "base/bits.h"

#include <string.h>

static u64 sector_hash(u64 number, const u8 *bytes) {
    struct hash h;
    hash_init(&h);
    hash_bytes(&h, &number, sizeof number);
    hash_bytes(&h, bytes, BLK_SECTOR);
    return hash_final(&h);
}

static bool is_touched(const struct blkdev *b, u64 sector) { return b->touched[sector / 8] >> sector % 8 & 1; }

static void add(struct blkdev *b, u64 sector, const u8 *bytes) {
    b->touched[sector / 8] |= (u8)(1u << sector % 8);
    b->state.sectors++;
    b->state.sum += sector_hash(sector, bytes);
}

static void take_out(struct blkdev *b, u64 sector, const u8 *bytes) {
    b->touched[sector / 8] &= (u8)~(1u << sector % 8);
    b->state.sectors--;
    b->state.sum -= sector_hash(sector, bytes);
}

static void hash_state(void *ctx, struct hash *h) {
    const struct blkdev *b = ctx;
    if (b->state.sectors) hash_bytes(h, &b->state, sizeof b->state);
}

int blkdev_init(struct blkdev *b, struct env *e, const char *name, struct disk *disk) {
    *b = (struct blkdev){.disk = disk};
    if (!disk) return 0;
    b->touched = env_try_alloc(e, (disk->size / BLK_SECTOR + 7) / 8 + 1);
    if (!b->touched) {
        log_error(e->plat, "%s: no memory for a note of which of its %llu MiB the guest has touched", disk->name,
                  (unsigned long long)(disk->size / MiB));
        return ERR_NO_MEMORY;
    }
    b->old = env_alloc(e, BLK_CHUNK);
    state_add_fn(e->state, name, hash_state, b);
    return 0;
}

int blkdev_read(struct blkdev *b, u64 at, void *to, u64 n) {
    int err = b->disk->read(b->disk, at, to, n);
    if (err) return err;
    const u8 *bytes = to;
    for (u64 sector = at / BLK_SECTOR; n; sector++, bytes += BLK_SECTOR, n -= BLK_SECTOR)
        if (!is_touched(b, sector)) add(b, sector, bytes);
    return 0;
}

// The sectors of a chunk that count already stop counting: what they hold is about to change.
static int forget_chunk(struct blkdev *b, u64 first, u64 sectors) {
    bool any = false;
    for (u64 i = 0; i < sectors && !any; i++) any = is_touched(b, first + i);
    if (!any) return 0;
    int err = b->disk->read(b->disk, first * BLK_SECTOR, b->old, sectors * BLK_SECTOR);
    if (err) return err;
    for (u64 i = 0; i < sectors; i++)
        if (is_touched(b, first + i)) take_out(b, first + i, b->old + i * BLK_SECTOR);
    return 0;
}

// When the write fails, nobody knows what the sectors hold: they count again once they are read or written.
static int write_chunk(struct blkdev *b, u64 first, const u8 *bytes, u64 sectors) {
    int err = forget_chunk(b, first, sectors);
    if (!err) err = b->disk->write(b->disk, first * BLK_SECTOR, bytes, sectors * BLK_SECTOR);
    if (err) return err;
    for (u64 i = 0; i < sectors; i++) add(b, first + i, bytes + i * BLK_SECTOR);
    return 0;
}

int blkdev_write(struct blkdev *b, u64 at, const void *from, u64 n) {
    const u8 *bytes = from;
    b->disk->written = true;
    for (u64 part; n; at += part, bytes += part, n -= part) {
        part = n < BLK_CHUNK ? n : BLK_CHUNK;
        int err = write_chunk(b, at / BLK_SECTOR, bytes, part / BLK_SECTOR);
        if (err) return err;
    }
    return 0;
}

int blkdev_flush(struct blkdev *b) { return b->disk->flush(b->disk); }

static int memory_read(struct disk *d, u64 at, void *to, u64 n) {
    memcpy(to, container_of(d, struct memory_disk, disk)->data + at, n);
    return 0;
}

static int memory_write(struct disk *d, u64 at, const void *from, u64 n) {
    memcpy(container_of(d, struct memory_disk, disk)->data + at, from, n);
    return 0;
}

static int memory_flush(struct disk *d) { return 0; }

void memory_disk_init(struct memory_disk *m, const char *name, u8 *data, u64 size, bool read_only) {
    *m = (struct memory_disk){.disk = {.name = name,
                                       .size = size,
                                       .read_only = read_only,
                                       .read = memory_read,
                                       .write = memory_write,
                                       .flush = memory_flush},
                              .data = data};
}
