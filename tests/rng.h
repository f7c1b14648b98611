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

#endif
