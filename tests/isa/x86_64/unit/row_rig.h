// SPDX-License-Identifier: MIT
// Instruction rows one at a time against the processor we run on: a page for operands, a decoder that has every row, what a
// row is, and how a difference is told.
#ifndef TESTS_ROW_RIG_H
#define TESTS_ROW_RIG_H

#include "../encode.h"
#include "isa/x86_64/insn/decode.h"
#include "isa/x86_64/insn/insn.h"
#include "native.h"

// Where memory operands are: at the same address in every run, because it gets into registers and so into digests. The page
// behind it is not there.
#define ROW_PAGE ((u8 *)0x10000000)

// Maps the page and makes the decoder of a processor with every feature, and a processor, all zero, when one is asked for. -1 when
// something else is at the page's address.
int row_rig_init(struct decode_index **decoder, struct x86_cpu **cpu);
// In 64-bit mode; fails the test when the decoder takes the bytes for another row or for fewer bytes.
void row_decode(const struct decode_index *decoder, const struct insn *row, const u8 *byte, unsigned n, struct decoded *d);

bool row_is(const struct insn *row, const char *name);
// It has an operand of these kinds (enum of insn.h).
bool row_has(const struct insn *row, unsigned first, unsigned last);
static inline bool row_has_one(const struct insn *row, unsigned kind) { return row_has(row, kind, kind); }

// A number from the environment, for longer runs by hand.
unsigned number_from(const char *name, unsigned otherwise);

// The destinations of DPPS and DPPD (vol. 2A: "horizontal prioritization of NaNs" is left to the processor): where real and ours
// are both one of the NaNs that the operands give, ours becomes equal. Not on AMD's processors, whose choice
// ours is. 16 bytes each; size: of an element.
void row_allow_other_nans(const u8 *first, const u8 *second, u8 imm, unsigned size, const u8 *real, u8 *ours);

void show_bytes(const struct insn *row, const u8 *byte, unsigned n);
// 16 bytes, before and after.
void show_128(const u8 *before, const u8 *real, const u8 *ours);
// The general registers that are not the same.
void show_general(const struct native *before, const struct native *real, const struct native *ours);
void show_memory(const u8 *before, const u8 *real, const u8 *ours, unsigned n);

#endif
