// SPDX-License-Identifier: MIT
// Memory that lives as long as its machine: each block carries a link, so that the machine's end can give all back.
#include "core/env.h"

struct env_block {
    struct env_block *next;
    size_t bytes; // of the whole block
    u8 pad[48];   // keeps what follows on its own cache line
};
static_assert(sizeof(struct env_block) == 64);

void *env_try_alloc(struct env *e, size_t bytes) {
    struct env_block *b = e->plat->alloc(e->plat, sizeof *b + bytes, sizeof *b);
    if (!b) return NULL;
    *b = (struct env_block){.next = e->blocks, .bytes = sizeof *b + bytes};
    e->blocks = b;
    return b + 1;
}

void *env_alloc(struct env *e, size_t bytes) {
    void *at = env_try_alloc(e, bytes);
    if (!at) e->plat->panic(e->plat, "no memory left for the machine's own tables");
    return at;
}

void env_free_all(struct env *e) {
    while (e->blocks) {
        struct env_block *b = e->blocks;
        e->blocks = b->next;
        e->plat->free(e->plat, b, b->bytes);
    }
}
