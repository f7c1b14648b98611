// SPDX-License-Identifier: MIT
// Bytes that a snapshot (machine/snapshot.h) is written to or read from. Whoever calls emu_create owns the stream, and knows where the
// bytes are and how they are packed.
#ifndef EMU_STREAM_H
#define EMU_STREAM_H

#include "base/err.h"
#include "base/types.h"

struct emu_stream {
    const char *name; // as the user named it, for messages
    bool rewinds;     // it stays in this process, and the machine's own: what disks hold is put back otherwise (core/blkdev.h)
    // All n bytes. 0, or what was wrong, which has been logged: ERR_IO; for read also ERR_TRUNCATED (it has ended), ERR_CORRUPT.
    int (*write)(struct emu_stream *s, const void *from, u64 n);
    int (*read)(struct emu_stream *s, void *to, u64 n);
    // Behind the last write: the bytes are whole and are to stay, or they are not and are to go. 0, or ERR_IO (logged). NULL: no matter.
    int (*close)(struct emu_stream *s, bool whole);
};

#endif
