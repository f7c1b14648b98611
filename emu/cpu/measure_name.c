// SPDX-License-Identifier: MIT
#include "cpu/measure_parts.h"

#include <string.h>

#include "base/le.h"

bool measure_peek(struct vcpu *v, u64 at, u8 *to, unsigned n) {
    u8 some[15];
    for (unsigned done = 0; done < n;) {
        unsigned have = v->isa->look_code(v, at + done, some);
        if (!have) return false;
        if (have > n - done) have = n - done;
        memcpy(to + done, some, have);
        done += have;
    }
    return true;
}

// What is no plain character is a question mark: names go into logs and into JSON.
static void make_plain(char *name, unsigned n) {
    for (unsigned i = 0; i < n; i++)
        if (name[i] < ' ' || name[i] > '~' || name[i] == '"' || name[i] == '\\') name[i] = '?';
    name[n] = 0;
}

void measure_read_name(struct vcpu *v, u64 mark, char name[MARK_NAME]) {
    u8 where[MARK_NAME_BEFORE];
    name[0] = 0;
    if (!measure_peek(v, mark - MARK_NAME_BEFORE, where, sizeof where)) return;
    unsigned back = ld16(where), n = ld16(where + 2);
    if (back > MARK_NAME_FAR || n > back) return;
    if (n > MARK_NAME - 1) n = MARK_NAME - 1;
    if (measure_peek(v, mark - back, (u8 *)name, n)) make_plain(name, n);
    else name[0] = 0;
}

// The last of the regions is for those that find no other.
struct measure_region *measure_region_of(struct measure *m, const char *name) {
    for (unsigned i = 0; i < m->regions; i++)
        if (!strcmp(m->region[i].name, name)) return &m->region[i];
    bool last = m->regions >= MEASURE_REGIONS - 1;
    if (last && !m->told_names) {
        m->told_names = true;
        log_warn(m->plat,
                 "measure: the guest names more than %u regions; \"%s\" and all that follow are counted together, as \"none\"",
                 MEASURE_REGIONS - 1, name);
    }
    if (m->regions == MEASURE_REGIONS) return &m->region[MEASURE_REGIONS - 1];
    struct measure_region *r = &m->region[m->regions++];
    *r = (struct measure_region){.least = ~(u64)0, .value_least = ~(u64)0};
    memcpy(r->name, last ? "none" : name, last ? sizeof "none" : strlen(name) + 1);
    return r;
}
