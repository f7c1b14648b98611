// SPDX-License-Identifier: MIT
#ifndef CRYPTO_ROTATE_H
#define CRYPTO_ROTATE_H

#include "base/types.h"

// n: from 1 on, and less than the width.
static inline u32 rotate_left_32(u32 v, unsigned n) { return v << n | v >> (32 - n); }
static inline u32 rotate_right_32(u32 v, unsigned n) { return v >> n | v << (32 - n); }
static inline u64 rotate_left_64(u64 v, unsigned n) { return v << n | v >> (64 - n); }
static inline u64 rotate_right_64(u64 v, unsigned n) { return v >> n | v << (64 - n); }

#endif
