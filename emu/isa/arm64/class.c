// SPDX-License-Identifier: MIT
// What class an instruction is of (cpu/measure.h), by the top-level encodings of A64 (C4.1).
#include "isa/arm64/room.h"

#include "base/bits.h"
#include "base/le.h"
#include "cpu/measure.h"

static struct measure_insn of(enum insn_class class) { return (struct measure_insn){.class = class}; }
static struct measure_insn branch(bool conditional) {
    return (struct measure_insn){.class = INSN_BRANCH, .conditional = conditional};
}

// opc is 0 of BR, 1 of BLR, 2 of RET, and the same with pointer authentication (C4.1.74, "Unconditional branch (register)").
static struct measure_insn branch_register(u32 w) {
    struct measure_insn in = branch(false);
    u32 opc = bits(w, 22, 21);
    in.call = opc == 1;
    in.back = opc == 2;
    in.indirect = !in.back;
    return in;
}

static struct measure_insn branch_immediate(u32 w) {
    struct measure_insn in = branch(false);
    in.call = w >> 31;
    return in;
}

// Branches, exception generation, system (C4.1.66 on). Hints that wait are the system's, the others do nothing.
static struct measure_insn system_class(u32 w) {
    if ((w & 0x7c000000) == 0x14000000) return branch_immediate(w);                            // B, BL
    if ((w & 0xff000000) == 0x54000000 || (w & 0x7c000000) == 0x34000000) return branch(true); // B.cond; CBZ to TBNZ
    if ((w & 0xfe000000) == 0xd6000000)
        return (w & 0x00e00000) == 0x00800000 ? of(INSN_SYSTEM) : branch_register(w); // ERET; BR, BLR, RET
    if ((w & 0xfffff01f) == 0xd503201f) {
        unsigned hint = w >> 5 & 127;
        return of(hint == 2 || hint == 3 ? INSN_SYSTEM : INSN_INTEGER); // WFE, WFI
    }
    return of(INSN_SYSTEM);
}

// Of SIMD&FP registers: a vector is loaded where the register is a Q or a structure is.
static enum insn_class vector_memory(u32 w) {
    unsigned size = w >> 30;
    if ((w & 0x3c000000) == 0x0c000000) return INSN_VECTOR; // LD1 to LD4, ST1 to ST4
    bool literal_or_pair = (w & 0x3b000000) == 0x18000000 || (w & 0x38000000) == 0x28000000;
    bool q = literal_or_pair ? size == 2 : !size && w >> 23 & 1;
    return q ? INSN_VECTOR : INSN_FP;
}

static struct measure_insn class_of(u32 w) {
    unsigned op0 = bits(w, 28, 25);
    if ((op0 & 14) == 10) return system_class(w);
    if ((op0 & 5) == 4) return of(w >> 26 & 1 ? vector_memory(w) : INSN_INTEGER);
    if ((op0 & 7) == 7) return of((w & 0x7e000000) == 0x1e000000 ? INSN_FP : INSN_VECTOR);
    return of(INSN_INTEGER);
}

void arm64_classify(struct vcpu *v, const u8 *code, unsigned have, struct measure_insn *out) {
    *out = class_of(ld32(code));
    out->length = 4;
    out->shift = 2;
}
