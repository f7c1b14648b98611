// SPDX-License-Identifier: MIT
// The instruction table: one row per encoding, in the bit notation of the Arm ARM (C4, C6, C7). Decoding, gating by feature, disassembly and
// the generated tests all come from these rows.
#ifndef ARM64_INSN_H
#define ARM64_INSN_H

#include "isa/arm64/model.h"
#include "isa/arm64/uop.h"

// Fields of `bits`, most significant first, separated by spaces or not; together they are 32 bits wide.
//
//   01     bits that must be so             x     a bit that does not matter ((0) and (1) in the manual)
//   Rn     fields, as wide as ARM64_FIELDS says; a part of one is imm6<4:0> or option<0>
//
// The first row that covers a word wins. What an operand cannot be (a reserved immediate) is not covered either: operand.c says so.
// clang-format off
#define ARM64_FIELDS(X) \
    X(Rd, 5) X(Rn, 5) X(Rm, 5) X(Ra, 5) X(Rt, 5) X(Rt2, 5) X(Rs, 5) \
    X(imm3, 3) X(imm4, 4) X(imm5, 5) X(imm6, 6) X(imm7, 7) X(imm8, 8) X(imm9, 9) X(imm12, 12) X(imm14, 14) X(imm16, 16) \
    X(imm19, 19) X(imm26, 26) X(immhi, 19) X(immlo, 2) X(immr, 6) X(imms, 6) X(immh, 4) X(immb, 3) \
    X(sh, 1) X(hw, 2) X(N, 1) X(S, 1) X(shift, 2) X(option, 3) X(cond, 4) X(nzcv, 4) X(b5, 1) X(b40, 5) \
    X(sysreg, 15) X(op1, 3) X(CRn, 4) X(CRm, 4) X(op2, 3) \
    X(A, 1) X(R, 1) X(Q, 1) X(U, 1) X(size, 2) X(sz, 1) X(L, 1) X(M, 1) X(H, 1) X(abc, 3) X(defgh, 5) X(cmode, 4) X(rot, 2) \
    X(scale, 6) X(len, 2) X(rmode, 2) X(ftype, 2)
// clang-format on

enum arm64_field {
#define X(name, width) AF_##name,
    ARM64_FIELDS(X)
#undef X
        AF_COUNT
};

// What `operands` says is what an assembler reads (without aliases), in words:
//
//   Xd Wn      general registers, the letter telling the field (Rd, Rn, Rm, Ra, Rt, Rt2, Rs): 31 is ZR
//   Xn|SP      the same, and 31 is SP
//   Bd Hd Sd Dd Qd Vd    SIMD&FP registers; what follows Vd (as in Vd.16b) is text
//   aimm ...   words of operand.c's table
//
// All else is text, but ^, which parts two words. How it becomes a uop (cpu/uop.h):
//   a Rd, Rt (written: ZR is ARM64_SINK)   base Rn   b Rm, Rs   index Ra, Rt2
//   imm, disp, mem   what operand.c's words put there; a row without such words has the instruction's word in imm
struct arm64_insn {
    const char *name; // ^ in it: acquire and release, as A and R say
    const char *bits;
    const char *operands;
    op_fn *op;
    // ---- by choice
    op_fn *any, *sp;            // of a memory access: the handlers of the slow path, and for SP as the base (memop.h); ARM64_MEM
    op_fn *plain;               // of MRS and MSR: where the register is nothing but storage
    enum arm64_feature feature; // of a model that lacks it there is no such row
    u16 flags;                  // ARM64_*
};
#define ARM64_MEM(handler) .op = handler, .any = handler##_any, .sp = handler##_sp

enum {                        // arm64_insn.flags
    ARM64_ENDS = 1 << 0,      // ends the block: branches, and what leaves by EXIT
    ARM64_FP = 1 << 1,        // touches a SIMD&FP register, FPCR or FPSR: CPACR_EL1.FPEN may trap it
    ARM64_T_READ = 1 << 2,    // Rt and Rt2 are read and not written (stores, CBZ)
    ARM64_S_WRITTEN = 1 << 3, // Rs is written and not read (STXR)
    ARM64_SYS = 1 << 4,       // MRS and MSR (register): sysreg.c looks at it
};

struct arm64_table {
    const struct arm64_insn *rows;
    unsigned count;
};
#define ARM64_TABLE(name) const struct arm64_table arm64_table_##name = {rows, countof(rows)}
// Each room op_*.c ends with its own; tables.c lists them all, up to a NULL.
extern const struct arm64_table arm64_table_imm, arm64_table_reg, arm64_table_branch, arm64_table_mem, arm64_table_pair,
    arm64_table_atomic, arm64_table_sys, arm64_table_simd_copy, arm64_table_simd_same, arm64_table_simd_long,
    arm64_table_simd_misc, arm64_table_simd_shift, arm64_table_simd_mem, arm64_table_fp_scalar, arm64_table_fp_convert,
    arm64_table_fp_vector, arm64_table_simd_element, arm64_table_fp_step, arm64_table_fp_estimate, arm64_table_crypto,
    arm64_table_simd_extra, arm64_table_fp_extra, arm64_table_flags, arm64_table_pac, arm64_table_bti;
extern const struct arm64_table *const arm64_tables[];

// ---- pattern.c: what `bits` says, taken apart
struct arm64_pattern {
    u32 mask, match;
    u8 pieces;
    struct arm64_piece {
        u8 field, at, bits, to; // `bits` bits from bit `at` of the word go to bit `to` of the field
    } piece[12];
};
// False: `bits` is not in the notation.
bool arm64_pattern_parse(const char *bits, struct arm64_pattern *p);
// What the fields of an instruction say; those that it lacks are 0.
struct arm64_fields {
    u32 f[AF_COUNT];
};
void arm64_pattern_fields(const struct arm64_pattern *p, u32 word, struct arm64_fields *f);

// ---- operand.c
struct text;
// The words of `operands`, looked up once.
struct arm64_operands {
    u8 registers, kinds;
    struct {
        u8 slot; // ARM64_IN_*
        u8 field;
        bool sp, sink; // what 31 is; neither: ZR, or a SIMD&FP register
    } reg[5];
    u8 kind[3]; // of operand.c's table
};
enum { ARM64_IN_A, ARM64_IN_B, ARM64_IN_BASE, ARM64_IN_INDEX };
// False: a field that a word needs is none of ARM64_FIELDS.
bool arm64_operands_parse(const struct arm64_insn *in, struct arm64_operands *o);
// Puts what they say into u: registers, immediates. False: the row does not cover these fields.
bool arm64_operands_put(const struct arm64_operands *o, const struct arm64_fields *f, struct uop *u);
void arm64_operands_say(const struct arm64_insn *in, const struct arm64_fields *f, u64 pc, struct text *t);

// ---- decode.c
struct arm64_index;
// sysregs: sysreg.h's index for the same model.
struct arm64_index *arm64_index_create(struct env *env, const struct arm64_model *model, const u8 *sysregs);

struct arm64_decoded {
    struct uop uop;
    const struct arm64_insn *insn; // NULL: no such instruction (uop.fn raises)
    struct arm64_fields field;
    u32 word;
    bool ends; // nothing may follow it in its block
};
void arm64_decode(const struct arm64_index *ix, u64 mode, u32 word, unsigned at, struct arm64_decoded *d);

#endif
