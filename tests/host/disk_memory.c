// SPDX-License-Identifier: MIT
// Writes that stay in this process: a second disk of the same size in memory that the kernel hands out page by page, and a
// bit per block that says which of the two has it.
#define _GNU_SOURCE
#include "disk_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define BLOCK 4096u

struct memory {
    struct disk_file file;
    u8 *copy;  // size bytes, and the rest of the last block
    u8 *taken; // a bit per block: it is in `copy`
    u64 blocks;
};

static struct memory *memory_of(struct disk *d) { return container_of(d, struct memory, file.disk); }
static bool is_taken(const struct memory *m, u64 block) { return m->taken[block / 8] >> block % 8 & 1; }

// How many bytes from `at` on, n at most, are all in the copy or all in the image.
static u64 run(const struct memory *m, u64 at, u64 n) {
    u64 block = at / BLOCK, end = BLOCK - at % BLOCK;
    bool taken = is_taken(m, block);
    while (end < n && is_taken(m, ++block) == taken) end += BLOCK;
    return end < n ? end : n;
}

static int read(struct disk *d, u64 at, void *to, u64 n) {
    struct memory *m = memory_of(d);
    u8 *bytes = to;
    for (u64 part; n; at += part, bytes += part, n -= part) {
        part = run(m, at, n);
        if (is_taken(m, at / BLOCK)) {
            memcpy(bytes, m->copy + at, part);
            continue;
        }
        int err = disk_file_read(&m->file, at, bytes, part);
        if (err) return err;
    }
    return 0;
}

// A block that is written in part needs its other part from the image.
static int take(struct memory *m, u64 block, bool whole) {
    if (is_taken(m, block)) return 0;
    u64 at = block * BLOCK, n = m->file.disk.size - at < BLOCK ? m->file.disk.size - at : BLOCK;
    int err = whole ? 0 : disk_file_read(&m->file, at, m->copy + at, n);
    if (!err) m->taken[block / 8] |= (u8)(1u << block % 8);
    return err;
}

static int write(struct disk *d, u64 at, const void *from, u64 n) {
    struct memory *m = memory_of(d);
    const u8 *bytes = from;
    for (u64 part; n; at += part, bytes += part, n -= part) {
        part = BLOCK - at % BLOCK < n ? BLOCK - at % BLOCK : n;
        int err = take(m, at / BLOCK, part == BLOCK);
        if (err) return err;
        memcpy(m->copy + at, bytes, part);
    }
    return 0;
}

static int flush(struct disk *d) { return 0; }

static void *map(u64 bytes) {
    void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return at == MAP_FAILED ? NULL : at;
}

static void close_memory(struct disk_file *f) {
    struct memory *m = container_of(f, struct memory, file);
    munmap(m->copy, m->blocks * BLOCK);
    munmap(m->taken, m->blocks / 8 + 1);
}

struct disk_file *disk_memory_create(struct plat *p, const char *path, u64 size, int *err) {
    struct memory *m = calloc(1, sizeof *m);
    if (m) {
        m->blocks = size / BLOCK + (size % BLOCK != 0);
        m->copy = map(m->blocks * BLOCK);
        m->taken = m->copy ? map(m->blocks / 8 + 1) : NULL;
    }
    if (!m || !m->taken) {
        log_error(p,
                  "disk: no address space for what the guest may write to '%s' (%llu MiB): %s; disk_write = overlay needs none",
                  path, (unsigned long long)(size / MiB), strerror(errno));
        if (m && m->copy) munmap(m->copy, m->blocks * BLOCK);
        free(m);
        *err = ERR_NO_MEMORY;
        return NULL;
    }
    m->file.disk = (struct disk){.read = read, .write = write, .flush = flush};
    m->file.close = close_memory;
    return &m->file;
}
