// SPDX-License-Identifier: MIT
#ifndef X86_LAZY_H
#define X86_LAZY_H

// How the guest's arithmetic flags follow from the last instruction that wrote them (x is its first operand, y its second, r the
// result), as x86_settle_flags computes them.
enum lazy {
    LAZY_NONE,  // they are in the state
    LAZY_ADD,   // x = r, y
    LAZY_SUB,   // x = r, y
    LAZY_CMP,   // x, y
    LAZY_TEST,  // x, y
    LAZY_NEG,   // x = r
    LAZY_LOGIC, // x = r
    // CF is in the state already
    LAZY_INC,
    LAZY_DEC,
    LAZY_SHL,
    LAZY_SHR,
    LAZY_SAR, // OF and AF are 0
    LAZY_COUNTED = LAZY_SAR,
    LAZY_MUL,      // x = r
    LAZY_CARRIED,  // x = r; CF, OF and AF are in the state already
    LAZY_COMPARED, // ZF and PF are bits 0 and 8 of x, CF is in the state already; SF, OF and AF are 0
    // What changes CF, or CF and OF, and leaves the rest as it was: these go over what is known of the others
    LAZY_CARRY, // CF
    LAZY_ROL,   // CF; OF from the result
    LAZY_ROR,
    LAZY_DEAD, // (translation only) nobody will look at them
};

// Beside it, in the same word (struct x86_cpu, lazy.kind):
//
//   31        24 23       16 15         8 7       0
//   size of o    OVER_*      operand size enum lazy
enum {
    OVER_CARRY = 1 << 0, // CF is in the state already
    OVER_ROL = 1 << 1,   // OF is what ROL makes of its result, lazy.o
    OVER_ROR = 1 << 2,
};

#endif
