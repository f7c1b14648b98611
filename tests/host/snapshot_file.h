// SPDX-License-Identifier: MIT
// Snapshots as files: one frame of zstd (RFC 8878), with its checksum.
#ifndef TESTS_HOST_SNAPSHOT_FILE_H
#define TESTS_HOST_SNAPSHOT_FILE_H

#include "emu/stream.h"
#include "plat/plat.h"

// A file that is to be written, when the run comes to it: into "PATH.part", which becomes PATH once it is whole. `path` must live as long.
// 0, or ERR_IO (logged).
int snapshot_file_create(struct plat *p, const char *path, struct emu_stream **out);
// One to read. 0, ERR_NOT_FOUND or ERR_IO (logged).
int snapshot_file_open(struct plat *p, const char *path, struct emu_stream **out);
// What was not made whole goes. NULL is fine.
void snapshot_file_close(struct emu_stream *s);

#endif
