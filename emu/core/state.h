// SPDX-License-Identifier: MIT
// The state hash: CPU + RAM + devices in one 64-bit number, the proof that two runs are equal. Every part of the
// machine registers the bytes that are its guest-visible state, in an order that the board decides; they hold no pointer and no host fact.
#ifndef CORE_STATE_H
#define CORE_STATE_H

#include "base/types.h"

#define STATE_PARTS 96

struct hash {
    u64 lane[4];
    u64 length;
};

void hash_init(struct hash *h);
void hash_bytes(struct hash *h, const void *p, size_t n);
u64 hash_final(const struct hash *h);

struct state_part {
    const char *name;  // unique within the machine
    const void *bytes; // NULL: `write` is asked instead
    size_t length;
    void (*write)(void *ctx, struct hash *h);
    void *ctx;
};

struct state_set {
    struct state_part part[STATE_PARTS];
    unsigned parts;
};

// A device's state is registered by the call that allocates it (env.h), and by nothing else: it cannot be forgotten. This is for what is
// not bytes in one place: a processor, RAM, what a guest has done to a medium.
void state_add_fn(struct state_set *s, const char *name, void (*write)(void *ctx, struct hash *h), void *ctx);
u64 state_hash(const struct state_set *s);

#endif
