// SPDX-License-Identifier: MIT
// AES's transformations of bytes and columns (FIPS-197 section 5), of which an architecture's instructions are made. The state's byte r + 4c
// is row r, column c; a column is 32 bits, its lowest byte row 0.
#ifndef CRYPTO_AES_H
#define CRYPTO_AES_H

#include "crypto/rotate.h"

extern const u8 aes_sbox[256], aes_inverse_sbox[256];

// Four bytes of GF(2^8), times x.
static inline u32 aes_times_x(u32 v) { return (v & 0x7f7f7f7f) << 1 ^ (v >> 7 & 0x01010101) * 0x1b; }
// Row r becomes 2 r0 + 3 r1 + r2 + r3, counted from r on.
static inline u32 aes_mix_column(u32 v) {
    u32 pair = v ^ rotate_right_32(v, 8);
    return aes_times_x(pair) ^ rotate_right_32(v, 8) ^ rotate_right_32(pair, 16);
}
// 14 9 13 11 = (2 3 1 1) after adding 4 (r0 + r2) to both.
static inline u32 aes_inverse_mix_column(u32 v) {
    return aes_mix_column(v ^ aes_times_x(aes_times_x(v ^ rotate_right_32(v, 16))));
}

#endif
