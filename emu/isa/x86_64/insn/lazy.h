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
    LAZY_SAR,
    LAZY_MUL,      // x = r
    LAZY_CARRIED,  // x = r; CF, OF and AF are in the state already
    LAZY_COMPARED, // ZF and PF are bits 0 and 8 of x, CF is in the state already; SF, OF and AF are 0
    LAZY_DEAD,     // (translation only) nobody will look at them
};

#endif
