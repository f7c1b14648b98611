// SPDX-License-Identifier: MIT
// An input, taken from its front. What is not there is 0.
#ifndef TESTS_FUZZ_INPUT_H
#define TESTS_FUZZ_INPUT_H

#include "base/types.h"

struct input {
    const u8 *p;
    size_t left;
};

static inline u64 take(struct input *in, unsigned bytes) { // little-endian
    u64 v = 0;
    for (unsigned i = 0; i < bytes && in->left; i++, in->left--) v |= (u64)*in->p++ << (8 * i);
    return v;
}
static inline u8 take8(struct input *in) { return (u8)take(in, 1); }
static inline u16 take16(struct input *in) { return (u16)take(in, 2); }
static inline u64 take64(struct input *in) { return take(in, 8); }

#endif
