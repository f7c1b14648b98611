// SPDX-License-Identifier: MIT
// The instruction table: one row per encoding, in the notation of the SDM's opcode maps (vol. 2, appendix A). Decoding,
// dispatch, disassembly, feature gating and the generated tests all come from these rows.
#ifndef X86_INSN_H
#define X86_INSN_H

#include "isa/x86_64/insn/feature.h"
#include "isa/x86_64/insn/uop.h"

// Operand kinds, appendix A.2. Sizes: b 8, w 16, d 32, q 64, v by operand size, z 16/32 (immediates), y 32/64,
// dq 128 (XMM), p far pointer. Where it goes: G, S, C, D, V, P -> uop.a; E, W, Q, M, R, U, N, Z (opcode's low bits) ->
// uop.b or memory; I, J, A, O -> uop.imm (O: uop.disp with base 16).
enum operand {
    o_none,
    o_Eb, o_Ew, o_Ed, o_Eq, o_Ev, o_Ey,             // general register or memory
    o_Gb, o_Gw, o_Gd, o_Gq, o_Gv, o_Gy, o_Gz,       // general register in ModRM.reg
    o_Rv, o_Ry, o_Rq,                               // general register in ModRM.rm (mod must be 3; else #UD)
    o_M, o_Mb, o_Mw, o_Md, o_Mq, o_Mdq, o_Mp, o_Mt, // memory only (register: #UD); o_M: address only (LEA) or odd sizes; o_Mt: 80 bits
    o_MwRv,                                         // memory word, or a register of operand size (SLDT, STR, SMSW, MOV Ev,Sw)
    o_Zb, o_Zv,                                     // register in the opcode's low three bits
    o_AL, o_eAX, o_CL, o_DX, o_1,                   // fixed ones
    o_Ib, o_sIb, o_Iw, o_Iz, o_Iv,                  // immediates: Ib zero-, sIb sign-extended; Iz sign-extended to 64
    o_IwIb,                                         // ENTER: Iw | Ib << 16
    o_Jb, o_Jz,                                     // relative branch: imm = displacement from the next instruction
    o_Ap,                                           // direct far pointer
    o_Ob, o_Ov,                                     // moffs
    o_Sw, o_Cd, o_Dd,                               // segment, control, debug register in ModRM.reg
    o_Xb, o_Xv, o_Yb, o_Yv,                         // string operands (DS:rSI, ES:rDI)
    o_Vdq, o_Wss, o_Wsd, o_Wdq, o_Wq, o_Wd, o_Ww, o_Wb, o_Udq, // XMM register; XMM or memory of 4/8/16/8/4/2/1 bytes; XMM in rm (mod 3)
    o_Pq, o_Qq, o_Qd, o_Nq,                         // MMX register; MMX or memory of 8 (4) bytes; MMX in rm (mod 3)
    o_ST,                                           // x87 rows: ModRM.rm is the stack index (uop.b) when mod = 3
    // VEX rows (vol. 2, 2.3). x: 128 or 256 bits by VEX.L; H and B: the register in VEX.vvvv (VEX_V(u)); L: imm8[7:4]
    o_Vx, o_Hx, o_Wx, o_Ux, o_Mx,                   // vectors; U: register only, M: memory only
    o_Whx, o_Wqx, o_Wex,                            // XMM register, or memory of a half, quarter, eighth of the vector
    o_Hdq, o_Lx, o_Ldq,                             // XMM in VEX.vvvv; register in imm8
    o_By,                                           // general register in VEX.vvvv
    o_VMx, o_VMdq,                                  // memory with a vector of indices (VSIB), YMM by VEX.L or always XMM
};

enum { MAP_1, MAP_0F, MAP_0F38, MAP_0F3A, MAP_V0F, MAP_V0F38, MAP_V0F3A, MAPS };

// Mandatory prefix: NP none of 66/F3/F2; P66, PF3, PF2 (F3 and F2 win over 66); ANY: prefixes keep their usual meaning; NFX: so
// does 66, but with F3 or F2 it is another row, or #UD.
enum { PFX_ANY, PFX_NP, PFX_66, PFX_F3, PFX_F2, PFX_NFX };

// ModRM condition: EXT(n): reg field must be n; REGONLY/MEMONLY: mod = 3 or not; RM(n): mod = 3 and rm = n.
#define EXT(n) (0x08 | (n))
#define REGONLY 0x10
#define MEMONLY 0x20
#define RM(n) (0x10 | 0x40 | (n) << 8)

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
    MAYBE = 1 << 12, // may leave its flags as they were (shift by 0, REP of 0): earlier ones stay alive
    // Rows of the MAP_V maps: what VEX.L, W and vvvv must be, and which of them picks the handler, ops.r[2] and m[2] for 0 and
    // [3] for 1: L unless VEX_BY_W is set (outside 64-bit mode W is then taken for 0). VEX_W0 and W1 mean REX.W in the other maps.
    VEX_L0 = 1 << 16, VEX_L1 = 1 << 17, VEX_W0 = 1 << 18, VEX_W1 = 1 << 19, VEX_BY_W = 1 << 20,
    VEX_NV = 1 << 21, // vvvv = 1111b
};

// Handlers of one row by operand size (0: 8, 1: 16, 2: 32, 3: 64 bits), for a register and for a memory E operand.
// A missing one is #UD. Rows whose meaning does not depend on size fill all four (OPS_RM, OPS_ALL). Behind them, by choice:
// the same for operands without MEM_SLOW (memop.h).
enum { FAST_STACK = 4, FAST_INDEXED = 4, FAST_BASED = 8 };
struct ops {
    op_fn *r[4 + FAST_STACK], *m[4 + FAST_BASED];
};
#define OPS_ALL(f) {{f, f, f, f}, {f, f, f, f}}
#define OPS_RM(fr, fm) {{fr, fr, fr, fr}, {fm, fm, fm, fm}}
#define OPS_M(fm) {{0, 0, 0, 0}, {fm, fm, fm, fm}}
#define OPS_R(fr) {{fr, fr, fr, fr}, {0, 0, 0, 0}}
#define OPS_R_L(r128, r256) {{0, 0, r128, r256}, {0}} // VEX rows: by VEX.L
#define OPS_M_L(m128, m256) {{0}, {0, 0, m128, m256}}

struct insn {
    u8 map, opcode;      // Z operands: the row covers opcode .. opcode + 7
    u8 prefix;           // PFX_*
    u16 modrm;           // EXT, REGONLY, MEMONLY, RM, 0
    const char *name;
    u8 operand[4];       // enum operand, in Intel order (destination first)
    const struct ops *ops;
    const struct ops *noflags; // same instruction without computing flags, or NULL
    const struct ops *rep, *repne;
    u32 flags;
    u8 feature; // F_*: a model that lacks it does not have this row
    u16 reads, writes, undefined; // arithmetic flags: FL_CF ... that it reads; writes (always all of them); leaves undefined
};

struct insn_table {
    const struct insn *rows;
    unsigned count;
};
// One table per room: table_int.c, table_sys.c ...; tables.c lists them all, up to a NULL. The first row that matches wins.
extern const struct insn_table x86_table_int, x86_table_bmi, x86_table_sys, x86_table_x87, x86_table_sse, x86_table_avx_int, x86_table_avx_fp;
extern const struct insn_table x86_table_avx_num;
extern const struct insn_table *const x86_tables[];

#endif
