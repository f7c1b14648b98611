// SPDX-License-Identifier: MIT
// What class an instruction is of (cpu/measure.h), by the maps of opcodes (unprivileged manual, tables of "RV32/64G Instruction Set Listings"
// and of "C" standard extension).
#include "isa/riscv64/room.h"

#include "base/bits.h"
#include "base/le.h"
#include "cpu/measure.h"

static struct measure_insn of(enum insn_class class) { return (struct measure_insn){.class = class}; }
static struct measure_insn branch(bool conditional) {
    return (struct measure_insn){.class = INSN_BRANCH, .conditional = conditional};
}

// A link register says which jumps are calls and returns (unprivileged manual, 2.5.1, table of hints for the return-address stack). JALR's two may
// be different ones: then it is a return and a call.
static bool is_link(u32 r) { return r == 1 || r == 5; }
static struct measure_insn jump(bool reg, u32 rd, u32 rs) {
    struct measure_insn in = branch(false);
    in.call = is_link(rd);
    in.back = reg && is_link(rs) && rs != rd;
    in.indirect = reg && !in.back;
    return in;
}

static struct measure_insn class_16(u32 w) {
    unsigned quadrant = w & 3, funct3 = w >> 13;
    if (quadrant == 0) return of(funct3 == 1 || funct3 == 5 ? INSN_FP : INSN_INTEGER); // C.FLD, C.FSD
    if (quadrant == 1) return funct3 == 5 ? jump(false, 0, 0) : funct3 >= 6 ? branch(true) : of(INSN_INTEGER);
    if (funct3 == 1 || funct3 == 5) return of(INSN_FP);        // C.FLDSP, C.FSDSP
    if (funct3 != 4 || bits(w, 6, 2)) return of(INSN_INTEGER); // not C.JR, C.JALR, C.EBREAK
    return w == 0x9002 ? of(INSN_SYSTEM) : jump(true, w >> 12 & 1, bits(w, 11, 7));
}

static struct measure_insn class_32(u32 w) {
    switch (w & 0x7f) {
    case 0x63: return branch(true);
    case 0x67: return jump(true, bits(w, 11, 7), bits(w, 19, 15));
    case 0x6f: return jump(false, bits(w, 11, 7), 0);
    case 0x07: // LOAD-FP, STORE-FP, FMADD and its like, OP-FP
    case 0x27:
    case 0x43:
    case 0x47:
    case 0x4b:
    case 0x4f:
    case 0x53: return of(INSN_FP);
    case 0x0f: // MISC-MEM, SYSTEM
    case 0x73: return of(INSN_SYSTEM);
    default: return of(INSN_INTEGER);
    }
}

void rv_classify(struct vcpu *v, const u8 *code, unsigned have, struct measure_insn *out) {
    bool wide = (code[0] & 3) == 3;
    *out = wide ? class_32(ld32(code)) : class_16(ld16(code));
    out->length = wide ? 4 : 2;
    out->shift = 1;
}
