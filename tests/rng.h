// SPDX-License-Identifier: MIT
// Random numbers for tests that make up cases: the same from the same seed.
#ifndef TESTS_RNG_H
#define TESTS_RNG_H

#include "base/splitmix.h"

struct rng {
    u64 s;
};
static inline u64 rnd(struct rng *g) { return splitmix64(&g->s); }
static inline unsigned below(struct rng *g, unsigned n) { return (unsigned)((rnd(g) >> 32) * n >> 32); }
static inline bool one_in(struct rng *g, unsigned n) { return below(g, n) == 0; }

// Edges of integers of every width: extremes, single bits, small numbers.
static inline u64 edge(struct rng *g) {
    u64 r = rnd(g), one = (u64)1 << (r & 63);
    switch (r >> 61) {
    case 0: return 0;
    case 1: return ~(u64)0;
    case 2: return one;
    case 3: return one - 1;
    case 4: return ~one;
    case 5: return (u64)(i64)(i8)(r >> 8);
    case 6: return (u64)1 << ((8u << (r >> 8 & 3)) - 1);
    default: return (r >> 8 & 0xff) % 80;
    }
}

#endif
