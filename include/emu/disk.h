// SPDX-License-Identifier: MIT
// A disk's back end: the bytes of a drive, and where they are kept. Whoever calls emu_create owns it, so what a guest has
// written outlives the machine: a machine made again from the same inputs finds it.
#ifndef EMU_DISK_H
#define EMU_DISK_H

#include "base/err.h"
#include "base/types.h"

struct disk {
    const char *name; // as the user named it, for messages
    u64 size;         // bytes; stays what it is
    bool read_only;
    bool keeps;   // what is written outlives this process: a snapshot relies on it, and saves none of it
    bool written; // set by the emulator with the first write of the guest

    // Set by the emulator, when it wants to hear of each write before it is made.
    void (*before_write)(void *ctx, struct disk *d, u64 at, u64 n);
    void *before_write_ctx;

    // n bytes at `at`, all of them inside size. 0, or ERR_IO when the host could not, and the back end has logged why: the
    // guest then sees an I/O error. After a write that failed the bytes may be old, new or of both kinds.
    int (*read)(struct disk *d, u64 at, void *to, u64 n);
    int (*write)(struct disk *d, u64 at, const void *from, u64 n);
    // Returns when everything written so far would survive a power cut; 0, or ERR_IO when it may not.
    int (*flush)(struct disk *d);
};

#endif
