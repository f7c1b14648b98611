// SPDX-License-Identifier: MIT
// Functions of SHA-1 and SHA-2 (FIPS 180-4 section 4.1), of which an architecture's instructions are made. round: the standard's capital
// sigmas, schedule: its small ones.
#ifndef CRYPTO_SHA_H
#define CRYPTO_SHA_H

#include "crypto/rotate.h"

static inline u32 sha_choose(u32 x, u32 y, u32 z) { return (x & y) ^ (~x & z); }
static inline u32 sha_majority(u32 x, u32 y, u32 z) { return (x & y) ^ (x & z) ^ (y & z); }
static inline u64 sha512_choose(u64 x, u64 y, u64 z) { return (x & y) ^ (~x & z); }
static inline u64 sha512_majority(u64 x, u64 y, u64 z) { return (x & y) ^ (x & z) ^ (y & z); }

static inline u32 sha256_round0(u32 v) { return rotate_right_32(v, 2) ^ rotate_right_32(v, 13) ^ rotate_right_32(v, 22); }
static inline u32 sha256_round1(u32 v) { return rotate_right_32(v, 6) ^ rotate_right_32(v, 11) ^ rotate_right_32(v, 25); }
static inline u32 sha256_schedule0(u32 v) { return rotate_right_32(v, 7) ^ rotate_right_32(v, 18) ^ v >> 3; }
static inline u32 sha256_schedule1(u32 v) { return rotate_right_32(v, 17) ^ rotate_right_32(v, 19) ^ v >> 10; }

static inline u64 sha512_round0(u64 v) { return rotate_right_64(v, 28) ^ rotate_right_64(v, 34) ^ rotate_right_64(v, 39); }
static inline u64 sha512_round1(u64 v) { return rotate_right_64(v, 14) ^ rotate_right_64(v, 18) ^ rotate_right_64(v, 41); }
static inline u64 sha512_schedule0(u64 v) { return rotate_right_64(v, 1) ^ rotate_right_64(v, 8) ^ v >> 7; }
static inline u64 sha512_schedule1(u64 v) { return rotate_right_64(v, 19) ^ rotate_right_64(v, 61) ^ v >> 6; }

#endif
