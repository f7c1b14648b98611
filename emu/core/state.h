// SPDX-License-Identifier: MIT
// The state hash: CPU + RAM + devices in one 64-bit number, the proof that two runs are equal. Every part of the
// machine registers the bytes that are its guest-visible state, in an order that the board decides; they hold no pointer and no host fact.
#ifndef CORE_STATE_H
#define CORE_STATE_H

#include "base/types.h"

#define STATE_PARTS 160

struct emu_stream;

struct hash {
    u64 lane[4];
    u64 length;
};

void hash_init(struct hash *h);
void hash_bytes(struct hash *h, const void *p, size_t n);
u64 hash_final(const struct hash *h);

// A part is what of its functions and bytes is there.
struct state_part {
    const char *name; // whose it is; unique among those that are hashed
    void *bytes;      // saved and put back as they are; hashed, too, unless `silent`
    size_t length;
    bool silent;
    void (*write)(void *ctx, struct hash *h);
    int (*save)(void *ctx, struct emu_stream *to);
    int (*load)(void *ctx, struct emu_stream *from);
    void (*leave)(void *ctx);
    bool (*enter)(void *ctx);
    void *ctx;
};

struct state_set {
    struct state_part part[STATE_PARTS];
    unsigned parts;
};

// A device's state is registered by the call that allocates it (env.h), and by nothing else: it cannot be forgotten. This is for what is
// not bytes in one place: a processor, RAM, what a guest has done to a medium.
void state_add_fn(struct state_set *s, const char *name, void (*write)(void *ctx, struct hash *h), void *ctx);

// ---- for snapshots, which save what is hashed as bytes, and beside that what these add:
// Bytes that are no part of the hash: another form of what it covers, or what a guest hardly sees.
void state_add_silent(struct state_set *s, const char *name, void *bytes, size_t length);
// What is not bytes in one place. What is read may be anything: 0, ERR_CORRUPT, or a negative error that was logged.
void state_add_stream(struct state_set *s, const char *name, int (*save)(void *ctx, struct emu_stream *to),
                      int (*load)(void *ctx, struct emu_stream *from), void *ctx);
// `leave` is called before the bytes of any part are replaced, `enter` once those of all parts have been, the clock with them: it makes
// anew what follows from them and is not saved. Every part whose bytes could be such that its code would go astray has an `enter`,
// which answers false then, and the snapshot is refused. Either may be NULL.
void state_add_hooks(struct state_set *s, const char *name, void (*leave)(void *ctx), bool (*enter)(void *ctx), void *ctx);

u64 state_hash(const struct state_set *s);
// The same without the part of this name.
u64 state_hash_without(const struct state_set *s, const char *name);

#endif
