// SPDX-License-Identifier: MIT
// Disks of the hosted build: an image file, and where writes go.
//   memory   into this process; they end with it
//   overlay  into IMAGE.overlay, an SQLite database; the image is only read
//   direct   into the image
// Nothing here maps a file: a file that becomes shorter, or a medium that fails, is a system call's error, which the guest
// sees as its drive's.
#ifndef TESTS_HOST_DISK_H
#define TESTS_HOST_DISK_H

#include "emu/config.h"
#include "emu/disk.h"
#include "plat/plat.h"

// Opens the image `path`, given for the key `what`, and locks it for as long as the disk is open: direct for this process
// alone, else against those who would write into it. `path` must live as long. 0, ERR_NOT_FOUND, ERR_IO, ERR_INVALID (no regular file; an overlay of
// another image, or none at all) or ERR_TRUNCATED (empty); the reason is logged.
int disk_open(struct plat *p, const char *what, const char *path, enum config_disk_write how, struct disk **out);
// The same for reading only: a CD-ROM's disc.
int disk_open_read_only(struct plat *p, const char *what, const char *path, struct disk **out);
// Puts everything on stable storage first, as flush does; an overlay that was made by this run and holds nothing goes. NULL is fine.
void disk_close(struct disk *d);

#endif
