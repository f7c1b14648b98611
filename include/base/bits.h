// SPDX-License-Identifier: MIT
// Bit fields, alignment and overflow-checked arithmetic on unsigned 64-bit values.
#ifndef BASE_BITS_H
#define BASE_BITS_H

#include "base/types.h"

#define BIT(n) ((u64)1 << (n))

// The bits hi..lo (inclusive, 0..63) of v, shifted down to bit 0.
static inline u64 bits(u64 v, unsigned hi, unsigned lo) { return (v >> lo) & (~(u64)0 >> (63 - (hi - lo))); }

// A mask with bits hi..lo (inclusive, 0..63) set.
static inline u64 mask(unsigned hi, unsigned lo) { return (~(u64)0 >> (63 - (hi - lo))) << lo; }

// v's low `width` bits (1..64) as a signed number.
static inline i64 sext(u64 v, unsigned width) { return (i64)(v << (64 - width)) >> (64 - width); }

static inline bool is_pow2(u64 v) { return v && !(v & (v - 1)); }

// `to` is a power of two.
static inline u64 align_down(u64 v, u64 to) { return v & ~(to - 1); }
static inline u64 align_up(u64 v, u64 to) { return (v + to - 1) & ~(to - 1); }

// True when a + b does not fit 64 bits; *sum is written only when it does.
static inline bool add_overflows(u64 a, u64 b, u64 *sum) {
    u64 s;
    if (__builtin_add_overflow(a, b, &s)) return true;
    *sum = s;
    return false;
}

// [at, at + len) lies wholly inside [0, size). Never overflows: the check for untrusted offsets.
static inline bool range_inside(u64 at, u64 len, u64 size) { return len <= size && at <= size - len; }

// [a, a + alen) and [b, b + blen) share a byte. The ranges themselves must not wrap.
static inline bool ranges_overlap(u64 a, u64 alen, u64 b, u64 blen) { return alen && blen && a < b + blen && b < a + alen; }

#endif
