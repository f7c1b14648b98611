// SPDX-License-Identifier: MIT
// Files packed by gzip (RFC 1952). The inflating, and the check of each member's CRC and length, are zlib's.
#ifndef LOADER_GUNZIP_H
#define LOADER_GUNZIP_H

#include "loader/boot.h"

// The file starts as gzip's do (magic and method).
bool gzip_is(const struct span *file);

// How many bytes come out: the whole file is unpacked to find that out, and checked. Members that follow each other are one
// file, what follows them and is none is left alone: both as gzip(1) does. 0; ERR_TRUNCATED, ERR_CORRUPT, ERR_RANGE (more
// than `most` bytes, of which not many more than `most` are unpacked) or ERR_NO_MEMORY, logged.
int gzip_size(struct plat *p, const struct span *file, u64 most, u64 *size);

// Unpacks a file to the `size` bytes that gzip_size said.
int gzip_unpack(struct plat *p, const struct span *file, u8 *to, u64 size);

// Unpacks the first bytes, as many as there are and `room` holds, to look at them: how many they are. Nothing is checked or logged.
u64 gzip_head(struct plat *p, const struct span *file, u8 *to, u64 room);

#endif
