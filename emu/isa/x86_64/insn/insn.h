// SPDX-License-Identifier: MIT
// The instruction table: one row per encoding, in the notation of the SDM's opcode maps (vol. 2, appendix A). Decoding,
// dispatch, disassembly, feature gating and the generated tests all come from these rows.
#ifndef X86_INSN_H
#define X86_INSN_H

#include "isa/x86_64/insn/feature.h"
#include "isa/x86_64/insn/lazy.h"
#include "isa/x86_64/insn/operand.h"
#include "isa/x86_64/insn/uop.h"

enum { MAP_1, MAP_0F, MAP_0F38, MAP_0F3A, MAP_V0F, MAP_V0F38, MAP_V0F3A, MAPS };

// Mandatory prefix: NP none of 66/F3/F2; P66, PF3, PF2 (F3 and F2 win over 66); ANY: prefixes keep their usual meaning; NFX: so
// does 66, but with F3 or F2 it is another row, or #UD.
enum { PFX_ANY, PFX_NP, PFX_66, PFX_F3, PFX_F2, PFX_NFX };

// ModRM condition: EXT(n): reg field must be n; REGONLY/MEMONLY: mod = 3 or not; RM(n): mod = 3 and rm = n.
#define EXT(n) (0x08 | (n))
#define REGONLY 0x10
#define MEMONLY 0x20
#define RM(n) (0x10 | 0x40 | (n) << 8)

// clang-format off
enum { // insn.flags
    I64 = 1 << 0,    // #UD in 64-bit mode
    O64 = 1 << 1,    // #UD outside 64-bit mode
    D64 = 1 << 2,    // operand size defaults to 64 in 64-bit mode (push, pop, near branches through memory ...)
    F64 = 1 << 3,    // operand size forced to 64 in 64-bit mode (near branches, MOV CR ...)
    LOCK = 1 << 4,   // LOCK allowed with a memory destination
    REP = 1 << 5,    // string instruction: F3/F2 select ops.rep / ops.repne
    ENDS = 1 << 6,   // ends the block (branches, EXIT, anything that needs the exact time)
    PROT = 1 << 7,   // #UD in real and virtual-8086 mode (ARPL, LAR, LSL, LLDT, ...)
    NOFAULT = 1 << 8, // cannot raise once decoded (register form): lets flags of earlier instructions stay uncomputed
    BYTE = 1 << 9,   // operand size is 8 whatever the prefixes say
    READS_ALL = 1 << 10, // reads or saves flags
    NO_OPSIZE = 1 << 11, // 66h does not change the operand size (it is 32, or 64 with REX.W)
    READS_ONLY = 1 << 14, // its first operand is not written
    EXCHANGES = 1 << 15,  // its second operand is written, too
    MAYBE = 1 << 12, // may leave its flags as they were (shift by 0, REP of 0): earlier ones stay alive
    // Rows of the MAP_V maps: what VEX.L, W and vvvv must be, and which of them picks the handler, ops.r[2] and m[2] for 0 and
    // [3] for 1: L unless VEX_BY_W is set (outside 64-bit mode W is then taken for 0). VEX_W0 and W1 mean REX.W in the other maps.
    VEX_L0 = 1 << 16, VEX_L1 = 1 << 17, VEX_W0 = 1 << 18, VEX_W1 = 1 << 19, VEX_BY_W = 1 << 20,
    VEX_NV = 1 << 21, // vvvv = 1111b
    // Only translators ask for these. OWN: has a meaning beside its operands and its arithmetic flags; OWN_MEMORY, OWN_REGISTER,
    // OWN_16: with memory, without, with 16-bit operands. Such an instruction must not be mirrored.
    OWN = 1 << 13, OWN_MEMORY = 1 << 22, OWN_REGISTER = 1 << 23, OWN_16 = 1 << 24,
    NO_EFFECT = 1 << 25,     // does nothing: its operand is not even accessed
    ADDRESS = 1 << 26,       // of its memory operand it takes the address, and accesses nothing
    WRITES_RAX_RDX = 1 << 27, // may write RAX and RDX, which no operand names
    FLOAT = 1 << 28,         // what it computes depends on MXCSR, or raises exceptions there
    ALIGNED = 1 << 29, UNALIGNED = 1 << 30, // its memory operand must be aligned, or need not: VEX; SSE, 16 bytes (vol. 2, 2.4)
};

// What has a translation of its own (translate/), since more follows from it than operands and flags say.
enum special {
    SPECIAL_NONE, SPECIAL_DIV, SPECIAL_IDIV, SPECIAL_CMPXCHG, SPECIAL_PUSH, SPECIAL_CLI, SPECIAL_STAC, SPECIAL_CLAC, SPECIAL_SWAPGS, SPECIAL_MOV_FROM_SREG,
    SPECIAL_VZEROUPPER,
};
// clang-format on

// Handlers of one row by operand size (0: 8, 1: 16, 2: 32, 3: 64 bits), for a register and for a memory E operand.
// A missing one is #UD. Rows whose meaning does not depend on size fill all four (OPS_RM, OPS_ALL). Behind them, by choice:
// the same for operands without MEM_SLOW (memop.h).
enum { FAST_STACK = 4, FAST_INDEXED = 4, FAST_BASED = 8 };
struct ops {
    op_fn *r[4 + FAST_STACK], *m[4 + FAST_BASED];
};
#define OPS_ALL(f)                                                                                                               \
    {                                                                                                                            \
        {f, f, f, f}, { f, f, f, f }                                                                                             \
    }
#define OPS_RM(fr, fm)                                                                                                           \
    {                                                                                                                            \
        {fr, fr, fr, fr}, { fm, fm, fm, fm }                                                                                     \
    }
#define OPS_M(fm)                                                                                                                \
    {                                                                                                                            \
        {0, 0, 0, 0}, { fm, fm, fm, fm }                                                                                         \
    }
#define OPS_R(fr) {{fr, fr, fr, fr}, {0, 0, 0, 0}}
#define OPS_R_L(r128, r256) {{0, 0, r128, r256}, {0}} // VEX rows: by VEX.L
#define OPS_M_L(m128, m256)                                                                                                      \
    {                                                                                                                            \
        {0}, { 0, 0, m128, m256 }                                                                                                \
    }

// A row. What stands behind `ops` is by choice, and written by its name: {MAP_0F, 0xc8, PFX_ANY, 0, "bswap", {o_Zv}, &bswap_ops, .flags = NOFAULT}.
struct insn {
    u8 map, opcode; // Z operands: the row covers opcode .. opcode + 7
    u8 prefix;      // PFX_*
    u16 modrm;      // EXT, REGONLY, MEMONLY, RM, 0
    const char *name;
    u8 operand[4]; // o_*, in Intel order (destination first)
    const struct ops *ops;
    // ---- by choice
    u8 feature; // F_*: a model that lacks it does not have this row
    u32 flags;
    const struct ops *noflags; // same instruction without computing flags
    const struct ops *rep, *repne;
    u8 lazy;                      // enum lazy: how its flags follow from operands and result
    u8 special;                   // enum special
    u16 reads, writes, undefined; // arithmetic flags: FL_CF ... that it reads; writes (always all of them); leaves undefined
};

struct insn_table {
    const struct insn *rows;
    unsigned count;
};
#define X86_TABLE(name) const struct insn_table x86_table_##name = {rows, countof(rows)}
// Each room op_*.c ends with its own, and so need no handler be declared anywhere; where rooms share handlers between rows of
// different maps (vec/), a table_*.c lists them as ROWs, which declare what they name (rows.h). All tables, in the order in which
// their rows are asked. The first row that matches wins.
// clang-format off
#define X86_TABLES(X)                                                                              \
    X(far) X(sys) X(xcr) X(io)                                                                     \
    X(alu) X(shift) X(bmi) X(bit) X(mul) X(mov) X(stack) X(branch) X(string)                       \
    X(x87_arith) X(x87_mem) X(x87_env) X(x87_math)                                                 \
    X(sse) X(avx_int) X(avx_fp) X(avx_num)
// clang-format on
#define X(name) extern const struct insn_table x86_table_##name;
X86_TABLES(X)
#undef X
extern const struct insn_table *const x86_tables[]; // up to a NULL

// ---- operand.c: what a row's operands say of it
bool x86_row_has(const struct insn *row, u8 kind);     // one of kind o_*
bool x86_row_places(const struct insn *row, u8 place); // one at P_*
bool x86_row_uses(const struct insn *row, u8 file);    // one in R_*, I_*
bool x86_row_needs_modrm(const struct insn *row);
bool x86_row_register_only(const struct insn *row); // ModRM.mod must be 3
bool x86_row_memory_only(const struct insn *row);   // ... must not be
bool x86_row_is_vsib(const struct insn *row);       // gathers

#endif
