// SPDX-License-Identifier: MIT
// What RISC-V is to tests/isa/qemu.
#ifndef TESTS_ISA_RISCV64_ARCH_H
#define TESTS_ISA_RISCV64_ARCH_H

#include "isa/riscv64/insn.h"

#define ARCH "riscv64"
#define QEMU "qemu-riscv64"

typedef struct rv_insn insn_row;
typedef struct rv_decoded insn_decoded;
typedef struct rv_index insn_index;

enum {
    NOP = 0x00000013, // addi x0, x0, 0
    ALWAYS_SET = 2,   // bits of every 32-bit instruction
    SWEEP_SHORT = 1 << 16,
    SWEEP_WORDS = 1 << 18,
    ROOT_SHIFT = 30, // Sv39
    HANDLER_ENTRY = 0,
};

#endif
