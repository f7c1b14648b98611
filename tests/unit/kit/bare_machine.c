// SPDX-License-Identifier: MIT
#include "bare_machine.h"

#include "base/bits.h"

#include <stdlib.h>
#include <string.h>

static void finish(void *ctx, int reason, u32 code) { abort(); }

void bare_machine_open(struct bare_machine *m, gpa_t ram, u64 size) {
    scripted_plat_init(&m->plat);
    m->env = (struct env){.plat = &m->plat.plat, .clock = &m->clock, .state = &m->state, .finish = finish};
    m->ram = aligned_alloc(2 * MiB, align_up(size, 2 * MiB));
    if (!m->ram) abort();
    memset(m->ram, 0, size);
    if (bus_add_ram(&m->bus, &m->plat.plat, "ram", ram, size, m->ram, false)) abort();
    bus_track_pages(&m->bus, &m->env);
}

void bare_machine_close(struct bare_machine *m) {
    env_free_all(&m->env);
    free(m->ram);
}
