// SPDX-License-Identifier: MIT
#include "machine/pace.h"

static bool is_scripted(const struct emu_config *c) {
    return c->until[0] || c->expects || c->max_instructions || c->state_hashes;
}

void pace_start(struct pace *a, const struct emu_config *c, struct plat *p, u64 guest) {
    bool person = p->console_input(p) == CONSOLE_INPUT_LIVE && !is_scripted(c) && !c->replay[0];
    a->real = c->clock != CLOCK_HOST && !c->replay[0] && (c->pace == PACE_REAL || (c->pace == PACE_AUTO && person));
    a->guest = guest;
    a->host = p->host_ns(p);
}

// A host time before the anchor counts as the anchor: the host's clock was set back.
u64 pace_guest(const struct pace *a, u64 host) { return a->guest + (host > a->host ? host - a->host : 0); }

u64 pace_left(const struct pace *a, u64 due, u64 host) {
    u64 now = pace_guest(a, host);
    return due > now ? due - now : 0;
}

void pace_halt(struct pace *a, u64 guest, u64 host) {
    u64 now = pace_guest(a, host);
    if (now > guest + PACE_SLACK) {
        a->guest = guest + PACE_SLACK;
        a->host = host;
    }
}
