// SPDX-License-Identifier: MIT
// What Arm64 is to tests/isa/qemu.
#ifndef TESTS_ISA_ARM64_ARCH_H
#define TESTS_ISA_ARM64_ARCH_H

#include "isa/arm64/insn.h"

#define ARCH "arm64"
#define QEMU "qemu-aarch64"

typedef struct arm64_insn insn_row;
typedef struct arm64_decoded insn_decoded;
typedef struct arm64_index insn_index;

enum {
    NOP = (int)0xd503201f,
    ALWAYS_SET = 0, // bits of every instruction
    SWEEP_SHORT = 0,
    SWEEP_WORDS = 1 << 19,
    ROOT_SHIFT = 39,       // 48 bits, in pages of 4 KiB
    HANDLER_ENTRY = 0x400, // of exceptions from EL0
};

extern const unsigned known_sysregs[3]; // NZCV, FPCR, FPSR: the registers that both worlds have

// What both worlds have of FPCR and FPSR. Without AArch32 other bits are RES0; QEMU keeps those that AArch32 would have.
#define FPCR_BITS (FPCR_AHP | FPCR_DN | FPCR_FZ | FPCR_FZ16 | (u64)3 << FPCR_RMODE_SHIFT)
#define FPSR_BITS 0x0800009ful

struct rng;
void register_value(struct rng *g, bool halves, unsigned long lanes[2]); // vector_value, or mostly halves
u64 exempt_fpcr(const struct arm64_insn *row); // bits of FPCR under which QEMU errs about this row: its cases come without

#endif
