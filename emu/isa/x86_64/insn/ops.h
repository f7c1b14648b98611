// SPDX-License-Identifier: MIT
// What the integer rooms op_*.c share: building handlers for all operand sizes and shapes from one line of meaning.
//
// A meaning is a pair of macros, NAME_eval(N) and NAME_flags(N): eval reads x (destination) and y (source), u8..u64, and
// writes r; flags reads x, y, r. Shapes: eg E <- E op G, ge G <- G op E, ei E <- E op imm, e E <- op E.
#ifndef X86_OPS_H
#define X86_OPS_H

#include "isa/x86_64/int/flags.h"
#include "isa/x86_64/insn/insn.h"
#include "isa/x86_64/insn/memop.h"

// Two meanings that several rooms need.
#define cmp_eval(N) r = (u##N)(x - y)
#define cmp_flags(N) FLAGS_SUB(N, x, y, r)
#define test_eval(N) r = (u##N)(x & y)
#define test_flags(N) FLAGS_LOGIC(N, r)

#define FOR_SIZES(M, ...) M(8, __VA_ARGS__) M(16, __VA_ARGS__) M(32, __VA_ARGS__) M(64, __VA_ARGS__)
#define FOR_SIZES_V(M, ...) M(16, __VA_ARGS__) M(32, __VA_ARGS__) M(64, __VA_ARGS__)

// {8, 16, 32, 64} handler lists for struct ops.
#define LIST(f) {f##8, f##16, f##32, f##64}
#define LIST_V(f) {0, f##16, f##32, f##64}
// The three functions of a MEM_OP, the two of a STACK_OP.
#define MEM_LIST(f) {f##8, f##16, f##32, f##64, f##8_x, f##16_x, f##32_x, f##64_x, f##8_b, f##16_b, f##32_b, f##64_b}
#define MEM_LIST_V(f) {0, f##16, f##32, f##64, 0, f##16_x, f##32_x, f##64_x, 0, f##16_b, f##32_b, f##64_b}
#define STACK_LIST_V(f) {0, f##16, f##32, f##64, 0, f##16_b, f##32_b, f##64_b}
#define OPS(name, shape) {LIST(name##_##shape##_r), MEM_LIST(name##_##shape##_m)}
#define OPS_NF(name, shape) {LIST(name##_##shape##_nr), MEM_LIST(name##_##shape##_nm)}
#define OPS_V(name) {LIST_V(name##_r), MEM_LIST_V(name##_m)}

// Branch targets are cut to the operand size (vol. 2A, Jcc).
#define CUT16(v) ((u16)(v))
#define CUT32(v) ((u32)(v))
#define CUT64(v) ((u64)(v))

// clang-format off
// Condition codes 0..15 (vol. 2, appendix B.1.4.7): what they are called and which flags they read.
#define CC_NAMES(M)                                                                                \
    M(0, "o") M(1, "no") M(2, "b") M(3, "ae") M(4, "e") M(5, "ne") M(6, "be") M(7, "a")            \
    M(8, "s") M(9, "ns") M(10, "p") M(11, "np") M(12, "l") M(13, "ge") M(14, "le") M(15, "g")
#define CC_READS(cc) ((cc) / 2 == 0 ? FL_OF : (cc) / 2 == 1 ? FL_CF : (cc) / 2 == 2 ? FL_ZF : (cc) / 2 == 3 ? FL_CF | FL_ZF :    \
                      (cc) / 2 == 4 ? FL_SF : (cc) / 2 == 5 ? FL_PF : (cc) / 2 == 6 ? FL_SF | FL_OF : FL_SF | FL_OF | FL_ZF)
// clang-format on

// What op_fused.c looks for.
extern const struct ops cmp_eg, cmp_ge, cmp_ei, test_eg, test_ei, jcc_ops[16];

#endif
