// SPDX-License-Identifier: MIT
// What V registers and memory hold.
#include "rig.h"

// All elements of one kind: doubles, floats, halves, integers, bytes.
static u64 lane(struct rng *g, unsigned kind) {
    u64 v = 0;
    switch (kind) {
    case 0: return binary(rnd(g), 52, 11);
    case 1: return binary(rnd(g), 23, 8) | binary(rnd(g), 23, 8) << 32;
    case 2:
        for (unsigned i = 0; i < 4; i++) v |= binary(rnd(g), 10, 5) << 16 * i;
        return v;
    case 3:
        for (unsigned i = 0; i < 8; i++) v |= (edge(g) & 0xff) << 8 * i;
        return v;
    default: return value(g);
    }
}

void register_value(struct rng *g, bool halves, unsigned long lanes[2]) {
    static const u8 kinds[8] = {0, 0, 1, 1, 1, 2, 3, 4};
    unsigned kind = halves && one_in(g, 2) ? 2 : kinds[below(g, 8)];
    lanes[0] = lane(g, kind);
    lanes[1] = lane(g, kind);
}

void vector_value(struct rng *g, unsigned long lanes[2]) { register_value(g, false, lanes); }
