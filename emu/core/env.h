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
// Gives everything back: the machine's end.
void env_free_all(struct env *e);

#endif
