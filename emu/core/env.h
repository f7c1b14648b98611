// SPDX-License-Identifier: MIT
// What a device is given at creation: memory to live in, the clock, and the place to register its state.
#ifndef CORE_ENV_H
#define CORE_ENV_H

#include "core/clock.h"
#include "core/state.h"
#include "plat/plat.h"

struct env {
    struct plat *plat;
    struct vclock *clock;
    struct state_set *state;
    // Ends the run (enum emu_reason, code); takes effect at the end of the current instruction.
    void (*finish)(void *ctx, int reason, u32 code);
    void *finish_ctx;
    struct env_block *blocks; // what env_alloc gave out; starts NULL
};

// Zeroed, alive as long as the machine (freed with it), never NULL: a machine too large for its host is refused by
// plat->panic only after emu_create has checked that RAM and tables fit.
// 64-byte aligned.
void *env_alloc(struct env *e, size_t bytes);
// The same, but NULL when there is none: for what is as large as the user's files ask for.
void *env_try_alloc(struct env *e, size_t bytes);
// State that a guest can see: allocated as by env_alloc and registered under `name` (kept; unique within the machine) for the state hash.
// A device lives here, or in ENV_DEVICE; scripts/check-style wants a reason for an env_alloc in emu/dev.
void *env_state(struct env *e, const char *name, size_t bytes);
// The same for a device that has its state as a member, beside pointers and what else the guest does not see: a `type *` (struct x).
#define ENV_DEVICE(e, name, type, member)                                                                                        \
    ((type *)env_device(e, name, sizeof(type), offsetof(type, member), sizeof(((type *)NULL)->member)))
void *env_device(struct env *e, const char *name, size_t bytes, size_t state_at, size_t state_bytes);
// The device at `dev` has an `enter` (state_add_hooks) that looks at what a snapshot says of it, and needs no `leave`.
static inline void env_check(struct env *e, const char *name, bool (*enter)(void *dev), void *dev) {
    state_add_hooks(e->state, name, NULL, enter, dev);
}
// Gives everything back: the machine's end.
void env_free_all(struct env *e);

#endif
