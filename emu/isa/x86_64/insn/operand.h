// SPDX-License-Identifier: MIT
// Operand kinds in the notation of SDM vol. 2, appendix A.2: one row each, from which the decoder, the disassembler and the
// generated tests take what a kind is.
#ifndef X86_OPERAND_H
#define X86_OPERAND_H

#include "base/types.h"

// Where the encoding says which one. A register goes to a uop's a (REG), b (RM, OPCODE), or stays in the immediate (VVVV, IS4).
enum x86_place {
    P_NONE,   // nowhere: the opcode implies it
    P_REG,    // ModRM.reg
    P_RM,     // ModRM.rm: a register, or memory
    P_OPCODE, // the opcode's low three bits
    P_VVVV,   // VEX.vvvv
    P_IS4,    // imm8[7:4]
    P_IMM,    // immediate bytes
    P_OFFSET, // an address in place of ModRM (moffs)
    P_STRING, // DS:rSI or ES:rDI
};

// What it is when it is no memory: a file of registers, or how the bytes of an immediate are read.
// clang-format off
enum x86_file {
    R_NONE, R_GENERAL, R_SEGMENT, R_CONTROL, R_DEBUG, R_MMX, R_X87,
    R_XMM,                                    // always 128 bits
    R_VECTOR,                                 // XMM or YMM, by VEX.L
    I_UNSIGNED, I_SIGNED, I_RELATIVE, I_FAR,  // I_RELATIVE: to the next instruction; I_FAR: offset, then selector
    I_ONE,                                    // the number 1
};

// Of a register, an immediate, or memory.
enum x86_width {
    W_NONE, // there is none: no such register, or never memory
    W_8, W_16, W_32, W_64, W_80, W_128,
    W_ANY,                     // memory that has no size, or one that the instruction alone knows
    W_V, W_Z, W_Y,             // by operand size: 16, 32, 64; 16, 32, 32; 32, 32, 64
    W_NATIVE,                  // 64 bits in 64-bit mode, else 32
    W_24,                      // ENTER's two immediates
    W_X, W_HX, W_QX, W_EX,     // the vector by VEX.L, and a half, a quarter, an eighth of it
};

// X(kind, place, file, width of the register or immediate, width of memory, number of a register that the opcode implies)
//
// Appendix A.2's letters: E, R, M general register or memory, register only, memory only; G in ModRM.reg; Z in the opcode; B in
// VEX.vvvv; W, U, V, H, L the same of vectors; Q, N, P of MMX; I immediate, J relative branch, A far pointer, O moffs; S, C, D
// segment, control and debug registers; X, Y strings. Sizes: b 8, w 16, d 32, q 64, v by operand size, z 16/32, y 32/64, dq
// 128, x 128 or 256, t 80, ss and sd a float and a double, p far pointer.
#define X86_OPERANDS(X)                                                                            \
    X(none, NONE, R_NONE, NONE, NONE, 0)                                                           \
    X(Eb, RM, R_GENERAL, 8, 8, 0)                                                                  \
    X(Ew, RM, R_GENERAL, 16, 16, 0)                                                                \
    X(Ed, RM, R_GENERAL, 32, 32, 0)                                                                \
    X(Eq, RM, R_GENERAL, 64, 64, 0)                                                                \
    X(Ev, RM, R_GENERAL, V, V, 0)                                                                  \
    X(Ey, RM, R_GENERAL, Y, Y, 0)                                                                  \
    X(Gb, REG, R_GENERAL, 8, NONE, 0)                                                              \
    X(Gw, REG, R_GENERAL, 16, NONE, 0)                                                             \
    X(Gd, REG, R_GENERAL, 32, NONE, 0)                                                             \
    X(Gq, REG, R_GENERAL, 64, NONE, 0)                                                             \
    X(Gv, REG, R_GENERAL, V, NONE, 0)                                                              \
    X(Gy, REG, R_GENERAL, Y, NONE, 0)                                                              \
    X(Gz, REG, R_GENERAL, V, NONE, 0)                                                              \
    X(Rv, RM, R_GENERAL, V, NONE, 0)                                                               \
    X(Ry, RM, R_GENERAL, Y, NONE, 0)                                                               \
    X(Rq, RM, R_GENERAL, NATIVE, NONE, 0)                                                          \
    X(M, RM, R_NONE, NONE, ANY, 0)                                                                 \
    X(Mb, RM, R_NONE, NONE, 8, 0)                                                                  \
    X(Mw, RM, R_NONE, NONE, 16, 0)                                                                 \
    X(Md, RM, R_NONE, NONE, 32, 0)                                                                 \
    X(Mq, RM, R_NONE, NONE, 64, 0)                                                                 \
    X(Mdq, RM, R_NONE, NONE, 128, 0)                                                               \
    X(Mp, RM, R_NONE, NONE, ANY, 0)                                                                \
    X(Mt, RM, R_NONE, NONE, 80, 0)                                                                 \
    X(MwRv, RM, R_GENERAL, V, 16, 0) /* SLDT, STR, SMSW, MOV Ev,Sw */                              \
    X(Zb, OPCODE, R_GENERAL, 8, NONE, 0)                                                           \
    X(Zv, OPCODE, R_GENERAL, V, NONE, 0)                                                           \
    X(AL, NONE, R_GENERAL, 8, NONE, 0)                                                             \
    X(eAX, NONE, R_GENERAL, V, NONE, 0)                                                            \
    X(CL, NONE, R_GENERAL, 8, NONE, 8 * 1)                                                         \
    X(DX, NONE, R_GENERAL, 16, NONE, 2)                                                            \
    X(1, NONE, I_ONE, NONE, NONE, 0)                                                               \
    X(Ib, IMM, I_UNSIGNED, 8, NONE, 0)                                                             \
    X(sIb, IMM, I_SIGNED, 8, NONE, 0)                                                              \
    X(Iw, IMM, I_UNSIGNED, 16, NONE, 0)                                                            \
    X(Iz, IMM, I_SIGNED, Z, NONE, 0)                                                               \
    X(Iv, IMM, I_SIGNED, V, NONE, 0)                                                               \
    X(IwIb, IMM, I_UNSIGNED, 24, NONE, 0) /* ENTER: Iw | Ib << 16 */                               \
    X(Jb, IMM, I_RELATIVE, 8, NONE, 0)                                                             \
    X(Jz, IMM, I_RELATIVE, Z, NONE, 0)                                                             \
    X(Ap, IMM, I_FAR, Z, NONE, 0)                                                                  \
    X(Ob, OFFSET, R_NONE, NONE, V, 0)                                                              \
    X(Ov, OFFSET, R_NONE, NONE, V, 0)                                                              \
    X(Sw, REG, R_SEGMENT, 16, NONE, 0)                                                             \
    X(Cd, REG, R_CONTROL, NATIVE, NONE, 0)                                                         \
    X(Dd, REG, R_DEBUG, NATIVE, NONE, 0)                                                           \
    X(Xb, STRING, R_NONE, NONE, 8, 0)                                                              \
    X(Xv, STRING, R_NONE, NONE, V, 0)                                                              \
    X(Yb, STRING, R_NONE, NONE, 8, 0)                                                              \
    X(Yv, STRING, R_NONE, NONE, V, 0)                                                              \
    X(Vdq, REG, R_XMM, 128, NONE, 0)                                                               \
    X(Wss, RM, R_XMM, 128, 32, 0)                                                                  \
    X(Wsd, RM, R_XMM, 128, 64, 0)                                                                  \
    X(Wdq, RM, R_XMM, 128, 128, 0)                                                                 \
    X(Wq, RM, R_XMM, 128, 64, 0)                                                                   \
    X(Wd, RM, R_XMM, 128, 32, 0)                                                                   \
    X(Ww, RM, R_XMM, 128, 16, 0)                                                                   \
    X(Wb, RM, R_XMM, 128, 8, 0)                                                                    \
    X(Udq, RM, R_XMM, 128, NONE, 0)                                                                \
    X(Pq, REG, R_MMX, 64, NONE, 0)                                                                 \
    X(Qq, RM, R_MMX, 64, 64, 0)                                                                    \
    X(Qd, RM, R_MMX, 64, 32, 0)                                                                    \
    X(Nq, RM, R_MMX, 64, NONE, 0)                                                                  \
    X(ST, RM, R_X87, 80, NONE, 0)                                                                  \
    X(Vx, REG, R_VECTOR, X, NONE, 0)                                                               \
    X(Hx, VVVV, R_VECTOR, X, NONE, 0)                                                              \
    X(Wx, RM, R_VECTOR, X, X, 0)                                                                   \
    X(Ux, RM, R_VECTOR, X, NONE, 0)                                                                \
    X(Mx, RM, R_NONE, NONE, X, 0)                                                                  \
    X(Whx, RM, R_XMM, 128, HX, 0)                                                                  \
    X(Wqx, RM, R_XMM, 128, QX, 0)                                                                  \
    X(Wex, RM, R_XMM, 128, EX, 0)                                                                  \
    X(Hdq, VVVV, R_XMM, 128, NONE, 0)                                                              \
    X(Lx, IS4, R_VECTOR, X, NONE, 0)                                                               \
    X(Ldq, IS4, R_XMM, 128, NONE, 0)                                                               \
    X(By, VVVV, R_GENERAL, Y, NONE, 0)                                                             \
    X(VMx, RM, R_VECTOR, NONE, ANY, 0) /* memory at a vector of indices (VSIB), YMM by VEX.L */    \
    X(VMdq, RM, R_XMM, NONE, ANY, 0)   /* the same, always XMM */
// clang-format on

enum operand {
#define X(kind, ...) o_##kind,
    X86_OPERANDS(X)
#undef X
        OPERANDS
};

struct x86_operand {
    u8 place, file, width, memory; // enum x86_place, x86_file, x86_width (twice)
    u8 number;                     // P_NONE: the register, as a uop numbers it (8-bit ones by byte offset)
};
extern const struct x86_operand x86_operands[OPERANDS];

// A register in ModRM.rm that cannot be memory (mod must be 3, else #UD), and memory that cannot be a register.
static inline bool x86_register_only(u8 kind) {
    const struct x86_operand *o = &x86_operands[kind];
    return o->place == P_RM && o->memory == W_NONE;
}
static inline bool x86_memory_only(u8 kind) {
    const struct x86_operand *o = &x86_operands[kind];
    return o->place == P_RM && o->width == W_NONE;
}
// Memory with a vector of indices.
static inline bool x86_is_vsib(u8 kind) { return x86_memory_only(kind) && x86_operands[kind].file != R_NONE; }
// Bytes of an immediate by the operand size (0: 8, 1: 16, 2: 32, 3: 64 bits); of an offset by the address size. 0: it has none.
static inline unsigned x86_immediate_bytes(u8 kind, unsigned size, unsigned address_bits) {
    const struct x86_operand *o = &x86_operands[kind];
    unsigned z = size == 1 ? 2 : 4;
    if (o->place == P_IS4) return 1;
    if (o->place == P_OFFSET) return address_bits / 8;
    if (o->place != P_IMM) return 0;
    if (o->file == I_FAR) return z + 2;
    return o->width == W_8 ? 1 : o->width == W_16 ? 2 : o->width == W_24 ? 3 : o->width == W_V ? 1u << size : z;
}

#endif
