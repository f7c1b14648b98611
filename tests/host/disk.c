// SPDX-License-Identifier: MIT
// Image files: opened, locked, read and written in place.
#define _GNU_SOURCE
#include "disk.h"
#include "disk_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

static struct disk_file *file_of(struct disk *d) { return container_of(d, struct disk_file, disk); }

int disk_file_failed(struct disk_file *f, const char *verb, const char *why) {
    if (!f->told)
        log_error(f->plat, "disk %s: cannot %s it: %s; the guest sees an I/O error, and more of them are not logged",
                  f->disk.name, verb, why);
    f->told = true;
    return ERR_IO;
}

int disk_file_read(struct disk_file *f, u64 at, void *to, u64 n) {
    u8 *bytes = to;
    while (n) {
        ssize_t got = pread(f->fd, bytes, n, (off_t)at);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return disk_file_failed(f, "read", strerror(errno));
        if (!got) return disk_file_failed(f, "read", "the file has become shorter");
        at += (u64)got, bytes += got, n -= (u64)got;
    }
    return 0;
}

// ---- in place

struct direct {
    struct disk_file file;
    bool lost; // a flush has failed
};

static int plain_read(struct disk *d, u64 at, void *to, u64 n) { return disk_file_read(file_of(d), at, to, n); }

static int direct_write(struct disk *d, u64 at, const void *from, u64 n) {
    struct disk_file *f = file_of(d);
    const u8 *bytes = from;
    while (n) {
        ssize_t put = pwrite(f->fd, bytes, n, (off_t)at);
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) return disk_file_failed(f, "write", strerror(errno));
        at += (u64)put, bytes += put, n -= (u64)put;
    }
    return 0;
}

// A kernel that could not write a page takes it for clean from then on: the next call would say that all is well, so the first
// failure is for good.
static int direct_flush(struct disk *d) {
    struct direct *f = container_of(file_of(d), struct direct, file);
    if (!f->lost && !fdatasync(f->file.fd)) return 0;
    if (!f->lost) disk_file_failed(&f->file, "write", strerror(errno));
    f->lost = true;
    return ERR_IO;
}

static struct disk_file *direct_create(int *err) {
    struct direct *f = calloc(1, sizeof *f);
    if (!f) {
        *err = ERR_NO_MEMORY;
        return NULL;
    }
    f->file.disk = (struct disk){.keeps = true, .read = plain_read, .write = direct_write, .flush = direct_flush};
    return &f->file;
}

// ---- read only

static int refuse_write(struct disk *d, u64 at, const void *from, u64 n) { return ERR_IO; }
static int no_flush(struct disk *d) { return 0; }

static struct disk_file *read_only_create(int *err) {
    struct disk_file *f = calloc(1, sizeof *f);
    if (!f) {
        *err = ERR_NO_MEMORY;
        return NULL;
    }
    f->disk = (struct disk){.read_only = true, .read = plain_read, .write = refuse_write, .flush = no_flush};
    return f;
}

// ---- opening

static int open_image(struct plat *p, const char *what, const char *path, bool write, struct stat *st) {
    int fd = open(path, (write ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        log_error(p, "%s: cannot open '%s'%s: %s", what, path, write ? " for writing, as disk_write = direct wants it" : "",
                  strerror(errno));
        return errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
    }
    int err = ERR_INVALID;
    if (fstat(fd, st) < 0) {
        log_error(p, "%s: cannot look at '%s': %s", what, path, strerror(errno));
        err = ERR_IO;
    } else if (!S_ISREG(st->st_mode)) {
        log_error(p, "%s: '%s' is not a regular file", what, path);
    } else if (!st->st_size) {
        log_error(p, "%s: '%s' is empty (0 bytes)", what, path);
        err = ERR_TRUNCATED;
    } else {
        return fd;
    }
    close(fd);
    return err;
}

// Advisory, and not every file system has it: then nothing is promised.
static int lock(struct plat *p, const char *what, const char *path, int fd, bool alone) {
    if (!flock(fd, (alone ? LOCK_EX : LOCK_SH) | LOCK_NB) || errno != EWOULDBLOCK) return 0;
    log_error(p, "%s: '%s' is in use: another run %s; end that one first, or give this one a copy", what, path,
              alone ? "reads it, and disk_write = direct would change it under that" : "writes into it (disk_write = direct)");
    return ERR_IO;
}

enum kind { READ_ONLY = -1, MEMORY = DISK_WRITE_MEMORY, OVERLAY = DISK_WRITE_OVERLAY, DIRECT = DISK_WRITE_DIRECT };

static struct disk_file *create(struct plat *p, const char *path, enum kind kind, int fd, const struct stat *st, int *err) {
    switch (kind) {
    case MEMORY: return disk_memory_create(p, path, (u64)st->st_size, err);
    case OVERLAY: return disk_overlay_create(p, path, fd, st, err);
    case DIRECT: return direct_create(err);
    case READ_ONLY: break;
    }
    return read_only_create(err);
}

static int open_kind(struct plat *p, const char *what, const char *path, enum kind kind, struct disk **out) {
    struct stat st;
    int err, fd = open_image(p, what, path, kind == DIRECT, &st);
    if (fd < 0) return fd;
    err = lock(p, what, path, fd, kind == DIRECT);
    struct disk_file *f = err ? NULL : create(p, path, kind, fd, &st, &err);
    if (!f) {
        close(fd);
        return err;
    }
    f->disk.name = path;
    f->disk.size = (u64)st.st_size;
    f->plat = p;
    f->fd = fd;
    f->stat = st;
    *out = &f->disk;
    return 0;
}

int disk_open(struct plat *p, const char *what, const char *path, enum config_disk_write how, struct disk **out) {
    return open_kind(p, what, path, (enum kind)how, out);
}

int disk_open_read_only(struct plat *p, const char *what, const char *path, struct disk **out) {
    return open_kind(p, what, path, READ_ONLY, out);
}

void disk_close(struct disk *d) {
    if (!d) return;
    struct disk_file *f = file_of(d);
    d->flush(d);
    if (f->close) f->close(f);
    close(f->fd);
    free(f);
}
