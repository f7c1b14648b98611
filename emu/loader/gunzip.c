// SPDX-License-Identifier: MIT
// zlib's stream interface over bytes that are all there. Two passes instead of a growing buffer: what is unpacked may go straight
// to its place in guest RAM, which has to be found for a known size, and a file's own word on its size (modulo 4 GiB, and of its
// last member only) is nothing to allocate by.
#include "loader/gunzip.h"

#include "base/err.h"

#include <string.h>

#define Z_SOLO // no files, no malloc: the functions below bring the memory
#define ZLIB_CONST
#include <zlib.h>

#define GZIP_ONLY (16 + MAX_WBITS) // windowBits of inflateInit2: a gzip header, the largest window
#define PIECE ((u64)1 << 30)       // zlib counts what is there in 32 bits
#define SCRATCH (64 * KiB)

typedef unsigned long long ull;

bool gzip_is(const struct span *f) { return f->size >= 3 && !memcmp(f->data, "\x1f\x8b\x08", 3); }

// Each block begins with its size: the platform wants it back with the block.
#define BLOCK_HEAD 16

static voidpf take(voidpf opaque, uInt items, uInt size) {
    struct plat *p = opaque;
    size_t bytes = (size_t)items * size + BLOCK_HEAD;
    u8 *block = p->alloc(p, bytes, 16);
    if (!block) return Z_NULL;
    memcpy(block, &bytes, sizeof bytes);
    return block + BLOCK_HEAD;
}

static void give_back(voidpf opaque, voidpf address) {
    struct plat *p = opaque;
    u8 *block = (u8 *)address - BLOCK_HEAD;
    size_t bytes;
    memcpy(&bytes, block, sizeof bytes);
    p->free(p, block, bytes);
}

static int refuse(struct plat *p, const struct span *f, int e, u64 at, const char *what) {
    log_error(p, "%s: gzip: at byte %#llx of %#llx: %s", f->name, (ull)at, (ull)f->size, what);
    return e;
}

// Where a pass writes: `room` bytes at `to`, again and again (`wraps`) or once.
struct sink {
    u8 *to;
    u64 room;
    bool wraps;
    u64 most; // ERR_RANGE beyond
};

static int failed(struct plat *p, const struct span *f, const z_stream *z, int status, u64 at) {
    if (status == Z_MEM_ERROR) return refuse(p, f, ERR_NO_MEMORY, at, "no memory is left to unpack it");
    return refuse(p, f, ERR_CORRUPT, at, z->msg ? z->msg : "it is damaged");
}

static int members(struct plat *p, const struct span *f, z_stream *z, const struct sink *s, u64 *size) {
    u64 in = 0, out = 0;
    for (;;) {
        u64 at = s->wraps ? 0 : out, left = s->room - at, rest = f->size - in;
        z->next_in = f->data + in;
        z->avail_in = (uInt)(rest < PIECE ? rest : PIECE);
        z->next_out = s->to + at;
        z->avail_out = (uInt)(left < PIECE ? left : PIECE);
        u64 offered = z->avail_in, room = z->avail_out;
        int status = inflate(z, Z_NO_FLUSH);
        in += offered - z->avail_in;
        out += room - z->avail_out;
        if (out > s->most) {
            log_error(p, "%s: gzip: more than %llu bytes come out of its %llu; there is no room for them", f->name, (ull)s->most,
                      (ull)f->size);
            return ERR_RANGE;
        }
        const struct span next = {.data = f->data + in, .size = f->size - in};
        if (status == Z_STREAM_END && !gzip_is(&next)) return *size = out, 0;
        if (status == Z_STREAM_END && inflateReset(z) == Z_OK) continue;
        if (status == Z_BUF_ERROR || (status == Z_OK && in == f->size && z->avail_out))
            return refuse(p, f, ERR_TRUNCATED, in, "the file ends before its data does: it is truncated");
        if (status != Z_OK) return failed(p, f, z, status, in);
    }
}

static int pass(struct plat *p, const struct span *f, const struct sink *s, u64 *size) {
    z_stream z = {.zalloc = take, .zfree = give_back, .opaque = p};
    int status = inflateInit2(&z, GZIP_ONLY);
    if (status != Z_OK) return failed(p, f, &z, status, 0);
    int e = members(p, f, &z, s, size);
    inflateEnd(&z);
    return e;
}

int gzip_size(struct plat *p, const struct span *f, u64 most, u64 *size) {
    struct sink s = {.to = p->alloc(p, SCRATCH, 16), .room = SCRATCH, .wraps = true, .most = most};
    if (!s.to) return refuse(p, f, ERR_NO_MEMORY, 0, "no memory is left to unpack it");
    int e = pass(p, f, &s, size);
    p->free(p, s.to, SCRATCH);
    return e;
}

int gzip_unpack(struct plat *p, const struct span *f, u8 *to, u64 size) {
    u8 nothing;
    const struct sink s = {.to = size ? to : &nothing, .room = size ? size : 1, .most = size};
    u64 got;
    return pass(p, f, &s, &got);
}

u64 gzip_head(struct plat *p, const struct span *f, u8 *to, u64 room) {
    z_stream z = {.zalloc = take, .zfree = give_back, .opaque = p};
    if (inflateInit2(&z, GZIP_ONLY) != Z_OK) return 0;
    z.next_in = f->data, z.avail_in = (uInt)(f->size < PIECE ? f->size : PIECE);
    z.next_out = to, z.avail_out = (uInt)room;
    inflate(&z, Z_SYNC_FLUSH); // an error still leaves the bytes before it
    inflateEnd(&z);
    return room - z.avail_out;
}
