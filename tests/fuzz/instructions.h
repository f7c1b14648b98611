// SPDX-License-Identifier: MIT
// Instructions for fuzzers: encodings of the tables' rows with operands that lead somewhere.
#ifndef TESTS_FUZZ_INSTRUCTIONS_H
#define TESTS_FUZZ_INSTRUCTIONS_H

#include "rng.h"

enum { INSTRUCTION_MOST = 32 };
// One instruction of any row, for code of 16, 32 or 64 bits, those of the system level more often; before it, perhaps, a
// register is given a number that means something to some instruction. Returns their length.
unsigned random_instruction(u8 code[static INSTRUCTION_MOST], unsigned bits, struct rng *g);

#endif
