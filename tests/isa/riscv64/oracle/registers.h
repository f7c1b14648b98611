// SPDX-License-Identifier: MIT
// In the order of the kernel's struct user_regs_struct, behind which floating point is.
#ifndef TESTS_ISA_RISCV64_REGISTERS_H
#define TESTS_ISA_RISCV64_REGISTERS_H

struct registers {
    unsigned long pc;
    unsigned long x[31]; // x1 ..
    unsigned long f[32];
    unsigned long fcsr;
};

#endif
