// SPDX-License-Identifier: MIT
#include "core/blkdev.h"

#include "base/bits.h"
#include "base/le.h"
#include "emu/stream.h"

#include <string.h>

#define MAP_PIECE 512 // bytes of a bitmap that a snapshot has, or has not

static u64 sector_hash(u64 number, const u8 *bytes) {
    struct hash h;
    hash_init(&h);
    hash_bytes(&h, &number, sizeof number);
    hash_bytes(&h, bytes, BLK_SECTOR);
    return hash_final(&h);
}

static bool is_set(const u8 *map, u64 sector) { return map[sector / 8] >> sector % 8 & 1; }
static bool is_touched(const struct blkdev *b, u64 sector) { return is_set(b->touched, sector); }
static u64 sectors_of(const struct blkdev *b) { return blkdev_size(b) / BLK_SECTOR; }
static u64 map_size(const struct blkdev *b) { return align_up((sectors_of(b) + 7) / 8 + 1, MAP_PIECE); }

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

// ---- snapshots

// Pieces that are not all zero, each behind its number; all ones end them.
static int save_map(const u8 *map, u64 size, struct emu_stream *to) {
    static const u8 zero[MAP_PIECE];
    u64 end = ~(u64)0;
    for (u64 i = 0; i < size / MAP_PIECE; i++) {
        if (!memcmp(map + i * MAP_PIECE, zero, MAP_PIECE)) continue;
        int err = to->write(to, &i, sizeof i);
        if (!err) err = to->write(to, map + i * MAP_PIECE, MAP_PIECE);
        if (err) return err;
    }
    return to->write(to, &end, sizeof end);
}

static int load_map(u8 *map, u64 size, struct emu_stream *from) {
    memset(map, 0, size);
    for (u64 i, next = 0;; next = i + 1) {
        int err = from->read(from, &i, sizeof i);
        if (err || i == ~(u64)0) return err;
        if (i < next || i >= size / MAP_PIECE) return ERR_CORRUPT;
        err = from->read(from, map + i * MAP_PIECE, MAP_PIECE);
        if (err) return err;
    }
}

static u64 bits_of(const u8 *map, u64 size) {
    u64 n = 0;
    for (u64 i = 0; i < size; i += 8) n += (u64)__builtin_popcountll(ld64(map + i));
    return n;
}

// The next sector from `at` on whose bit is set; what lies behind the last one when there is none.
static u64 next_set(const struct blkdev *b, const u8 *map, u64 at) {
    for (; at < sectors_of(b); at++) {
        if (is_set(map, at)) return at;
        if (!map[at / 8]) at |= 7;
    }
    return sectors_of(b);
}

static int save_contents(struct blkdev *b, struct emu_stream *to) {
    for (u64 s = next_set(b, b->changed, 0); s < sectors_of(b); s = next_set(b, b->changed, s + 1)) {
        int err = b->disk->read(b->disk, s * BLK_SECTOR, b->old, BLK_SECTOR);
        if (!err) err = to->write(to, b->old, BLK_SECTOR);
        if (err) return err;
    }
    return 0;
}

static int save(void *ctx, struct emu_stream *to) {
    struct blkdev *b = ctx;
    int err = to->write(to, &b->state, sizeof b->state);
    if (!err) err = save_map(b->touched, map_size(b), to);
    if (!err) err = save_map(b->changed, map_size(b), to);
    return err || b->disk->keeps || to->rewinds ? err : save_contents(b, to);
}

static int load_contents(struct blkdev *b, struct emu_stream *from) {
    for (u64 s = next_set(b, b->changed, 0); s < sectors_of(b); s = next_set(b, b->changed, s + 1)) {
        int err = from->read(from, b->old, BLK_SECTOR);
        b->disk->written = true;
        if (!err) err = b->disk->write(b->disk, s * BLK_SECTOR, b->old, BLK_SECTOR);
        if (err) return err;
    }
    return 0;
}

static int sum_up(struct blkdev *b, u64 *sum) {
    *sum = 0;
    for (u64 s = next_set(b, b->touched, 0); s < sectors_of(b); s = next_set(b, b->touched, s + 1)) {
        int err = b->disk->read(b->disk, s * BLK_SECTOR, b->old, BLK_SECTOR);
        if (err) return err;
        *sum += sector_hash(s, b->old);
    }
    return 0;
}

static bool fits(const struct blkdev *b, const u8 *map) {
    for (u64 s = sectors_of(b); s < 8 * map_size(b); s++)
        if (is_set(map, s)) return false;
    return true;
}

// Nothing is written to a disk before all that can be said without it is right.
static int load(void *ctx, struct emu_stream *from) {
    struct blkdev *b = ctx;
    u64 sum;
    int err = from->read(from, &b->state, sizeof b->state);
    if (!err) err = load_map(b->touched, map_size(b), from);
    if (!err) err = load_map(b->changed, map_size(b), from);
    if (err || from->rewinds) return err;
    bool any = next_set(b, b->changed, 0) < sectors_of(b);
    if (!fits(b, b->touched) || !fits(b, b->changed) || bits_of(b->touched, map_size(b)) != b->state.sectors ||
        (any && b->disk->read_only))
        return ERR_CORRUPT;
    if (!b->disk->keeps) err = load_contents(b, from);
    if (!err) err = sum_up(b, &sum);
    if (err || sum == b->state.sum) return err;
    log_error(b->plat,
              "restore: %s does not hold what it held when the snapshot %s was made; right is the same disk, untouched since",
              b->disk->name, from->name);
    return ERR_INVALID;
}

// ---- creation

int blkdev_init(struct blkdev *b, struct env *e, const char *name, struct disk *disk) {
    *b = (struct blkdev){.disk = disk, .plat = e->plat};
    if (!disk) return 0;
    b->touched = env_try_alloc(e, map_size(b));
    b->changed = env_try_alloc(e, map_size(b));
    if (!b->touched || !b->changed) {
        log_error(e->plat, "%s: no memory for a note of which of its %llu MiB the guest has touched", disk->name,
                  (unsigned long long)(disk->size / MiB));
        return ERR_NO_MEMORY;
    }
    b->old = env_alloc(e, BLK_CHUNK);
    state_add_fn(e->state, name, hash_state, b);
    state_add_stream(e->state, name, save, load, b);
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
    for (u64 s = at / BLK_SECTOR; s < (at + n) / BLK_SECTOR; s++) b->changed[s / 8] |= (u8)(1u << s % 8);
    for (u64 part; n; at += part, bytes += part, n -= part) {
        part = n < BLK_CHUNK ? n : BLK_CHUNK;
        if (b->disk->before_write) b->disk->before_write(b->disk->before_write_ctx, b->disk, at, part);
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
