// SPDX-License-Identifier: MIT
// Operands for tests that compare instructions with silicon: random, with what breaks arithmetic more often than chance has it.
// The same sequence for the same random_seed.
#ifndef TESTS_RANDOM_OPERANDS_H
#define TESTS_RANDOM_OPERANDS_H

#include "base/types.h"

extern u64 random_seed;
u64 rnd(void);
unsigned below(unsigned n);
u64 edge_integer(void);
// Of a binary format with so many bits of fraction and exponent.
u64 edge_float(unsigned fraction, unsigned exponent);
// 16 bytes: floats, doubles, integers, text.
void any_128(u8 *to);
u32 any_mxcsr(void);

#endif
