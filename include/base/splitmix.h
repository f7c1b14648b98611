// SPDX-License-Identifier: MIT
// SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014): the generator behind every
// random number a guest can get, so that it is the same in every run with the same seed. Not for secrets.
#ifndef BASE_SPLITMIX_H
#define BASE_SPLITMIX_H

#include "base/types.h"

static inline u64 splitmix64(u64 *state) {
    u64 z = *state += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

#endif
