// SPDX-License-Identifier: MIT
// The product of polynomials over {0, 1}: one without carries.
#ifndef CRYPTO_CARRYLESS_H
#define CRYPTO_CARRYLESS_H

#include "base/types.h"

// Every fifth bit of both factors: ordinary products then sum up at most 13 ones per place, which four more bits hold, and
// every fifth bit of the product is the sum's parity.
#define CARRYLESS_EACH(i) _Pragma("clang loop unroll(full)") for (unsigned i = 0; i < 5; i++)
static inline u128 carryless_product(u64 a, u64 b) {
    const u64 every = 0x1084210842108421;
    const u128 every_wide = (u128)0x2108421084210842 << 64 | every;
    u64 x[5], y[5];
    u128 product = 0;
    CARRYLESS_EACH(i) {
        x[i] = a & every << i;
        y[i] = b & every << i;
    }
    CARRYLESS_EACH(k) {
        u128 sum = 0;
        CARRYLESS_EACH(i) sum ^= (u128)x[i] * y[(k + 5 - i) % 5];
        product |= sum & every_wide << k;
    }
    return product;
}

#endif
