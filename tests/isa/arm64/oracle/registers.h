// SPDX-License-Identifier: MIT
// The registers of a user program, and where its way in and out keeps what it needs.
#ifndef TESTS_ISA_ARM64_REGISTERS_H
#define TESTS_ISA_ARM64_REGISTERS_H

// One page, only natively: within reach of a PC-relative load in CODE.
#define BLOCK 0x0fffe000ul

struct registers {
    unsigned long x[31];
    unsigned long sp;
    unsigned long pc;
    unsigned long nzcv, fpsr, fpcr;
    unsigned long v[32][2] __attribute__((aligned(16))); // for what loads two of them
};

#endif
