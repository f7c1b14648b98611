// SPDX-License-Identifier: MIT
// Two outcomes of a case.
#include "rig.h"

#include <signal.h>
#include <string.h>

// The signal tells the pages' faults apart from nothing else, and an access over a page's end may be told at either page's address.
static bool same_address(const struct encoding *e, const struct result *a, const struct result *b) {
    if (a->how != BY_SIGNAL + SIGSEGV) return true;
    if (a->address == b->address || !qemu_tells(a->address)) return true;
    if (!e->row || !has_memory(e->row)) return false;
    u64 at = a->address < b->address ? a->address : b->address, to = a->address ^ b->address ^ at;
    return to - at < access_size(e) && at >> 12 != to >> 12;
}

// Which instruction of the case got the signal, counted from 0; behind the last one it is what a jump led to.
static unsigned signalled(const struct encoding *e, u64 pc) {
    unsigned at = 0;
    for (unsigned n = 0; n < e->insns; n++) {
        if (e->slot + SLOT_CODE + at == pc) return n;
        at += insn_bytes(e->code + at);
    }
    return e->insns;
}

// Every instruction takes a tick, one that traps as well. What the case leaves of its ticks is for what is behind it, to the tick.
u32 compare_account(const struct encoding *e, const struct result *n, const struct account *a) {
    bool traps = n->how >= BY_SIGNAL;
    u64 behind = TICKS_BEHIND + (traps ? e->insns - signalled(e, n->r.pc) : 0);
    return a->ticks == e->insns + 1 + TICKS_BEHIND && a->traps == traps && a->behind == behind ? 0 : DIFF_TICKS;
}

static bool same_registers(const struct register_group *g, const struct registers *n, const struct registers *m) {
    const u64 *a = (const u64 *)((const u8 *)n + g->at), *b = (const u64 *)((const u8 *)m + g->at);
    u64 wrong = 0;
    for (unsigned i = 0; i < g->count * g->words; i++) wrong |= a[i] ^ b[i];
    return !(wrong & g->mask);
}

u32 compare(const struct encoding *e, const struct input *in, const struct result *n, const struct result *m) {
    u32 wrong = 0;
    if (n->how != m->how) wrong |= DIFF_HOW;
    else if (n->how >= BY_SIGNAL && n->r.pc != m->r.pc) wrong |= DIFF_PC;
    if (!(wrong & DIFF_HOW) && !same_address(e, n, m)) wrong |= DIFF_ADDRESS;
    for (const struct register_group *g = register_groups; g->name; g++)
        if (!same_registers(g, &n->r, &m->r)) wrong |= g->differs;
    if (in->window && memcmp(n->memory, m->memory, WINDOW)) wrong |= DIFF_MEMORY;
    return wrong;
}
