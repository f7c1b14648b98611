// SPDX-License-Identifier: MIT
// A stream into memory, and out of it: for snapshots that tests change.
#ifndef TESTS_BYTE_STREAM_H
#define TESTS_BYTE_STREAM_H

#include "emu/stream.h"

#define BYTE_STREAM_ROOM (512 * KiB)

struct byte_stream {
    struct emu_stream stream;
    u64 size, at;    // bytes that are there; of the next one read
    u64 most;        // what is written behind so many bytes fails with ERR_IO; 0: all fits
    unsigned closed; // calls of close, ...
    bool whole;      // ... and what the last one said
    u8 data[BYTE_STREAM_ROOM];
};

// Empty, to be written. What is there is read from its start after byte_stream_rewind.
void byte_stream_init(struct byte_stream *b, const char *name);
void byte_stream_rewind(struct byte_stream *b);

#endif
