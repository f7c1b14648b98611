// SPDX-License-Identifier: MIT
#include "machine/parts.h"

static void hash_ram(void *ctx, struct hash *h) {
    struct bus *b = ctx;
    for (unsigned i = 0; i < b->mem.regions; i++) {
        const struct region *r = &b->mem.region[i];
        if (r->ram) hash_bytes(h, r->ram, r->size);
    }
}

void machine_add_ram_state(struct emu_machine *m) { state_add_fn(&m->state, RAM_STATE, hash_ram, &m->bus); }

struct disk *machine_back_end(struct disk *given, const struct blob *b, struct memory_disk *own, bool read_only) {
    if (given || !b->data) return given;
    memory_disk_init(own, b->name, b->data, b->size, read_only);
    return &own->disk;
}
