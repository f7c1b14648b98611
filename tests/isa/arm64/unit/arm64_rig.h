// SPDX-License-Identifier: MIT
// One Arm processor with a little RAM, for tests that run a few instructions at any EL. Addresses are not translated.
#ifndef TESTS_UNIT_ARM64_RIG_H
#define TESTS_UNIT_ARM64_RIG_H

#include "isa/arm64/insn.h"
#include "bare_machine.h"

#define RIG_RAM 0x40000000ull
enum { RIG_CODE = 0, RIG_DATA = 0x4000, RIG_VECTORS = 0x8000, RIG_RAM_SIZE = 0x10000 };

struct arm64_rig {
    union {
        struct bare_machine bare;
        struct bare_machine;
    };
    struct arm64_cpu *c;
};

// A processor of the model at EL1, floating point on, VBAR_EL1 at RIG_VECTORS: each vector is a loop.
void arm64_rig_open(struct arm64_rig *r, const char *model);
// The same again: memory, processor and clock as they were then.
void arm64_rig_reset(struct arm64_rig *r);
void arm64_rig_close(struct arm64_rig *r);
// Puts these words at RIG_CODE and runs n instructions from there at that EL. The exception class that ended them, or -1.
i64 arm64_rig_run(struct arm64_rig *r, unsigned el, unsigned n, const u32 *words, unsigned count);
#define RIG_RUN(r, el, n, ...) arm64_rig_run(r, el, n, (const u32[]){__VA_ARGS__}, countof(((const u32[]){__VA_ARGS__})))

#endif
