// SPDX-License-Identifier: MIT
// virtio-blk: requests complete within the notification.
#include "dev/virtio_blk.h"
#include "base/bits.h"
#include "base/le.h"

#define SECTOR BLK_SECTOR
#define ID_BYTES 20
// The most that one request moves; drivers ask for a few MiB. A ring full of requests for the whole medium each would otherwise
// keep the notification, and so the emulator, for minutes.
#define BYTES_MAX (16 * MiB)

enum feature { F_SEG_MAX = 2, F_RO = 5, F_BLK_SIZE = 6, F_FLUSH = 9 };
// Device configuration (5.2.4).
enum { CONFIG_CAPACITY = 0, CONFIG_SEG_MAX = 12, CONFIG_BLK_SIZE = 20 };

// Request (5.2.6):  out: 0 type (4), 4 reserved, 8 sector (8), then data   in: data, then status (1)
enum { HEADER_TYPE = 0, HEADER_SECTOR = 8, HEADER_SIZE = 16, STATUS_SIZE = 1 };
enum type { T_IN = 0, T_OUT = 1, T_FLUSH = 4, T_GET_ID = 8 };
enum status { S_OK = 0, S_IOERR = 1, S_UNSUPP = 2 };

struct virtio_blk {
    struct virtio v;
    struct blkdev medium;
    u8 *chunk; // BLK_CHUNK bytes on their way between guest memory and the disk
    char id[ID_BYTES + 1];
};

static bool on_medium(const struct virtio_blk *d, u64 sector, u64 bytes) {
    u64 sectors = blkdev_size(&d->medium) / SECTOR;
    return bytes % SECTOR == 0 && bytes <= BYTES_MAX && range_inside(sector, bytes / SECTOR, sectors);
}

static enum status read(struct virtio_blk *d, const struct virtq_chain *c, u64 sector) {
    u64 bytes = c->in_bytes - STATUS_SIZE;
    if (!on_medium(d, sector, bytes)) return S_IOERR;
    for (u64 done = 0, n; done < bytes; done += n) {
        n = bytes - done < BLK_CHUNK ? bytes - done : BLK_CHUNK;
        if (blkdev_read(&d->medium, sector * SECTOR + done, d->chunk, n)) return S_IOERR;
        if (virtq_write(virtio_bus(&d->v), c, done, d->chunk, n)) return S_IOERR;
    }
    return S_OK;
}

static enum status flush(struct virtio_blk *d) { return blkdev_flush(&d->medium) ? S_IOERR : S_OK; }

static enum status write(struct virtio_blk *d, const struct virtq_chain *c, u64 sector) {
    u64 bytes = c->out_bytes - HEADER_SIZE;
    if (d->medium.disk->read_only || !on_medium(d, sector, bytes)) return S_IOERR;
    for (u64 done = 0, n; done < bytes; done += n) {
        n = bytes - done < BLK_CHUNK ? bytes - done : BLK_CHUNK;
        if (virtq_read(virtio_bus(&d->v), c, HEADER_SIZE + done, d->chunk, n)) return S_IOERR;
        if (blkdev_write(&d->medium, sector * SECTOR + done, d->chunk, n)) return S_IOERR;
    }
    // A driver that knows nothing of FLUSH takes the end of a write for its being on stable storage (5.2.6.2).
    return d->v.state->driver_features & BIT(F_FLUSH) ? S_OK : flush(d);
}

static enum status get_id(struct virtio_blk *d, const struct virtq_chain *c) {
    if (c->in_bytes < ID_BYTES + STATUS_SIZE) return S_IOERR;
    return virtq_write(virtio_bus(&d->v), c, 0, d->id, ID_BYTES) ? S_IOERR : S_OK;
}

static enum status carry_out(struct virtio_blk *d, const struct virtq_chain *c, const u8 *header) {
    switch (ld32(header + HEADER_TYPE)) {
    case T_IN: return read(d, c, ld64(header + HEADER_SECTOR));
    case T_OUT: return write(d, c, ld64(header + HEADER_SECTOR));
    case T_FLUSH: return flush(d);
    case T_GET_ID: return get_id(d, c);
    default: return S_UNSUPP;
    }
}

static i64 request(struct virtio *v, unsigned queue, const struct virtq_chain *c) {
    struct virtio_blk *d = container_of(v, struct virtio_blk, v);
    u8 header[HEADER_SIZE];
    if (c->in_bytes < STATUS_SIZE || c->in_bytes > 0xffffffff) return ERR_CORRUPT;
    if (virtq_read(virtio_bus(v), c, 0, header, sizeof header)) return ERR_CORRUPT;
    u8 status = (u8)carry_out(d, c, header);
    if (virtq_write(virtio_bus(v), c, c->in_bytes - STATUS_SIZE, &status, STATUS_SIZE)) return ERR_RANGE;
    return status == S_OK ? (i64)c->in_bytes : STATUS_SIZE;
}

static const struct virtio_ops ops = {.type = VIRTIO_BLK, .class_code = 0x010000, .queues = 1, .request = request};

struct virtio_blk *virtio_blk_create(struct env *e, struct virtio_place place, const char *name, struct disk *disk) {
    struct virtio_blk *d = env_alloc(e, sizeof *d); // no state but virtio's and the medium's
    if (blkdev_init(&d->medium, e, virtio_part_name(e, name, "contents"), disk)) return NULL;
    d->chunk = env_alloc(e, BLK_CHUNK); // no state: a request is over when it returns
    plat_format(d->id, sizeof d->id, "%s", name);
    u64 features = BIT(F_SEG_MAX) | BIT(F_BLK_SIZE) | BIT(F_FLUSH);
    if (disk->read_only) features |= BIT(F_RO);
    virtio_add(&d->v, e, place, name, &ops, features);
    u8 *config = d->v.state->config;
    st64(config + CONFIG_CAPACITY, disk->size / SECTOR);
    st32(config + CONFIG_SEG_MAX, VIRTQ_SIZE_MAX - 2); // header and status take one each
    st32(config + CONFIG_BLK_SIZE, SECTOR);
    return d;
}
