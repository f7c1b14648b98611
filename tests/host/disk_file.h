// SPDX-License-Identifier: MIT
// What the kinds of disks share: the image file under them.
#ifndef TESTS_HOST_DISK_FILE_H
#define TESTS_HOST_DISK_FILE_H

#include "disk.h"

#include <sys/stat.h>

struct disk_file {
    struct disk disk;
    struct plat *plat;
    int fd;
    struct stat stat;                   // when it was opened
    bool told;                          // the log has the first error; a guest can make any number of them
    void (*close)(struct disk_file *f); // what the kind has beside the file
};

// All n bytes of the image. 0, or ERR_IO (the first one is logged).
int disk_file_read(struct disk_file *f, u64 at, void *to, u64 n);
// Logs, once per disk, that the host could not `verb` it, and why. Always ERR_IO.
int disk_file_failed(struct disk_file *f, const char *verb, const char *why);

// What a kind adds to an image that is open and locked: a struct that starts with a struct disk_file, which it has filled with
// read, write, flush and close, from malloc. NULL: refused, with the reason logged and *err set.
struct disk_file *disk_memory_create(struct plat *p, const char *path, u64 size, int *err);
struct disk_file *disk_overlay_create(struct plat *p, const char *path, int fd, const struct stat *base, int *err);

#endif
