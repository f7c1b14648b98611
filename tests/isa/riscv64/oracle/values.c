// SPDX-License-Identifier: MIT
// Operand values: random ones, and edges: of integers of every width, of every floating-point format.
#include "base/le.h"
#include "rig.h"

u64 value(struct rng *g) {
    u64 r = rnd(g);
    switch (r & 3) {
    case 0: return edge(g);
    case 1: return (u64)(i64)((i32)(r >> 32) >> (r >> 2 & 31));
    case 2: return r >> 2 & 1 ? r & 0xffffffff00000000 : r >> (r >> 3 & 63); // W instructions and halves
    default: return rnd(g);
    }
}

// Sign and class from one random number: zero, denormals, ordinary ones near 1 and anywhere, the largest, infinity, quiet and
// signalling NaNs with any payload, an integer with few bits.
static u64 binary(u64 r, unsigned fraction, unsigned exponent) {
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

// A double, a float or a half in its box (21.2), or anything, which is a badly boxed float.
u64 float_value(struct rng *g) {
    u64 r = rnd(g);
    switch (r & 15) {
    default: return binary(rnd(g), 52, 11);
    case 4:
    case 5:
    case 6:
    case 7:
    case 8: return 0xffffffff00000000 | binary(rnd(g), 23, 8);
    case 9:
    case 10: return 0xffffffffffff0000 | binary(rnd(g), 10, 5);
    case 11: return r >> 4 & 1 ? edge(g) : rnd(g);
    }
}

void memory_values(u8 *memory, unsigned size) {
    struct rng g = {.s = 1};
    for (unsigned at = 0; at < size; at += 8) {
        u64 r = rnd(&g);
        u64 v = r & 3 ? float_value(&g) : value(&g);
        if ((r >> 2 & 3) == 0) v = (v & 0xffffffff) | binary(rnd(&g), 23, 8) << 32;
        st64(memory + at, v);
    }
}
