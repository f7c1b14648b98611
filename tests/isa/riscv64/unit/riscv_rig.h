// SPDX-License-Identifier: MIT
// One RISC-V hart with a little RAM, for tests that run a few instructions in any mode. Addresses are not translated.
#ifndef TESTS_UNIT_RISCV_RIG_H
#define TESTS_UNIT_RISCV_RIG_H

#include "isa/riscv64/insn.h"
#include "isa/riscv64/sys.h"
#include "bare_machine.h"

#define RIG_RAM 0x80000000ull
enum { RIG_CODE = 0, RIG_DATA = 0x4000, RIG_HANDLER = 0x8000, RIG_RAM_SIZE = 0x10000 };

struct riscv_rig {
    union {
        struct bare_machine bare;
        struct bare_machine;
    };
    struct rv_cpu *c;
};

// A hart of the model, in M-mode, all of memory open to every mode, mtvec at RIG_HANDLER: a loop.
void riscv_rig_open(struct riscv_rig *r, const char *model);
// The same again: memory, hart and clock as they were then.
void riscv_rig_reset(struct riscv_rig *r);
void riscv_rig_close(struct riscv_rig *r);
// Puts these words at RIG_CODE and runs n instructions from there in that mode. The cause of the trap that ended them, or -1.
i64 riscv_rig_run(struct riscv_rig *r, unsigned priv, unsigned n, const u32 *words, unsigned count);
#define RIG_RUN(r, priv, n, ...) riscv_rig_run(r, priv, n, (const u32[]){__VA_ARGS__}, countof(((const u32[]){__VA_ARGS__})))
u64 riscv_rig_csr(struct riscv_rig *r, unsigned csr); // read with M-mode's rights

#endif
