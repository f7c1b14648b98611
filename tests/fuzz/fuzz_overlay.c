// SPDX-License-Identifier: MIT
// Overlays of disks: a good one, closed or as a kill has left it (with its log), with bytes of it changed, cut off or doubled. Opening,
// reading, writing and flushing end, with an error or without.
// CI: 3700 runs.
#define _GNU_SOURCE
#include "../host/disk.h"
#include "base/bits.h"
#include "scripted_plat.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

#define SIZE (40 * 4096 + 512)

static struct scripted_plat s;
static char folder[40], image[60], path[2][70]; // the database, its log

static struct bytes {
    u8 *data;
    size_t n;
} closed, killed[2];

static struct bytes slurp(const char *name) {
    struct stat st;
    int fd = open(name, O_RDONLY);
    if (fd < 0 || fstat(fd, &st)) abort();
    struct bytes b = {malloc((size_t)st.st_size), (size_t)st.st_size};
    if (read(fd, b.data, b.n) != (ssize_t)b.n) abort();
    close(fd);
    return b;
}

static void spew(const char *name, const u8 *data, size_t n) {
    int fd = open(name, O_CREAT | O_TRUNC | O_WRONLY, 0600);
    if (fd < 0 || write(fd, data, n) != (ssize_t)n) abort();
    close(fd);
}

static void fill(struct disk *d, unsigned from) {
    static u8 bytes[3 * 4096];
    for (unsigned i = 0; i < 6; i++) {
        memset(bytes, (int)(from + i), sizeof bytes);
        if (d->write(d, (from * 3 + i * 5) * 1024u, bytes, sizeof bytes / 2 * (1 + i % 2)) || d->flush(d)) abort();
    }
}

static void clean_up(void) {
    char command[80];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    if (system(command)) abort();
}

static void once(void) {
    static u8 zeros[SIZE];
    struct disk *d;
    // Memory, if it is to be had: every flush is an fsync.
    snprintf(folder, sizeof folder, "%s/softmetal-fuzz-XXXXXX", access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm");
    if (!mkdtemp(folder)) abort();
    atexit(clean_up);
    snprintf(image, sizeof image, "%s/image", folder);
    snprintf(path[0], sizeof path[0], "%s.overlay", image);
    snprintf(path[1], sizeof path[1], "%s.overlay-wal", image);
    spew(image, zeros, SIZE);
    scripted_plat_init(&s);
    if (disk_open(&s.plat, "disk", image, DISK_WRITE_OVERLAY, &d)) abort();
    fill(d, 1);
    disk_close(d);
    closed = slurp(path[0]);
    if (disk_open(&s.plat, "disk", image, DISK_WRITE_OVERLAY, &d)) abort();
    fill(d, 7);
    for (unsigned i = 0; i < 2; i++) killed[i] = slurp(path[i]);
    disk_close(d);
}

// Three bytes say where, the next what.
static void change(struct bytes *b, const u8 *how) {
    size_t at = (how[0] | (size_t)how[1] << 8 | (size_t)(how[2] & 1) << 16) % b->n;
    switch (how[2] >> 1 & 7) {
    case 0: b->n = at; break;
    case 1: memmove(b->data, b->data + at, b->n - at); break;
    case 2: // a page in another's place
        if (b->n >= 2 * 4096) memcpy(b->data + at / 4096 % (b->n / 4096) * 4096, b->data + how[3] % (b->n / 4096) * 4096, 4096);
        break;
    case 3 ... 5: b->data[at] ^= how[3]; break;
    default: b->data[at] = how[3];
    }
}

static void lay_out(const u8 *data, size_t size) {
    static u8 room[2][1 << 20];
    bool with_log = data[0] & 1;
    struct bytes now[2] = {{room[0], with_log ? killed[0].n : closed.n}, {room[1], with_log ? killed[1].n : 0}};
    memcpy(room[0], with_log ? killed[0].data : closed.data, now[0].n);
    if (with_log) memcpy(room[1], killed[1].data, now[1].n);
    for (size_t i = 1; i + 4 <= size; i += 4) {
        struct bytes *b = &now[with_log && data[i + 2] & 0x80];
        if (b->n) change(b, data + i);
    }
    for (unsigned i = 0; i < 2; i++) {
        unlink(path[i]);
        if (now[i].n) spew(path[i], now[i].data, now[i].n);
    }
}

static void check(int err) {
    if (err && err != ERR_IO) abort();
}

static void use(struct disk *d) {
    static u8 bytes[SIZE];
    if (d->size != SIZE) abort();
    check(d->read(d, 0, bytes, SIZE));
    for (unsigned i = 0; i < SIZE / 4096; i += 3) check(d->read(d, i * 4096u, bytes, 4096));
    for (unsigned i = 0; i < SIZE / 4096; i += 2) check(d->write(d, i * 4096u + 512 * (i % 7), bytes, 2048));
    check(d->flush(d));
    check(d->read(d, 512, bytes, SIZE - 512));
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size) {
    struct disk *d = NULL;
    if (!folder[0]) once();
    if (!size) return 0;
    lay_out(data, size);
    s.log_len = 0;
    int err = disk_open(&s.plat, "disk", image, DISK_WRITE_OVERLAY, &d);
    if (!err) use(d);
    if (err && (d || !s.log_len)) abort(); // refused without a word
    disk_close(d);
    return 0;
}
