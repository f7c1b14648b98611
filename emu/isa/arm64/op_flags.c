// SPDX-License-Identifier: MIT
// Instructions on the flags alone (C4.1.87, PSTATE; C4.1.94, rotate right into flags, evaluate into flags).
#include "isa/arm64/flags.h"
#include "isa/arm64/insn.h"

SOP(op_cfinv) {
    c->s.c ^= 1;
    NEXT;
}

// The mask says which of N, Z, C, V get a bit of the rotated register.
SOP(op_rmif) {
    unsigned bits = (unsigned)(XN >> u->imm | (u->imm ? XN << (64 - u->imm) : 0)), mask = (unsigned)u->disp;
    arm64_set_nzcv(&c->s, (arm64_nzcv(&c->s) & ~mask) | (bits & mask));
    NEXT;
}

// As if the low bits had been added up: V is whether the sign and the bit above it differ.
#define SETF(bits)                                                                                                               \
    SOP(op_setf##bits) {                                                                                                         \
        u64 v = XN << (64 - bits);                                                                                               \
        flags_of(&c->s, v, v, c->s.c, v ^ XN << (63 - bits));                                                                    \
        NEXT;                                                                                                                    \
    }
SETF(8)
SETF(16)

// Comparisons of floating point between Arm's form and the other, which has "unordered" as Z and C.
SOP(op_xaflag) {
    bool z = FLAG_Z, carry = FLAG_C;
    arm64_set_nzcv(&c->s,
                   (unsigned)(!carry && !z) << 3 | (unsigned)(z && carry) << 2 | (unsigned)(carry || z) << 1 | (!carry && z));
    NEXT;
}
SOP(op_axflag) {
    bool z = FLAG_Z, carry = FLAG_C, v = FLAG_V;
    arm64_set_nzcv(&c->s, (unsigned)(z || v) << 2 | (unsigned)(carry && !v) << 1);
    NEXT;
}

static const struct arm64_insn rows[] = {
    {"cfinv", "1101010100 0 00 000 0100 0000 000 11111", "", .op = op_cfinv, .feature = FEAT_FLAGM},
    {"xaflag", "1101010100 0 00 000 0100 0000 001 11111", "", .op = op_xaflag, .feature = FEAT_FLAGM2},
    {"axflag", "1101010100 0 00 000 0100 0000 010 11111", "", .op = op_axflag, .feature = FEAT_FLAGM2},
    {"rmif", "1 0 1 11010000 imm6 00001 Rn 0 nzcv", "Xn, uimm6, nzcv", .op = op_rmif, .feature = FEAT_FLAGM},
    {"setf8", "0 0 1 11010000 000000 0 0010 Rn 0 1101", "Wn", .op = op_setf8, .feature = FEAT_FLAGM},
    {"setf16", "0 0 1 11010000 000000 1 0010 Rn 0 1101", "Wn", .op = op_setf16, .feature = FEAT_FLAGM},
};
ARM64_TABLE(flags);
