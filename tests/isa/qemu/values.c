// SPDX-License-Identifier: MIT
// Operand values: random ones, and edges: of integers of every width, of every floating-point format.
#include "base/le.h"
#include "rig.h"

u64 value(struct rng *g) {
    u64 r = rnd(g);
    switch (r & 3) {
    case 0: return edge(g);
    case 1: return (u64)(i64)((i32)(r >> 32) >> (r >> 2 & 31));
    case 2: return r >> 2 & 1 ? r & 0xffffffff00000000 : r >> (r >> 3 & 63); // words and halves
    default: return rnd(g);
    }
}

// Sign and class from one random number: zero, denormals, ordinary ones near 1 and anywhere, the largest, infinity, quiet and
// signalling NaNs with any payload, an integer with few bits.
u64 binary(u64 r, unsigned fraction, unsigned exponent) {
    u64 sign = (r & 1) << (fraction + exponent), f = r >> 8 & (((u64)1 << fraction) - 1);
    u64 all = ((u64)1 << exponent) - 1, bias = all >> 1, near = bias - 8 + (r >> 5 & 7) * 2;
    switch (r >> 1 & 15) {
    case 0: return sign;
    case 1: return sign | f >> (r >> 59) % fraction;
    case 2: return sign | (u64)1 << (fraction - 1) | f | all << fraction;
    case 3: return sign | (f & ~((u64)1 << (fraction - 1))) | 1 | all << fraction;
    case 4: return sign | all << fraction;
    case 5: return sign | (all - 1 - (r >> 62)) << fraction | (r >> 59 & 1 ? f : ((u64)1 << fraction) - 1);
    case 6: return sign | (u64)(r >> 62) << fraction | f;
    case 7: return sign | (bias + (r >> 60)) << fraction | (f & ~(u64)0 << (fraction - (r >> 59 & 7) - 1));
    case 8:
    case 9: return sign | ((r >> (64 - exponent)) & all) << fraction | f;
    default: return sign | near << fraction | f;
    }
}

void memory_values(u8 *memory, unsigned size) {
    struct rng g = {.s = 1};
    for (unsigned at = 0; at < size; at += 16) {
        unsigned long lanes[2];
        vector_value(&g, lanes);
        st64(memory + at, lanes[0]);
        st64(memory + at + 8, lanes[1]);
    }
}
