// SPDX-License-Identifier: MIT
// Words of `operands` (insn.h) that SIMD and floating-point rows use, for operand.c's table: each has arm64_put_WORD and arm64_say_WORD.
//
//   lsl8 ..  lsr8 ..   amounts of shifts by immediate        el8 .. from8 ..   "[lane]" of imm5, of imm4
//   mod8 inv16 ..      modified immediates, as 64 bits       vfp32 sfp32 ..    floating-point ones, of vectors and of scalars
//   table              of TBL: 1 to 4 registers from Vn on   list, lane, post, after, all: structures in memory
//   rot rotodd         degrees, 0 to 270 or 90 and 270 (disp)
//   hlm hl hi          "[lane]" of H:L:M, H:L, H             fbits32 ..        fraction bits of fixed-point conversions
#ifndef ARM64_VEC_OPERANDS_H
#define ARM64_VEC_OPERANDS_H

#include "isa/arm64/insn.h"

#include "core/text.h"

// clang-format off
#define ARM64_SIMD_WORDS(X) \
    X(lsl8) X(lsl16) X(lsl32) X(lsl64) X(lsr8) X(lsr16) X(lsr32) X(lsr64) \
    X(el8) X(el16) X(el32) X(el64) X(from8) X(from16) X(from32) X(from64) \
    X(mod8) X(mod16) X(mod32) X(mod64) X(inv16) X(inv32) X(msl) X(invmsl) X(vfp16) X(vfp32) X(vfp64) X(sfp16) X(sfp32) X(sfp64) \
    X(imm4) X(imm6) X(table) X(q1x1) X(hlm) X(hl) X(hi) X(rot) X(rotodd) X(fbits32) X(fbits64) \
    X(list1x1) X(list1x2) X(list1x3) X(list1x4) X(list2x2) X(list3x3) X(list4x4) \
    X(post1) X(post2) X(post3) X(post4) X(all1) X(all2) X(all3) X(all4) \
    X(lane1x8) X(lane1x16) X(lane1x32) X(lane1x64) X(lane2x8) X(lane2x16) X(lane2x32) X(lane2x64) \
    X(lane3x8) X(lane3x16) X(lane3x32) X(lane3x64) X(lane4x8) X(lane4x16) X(lane4x32) X(lane4x64) \
    X(after1x8) X(after1x16) X(after1x32) X(after1x64) X(after2x8) X(after2x16) X(after2x32) X(after2x64) \
    X(after3x8) X(after3x16) X(after3x32) X(after3x64) X(after4x8) X(after4x16) X(after4x32) X(after4x64)
#define DECLARE(word) \
    bool arm64_put_##word(const struct arm64_fields *f, struct uop *u); \
    void arm64_say_##word(const struct arm64_fields *f, u64 pc, struct text *t);
// clang-format on
ARM64_SIMD_WORDS(DECLARE)
#undef DECLARE

#endif
