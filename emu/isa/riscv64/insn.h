// SPDX-License-Identifier: MIT
// The instruction table: one row per encoding, in the notation of the RISC-V manual's instruction listings. Decoding, gating by
// extension, disassembly and the generated tests all come from these rows.
#ifndef RV_INSN_H
#define RV_INSN_H

#include "isa/riscv64/model.h"
#include "isa/riscv64/uop.h"

// Fields of `bits`, most significant first, separated by spaces; together they are 16 or 32 bits wide.
//
//   0101                              bits that must be so
//   rd rs1 rs2 rs3                    registers, 5 bits; rd/rs1 is both; rd' rs1' rs2' rd'/rs1' are 3 bits that name x8..x15 (f8..f15)
//   rm csr aq rl fm pred succ         rounding mode (5 and 6 are none: the row does not cover them), CSR number, ordering bits, fence's sets
//   imm[12|10:5]                      bits 12, 10, 9, 8, 7, 6, 5 of a signed immediate, whose highest named bit is its sign
//   uimm[5:3] shamt[4:0] zimm[4:0]    of an unsigned one
//   rd!=0 rs1!=0 rs2!=0 rd!=0,2       the row covers no such registers; nzimm and nzuimm: nor an immediate that is 0
//
// What `operands` says is what an assembler reads. A register is an f register where it is written fd, fs1, fs2, fs3. `upper` is an
// immediate's bits 31..12, `target` a PC-relative one, imm(rs1) and (rs1) a memory operand, (sp) one whose base is x2.
//
// How it becomes a uop (cpu/uop.h):
//   a rd (x0: RV_SINK, which nobody reads)   base rs1   b rs2   index rs3   mem rm
//   imm   the immediate; in a row that has none, the instruction's word
//   disp  the displacement of a memory operand (as imm); in a row that has none, the instruction's word
// A field that a row does not have is x0.
struct rv_insn {
    const char *name;
    const char *bits;
    const char *operands;
    op_fn *op;       // NULL: see `as`
    enum rv_ext ext; // rows of an extension that the model lacks do not exist; 16-bit rows need C besides
    u16 flags;       // RV_*
    // ---- by choice
    const char *as; // of a 16-bit row: the 32-bit instruction that it is short for, which has the handler and the flags
    u8 rd, rs1;     // registers that it names without a field
};

enum {                // rv_insn.flags
    RV_ENDS = 1 << 0, // ends the block: branches, and what leaves by EXIT
    RV_FP = 1 << 1,   // touches an f register or fcsr: illegal while mstatus.FS is Off
};

struct rv_table {
    const struct rv_insn *rows;
    unsigned count;
};
#define RV_TABLE(name) const struct rv_table rv_table_##name = {rows, countof(rows)}
// Each room op_*.c ends with its own; tables.c lists them all, up to a NULL. The first row that matches wins: hints and special
// cases stand before the rows whose encodings they take a part of.
extern const struct rv_table rv_table_int, rv_table_mul, rv_table_bit, rv_table_mem, rv_table_amo, rv_table_branch, rv_table_sys,
    rv_table_cbo;
extern const struct rv_table rv_table_fp_arith, rv_table_fp_move, rv_table_fp_compare, rv_table_fp_convert;
extern const struct rv_table rv_table_c;
extern const struct rv_table *const rv_tables[];

// What an instruction can be in a pair that is done as one: numbers for rv_fused, 0: nothing.
struct rv_fuse {
    u8 first, second;
};

// ---- decode.c
struct rv_index;
struct rv_index *rv_index_create(struct env *env, const struct rv_model *model);

// What the fields of an instruction say.
struct rv_fields {
    u8 rd, rs1, rs2, rs3, rm, aq, rl, fm, pred, succ;
    u16 csr;
    i64 imm;
};

struct rv_decoded {
    struct uop uop;
    const struct rv_insn *insn; // NULL: no such instruction (uop.fn raises)
    struct rv_fields field;
    u32 word;  // its 16 or 32 bits
    u8 length; // 2 or 4
    struct rv_fuse fuse;
    bool ends; // nothing may follow it in its block
};

// One instruction from `have` bytes at `code`, `at` bytes into its block, in mode RV_MODE_*. False: more bytes are needed.
bool rv_decode(const struct rv_index *ix, u64 mode, const u8 *code, unsigned have, unsigned at, struct rv_decoded *d);

// ---- op_fused.c
struct rv_fuse rv_fuse_of(const char *name);
// The handler of both; NULL: they are no pair.
op_fn *rv_fused(struct rv_fuse first, struct rv_fuse second);

// ---- pattern.c: what `bits` says, taken apart
enum rv_field { F_RD, F_RS1, F_RD_RS1, F_RS2, F_RS3, F_RM, F_CSR, F_AQ, F_RL, F_FM, F_PRED, F_SUCC, F_IMM };

struct rv_pattern {
    u32 mask, match;
    u8 width; // 16 or 32
    u8 pieces;
    bool has_imm, is_signed, nonzero;
    u8 imm_bits; // highest bit of the immediate + 1
    struct rv_piece {
        u8 field, at, bits, to; // `bits` bits from bit `at` of the word go to bit `to` of the field
        u8 plus;                // 8: rd' and its like
    } piece[12];
    u8 banned_field[2], banned[2], bans; // registers or rounding modes that this row does not cover
};
// False: `bits` is not in the notation.
bool rv_pattern_parse(const char *bits, struct rv_pattern *p);
// The row covers this word: whatever of it is not fixed is as the row wants it.
bool rv_pattern_covers(const struct rv_pattern *p, u32 word);
void rv_pattern_fields(const struct rv_pattern *p, u32 word, struct rv_fields *f);

#endif
