// SPDX-License-Identifier: MIT
// A visit that is to be repeated, or one that a snapshot is taken at: the processor's part is to stop where it begins, and where it ends, between two
// instructions.
#include "cpu/measure_parts.h"

#include <string.h>

void measure_repeat(struct measure *m, const char *name) {
    m->repeat.wanted = true;
    memcpy(m->repeat.name, name, strlen(name) < MARK_NAME ? strlen(name) : MARK_NAME - 1);
}

bool measure_repeat_wants(const struct measure *m, const struct measure_region *r) {
    const char *name = m->repeat.name;
    return m->repeat.wanted && m->repeat.at == REPEAT_WAITS && !r->repeated && (!*name || !strcmp(name, r->name));
}

void measure_stop(struct measure *m, const char *name) {
    m->stop.wanted = true;
    memcpy(m->stop.name, name, strlen(name) < MARK_NAME ? strlen(name) : MARK_NAME - 1);
}

void measure_repeat_opened(struct measure *m, const struct measure_visit *w) {
    if (m->stop.wanted && !w->again && !strcmp(m->stop.name, w->region->name)) {
        m->stop.wanted = false;
        m->stop.begun = true;
    }
    if (w->again || !measure_repeat_wants(m, w->region)) return;
    m->repeat.at = REPEAT_BEGINS;
    m->repeat.region = w->region;
}

// The visit that is repeated is the region's only one that is no part of another.
static bool is_it(const struct measure *m, const struct measure_visit *w) { return w->region == m->repeat.region && !w->again; }

void measure_repeat_closed(struct measure *m, const struct measure_visit *w, u64 virtual_ns) {
    if (m->repeat.at != REPEAT_RUNS || !is_it(m, w)) return;
    m->repeat.at = REPEAT_ENDED;
    m->repeat.pass = (struct measure_pass){.instructions = w->own.instructions,
                                           .apart = w->apart,
                                           .exceptions = w->exceptions,
                                           .interrupts = w->interrupts,
                                           .virtual_ns = virtual_ns,
                                           .cycles = w->cycles};
}

void measure_repeat_dropped(struct measure *m, const struct measure_visit *w) {
    if (m->repeat.at == REPEAT_BEGINS && is_it(m, w)) m->repeat.at = REPEAT_WAITS;
    else if (m->repeat.at == REPEAT_RUNS && is_it(m, w)) m->repeat.at = REPEAT_LOST;
}

// An instruction that runs alone cannot be put off: what goes before it has been done. So this visit is none that can be repeated.
bool measure_repeat_leaves(struct vcpu *v) {
    struct measure *m = v->measure;
    if (!measure_repeat_stops(m)) return false;
    if (!v->single) return true;
    m->stop.wanted |= m->stop.begun;
    m->stop.begun = false;
    if (measure_repeat_stops(m)) m->repeat.at = m->repeat.at == REPEAT_BEGINS ? REPEAT_WAITS : REPEAT_LOST;
    return false;
}

void measure_repeat_pass(struct measure *m) {
    m->one_by_one = false;
    m->clocked = m->repeat.again = true;
    m->cycles = NULL;
    measure_repeat_runs(m);
}

void measure_repeat_runs(struct measure *m) {
    m->repeat.at = REPEAT_RUNS;
    m->repeat.region->repeated = true;
    for (unsigned i = 0; i < m->visits; i++) m->visit[i].cycles_since = measure_host_cycles(m);
}
