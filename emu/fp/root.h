// SPDX-License-Identifier: MIT
// Square roots of integers, by halves, as one divides by hand (P. Zimmermann, "Karatsuba Square Root", 1999): the upper half's root is the
// upper half of the root, and what it leaves, divided by twice the root, is the lower half, or one more than that.
#ifndef FP_ROOT_H
#define FP_ROOT_H

#include "base/bits.h"

// floor(sqrt(n)) and n - root * root, which is at most 2 * root.
struct root {
    u64 root;
    u128 rest;
};

// Of n = hi << half | lo, whose highest bit or the one below it is set; `upper` is hi's.
static inline __attribute__((always_inline)) struct root root_step(struct root upper, u64 lo, unsigned half) {
    const unsigned digit = half / 2;
    const u64 next = lo >> digit, dividend = (u64)upper.rest << (digit - 1) | next >> 1; // without its lowest bit: so it fits
    const u64 q = dividend / upper.root, left = (dividend - q * upper.root) << 1 | (next & 1);
    u128 root = ((u128)upper.root << digit) + q, rest = (u128)left << digit | (lo & (BIT(digit) - 1)), square = (u128)q * q;
    if (rest < square) {
        rest += 2 * root - 1;
        root--;
    }
    return (struct root){(u64)root, rest - square};
}

// Of 16 bits, by one binary place after the other.
static inline struct root root_16(u64 n) {
    u64 root = 0;
    for (u64 place = BIT(7); place; place >>= 1)
        if ((root | place) * (root | place) <= n) root |= place;
    return (struct root){root, n - root * root};
}

// n >= 2^126.
static inline struct root integer_root(u128 n) {
    struct root r = root_step(root_16((u64)(n >> 112)), (u64)(n >> 96) & 0xffff, 16);
    r = root_step(r, (u64)(n >> 64) & 0xffffffff, 32);
    return root_step(r, (u64)n, 64);
}

#endif
