// SPDX-License-Identifier: MIT
#define _GNU_SOURCE
#include "snapshot_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <zstd.h>

// RAM is what there is most of, and much of it packs well at once: a higher level takes several times as long for a tenth less.
#define LEVEL 1
#define BUFFER (256 * KiB)

struct snapshot_file {
    struct emu_stream stream;
    struct plat *plat;
    int fd;     // -1: over
    char *part; // the file's name while it is written; NULL: it is read
    ZSTD_CCtx *pack;
    ZSTD_DCtx *unpack;
    ZSTD_inBuffer in; // what was read of the file and not unpacked yet
    u8 buffer[BUFFER];
};

static struct snapshot_file *of(struct emu_stream *s) { return container_of(s, struct snapshot_file, stream); }

static int failed(struct snapshot_file *f, const char *verb, const char *why) {
    log_error(f->plat, "%s: cannot %s '%s': %s", f->part ? "snapshot" : "restore", verb, f->stream.name, why);
    return ERR_IO;
}

// ---- writing

static int put(struct snapshot_file *f, const u8 *bytes, size_t n) {
    while (n) {
        ssize_t done = write(f->fd, bytes, n);
        if (done < 0 && errno == EINTR) continue;
        if (done < 0) return failed(f, "write", strerror(errno));
        bytes += done, n -= (size_t)done;
    }
    return 0;
}

static int pack(struct snapshot_file *f, ZSTD_inBuffer *in, ZSTD_EndDirective how) {
    for (size_t left = 1; how == ZSTD_e_end ? left : in->pos < in->size;) {
        ZSTD_outBuffer out = {f->buffer, sizeof f->buffer, 0};
        left = ZSTD_compressStream2(f->pack, &out, in, how);
        if (ZSTD_isError(left)) return failed(f, "pack", ZSTD_getErrorName(left));
        int err = put(f, f->buffer, out.pos);
        if (err) return err;
    }
    return 0;
}

static int write_bytes(struct emu_stream *s, const void *from, u64 n) {
    ZSTD_inBuffer in = {from, n, 0};
    return pack(of(s), &in, ZSTD_e_continue);
}

static int close_whole(struct emu_stream *s, bool whole) {
    struct snapshot_file *f = of(s);
    ZSTD_inBuffer nothing = {NULL, 0, 0};
    int err = whole ? pack(f, &nothing, ZSTD_e_end) : 0;
    if (!err && whole && fsync(f->fd)) err = failed(f, "write", strerror(errno));
    if (!err && whole && rename(f->part, s->name)) err = failed(f, "make", strerror(errno));
    if (err || !whole) unlink(f->part);
    close(f->fd);
    f->fd = -1;
    return err;
}

// ---- reading

static int fill(struct snapshot_file *f) {
    ssize_t n;
    do n = read(f->fd, f->buffer, sizeof f->buffer);
    while (n < 0 && errno == EINTR);
    if (n < 0) return failed(f, "read", strerror(errno));
    f->in = (ZSTD_inBuffer){f->buffer, (size_t)n, 0};
    if (n) return 0;
    log_error(f->plat, "restore: '%s' ends before the snapshot does: it was cut off, or is no snapshot", f->stream.name);
    return ERR_TRUNCATED;
}

static int read_bytes(struct emu_stream *s, void *to, u64 n) {
    struct snapshot_file *f = of(s);
    ZSTD_outBuffer out = {to, n, 0};
    while (out.pos < out.size) {
        int err = f->in.pos == f->in.size ? fill(f) : 0;
        if (err) return err;
        size_t done = ZSTD_decompressStream(f->unpack, &out, &f->in);
        if (ZSTD_isError(done)) {
            log_error(f->plat, "restore: '%s' is damaged, or no snapshot: %s", s->name, ZSTD_getErrorName(done));
            return ERR_IO;
        }
    }
    return 0;
}

// ---- both

static int make(struct plat *p, const char *path, bool read, struct emu_stream **out) {
    struct snapshot_file *f = calloc(1, sizeof *f);
    if (f) *f = (struct snapshot_file){.plat = p, .fd = -1, .stream.name = path};
    if (f && read) f->unpack = ZSTD_createDCtx();
    if (f && !read) f->pack = ZSTD_createCCtx();
    if (f && !read && asprintf(&f->part, "%s.part", path) < 0) f->part = NULL;
    if (!f || (read ? !f->unpack : !f->pack || !f->part)) {
        log_error(p, "no memory for the snapshot '%s'", path);
        if (f) snapshot_file_close(&f->stream);
        return ERR_NO_MEMORY;
    }
    f->fd = read ? open(path, O_RDONLY | O_CLOEXEC) : open(f->part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (f->fd < 0) {
        int why = errno;
        failed(f, read ? "open" : "make", strerror(why));
        snapshot_file_close(&f->stream);
        return why == ENOENT ? ERR_NOT_FOUND : ERR_IO;
    }
    *out = &f->stream;
    return 0;
}

int snapshot_file_create(struct plat *p, const char *path, struct emu_stream **out) {
    int err = make(p, path, false, out);
    if (err) return err;
    struct snapshot_file *f = of(*out);
    ZSTD_CCtx_setParameter(f->pack, ZSTD_c_compressionLevel, LEVEL);
    ZSTD_CCtx_setParameter(f->pack, ZSTD_c_checksumFlag, 1);
    f->stream.write = write_bytes;
    f->stream.close = close_whole;
    return 0;
}

int snapshot_file_open(struct plat *p, const char *path, struct emu_stream **out) {
    int err = make(p, path, true, out);
    if (!err) (*out)->read = read_bytes;
    return err;
}

void snapshot_file_close(struct emu_stream *s) {
    if (!s) return;
    struct snapshot_file *f = of(s);
    if (f->fd >= 0 && f->part) close_whole(s, false);
    else if (f->fd >= 0) close(f->fd);
    ZSTD_freeCCtx(f->pack);
    ZSTD_freeDCtx(f->unpack);
    free(f->part);
    free(f);
}
